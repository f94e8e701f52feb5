/**
 * A recipient of callbacks: a real server with a certificate of its own. It answers as it is told to, 204 without that,
 * and keeps what it was sent. What comes can be awaited.
 */
import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { certificate, key } from './certificate.ts'

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** An answer: its status, its headers; `hang` is none. */
export type Reply = { readonly status: number; readonly headers?: Record<string, string> } | 'hang'

export class CallbackReceiver {
  /** What it answers to the next requests, in order. */
  readonly replies: Reply[] = []
  /** All that it was sent. */
  readonly all: Received[] = []
  readonly #server: Server
  #read = 0
  #wake = () => {}

  static async start(): Promise<CallbackReceiver> {
    const server = createServer({ cert: certificate, key })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new CallbackReceiver(server)
  }

  private constructor(server: Server) {
    this.#server = server
    server.on('request', async (request, response) => {
      const { method = '', url = '', headers } = request
      this.all.push({ method, url, headers, body: await text(request) })
      const reply = this.replies.shift() ?? { status: 204 }
      if (reply !== 'hang') response.writeHead(reply.status, reply.headers).end()
      this.#wake()
    })
  }

  /** What the server under test must be told to reach it. */
  get server() {
    const { port } = this.#server.address() as AddressInfo
    return { address: `127.0.0.1:${port}`, certificate, certificateHost: 'hooks.example.com' }
  }

  /** The next request that was not read yet. */
  async next(): Promise<Received> {
    while (this.all.length <= this.#read) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.all[this.#read++] as Received
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
