/**
 * Rollcall: a barrier is a waiter that counts, a feed is a variable, and listeners have a WebSocket each, the object's
 * own. It is talked to in two ways, which differ in how is written: by frames over a config's sockets, or by requests
 * over HTTP. Its server also shows what workerd can do without it (see limits.ts).
 */
import { fileURLToPath } from 'node:url'
import { createRequire } from 'node:module'
import { startServer } from '../../../src/standalone/server.ts'
import { Connection, done } from '../connection.ts'
import { Listener } from '../listener.ts'
import { load, times } from '../load.ts'
import { Committer } from './committer.ts'
import { limits } from './limits.ts'
import { Place } from './place.ts'
import * as system from './system.ts'

const ENTRY = fileURLToPath(new URL('../worker.ts', import.meta.url))
const FOLDER = 100
const FILLERS = 64

/** The names of the two ways. */
export const SOCKETS = 'Rollcall, sockets'
export const HTTP = 'Rollcall, HTTP'

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
      systems: [bySocket(place), byHttp(place), ...limits(place)],
      checkDurable: async () => 'SQLite in workerd, whose answers wait for the fsync of their commit',
      stop: async () => {
        place.connection.close()
        await server.stop()
      },
    }
  },
}

/** Opens sockets to the object that owns the config. */
const openCommitters = ({ url, config }: Place, count: number) => Committer.openAll(url, config.checkInSocket(), count)

function bySocket(place: Place): system.System {
  return {
    name: SOCKETS,
    writes: {
      async openWriters(count) {
        const committers = await openCommitters(place, count)
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
        const committers = await openCommitters(place, count)
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
        const [committer] = (await openCommitters(place, 1)) as [Committer]
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

/** Makes variables and waiters that never end: what they count is not half as many. */
async function fill(place: Place, keys: number, waiters: number): Promise<void> {
  const { url, config } = place
  const folderOf = (index: number) => `filling/${Math.floor(index / FOLDER)}`
  const [committer] = (await openCommitters(place, 1)) as [Committer]
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
