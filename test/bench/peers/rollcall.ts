/**
 * Rollcall: a barrier is a waiter that counts, a feed is a variable, and listeners have a WebSocket each, the object's own. It is talked to
 * in two ways, which differ in how is written: by frames over a config's sockets, or by requests over HTTP. Its server
 * also answers no-ops and sends bare broadcasts, which are the limits of what it could do (see ../worker.ts).
 */
import { fileURLToPath } from 'node:url'
import { createRequire } from 'node:module'
import { startServer } from '../../../src/standalone/server.ts'
import { Config } from '../api.ts'
import { Connection, done, request } from '../connection.ts'
import { Listener } from '../listener.ts'
import { load, times } from '../load.ts'
import { Waiting } from './framed.ts'
import * as system from './system.ts'

const ENTRY = fileURLToPath(new URL('../worker.ts', import.meta.url))
const FOLDER = 100
const FILLERS = 64

/** The names of the two ways. */
export const SOCKETS = 'Rollcall, sockets'
export const HTTP = 'Rollcall, HTTP'
/** The limits that are measured beside the systems. */
export const NOOP = 'no-op RPC through workerd'
export const BARE = 'bare broadcast of workerd'
export const ECHO = 'bare WebSocket echo of workerd'

export const rollcall: system.Service = {
  id: 'rollcall',
  name: 'Rollcall',
  version() {
    const { version } = createRequire(import.meta.url)('workerd/package.json') as { version: string }
    return `on workerd ${version}`
  },
  async start(folder) {
    const server = await startServer({ port: 0, host: '127.0.0.1', data: folder, entry: ENTRY })
    const place = new Place(server.url, await Connection.open(server.url))
    await place.config.create(place.connection)
    return {
      pid: server.pid,
      systems: [bySocket(place), byHttp(place), noop(place), echo(place), bare(place)],
      checkDurable: async () => 'SQLite in workerd, whose answers wait for the fsync of their commit',
      stop: async () => {
        place.connection.close()
        await server.stop()
      },
    }
  },
}

/** The config in which everything happens. */
class Place {
  readonly config = new Config('peers')
  readonly url: string
  readonly connection: Connection

  constructor(url: string, connection: Connection) {
    this.url = url
    this.connection = connection
  }

  variable(path: string): string {
    return `${this.config.name}/variables/${path}`
  }

  async read(path: string): Promise<string> {
    return ((await this.connection.call('GET', `/v1beta1/${this.variable(path)}`)) as { text: string }).text
  }

  update(path: string, value: string): Buffer {
    return request('PUT', `/v1beta1/${this.variable(path)}`, { text: value })
  }

  /** How many variables lie under a path. */
  async count(path: string): Promise<number> {
    const query = `filter=${encodeURIComponent(this.variable(path))}&pageSize=5000`
    const page = await this.connection.call('GET', `/v1beta1/${this.config.name}/variables?${query}`)
    return (page as { variables?: object[] }).variables?.length ?? 0
  }
}

/** A socket that commits. */
class Committer {
  readonly #socket: Listener
  readonly #waiting = new Waiting<number, string>()
  #last = 0

  private constructor(socket: Listener) {
    this.#socket = socket
    socket.onText = (text) => this.#waiting.resolve(Number(/^\{"id":(\d+)/.exec(text)?.[1]), text)
  }

  static async openAll({ url, config }: Place, count: number): Promise<Committer[]> {
    return (await Listener.openAll(url, config.checkInSocket(), count)).map((socket) => new Committer(socket))
  }

  checkIn(config: Config, paths: readonly string[]): Promise<void> {
    return this.#say((id) => config.checkIn(id, paths))
  }

  set(name: string, value: string): Promise<void> {
    return this.#say((id) => `{"id":${id},"commit":{"writes":[{"set":{"name":"${name}","text":"${value}"}}]}}`)
  }

  close(): void {
    this.#socket.close()
  }

  async #say(frame: (id: number) => string): Promise<void> {
    const id = ++this.#last
    const answer = this.#waiting.for(id)
    this.#socket.say(frame(id))
    const text = await answer
    if (!text.includes('"outcomes"')) throw new Error(`a commit was answered ${text}`)
  }
}

function bySocket(place: Place): system.System {
  return {
    name: SOCKETS,
    writes: {
      async openWriters(count) {
        const committers = await Committer.openAll(place, count)
        return Promise.all(
          committers.map(async (committer, index) => {
            const path = `writes/socket-${index}`
            const write = (value: string) => committer.set(place.variable(path), value)
            await write('')
            return { write, read: () => place.read(path), close: () => committer.close() }
          }),
        )
      },
      fill: (keys, waiting) => fill(place, keys, waiting),
    },
    barriers: {
      ...waitersOf(place),
      async openNodes(count) {
        const committers = await Committer.openAll(place, count)
        return {
          pipelined: true,
          checkIn: (connection, { id }, node) =>
            (committers[connection] as Committer).checkIn(place.config, [`${id}/node-${node}`]),
          count: ({ id }) => place.count(id),
          ...system.closing(committers),
        }
      },
    },
    feeds: {
      async openFeed(id) {
        const [committer] = (await Committer.openAll(place, 1)) as [Committer]
        const path = `feeds/${id}`
        return {
          write: (value) => committer.set(place.variable(path), value),
          openWatchers: (count, told) => watch(place, path, count, told),
          close: () => committer.close(),
        }
      },
    },
  }
}

