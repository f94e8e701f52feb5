/** Redis' protocol, with commands as bytes made at once: what the usual libraries do beyond that costs twice as much. */
import type { Socket } from 'node:net'
import { dial } from '../connection.ts'
import { Framed } from './framed.ts'

export type Reply = string | number | null | readonly Reply[]

interface Asker {
  resolve(reply: Reply): void
  reject(error: Error): void
}

const LINE_END = '\r\n'

export class RedisConnection extends Framed {
  /** Answers come in the order of the commands. */
  readonly #asking: Asker[] = []
  #failure: Error | undefined
  /** Where the reply that was read last ends. */
  #end = 0
  /** Takes what is published where this connection has subscribed. */
  onMessage: ((channel: string, message: string) => void) | undefined

  static async open(url: string): Promise<RedisConnection> {
    return new RedisConnection(await dial(url))
  }

  private constructor(socket: Socket) {
    super(socket)
  }

  /** Sends a command; resolves with the reply to it, rejects with an error of Redis'. */
  send(...words: readonly (string | number)[]): Promise<Reply> {
    if (this.#failure) return Promise.reject(this.#failure)
    let bytes = `*${words.length}${LINE_END}`
    for (const word of words) {
      const text = String(word)
      bytes += `$${Buffer.byteLength(text)}${LINE_END}${text}${LINE_END}`
    }
    this.socket.write(bytes)
    return new Promise((resolve, reject) => this.#asking.push({ resolve, reject }))
  }

  close(): void {
    this.drop()
  }

  protected override take(bytes: Buffer, from: number): number {
    const reply = this.#read(bytes, from)
    if (reply === undefined) return -1
    if (Array.isArray(reply) && reply[0] === 'message') this.onMessage?.(reply[1] as string, reply[2] as string)
    else if (reply instanceof Error) this.#asking.shift()?.reject(reply)
    else this.#asking.shift()?.resolve(reply)
    return this.#end
  }

  protected override fail(error: Error): void {
    this.#failure = error
    for (const asker of this.#asking.splice(0)) asker.reject(error)
  }

  /** Undefined while the reply is not there in full. */
  #read(bytes: Buffer, from: number): Reply | Error | undefined {
    const lineEnd = bytes.indexOf(LINE_END, from)
    if (lineEnd === -1) return undefined
    const line = bytes.toString('utf8', from + 1, lineEnd)
    this.#end = lineEnd + LINE_END.length
    switch (String.fromCharCode(bytes[from] as number)) {
      case '+':
        return line
      case '-':
        return new Error(`Redis answered ${line}`)
      case ':':
        return Number(line)
      case '$':
        return this.#readText(bytes, Number(line))
      case '*':
        return this.#readList(bytes, Number(line))
      default:
        throw new Error(`Redis answered something else: ${line}`)
    }
  }

  #readText(bytes: Buffer, length: number): Reply | undefined {
    if (length < 0) return null
    const start = this.#end
    this.#end = start + length + LINE_END.length
    return bytes.length < this.#end ? undefined : bytes.toString('utf8', start, start + length)
  }

  #readList(bytes: Buffer, length: number): Reply | Error | undefined {
    const list: Reply[] = []
    for (let index = 0; index < length; index++) {
      const reply = this.#read(bytes, this.#end)
      if (reply === undefined || reply instanceof Error) return reply
      list.push(reply)
    }
    return list
  }
}
