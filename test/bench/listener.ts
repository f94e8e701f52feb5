/** A WebSocket that listens, and says a text now and then, with as little work as can be (see connection.ts). */
import type { Socket } from 'node:net'
import { dial } from './connection.ts'

const TEXT = 1
const CLOSE = 8
/** What an upgrade asks for; no one checks that the key is random. */
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YmVuY2htYXJraW5nIQ==\r\n'

export class Listener {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #upgraded = false
  readonly #texts: { readonly text: string; readonly at: number }[] = []
  #waiting: { count: number; resolve(): void; reject(error: Error): void } | undefined
  #failure: Error | undefined
  /** Takes what is heard, in the place of keeping it. */
  onText: ((text: string) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#hear(chunk, performance.now()))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed a subscription too soon')))
  }

  /** Begins to listen. What it hears is kept from the first message on. */
  static async open(url: string, path: string): Promise<Listener> {
    const socket = await dial(url)
    const listener = new Listener(socket)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n${UPGRADE}\r\n`)
    return listener
  }

  /** Opens several listeners, some at a time so that no queue of connections runs full. */
  static async openAll(url: string, path: string, count: number): Promise<Listener[]> {
    const listeners: Listener[] = []
    while (listeners.length < count) {
      const batch = Array.from({ length: Math.min(100, count - listeners.length) }, () => Listener.open(url, path))
      const opened = await Promise.all(batch)
      await Promise.all(opened.map((listener) => listener.#until(0)))
      listeners.push(...opened)
    }
    return listeners
  }

  /** The message of this number, counted from 0, and when it came. */
  async message(index: number): Promise<{ text: string; at: number }> {
    await this.#until(index + 1)
    return this.#texts[index] as { text: string; at: number }
  }

  /** Says a text of at most 65,535 bytes. It is masked with zeros, which change nothing. */
  say(text: string): void {
    const length = Buffer.byteLength(text)
    const start = length < 126 ? 6 : 8
    // In one piece: the server would read what comes in two twice.
    const frame = Buffer.alloc(start + length)
    frame[0] = 0x80 | TEXT
    frame[1] = 0x80 | Math.min(length, 126)
    if (length >= 126) frame.writeUInt16BE(length, 2)
    frame.write(text, start)
    this.#socket.write(frame)
  }

  close(): void {
    this.#socket.removeAllListeners('close').destroy()
  }

  /** Resolves when it listens and has heard so many messages. */
  #until(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { count, resolve, reject }
      this.#settle()
    })
  }

  #settle(): void {
    const waiting = this.#waiting
    if (!waiting) return
    if (this.#upgraded && this.#texts.length >= waiting.count) waiting.resolve()
    else if (this.#failure) waiting.reject(this.#failure)
    else return
    this.#waiting = undefined
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#settle()
  }

  #hear(chunk: Buffer, at: number): void {
    this.#received = this.#received.length ? Buffer.concat([this.#received, chunk]) : chunk
    if (!this.#upgraded) this.#readHead()
    if (this.#upgraded) while (this.#readFrame(at));
    this.#settle()
  }

  #take(text: string, at: number): void {
    if (this.onText) this.onText(text)
    else this.#texts.push({ text, at })
  }

  #readHead(): void {
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#received.toString('latin1', 0, end)
    if (!head.startsWith('HTTP/1.1 101')) return this.#fail(new Error(`no subscription: ${head.split('\r\n')[0]}`))
    this.#upgraded = true
    this.#received = this.#received.subarray(end + 4)
  }

  /** Reads one frame; a server's are never masked, and this one's messages are never in parts nor very long. */
  #readFrame(at: number): boolean {
    const bytes = this.#received
    if (bytes.length < 2) return false
    const short = (bytes[1] as number) & 0x7f
    const start = short === 126 ? 4 : 2
    if (bytes.length < start) return false
    const end = start + (short === 126 ? bytes.readUInt16BE(2) : short)
    if (bytes.length < end) return false
    const kind = (bytes[0] as number) & 0x0f
    if (kind === TEXT) this.#take(bytes.toString('utf8', start, end), at)
    else if (kind !== CLOSE) this.#fail(new Error(`a frame of kind ${kind} was not expected`))
    this.#received = bytes.subarray(end)
    return true
  }
}
