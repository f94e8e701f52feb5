/** How a wait ends: with what was waited for, or with a {@link WaitError} that tells what was seen instead. */
import { tellDuration } from './duration.ts'
import { show, statusOf } from './errors.ts'
import type { Snapshot, Tally } from './observation.ts'

/** What was waited for has come. */
export interface WaitSuccess<T, S extends string = string> {
  readonly status: 'success'
  /** Which of the successes: the label of the acceptor that matched. */
  readonly label: S
  /** The value that matched; undefined if the wait was for its absence, or for an error. */
  readonly value: T | undefined
  readonly snapshot: Snapshot<T> | undefined
  /** The error that matched, if it was one. */
  readonly error?: unknown
  /** How many observations it took. */
  readonly attempts: number
  readonly elapsedMs: number
}

/** How a wait that did not succeed ended, as `status` and as the `code` of its error. */
const CODES = {
  /** A failure acceptor matched. */
  failure: 'FAILED',
  /** The time, or the number of attempts, was up. */
  timeout: 'TIMEOUT',
  /** Nothing new came for the stall limit. */
  stalled: 'STALLED',
  /** A state that is none of those known, where they were all to be known. */
  unexpected: 'UNEXPECTED_STATE',
  /** The signal was aborted, or the wait was cancelled. */
  aborted: 'ABORTED',
  /** The target is not there, or no longer, or is another one. */
  notFound: 'NOT_FOUND',
  /** Its state cannot be told: the service refused, or a function that was to judge it threw. */
  error: 'ERROR',
} as const

export type FailureStatus = keyof typeof CODES
export type WaitErrorCode = (typeof CODES)[FailureStatus]

export type WaitOutcome<T, S extends string = string> =
  | WaitSuccess<T, S>
  | { readonly status: FailureStatus; readonly error: WaitError<T> }

/** What a {@link WaitError} is made of. */
export interface WaitFailure<T> extends Tally {
  readonly status: FailureStatus
  /** What was waited on. */
  readonly key: string
  /** What was waited for, in words. */
  readonly wanted: string
  /** The latest state, in a word. */
  readonly state?: string | undefined
  readonly last: Snapshot<T> | undefined
  readonly attempts: number
  readonly elapsedMs: number
  /** Each distinct error that was met, and how often. */
  readonly errors: Readonly<Record<string, number>>
  /** Why: the reason that the target gave, or what limit was reached. */
  readonly reason?: string | undefined
  readonly label?: string | undefined
  /** The acceptor that matched. */
  readonly by?: string | undefined
  readonly cause?: unknown
}

/** A wait that ended without what was waited for. Its `name` is `TimeoutError`, `AbortError` or `WaitError`. */
export class WaitError<T = unknown> extends Error {
  override readonly name: 'TimeoutError' | 'AbortError' | 'WaitError'
  readonly code: WaitErrorCode
  /** HTTP status, if the service told one. */
  readonly status: number | undefined
  declare readonly key: string
  declare readonly wanted: string
  declare readonly state: string | undefined
  declare readonly last: Snapshot<T> | undefined
  declare readonly attempts: number
  declare readonly elapsedMs: number
  declare readonly errors: Readonly<Record<string, number>>
  declare readonly label: string | undefined
  declare readonly by: string | undefined
  declare readonly have: number | undefined
  declare readonly need: number | undefined
  declare readonly missing: readonly string[] | undefined
  /** Which members have failed, where that is known. */
  declare readonly failed: readonly string[] | undefined

  constructor({ status, cause, ...failure }: WaitFailure<T>) {
    super(tell({ status, cause, ...failure }), { cause })
    Object.assign(this, failure)
    this.code = CODES[status]
    this.name = this.code === 'TIMEOUT' ? 'TimeoutError' : this.code === 'ABORTED' ? 'AbortError' : 'WaitError'
    this.status = statusOf(cause)
  }
}

function tell<T>(failure: WaitFailure<T>): string {
  const { status, key, wanted, reason, by, cause } = failure
  const why = reason ?? (cause instanceof Error ? cause.message : cause === undefined ? undefined : show(cause))
  const what: Record<FailureStatus, string> = {
    failure: `${key} failed${why ? `: ${why}` : ''}`,
    timeout: `Timed out after ${reason ?? tellDuration(failure.elapsedMs)} waiting for ${key}: ${wanted}`,
    stalled: `Nothing new for ${reason} waiting for ${key}: ${wanted}`,
    unexpected: `Unexpected state waiting for ${key}: ${wanted}`,
    aborted: `The wait for ${key} was aborted${why ? `: ${why}` : ''}`,
    notFound: `${key} is not there${why ? ` (${why})` : ''}, waiting for: ${wanted}`,
    error: `The wait for ${key} met an error: ${why}`,
  }
  const { state, need, have = 0, failed, missing, attempts } = failure
  const facts = [
    state !== undefined && `last state ${JSON.stringify(state)}`,
    need !== undefined && `${have} of ${need}`,
    failed?.length && `failed: ${failed.join(', ')}`,
    missing?.length && `missing: ${missing.join(', ')}`,
    by !== undefined && `by ${by}`,
    ...Object.entries(failure.errors).map(([error, count]) => `${count} x ${error}`),
    `${attempts} ${attempts === 1 ? 'look' : 'looks'}`,
  ]
  return `${what[status]} (${facts.filter(Boolean).join('; ')})`
}
