/**
 * What workerd itself can do, without anything of Rollcall: the limits of what a service on it could reach. They are
 * measured as systems of their own, in the same turns (see ../worker.ts).
 */
import { Config } from '../api.ts'
import { Connection, done } from '../connection.ts'
import { Listener } from '../listener.ts'
import { Committer } from './committer.ts'
import type { Place } from './place.ts'
import * as system from './system.ts'

export const NOOP = 'no-op RPC through workerd'
export const BARE = 'bare broadcast of workerd'
export const ECHO = 'bare WebSocket echo of workerd'
export const BARE_BARRIER = 'bare barrier of workerd'

export const limits = (place: Place): system.System[] => [
  noop(place),
  echo(place),
  bareBroadcast(place),
  bareBarrier(place),
]

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
function bareBroadcast({ url, connection, config }: Place): system.System {
  return {
    name: BARE,
    feeds: {
      async openFeed(id) {
        const bare = new Config(`bare-${id}`)
        return {
          write: async (value) => void done(await connection.send(bare.broadcast(messageLike(config, id, value)))),
          async openWatchers(count, told) {
            const listeners = await listen(url, bare.bareSubscription(), count, told)
            return { rearm: async () => {}, ...system.closing(listeners) }
          },
          close: () => {},
        }
      },
    },
  }
}

async function listen(url: string, path: string, count: number, told: system.Told): Promise<Listener[]> {
  const listeners = await Listener.openAll(url, path, count)
  for (const [index, listener] of listeners.entries()) listener.onText = () => told(index)
  return listeners
}

const STAMP = '2026-01-01T00:00:00.000000000Z'
const ETAG = 'MTc5NTM1MzE0MjUwNTAwMA=='

/** A text as long as the message that tells of a change. */
function messageLike({ name }: Config, id: string, text: string): string {
  const variable = { name: `${name}/variables/feeds/${id}`, text, updateTime: STAMP, etag: ETAG, state: 'UPDATED' }
  return JSON.stringify({ stamp: STAMP, changes: [{ variable }] })
}

/**
 * An object that answers each frame and counts it, and sends a text to all who listen when it has counted enough: as many
 * bytes in each of them as by Rollcall, over sockets of the same kinds. Nothing is read, checked or kept.
 */
function bareBarrier({ url, connection, config }: Place): system.System {
  const bare = new Config('bare-barriers')
  return {
    name: BARE_BARRIER,
    barriers: {
      async prepare({ id, nodes }) {
        const barrier = { id, nodes, answer: answerLike(config, id), told: endLike(config, id) }
        done(await connection.send(bare.bareBarrier(barrier)))
      },
      async openWaiters({ id }, count, told) {
        return system.closing(await listen(url, bare.bareSubscription(id), count, told))
      },
      async openNodes(count) {
        const committers = await Committer.openAll(url, bare.bareCheckIns(), count)
        return {
          pipelined: true,
          checkIn: (at, { id }, node) => (committers[at] as Committer).checkIn(config, [`${id}/node-${node}`]),
          count: async ({ id }) => ((await connection.call('GET', bare.bareCount(id))) as { count: number }).count,
          ...system.closing(committers),
        }
      },
    },
  }
}

/** What is left of the answer to a check-in behind its id. */
function answerLike({ name }: Config, id: string): string {
  const variable = { name: `${name}/variables/${id}/node-1`, updateTime: STAMP, etag: ETAG }
  return JSON.stringify({ updateTime: STAMP, outcomes: [{ variable }] }).slice(1)
}

/** A text as long as the message that tells of a waiter's end. */
function endLike({ name: config }: Config, id: string): string {
  const name = `${config}/waiters/${id}`
  const success = { cardinality: { path: `/${id}`, number: 10 } }
  const progress = { success: { have: 10, need: 10 }, decidedBy: `${id}/node-1` }
  return JSON.stringify({ waiter: { name, timeout: '86400s', success, createTime: STAMP, done: true, progress } })
}
