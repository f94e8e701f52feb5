/** Spans and lines of the log, as a collector and an operator of the standalone server get them. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Process } from '../access/process.ts'
import { Client } from '../conformance/client.ts'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: { readonly key: string; readonly value: Record<string, string> }[]
}

interface Export {
  readonly resourceSpans: { resource: { attributes: object[] }; scopeSpans: { spans: Span[] }[] }[]
}

/** A collector, as far as it takes spans by OTLP over HTTP in JSON. */
class Collector {
  readonly received: { url: string; headers: IncomingHttpHeaders; body: Export }[] = []
  status = 200
  readonly #server: Server
  #wake = () => {}

  constructor() {
    this.#server = createServer(async (request, response) => {
      const { url = '', headers } = request
      this.received.push({ url, headers, body: (await json(request)) as Export })
      response.writeHead(this.status, { 'content-type': 'application/json' }).end('{}')
      this.#wake()
    })
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get spans(): Span[] {
    return this.received.flatMap(({ body }) =>
      body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans[0]?.spans ?? []),
    )
  }

  /** The spans of a trace, as soon as there are so many. */
  async trace(traceId: string, many: number): Promise<Span[]> {
    for (;;) {
      const found = this.spans.filter((span) => span.traceId === traceId)
      if (found.length >= many) return found
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

let collector: Collector
let server: Process
const client = new Client()

beforeEach(async () => {
  collector = new Collector()
  server = new Process(() => [], {
    OTEL_EXPORTER_OTLP_ENDPOINT: await collector.start(),
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20key, x-other=1',
    OTEL_SERVICE_NAME: 'rollcall-test',
    OTEL_TRACES_SAMPLER_ARG: '0',
    ROLLCALL_LOG_REQUESTS: 'true',
  })
  client.base = await server.url()
})
afterEach(async () => {
  await server.stop()
  await collector.close()
})

describe('spans', () => {
  it('are told of the edge, the object and the commit, each caused by the one before', async () => {
    const config = await client.newConfig()
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-request-id': 'find-me' }
    await client.call('POST', `${config}/variables`, { name: `${config}/variables/a`, text: 'b' }, headers)
    const [edge, object, commit] = await collector.trace(TRACE, 3)
    expect(edge).toMatchObject({ name: 'projects.configs.variables.create', kind: 2, parentSpanId: PARENT })
    expect(object).toMatchObject({ name: 'object', kind: 3, parentSpanId: edge?.spanId })
    expect(commit).toMatchObject({ name: 'commit', kind: 1, parentSpanId: object?.spanId })
    expect(edge?.attributes).toEqual([
      { key: 'http.response.status_code', value: { intValue: '200' } },
      { key: 'rollcall.resource', value: { stringValue: config } },
      { key: 'rollcall.request_id', value: { stringValue: 'find-me' } },
    ])
    for (const { startTimeUnixNano: began, endTimeUnixNano: ended } of [edge, object, commit] as Span[]) {
      expect(began).toMatch(/^\d{19}$/)
      expect(BigInt(began)).toBeLessThanOrEqual(BigInt(ended))
      expect(BigInt(began)).toBeGreaterThanOrEqual(BigInt(edge?.startTimeUnixNano ?? 0))
      expect(BigInt(ended)).toBeLessThanOrEqual(BigInt(edge?.endTimeUnixNano ?? 0))
    }
  })

  it('come by OTLP, with the headers and the name that are asked for', async () => {
    await client.get('projects/p/configs', { traceparent: `00-${TRACE}-${PARENT}-01` })
    await collector.trace(TRACE, 1)
    const [{ url, headers, body } = {}] = collector.received
    expect(url).toBe('/v1/traces')
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-key': 'a key', 'x-other': '1' })
    expect(body?.resourceSpans[0]?.resource.attributes).toEqual([
      { key: 'service.name', value: { stringValue: 'rollcall-test' } },
    ])
  })

  it('are not recorded where their trace is not: by its flags, or by the share of those that begin here', async () => {
    await client.get('projects/p/configs', { traceparent: `00-${'1'.repeat(32)}-${PARENT}-00` })
    await client.get('projects/p/configs')
    await client.get('projects/p/configs', { traceparent: `00-${TRACE}-${PARENT}-01` })
    await collector.trace(TRACE, 1)
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]))
  })

  it('are lost where the collector does not take them, and said to be, and nothing else is', async () => {
    collector.status = 503
    const answer = await client.get('projects/p/configs', { traceparent: `00-${TRACE}-${PARENT}-01` })
    expect(answer.status).toBe(200)
    await server.until(({ output }) => (output.includes('"event":"spans.lost"') ? true : undefined))
    expect(server.output).toContain('the collector answers 503')
    collector.status = 200
    await client.get('projects/p/configs', { traceparent: `00-${'2'.repeat(32)}-${PARENT}-01` })
    expect(await collector.trace('2'.repeat(32), 1)).not.toEqual([])
  })
})

describe('the log', () => {
  it('has a line for each request, where that is asked for', async () => {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-00`, 'x-request-id': 'find-me' }
    await client.get('projects/p/configs/none', headers)
    const line = await server.until(({ output }) => output.split('\n').find((one) => one.includes('find-me')))
    expect(JSON.parse(line)).toEqual({
      time: expect.stringMatching(/^\d{4}-/),
      event: 'request',
      message: expect.any(String),
      requestId: 'find-me',
      traceId: TRACE,
      method: 'projects.configs.get',
      resource: 'projects/p/configs/none',
      status: 404,
      seconds: expect.any(Number),
    })
  })

  it('says of a name that can be none no more than what may stand in one', async () => {
    await client.raw({ path: '/v1beta1/projects/p/configs/a%22%0Ab', headers: { 'x-request-id': 'find-me' } })
    const line = await server.until(({ output }) => output.split('\n').find((one) => one.includes('find-me')))
    expect(JSON.parse(line)).toMatchObject({ resource: 'projects/p/configs/a...' })
  })
})

it('does not start with a collector that is no URL', async () => {
  const other = new Process(() => [], { OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' })
  expect(await other.code()).toBe(1)
  expect(other.output).toContain('OTEL_EXPORTER_OTLP_ENDPOINT must be a URL, this is "nowhere".')
  await other.stop()
})
