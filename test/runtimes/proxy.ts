/** Hands requests on to another server, as they are. */
import { request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** Has `url` answer a request. Either side's end is the other's. */
export function passOn(request: IncomingMessage, response: ServerResponse, url: string): void {
  const { method, headers } = request
  const onward = send(url, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
    answer.on('error', () => response.destroy())
  })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}

/** Joins a caller that asks for a socket to `url`. */
export function passSocketOn(request: IncomingMessage, socket: Duplex, url: string): void {
  const { hostname, port, pathname, search } = new URL(url)
  const onward = connect(Number(port), hostname)
  const lines = [`${request.method} ${pathname}${search} HTTP/1.1`]
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`)
  }
  onward.write(`${lines.join('\r\n')}\r\n\r\n`)
  socket.pipe(onward)
  onward.pipe(socket)
  for (const [one, other] of [
    [socket, onward],
    [onward, socket],
  ] as const) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
}
