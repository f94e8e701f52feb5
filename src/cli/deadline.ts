/** A time limit on what a signal can end, too. */
import { after, onAbort } from '../client/backoff.ts'

/**
 * A signal that is aborted with `signal`, and with `late` after `limit` milliseconds, if there is a limit; until it is
 * released.
 */
export function deadline(signal: AbortSignal, limit: number | undefined, late: Error) {
  const controller = new AbortController()
  const off = onAbort(signal, () => controller.abort(signal.reason))
  const stop = limit === undefined ? () => {} : after(limit, () => controller.abort(late))
  return {
    signal: controller.signal,
    release() {
      stop()
      off()
    },
  }
}
