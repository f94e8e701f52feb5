/** What clients do while their connections are cut, and what they were told of it. */
import { setTimeout as pause } from 'node:timers/promises'
import { changes, type Change } from '../../../src/client/changes.ts'
import { checkIns } from '../../../src/client/check-in.ts'
import { compositeOperations } from '../../../src/client/composite.ts'
import type { Client } from '../../../src/client/index.ts'
import type { Random } from '../random.ts'
import { factOf, type Fact, type Waited, type Write } from './verdict.ts'

/** Who takes part, and where. */
export interface Storm {
  /** Whose connections are cut. */
  readonly client: Client
  /** Whose are not. */
  readonly direct: Client
  readonly config: string
  readonly random: Random
  readonly stormMs: number
  /** Ends what would go on when the round is over. */
  readonly signal: AbortSignal
}

/** How long a wait may last that is to learn of the end when the storm is over. */
const PATIENT_MS = 30_000

/** Follows what happens in the config from a moment on, until it has heard of `config/variables/end`. */
export async function follow(client: Client, config: string, after: string, signal: AbortSignal): Promise<Fact[]> {
  const facts: Fact[] = []
  for await (const change of changes(client, config, { after, signal })) {
    facts.push(factOf(change))
    if (isEnd(change)) return facts
  }
  return facts
}

const isEnd = (change: Change) => 'variable' in change && change.variable.name.endsWith('/variables/end')

/** How many commits are made at a moment: a connection that is lost then has some on it of which nobody knows. */
const BURST = 25

/** Many commits on one line, so many at each of some moments drawn from the seed. */
export async function commitOnLine(
  { client, config, random, stormMs, signal }: Storm,
  count: number,
): Promise<Write[]> {
  const line = checkIns(client, config, { signal })
  const moments = Array.from({ length: Math.ceil(count / BURST) }, () => random.next() * stormMs)
  const writes = Array.from({ length: count }, async (_, index): Promise<Write> => {
    const write = { name: `${config}/variables/line/${index}`, text: `line-${index}` }
    await pause(moments[Math.floor(index / BURST)])
    return answered(write, async () => (await line.commit([{ set: write }])).updateTime)
  })
  const told = await Promise.all(writes)
  line.close()
  return told
}

/** Variables that are made, with what the client does of itself if an answer is lost; and changes that are sent once. */
export async function writeSingly({ client, config, random, stormMs }: Storm, count: number): Promise<Write[]> {
  const hot = `${config}/variables/hot`
  const writes = Array.from({ length: count }, async (_, index) => {
    await pause(random.next() * stormMs)
    const made = { name: `${config}/variables/single/${index}`, text: `single-${index}` }
    const changed = { name: hot, text: `hot-${index}` }
    return [
      await answered(made, async () => (await client.variables.create(made)).data.updateTime),
      await answered(changed, async () => (await client.variables.update(changed, { retry: false })).data.updateTime),
    ]
  })
  return (await Promise.all(writes)).flat()
}

/** What an error leaves open, whatever it is: whether it was done shows in the end. */
async function answered(write: Write, send: () => Promise<string>): Promise<Write> {
  const stamp = await send().catch(() => undefined)
  return { ...write, stamp }
}

/** Makes waiters that succeed, fail, or stay, ends them at moments of the storm, and waits for them again and again. */
export async function waitForAll(storm: Storm, count: number): Promise<Waited[]> {
  const { client, direct, config, random, stormMs } = storm
  const waits = Array.from({ length: count }, async (_, index) => {
    const own = random.branch(index)
    const end = own.pick(['go', 'bad', 'stay', 'missing'] as const)
    const waiter = `${config}/waiters/w-${index}`
    const path = (kind: string) => ({ cardinality: { path: `/${kind}/${index}` } })
    if (end !== 'missing')
      await direct.waiters.create({ name: waiter, timeout: '600s', success: path('go'), failure: path('bad') })
    const ending = pause(own.next() * stormMs).then(async () => {
      const name = `${config}/variables/${end}/${index}`
      if (end === 'go' || end === 'bad') await direct.variables.create({ name, text: `${end}-${index}` })
    })
    const patient = end === 'stay' ? [] : [waited(client, waiter, PATIENT_MS, true)]
    const hasty = [300, 1000, 2000].map((ms) => waited(client, waiter, ms + own.integer(0, 300), false))
    return Promise.all([...patient, ...hasty, ending.then(() => [])])
  })
  return (await Promise.all(waits)).flat(2)
}

async function waited(client: Client, waiter: string, timeoutMs: number, patient: boolean): Promise<Waited> {
  const began = performance.now()
  const outcome = await client.wait(waiter, { timeout: `${timeoutMs}ms` }).settle()
  return { waiter, timeoutMs, elapsedMs: performance.now() - began, outcome, patient }
}

/** A waiter that is made and waited for in one: answers its name, if the client says that it has succeeded. */
export async function compose({ client, config, direct, stormMs, random }: Storm): Promise<string | undefined> {
  const name = `${config}/waiters/composed`
  const success = { cardinality: { path: '/composed' } }
  const options = { waiter: { timeout: `${PATIENT_MS}ms` as const } }
  const composite = compositeOperations(client)
  const [made] = await Promise.allSettled([
    composite.createWaiterAndWaitForState({ name, timeout: '600s', success }, ['SUCCEEDED'], options),
    pause(random.next() * stormMs).then(() =>
      direct.variables.create({ name: `${config}/variables/composed`, text: 'c' }),
    ),
  ])
  return made.status === 'fulfilled' ? name : undefined
}
