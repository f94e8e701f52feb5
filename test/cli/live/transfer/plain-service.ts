/** A service that has nothing but what Google documents: a Rollcall, behind a proxy that takes off what is ours. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach } from 'vitest'

/** How many of a list it shows at a time, whatever is asked for. */
const LARGEST_PAGE = 7

export class PlainService {
  url = ''
  /** What requests it got, as `GET configs/a/variables`. */
  readonly requests: string[] = []
  /** Variables, by the ends of their names, that a list shows without contents. */
  hidden: string[] = []
  /** Resources, by the ends of their paths, that nobody may read. */
  forbidden: string[] = []
  /** Variables that were made empty, and are told of without any contents. */
  empty: string[] = []
  /** Every so manieth request is refused for being one too many; 0 for none. */
  tooMany = 0
  #count = 0

  reset(): void {
    this.hidden = []
    this.forbidden = []
    this.empty = []
    this.requests.length = 0
    this.tooMany = this.#count = 0
  }

  async answer(base: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', base)
    const path = decodeURIComponent(url.pathname)
    this.requests.push(`${request.method} ${path.replace(/^\/v1beta1\/projects\/[^/]+\/?/, '')}`)
    this.#count += 1
    if (this.tooMany && this.#count % this.tooMany === 0) {
      return refuse(response, 429, 'RESOURCE_EXHAUSTED', { 'retry-after': '0' })
    }
    if (/:(?:subscribe|commit|renew|wait)$/.test(path)) return refuse(response, 404, 'NOT_FOUND')
    if (this.forbidden.some((end) => path.endsWith(end))) return refuse(response, 403, 'PERMISSION_DENIED')
    const size = Number(url.searchParams.get('pageSize')) || LARGEST_PAGE
    if (/\/(?:configs|variables)$/.test(path)) url.searchParams.set('pageSize', String(Math.min(size, LARGEST_PAGE)))
    const body = request.method === 'GET' ? undefined : new Uint8Array(await buffer(request))
    const answer = await fetch(url, { method: request.method ?? 'GET', ...(body && { body }) })
    const json = JSON.parse(await answer.text(), (key, value) =>
      key === 'etag' && !isPolicy(path) ? undefined : value,
    )
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(this.#shown(path, json)))
  }

  #shown(path: string, json: Answer): Answer {
    const without = (one: Answer): Answer => ({ ...one, text: undefined, value: undefined })
    const ends = (names: readonly string[], name = '') => names.some((end) => name.endsWith(end))
    if (json.name && ends(this.empty, json.name)) return without(json)
    if (!path.endsWith('/variables') || !json.variables) return json
    const hidden = [...this.hidden, ...this.empty]
    return { ...json, variables: json.variables.map((one) => (ends(hidden, one.name) ? without(one) : one)) }
  }
}

interface Answer {
  readonly name?: string
  readonly text?: string | undefined
  readonly value?: string | undefined
  readonly variables?: readonly Answer[]
}

const isPolicy = (path: string) => path.endsWith(':getIamPolicy')

function refuse(response: ServerResponse, code: number, status: string, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ error: { code, status, message: `This is ${status}` } }))
}

/** Such a service in front of the Rollcall at `base`, with everything allowed before each test. */
export function usePlainService(base: () => string): PlainService {
  const service = new PlainService()
  const server = createServer((request, response) => {
    service.answer(base(), request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  server.on('upgrade', (_, socket) => socket.destroy())
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  beforeEach(() => service.reset())
  afterAll(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return service
}
