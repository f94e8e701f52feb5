/** A connection that is kept, for one request at a time, which tells the answer's headers and how long it took. */
import type { Socket } from 'node:net'
import { dial } from '../../bench/connection.ts'
import { readAnswer, type Answer } from '../nonsense/exchange.ts'

export interface Timed {
  readonly answer: Answer
  readonly ms: number
}

export class Caller {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#hear(chunk))
    const lost = () => this.#waiting?.reject(new Error('the connection was lost'))
    socket.on('error', lost).on('close', lost)
  }

  /** Opens so many, some at a time so that no queue of connections runs full. */
  static async openAll(url: string, count: number): Promise<Caller[]> {
    const callers: Caller[] = []
    while (callers.length < count) {
      const sockets = await Promise.all(Array.from({ length: Math.min(100, count - callers.length) }, () => dial(url)))
      callers.push(...sockets.map((socket) => new Caller(socket)))
    }
    return callers
  }

  /** Sends a request; resolves with its answer, whatever that is. */
  async send(bytes: Buffer): Promise<Timed> {
    const sent = performance.now()
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(bytes)
    })
    return { answer, ms: performance.now() - sent }
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #hear(chunk: Buffer): void {
    this.#received = this.#received.length ? Buffer.concat([this.#received, chunk]) : chunk
    const read = readAnswer(this.#received, false)
    if (!read) return
    this.#received = this.#received.subarray(read.length)
    this.#waiting?.resolve(read.answer)
    this.#waiting = undefined
  }
}
