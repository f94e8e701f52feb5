/** Bytes on a connection: requests that are cut, that lie about their length, that hide others, and no requests at all. */
import * as fc from 'fast-check'
import type { Sending } from './exchange.ts'
import { anyFrame } from './frames.ts'
import { encode, upgradeOf } from './raw-socket.ts'
import type { Given } from './verdict.ts'

export interface Bytes {
  /** As latin1, in the pieces in which they are sent. */
  readonly pieces: readonly string[]
  readonly ending: Sending['ending']
  /** How many answers there must be, each a success; otherwise nobody knows. */
  readonly good?: number
  readonly given: Given
}

const LF = '\r\n'
const HOST = `Host: 127.0.0.1${LF}`

export function bytesTo(config: string): fc.Arbitrary<Bytes> {
  const target = `/v1beta1/${config}`
  const get = `GET ${target}?fields=name HTTP/1.1${LF}${HOST}${LF}`
  const body = `{"name":"${config}/variables/bytes","text":"x"}`
  const put = (headers: string, content: string) =>
    `PUT ${target}/variables/bytes?fields=name HTTP/1.1${LF}${HOST}${headers}${LF}${content}`
  const whole = put(`If-None-Match: *${LF}Content-Length: ${body.length}${LF}`, body)
  const wild = fc.oneof(
    lengths.map((length) => put(`Content-Length: ${length}${LF}`, body)),
    fc.tuple(fc.oneof(lengths, fc.constant(body.length)), lengths).map(([one, other]) => {
      return put(`Content-Length: ${one}${LF}Content-Length: ${other}${LF}`, body)
    }),
    fc.tuple(codings, chunks(body)).map(([coding, content]) => put(`Transfer-Encoding: ${coding}${LF}`, content + get)),
    fc.tuple(fc.oneof(lengths, fc.constant(body.length)), chunks(body)).map(([length, content]) => {
      return put(`Content-Length: ${length}${LF}Transfer-Encoding: chunked${LF}`, content + get)
    }),
    requestLines(target).map((line) => `${line}${LF}${HOST}${LF}`),
    headerLines.map((line) => `GET ${target} HTTP/1.1${LF}${HOST}${line}${LF}${LF}`),
    upgrades.map((headers) => `GET ${target}:subscribe HTTP/1.1${LF}${HOST}${headers}${LF}`),
    fc.array(anyFrame, { minLength: 1, maxLength: 5 }).map((frames) => {
      return Buffer.concat([upgradeOf(`${target}:subscribe`), ...frames.map(encode)]).toString('latin1')
    }),
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.constantFrom(
      '\x16\x03\x01\x02\x00\x01\x00',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\r\n'.repeat(1000),
      '\u0000'.repeat(5000),
    ),
  )
  const cut = fc
    .tuple(fc.constantFrom(get, whole, get + get), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([text, share]) => {
      return text.slice(0, Math.floor(share * text.length))
    })
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.oneof(wild, cut), ending)
        .chain(([text, end]) => inPieces(text, { ending: end, given: {} })),
    },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }).chain((count) => allGood(get, count)) },
  )
}

const ending = fc.constantFrom<Sending['ending']>('wait', 'half-close', 'close', 'reset')

/** Requests that are as they should be, in however many pieces: each is answered. */
const allGood = (request: string, count: number) =>
  inPieces(request.repeat(count), { ending: 'wait', good: count, given: { right: true, http: true } })

function inPieces(text: string, rest: Omit<Bytes, 'pieces'>): fc.Arbitrary<Bytes> {
  const cuts = fc.array(fc.nat(text.length), { maxLength: 4 })
  return cuts.map((places) => {
    const ends = [...places.sort((one, other) => one - other), text.length]
    return { ...rest, pieces: ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end)).filter(Boolean) }
  })
}

const lengths = fc.oneof(
  fc.constantFrom(
    '-1',
    '+5',
    '0x5',
    '5, 5',
    '5;',
    '',
    '1e1',
    '00000000000000000005',
    '99999999999999999999',
    '999999999',
    'a',
    ' ',
    '5 5',
  ),
  fc.integer({ min: 0, max: 200 }).map(String),
)

