/**
 * `waitUntil` as OCI's SDKs have it: the same arguments, defaults, schedule and errors. Beyond it, the deadline is kept,
 * passing errors are outlived, and the next look is taken early where the client can hear of changes.
 */
import { after, ceilingOf, ENDED, fullJitter, linkedSignal, now, sleep } from './backoff.ts'
import { checkOptions, show } from './duration.ts'
import { InvalidArgumentError, isTransient, retryAfter, statusOf } from './errors.ts'
import { untilAborted } from './send.ts'
import { readSignal } from './wait-options.ts'

/** What can be waited on: any answer that carries its request. */
export interface AnyResponse {
  // oxlint-disable-next-line typescript/no-explicit-any -- the answers of any client
  readonly data: any
  readonly request: { readonly method: string }
}

/** Any client that can send a request again. What it rejects with is known by its `status`. */
export interface AnyClient<R extends AnyResponse = AnyResponse> {
  send(request: R['request'], options: { signal: AbortSignal }): Promise<unknown>
  /**
   * If there is such a method: calls `wake` when a look may show something else than `response`, until the function
   * that is answered is called.
   */
  onChange?(response: R, wake: () => void): () => void
  /** Whether data as that of `response` has such a property, though it may be left out. */
  hasProperty?(response: R, property: string): boolean
}

/** Answered when the resource is gone, and that was to be success. Not the last response: that would be a lie. */
export const WAIT_RESOURCE_NOT_FOUND = null

export interface WaitUntilOptions<R extends AnyResponse> {
  /** The longest pause between looks, in seconds; 30. */
  readonly maxIntervalSeconds?: number | undefined
  /** How long it may take, in seconds; 1200. With 0 only `response` is looked at. */
  readonly maxWaitSeconds?: number | undefined
  /** Whether it is success when a look finds nothing; false. */
  readonly succeedOnNotFound?: boolean | undefined
  /** Whether a response is what is waited for. Instead of a property and its state. */
  readonly evaluateResponse?: ((response: R) => unknown) | undefined
  /** Called after each look that did not end the wait, with how many there were. */
  readonly waitCallback?: ((timesChecked: number, response: R) => unknown) | undefined
  /** Looks in place of sending the request again; then it may have been any request. */
  readonly fetchFunc?: ((last: { response: R; signal: AbortSignal }) => R | Promise<R>) | undefined
  readonly signal?: AbortSignal | undefined
}

const OPTIONS = [
  'maxIntervalSeconds',
  'maxWaitSeconds',
  'succeedOnNotFound',
  'evaluateResponse',
  'waitCallback',
  'fetchFunc',
  'signal',
]

/** The request cannot be sent again to look: it was no GET, and there is no `fetchFunc`. */
export class WaitUntilNotSupported extends Error {
  override readonly name = 'WaitUntilNotSupported'
  readonly code = 'NOT_SUPPORTED'
}

/** The time was up. */
export class MaximumWaitTimeExceeded<R extends AnyResponse = AnyResponse> extends Error {
  override readonly name = 'MaximumWaitTimeExceeded'
  readonly code = 'TIMEOUT'
  /** What the last look that had an answer showed. */
  readonly lastResponse: R
  readonly timesChecked: number

  constructor(message: string, lastResponse: R, timesChecked: number, cause: unknown) {
    super(message, { cause })
    this.lastResponse = lastResponse
    this.timesChecked = timesChecked
  }
}

/** How passing errors of a look are paused for, in milliseconds. */
const RETRY = { min: 250, max: 30_000 }
/** How long the last look may go on past the deadline, in milliseconds. */
const LAST_LOOK_MS = 50

type Data<R extends AnyResponse> = R['data']
type State<R extends AnyResponse, P> = P extends keyof Data<R> ? Data<R>[P] : unknown

type NotFoundIsSuccess = { readonly succeedOnNotFound: true }

/**
 * Waits until a look at the resource shows `property` in `state`, or in one of several; texts are compared as they are.
 * `response` is the first look. Rejects with {@link WaitUntilNotSupported}, {@link MaximumWaitTimeExceeded},
 * `InvalidArgumentError`, the signal's reason, or what the client threw.
 */
