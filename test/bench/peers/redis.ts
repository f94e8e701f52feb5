/**
 * Redis with an append-only file that is synced at each write. A node checks in by a script that adds it to a set and, if
 * the set is full by that, sets the barrier's key `go` and publishes it; the waiters subscribe, each by a connection of
 * its own, and then look whether the key is there already. (The members of a set have no values, so a node writes its
 * name alone.) A feed is a key that is set and published in one transaction.
 */
import { freePorts, outputOf, startProgram } from './program.ts'
import { RedisConnection, type Reply } from './resp.ts'
import * as system from './system.ts'

export const REDIS = 'Redis'

/** Keys: who is in, and `go`. Arguments: the node, how many it takes, and what is told. */
const CHECK_IN = `
if redis.call('SADD', KEYS[1], ARGV[1]) == 1 and redis.call('SCARD', KEYS[1]) == tonumber(ARGV[2]) then
  redis.call('SET', KEYS[2], ARGV[3])
  redis.call('PUBLISH', KEYS[2], ARGV[3])
end`

/** A key, and its value. */
const ANNOUNCE = `
redis.call('SET', KEYS[1], ARGV[1])
redis.call('PUBLISH', KEYS[1], ARGV[1])`

/** How many commands are on their way when something is filled. */
const AT_A_TIME = 500

export const redis: system.Service = {
  id: 'redis',
  name: REDIS,
  version: () => /v=(\S+)/.exec(outputOf('redis-server', '--version') ?? '')?.[1],
  async start(folder) {
    const [port] = (await freePorts(1)) as [number]
    const url = `tcp://127.0.0.1:${port}`
    const places = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
    // The snapshots that Redis makes beside it would be work for nothing.
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
    const open = async () => {
      const connection = await RedisConnection.open(url)
      const load = async (script: string) => (await connection.send('SCRIPT', 'LOAD', script)) as string
      return { connection, scripts: { checkIn: await load(CHECK_IN), announce: await load(ANNOUNCE) } }
    }
    const program = await startProgram('redis-server', [...places, ...durable], open)
    const { connection: shared, scripts } = program.opened
    return {
      pid: program.pid,
      systems: [byConnection(url, shared, scripts)],
      checkDurable: () => checkSettings(shared),
      async stop() {
        shared.close()
        await program.stop()
      },
    }
  },
}

async function checkSettings(connection: RedisConnection): Promise<string> {
  const wanted = { appendonly: 'yes', appendfsync: 'always' }
  for (const [setting, value] of Object.entries(wanted)) {
    const [, is] = (await connection.send('CONFIG', 'GET', setting)) as Reply[]
    if (is !== value) throw new Error(`Redis runs with ${setting} ${String(is)}`)
  }
  return 'appendonly yes, appendfsync always'
}

interface Scripts {
  readonly checkIn: string
  readonly announce: string
}

function byConnection(url: string, shared: RedisConnection, { checkIn, announce }: Scripts): system.System {
  return {
    name: REDIS,
    writes: {
      async openWriters(count) {
        return system.openAll(count, async (index) => {
          const connection = await RedisConnection.open(url)
          const key = `writes:${index}`
          const write = async (value: string) => void (await connection.send('SET', key, value))
          await write('')
          return { write, read: async () => String(await shared.send('GET', key)), close: () => connection.close() }
        })
      },
      fill: (keys, waiting) => fill(url, keys, waiting),
    },
    barriers: {
      async openNodes(count) {
        const connections = await system.openAll(count, () => RedisConnection.open(url))
        return {
          pipelined: true,
          async checkIn(connection, { id, nodes }, node) {
            const parts = [2, readyOf(id), goOf(id), `node-${node}`, nodes, system.READY] as const
            await (connections[connection] as RedisConnection).send('EVALSHA', checkIn, ...parts)
          },
          count: async ({ id }) => Number(await shared.send('SCARD', readyOf(id))),
          ...system.closing(connections),
        }
      },
      prepare: async () => {},
      async openWaiters({ id }, count, told) {
        const waiters = await subscribe(url, goOf(id), count, told)
        if ((await shared.send('GET', goOf(id))) !== null) throw new Error('a barrier was open before its time')
        return waiters
      },
    },
    feeds: {
      async openFeed(id) {
        const connection = await RedisConnection.open(url)
        const key = `feeds:${id}`
        return {
          write: async (value) => void (await connection.send('EVALSHA', announce, 1, key, value)),
          openWatchers: async (count, told) => ({
            rearm: async () => {},
            ...(await subscribe(url, key, count, told)),
          }),
          close: () => connection.close(),
        }
      },
    },
  }
}

const readyOf = (id: string) => `barriers:${id}:ready`
const goOf = (id: string) => `barriers:${id}:go`

async function subscribe(url: string, channel: string, count: number, told: system.Told): Promise<system.Closing> {
  const connections = await system.openAll(count, async (index) => {
    const connection = await RedisConnection.open(url)
    connection.onMessage = () => told(index)
    await connection.send('SUBSCRIBE', channel)
    return connection
  })
  return system.closing(connections)
}

async function fill(url: string, keys: number, waiting: number): Promise<void> {
  const connection = await RedisConnection.open(url)
  const send = async (count: number, command: (index: number) => readonly string[]) => {
    for (let from = 0; from < count; from += AT_A_TIME) {
      const size = Math.min(AT_A_TIME, count - from)
      await Promise.all(Array.from({ length: size }, (_, index) => connection.send(...command(from + index))))
    }
  }
  await send(keys, (index) => ['SET', `filling:${index}`, system.READY])
  await send(waiting, (index) => ['SUBSCRIBE', `waiting:${index}`])
}
