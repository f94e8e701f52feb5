/** Closed-loop load: each connection sends its next request when it has the answer to the last. */
import { done, type Connection } from './connection.ts'

/** The requests that one connection sends one after another, and never leaves half done. */
export type Unit = (connection: number) => readonly Buffer[]

/** What came of a load. */
export interface Run {
  /** Requests that were answered, each of them with success. */
  readonly count: number
  readonly perSecond: number
  /** Half of the requests took no longer than this, in milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** Puts load on all connections for as long as `more` says so. Throws if a single request does not succeed. */
export async function load(connections: readonly Connection[], more: () => boolean, unit: Unit): Promise<Run> {
  return closedLoop(connections.length, more, async (index, timed) => {
    for (const bytes of unit(index)) await timed(async () => done(await (connections[index] as Connection).send(bytes)))
  })
}

/** So many workers that each begin anew when they are done, as long as `more` says so. What is `timed` is counted. */
export async function closedLoop(
  workers: number,
  more: () => boolean,
  work: (worker: number, timed: (request: () => Promise<unknown>) => Promise<void>) => Promise<void>,
): Promise<Run> {
  const latencies: number[] = []
  const timed = async (request: () => Promise<unknown>) => {
    const sent = performance.now()
    await request()
    latencies.push(performance.now() - sent)
  }
  const started = performance.now()
  const working = Array.from({ length: workers }, async (_, worker) => {
    while (more()) await work(worker, timed)
  })
  await Promise.all(working)
  const seconds = (performance.now() - started) / 1000
  const sorted = latencies.sort((a, b) => a - b)
  const count = sorted.length
  return { count, perSecond: count / seconds, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

/** Goes on for so many milliseconds from now. */
export function lasting(ms: number): () => boolean {
  const end = performance.now() + ms
  return () => performance.now() < end
}

/** Goes on for so many units in all. */
export function times(count: number): () => boolean {
  let left = count
  return () => left-- > 0
}

/** The middle of several runs, figure by figure: one that a neighbour on the machine disturbed does not show. */
export function middle(runs: readonly Run[]): Run {
  const of = (figure: keyof Run) => median(runs.map((run) => run[figure]))
  return { count: of('count'), perSecond: of('perSecond'), p50: of('p50'), p99: of('p99') }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 ? (sorted[half] as number) : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2
}

/** The value below which that share of a sorted list lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
