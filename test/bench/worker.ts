/**
 * The Worker, and in it what the bench measures it against: an object that does nothing but answer, and one that does
 * nothing but send. Both go the way that the API's requests go, from the edge into the object that owns a config.
 */
import type { Access } from '../../src/core/access.ts'
import type { Command, Outcome } from '../../src/core/command.ts'
import { variableResource } from '../../src/core/variable.ts'
import app, { RuntimeConfig as Measured, type Env } from '../../src/index.ts'

export * from '../../src/index.ts'

/** On the sockets that listen to the bare broadcast. */
const TAG = 'bench'
const UNDONE = 'undone/'
const LISTEN = '/bench/listen/'

export class RuntimeConfig extends Measured {
  /** Answers, and that is all. */
  noop(): void {}

  /** Variables of this folder are answered for as if they were made, and are not. */
  override submit(command: Command, access?: Access): Promise<Outcome> {
    if (command.type !== 'createVariable' || !command.path.startsWith(UNDONE)) return super.submit(command, access)
    const variable = { path: command.path, ...command.input, updated: Date.now() * 1000 }
    return Promise.resolve({ ok: true, value: variableResource(this.ctx.id.name as string, variable) })
  }

  /** Sends a text to whoever listens, and answers to how many that was. */
  broadcast(text: string): number {
    const sockets = this.ctx.getWebSockets(TAG)
    for (const socket of sockets) socket.send(text)
    return sockets.length
  }

  override async fetch(request: Request): Promise<Response> {
    if (!new URL(request.url).pathname.startsWith(LISTEN)) return super.fetch(request)
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server, [TAG])
    return new Response(null, { status: 101, webSocket: client })
  }
}

const BENCH = /^\/bench\/(noop|listen|broadcast|echo)\/(.+)$/

/** A socket that says what it hears. */
function echo(): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  server.addEventListener('message', ({ data }) => server.send(data))
  server.accept()
  return new Response(null, { status: 101, webSocket: client })
}

export default {
  async fetch(request, env, ctx) {
    const [, action, config] = BENCH.exec(new URL(request.url).pathname) ?? []
    if (config === undefined) return app.fetch(request, env, ctx)
    const object = (env.RUNTIME_CONFIG as unknown as DurableObjectNamespace<RuntimeConfig>).getByName(config)
    switch (action) {
      case 'echo':
        return echo()
      case 'listen':
        return object.fetch(request)
      case 'broadcast':
        return Response.json(await object.broadcast(await request.text()))
      default:
        await object.noop()
        return new Response('{}')
    }
  },
} satisfies ExportedHandler<Env>
