/** WebSocket without manners: frames as they are given, and what comes back (RFC 6455, section 5). */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { dial } from '../../bench/connection.ts'

export const TEXT = 1
export const BINARY = 2
const CLOSE = 8

export interface Frame {
  readonly opcode: number
  readonly payload: Uint8Array
  /** Whether it is the last of its message; true unless it is said. */
  readonly fin?: boolean
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number
  /** Whether it is masked, as a client's must be. */
  readonly masked?: boolean
  /** The length that it tells, where that is not its own; one that needs more bits than it has is cut. */
  readonly claimed?: number
  /** In how many bits the length is told, where that is not as few as can be. */
  readonly lengthBits?: 7 | 16 | 64
}

/** How long the answer to an upgrade may take. */
const OPEN_MS = 30_000
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d])

/** The bytes of a frame. */
export function encode({ opcode, payload, fin = true, reserved = 0, masked = true, ...frame }: Frame): Buffer {
  const { claimed = payload.length } = frame
  const { lengthBits = claimed < 126 ? 7 : claimed < 65_536 ? 16 : 64 } = frame
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode
  const second = (masked ? 0x80 : 0) | (lengthBits === 7 ? claimed & 0x7f : lengthBits === 16 ? 126 : 127)
  const length = Buffer.alloc(lengthBits === 7 ? 0 : lengthBits / 8)
  if (lengthBits === 16) length.writeUInt16BE(claimed & 0xffff)
  if (lengthBits === 64) length.writeBigUInt64BE(BigInt(claimed))
  const body = Buffer.from(payload)
  if (masked) for (let at = 0; at < body.length; at++) body[at] = (body[at] as number) ^ (MASK[at & 3] as number)
  return Buffer.concat([Buffer.from([first, second]), length, masked ? MASK : Buffer.alloc(0), body])
}

/** An upgrade as it should be. */
export function upgradeOf(path: string): Buffer {
  return Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2l4dGVlbiBieXRlcy4uLg==\r\n\r\n',
  )
}

/** A connection that was upgraded. */
export class RawSocket {
  /** The texts that were heard, in order. */
  readonly texts: string[] = []
  /** Resolves when the connection is over, by whomever. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  #received: Buffer
  #over = false
  #notify = () => {}

  private constructor(socket: Socket, rest: Buffer) {
    this.#socket = socket
    this.#received = rest
    this.closed = new Promise((resolve) => {
      const end = () => {
        this.#over = true
        this.#notify()
        resolve()
      }
      socket.on('close', end).on('error', end)
    })
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#read()
    })
    this.#read()
  }

  /** Throws unless the server lets it be opened. */
  static async open(url: string, path: string): Promise<RawSocket> {
    const socket = await dial(url)
    socket.write(upgradeOf(path))
    const signal = AbortSignal.timeout(OPEN_MS)
    let head: Buffer = Buffer.alloc(0)
    while (!head.includes('\r\n\r\n')) {
      head = Buffer.concat([head, ...((await once(socket, 'data', { signal })) as Buffer[])])
    }
    const end = head.indexOf('\r\n\r\n')
    if (!head.toString('latin1').startsWith('HTTP/1.1 101')) {
      throw new Error(`there is no socket at ${path}: ${head.toString('utf8', 0, 300)}`)
    }
    return new RawSocket(socket, head.subarray(end + 4))
  }

  get over(): boolean {
    return this.#over
  }

  write(bytes: Uint8Array): void {
    if (!this.#over) this.#socket.write(bytes)
  }

  /** Resolves when `enough` holds of the texts, the connection is over, or so many milliseconds have passed. */
  async until(enough: (texts: readonly string[]) => boolean, ms: number): Promise<void> {
    const end = performance.now() + ms
    while (!enough(this.texts) && !this.#over && performance.now() < end) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, end - performance.now()))
        this.#notify = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Ends the connection, without a word or with a reset. */
  end(reset = false): void {
    if (reset) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  /** A server's frames are not masked, and this one's messages are in one piece. */
  #read(): void {
    for (;;) {
      const bytes = this.#received
      if (bytes.length < 2) break
      const short = (bytes[1] as number) & 0x7f
      const start = short === 126 ? 4 : short === 127 ? 10 : 2
      if (bytes.length < start) break
      const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
      if (bytes.length < start + length) break
      const opcode = (bytes[0] as number) & 0x0f
      if (opcode === TEXT) this.texts.push(bytes.toString('utf8', start, start + length))
      if (opcode === CLOSE) this.#socket.end()
      this.#received = bytes.subarray(start + length)
    }
    this.#notify()
  }
}
