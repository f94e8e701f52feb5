/** Pauses: how long, and how to be woken from one. */

/** The longest that a timer of the platform can run. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Why a request is cut whose wait has ended. Made once: an error is costly to make, and a thousand waits may end at once. */
export const ENDED = new Error('the wait has ended')

/** Milliseconds that only ever grow, whatever becomes of the wall clock. */
export function now(): number {
  return performance.now()
}

/** Calls back after `milliseconds`, also when that is longer than a timer can be set for. Answers how to stop it. */
export function after(milliseconds: number, callback: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>
  const run = (left: number) => {
    const step = Math.min(Math.max(0, left), MAX_TIMER_MS)
    timer = setTimeout(() => (left > step ? run(left - step) : callback()), step)
  }
  run(milliseconds)
  return () => clearTimeout(timer)
}

/** Timers by name: one of a name takes the place of another. */
export class Timers<Name extends string> {
  readonly #stops = new Map<Name, () => void>()
  #ended = false

  set(name: Name, milliseconds: number, callback: () => void): void {
    this.clear(name)
    if (!this.#ended) this.#stops.set(name, after(milliseconds, callback))
  }

  has(name: Name): boolean {
    return this.#stops.has(name)
  }

  clear(name: Name): void {
    this.#stops.get(name)?.()
    this.#stops.delete(name)
  }

  /** Stops all of them, and those that are set later. */
  end(): void {
    this.#ended = true
    for (const name of this.#stops.keys()) this.clear(name)
  }
}

/** Calls back when the signal is aborted, at once if it is already, until the function that is answered is called. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal?.aborted) callback()
  else signal?.addEventListener('abort', callback)
  return () => signal?.removeEventListener('abort', callback)
}

/** A promise's end, or the signal's: not everything heeds its signal at every moment. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const off = onAbort(signal, () => reject(signal?.reason))
    promise.then(resolve, reject).finally(off)
  })
}

/** Waits for `milliseconds`. Rejects with the signal's reason when that is aborted; neither leaves anything behind. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  let stop = () => {}
  try {
    await untilAborted(new Promise<void>((resolve) => (stop = after(milliseconds, resolve))), signal)
  } finally {
    stop()
  }
}

/** Bounds of the pauses between attempts, in milliseconds. */
export interface Backoff {
  readonly min: number
  readonly max: number
}

/** The upper bound of the pause after attempt `attempt`, 1 for the first: doubled each time, up to the maximum. */
export function ceilingOf(attempt: number, { min, max }: Backoff): number {
  return Math.min(max, min * 2 ** (attempt - 1))
}

/** A pause with full jitter, so that those who were refused together do not come again together. */
export function fullJitter(attempt: number, backoff: Backoff): number {
  return Math.random() * ceilingOf(attempt, backoff)
}

/** An id that nobody else makes. (crypto.randomUUID is kept from pages that were not loaded securely.) */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
