/** Subscriptions by WebSocket, for as long as sockets get through at all. */
import type * as wire from '../core/wire.ts'
import { after, now, onAbort } from './backoff.ts'
import { refusal } from './errors.ts'
import type { Credentials } from './send.ts'

/** What is used of a WebSocket: the platform's has it, and so has the package `ws`. */
export interface WebSocketLike {
  send(data: string): void
  close(code?: number, reason?: string): void
  // oxlint-disable-next-line typescript/no-explicit-any -- each kind of socket has events of its own types
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: any) => void): void
}
export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike

/** How long a socket may take until the server has answered on it; then whoever waits goes on without sockets. */
const OPEN_MS = 900
/** How often a silent connection is asked whether it is still there, and how long it may take to say so. */
const PING_MS = 25_000
const PONG_MS = 10_000
/** For about how long no socket is tried after one, and after several, that did not get through to a service that is there. */
const BRIEFLY_MS = 2000
const BLOCKED_MS = 30_000

const CLOSE_NORMAL = 1000
/** The server says that the token has expired. */
const CLOSE_EXPIRED = 4401

/** The subprotocol of subscriptions, and what a token stands behind as another one (browsers can set no headers). */
const SUBPROTOCOL = 'rollcall'

/** The socket did not get through; why, the platform does not tell. */
export class NotOpened extends Error {
  override readonly name = 'NotOpened'
}

/** Opens subscriptions, and remembers for a while when they do not get through. */
export class Sockets {
  readonly #base: string
  readonly #credentials: Credentials
  readonly #socketClass: WebSocketConstructor | undefined
  #blockedUntil = 0
  /** How many sockets in a row did not open. */
  #failures = 0
  /** The token that the latest socket showed. */
  #tried: string | undefined

  constructor(base: string, credentials: Credentials, given: WebSocketConstructor | false | undefined) {
    this.#base = base.replace(/^http/, 'ws')
    this.#credentials = credentials
    this.#socketClass = given === false ? undefined : (given ?? globalThis.WebSocket)
  }

  /** Whether it is worth trying one. */
  get usable(): boolean {
    return this.#socketClass !== undefined && now() >= this.#blockedUntil
  }

  /** To be called when a socket did not open and the service was seen to be there. */
  async blocked(): Promise<void> {
    // It may have been refused for its token, and the one that was good for the look is another.
    if ((await this.#credentials.get()) !== this.#tried) return
    // A service that is just starting may have been too late for the socket, and in time for the look.
    const span = this.#failures++ ? BLOCKED_MS : BRIEFLY_MS
    this.#blockedUntil = now() + span * (0.5 + Math.random())
  }

  /**
   * Listens at `path`, such as `projects/P/configs/C/waiters/W:subscribe`. First yields `open`, then the messages; ends
   * when the server closes or the connection is lost. Throws {@link NotOpened} if nothing got through, `ServiceError`
   * for a refusal that came by the socket, and the signal's reason. `opened` is given a way to speak on the socket.
   */
  async *listen(
    path: string,
    signal: AbortSignal,
    opened?: (send: (text: string) => void) => void,
  ): AsyncGenerator<wire.Message | 'open', void, undefined> {
    signal.throwIfAborted()
    const token = await this.#credentials.get()
    signal.throwIfAborted()
    this.#tried = token
    const connection = this.#open(`${this.#base}/v1beta1/${path}`, token)
    const off = onAbort(signal, () => connection.end(signal.reason))
    try {
      for (;;) {
        const message = await connection.next()
        if (message === undefined) break
        this.#failures = 0
        if (message === 'open') opened?.((text) => connection.send(text))
        else throwRefusal(message, path)
        yield message
      }
      signal.throwIfAborted()
      if (connection.code === CLOSE_EXPIRED) await this.#credentials.refuse(token)
    } finally {
      off()
      connection.end()
    }
  }

  #open(url: string, token: string | undefined): Connection {
    const protocols = [SUBPROTOCOL, ...(token === undefined ? [] : [`${SUBPROTOCOL}.token.${token}`])]
    try {
      return new Connection(new (this.#socketClass as WebSocketConstructor)(url, protocols))
    } catch (cause) {
      // A token that can be no subprotocol, or a page that may open no sockets.
      throw new NotOpened('not made', { cause })
    }
  }
}

/** One socket: what it heard, in order, and whether it is still alive. */
class Connection {
  readonly #socket: WebSocketLike
  readonly #heard: (wire.Message | 'open')[] = []
  #wake: () => void = () => {}
  #opened = false
  #over = false
  #failure: unknown
  #stopTimer: () => void
  /** The close code, once there is one. */
  code: number | undefined

  constructor(socket: WebSocketLike) {
    this.#socket = socket
    this.#stopTimer = after(OPEN_MS, () => this.end(new NotOpened('no answer in time')))
    // An answer to this shows that messages get through, both ways.
    socket.addEventListener('open', () => this.send('ping'))
    socket.addEventListener('message', ({ data }: { data: unknown }) => this.#hear(data))
    socket.addEventListener('error', () => this.#close())
    socket.addEventListener('close', ({ code }: { code: number }) => {
      this.code ??= code
      this.#close()
    })
  }

  /** The next message; undefined when there will be none. Throws what the connection was ended with. */
  async next(): Promise<wire.Message | 'open' | undefined> {
    while (!this.#heard.length && !this.#over) await new Promise<void>((resolve) => (this.#wake = resolve))
    const message = this.#heard.shift()
    if (message !== undefined) return message
    if (this.#failure !== undefined) throw this.#failure
    return undefined
  }

  /** Lets go of the socket, whatever state it is in. */
  end(failure?: unknown): void {
    if (this.#over) return
    this.#failure = failure
    this.#finish()
    try {
      this.#socket.close(CLOSE_NORMAL)
    } catch {
      // One that is not open yet may object; it is of no interest any more.
    }
  }

  #close(): void {
    if (this.#over) return
    if (!this.#opened) this.#failure = new NotOpened('refused')
    this.#finish()
  }

  #finish(): void {
    this.#over = true
    this.#stopTimer()
    this.#wake()
  }

  #hear(data: unknown): void {
    if (this.#over) return
    this.#stopTimer()
    this.#stopTimer = after(PING_MS, () => this.#ping())
    if (!this.#opened) {
      this.#opened = true
      this.#heard.push('open')
    }
    // What cannot be read is as good as not sent, and a look will tell what it was about.
    const message = readMessage(data)
    if (message) this.#heard.push(message)
    this.#wake()
  }

  #ping(): void {
    this.#stopTimer = after(PONG_MS, () => {
      this.#close()
      this.#socket.close(CLOSE_NORMAL)
    })
    this.send('ping')
  }

  /** Sends, unless it is too late for that. */
  send(text: string): void {
    try {
      this.#socket.send(text)
    } catch {
      // It is closing; that will be told.
    }
  }
}

/** Throws the `ServiceError` that a message tells, if it tells one and does not answer to something that was said. */
export function throwRefusal(message: wire.Message, url: string): void {
  if ('error' in message && !('id' in message)) throw refusal(message.error, { method: 'GET', url })
}

/** A message, if it is one. */
export function readMessage(data: unknown): wire.Message | undefined {
  try {
    const message: unknown = JSON.parse(String(data))
    if (message instanceof Object) return message as wire.Message
  } catch {
    // Such as the answer to a ping.
  }
  return undefined
}
