/** Several waits under one deadline. */
import type { Duration } from './api.ts'
import type { Until } from './acceptors.ts'
import { after, onAbort } from './backoff.ts'
import { checkOptions, readDuration, tellDuration } from './duration.ts'
import { expected, InvalidArgumentError } from './errors.ts'
import type { Target } from './observation.ts'
import type { WaitErrorCode, WaitOutcome, WaitSuccess } from './outcome.ts'
import { prepare } from './wait.ts'
import { LAST_LOOK_MS, Wait } from './wait-run.ts'
import { readSignal } from './wait-options.ts'

/** A wait that is under way, or the target and what it is to become: that is then waited for with the time there is. */
export type Part<T> = Wait<T> | readonly [target: Target<T>, until?: Until<T>]

/** What a part waits for. */
type ValueOf<P> = P extends Wait<infer T> ? T : P extends readonly [Target<infer T>, ...unknown[]] ? T : never
// oxlint-disable-next-line typescript/no-explicit-any -- each part has a type of its own
type Parts = readonly Part<any>[]

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
export async function waitAll<const P extends Parts>(
  parts: P,
  options: ManyOptions,
): Promise<{ -readonly [K in keyof P]: WaitSuccess<ValueOf<P[K]>> }> {
  return (await gather(parts, parts.length, options)).outcomes as never
}

/** The first that succeeds, and its place. The others are ended. Rejects when none can any more. */
export async function waitAny<const P extends Parts>(
  parts: P,
  options: ManyOptions,
): Promise<WaitSuccess<ValueOf<P[number]>> & { readonly index: number }> {
  if (!parts.length) throw new InvalidArgumentError('parts', 'must not be empty')
  const { succeeded, outcomes } = await gather<ValueOf<P[number]>>(parts, 1, options)
  const index = succeeded[0] as number
  return { ...(outcomes[index] as WaitSuccess<ValueOf<P[number]>>), index }
}

/** `need` of them. Settles with the last one needed, or as soon as so many have failed that it cannot be reached. */
export async function waitQuorum<const P extends Parts>(
  parts: P,
  { need, ...options }: ManyOptions & { readonly need: number },
): Promise<Quorum<ValueOf<P[number]>>> {
  if (!Number.isInteger(need) || need < 0 || need > parts.length) {
    throw expected('need', `a whole number from 0 to ${parts.length}`, need)
  }
  return gather(parts, need, options)
}

async function gather<T>(parts: readonly Part<T>[], need: number, options: ManyOptions): Promise<Quorum<T>> {
  checkOptions(options, ['timeout', 'signal'], 'a wait for several')
  const timeout = readDuration(options?.timeout, 'timeout')
  const signal = readSignal(options.signal)
  // All are checked before any begins.
  const begin = parts.map((part, index) => {
    if (part instanceof Wait) return () => part
    if (!Array.isArray(part)) throw expected(`parts[${index}]`, 'a wait, or a target and until', part)
    return prepare<T>(part[0] as Target<T>, part[1] as Until<T>, { timeout, signal })
  })
  const waits = begin.map((start) => start())
  try {
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
    // Those that were begun here take their last look by then; others may have more time.
    const stop = after(timeout + 2 * LAST_LOOK_MS, () => refuse('TIMEOUT', `Timed out after ${tellDuration(timeout)}`))
    const off = onAbort(signal, abort)
    release = () => {
      stop()
      off()
    }
    if (need === 0) resolve()
    waits.forEach(async (one, index) => {
      const outcome = await one.settle()
      outcomes[index] = outcome
      if (outcome.status === 'success') {
        if (succeeded.push(index) >= need) resolve()
        return
      }
      failed += 1
      const { error } = outcome
      if (waits.length - failed < need) refuse(error.code, `Wait ${index}: ${error.message}`, error)
    })
  })
  try {
    await reached
    return { succeeded: [...succeeded], outcomes: [...outcomes] }
  } finally {
    release()
  }
}
