/** Servers for the tests of the live client: one that may be ended and started again, and what stands in its way. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { Client, type ClientOptions } from '../../../src/client/index.ts'
import { startServer, type Server } from '../../../src/standalone/server.ts'
import { EXTERNAL, useServer } from '../../conformance/server.ts'
import { newId, newProject } from '../../conformance/client.ts'
import { hostile } from '../../runtimes/hostile.ts'

/** For a server that somebody else has started: what that holds, and for how long, is not the tests' to say. */
export { EXTERNAL }

/** The server of the file, and clients of it. */
export interface Live {
  /** A client, with what is given in place of the usual. */
  client(options?: Partial<ClientOptions>): Client
  /** A new config in a project of its own; answers its full name. */
  config(): Promise<string>
}

/** A server for the tests of a file. Held requests end soon, so that who polls is seen to ask again. */
export function useLive(): Live {
  const server = useServer({ ROLLCALL_WATCH_SECONDS: '1' })
  const client = (options: Partial<ClientOptions> = {}) => new Client({ url: server.base, ...options })
  return { client, config: () => newConfig(client()) }
}

/** A new config in a project of its own; answers its full name. */
export async function newConfig(client: Client): Promise<string> {
  const name = `${newProject()}/configs/${newId()}`
  await client.configs.create({ name })
  return name
}

/** A server with an address and a data folder that stay the same when it is started again. */
export class Restartable {
  url = ''
  readonly #data = mkdtempSync(join(tmpdir(), 'rollcall-live-'))
  #server: Server | undefined

  async start(): Promise<void> {
    const port = this.url ? Number(new URL(this.url).port) : 0
    const variables = { ROLLCALL_INSECURE_OPEN: 'true', ROLLCALL_WATCH_SECONDS: '1' }
    this.#server = await startServer({ port, host: '127.0.0.1', data: this.#data, variables })
    this.url = this.#server.url
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.#data, { recursive: true })
  }
}

/** The hostile server in front of the live one; answers its address, behind which stands what is to go wrong. */
export function useHostile(live: Live): { url: string } {
  const place = { url: '' }
  let stop = async () => {}
  beforeAll(async () => {
    const { request, upgrade } = hostile(live.client().base)
    const server = createServer((incoming, response) => request(incoming, response, incoming.url ?? '/'))
    const sockets = new Set<Duplex>()
    server.on('upgrade', (incoming, socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => socket.destroy())
      upgrade(incoming, socket, incoming.url ?? '/')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    place.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    stop = async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await closed
    }
  })
  afterAll(() => stop())
  return place
}

/** The way to the live server, which can be cut: all connections on it end then, and new ones get through. */
export function useCuttable(live: Live): { url: string; cut(): void } {
  const sockets = new Set<Socket>()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const place = { url: '', cut }
  const server = createTcpServer((incoming) => {
    const { hostname, port } = new URL(live.client().base)
    const onward = connect(Number(port), hostname)
    for (const [one, other] of [
      [incoming, onward],
      [onward, incoming],
    ] as const) {
      sockets.add(one)
      one.on('error', () => one.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    place.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    const closed = once(server, 'close')
    server.close()
    cut()
    await closed
  })
  return place
}

/** A promise, and how to resolve it. */
export function signalled<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** Counts the platform's sockets: how many were made, and how many are open. */
export function countedSockets() {
  const made: WebSocket[] = []
  class Counted extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols)
      made.push(this)
    }
  }
  return { made, WebSocket: Counted }
}
