/**
 * Cut: between the client and the server connections are delayed, halved, reset and swallowed. Whatever the client was
 * told is so, nothing is done twice, and every wait ends in time.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from '../../../src/client/index.ts'
import { statusOf } from '../../../src/client/errors.ts'
import { Complaints } from '../nonsense/health.ts'
import { CLEAR, drawFate, Proxy } from '../proxy.ts'
import type { Random } from '../random.ts'
import { Subject } from '../subject.ts'
import { Violation, type Figures, type Suite } from '../suite.ts'
import { sendHalves } from './halves.ts'
import { held, nothingLeft } from './leftovers.ts'
import { commitOnLine, compose, follow, waitForAll, writeSingly, type Storm } from './storm.ts'
import { checkTold, checkWait, checkWrites, type Waited } from './verdict.ts'

const ROUNDS = { short: 4, long: 60 } as const
const STORM_MS = 2000
const COMMITS = 400
const SINGLES = 15
const WAITERS = 8
const HALVES = 30
/** By when all is over that was begun in a storm, with much to spare. */
const SETTLED_MS = 90_000

export const cut: Suite = async ({ random, form, say }) => {
  const complaints = new Complaints()
  const subject = await Subject.start({ variables: { ROLLCALL_WATCH_SECONDS: '1' } })
  const proxy = await Proxy.open(subject.url)
  const sums: Record<string, number> = {}
  try {
    for (let round = 0; round < ROUNDS[form]; round++) {
      const figures = await stormy(subject.url, proxy, random.branch(round), round)
      for (const [name, figure] of Object.entries(figures)) sums[name] = (sums[name] ?? 0) + figure
      if (round % 10 === 9) say(`${round + 1} rounds, ${proxy.counts.broken} connections broken`)
      complaints.check()
    }
    return { rounds: ROUNDS[form], ...sums, connections: proxy.counts.accepted, broken: proxy.counts.broken }
  } finally {
    await proxy.close()
    await subject.stop()
    complaints.end()
  }
}

/** One round, in a config of its own; every other one without WebSockets. */
async function stormy(url: string, proxy: Proxy, random: Random, round: number): Promise<Figures> {
  const before = held()
  const over = new AbortController()
  const config = `projects/cut/configs/c-${round}`
  const direct = new Client({ url })
  const client = new Client({
    url: proxy.url,
    requestTimeout: '1s',
    retry: { attempts: 8, minDelay: '20ms', maxDelay: '300ms' },
    ...(round % 2 && { WebSocket: false }),
  })
  await direct.configs.create({ name: config })
  const { data: hot } = await direct.variables.create({ name: `${config}/variables/hot`, text: 'hot' })
  const fates = random.branch('fates')
  proxy.fate = () => drawFate(fates)
  try {
    const storm = { client, direct, config, stormMs: STORM_MS, signal: over.signal }
    const followed = [direct, client].map((one) => follow(one, config, hot.updateTime, over.signal))
    const streams = inTime(Promise.all(followed), 'a stream catches up')
    streams.catch(() => {})
    const acts = inTime(act(storm, random), 'whatever is begun ends')
    const [{ writes, waits, composed }] = await Promise.all([acts, pass(url, proxy, config, random)])
    await direct.variables.create({ name: `${config}/variables/end`, text: 'end' })
    const [facts = [], told = []] = await streams
    checkWrites(writes, facts)
    checkTold(told, facts)
    await checkWaits(direct, waits, composed)
    if (facts.some(({ text }) => text === 'half')) throw new Violation('half a request takes no effect', facts)
    proxy.cut()
    await nothingLeft(before)
    const unanswered = writes.filter(({ stamp }) => stamp === undefined).length
    return { writes: writes.length, unanswered, told: told.length, waits: waits.length, halves: HALVES }
  } finally {
    over.abort()
  }
}

/** All that clients do in a storm, and what came of it. */
async function act(given: Omit<Storm, 'random'>, random: Random) {
  const storm = (part: string): Storm => ({ ...given, random: random.branch(part) })
  const [line, single, waits, composed] = await Promise.all([
    commitOnLine(storm('line'), COMMITS),
    writeSingly(storm('single'), SINGLES),
    waitForAll(storm('waits'), WAITERS),
    compose(storm('composed')),
  ])
  return { writes: [...line, ...single], waits, composed }
}

/** The storm, which passes. */
async function pass(url: string, proxy: Proxy, config: string, random: Random): Promise<void> {
  await sendHalves(url, config, random.branch('halves'), HALVES)
  await pause(STORM_MS)
  proxy.fate = () => CLEAR
  proxy.cut()
}

/** Throws if a promise takes far longer than it may. */
async function inTime<T>(promise: Promise<T>, kept: string): Promise<T> {
  const late = new AbortController()
  const timer = pause(SETTLED_MS, undefined, { signal: late.signal }).then(() => {
    throw new Violation(kept, { withinMs: SETTLED_MS })
  })
  try {
    return await Promise.race([promise, timer])
  } finally {
    late.abort()
    timer.catch(() => {})
  }
}

async function checkWaits(direct: Client, waits: readonly Waited[], composed: string | undefined): Promise<void> {
  const read = (name: string) =>
    direct.waiters.get(name).then(
      ({ data }) => data,
      (error: unknown) => {
        if (statusOf(error) !== 404) throw error
        return undefined
      },
    )
  for (const one of waits) checkWait(one, await read(one.waiter))
  const made = composed === undefined ? undefined : await read(composed)
  if (composed !== undefined && !made?.done)
    throw new Violation('what was made and waited for has ended', { composed, made })
}
