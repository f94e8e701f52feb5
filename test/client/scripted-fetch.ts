/** A fetch that follows a script, and a socket that says what the test has it say: a client with no network behind it. */
import { Client, type ClientOptions } from '../../src/client/index.ts'
import type { WebSocketConstructor, WebSocketLike } from '../../src/client/sockets.ts'

/** One request as it was sent. */
export interface Sent {
  readonly method: string
  readonly url: string
  /** Behind `/v1beta1/`, with the query. */
  readonly path: string
  readonly headers: Headers
  /** The body as it was parsed from JSON; undefined if there was none. */
  readonly body: unknown
  readonly signal: AbortSignal
  /** What is to become of a redirect. */
  readonly redirect: RequestRedirect | undefined
  /** On the clock that the client reads. */
  readonly at: number
}

/** What a request comes to: an answer, an error of fetch, or nothing until it is cut. */
export type Reply =
  | { readonly status?: number; readonly body?: unknown; readonly text?: string; readonly headers?: HeadersInit }
  | { readonly error: unknown }
  | FakeEvents
  | 'hang'

/** An answer with a body. */
export const gives = (body: unknown = {}, headers: HeadersInit = {}): Reply => ({ body, headers })

/** A refusal as the service words it. */
export function faults(status: number, code = 'SOME_CODE', headers: HeadersInit = {}): Reply {
  return { status, body: { error: { code: status, message: `refused with ${status}`, status: code } }, headers }
}

/** What fetch rejects with when no answer came. */
export const lost = (): Reply => ({ error: new TypeError('fetch failed') })

export type ScriptedFetch = typeof fetch & { readonly sent: Sent[] }

/**
 * Answers by a function of the request and its place, or by a list of replies of which the last one is repeated.
 */
export function scriptedFetch(script: readonly Reply[] | ((sent: Sent, index: number) => Reply | Promise<Reply>)) {
  const sent: Sent[] = []
  const send = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = String(input)
    const { method = 'GET', body, signal } = init
    const one: Sent = {
      method,
      url,
      path: url.replace(/^.*?\/v1beta1\//, ''),
      headers: new Headers(init.headers),
      body: typeof body === 'string' ? JSON.parse(body) : undefined,
      signal: signal as AbortSignal,
      redirect: init.redirect,
      at: performance.now(),
    }
    const index = sent.push(one) - 1
    const reply =
      typeof script === 'function' ? await script(one, index) : (script[Math.min(index, script.length - 1)] as Reply)
    if (reply === 'hang') return untilCut(one.signal)
    if (reply instanceof FakeEvents) return reply.response
    if ('error' in reply) throw reply.error
    const { status = 200, body: answer = {}, text = JSON.stringify(answer), headers = {} } = reply
    return new Response(text, { status, headers })
  }
  return Object.assign(send, { sent }) as ScriptedFetch
}

/** Rejects when the signal is aborted. */
export function untilCut(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

export const BASE = 'http://service.test'

/** A client that sends to a script, and opens no socket unless it is given one. */
export function scriptedClient(
  script: Parameters<typeof scriptedFetch>[0],
  options: Partial<ClientOptions> = {},
): Client & { readonly sent: Sent[] } {
  const fetch = scriptedFetch(script)
  const client = new Client({ url: BASE, fetch, WebSocket: false, ...options })
  return Object.assign(client, { sent: fetch.sent })
}

/** An event stream that says what a test has it say. It does not heed the signal of its request. */
export class FakeEvents {
  readonly response: Response
  /** Whether the client has let go of it. */
  cancelled = false
  #body: ReadableStreamDefaultController<Uint8Array> | undefined

  constructor(type = 'text/event-stream') {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#body = controller),
      cancel: () => void (this.cancelled = true),
    })
    this.response = new Response(body, { headers: { 'Content-Type': type } })
  }

  /** Sends a piece of the stream as it stands. */
  write(piece: string | Uint8Array): this {
    this.#body?.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece)
    return this
  }

  say(message: object): this {
    return this.write(`id: 1\ndata: ${JSON.stringify(message)}\n\n`)
  }

  /** Ends, as the server ends it. */
  end(): void {
    this.#body?.close()
  }

  /** Ends, as the network ends it. */
  fail(error: unknown = new TypeError('terminated')): void {
    this.#body?.error(error)
  }
}

type Listener = (event: { data?: unknown; code?: number }) => void

/** A socket that says what a test has it say. */
export class FakeSocket implements WebSocketLike {
  readonly url: string
  readonly protocols: readonly string[]
  /** What the client sent. */
  readonly sent: string[] = []
  /** How often the client closed it, and with which code. */
  readonly closes: (number | undefined)[] = []
  readonly #listeners = new Map<string, Listener[]>()

  constructor(url: string, protocols: string[] = []) {
    this.url = url
    this.protocols = protocols
  }

  send(data: string): void {
    this.sent.push(data)
  }

  close(code?: number): void {
    this.closes.push(code)
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }

  fire(type: string, event: { data?: unknown; code?: number } = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event)
  }

  /** Opens, and answers the first ping: from now on it is listened to. */
  open(): this {
    this.fire('open')
    return this.say('pong')
  }

  /** Has the client hear a message, or a text as it stands. */
  say(message: object | string): this {
    this.fire('message', { data: typeof message === 'string' ? message : JSON.stringify(message) })
    return this
  }

  /** The same; what happens in a config comes as its streams tell it. */
  hear(message: object | string): this {
    const stream = /\/configs\/[^/]+:subscribe/.test(this.url)
    if (!stream || typeof message === 'string' || 'error' in message) return this.say(message)
    return this.say({ stamp: '2026-01-01T00:00:09.000000000Z', changes: [message] })
  }

  /** Ends, as the server or the network ends it. */
  drop(code = 1006): void {
    this.fire('close', { code })
  }

  /** Fails before it has opened. */
  refuse(): void {
    this.fire('error')
    this.fire('close', { code: 1006 })
  }
}

/** A WebSocket class whose sockets are kept, newest last; `onOpen` is called with each as it is made. */
export function fakeSockets(onOpen: (socket: FakeSocket) => void = () => {}): {
  readonly made: FakeSocket[]
  readonly WebSocket: WebSocketConstructor
  /** The newest. */
  readonly last: FakeSocket
} {
  const made: FakeSocket[] = []
  class Made extends FakeSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols)
      made.push(this)
      onOpen(this)
    }
  }
  return {
    made,
    WebSocket: Made,
    get last() {
      return made.at(-1) as FakeSocket
    },
  }
}