const codings = fc.constantFrom(
  'chunked',
  'Chunked',
  ' chunked',
  'xchunked',
  'chunked, identity',
  'gzip, chunked',
  'identity',
  '',
  `chunked${LF}Transfer-Encoding: chunked`,
  `chunked${LF} x`,
)

/** A body in chunks, with one thing wrong or none. */
const chunks = (body: string) => {
  const size = body.length.toString(16)
  return fc.constantFrom(
    `${size}${LF}${body}${LF}0${LF}${LF}`,
    `${size};name=value${LF}${body}${LF}0${LF}X-Trailer: y${LF}${LF}`,
    `${size}${LF}${body}${LF}`,
    `${size}${LF}${body.slice(0, 5)}`,
    `${size}${LF}${body}0${LF}${LF}`,
    `${size}\n${body}\n0\n\n`,
    `-${size}${LF}${body}${LF}0${LF}${LF}`,
    `0x${size}${LF}${body}${LF}0${LF}${LF}`,
    `ffffffffffffffffff${LF}${body}${LF}0${LF}${LF}`,
    `7fffffffffffffff${LF}${body}${LF}0${LF}${LF}`,
    `zz${LF}${body}${LF}0${LF}${LF}`,
    `${LF}${body}${LF}0${LF}${LF}`,
  )
}

// No CONNECT here either; see requests.ts.
const requestLines = (target: string) =>
  fc.constantFrom(
    `GET ${target}`,
    `GET ${target} HTTP/0.9`,
    `GET ${target} HTTP/1.0`,
    `GET ${target} HTTP/1.2`,
    `GET ${target} HTTP/2.0`,
    `GET ${target} http/1.1`,
    `GET  ${target}  HTTP/1.1`,
    `GET ${target} x HTTP/1.1`,
    `get ${target} HTTP/1.1`,
    `FROB ${target} HTTP/1.1`,
    `\u0000GET ${target} HTTP/1.1`,
    `GET ${target}\u0000 HTTP/1.1`,
    `GET \\${target} HTTP/1.1`,
    'GET * HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    `GET http://127.0.0.1${target} HTTP/1.1`,
    `GET https://evil.example${target} HTTP/1.1`,
    `GET http://:99999999${target} HTTP/1.1`,
    `GET ${target}?${'a'.repeat(60_000)} HTTP/1.1`,
    `GET ${target}?${'a'.repeat(600_000)} HTTP/1.1`,
    `GET ${target}#fragment HTTP/1.1`,
    `GET /v1beta1/\xff\xfe HTTP/1.1`,
  )

const headerLines = fc.constantFrom(
  'no colon',
  ': no name',
  'Name : value',
  ' folded: value',
  'Name: \u0000',
  'Name: \x7f',
  'Name: a\rb',
  'Name: a\nHost: b',
  'If-Match: \xff\xfe',
  'Host: other.example',
  'Host: a b',
  'Connection: close, keep-alive, upgrade',
  'Expect: 200-ok',
  'Trailer: X',
  'TE: trailers, deflate;q=0.5',
  Array.from({ length: 3000 }, (_, index) => `N${index}: v`).join(LF),
  `Name: ${'v'.repeat(60_000)}`,
  `Name: ${'v'.repeat(600_000)}`,
)

const UPGRADE = `Connection: Upgrade${LF}Upgrade: websocket${LF}`
const upgrades = fc.constantFrom(
  UPGRADE,
  `${UPGRADE}Sec-WebSocket-Version: 13${LF}`,
  `${UPGRADE}Sec-WebSocket-Version: 99${LF}Sec-WebSocket-Key: c2l4dGVlbiBieXRlcy4uLg==${LF}`,
  `${UPGRADE}Sec-WebSocket-Version: 13${LF}Sec-WebSocket-Key: x${LF}`,
  `${UPGRADE}Sec-WebSocket-Version: 13${LF}Sec-WebSocket-Key: c2l4dGVlbiBieXRlcy4uLg==${LF}Sec-WebSocket-Extensions: permessage-deflate; x=y${LF}`,
  `Upgrade: websocket${LF}Sec-WebSocket-Version: 13${LF}Sec-WebSocket-Key: c2l4dGVlbiBieXRlcy4uLg==${LF}`,
  `Connection: Upgrade, HTTP2-Settings${LF}Upgrade: h2c${LF}HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA${LF}`,
)