function byHttp(place: Place): system.System {
  const { url, config } = place
  return {
    name: HTTP,
    writes: {
      async openWriters(count) {
        const connections = await Connection.openAll(url, count)
        return Promise.all(
          connections.map(async (connection, index) => {
            const path = `writes/http-${index}`
            // What is left of the last time that writers were opened is written over.
            await connection.send(config.createVariable(path))
            const write = async (value: string) => void done(await connection.send(place.update(path, value)))
            return { write, read: () => place.read(path), close: () => connection.close() }
          }),
        )
      },
      fill: (keys, waiting) => fill(place, keys, waiting),
    },
    barriers: {
      ...waitersOf(place),
      async openNodes(count) {
        const connections = await Connection.openAll(url, count)
        return {
          pipelined: false,
          async checkIn(connection, { id }, node) {
            const bytes = config.createVariable(`${id}/node-${node}`)
            done(await (connections[connection] as Connection).send(bytes))
          },
          count: ({ id }) => place.count(id),
          ...system.closing(connections),
        }
      },
    },
    feeds: {
      async openFeed(id) {
        const connection = await Connection.open(url)
        const path = `feeds/${id}`
        await connection.send(config.createVariable(path))
        return {
          write: async (value) => void done(await connection.send(place.update(path, value))),
          openWatchers: (count, told) => watch(place, path, count, told),
          close: () => connection.close(),
        }
      },
    },
  }
}

/** How nodes are waited for, however they check in. */
function waitersOf({ url, config, connection }: Place): Pick<system.Barriers, 'prepare' | 'openWaiters'> {
  return {
    async prepare({ id, nodes }) {
      done(await connection.send(config.createWaiter(id, `/${id}`, nodes)))
    },
    async openWaiters({ id }, count, told) {
      const listeners = await Listener.openAll(url, `${config.waiterSubscription(id)}?direct=true`, count)
      await hear(listeners, (text, index) => {
        if (!text.includes('"done":true')) throw new Error(`a waiter was told ${text}`)
        told(index)
      })
      return system.closing(listeners)
    },
  }
}

async function watch({ url, config }: Place, path: string, count: number, told: system.Told): Promise<system.Watchers> {
  const listeners = await Listener.openAll(url, `/v1beta1/${config.name}:subscribe?path=/${path}&direct=true`, count)
  await hear(listeners, (text, index) => {
    // A stream says from time to time that nothing has happened.
    if (!text.includes('"changes":[]')) told(index)
  })
  return { rearm: async () => {}, ...system.closing(listeners) }
}

/** Passes on what is heard after the first message, which tells how things stand. */
async function hear(listeners: readonly Listener[], take: (text: string, index: number) => void): Promise<void> {
  await Promise.all(
    listeners.map(async (listener, index) => {
      await listener.message(0)
      listener.onText = (text) => take(text, index)
    }),
  )
}

/** An RPC to the object that does nothing. */
function noop({ url, config }: Place): system.System {
  return {
    name: NOOP,
    writes: {
      async openWriters(count) {
        const bytes = config.noop()
        return (await Connection.openAll(url, count)).map((connection) => ({
          write: async () => void done(await connection.send(bytes)),
          close: () => connection.close(),
        }))
      },
    },
  }
}

/** A socket at the edge that answers with what it is told. */
function echo({ url, config }: Place): system.System {
  return {
    name: ECHO,
    writes: {
      async openWriters(count) {
        return (await Listener.openAll(url, config.echoSocket(), count)).map((listener) => ({
          write: (value) =>
            new Promise<void>((resolve) => {
              listener.onText = () => resolve()
              listener.say(value)
            }),
          close: () => listener.close(),
        }))
      },
    },
  }
}

/** An object that sends as many bytes to as many sockets, and does nothing else. */
function bare({ url, connection }: Place): system.System {
  return {
    name: BARE,
    feeds: {
      async openFeed(id) {
        const config = new Config(`bare-${id}`)
        return {
          write: async (value) => void done(await connection.send(config.broadcast(messageLike(id, value)))),
          async openWatchers(count, told) {
            const listeners = await Listener.openAll(url, config.bareSubscription(), count)
            for (const [index, listener] of listeners.entries()) listener.onText = () => told(index)
            return { rearm: async () => {}, ...system.closing(listeners) }
          },
          close: () => {},
        }
      },
    },
  }
}

/** A text as long as the message that tells of a change. */
function messageLike(id: string, text: string): string {
  const stamp = '2026-01-01T00:00:00.000000000Z'
  const name = new Config('peers').name + `/variables/feeds/${id}`
  const variable = { name, text, updateTime: stamp, etag: 'MTc5NTM1MzE0MjUwNTAwMA==', state: 'UPDATED' }
  return JSON.stringify({ stamp, changes: [{ variable }] })
}

/** Makes variables and waiters that never end: what they count is not half as many. */
async function fill(place: Place, keys: number, waiters: number): Promise<void> {
  const { url, config } = place
  const folderOf = (index: number) => `filling/${Math.floor(index / FOLDER)}`
  const [committer] = (await Committer.openAll(place, 1)) as [Committer]
  for (let from = 0; from < keys; from += FOLDER) {
    const paths = Array.from({ length: Math.min(FOLDER, keys - from) }, (_, index) => from + index)
    await committer.checkIn(
      config,
      paths.map((index) => `${folderOf(index)}/node-${index}`),
    )
  }
  committer.close()
  const connections = await Connection.openAll(url, FILLERS)
  let made = 0
  await load(connections, times(waiters), () => {
    const index = made++
    return [config.createWaiter(`waiter-${index}`, `/${folderOf(index)}`, FOLDER * 2 + index)]
  })
  for (const connection of connections) connection.close()
}
