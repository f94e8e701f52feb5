/** ZooKeeper's protocol, as far as the bench needs it: a session, and requests as bytes made at once. */
import type { Socket } from 'node:net'
import { dial } from '../connection.ts'
import { Framed, Waiting } from './framed.ts'

const CREATE = 1
const EXISTS = 3
const GET_DATA = 4
const SET_DATA = 5
const PING = 11
const CLOSE = -11

/** Requests and answers that are no one's in particular. */
const EVENT_XID = -1
const PING_XID = -2
const HANDSHAKE_XID = -3

const NO_NODE = -101
const NODE_EXISTS = -110

const SESSION_MS = 40_000
const PING_MS = 10_000
/** Where a node's status tells how many children it has. */
const CHILDREN_AT = 56
/** How a node that is there stands, in bytes. */
const STAT_LENGTH = 68

/** Everyone may do everything, which is how nodes are usually made. */
const OPEN_ACL = Buffer.concat([int(1), int(31), text('world'), text('anyone')])

interface Answer {
  readonly error: number
  readonly body: Buffer
}

export class ZooKeeperSession extends Framed {
  readonly #waiting = new Waiting<number, Answer>()
  #last = 0
  #greeted = false
  readonly #pings: NodeJS.Timeout
  /** Takes the path of each watched node that was made or changed. */
  onEvent: ((path: string) => void) | undefined

  private constructor(socket: Socket) {
    super(socket)
    this.#pings = setInterval(() => socket.write(packet(int(PING_XID), int(PING))), PING_MS).unref()
  }

  /** Begins a session of its own. */
  static async open(url: string): Promise<ZooKeeperSession> {
    const session = new ZooKeeperSession(await dial(url))
    const greeted = session.#waiting.for(HANDSHAKE_XID)
    const [version, lastZxid, id] = [int(0), Buffer.alloc(8), Buffer.alloc(8)]
    session.socket.write(packet(version, lastZxid, int(SESSION_MS), id, bytes(Buffer.alloc(16)), Buffer.alloc(1)))
    await greeted
    return session
  }

  /** Creates a persistent node. Answers whether it was not there. */
  async create(path: string, data: string): Promise<boolean> {
    const { error } = await this.#ask(CREATE, text(path), text(data), OPEN_ACL, int(0))
    if (error === NODE_EXISTS) return false
    check(error, path)
    return true
  }

  /** How many children a node has, or undefined if there is no such node. With `watch`, the next change is told. */
  async exists(path: string, watch = false): Promise<number | undefined> {
    const { error, body } = await this.#ask(EXISTS, text(path), Buffer.from([watch ? 1 : 0]))
    if (error === NO_NODE) return undefined
    check(error, path)
    if (body.length < STAT_LENGTH) throw new Error(`ZooKeeper tells too little of ${path}`)
    return body.readInt32BE(CHILDREN_AT)
  }

  /** What a node holds. With `watch`, the next change is told. */
  async get(path: string, watch = false): Promise<string> {
    const { error, body } = await this.#ask(GET_DATA, text(path), Buffer.from([watch ? 1 : 0]))
    check(error, path)
    return body.toString('utf8', 4, 4 + body.readInt32BE(0))
  }

  async set(path: string, data: string): Promise<void> {
    const { error } = await this.#ask(SET_DATA, text(path), text(data), int(-1))
    check(error, path)
  }

  /** Ends the session, so that the server does not do so at a time of its own. */
  async close(): Promise<void> {
    clearInterval(this.#pings)
    await this.#ask(CLOSE)
    this.drop()
  }

  protected override take(received: Buffer, from: number): number {
    const start = from + 4
    if (received.length < start) return -1
    const end = start + received.readInt32BE(from)
    if (received.length < end) return -1
    if (this.#greeted) this.#hear(received.subarray(start, end))
    else this.#greeted = this.#waiting.resolve(HANDSHAKE_XID, { error: 0, body: received.subarray(start, end) })
    return end
  }

  protected override fail(error: Error): void {
    clearInterval(this.#pings)
    this.#waiting.rejectAll(error)
  }

  #hear(answer: Buffer): void {
    const xid = answer.readInt32BE(0)
    const error = answer.readInt32BE(12)
    if (xid === PING_XID) return
    if (xid !== EVENT_XID) return void this.#waiting.resolve(xid, { error, body: answer.subarray(16) })
    // Its kind and the session's state come before the path.
    const length = answer.readInt32BE(24)
    this.onEvent?.(answer.toString('utf8', 28, 28 + length))
  }

  #ask(type: number, ...parts: readonly Buffer[]): Promise<Answer> {
    const xid = ++this.#last
    const answer = this.#waiting.for(xid)
    this.socket.write(packet(int(xid), int(type), ...parts))
    return answer
  }
}

function check(error: number, path: string): void {
  if (error) throw new Error(`ZooKeeper answered ${error} for ${path}`)
}

function packet(...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([int(length), ...parts])
}

function int(value: number): Buffer {
  const encoded = Buffer.allocUnsafe(4)
  encoded.writeInt32BE(value)
  return encoded
}

function bytes(value: Buffer): Buffer {
  return Buffer.concat([int(value.length), value])
}

function text(value: string): Buffer {
  return bytes(Buffer.from(value))
}
