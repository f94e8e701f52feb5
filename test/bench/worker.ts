/**
 * The Worker, and in it what the bench measures it against: an object that does nothing but answer, one that does nothing
 * but send, and one that does nothing but count what it hears. All go the way that the API's requests go, from the edge
 * into the object that owns a config.
 */
import type { Access } from '../../src/core/access.ts'
import type { Command } from '../../src/core/command.ts'
import { variableResource } from '../../src/core/variable.ts'
import type { BareBarrier } from './bare-barrier.ts'
import type { Timed } from '../../src/object/runtime-config.ts'
import app, { RuntimeConfig as Measured, type Env } from '../../src/index.ts'

export * from '../../src/index.ts'

/** On the sockets that listen to the bare broadcast. */
const TAG = 'bench'
const UNDONE = 'undone/'
const OWN = /^\/bench\/(listen|nodes)\//

export class RuntimeConfig extends Measured {
  readonly #barriers = new Map<string, BareBarrier & { count: number }>()

  /** Answers, and that is all. */
  noop(): void {}

  /** Variables of this folder are answered for as if they were made, and are not. */
  override submitTimed(command: Command, access?: Access, trace?: string): Promise<Timed> {
    const { type } = command
    if (type !== 'createVariable' || !command.path.startsWith(UNDONE)) return super.submitTimed(command, access, trace)
    const variable = { path: command.path, ...command.input, updated: Date.now() * 1000 }
    const now = Date.now()
    const outcome = { ok: true, value: variableResource(this.ctx.id.name as string, variable) } as const
    return Promise.resolve({ outcome, commit: { began: now, ended: now } })
  }

  /** Sends a text to whoever listens, and answers to how many that was. */
  broadcast(text: string): number {
    const sockets = this.ctx.getWebSockets(TAG)
    for (const socket of sockets) socket.send(text)
    return sockets.length
  }

  /** Makes a barrier that keeps nothing. */
  makeBarrier(barrier: BareBarrier): void {
    this.#barriers.set(barrier.id, { ...barrier, count: 0 })
  }

  /** How many have checked in to it. */
  countOf(barrier: string): number {
    return this.#barriers.get(barrier)?.count ?? 0
  }

  #hear(socket: WebSocket, frame: string): void {
    const [, id, name] = /^\{"id":(\d+).*?\/variables\/([^/]+)\//.exec(frame) ?? []
    const barrier = this.#barriers.get(name ?? '')
    if (!barrier) return socket.close(4404, 'there is no such barrier')
    barrier.count += 1
    socket.send(`{"id":${id},${barrier.answer}`)
    if (barrier.count < barrier.nodes) return
    for (const listener of this.ctx.getWebSockets(TAG + barrier.id)) listener.send(barrier.told)
  }

  override async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const [, what] = OWN.exec(pathname) ?? []
    if (!what) return super.fetch(request)
    const { 0: client, 1: server } = new WebSocketPair()
    if (what === 'listen') this.ctx.acceptWebSocket(server, [TAG + (searchParams.get('barrier') ?? '')])
    else {
      server.addEventListener('message', ({ data }) => this.#hear(server, data as string))
      server.accept()
    }
    return new Response(null, { status: 101, webSocket: client })
  }
}

const BENCH = /^\/bench\/(noop|listen|nodes|broadcast|barrier|count|echo)\/(.+)$/

/** A socket that says what it hears. */
function echo(): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  server.addEventListener('message', ({ data }) => server.send(data))
  server.accept()
  return new Response(null, { status: 101, webSocket: client })
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url)
    const [, action, config] = BENCH.exec(pathname) ?? []
    if (config === undefined) return app.fetch(request, env, ctx)
    const object = (env.RUNTIME_CONFIG as unknown as DurableObjectNamespace<RuntimeConfig>).getByName(config)
    switch (action) {
      case 'echo':
        return echo()
      case 'listen':
      case 'nodes':
        return object.fetch(request)
      case 'barrier':
        await object.makeBarrier(await request.json())
        return new Response('{}')
      case 'count':
        return Response.json({ count: await object.countOf(searchParams.get('barrier') ?? '') })
      case 'broadcast':
        return Response.json(await object.broadcast(await request.text()))
      default:
        await object.noop()
        return new Response('{}')
    }
  },
} satisfies ExportedHandler<Env>
