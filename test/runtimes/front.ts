/**
 * What a run talks to besides the live server: the hostile server, and for browsers the page. All of it is one origin,
 * as a page may call no other one whose answers do not allow it.
 *
 *   /              the page, which loads /run.js
 *   /hostile/...   the hostile server
 *   /v1beta1/...   the live server
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { hostile } from './hostile.ts'
import { passOn, passSocketOn } from './proxy.ts'

export interface Front {
  /** Its origin. */
  readonly url: string
  /** What /run.js is to answer. */
  setScript(code: string): void
  /** Ends it, and every connection it holds. */
  stop(): Promise<void>
}

const PAGE = '<!doctype html><title>Rollcall</title><script type="module" src="/run.js"></script>'

/** Starts the front of the live server at `live`. */
export async function startFront(live: string): Promise<Front> {
  let script = ''
  const misbehave = hostile(live)
  const server = createServer((request, response) => {
    const url = request.url ?? '/'
    const behind = behindHostile(url)
    if (behind !== undefined) misbehave.request(request, response, behind)
    else if (url.startsWith('/v1beta1/')) passOn(request, response, `${live}${url}`)
    else if (url === '/') response.setHeader('Content-Type', 'text/html').end(PAGE)
    else if (url === '/run.js') response.setHeader('Content-Type', 'text/javascript').end(script)
    else response.writeHead(404).end()
  })
  const sockets = new Set<Duplex>()
  server.on('upgrade', (request, socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    const url = request.url ?? '/'
    const behind = behindHostile(url)
    if (behind === undefined) passSocketOn(request, socket, `${live}${url}`)
    else misbehave.upgrade(request, socket, behind)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setScript: (code) => {
      script = code
    },
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function behindHostile(url: string): string | undefined {
  return url.startsWith('/hostile/') ? url.slice('/hostile'.length) : undefined
}
