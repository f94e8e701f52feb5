/** Speaks to the server under test as a client does: by HTTP and WebSocket, and by nothing else. */
import { randomUUID } from 'node:crypto'
import * as http from 'node:http'
import * as https from 'node:https'
import { Listener } from './listener.ts'

/** What an answer may hold. A test that reads a field which is not there fails at its expectation. */
export interface Body {
  name: string
  description: string
  text: string
  value: string
  updateTime: string
  createTime: string
  timeout: string
  state: string
  etag: string
  done: boolean
  nextPageToken: string
  projects: Body[]
  configs: Body[]
  variables: Body[]
  waiters: Body[]
  success: Condition
  error: { code: number; message: string; status: string; details?: object[] }
  response: Body
}

export interface Condition {
  cardinality: { path: string; number?: number }
}

/** The body of a waiter to create. */
export interface WaiterSpec {
  timeout?: string
  success?: Condition
  failure?: Condition
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The body as it came. */
  readonly text: string
  readonly body: Body
}

/** A request that is put on the wire as it stands. */
export interface RawRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: http.OutgoingHttpHeaders
  readonly body?: string | Uint8Array
}

type Payload = object | string | Uint8Array<ArrayBuffer>

export class Client {
  /** Where the server answers, such as `http://127.0.0.1:8787`. */
  base = ''
  /** What it shows as `Authorization: Bearer`, if anything; but what {@link raw} sends is nobody's but the test's. */
  readonly token: string | undefined

  constructor(token?: string) {
    this.token = token
  }

  /** The URL of a resource such as `projects/P/configs/C`, or of any other path, which begins with a slash. */
  url(path: string): string {
    return path.startsWith('/') ? `${this.base}${path}` : `${this.base}/v1beta1/${path}`
  }

  async call(method: string, path: string, payload?: Payload, headers: HeadersInit = {}): Promise<Answer> {
    const asIs = typeof payload === 'string' || payload instanceof Uint8Array
    const body = asIs ? payload : payload && JSON.stringify(payload)
    const all = new Headers(headers)
    for (const [name, value] of Object.entries(this.#credential)) all.append(name, value)
    const response = await fetch(this.url(path), { method, headers: all, ...(body !== undefined && { body }) })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parse(text) }
  }

  get #credential(): Record<string, string> {
    return this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }
  }

  get(path: string, headers?: HeadersInit): Promise<Answer> {
    return this.call('GET', path, undefined, headers)
  }

  post(path: string, payload: Payload = {}, headers?: HeadersInit): Promise<Answer> {
    return this.call('POST', path, payload, headers)
  }

  put(path: string, payload: Payload): Promise<Answer> {
    return this.call('PUT', path, payload)
  }

  delete(path: string, payload?: Payload): Promise<Answer> {
    return this.call('DELETE', path, payload)
  }

  /** Sends a request that `fetch` would mend or refuse. An upgrade that is granted is answered as 101 and dropped. */
  raw({ method = 'GET', path, headers = {}, body }: RawRequest): Promise<Answer> {
    const { protocol, hostname, port } = new URL(this.base)
    const { request } = protocol === 'https:' ? https : http
    return new Promise((resolve, reject) => {
      const sent = request({ hostname: hostname.replace(/[[\]]/g, ''), port, path, method, headers })
      sent.on('error', reject)
      sent.on('upgrade', (response, socket) => {
        socket.destroy()
        resolve(toAnswer(response, '{}'))
      })
      sent.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => {
          try {
            resolve(toAnswer(response, text))
          } catch (error) {
            reject(error as Error)
          }
        })
        response.on('error', reject)
      })
      sent.end(body)
    })
  }

  /** Asks for a WebSocket and answers what the server said to that. */
  upgrade(path: string, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
    const key = Buffer.from('sixteen bytes...').toString('base64')
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    return this.raw({
      path: new URL(this.url(path)).href.slice(new URL(this.base).origin.length),
      headers: { ...upgrade, 'sec-websocket-key': key, ...this.#credential, ...headers },
    })
  }

  /** Opens a subscription; resolves when it listens. */
  listen(path: string): Promise<Listener> {
    return Listener.open(this.url(path).replace(/^http/, 'ws'), { headers: this.#credential })
  }

  /** A new config in a project of its own; answers its full name. */
  async newConfig(name = `${newProject()}/configs/${newId()}`): Promise<string> {
    succeeded(await this.post(name.replace(/\/[^/]*$/, ''), { name }))
    return name
  }

  /** A new variable. */
  async newVariable(config: string, path: string, text = ''): Promise<Body> {
    return succeeded(await this.post(`${config}/variables`, { name: `${config}/variables/${path}`, text }))
  }

  /** A new waiter; answers its full name. It waits long enough for any test unless told otherwise. */
  async newWaiter(config: string, spec: WaiterSpec, id = newId()): Promise<string> {
    const name = `${config}/waiters/${id}`
    succeeded(await this.post(`${config}/waiters`, { name, timeout: '600s', ...spec }))
    return name
  }

  /** The waiter when it has ended. */
  async ended(waiter: string): Promise<Body> {
    const listener = await this.listen(`${waiter}:subscribe`)
    for (;;) {
      const message = await listener.next()
      if (message.waiter?.done) return message.waiter
    }
  }

  /** All that a config holds, to see whether something changed. */
  async snapshot(config: string): Promise<object> {
    const paths = [config, `${config}/variables?returnValues=true`, `${config}/waiters`, `${config}:getIamPolicy`]
    return Promise.all(paths.map(async (path) => succeeded(await this.get(path))))
  }
}

/** The name of a project that no other test uses. */
export function newProject(): string {
  return `projects/${newId()}`
}

/** An id that no other test uses. */
export function newId(): string {
  return `t-${randomUUID().slice(0, 13)}`
}

/** At least `number` variables under `path`. */
export function atLeast(number: number, path: string): Condition {
  return { cardinality: { path, number } }
}

/** The body of an answer that a test builds on. */
export function succeeded(answer: Answer): Body {
  if (answer.status !== 200) throw new Error(`the server answered ${answer.status}: ${answer.text}`)
  return answer.body
}

/**
 * Does something again and again until the promise settles: for a request that gives no sign of the moment from which
 * it waits.
 */
export async function repeatUntil<T>(settled: Promise<T>, act: (round: number) => Promise<unknown>): Promise<T> {
  const end = () => true
  const over = settled.then(end, end)
  for (let round = 1; ; round++) {
    await act(round)
    if (await Promise.race([over, pause(20).then(() => false)])) return settled
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function toAnswer(response: http.IncomingMessage, text: string): Answer {
  const pairs = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)])
  return { status: response.statusCode as number, headers: new Headers(pairs), text, body: parse(text) }
}

/** Whatever the server answers is JSON. */
function parse(text: string): Body {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`the server answered something that is no JSON: ${text.slice(0, 1000)}`)
  }
}
