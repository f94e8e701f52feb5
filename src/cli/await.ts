/** Waiting for a waiter, with what can be seen of it on the way. */
import { durationMicros, parseDuration } from '../core/time.ts'
import { ConnectionError, ServiceError, type Client, type Waiter, type WaitOutcome } from '../client/index.ts'
import { stateOfWaiter } from '../client/targets.ts'
import type { Call } from './call.ts'
import { Interrupted } from './exit.ts'
import { showProgress } from './progress.ts'

/** What a wait may take longer than the waiter itself, in milliseconds: its end is to be heard of, too. */
const GRACE_MS = 30_000

/** Causes that tell more by themselves than the wait does. */
const TELLING = [Interrupted, ServiceError, ConnectionError]

/** How a wait ended. */
export type End =
  | { readonly kind: 'success' | 'failed' | 'expired'; readonly waiter: Waiter }
  /** Not the waiter's time ran out, but that of the caller. */
  | { readonly kind: 'late'; readonly message: string }

/**
 * Waits until `waiter` ends, at most `limit` milliseconds; without one, as long as the waiter itself may take. Rejects
 * with `Interrupted`, and with the error that keeps the waiter from being seen.
 */
export async function awaitEnd(call: Call, client: Client, waiter: Waiter, limit?: number): Promise<End> {
  if (waiter.done) return endOf(waiter)
  const { signal } = call
  const timeout = limit ?? lifeOf(waiter) + GRACE_MS
  const stop = call.progress ? showProgress(call.io, client, waiter, signal) : () => {}
  try {
    return ended(await client.wait(waiter.name, { timeout, signal }).settle())
  } finally {
    stop()
  }
}

/** How long a waiter lives at most: its deadline by a clock of ours could be any other moment. */
function lifeOf({ timeout }: Waiter): number {
  const duration = parseDuration(timeout)
  return duration ? durationMicros(duration) / 1000 : 0
}

function ended(outcome: WaitOutcome<Waiter>): End {
  if (outcome.status === 'success') return endOf(outcome.value as Waiter)
  const { error } = outcome
  const last = error.last?.kind === 'present' ? error.last.value : undefined
  if (outcome.status === 'failure' && last) return endOf(last)
  if (outcome.status === 'timeout') return { kind: 'late', message: error.message }
  throw TELLING.some((kind) => error.cause instanceof kind) ? error.cause : error
}

function endOf(waiter: Waiter): End {
  const state = stateOfWaiter(waiter)
  return { kind: state === 'SUCCEEDED' ? 'success' : state === 'TIMED_OUT' ? 'expired' : 'failed', waiter }
}
