/** Several waits under one deadline. */
import type { Until } from './acceptors.ts'
import { after } from './backoff.ts'
import { checkOptions, readDuration, tellDuration, type Duration } from './duration.ts'
import { InvalidArgumentError } from './errors.ts'
import type { Target } from './observation.ts'
import type { WaitErrorCode, WaitOutcome, WaitSuccess } from './outcome.ts'
import { Wait, wait } from './wait.ts'
import { readSignal } from './wait-options.ts'

/** A wait that is under way, or the target and what it is to become: that is then waited for with the time there is. */
export type Part<T> = Wait<T> | readonly [target: Target<T>, until?: Until<T>]

export interface ManyOptions {
  /** The time for all of them together. Required. */
  readonly timeout: Duration
  readonly signal?: AbortSignal | undefined
}

/** Not enough of several waits succeeded. */
export class WaitManyError extends Error {
  override readonly name = 'WaitManyError'
  readonly code: WaitErrorCode
  /** How each of them ended, in their order; undefined for one that was still under way. */
  readonly outcomes: readonly (WaitOutcome<unknown> | undefined)[]

  constructor(
    code: WaitErrorCode,
    message: string,
    outcomes: readonly (WaitOutcome<unknown> | undefined)[],
    cause: unknown,
  ) {
    super(message, { cause })
    this.code = code
    this.outcomes = outcomes
  }
}

/** What came of a quorum. */
export interface Quorum<T> {
  /** Which succeeded, by their place, in the order in which they did. */
  readonly succeeded: readonly number[]
  readonly outcomes: readonly (WaitOutcome<T> | undefined)[]
}

/**
 * All of them; of none, an empty list. The first that fails ends the others, and rejects with {@link WaitManyError}, as
 * the deadline and the signal do.
 */
export async function waitAll<T>(parts: readonly Part<T>[], options: ManyOptions): Promise<WaitSuccess<T>[]> {
  const { outcomes } = await gather(parts, parts.length, options)
  return (outcomes as WaitOutcome<T>[]).map((outcome) => {
    const { status: _, ...success } = outcome as WaitOutcome<T> & { status: 'success' }
    return success
  })
}

/** The first that succeeds, and its place. The others are ended. Rejects when none can any more. */
export async function waitAny<T>(
  parts: readonly Part<T>[],
  options: ManyOptions,
): Promise<WaitSuccess<T> & { readonly index: number }> {
  if (!parts.length) throw new InvalidArgumentError('parts', 'must not be empty: none of none can succeed')
  const { succeeded, outcomes } = await gather(parts, 1, options)
  const index = succeeded[0] as number
  const { status: _, ...success } = outcomes[index] as WaitOutcome<T> & { status: 'success' }
  return { ...success, index }
}

/** `need` of them. Settles with the last one needed, or as soon as so many have failed that it cannot be reached. */
export async function waitQuorum<T>(
  parts: readonly Part<T>[],
  { need, ...options }: ManyOptions & { readonly need: number },
): Promise<Quorum<T>> {
  if (!Number.isInteger(need) || need < 0 || need > parts.length) {
    throw new InvalidArgumentError('need', `must be a whole number from 0 to ${parts.length}, this is ${need}`)
  }
  return gather(parts, need, options)
}

async function gather<T>(parts: readonly Part<T>[], need: number, options: ManyOptions): Promise<Quorum<T>> {
  checkOptions(options, ['timeout', 'signal'], 'a wait for several')
  if (options?.timeout === undefined)
    throw new InvalidArgumentError('timeout', 'is required: the time for all together')
  const timeout = readDuration(options.timeout, 'timeout')
  const signal = readSignal(options.signal)
  const waits: Wait<T>[] = []
  try {
    for (const part of parts) {
      // Each would run out of time with all of them; the common deadline is to tell of it.
      waits.push(part instanceof Wait ? part : wait(part[0], part[1], { timeout: timeout + 1000, signal }))
    }
    return await reach(waits, need, timeout, signal)
  } finally {
    for (const one of waits) one.cancel('the others have decided')
  }
}

/** Waits until `need` of them have succeeded, or until they no longer can. */
async function reach<T>(
  waits: readonly Wait<T>[],
  need: number,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<Quorum<T>> {
  const outcomes: (WaitOutcome<T> | undefined)[] = waits.map(() => undefined)
  const succeeded: number[] = []
  let failed = 0
  let release = () => {}
  const reached = new Promise<void>((resolve, reject) => {
    const refuse = (code: WaitErrorCode, why: string, cause?: unknown) => {
      const count = `${succeeded.length} of ${waits.length} succeeded, ${need} needed`
      reject(new WaitManyError(code, `${why} (${count})`, [...outcomes], cause))
    }
    const abort = () => refuse('ABORTED', 'The waits were aborted', signal?.reason)
    const stop = after(timeout, () => refuse('TIMEOUT', `Timed out after ${tellDuration(timeout)}`))
    signal?.addEventListener('abort', abort, { once: true })
    release = () => {
      stop()
      signal?.removeEventListener('abort', abort)
    }
    if (signal?.aborted) abort()
    else if (need === 0) resolve()
    waits.forEach(async (one, index) => {
      const outcome = await one.settle()
      outcomes[index] = outcome
      if (outcome.status === 'success') {
        if (succeeded.push(index) >= need) resolve()
        return
      }
      failed += 1
      if (waits.length - failed < need)
        refuse(outcome.error.code, `Wait ${index}: ${outcome.error.message}`, outcome.error)
    })
  })
  try {
    await reached
    return { succeeded: [...succeeded], outcomes: [...outcomes] }
  } finally {
    release()
  }
}
