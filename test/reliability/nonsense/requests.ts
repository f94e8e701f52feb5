/** Requests to every method of the API: as they should be, surely wrong in one way, and wild in up to three. */
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { METHODS, placeIn, TESTS, type Place } from '../../access/methods.ts'
import { Client, type Answer, type RawRequest } from '../../conformance/client.ts'
import { inputsOf } from './inputs.ts'
import { brokenBody, oddText, oddValue, withUnknownField } from './values.ts'
import type { Given } from './verdict.ts'

/** A request of the API before it is bytes. */
export interface Request {
  /** The method that it was made from. */
  readonly id: string
  readonly method: string
  /** Path and query, percent-encoded or not. */
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** As text, or as latin1 of bytes that are no text. */
  readonly body: { readonly text: string } | { readonly latin1: string } | undefined
  readonly given: Given
}

/** A head beyond this many bytes workerd may refuse by itself, as it does one without a host. */
const MAX_HEAD = 32_000

/** The bytes of a request, and what is known about it. */
export function bytesOf(request: Request): { bytes: Buffer; given: Given } {
  const { method, target, headers, body } = request
  const content = !body ? Buffer.alloc(0) : 'text' in body ? Buffer.from(body.text) : Buffer.from(body.latin1, 'latin1')
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  if (!headers.some(([name]) => name === 'host')) lines.push('host: 127.0.0.1')
  if (body) lines.push(`content-length: ${content.length}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  const limited = headers.some(([name]) => name === 'x-server-timeout')
  const hosted = !headers.some(([name, value]) => name === 'host' && value === '')
  const http = head.length < MAX_HEAD && hosted
  const given = { ...request.given, limited, http, lacking: isLacking(target) }
  return { bytes: Buffer.concat([head, content]), given }
}

/** Whether it may be about what is told to be missing: methods of v1, and `:restore`, however it is spelt. */
function isLacking(target: string): boolean {
  const spelt = target.replace(/%[\da-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
  return target.startsWith('/v1/') || spelt.includes(':restore')
}

/** Keeps what it is to send. */
class Recorder extends Client {
  override base = 'http://recorded'
  readonly recorded: Request[] = []
  id = ''

  override call(method: string, path: string, payload?: object | string, headers: HeadersInit = {}): Promise<Answer> {
    const body = payload === undefined ? undefined : { text: JSON.stringify(payload) }
    const target = this.url(path).slice(this.base.length)
    this.recorded.push({ id: this.id, method, target, headers: [...new Headers(headers)], body, given: {} })
    return NO_ANSWER
  }

  override raw({ method = 'GET', path, headers = {} }: RawRequest): Promise<Answer> {
    const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
    this.recorded.push({ id: this.id, method, target: path, headers: pairs, body: undefined, given: {} })
    return NO_ANSWER
  }
}

const NO_ANSWER = Promise.resolve<Answer>({ status: 200, headers: new Headers(), text: '', body: {} as Answer['body'] })

/** One request to each method, as it should be. */
function plainRequests(place: Place): readonly Request[] {
  const recorder = new Recorder()
  for (const { id, call } of METHODS) {
    recorder.id = id
    // The config in which everything goes on stays; the one that is made beside it may go.
    void call(recorder, id === 'projects.configs.delete' ? placeIn(`${place.config}-new`) : place)
  }
  for (const { id, on } of TESTS) {
    recorder.id = id
    void recorder.post(`${on(place)}:testIamPermissions`, { permissions: ['runtimeconfig.configs.get'] })
  }
  return recorder.recorded
}

const IAM = 'testIamPermissions'

/** Requests about one config and what is in it. */
export function requestsTo(config: string): fc.Arbitrary<Request> {
  const plain = plainRequests(placeIn(config))
  const inputs = inputsOf(config)
  const inputOf = (id: string) => inputs[id.endsWith(IAM) ? `projects.configs.${IAM}` : id]
  const withBody = plain.filter(({ id }) => inputOf(id))
  const bodied = (request: Request, change = (input: fc.Arbitrary<object>) => input) =>
    change(inputOf(request.id) as fc.Arbitrary<object>).map((body) => ({
      ...request,
      body: { text: JSON.stringify(body) },
    }))
  const good = fc
    .constantFrom(...plain)
    .chain((request) => (inputOf(request.id) ? bodied(request) : fc.constant(request)))
  const broken = fc.constantFrom(...withBody).chain((request) => bodied(request, brokenBody))
  const unknown = fc.constantFrom(...withBody).chain((request) => bodied(request, withUnknownField))
  const full = fc.constantFrom(...withBody).chain((request) => bodied(request))
  const wild = fc.tuple(fc.oneof(good, broken), fc.array(edit, { maxLength: 3 }))
  return fc.oneof(
    { weight: 2, arbitrary: good },
    { weight: 1, arbitrary: unknown.map(wrong) },
    {
      weight: 1,
      arbitrary: fc.oneof(cut(full), notText(full), tooLong(full), badQuery(good), badPath(good)).map(wrong),
    },
    { weight: 4, arbitrary: fc.tuple(good, edit).map(([request, change]) => change(request)) },
    { weight: 4, arbitrary: wild.map(([request, edits]) => edits.reduce((one, change) => change(one), request)) },
    { weight: 1, arbitrary: elsewhere },
  )
}

const wrong = (request: Request): Request => ({ ...request, given: { wrong: true } })
const textOf = ({ body }: Request): string => (body && 'text' in body ? body.text : '')

/** What lies beside the methods. */
const elsewhere = fc
  .tuple(
    fc.constantFrom(
      '/',
      '/healthz',
      '/metrics',
      '/openapi.json',
      '/$discovery/rest',
      '/docs',
      '/docs/style.css',
      '/v1beta1/projects',
      '/v1beta1',
      '/v1beta1/',
      '/v1/operations',
      '/v1/operations/x',
      '/v1/operations/x:cancel',
    ),
    fc.constantFrom('GET', 'POST', 'DELETE', 'OPTIONS'),
    fc.constantFrom('', '?pageSize=1', '?pageSize=x', '?filter=%00', '?fields=a(', '?$.xgafv=2'),
  )
  .map(([path, method, query]): Request => {
    return { id: 'elsewhere', method, target: `${path}${query}`, headers: [], body: undefined, given: {} }
  })

// Bodies and URLs that must be refused.

const cut = (requests: fc.Arbitrary<Request>) =>
  fc.tuple(requests, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })).map(([request, share]) => {
    const text = textOf(request)
    return {
      ...request,
      body: { text: text.slice(0, 1 + Math.floor(share * (text.length - 1))).replace(/[\ud800-\udbff]$/, '') },
    }
  })

const notText = (requests: fc.Arbitrary<Request>) =>
  fc.tuple(requests, fc.constantFrom('\xff', '\xc0\xaf', '\xed\xa0\x80', '\xe2\x82')).map(([request, bytes]) => {
    const latin1 = Buffer.from(textOf(request)).toString('latin1')
    return { ...request, body: { latin1: `${latin1.slice(0, 1)}"${bytes}":1,${latin1.slice(1)}` } }
  })

const tooLong = (requests: fc.Arbitrary<Request>) =>
  fc.tuple(requests, fc.constantFrom(' ', '"', '[', '{"a":')).map(([request, unit]) => {
    return { ...request, body: { text: textOf(request) + unit.repeat(270_000 / unit.length) } }
  })

const badQuery = (requests: fc.Arbitrary<Request>) =>
  fc
    .tuple(requests, fc.constantFrom('bogus', 'PageSize', 'page-size', '__proto__', '', '%00'), oddText)
    .map(([request, name, value]) => withParameter(request, name, percent(value).slice(0, 1000)))

const badPath = (requests: fc.Arbitrary<Request>) =>
  fc
    .tuple(requests, fc.constantFrom('%', '%zz', '%ff', '%c3%28', '%ed%a0%80', ':bogus', ':', '%00', '%5C'))
    .map(([request, suffix]) => {
      const [path = '', query] = request.target.split('?')
      return { ...request, target: `${path}${suffix}${query === undefined ? '' : `?${query}`}` }
    })

// Edits of which nobody knows what they come to.

type Edit = (request: Request) => Request

const VERBS = 'subscribe watch wait commit renew setIamPolicy getIamPolicy testIamPermissions cancel bogus'.split(' ')
const PARAMETERS =
  'requestId pageSize pageToken page_token filter returnValues recursive path after state quiet direct fields prettyPrint alt callback key access_token $.xgafv options.requestedPolicyVersion'.split(
    ' ',
  )
const plausible = fc.constantFrom(
  'true',
  '1',
  '2',
  'name',
  'variables(name),nextPageToken',
  '*',
  'a/b',
  'YQ==',
  '2026-11-22T10:00:00Z',
)

const editQuery: fc.Arbitrary<Edit> = fc
  .tuple(fc.constantFrom(...PARAMETERS), fc.oneof(plausible, oddText), fc.boolean())
  .map(([name, value, twice]) => (request) => {
    const once = withParameter(request, name, percent(value))
    return twice ? withParameter(once, name, percent(value)) : once
  })

const editPath: fc.Arbitrary<Edit> = fc
  .tuple(
    fc.nat(),
    fc.oneof(oddText.map(percent), fc.constantFrom('..', '%2F', '%2e%2e', '', 'variables', 'a%2Fb', ':')),
  )
  .map(([at, segment]) => (request) => {
    const parts = request.target.split('/')
    parts[2 + (at % Math.max(1, parts.length - 2))] = segment
    return { ...request, target: parts.join('/') }
  })

const editVerb: fc.Arbitrary<Edit> = fc.constantFrom(...VERBS).map((verb) => (request) => {
  const [path = '', query] = request.target.split('?')
  return { ...request, target: `${path.replace(/:\w*$/, '')}:${verb}${query === undefined ? '' : `?${query}`}` }
})

// CONNECT is left out: workerd answers it 500 and logs an exception before the Worker is asked.
const editMethod: fc.Arbitrary<Edit> = fc
  .constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'SEARCH')
  .map((method) => (request) => ({ ...request, method }))

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'if-match': ['*', '"AAAA"', 'W/"AAAA", "BBBB"', '"', '"a" "b"', ','],
  'if-none-match': ['*', '"AAAA"', ''],
  'x-server-timeout': ['0.05', '0', '-1', '1e9', 'NaN', 'Infinity', '0x1'],
  'content-type': ['text/plain', 'application/json; charset=utf-16', 'multipart/form-data', ';;;'],
  'content-encoding': ['gzip', 'br', 'identity', 'gzip, gzip', 'GZIP'],
  accept: ['text/event-stream', '*/*', 'application/xml'],
  'last-event-id': ['2026-11-22T10:00:00.000000000Z', '0', '9999-12-31T23:59:59Z'],
  origin: ['https://evil.example', 'null', 'http://127.0.0.1', '\u00ff'],
  host: ['evil.example', 'localhost', '127.0.0.1:1', '[::1]'],
  authorization: ['Bearer', 'Bearer x', 'Basic eA==', 'Bearer a b'],
  'sec-websocket-protocol': ['rollcall', 'rollcall, rollcall.token.x', ','],
  upgrade: ['websocket', 'WebSocket', 'h2c'],
  'rollcall-listening': ['%7B%7D', '%', '{"subscription":{"kind":"config","root":"","from":"now"}}'],
  'x-http-method-override': ['DELETE'],
  expect: ['100-continue', 'bogus'],
  range: ['bytes=0-0'],
}

/** Those that change what a request means. */
const CONDITIONS = ['if-match', 'if-none-match'] as const

const editHeader: fc.Arbitrary<Edit> = fc
  .constantFrom(...Object.keys(HEADERS), ...CONDITIONS, ...CONDITIONS, ...CONDITIONS)
  .chain((name) =>
    fc.tuple(
      fc.constant(name),
      fc.oneof(fc.constantFrom(...(HEADERS[name] as readonly string[])), oddText.map(header)),
    ),
  )
  .map(([name, value]) => (request) => {
    return { ...request, headers: [...request.headers.filter(([other]) => other !== name), [name, value] as const] }
  })

/** An update and a deletion of a variable with each value of each header, so that none is left to chance. */
export function withEachHeader(config: string): Request[] {
  const changes = plainRequests(placeIn(config)).filter(({ id }) => /variables\.(update|delete)$/.test(id))
  const headers = Object.entries(HEADERS).flatMap(([name, values]) => values.map((value) => [name, value] as const))
  return headers.flatMap((header) => changes.map((request) => ({ ...request, headers: [...request.headers, header] })))
}

const editBody: fc.Arbitrary<Edit> = fc
  .oneof(
    oddValue.map((value) => JSON.stringify(value) ?? ''),
    oddText,
    fc.constantFrom(
      '{} {}',
      "{name: 'x', }",
      '[]',
      '<x/>',
      'a=b',
      '{"a":'.repeat(40_000),
      '['.repeat(200_000),
      '\ufeff{}',
    ),
  )
  .map((text) => (request) => ({ ...request, body: { text } }))

const gzipped: fc.Arbitrary<Edit> = fc.constantFrom('whole', 'cut', 'bomb').map((how) => (request) => {
  const bytes = gzipSync(how === 'bomb' ? Buffer.alloc(2 ** 22) : Buffer.from(textOf(request)))
  const body = { latin1: (how === 'cut' ? bytes.subarray(0, -9) : bytes).toString('latin1') }
  return { ...request, headers: [...request.headers, ['content-encoding', 'gzip'] as const], body }
})

const edit = fc.oneof(
  { weight: 4, arbitrary: editQuery },
  { weight: 4, arbitrary: editPath },
  { weight: 3, arbitrary: editHeader },
  editVerb,
  editMethod,
  editBody,
  gzipped,
)

function withParameter(request: Request, name: string, value: string): Request {
  const { target } = request
  return { ...request, target: `${target}${target.includes('?') ? '&' : '?'}${name}=${value}` }
}

/** Percent-encoded, but for what may stand in a URL as it is; half of a character becomes the sign for what is none. */
function percent(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      /[\w.~*'()!-]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, '0')}`,
    )
    .join('')
}

/** Without what would end a header, or may not stand in one. */
const header = (text: string) => text.replaceAll(/\p{Cc}/gu, '').trim()
