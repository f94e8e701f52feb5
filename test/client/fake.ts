/** Fakes that the waits' tests share: targets and clients that follow a script, signals that count who listens. */
import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import type { Observation, Snapshot, Target } from '../../src/client/observation.ts'
import type { AnyClient, AnyResponse } from '../../src/client/wait-until.ts'

/** Milliseconds on the clock that the client reads. */
export const clock = () => performance.now()

/** Has every test of a file go by a clock that the test moves; and if one is given, by one random number. */
export function useFakeClock(random?: number): void {
  beforeEach(() => {
    vi.useFakeTimers()
    if (random !== undefined) vi.spyOn(Math, 'random').mockReturnValue(random)
    // Nothing is to depend on a clock that begins at zero.
    vi.advanceTimersByTime(123_456)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
}

/** What a look comes to, and how long that takes. */
export type Step<A> = { readonly after?: number } & (
  | { readonly answer: A }
  | { readonly error: unknown }
  | { readonly hang: true }
)

/** A look that answers. */
export const says = <A>(answer: A, after = 0): Step<A> => ({ answer, after })
/** A look that is refused. */
export const refuses = (error: unknown, after = 0): Step<never> => ({ error, after })
/** A look that never answers, until its signal is aborted. */
export const hangs: Step<never> = { hang: true }

export const present = <T>(value: T, rev?: string, identity?: string): Snapshot<T> => ({
  kind: 'present',
  value,
  ...(rev !== undefined && { rev }),
  ...(identity !== undefined && { identity }),
})
export const absent = (rev?: string, error?: unknown): Snapshot<never> => ({
  kind: 'absent',
  ...(rev !== undefined && { rev }),
  ...(error !== undefined && { error }),
})
export const broken = (error: unknown): Observation<never> => ({ kind: 'error', error })

/** An error as services answer it: with HTTP's number, perhaps a code and headers. */
export function httpError(
  status: number,
  { code, message = `HTTP ${status}`, headers }: { code?: string; message?: string; headers?: HeadersInit } = {},
): Error & { status: number } {
  return Object.assign(new Error(message), { status, ...(code && { code }), headers: new Headers(headers) })
}

/** What `fetch` rejects with when no answer came. */
export const noAnswer = () => new TypeError('fetch failed')

/** One look: when it was begun, and the signal that it was given. */
export interface Look {
  /** In milliseconds since the fake was made. */
  readonly at: number
  readonly signal: AbortSignal | undefined
}

/** Goes through a script, a step with each call; the last one is repeated for ever. */
export class Script<A> {
  readonly looks: Look[] = []
  readonly #steps: readonly Step<A>[]
  readonly #made = clock()

  constructor(steps: readonly Step<A>[]) {
    this.#steps = steps
  }

  /** When the looks were begun, in milliseconds since the fake was made. */
  get times(): number[] {
    return this.looks.map(({ at }) => at)
  }

  next(signal: AbortSignal | undefined): Promise<A> {
    const step = this.#steps[Math.min(this.looks.length, this.#steps.length - 1)] as Step<A>
    this.looks.push({ at: clock() - this.#made, signal })
    return new Promise<A>((resolve, reject) => {
      const answer = () => {
        if ('hang' in step) return
        if ('error' in step) reject(step.error)
        else resolve(step.answer)
      }
      if (signal?.aborted) return reject(signal.reason)
      if ('hang' in step) signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      else if (step.after) {
        const timer = setTimeout(answer, step.after)
        signal?.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason)), { once: true })
      } else answer()
    })
  }
}

/** A target that can only be looked at. */
export interface ScriptedTarget<T> extends Target<T> {
  readonly script: Script<Snapshot<T>>
}

/** A target whose looks follow a script; a plain value is a look that shows it at once. */
export function scripted<T>(
  steps: readonly (Step<Snapshot<T>> | Snapshot<T>)[],
  more: Partial<Target<T>> = {},
): ScriptedTarget<T> {
  const script = new Script<Snapshot<T>>(steps.map((step) => ('kind' in step ? says(step) : step)))
  return { key: 'thing', read: ({ signal }) => script.next(signal), ...more, script }
}

/** A target that can be listened to. */
export interface LiveTarget<T> extends Target<T> {
  /** The looks, which show what was set or pushed last. */
  readonly script: { readonly looks: Look[] }
  readonly subscriptions: { readonly after: string | undefined; readonly signal: AbortSignal; open: boolean }[]
  /** Changes the state and tells whoever listens. */
  push(snapshot: Snapshot<T>): void
  /** Changes the state and tells nobody. */
  set(snapshot: Snapshot<T>): void
  /** Ends the subscriptions that are open, by `error` if there is one. */
  drop(error?: unknown): void
}

/** A target that tells of changes as they are pushed. Its subscriptions begin with the state as it stands. */
export function live<T>(first: Snapshot<T>, more: Partial<Target<T>> = {}): LiveTarget<T> {
  let state = first
  const made = clock()
  const looks: Look[] = []
  const queues = new Set<(item: { snapshot: Snapshot<T> } | { error: unknown } | 'end') => void>()
  const subscriptions: LiveTarget<T>['subscriptions'] = []
  async function* subscribe({ after, signal }: { after: string | undefined; signal: AbortSignal }) {
    const subscription = { after, signal, open: true }
    subscriptions.push(subscription)
    const waiting: ({ snapshot: Snapshot<T> } | { error: unknown } | 'end')[] = [{ snapshot: state }]
    let wake = () => {}
    const tell = (item: (typeof waiting)[number]) => (waiting.push(item), wake())
    const abort = () => tell('end')
    queues.add(tell)
    signal.addEventListener('abort', abort, { once: true })
    try {
      for (;;) {
        const item = waiting.shift()
        if (item === 'end') return
        if (!item) await new Promise<void>((resolve) => (wake = resolve))
        else if ('error' in item) throw item.error
        else yield item.snapshot
      }
    } finally {
      subscription.open = false
      queues.delete(tell)
      signal.removeEventListener('abort', abort)
    }
  }
  return {
    key: 'thing',
    async read({ signal }) {
      looks.push({ at: clock() - made, signal })
      return state
    },
    subscribe,
    ...more,
    script: { looks },
    subscriptions,
    set: (snapshot) => void (state = snapshot),
    push(snapshot) {
      state = snapshot
      for (const tell of queues) tell({ snapshot })
    },
    drop: (error) => queues.forEach((tell) => tell(error === undefined ? 'end' : { error })),
  }
}

/** A resource as OCI's services have it. */
export interface Thing {
  readonly lifecycleState: string
}
export interface ThingResponse extends AnyResponse {
  readonly data: Thing
  readonly request: { readonly method: string; readonly url: string }
}

/** A response whose resource is in a state. */
export function resp(lifecycleState: string, method = 'GET'): ThingResponse {
  return { data: { lifecycleState }, request: { method, url: '/thing' } }
}

/** A client that can send a request again. */
export interface ScriptedClient extends AnyClient<ThingResponse> {
  readonly script: Script<ThingResponse>
  /** What was sent, in order. */
  readonly sent: ThingResponse['request'][]
}

/** A client whose answers follow a script; a state stands for a response in that state. */
export function client(
  steps: readonly (Step<ThingResponse> | ThingResponse | string)[] = [],
  more: Partial<AnyClient<ThingResponse>> = {},
): ScriptedClient {
  const script = new Script<ThingResponse>(
    steps.map((step) => (typeof step === 'string' ? says(resp(step)) : 'data' in step ? says(step) : step)),
  )
  const sent: ThingResponse['request'][] = []
  const send = (request: ThingResponse['request'], { signal }: { signal: AbortSignal }) => {
    sent.push(request)
    return script.next(signal)
  }
  return { send, ...more, script, sent }
}

/** A signal, and how many listen to it. */
export function watchedSignal() {
  const controller = new AbortController()
  const { signal } = controller
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  return {
    signal,
    abort: (reason?: unknown) => controller.abort(reason),
    /** How often a listener was put on, and taken off. */
    added: () => added.mock.calls.length,
    removed: () => removed.mock.calls.length,
    listening: () => getEventListeners(signal, 'abort').length,
  }
}

/** How a promise stands. */
export interface Tracked<T> {
  state: 'pending' | 'fulfilled' | 'rejected'
  value: T | undefined
  error: unknown
  /** When it settled, in milliseconds since it was tracked. */
  at: number | undefined
  /** How often it settled. */
  times: number
}

/** Follows a promise, so that its rejection is nobody's surprise and its end can be dated. */
export function track<T>(promise: PromiseLike<T>): Tracked<T> {
  const began = clock()
  const tracked: Tracked<T> = { state: 'pending', value: undefined, error: undefined, at: undefined, times: 0 }
  const end = (state: 'fulfilled' | 'rejected', part: Partial<Tracked<T>>) =>
    Object.assign(tracked, { state, at: clock() - began, times: tracked.times + 1 }, part)
  promise.then(
    (value) => end('fulfilled', { value }),
    (error: unknown) => end('rejected', { error }),
  )
  return tracked
}

/** Moves the fake clock on. */
export const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

/** Moves the fake clock on until a promise settles or nothing is left to happen, for an hour at most, and tells how. */
export async function ended<T>(promise: PromiseLike<T>): Promise<Tracked<T>> {
  const tracked = track(promise)
  await pass(0)
  for (const limit = clock() + 3_600_000; tracked.state === 'pending' && clock() < limit;) {
    if (vi.getTimerCount() === 0) break
    await vi.advanceTimersToNextTimerAsync()
    await pass(0)
  }
  return tracked
}

/** Expects that an ended wait lives on nowhere: no timer runs, and whatever time passes, nothing more is asked. */
export async function expectQuiet(...scripts: readonly { readonly looks: readonly Look[] }[]): Promise<void> {
  expect(vi.getTimerCount()).toBe(0)
  const before = scripts.map(({ looks }) => looks.length)
  await pass(3_600_000)
  expect(scripts.map(({ looks }) => looks.length)).toEqual(before)
  expect(vi.getTimerCount()).toBe(0)
}
