/** How long it takes from a write until the promises of those who wait for it settle, by each way of waiting. */
import { Client, wait, waitUntil, type Target } from '../../src/client/index.ts'
import type { Variable } from '../../src/core/wire.ts'
import { median, quantile } from './load.ts'

/** A way of waiting, by what its client does meanwhile. */
export const WAYS = {
  push: 'this client, by WebSocket',
  longPoll: 'this client where no WebSocket gets through',
  poll: 'this client, told to poll',
  oci: "polling on OCI's schedule (1, 2, 4, ... 30 s)",
  gcloud: "polling every 5 s, as gcloud's waiters do",
} as const
export type Way = keyof typeof WAYS

export interface Waits {
  readonly measure: 'waits'
  readonly way: Way
  readonly waiters: number
  /** From just before the write is sent until the promises have settled, in milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly last: number
  /** HTTP requests, for each wait on average; a WebSocket is none. */
  readonly requests: number
}

export interface WaitsOptions {
  readonly waiters: readonly number[]
  /** How often what is pushed is measured. */
  readonly repetitions: number
  /** How often what is polled for is measured: the moments of the writes are spread over the time given. */
  readonly pollRepetitions: number
  /** When the write of a polled measurement comes at the earliest and the latest, in ms after the waits began. */
  readonly pollMs: readonly [number, number]
}

const READY = { success: { path: 'text', equals: 'RUNNING' } } as const
/** Far longer than any of this takes. */
const TIMEOUT = '5m'

/** Measures each way with each number of waiters. */
export async function measureWaits(url: string, options: WaitsOptions): Promise<Waits[]> {
  const config = `projects/bench/configs/waits-${Date.now()}`
  await new Client({ url }).configs.create({ name: config })
  const measured: Waits[] = []
  for (const waiters of options.waiters) {
    for (const way of Object.keys(WAYS) as Way[]) measured.push(await measure(url, config, way, waiters, options))
  }
  return measured
}

async function measure(url: string, config: string, way: Way, waiters: number, options: WaitsOptions): Promise<Waits> {
  const pushed = way === 'push' || way === 'longPoll'
  const { repetitions, pollRepetitions, pollMs } = options
  const latencies: number[] = []
  const lasts: number[] = []
  let requests = 0
  const run = async (repetition: number, pauseMs: number) => {
    const variable = `${config}/variables/${way}/of-${waiters}/number-${repetition}`
    const round = await hold(url, variable, way, waiters, pauseMs)
    if (repetition === 0 && pushed) return
    latencies.push(...round.latencies)
    lasts.push(Math.max(...round.latencies))
    requests += round.requests
  }
  if (pushed) {
    // The first is the warm-up.
    for (let repetition = 0; repetition <= repetitions; repetition += 1) await run(repetition, 0)
  } else {
    const moments = Array.from({ length: pollRepetitions }, (_, at) => pollMs[0] + spread(at, pollRepetitions, pollMs))
    // What polls mostly sleeps: a few of them, one beside another, do not hold each other up.
    if (waiters < 1000) await Promise.all(moments.map((moment, at) => run(at, moment)))
    else for (const [at, moment] of moments.entries()) await run(at, moment)
  }
  latencies.sort((a, b) => a - b)
  const p99 = quantile(latencies, 0.99)
  return {
    measure: 'waits',
    way,
    waiters,
    p50: median(latencies),
    p99,
    last: median(lasts),
    requests: requests / latencies.length,
  }
}

const spread = (at: number, of: number, [from, to]: readonly [number, number]) => ((at + 0.5) / of) * (to - from)

/** Has so many wait for a variable, writes it, and answers when each of them knew. */
async function hold(url: string, variable: string, way: Way, waiters: number, pauseMs: number) {
  let requests = 0
  const counting: typeof fetch = (...request) => {
    requests += 1
    return fetch(...request)
  }
  const writer = new Client({ url })
  await writer.variables.create({ name: variable, text: 'STARTING' })
  const client = new Client({ url, fetch: counting, ...(way !== 'push' && { WebSocket: false }) })
  const waits = await Promise.all(Array.from({ length: waiters }, () => begin(client, variable, way)))
  if (pauseMs) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  else await listening(client.variable(variable))
  let sent = 0
  const settled = waits.map(async ({ done }) => {
    await done
    return performance.now() - sent
  })
  sent = performance.now()
  await writer.variables.update({ name: variable, text: 'RUNNING' })
  return { latencies: await Promise.all(settled), requests }
}

async function begin(client: Client, variable: string, way: Way): Promise<{ done: Promise<unknown> }> {
  const target = client.variable(variable)
  switch (way) {
    case 'push':
    case 'longPoll':
      return { done: wait(target, READY, { timeout: TIMEOUT }).settle() }
    case 'poll':
      return { done: wait(target, READY, { timeout: TIMEOUT, transport: 'poll' }).settle() }
    case 'gcloud': {
      const options = { timeout: TIMEOUT, transport: 'poll', minDelay: '5s', maxDelay: '5s', jitter: false } as const
      return { done: wait(target, READY, options).settle() }
    }
    case 'oci': {
      // A client that can only send hears of nothing.
      const plain = { send: client.send.bind(client) }
      return { done: waitUntil(plain, await client.variables.get(variable), 'text', 'RUNNING') }
    }
  }
}

/** Resolves when the subscription that the waits share has told the state, and so will tell its change. */
async function listening(target: Target<Variable>): Promise<void> {
  for await (const _ of wait(target, READY, { timeout: TIMEOUT })) break
  // A long poll gives no sign of its beginning; its request is on its way by now.
  await new Promise((resolve) => setTimeout(resolve, 100))
}
