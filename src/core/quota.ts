/**
 * How much one config may hold. Generous for a roll call, and little enough for the 128 MB that an object has on
 * Cloudflare, for all of it is read at once when it is deleted while somebody listens.
 * The limits of single requests stand where they are read: MAX_BODY_BYTES in http/json.ts, MAX_POLICY_BYTES in policy.ts.
 */
import { refuse } from './fault.ts'
import { byteLength } from './utf8.ts'

/** The most variables in a config. */
export const MAX_VARIABLES = 150_000
/** The most bytes in the paths and contents of a config's variables; a `value` counts as its base64. */
export const MAX_BYTES = 32 * 2 ** 20
/** The most waiters in a config, those that have ended included. */
export const MAX_WAITERS = 25_000
/** The most subscriptions and watches of a config at one time. */
export const MAX_SOCKETS = 10_000

/** The most callbacks of a config that were not delivered yet, when a waiter with another one is made. */
export const MAX_CALLBACKS = 10_000

/** What a config holds, as its quotas count it. */
export interface Usage {
  readonly variables: number
  readonly bytes: number
  readonly waiters: number
}

export const NO_USAGE: Usage = { variables: 0, bytes: 0, waiters: 0 }

/** What a variable counts for in bytes. */
export function variableBytes(path: string, contents: string): number {
  return byteLength(path) + byteLength(contents)
}

/** The refusal of a change that would bring a config over a quota, or undefined. Less than before is never refused. */
export function exceeded(before: Usage, more: Partial<Usage>) {
  const { variables = 0, bytes = 0, waiters = 0 } = more
  if (variables > 0 && before.variables + variables > MAX_VARIABLES) {
    return overQuota(`The config has as many variables as it may: ${MAX_VARIABLES}.`)
  }
  if (bytes > 0 && before.bytes + bytes > MAX_BYTES) {
    return overQuota(`The config's variables have as many bytes as they may: ${MAX_BYTES}.`)
  }
  if (waiters > 0 && before.waiters + waiters > MAX_WAITERS) {
    return overQuota(`The config has as many waiters as it may: ${MAX_WAITERS}. Those that have ended can be deleted.`)
  }
  return undefined
}

/** The refusal for want of room. */
export function overQuota(message: string) {
  return refuse({ kind: 'resourceExhausted', message })
}
