/**
 * A server that misbehaves as its caller asks: what comes first in the path says how, the usual path follows it, as in
 * `/drop/v1beta1/projects/p/configs/c`. So any runtime can use it, and all cases can at once.
 *
 *   hang             takes the request and never answers
 *   drop             cuts the connection instead of an answer
 *   500              answers that something went wrong
 *   half             answers the first half of a JSON body, then cuts the connection
 *   half-frame       sockets open, then hear half a frame, then the connection is cut
 *   refuse-upgrade   sockets are refused with 403
 *   dead-socket      sockets open, then nothing ever comes
 *   flaky            the first two requests for each method and path are refused with 503
 *   liar             a waiter is done, and from the second time on it never was
 *
 * What is not said to misbehave goes to the live server.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Waiter } from '../../src/core/wire.ts'
import { passOn, passSocketOn } from './proxy.ts'

/** How many requests of each kind `flaky` refuses. */
const REFUSALS = 2

/** Answers one request, whose path begins with what is to go wrong. */
type Answer = (request: IncomingMessage, response: ServerResponse, path: string) => void
/** Answers one request for a socket. */
type Upgrade = (request: IncomingMessage, socket: Duplex, path: string) => void

/** Where to hand requests to: the listeners of a node:http server. */
export interface Hostile {
  readonly request: Answer
  readonly upgrade: Upgrade
}

/** A hostile server in front of the live server at `url`. The paths it is given are those behind its own. */
export function hostile(url: string): Hostile {
  const seen = new Map<string, number>()
  /** How often this has come before. */
  const before = (request: IncomingMessage, path: string): number => {
    const key = `${request.method} ${path.split('?')[0]}`
    const times = seen.get(key) ?? 0
    seen.set(key, times + 1)
    return times
  }
  const pass: Answer = (request, response, path) => passOn(request, response, `${url}${path}`)
  const answers: Readonly<Record<string, Answer>> = {
    hang: () => {},
    drop: (request) => request.socket.destroy(),
    500: (_, response) => refuse(response, 500, 'INTERNAL'),
    half: (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '60' })
      response.write('{"name": "projects/', () => response.destroy())
    },
    flaky: (request, response, path) => {
      if (before(request, path) >= REFUSALS) return pass(request, response, path)
      response.setHeader('Retry-After', '0')
      refuse(response, 503, 'UNAVAILABLE')
    },
    liar: (request, response, path) => {
      if (!/\/waiters\/[^/:]+$/.test(path)) return pass(request, response, path)
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(waiterAt(path, before(request, path) === 0)))
    },
    'half-frame': pass,
    'refuse-upgrade': pass,
    'dead-socket': pass,
  }
  const upgrades: Readonly<Record<string, Upgrade>> = {
    hang: () => {},
    drop: (_, socket) => socket.destroy(),
    500: (_, socket) => refuseUpgrade(socket, 500),
    half: (_, socket) => socket.end('HTTP/1.1 101 Switching Prot'),
    flaky: (request, socket, path) => {
      if (before(request, path) >= REFUSALS) passSocketOn(request, socket, `${url}${path}`)
      else refuseUpgrade(socket, 503)
    },
    liar: (request, socket, path) => {
      accept(request, socket)
      for (const done of [true, false]) {
        socket.write(textFrame(JSON.stringify({ waiter: waiterAt(path.replace(/:.*/, ''), done) })))
      }
    },
    'half-frame': (request, socket) => {
      accept(request, socket)
      const frame = textFrame('{"waiter": {"name": "projects/p"}}')
      socket.end(frame.subarray(0, frame.length / 2))
    },
    'refuse-upgrade': (_, socket) => refuseUpgrade(socket, 403),
    'dead-socket': accept,
  }
  return {
    request: (request, response, path) => {
      const [behaviour, rest] = split(path)
      const answer = answers[behaviour] ?? ((_, unknown) => refuse(unknown, 404, 'NOT_FOUND'))
      answer(request, response, rest)
    },
    upgrade: (request, socket, path) => {
      const [behaviour, rest] = split(path)
      const upgrade = upgrades[behaviour] ?? (() => refuseUpgrade(socket, 404))
      upgrade(request, socket, rest)
    },
  }
}

/** What is to go wrong, and the path behind it. */
function split(path: string): [behaviour: string, rest: string] {
  const [, behaviour = '', rest = '/'] = /^\/([^/?]*)(.*)$/.exec(path) ?? []
  return [behaviour, rest]
}

function refuse(response: ServerResponse, code: number, status: string): void {
  response.writeHead(code, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify({ error: { code, message: 'hostile', status } }))
}

function refuseUpgrade(socket: Duplex, code: number): void {
  socket.end(`HTTP/1.1 ${code} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function waiterAt(path: string, done: boolean): Waiter {
  return {
    name: path.replace('/v1beta1/', ''),
    timeout: '60s',
    success: { cardinality: { path: '/ready', number: 1 } },
    createTime: '2026-01-01T00:00:00.000000000Z',
    ...(done && { done }),
  }
}

/**
 * Opens a socket: RFC 6455, section 4.2.2. Nothing that comes on it is answered; but who closes it is cut off, for some
 * platforms keep a program running until they are, and leave it no way to do so itself.
 */
function accept(request: IncomingMessage, socket: Duplex): void {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const protocol = request.headers['sec-websocket-protocol']?.split(',')[0]
  const head = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  socket.on('data', (frames: Buffer) => {
    if (closes(frames)) socket.destroy()
  })
}

/** Whether there is a close frame among the short frames of a client: RFC 6455, section 5.2. */
function closes(frames: Buffer): boolean {
  const CLOSE = 8
  const HEAD_AND_MASK = 6
  for (let at = 0; at + 1 < frames.length; at += HEAD_AND_MASK + (frames.readUInt8(at + 1) & 0x7f)) {
    if ((frames.readUInt8(at) & 0x0f) === CLOSE) return true
  }
  return false
}

/** A frame with a short text: RFC 6455, section 5.2. */
function textFrame(text: string): Buffer {
  const body = Buffer.from(text)
  const FINAL_TEXT = 0x81
  const TWO_BYTE_LENGTH = 126
  if (body.length < TWO_BYTE_LENGTH) return Buffer.concat([Buffer.from([FINAL_TEXT, body.length]), body])
  const head = Buffer.from([FINAL_TEXT, TWO_BYTE_LENGTH, 0, 0])
  head.writeUInt16BE(body.length, 2)
  return Buffer.concat([head, body])
}
