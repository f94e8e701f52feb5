/**
 * HTTP/1.1 with as little work as can be, as the one who measures shares the processors with what is measured: whole
 * requests go out as bytes made beforehand, and of an answer only the status and the length are looked at.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

/** The bytes of a request, which bears a token if one is given. */
export function request(method: string, path: string, body?: object, token?: string): Buffer {
  const json = body ? JSON.stringify(body) : ''
  const length = body ? `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n` : ''
  const authorization = token ? `Authorization: Bearer ${token}\r\n` : ''
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: bench\r\n${authorization}${length}\r\n${json}`)
}

/** A connection that is kept alive, for one request at a time. */
export class Connection {
  readonly #url: string
  #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined

  private constructor(url: string, socket: Socket) {
    this.#url = url
    this.#socket = this.#listen(socket)
  }

  static async open(url: string): Promise<Connection> {
    return new Connection(url, await dial(url))
  }

  /** Opens several connections. */
  static openAll(url: string, count: number): Promise<Connection[]> {
    return Promise.all(Array.from({ length: count }, () => Connection.open(url)))
  }

  /** Sends a request; resolves with the answer, whatever its status. */
  async send(bytes: Buffer): Promise<Answer> {
    // A server closes a connection on which nothing has come for some seconds.
    if (this.#socket.destroyed || this.#socket.readableEnded) this.#socket = this.#listen(await dial(this.#url))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(bytes)
    })
  }

  #listen(socket: Socket): Socket {
    socket.on('data', (chunk) => this.#hear(chunk))
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')))
    return socket
  }

  /** Sends a request and answers what its JSON comes to. Throws unless it was done. */
  async call(method: string, path: string, body?: object, token?: string): Promise<unknown> {
    return JSON.parse(done(await this.send(request(method, path, body, token))).body.toString())
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #hear(chunk: Buffer): void {
    // Nearly every answer comes in one piece.
    this.#received = this.#received.length ? Buffer.concat([this.#received, chunk]) : chunk
    const answer = readAnswer(this.#received)
    if (!answer) return
    this.#received = Buffer.alloc(0)
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(answer)
  }
}

/** The answer, if it is one that succeeded. */
export function done(answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer
  throw new Error(`a request was answered ${answer.status}: ${answer.body.toString().trim()}`)
}

/** A TCP connection to where a URL points. */
export async function dial(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  return socket
}

const LENGTH = 'content-length: '

/** Undefined while the answer is not there in full. */
function readAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = bytes.toString('latin1', 0, end).toLowerCase()
  const at = head.indexOf(LENGTH)
  if (at === -1) throw new Error(`an answer does not tell its length: ${head}`)
  const length = Number.parseInt(head.slice(at + LENGTH.length), 10)
  const body = end + 4
  if (bytes.length < body + length) return undefined
  return {
    status: Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)),
    body: bytes.subarray(body, body + length),
  }
}
