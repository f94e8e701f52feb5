/** The wait: one promise for what a target is to become, with a deadline that holds. */
import { readUntil, type Until } from './acceptors.ts'
import { expected } from './errors.ts'
import type { Target } from './observation.ts'
import { readWaitOptions, type WaitOptions } from './wait-options.ts'
import { listens, Wait } from './wait-run.ts'

/**
 * Waits for `target` to become what `until` says; a waiter, where that says nothing, to succeed. Starts at once. Throws
 * {@link InvalidArgumentError} for arguments that cannot be meant; nothing is asked then.
 */
export function wait<T, S extends string = string>(
  target: Target<T>,
  until: Until<T, S> | undefined,
  options: WaitOptions<T>,
): Wait<T, [S] extends [never] ? 'success' : S> {
  return prepare<T, [S] extends [never] ? 'success' : S>(target, until as Until<T>, options)()
}

/** As {@link wait}, but starts when it is told to. */
export function prepare<T, S extends string = string>(
  target: Target<T>,
  until: Until<T, S> | undefined,
  options: WaitOptions<T>,
): () => Wait<T, S> {
  if (typeof target?.read !== 'function') throw expected('target', 'one with a function read', target)
  const judge = readUntil<T>(until ?? target.until)
  const read = readWaitOptions(options)
  if (read.transport === 'push' && !listens(target, read)) {
    throw expected('transport', '"auto" or "poll" with these', read.transport)
  }
  return () => new Wait<T, S>(target, judge, read)
}
