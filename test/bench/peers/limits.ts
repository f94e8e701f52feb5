/**
 * What workerd itself can do, without anything of Rollcall: the limits of what a service on it could reach. They are
 * measured as systems of their own, in the same turns (see ../worker.ts).
 */
import { Config } from '../api.ts'
import { Connection, done } from '../connection.ts'
import { Listener } from '../listener.ts'
import { Waiting } from './framed.ts'
import type { Place } from './place.ts'
import * as system from './system.ts'

export const NOOP = 'no-op RPC through workerd'
export const BARE = 'bare broadcast of workerd'
export const ECHO = 'bare WebSocket echo of workerd'
export const BARE_BARRIER = 'bare barrier of workerd'

export const limits = (place: Place): system.System[] => [noop(place), echo(place), bare(place), bareBarrier(place)]

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

/**
 * An object that answers each frame and counts it, and sends a text to all who listen when it has counted enough: as many
 * bytes in each of them as by Rollcall, over sockets of the same kinds. Nothing is read, checked or kept.
 */
function bareBarrier({ url, connection }: Place): system.System {
  const config = new Config('bare-barriers')
  return {
    name: BARE_BARRIER,
    barriers: {
      async prepare({ id, nodes }) {
        done(await connection.send(config.bareBarrier({ id, nodes, answer: answerLike(id), told: endLike(id) })))
      },
      async openWaiters({ id }, count, told) {
        const listeners = await Listener.openAll(url, config.bareSubscription(id), count)
        for (const [index, listener] of listeners.entries()) listener.onText = () => told(index)
        return system.closing(listeners)
      },
      async openNodes(count) {
        const sockets = await Listener.openAll(url, config.bareCheckIns(), count)
        const waiting = sockets.map((socket) => {
          const answers = new Waiting<number, void>()
          socket.onText = (text) => answers.resolve(Number(/^\{"id":(\d+)/.exec(text)?.[1]), undefined)
          return answers
        })
        let last = 0
        return {
          pipelined: true,
          checkIn(at, { id }, node) {
            const answer = (waiting[at] as Waiting<number, void>).for(++last)
            sockets[at]?.say(config.checkIn(last, [`${id}/node-${node}`]))
            return answer
          },
          count: async ({ id }) => ((await connection.call('GET', config.bareCount(id))) as { count: number }).count,
          ...system.closing(sockets),
        }
      },
    },
  }
}

/** What is left of the answer to a check-in behind its id. */
function answerLike(id: string): string {
  const stamp = '2026-01-01T00:00:00.000000000Z'
  const name = `${new Config('peers').name}/variables/${id}/node-1`
  const variable = { name, updateTime: stamp, etag: 'MTc5NTM1MzE0MjUwNTAwMA==' }
  return `"updateTime":"${stamp}",${JSON.stringify({ outcomes: [{ variable }] }).slice(1)}`
}

/** A text as long as the message that tells of a waiter's end. */
function endLike(id: string): string {
  const stamp = '2026-01-01T00:00:00.000000000Z'
  const name = `${new Config('peers').name}/waiters/${id}`
  const success = { cardinality: { path: `/${id}`, number: 10 } }
  const progress = { success: { have: 10, need: 10 }, decidedBy: `${id}/node-1` }
  return JSON.stringify({ waiter: { name, timeout: '86400s', success, createTime: stamp, done: true, progress } })
}
