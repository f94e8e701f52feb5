/**
 * A TCP connection that takes whole messages out of the bytes as they come, with as little work as can be, as the one
 * who measures shares the processors with what is measured.
 */
import type { Socket } from 'node:net'

export abstract class Framed {
  protected readonly socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #closed = false

  protected constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => this.#hear(chunk))
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('the server closed the connection')))
  }

  /** Takes one message that begins at `from`. Answers where it ends, or -1 while it is not there in full. */
  protected abstract take(bytes: Buffer, from: number): number

  /** Nothing comes any more: whoever waits for something is told why. */
  protected abstract fail(error: Error): void

  /** Ends the connection without a word. */
  protected drop(): void {
    this.#closed = true
    this.socket.destroy()
  }

  #hear(chunk: Buffer): void {
    const bytes = this.#received.length ? Buffer.concat([this.#received, chunk]) : chunk
    let at = 0
    try {
      while (at < bytes.length) {
        const end = this.take(bytes, at)
        if (end === -1) break
        at = end
      }
    } catch (error) {
      this.#end(error as Error)
      this.drop()
    }
    this.#received = bytes.subarray(at)
  }

  #end(error: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.fail(error)
  }
}

/** The promises of those who wait for an answer, by what they know it. */
export class Waiting<Key, Answer> {
  readonly #waiting = new Map<Key, { resolve(answer: Answer): void; reject(error: Error): void }>()
  #failure: Error | undefined

  /** Resolves when the answer has come. */
  for(key: Key): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => this.#waiting.set(key, { resolve, reject }))
  }

  /** Whether somebody waited for it. */
  resolve(key: Key, answer: Answer): boolean {
    this.#waiting.get(key)?.resolve(answer)
    return this.#waiting.delete(key)
  }

  reject(key: Key, error: Error): void {
    this.#waiting.get(key)?.reject(error)
    this.#waiting.delete(key)
  }

  rejectAll(error: Error): void {
    this.#failure = error
    for (const key of this.#waiting.keys()) this.reject(key, error)
  }
}
