/**
 * Waiters: they wait, and end exactly once, by success, failure or timeout. A waiter that has ended never changes.
 */
import { readCallback } from './callback.ts'
import {
  atomsOf,
  compile,
  holds,
  readCondition,
  roomForConditions,
  type ConditionInput,
  type Count,
  type Formula,
} from './condition.ts'
import { invalid, ok, type ErrorInfo, type Result } from './fault.ts'
import { readSpan, spanMicros } from './span.ts'
import { formatStamp, type Stamp } from './time.ts'
import type * as wire from './wire.ts'

/** What a client asks of a waiter; immutable. */
export interface WaiterSpec {
  /** Canonical Duration, such as `3.500s`. */
  readonly timeout: string
  readonly success: wire.EndCondition
  readonly failure?: wire.EndCondition
  readonly sticky?: true
  readonly callback?: wire.Callback
}

/** How a waiter ended. */
export type Ending = 'success' | 'failure' | 'timeout'

/** A waiter as it is stored. It waits as long as it has no `end`. */
export interface Waiter {
  readonly id: string
  readonly spec: WaiterSpec
  readonly created: Stamp
  /** `created` + timeout: the first moment at which it may time out. */
  readonly deadline: Stamp
  readonly end?: End
}

/** When and how a waiter ended, and how far it had come, which was not always kept. */
export interface End {
  readonly at: Stamp
  readonly how: Ending
  readonly progress?: wire.Progress | undefined
}

/** What a client may send for a waiter. */
export interface WaiterInput {
  timeout?: string | undefined
  success?: ConditionInput | undefined
  failure?: ConditionInput | undefined
  sticky?: boolean | undefined
  callback?: { uri?: string | undefined } | undefined
}

/**
 * Reads a waiter of a config, given by its full name. `timeout` and `success` are required; callbacks may go to `hosts`.
 */
export function readWaiter(input: WaiterInput, config: string, hosts: readonly string[] = []): Result<WaiterSpec> {
  if (input.timeout === undefined) return invalid('waiter.timeout', 'waiter.timeout is required, such as "300s"')
  const timeout = readSpan(input.timeout, 'waiter.timeout')
  if (!timeout.ok) return timeout
  if (!input.success) return invalid('waiter.success', 'waiter.success is required')
  const room = roomForConditions()
  const success = readCondition(input.success, 'waiter.success', config, room)
  if (!success.ok) return success
  const failure = input.failure && readCondition(input.failure, 'waiter.failure', config, room)
  if (failure && !failure.ok) return failure
  const callback = input.callback && readCallback(input.callback, 'waiter.callback', hosts)
  if (callback && !callback.ok) return callback
  return ok({
    timeout: timeout.value,
    success: success.value,
    ...(failure && { failure: failure.value }),
    ...(input.sticky && { sticky: true }),
    ...(callback && { callback: callback.value }),
  })
}

/** The waiter that begins to wait at `created`. */
export function beginWaiter(id: string, spec: WaiterSpec, created: Stamp): Waiter {
  return { id, spec, created, deadline: created + spanMicros(spec.timeout) }
}

/** What a waiter's conditions come to. */
export interface Formulas {
  readonly success: Formula
  readonly failure?: Formula
}

/** What a waiter's conditions come to. */
export function formulasOf({ id, spec: { success, failure, sticky } }: Pick<Waiter, 'id' | 'spec'>): Formulas {
  const keeper = sticky ? id : undefined
  return {
    success: compile(success, 'success', keeper),
    ...(failure && { failure: compile(failure, 'failure', keeper) }),
  }
}

/** The atoms of both of a waiter's conditions. */
export function atomsOfWaiter({ success, failure }: Formulas) {
  return [...atomsOf(success), ...(failure ? atomsOf(failure) : [])]
}

/** How a waiter ends at the counts that `count` tells, if it does. Failure goes before success, always. */
export function judge({ success, failure }: Formulas, count: Count): 'failure' | 'success' | undefined {
  if (failure && holds(failure, count)) return 'failure'
  return holds(success, count) ? 'success' : undefined
}

/** The waiter, ended. One that has ended already is not to come here. */
export function endWaiter(waiter: Waiter, end: End): Waiter {
  return { ...waiter, end }
}

/** A waiter's name in full. `config` is the config's full name. */
export function waiterName(config: string, id: string): string {
  return `${config}/waiters/${id}`
}

/** The resource that clients see. `progress` is how far a waiter has come that still waits. */
export function waiterResource(config: string, waiter: Waiter, progress?: wire.Progress): wire.Waiter {
  const { timeout, success, failure, sticky, callback } = waiter.spec
  const shown = waiter.end ? waiter.end.progress : progress
  return {
    name: waiterName(config, waiter.id),
    timeout,
    ...(failure && { failure }),
    success,
    ...(sticky && { sticky }),
    ...(callback && { callback }),
    createTime: formatStamp(waiter.created),
    ...(shown && { progress: shown }),
    ...ending(waiter),
  }
}

/** The Operation that creating a waiter answers with, and that operations.get shows (spec: section 4.7). */
export function waiterOperation(config: string, waiter: Waiter): wire.Operation {
  const name = `${config}/operations/waiters/${waiter.id}`
  if (waiter.end?.how !== 'success') return { name, ...ending(waiter) }
  const type = 'type.googleapis.com/google.cloud.runtimeconfig.v1beta1.Waiter'
  return { name, done: true, response: { '@type': type, ...waiterResource(config, waiter) } }
}

function ending({ end }: Waiter): { done?: true; error?: wire.RpcStatus } {
  if (!end) return {}
  if (end.how === 'success') return { done: true }
  return { done: true, error: { ...(end.how === 'failure' ? FAILURE : TIMEOUT), ...(end.progress && details(end)) } }
}

/** google.rpc.Code of a waiter that failed. The documentation says ABORTED, and it is followed (spec: section 4.6). */
export const FAILURE = { code: 10, message: 'Failure condition satisfied.' } satisfies wire.RpcStatus
/** google.rpc.Code DEADLINE_EXCEEDED of a waiter whose time ran out. */
export const TIMEOUT = { code: 4, message: 'Timeout expired.' } satisfies wire.RpcStatus

/** Why a waiter failed: what was missing when its time ran out, or what decided. */
function details({ how, progress }: End): { details: [ErrorInfo] } {
  const { success, missing, reason } = progress as wire.Progress
  const about: Record<string, string> =
    how === 'timeout'
      ? { have: String(success.have), need: String(success.need), ...(missing && { missing: missing.join(',') }) }
      : { ...reason }
  return {
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: how === 'timeout' ? 'TIMEOUT_EXPIRED' : 'FAILURE_CONDITION_SATISFIED',
        domain: 'rollcall',
        metadata: about,
      },
    ],
  }
}
