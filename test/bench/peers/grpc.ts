/**
 * gRPC over HTTP/2 without TLS, as far as etcd needs it. Requests are written as frames with headers that never change,
 * and the headers of answers are not read: a gRPC server sends a unary call's message only if the call succeeded. The
 * usual library for Node.js costs the load process three to five times as much for each call, and would be what is
 * measured.
 */
import type { Socket } from 'node:net'
import { dial } from '../connection.ts'
import { Framed, Waiting } from './framed.ts'

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const GOAWAY = 7
const WINDOW_UPDATE = 8

const ACK = 1
const END_STREAM = 1
const END_HEADERS = 4
const PADDED = 8

const HEAD = 9
/** Of a message within a stream: whether it is compressed, and its length. */
const PREFIX = 5
const WIDE_WINDOW = 0x7fffffff
const NARROW_WINDOW = 0xffff

/** Takes each message of a stream. */
export type Hear = (message: Buffer) => void

export class GrpcConnection extends Framed {
  readonly #calls = new Waiting<number, Buffer>()
  readonly #streams = new Map<number, Hear>()
  /** What has come of messages that are not there in full. */
  readonly #partial = new Map<number, Buffer>()
  readonly #headers = new Map<string, Buffer>()
  #last = -1
  /** How many bytes may be sent before the server has said more. */
  #window = NARROW_WINDOW

  private constructor(socket: Socket) {
    super(socket)
    const settings = frame(SETTINGS, 0, 0, Buffer.from([0, 4, ...uint32(WIDE_WINDOW)]))
    // All that a connection hears in its life fits into the widest window.
    const widened = frame(WINDOW_UPDATE, 0, 0, Buffer.from(uint32(WIDE_WINDOW - NARROW_WINDOW)))
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings, widened]))
  }

  static async open(url: string): Promise<GrpcConnection> {
    return new GrpcConnection(await dial(url))
  }

  /** Calls a unary method, such as `/etcdserverpb.KV/Put`. Rejects unless it succeeds. */
  call(method: string, message: Buffer): Promise<Buffer> {
    const answer = this.#calls.for((this.#last += 2))
    this.#send(this.#last, method, message, END_STREAM)
    return answer
  }

  /** Opens a stream with its first message, and leaves it open. Rejects when the connection is lost. */
  stream(method: string, message: Buffer, hear: Hear): Promise<never> {
    const lost = this.#calls.for((this.#last += 2)) as Promise<never>
    this.#streams.set(this.#last, hear)
    this.#send(this.#last, method, message, 0)
    return lost
  }

  /** Says one more on the connection's only stream. */
  say(message: Buffer): void {
    this.#write(Buffer.allocUnsafe(HEAD + PREFIX + message.length), 0, this.#last, message, 0)
  }

  close(): void {
    this.drop()
  }

  protected override take(bytes: Buffer, from: number): number {
    if (bytes.length < from + HEAD) return -1
    const start = from + HEAD
    const end = start + bytes.readUIntBE(from, 3)
    if (bytes.length < end) return -1
    const flags = bytes[from + 4] as number
    this.#hear(bytes[from + 3] as number, flags, bytes.readUInt32BE(from + 5), bytes.subarray(start, end))
    return end
  }

  protected override fail(error: Error): void {
    this.#calls.rejectAll(error)
  }

  #send(stream: number, method: string, message: Buffer, flags: number): void {
    const headers = this.#headers.get(method) ?? headersOf(method)
    this.#headers.set(method, headers)
    const bytes = Buffer.allocUnsafe(HEAD + headers.length + HEAD + PREFIX + message.length)
    const body = writeHead(bytes, 0, HEADERS, END_HEADERS, stream, headers.length)
    headers.copy(bytes, body)
    this.#write(bytes, body + headers.length, stream, message, flags)
  }

  /** Puts a message at the end of some bytes, and sends them. */
  #write(bytes: Buffer, at: number, stream: number, message: Buffer, flags: number): void {
    this.#window -= PREFIX + message.length
    if (this.#window < 0) throw new Error('more was to be sent than the server takes at a time')
    const prefix = writeHead(bytes, at, DATA, flags, stream, PREFIX + message.length)
    bytes[prefix] = 0
    bytes.writeUInt32BE(message.length, prefix + 1)
    message.copy(bytes, prefix + PREFIX)
    this.socket.write(bytes)
  }

  #hear(kind: number, flags: number, stream: number, payload: Buffer): void {
    switch (kind) {
      case DATA:
        if (flags & PADDED) throw new Error('a padded frame was not expected')
        return this.#collect(stream, payload)
      case HEADERS:
        if (flags & END_STREAM) this.#endStream(stream, 'the server refused a call')
        return
      case RST_STREAM:
        return this.#endStream(stream, `the server reset a stream: ${payload.readUInt32BE()}`)
      case SETTINGS:
        if (!(flags & ACK)) this.socket.write(frame(SETTINGS, ACK, 0, Buffer.alloc(0)))
        return
      case PING:
        if (!(flags & ACK)) this.socket.write(frame(PING, ACK, 0, payload))
        return
      case GOAWAY:
        throw new Error(`the server ends the connection: ${payload.toString('latin1', 8)}`)
      case WINDOW_UPDATE:
        if (stream === 0) this.#window += payload.readUInt32BE()
    }
  }

  #collect(stream: number, payload: Buffer): void {
    const before = this.#partial.get(stream)
    let bytes = before ? Buffer.concat([before, payload]) : payload
    while (bytes.length >= PREFIX) {
      const end = PREFIX + bytes.readUInt32BE(1)
      if (bytes.length < end) break
      const message = bytes.subarray(PREFIX, end)
      const hear = this.#streams.get(stream)
      if (hear) hear(message)
      else this.#calls.resolve(stream, message)
      bytes = bytes.subarray(end)
    }
    if (bytes.length) this.#partial.set(stream, bytes)
    else if (before) this.#partial.delete(stream)
  }

  /** Of a call that was answered nobody waits any more; a stream is never to end. */
  #endStream(stream: number, why: string): void {
    this.#calls.reject(stream, new Error(why))
  }
}

function frame(kind: number, flags: number, stream: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD + payload.length)
  payload.copy(bytes, writeHead(bytes, 0, kind, flags, stream, payload.length))
  return bytes
}

/** Answers where the head of the frame ends. */
function writeHead(bytes: Buffer, at: number, kind: number, flags: number, stream: number, length: number): number {
  bytes.writeUIntBE(length, at, 3)
  bytes[at + 3] = kind
  bytes[at + 4] = flags
  bytes.writeUInt32BE(stream, at + 5)
  return at + HEAD
}

/** A block of HPACK that touches no dynamic table: fields of the static one, and literals that are not to be kept. */
function headersOf(method: string): Buffer {
  const literal = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])
  return Buffer.concat([
    Buffer.from([0x83, 0x86, 0x04]), // :method POST, :scheme http, :path
    literal(method),
    Buffer.from([0x01]), // :authority
    literal('bench'),
    Buffer.from([0x0f, 0x10]), // content-type
    literal('application/grpc'),
    Buffer.from([0x00]),
    literal('te'),
    literal('trailers'),
  ])
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}
