/** Whether a service that is asked for ten times what it can do refuses in time, and does what it has taken. */
import { quantile } from '../../bench/load.ts'
import { Violation } from '../suite.ts'
import type { Arrival } from './arrivals.ts'

/** 99 of 100 are answered within this, refused or done. */
const ANSWERED_MS = 10_000
/** How much longer a write of one caller may take than before, and how soon that is so again. */
const RECOVERED = 3
export const RECOVERY_MS = 5000
/** What is not worth comparing, in milliseconds. */
const SHORT_MS = 10

/** What came of a load, and what one write took before it, and after it again and again, in milliseconds. */
export interface Pressed {
  readonly arrivals: readonly Arrival[]
  /** How much slower the machine is than one for which times are promised; at least 1. */
  readonly slowness: number
  /** How long the answers may be held up by what is not the service's, in milliseconds. */
  readonly unreadMs: number
  readonly before: number
  readonly after: readonly number[]
}

/** Throws unless every answer is a success, or a refusal that says when to come again, and they came in time. */
export function checkAnswers({ arrivals, slowness, unreadMs }: Pressed): void {
  for (const { status, retryAfter, path } of arrivals) {
    if (status === 200) continue
    if (status !== 429 && status !== 503) throw new Violation('too much is refused as such', { path, status })
    if (!/^\d+$/.test(retryAfter ?? '')) {
      throw new Violation('who is refused is told when to come again', { path, status, retryAfter })
    }
  }
  const p99 = p99Of(arrivals)
  const refused = refusedOf(arrivals)
  if (p99 <= unreadMs + ANSWERED_MS * slowness) return
  const evidence = { p99, slowness, unreadMs, refused, of: arrivals.length }
  throw new Violation('what is too much is refused in time', evidence)
}

/** Throws unless what was done is there, and nothing that was refused. */
export function checkDone(arrivals: readonly Arrival[], there: ReadonlySet<string>): void {
  for (const { path, status } of arrivals) {
    if (status === 200 && !there.has(path)) throw new Violation('what was answered as done is there', { path })
    if (status !== 200 && there.has(path)) throw new Violation('what was refused is not there', { path, status })
  }
}

/** Throws unless a single caller is soon served as before. */
export function checkRecovery({ before, after }: Pressed): void {
  if (Math.min(...after) <= Math.max(before * RECOVERED, SHORT_MS)) return
  throw new Violation('a single caller is soon served as before', { before, after, withinMs: RECOVERY_MS })
}

export function p99Of(arrivals: readonly Arrival[]): number {
  const sorted = arrivals.map(({ ms }) => ms).sort((one, other) => one - other)
  return quantile(sorted, 0.99)
}

export const refusedOf = (arrivals: readonly Arrival[]) => arrivals.filter(({ status }) => status !== 200).length
