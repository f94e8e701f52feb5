/** How a wait goes about it. */
import type { Backoff } from './backoff.ts'
import { checkOptions, readDuration, show, type Duration } from './duration.ts'
import { InvalidArgumentError, isTransient } from './errors.ts'
import type { Progress } from './wait.ts'
import type { Revision } from './observation.ts'

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
export interface ReadOptions<T> {
  readonly timeout: number
  readonly stall: number | undefined
  readonly stableTimes: number
  readonly stableFor: number
  readonly signal: AbortSignal | undefined
  readonly transport: 'auto' | 'push' | 'poll'
  readonly backoff: Backoff
  readonly jitter: boolean
  readonly maxAttempts: number
  readonly retryable: (error: unknown) => boolean
  readonly since: Revision | undefined
  readonly identity: string | undefined
  readonly onProgress: ((progress: Progress<T>) => void) | undefined
}

const MIN_DELAY_MS = 500
const MAX_DELAY_MS = 10_000

/** Checks the options. Throws {@link InvalidArgumentError}, which names the option. */
export function readWaitOptions<T>(options: WaitOptions<T>): ReadOptions<T> {
  checkOptions(options, WAIT_OPTIONS, 'a wait')
  const { stable, transport = 'auto', jitter = true, maxAttempts = Infinity } = options ?? {}
  if (options?.timeout === undefined) {
    throw new InvalidArgumentError('timeout', "is required: how long the whole wait may take, such as '5m'")
  }
  if (!['auto', 'push', 'poll'].includes(transport)) {
    throw new InvalidArgumentError('transport', `must be "auto", "push" or "poll", this is ${show(transport)}`)
  }
  if (maxAttempts !== Infinity && (!Number.isInteger(maxAttempts) || maxAttempts < 1)) {
    throw new InvalidArgumentError('maxAttempts', `must be a whole number, 1 or more, this is ${show(maxAttempts)}`)
  }
  const times = typeof stable === 'number'
  if (times && (!Number.isInteger(stable) || stable < 1)) {
    throw new InvalidArgumentError('stable', `must be a whole number, 1 or more, or a duration such as '5s'`)
  }
  return {
    timeout: readDuration(options.timeout, 'timeout'),
    stall: options.stall === undefined ? undefined : readDuration(options.stall, 'stall'),
    stableTimes: times ? stable : 1,
    stableFor: times || stable === undefined ? 0 : readDuration(stable, 'stable'),
    signal: readSignal(options.signal),
    transport,
    backoff: readDelays(options),
    jitter,
    maxAttempts,
    retryable: options.retryable ?? isTransient,
    since: options.since,
    identity: options.identity,
    onProgress: options.onProgress,
  }
}

/** A shortest pause above the usual longest one moves that along, and the other way round. */
function readDelays({ minDelay, maxDelay }: Pick<WaitOptions, 'minDelay' | 'maxDelay'>): Backoff {
  const given = { min: readDelay(minDelay, 'minDelay'), max: readDelay(maxDelay, 'maxDelay') }
  const min = given.min ?? Math.min(MIN_DELAY_MS, given.max ?? MIN_DELAY_MS)
  const max = given.max ?? Math.max(MAX_DELAY_MS, min)
  if (max < min) throw new InvalidArgumentError('maxDelay', `must not be shorter than minDelay, ${max} ms < ${min} ms`)
  return { min, max }
}

const readDelay = (delay: Duration | undefined, option: string) =>
  delay === undefined ? undefined : readDuration(delay, option)

/** Checks that a signal is one: another object would be ignored silently. */
export function readSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || typeof (signal as AbortSignal | null)?.addEventListener === 'function') {
    return signal as AbortSignal | undefined
  }
  throw new InvalidArgumentError('signal', `must be an AbortSignal, this is ${show(signal)}`)
}
