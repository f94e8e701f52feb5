/** One request from its sending to its answer: the token, the time it may take, and what is tried again. */
import type { Status } from '../core/fault.ts'
import type { ApiRequest, ApiResponse, CallOptions } from './api.ts'
import { after, fullJitter, onAbort, sleep, untilAborted, type Backoff } from './backoff.ts'
import { readDuration, tellDuration } from './duration.ts'
import { InvalidArgumentError, ServiceError, ConnectionError, statusOf, isTransient, retryAfter } from './errors.ts'

/** A token, or where to get one. A function is asked once, and again when what it gave is refused with 401. */
export type Token = string | (() => string | Promise<string>)

/** How often a token is asked for anew within one call before its 401 stands. */
const MAX_REFRESHES = 2

/** The caller's token, asked for when it is first needed and when it was refused. */
export class Credentials {
  readonly #source: Token | undefined
  #current: Promise<string> | undefined

  constructor(source: Token | undefined) {
    this.#source = source
  }

  /** Whether asking again may give another token. */
  get refreshable(): boolean {
    return typeof this.#source === 'function'
  }

  /** The token; undefined if there is none. Throws what its source throws, and for one that cannot be sent. */
  async get(): Promise<string | undefined> {
    const source = this.#source
    if (source === undefined) return undefined
    if (typeof source !== 'function') return readToken(source)
    this.#current ??= (async () => readToken(await source()))()
    const asked = this.#current
    try {
      return await asked
    } catch (error) {
      // A source that fails is asked again by the next call.
      if (this.#current === asked) this.#current = undefined
      throw error
    }
  }

  /** Forgets `refused`, unless somebody has already got another. */
  async refuse(refused: string | undefined): Promise<void> {
    const current = this.#current
    if (current && (await current.catch(() => refused)) === refused && this.#current === current) {
      this.#current = undefined
    }
  }
}

/** Checks a token; what surrounds it, such as the end of the line in a file, is taken off. It is never shown. */
function readToken(token: unknown): string {
  const text = typeof token === 'string' ? token.trim() : ''
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new InvalidArgumentError('token', 'must be visible ASCII text')
}

export interface SenderOptions {
  readonly credentials: Credentials
  readonly fetch: typeof fetch
  /** How often a request is tried in all. */
  readonly attempts: number
  readonly backoff: Backoff
  /** How long one attempt may take, in milliseconds. */
  readonly requestTimeout: number
}

/** What a request is besides what it says: whether repeating it does no harm. */
export interface SendOptions extends CallOptions {
  readonly safe?: boolean | undefined
}

export class Sender {
  readonly #options: SenderOptions

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /**
   * Sends a request, and again with growing pauses if that is safe and may help. Throws {@link ServiceError} for a
   * refusal, {@link ConnectionError} if no answer came, and the signal's reason if that was aborted.
   */
  async send<T>(request: ApiRequest, options: SendOptions = {}): Promise<ApiResponse<T>> {
    const { attempts, backoff } = this.#options
    const safe = options.safe ?? (request.method !== 'POST' && request.method !== 'PATCH')
    let uncertain = false
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#authorized(options.signal, (token) => this.#once<T>(request, token, options))
      } catch (error) {
        if (options.signal?.aborted) throw options.signal.reason
        const status = statusOf(error)
        // An earlier attempt may have deleted it, though its answer was lost: what was asked for is so.
        if (uncertain && request.method === 'DELETE' && status === 404) {
          return { data: {} as T, status: 200, headers: (error as ServiceError).headers, request }
        }
        // A commit that is refused for an etag would be refused again.
        const harmless = status === 429 || (safe && !(status === 409 && request.method === 'POST'))
        if (options.retry === false || attempt >= attempts || !harmless || !isTransient(error)) throw error
        uncertain ||= status !== 429
        const pause = retryAfter(error) ?? fullJitter(attempt, backoff)
        // Who asks for more patience than a request has here is left to the caller.
        if (pause > this.#options.requestTimeout) throw error
        await sleep(pause, options.signal)
      }
    }
  }

  /**
   * Answers a response as soon as it has begun, for who reads its body as it comes. How long that may take, and what is
   * tried again, is left to the caller. Throws as {@link send} does.
   */
  open(request: ApiRequest, signal: AbortSignal): Promise<Response> {
    return this.#authorized(signal, (token) => this.#fetch(request, token, signal))
  }

  /** Gives `attempt` the token, and another one if that was refused. */
  async #authorized<T>(
    signal: AbortSignal | undefined,
    attempt: (token: string | undefined) => Promise<T>,
  ): Promise<T> {
    const { credentials } = this.#options
    for (let refreshes = 0; ; refreshes += 1) {
      signal?.throwIfAborted()
      const token = await untilAborted(credentials.get(), signal)
      try {
        return await attempt(token)
      } catch (error) {
        if (statusOf(error) !== 401 || !credentials.refreshable || refreshes === MAX_REFRESHES) throw error
        await credentials.refuse(token)
      }
    }
  }

  async #once<T>(request: ApiRequest, token: string | undefined, options: SendOptions): Promise<ApiResponse<T>> {
    const { requestTimeout = this.#options.requestTimeout } = options
    const limit = readDuration(requestTimeout, 'requestTimeout')
    const cut = new AbortController()
    const late = () => cut.abort(new ConnectionError(request, `no answer within ${tellDuration(limit)}`))
    const off = [after(limit, late), onAbort(options.signal, () => cut.abort(options.signal?.reason))]
    try {
      return await untilAborted(this.#exchange<T>(request, token, cut.signal), cut.signal)
    } finally {
      for (const stop of off) stop()
    }
  }

  async #exchange<T>(request: ApiRequest, token: string | undefined, signal: AbortSignal): Promise<ApiResponse<T>> {
    const response = await this.#fetch(request, token, signal)
    const text = await arrived(request, () => response.text())
    try {
      return { data: JSON.parse(text || '{}'), status: response.status, headers: response.headers, request }
    } catch (error) {
      throw new ConnectionError(request, 'the answer is no whole JSON', error)
    }
  }

  /** The response to a request that was not refused. */
  async #fetch(request: ApiRequest, token: string | undefined, signal: AbortSignal): Promise<Response> {
    const { method, url, headers, body } = request
    const response = await arrived(request, () =>
      this.#options.fetch(url, {
        method,
        headers: {
          ...headers,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // A token must not follow to another host; and Workers know no 'error'.
        redirect: 'manual',
        signal,
      }),
    )
    if (response.ok) return response
    const text = await arrived(request, () => response.text())
    let data: { error?: Partial<Status> } | undefined
    try {
      data = JSON.parse(text)
    } catch {
      // Its status is all that it tells.
    }
    throw new ServiceError(response, Object(data?.error), request)
  }
}

/** What comes over a connection. Throws `ConnectionError` if it does not. */
export async function arrived<V>(request: ApiRequest, get: () => Promise<V>): Promise<V> {
  try {
    return await get()
  } catch (error) {
    throw new ConnectionError(request, reasonOf(error), error)
  }
}

/** Why a fetch failed: the platforms hide it one level down. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } }
  return cause?.message || cause?.code || message || 'no answer'
}