export function waitUntil<R extends AnyResponse, const P extends string & keyof Data<R>>(
  client: AnyClient<R>,
  response: R,
  property: P,
  state: State<R, P> | readonly State<R, P>[],
  options: WaitUntilOptions<R> & NotFoundIsSuccess,
): Promise<R | typeof WAIT_RESOURCE_NOT_FOUND>
export function waitUntil<R extends AnyResponse, const P extends string & keyof Data<R>>(
  client: AnyClient<R>,
  response: R,
  property: P,
  state: State<R, P> | readonly State<R, P>[],
  options?: WaitUntilOptions<R>,
): Promise<R>
/** Waits until `options.evaluateResponse` answers something truthy. */
export function waitUntil<R extends AnyResponse>(
  client: AnyClient<R>,
  response: R,
  options: WaitUntilOptions<R> & NotFoundIsSuccess,
): Promise<R | typeof WAIT_RESOURCE_NOT_FOUND>
export function waitUntil<R extends AnyResponse>(
  client: AnyClient<R>,
  response: R,
  options: WaitUntilOptions<R>,
): Promise<R>
export async function waitUntil<R extends AnyResponse>(
  client: AnyClient<R>,
  response: R,
  third?: string | WaitUntilOptions<R>,
  state?: unknown,
  fifth?: WaitUntilOptions<R>,
): Promise<R | typeof WAIT_RESOURCE_NOT_FOUND> {
  const byProperty = typeof third === 'string'
  const options = (byProperty ? fifth : third) ?? {}
  checkOptions(options, OPTIONS, 'waitUntil')
  const matches = readMatch(client, response, byProperty ? third : undefined, state, options)
  return new Looks(client, matches, readOptions(options)).run(response)
}

/** What a response must be like. The order of the checks is OCI's. */
function readMatch<R extends AnyResponse>(
  client: AnyClient<R>,
  response: R,
  property: string | undefined,
  state: unknown,
  { evaluateResponse, fetchFunc }: WaitUntilOptions<R>,
): (response: R) => unknown {
  if (evaluateResponse && property !== undefined) {
    throw new InvalidArgumentError('evaluateResponse', 'and property cannot both be given')
  }
  if (!evaluateResponse && property === undefined) {
    throw new InvalidArgumentError('evaluateResponse', 'is required where no property is given')
  }
  if (!fetchFunc && response?.request?.method?.toUpperCase() !== 'GET') {
    const method = show(response?.request?.method)
    throw new WaitUntilNotSupported(`Only a GET can be sent again to look, this is ${method}: give a fetchFunc`)
  }
  if (evaluateResponse) return evaluateResponse
  const name = property as string
  if (!hasProperty(response.data, name) && !client.hasProperty?.(response, name)) {
    throw new InvalidArgumentError('property', `${show(name)}: the response's data does not contain the given property`)
  }
  const states: readonly unknown[] = Array.isArray(state) ? state : [state]
  if (!states.length) throw new InvalidArgumentError('state', 'must have at least one state')
  if (states.some((one) => one === undefined || one === null)) {
    throw new InvalidArgumentError('state', `must be a state, or a list of states, this is ${show(state)}`)
  }
  return ({ data }) => hasProperty(data, name) && states.includes(data[name])
}

function hasProperty(data: unknown, name: string): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && name in data
}

type Read<R extends AnyResponse> = WaitUntilOptions<R> & {
  /** In milliseconds. */
  readonly maxInterval: number
  readonly maxWait: number
}

function readOptions<R extends AnyResponse>(options: WaitUntilOptions<R>): Read<R> {
  const { maxIntervalSeconds = 30, maxWaitSeconds = 1200, signal } = options
  if (!Number.isFinite(maxIntervalSeconds) || maxIntervalSeconds <= 0) {
    throw new InvalidArgumentError('maxIntervalSeconds', `must be above zero, this is ${show(maxIntervalSeconds)}`)
  }
  if (!Number.isFinite(maxWaitSeconds) || maxWaitSeconds < 0) {
    throw new InvalidArgumentError('maxWaitSeconds', `must be zero or more, this is ${show(maxWaitSeconds)}`)
  }
  readSignal(signal)
  return { ...options, maxInterval: maxIntervalSeconds * 1000, maxWait: maxWaitSeconds * 1000 }
}

