/**
 * `waitUntil` as OCI's SDKs have it: the same arguments, defaults, schedule and errors. Beyond it, the deadline is kept,
 * passing errors are outlived, and the next look is taken early where the client can hear of changes.
 */
import { readUntil } from './acceptors.ts'
import { checkOptions, readDuration, tellDuration } from './duration.ts'
import { expected, show, InvalidArgumentError } from './errors.ts'
import { settled } from './matchers.ts'
import type { Target } from './observation.ts'
import type { WaitError } from './outcome.ts'
import { Wait } from './wait-run.ts'
import { readWaitOptions } from './wait-options.ts'

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

/** The time was up. Its `cause` is a `WaitError`, which knows the errors that were met. */
export class MaximumWaitTimeExceeded<R extends AnyResponse = AnyResponse> extends Error {
  override readonly name = 'MaximumWaitTimeExceeded'
  readonly code = 'TIMEOUT'
  /** What the last look that had an answer showed. */
  readonly lastResponse: R
  readonly timesChecked: number
  readonly elapsedMs: number

  constructor(wanted: string, lastResponse: R, timesChecked: number, cause: WaitError) {
    const { elapsedMs } = cause
    const looks = `${timesChecked} ${timesChecked === 1 ? 'look' : 'looks'}, ${tellDuration(elapsedMs)}`
    super(`Maximum wait time has been exceeded (${looks}), waiting for ${wanted}; last: ${show(lastResponse.data)}`, {
      cause,
    })
    this.lastResponse = lastResponse
    this.timesChecked = timesChecked
    this.elapsedMs = elapsedMs
  }
}

type Data<R extends AnyResponse> = R['data']
type State<R extends AnyResponse, P> = P extends keyof Data<R> ? Data<R>[P] : unknown

type NotFoundIsSuccess = { readonly succeedOnNotFound: true }

/**
 * Waits until a look at the resource shows `property` in `state`, or in one of several; texts are compared as they are.
 * `response` is the first look. Rejects with {@link WaitUntilNotSupported}, {@link MaximumWaitTimeExceeded},
 * `InvalidArgumentError`, the signal's reason, or what the client threw.
 */
export function waitUntil<R extends AnyResponse, const P extends string & keyof Data<R>>(
  client: AnyClient<NoInfer<R>>,
  response: R,
  property: P,
  state: State<R, P> | readonly State<R, P>[],
  options: WaitUntilOptions<R> & NotFoundIsSuccess,
): Promise<R | typeof WAIT_RESOURCE_NOT_FOUND>
export function waitUntil<R extends AnyResponse, const P extends string & keyof Data<R>>(
  client: AnyClient<NoInfer<R>>,
  response: R,
  property: P,
  state: State<R, P> | readonly State<R, P>[],
  options?: WaitUntilOptions<R>,
): Promise<R>
/** Waits until `options.evaluateResponse` answers something truthy. */
export function waitUntil<R extends AnyResponse>(
  client: AnyClient<NoInfer<R>>,
  response: R,
  options: WaitUntilOptions<R> & NotFoundIsSuccess,
): Promise<R | typeof WAIT_RESOURCE_NOT_FOUND>
export function waitUntil<R extends AnyResponse>(
  client: AnyClient<NoInfer<R>>,
  response: R,
  options: WaitUntilOptions<R>,
): Promise<R>
export async function waitUntil<R extends AnyResponse>(
  client: AnyClient<NoInfer<R>>,
  response: R,
  third?: string | WaitUntilOptions<R>,
  state?: unknown,
  fifth?: WaitUntilOptions<R>,
): Promise<R | typeof WAIT_RESOURCE_NOT_FOUND> {
  const byProperty = typeof third === 'string'
  const options = (byProperty ? fifth : third) ?? {}
  checkOptions(options, OPTIONS, 'waitUntil')
  const matches = readMatch(response, byProperty ? third : undefined, state, options)
  const { maxInterval, maxWait } = readTimes(options)
  const { signal, succeedOnNotFound, fetchFunc, waitCallback } = options
  let last = response
  let looks = -1
  let over = false
  const target: Target<R> = {
    key: 'the resource',
    async read({ signal: cut }) {
      // The first look has been taken.
      if (looks >= 0) last = await (fetchFunc?.({ response: last, signal: cut }) ?? send(client, last, cut))
      looks += 1
      return { kind: 'present', value: last }
    },
    wake: (stir) => (fetchFunc ? undefined : client.onChange?.(response, stir)) ?? (() => {}),
  }
  const check = (seen: R) =>
    settled([matches(seen)], ([done]) => {
      if (done || over || looks === 0) return Boolean(done)
      return settled([waitCallback?.(looks, seen)], () => false)
    }) as boolean | Promise<boolean>
  const outcome = await new Wait<R>(
    target,
    readUntil<R>({ success: check, absent: succeedOnNotFound ? 'success' : 'failure' }),
    {
      ...readWaitOptions<R>({ timeout: 1, signal, transport: 'poll', jitter: false }),
      timeout: maxWait,
      backoff: { min: Math.min(1000, maxInterval), max: maxInterval },
      ...(maxWait === 0 && { maxAttempts: 1 }),
    },
  ).settle()
  over = true
  if (outcome.status === 'success') return outcome.value ?? WAIT_RESOURCE_NOT_FOUND
  const { error } = outcome
  if (error.code === 'TIMEOUT')
    throw new MaximumWaitTimeExceeded(wantedOf(third, state), last, Math.max(0, looks), error)
  throw error.cause
}

const send = async <R extends AnyResponse>(client: AnyClient<R>, { request }: R, signal: AbortSignal) =>
  (await client.send(request, { signal })) as R

const wantedOf = (property: unknown, state: unknown) =>
  typeof property === 'string' ? `${property} to be ${show(state)}` : 'evaluateResponse'

/** What a response must be like. The order of the checks is OCI's. */
function readMatch<R extends AnyResponse>(
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
    throw new WaitUntilNotSupported(`${method} is not sent again: give a fetchFunc`)
  }
  if (evaluateResponse) return evaluateResponse
  const name = property as string
  const states: readonly unknown[] = Array.isArray(state) ? state : [state]
  // A boolean that is false is left out of proto3's JSON.
  if (!hasProperty(response.data, name) && states[0] !== true) {
    throw new InvalidArgumentError('property', `${show(name)}: the response's data does not contain the given property`)
  }
  if (!states.length || states.some((one) => one === undefined || one === null)) {
    throw expected('state', 'a state, or a non-empty list of states', state)
  }
  return ({ data }) => hasProperty(data, name) && states.includes(data[name])
}

function hasProperty(data: unknown, name: string): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && name in data
}

/** In milliseconds. */
function readTimes<R extends AnyResponse>(options: WaitUntilOptions<R>): { maxInterval: number; maxWait: number } {
  const { maxIntervalSeconds = 30, maxWaitSeconds = 1200 } = options
  return {
    maxInterval: readDuration(inMs(maxIntervalSeconds), 'maxIntervalSeconds'),
    maxWait: readDuration(inMs(maxWaitSeconds), 'maxWaitSeconds', { zero: true }),
  }
}

const inMs = (seconds: unknown) => (typeof seconds === 'number' ? seconds * 1000 : Number.NaN)
