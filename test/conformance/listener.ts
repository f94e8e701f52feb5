/** A subscription, as whoever listens sees it: messages in order, each change by itself, and then the end. */
import { unpack } from '../support/unpack.ts'
import type { Body } from './client.ts'

export interface Message {
  readonly variable?: Body
  readonly waiter?: Body
  readonly error?: Body['error']
}

/** What a browser cannot say, and what it can: Node.js lets both stand in the place of the subprotocols. */
export interface Opening {
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
}

export class Listener {
  /** How the connection was closed, once it is. */
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #socket: WebSocket
  readonly #heard: string[] = []
  #awaited: (() => void) | undefined
  #over = false

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      this.#heard.push(...unpack(String(data)))
      this.#awaited?.()
    })
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => {
        this.#over = true
        this.#awaited?.()
        resolve({ code, reason })
      })
    })
  }

  static open(url: string, opening: Opening = {}): Promise<Listener> {
    const socket = new WebSocket(url, opening as unknown as string[])
    const listener = new Listener(socket)
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(listener))
      socket.addEventListener('error', () => reject(new Error(`there is no subscription at ${url}`)))
    })
  }

  /** The subprotocol that the server chose, '' if none. */
  get protocol(): string {
    return this.#socket.protocol
  }

  /** The next text, in the order of arrival. */
  async nextText(): Promise<string> {
    while (!this.#heard.length) {
      if (this.#over) throw new Error('the subscription ended without another message')
      await new Promise<void>((resolve) => (this.#awaited = resolve))
    }
    return this.#heard.shift() as string
  }

  /** The next message. */
  async next(): Promise<Message> {
    return JSON.parse(await this.nextText())
  }

  /** The messages up to the one that tells of an error, which is the last. */
  async untilError(): Promise<Message[]> {
    const messages: Message[] = []
    do messages.push(await this.next())
    while (!messages.at(-1)?.error)
    return messages
  }

  /** All messages that come before the connection is closed. */
  async rest(): Promise<Message[]> {
    await this.closed
    return this.#heard.splice(0).map((text) => JSON.parse(text) as Message)
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data)
  }

  close(): void {
    this.#socket.close(1000)
  }
}
