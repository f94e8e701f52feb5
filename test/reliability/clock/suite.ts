/**
 * Clock: it steps back an hour and ahead a day, while others write and wait, and across restarts. Stamps still increase,
 * nothing ends early, and what is overdue is never seen.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Complaints } from '../nonsense/health.ts'
import type { Random } from '../random.ts'
import { Violation, type Suite } from '../suite.ts'
import { World } from './world.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const ROUNDS = { short: 2, long: 25 } as const
const WRITERS = 4
/** How much later than its time a waiter may end of itself where the clock is at peace, on a machine that is busy. */
const LATE_MS = 3000

export const clock: Suite = async ({ random, form, say }) => {
  const complaints = new Complaints()
  const world = await World.start()
  let steps = 0
  try {
    for (let round = 0; round < ROUNDS[form]; round++) {
      steps += await stepping(world, random.branch(round))
      complaints.check()
      if (round % 10 === 9) say(`${round + 1} rounds, ${world.writes} writes`)
    }
    const { writes, ended } = world
    return { rounds: ROUNDS[form], steps, writes, ended }
  } finally {
    await world.stop()
    complaints.end()
  }
}

/** Steps in an order drawn from the seed, in their sum ahead; after each all is looked at. */
async function stepping(world: World, random: Random): Promise<number> {
  const steps = shuffled([-HOUR, DAY, -HOUR, DAY, -1, 0, random.integer(-HOUR, HOUR)], random)
  await fill(world, random)
  for (const [index, ms] of steps.entries()) {
    const tokens = await beforeStep(world)
    const restarts = random.chance(0.4)
    const writers = Promise.all(
      Array.from({ length: WRITERS }, (_, writer) => write(world, random.branch(`${index}/${writer}`))),
    )
    // Who writes while the server is killed gets no answer; that is another suite's matter.
    if (restarts) await writers
    await Promise.all([writers, restarts ? world.restart(ms) : world.step(ms)])
    await world.look()
    await fill(world, random)
    await afterStep(world, tokens)
    await pause(random.integer(0, 400))
    await world.look()
    await world.checkStream()
  }
  await comeToPeace(world)
  return steps.length
}

async function write(world: World, random: Random): Promise<void> {
  for (let count = random.integer(2, 6); count > 0; count--) await world.write()
}

/** Waiters and members that have a moment, or a little more than the longest step. */
async function fill(world: World, random: Random): Promise<void> {
  for (const ms of [random.integer(1, 500), random.integer(500, 1500), HOUR / 2, DAY + HOUR]) {
    await world.makeWaiter(ms)
    await world.makeMember(ms)
  }
}

/** A place in a list and one in a stream, and an id that was used: they are good behind the step as well. */
interface Tokens {
  readonly first: readonly string[]
  readonly pageToken: string
  readonly after: string
  readonly variable: { readonly name: string; readonly text: string }
  readonly stamp: string
}

const PAGE = 3

async function beforeStep({ client, config, last }: World): Promise<Tokens> {
  const { data } = await client.variables.list(config, { filter: 'w', pageSize: PAGE })
  const variable = { name: `${config}/variables/once/${last.replaceAll(/\D/g, '')}`, text: 'once' }
  const made = await client.variables.create(variable, { requestId: last })
  const first = (data.variables ?? []).map(({ name }) => name)
  return { first, pageToken: data.nextPageToken ?? '', after: last, variable, stamp: made.data.updateTime }
}

async function afterStep({ client, config }: World, tokens: Tokens): Promise<void> {
  const { first, pageToken, after, variable, stamp } = tokens
  const { data } = await client.variables.list(config, { filter: 'w', pageSize: PAGE, pageToken })
  const whole = await client.variables.list(config, { filter: 'w' })
  const second = (data.variables ?? []).map(({ name }) => name)
  const names = (whole.data.variables ?? []).map(({ name }) => name)
  const following = names.filter((name) => name > (first.at(-1) ?? '')).slice(0, PAGE)
  if (pageToken && `${second}` !== `${following}`) {
    throw new Violation('a page token goes on where it was', { first, second, following })
  }
  const again = await client.variables.create(variable, { requestId: after }).catch(() => undefined)
  if (again && again.data.updateTime !== stamp) throw new Violation('a requestId is used once', { stamp, again })
}

/** The clock is ahead of all stamps again, and goes as it should: what is made then ends of itself, with nobody to look. */
async function comeToPeace(world: World): Promise<void> {
  await world.step(2 * DAY)
  await world.look()
  const waiter = await world.makeWaiter(300)
  const told = await world.isTold(waiter, 300 + LATE_MS)
  if (!told) throw new Violation('a waiter ends of itself where the clock is at peace', { waiter, withinMs: LATE_MS })
  await world.look()
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list]
  return list.map(() => left.splice(random.integer(0, left.length - 1), 1)[0] as T)
}
