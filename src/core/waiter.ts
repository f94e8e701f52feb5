/**
 * Waiters: they wait, and end exactly once, by success, failure or timeout. A waiter that has ended never changes.
 */
import { compile, holds, readCondition, type Atom, type ConditionInput } from './condition.ts'
import { invalid, ok, type Result } from './fault.ts'
import { durationMicros, formatDuration, formatStamp, parseDuration, type Stamp } from './time.ts'
import type * as wire from './wire.ts'

/** What a client asks of a waiter; immutable. */
export interface WaiterSpec {
  /** Canonical Duration, such as `3.500s`. */
  readonly timeout: string
  readonly success: wire.EndCondition
  readonly failure?: wire.EndCondition
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
  readonly end?: { readonly at: Stamp; readonly how: Ending }
}

/** google.rpc.Code of a waiter that failed. The documentation says ABORTED, and it is followed (spec: section 4.6). */
export const FAILURE: wire.RpcStatus = { code: 10, message: 'Failure condition satisfied.' }
/** google.rpc.Code DEADLINE_EXCEEDED of a waiter whose time ran out. */
export const TIMEOUT: wire.RpcStatus = { code: 4, message: 'Timeout expired.' }

/** The longest timeout, in seconds: a hundred years, so that every deadline is an exact number. */
export const MAX_TIMEOUT_SECONDS = 3_155_760_000

/** What a client may send for a waiter. */
export interface WaiterInput {
  timeout?: string | undefined
  success?: ConditionInput | undefined
  failure?: ConditionInput | undefined
}

/** Reads a waiter. `timeout` and `success` are required, `failure` is not. */
export function readWaiter(input: WaiterInput): Result<WaiterSpec> {
  const timeout = readTimeout(input.timeout)
  if (!timeout.ok) return timeout
  if (!input.success) return invalid('waiter.success', 'waiter.success is required')
  const success = readCondition(input.success, 'waiter.success')
  if (!success.ok) return success
  if (!input.failure) return ok({ timeout: timeout.value, success: success.value })
  const failure = readCondition(input.failure, 'waiter.failure')
  if (!failure.ok) return failure
  return ok({ timeout: timeout.value, success: success.value, failure: failure.value })
}

function readTimeout(text: string | undefined): Result<string> {
  const field = 'waiter.timeout'
  if (text === undefined) return invalid(field, `${field} is required, such as "300s"`)
  const duration = parseDuration(text)
  if (!duration) {
    return invalid(field, `${field} must be a Duration, such as "3.5s": digits, at most nine decimals, and "s"`)
  }
  if (duration.seconds < 0 || duration.nanos < 0 || (duration.seconds === 0 && duration.nanos === 0)) {
    return invalid(field, `${field} must be longer than zero`)
  }
  if (duration.seconds >= MAX_TIMEOUT_SECONDS) {
    return invalid(field, `${field} must be shorter than ${MAX_TIMEOUT_SECONDS}s`)
  }
  return ok(formatDuration(duration))
}

/** The waiter that begins to wait at `created`. */
export function beginWaiter(id: string, spec: WaiterSpec, created: Stamp): Waiter {
  const timeout = parseDuration(spec.timeout)
  if (!timeout) throw new Error(`the timeout of waiter ${id} was stored unreadable: ${spec.timeout}`)
  return { id, spec, created, deadline: created + durationMicros(timeout) }
}

/** The atoms that a waiter's conditions come to. */
export function atomsOf({ success, failure }: WaiterSpec): Atom[] {
  return failure ? [compile(success), compile(failure)] : [compile(success)]
}

/** How a waiter ends at the counts that `count` tells, if it does. Failure goes before success, always. */
export function judge(spec: WaiterSpec, count: (counter: string) => number): 'failure' | 'success' | undefined {
  if (spec.failure && holds(spec.failure, count)) return 'failure'
  return holds(spec.success, count) ? 'success' : undefined
}

/** The waiter, ended. One that has ended already is not to come here. */
export function endWaiter(waiter: Waiter, how: Ending, at: Stamp): Waiter {
  return { ...waiter, end: { how, at } }
}

/** A waiter's name in full. `config` is the config's full name. */
export function waiterName(config: string, id: string): string {
  return `${config}/waiters/${id}`
}

/** The resource that clients see. */
export function waiterResource(config: string, waiter: Waiter): wire.Waiter {
  const { timeout, success, failure } = waiter.spec
  return {
    name: waiterName(config, waiter.id),
    timeout,
    ...(failure && { failure }),
    success,
    createTime: formatStamp(waiter.created),
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

function ending(waiter: Waiter): { done?: true; error?: wire.RpcStatus } {
  switch (waiter.end?.how) {
    case undefined:
      return {}
    case 'success':
      return { done: true }
    case 'failure':
      return { done: true, error: FAILURE }
    case 'timeout':
      return { done: true, error: TIMEOUT }
  }
}
