/** How a wait goes about it. */
import type { Duration } from './api.ts'
import type { Backoff } from './backoff.ts'
import { checkOptions, readDuration } from './duration.ts'
import { expected, isTransient } from './errors.ts'
import type { Revision, Progress } from './observation.ts'

export interface WaitOptions<T = unknown> {
  /** The whole time that the wait may take, a request under way included. Required: nothing waits for ever by mistake. */
  readonly timeout: Duration
  /** Ends the wait when nothing new is seen for so long. */
  readonly stall?: Duration | undefined
  /** Success must be seen this many times in a row (which is looked for, not listened for), or must last so long. */
  readonly stable?: number | Exclude<Duration, number> | undefined
  /** Ends the wait, its request, timers and subscription. */
  readonly signal?: AbortSignal | undefined
  /** `auto` listens where the target can be listened to, `poll` only looks, `push` insists on listening. */
  readonly transport?: 'auto' | 'push' | 'poll' | undefined
  /** The shortest and the longest pause between looks, where one has to look; `'500ms'` and `'10s'`. */
  readonly minDelay?: Duration | undefined
  readonly maxDelay?: Duration | undefined
  /** Whether pauses are random between the shortest and what the doubling has come to; true. */
  readonly jitter?: boolean | undefined
  /** The most looks that are taken, where one has to look. */
  readonly maxAttempts?: number | undefined
  /** Which errors of a look are passing; by default no answer, 408, 425, 429, and 5xx but 501. */
  readonly retryable?: ((error: unknown) => boolean) | undefined
  /** States older than this are not looked at: the `updateTime` of your own write, say. */
  readonly since?: Revision | undefined
  /** Which incarnation of the target is meant; another one means that this one is gone. */
  readonly identity?: string | undefined
  /** Hears of every state that is new, the last one included. */
  readonly onProgress?: ((progress: Progress<T>) => void) | undefined
}

export const WAIT_OPTIONS = [
  'timeout',
  'stall',
  'stable',
  'signal',
  'transport',
  'minDelay',
  'maxDelay',
  'jitter',
  'maxAttempts',
  'retryable',
  'since',
  'identity',
  'onProgress',
]

/** The options as the wait uses them; times in milliseconds. */
export interface ReadOptions<T> extends Pick<WaitOptions<T>, 'signal' | 'since' | 'identity' | 'onProgress'> {
  readonly timeout: number
  readonly stall: number | undefined
  readonly stableTimes: number
  readonly stableFor: number
  readonly transport: 'auto' | 'push' | 'poll'
  readonly backoff: Backoff
  readonly jitter: boolean
  readonly maxAttempts: number
  readonly retryable: (error: unknown) => boolean
}

/** The usual bounds of the pauses between looks, in milliseconds. */
const MIN_DELAY_MS = 500
const MAX_DELAY_MS = 10_000

/** Checks the options. Throws `InvalidArgumentError`, which names the option. */
export function readWaitOptions<T>(options: WaitOptions<T>): ReadOptions<T> {
  checkOptions(options, WAIT_OPTIONS, 'a wait')
  const { timeout, stall, stable, signal, transport = 'auto', minDelay, maxDelay, ...rest } = options ?? {}
  const { jitter = true, maxAttempts = Infinity, retryable = isTransient } = rest
  if (!['auto', 'push', 'poll'].includes(transport)) throw expected('transport', '"auto", "push" or "poll"', transport)
  if (maxAttempts !== Infinity) checkCount(maxAttempts, 'maxAttempts')
  const times = typeof stable === 'number'
  if (times) checkCount(stable, 'stable')
  readSignal(signal)
  // A shortest pause above the usual longest one moves that along, and the other way round.
  const longest = maxDelay === undefined ? Infinity : readDuration(maxDelay, 'maxDelay')
  const min = minDelay === undefined ? Math.min(MIN_DELAY_MS, longest) : readDuration(minDelay, 'minDelay')
  const max = maxDelay === undefined ? Math.max(MAX_DELAY_MS, min) : longest
  if (max < min) throw expected('maxDelay', 'no shorter than minDelay', maxDelay)
  return {
    ...rest,
    signal,
    timeout: readDuration(timeout, 'timeout'),
    stall: stall === undefined ? stall : readDuration(stall, 'stall'),
    stableTimes: times ? stable : 1,
    stableFor: times || stable === undefined ? 0 : readDuration(stable, 'stable'),
    transport,
    backoff: { min, max },
    jitter,
    maxAttempts,
    retryable,
  }
}

/** Checks a number of things. */
export function checkCount(count: unknown, option: string): void {
  if (!Number.isInteger(count) || (count as number) < 1) throw expected(option, 'a whole number, 1 or more', count)
}

/** Checks that a signal is one: another object would be ignored silently. */
export function readSignal(signal: unknown): AbortSignal | undefined {
  const given = signal as AbortSignal | undefined
  if (given === undefined || typeof given?.addEventListener === 'function') return given
  throw expected('signal', 'an AbortSignal', given)
}