/** One run of looks. */
class Looks<R extends AnyResponse> {
  readonly #client: AnyClient<R>
  readonly #matches: (response: R) => unknown
  readonly #options: Read<R>
  #timesChecked = 0
  #error: unknown
  /** Wakes the pause under way. */
  #wake: () => void = () => {}
  #changed = false

  constructor(client: AnyClient<R>, matches: (response: R) => unknown, options: Read<R>) {
    this.#client = client
    this.#matches = matches
    this.#options = options
  }

  async run(first: R): Promise<R | typeof WAIT_RESOURCE_NOT_FOUND> {
    const { signal, maxWait, fetchFunc } = this.#options
    signal?.throwIfAborted()
    if (await untilAborted(this.#judge(first), signal)) return first
    const deadline = now() + maxWait
    const expired = Symbol('expired')
    const link = linkedSignal([signal])
    const stop = after(maxWait + LAST_LOOK_MS, () => link.abort(expired))
    const forget = fetchFunc ? undefined : this.#client.onChange?.(first, () => this.#stir())
    const seen = { response: first }
    try {
      return await untilAborted(this.#look(seen, deadline, link.signal), link.signal)
    } catch (error) {
      if (error === expired) throw this.#exceeded(seen.response)
      throw error
    } finally {
      stop()
      forget?.()
      link.release()
      link.abort(ENDED)
    }
  }

  async #look(
    seen: { response: R },
    deadline: number,
    signal: AbortSignal,
  ): Promise<R | typeof WAIT_RESOURCE_NOT_FOUND> {
    const { maxInterval, waitCallback } = this.#options
    for (let pauses = 1, last = false, took = 0; !last; pauses += 1) {
      const pause = ceilingOf(pauses, { min: Math.min(1000, maxInterval), max: maxInterval })
      const left = deadline - now()
      if (left <= 0) break
      // The last look is begun in time to have its answer by the deadline.
      const early = Math.min(2 * took, left / 2)
      last = pause >= left - early
      const undisturbed = await this.#pause(last ? left - early : pause, signal)
      last &&= undisturbed
      const began = now()
      const response = await this.#fetch(seen.response, deadline, signal)
      took = now() - began
      if (response === WAIT_RESOURCE_NOT_FOUND) return response
      seen.response = response
      this.#timesChecked += 1
      if (await this.#judge(response)) return response
      await waitCallback?.(this.#timesChecked, response)
    }
    throw this.#exceeded(seen.response)
  }

  async #judge(response: R): Promise<boolean> {
    return Boolean(await this.#matches(response))
  }

  /** One look, and as many more as passing errors make necessary. */
  async #fetch(response: R, deadline: number, signal: AbortSignal): Promise<R | typeof WAIT_RESOURCE_NOT_FOUND> {
    const { fetchFunc, succeedOnNotFound } = this.#options
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (fetchFunc) return await fetchFunc({ response, signal })
        return (await this.#client.send(response.request, { signal })) as R
      } catch (error) {
        signal.throwIfAborted()
        if (statusOf(error) === 404 && succeedOnNotFound) return WAIT_RESOURCE_NOT_FOUND
        if (!isTransient(error)) throw error
        this.#error = error
        const left = deadline - now()
        if (left <= 0) throw this.#exceeded(response)
        await sleep(Math.min(left, retryAfter(error) ?? RETRY.min + fullJitter(attempt, RETRY)), signal)
      }
    }
  }

  /**
   * Pauses, unless something has changed since the last look, and until something does. Answers whether it was not
   * disturbed; then what changes while one looks disturbs the next pause.
   */
  async #pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    const pause = linkedSignal([signal])
    this.#wake = () => pause.abort()
    if (this.#changed) pause.abort()
    await sleep(milliseconds, pause.signal).catch(() => {})
    pause.release()
    signal.throwIfAborted()
    const disturbed = this.#changed
    this.#changed = false
    return !disturbed
  }

  #stir(): void {
    this.#changed = true
    this.#wake()
  }

  #exceeded(response: R): MaximumWaitTimeExceeded<R> {
    const looks = this.#timesChecked
    const message = `Maximum wait time of ${this.#options.maxWait / 1000} s has been exceeded after ${looks} looks; the last response's data was ${show(response.data)}`
    return new MaximumWaitTimeExceeded(message, response, looks, this.#error)
  }
}
