/**
 * etcd, over gRPC and over its own HTTP gateway. A feed is a key that is watched, by a watch stream on a connection of
 * each watcher's own; how nodes meet at a barrier is told in etcd-barrier.ts.
 */
import { Connection, done, request } from '../connection.ts'
import { counting, ledBy, meeting } from './etcd-barrier.ts'
import { PUT, put, RANGE, TXN, watch, watchOn } from './etcd-requests.ts'
import { GrpcConnection } from './grpc.ts'
import { freePorts, outputOf, startProgram } from './program.ts'
import { message, part } from './protobuf.ts'
import * as system from './system.ts'

/** The names of its ways. */
export const ETCD = 'etcd, gRPC'
export const LED = 'etcd, gRPC, a leader counts'
export const GATEWAY = 'etcd, HTTP gateway'

/** How many operations etcd takes in one transaction unless it is told otherwise. */
const MOST = 128

export const etcd: system.Service = {
  id: 'etcd',
  name: 'etcd',
  version: () => /etcd Version: (\S+)/.exec(outputOf('etcd', '--version') ?? '')?.[1],
  async start(folder) {
    const [client, peer] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`) as [string, string]
    // What is not said here is etcd's default: it waits for the fsync of its log.
    const places = {
      'data-dir': folder,
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `default=${peer}`,
      'log-level': 'error',
      logger: 'zap',
    }
    const args = Object.entries(places).map(([option, value]) => `--${option}=${value}`)
    const open = async () => {
      const connection = await GrpcConnection.open(client)
      await connection.call(PUT, put('started', ''))
      return connection
    }
    const program = await startProgram('etcd', args, open)
    const shared = program.opened
    return {
      pid: program.pid,
      systems: [byGrpc(client, shared), byLeader(client, shared), byGateway(client, shared)],
      checkDurable: () => checkFsyncs(client, shared),
      async stop() {
        shared.close()
        await program.stop()
      },
    }
  },
}

/** etcd counts how often it has waited for its log to be on disk. */
async function checkFsyncs(url: string, connection: GrpcConnection): Promise<string> {
  const fsyncs = async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    return Number(/^etcd_disk_wal_fsync_duration_seconds_count (\d+)$/m.exec(metrics)?.[1])
  }
  const writes = 20
  const before = await fsyncs()
  for (let write = 0; write < writes; write++) await connection.call(PUT, put('durable', String(write)))
  const made = (await fsyncs()) - before
  if (!(made >= writes)) throw new Error(`etcd made ${made} fsyncs for ${writes} writes one after another`)
  return `its log is synced at each write: ${made} fsyncs for ${writes} writes one after another`
}

function byGrpc(url: string, shared: GrpcConnection): system.System {
  return {
    name: ETCD,
    writes: {
      async openWriters(count) {
        const connections = await system.openAll(count, () => GrpcConnection.open(url))
        return Promise.all(
          connections.map(async (connection, index) => {
            const key = `/writes/grpc-${index}`
            const write = async (value: string) => void (await connection.call(PUT, put(key, value)))
            await write('')
            return { write, read: () => read(shared, key), close: () => connection.close() }
          }),
        )
      },
      fill: (keys, waiting) => fill(url, keys, waiting),
    },
    barriers: meeting(url, shared, counting),
    feeds: {
      async openFeed(id) {
        const connection = await GrpcConnection.open(url)
        const key = `/feeds/${id}`
        return {
          write: async (value) => void (await connection.call(PUT, put(key, value))),
          openWatchers: (count, told) => watch(url, shared, key, count, told),
          close: () => connection.close(),
        }
      },
    },
  }
}

async function read(connection: GrpcConnection, key: string): Promise<string> {
  const answer = await connection.call(RANGE, message([1, key]))
  return part(part(answer, 2), 5).toString()
}

/** Keys that are put by as many as a transaction takes, and keys that are watched, all on one stream. */
async function fill(url: string, keys: number, waiting: number): Promise<void> {
  const connection = await GrpcConnection.open(url)
  for (let from = 0; from < keys; from += MOST) {
    const puts = Array.from({ length: Math.min(MOST, keys - from) }, (_, index) => {
      return [2, message([2, put(`/filling/node-${from + index}`, system.READY)])] as const
    })
    await connection.call(TXN, message(...puts))
  }
  const watched = Array.from({ length: waiting }, (_, index) => message([1, `/waiting/node-${index}`]))
  await watchOn(connection, watched, () => {})
}

/** The same, but for how nodes meet. */
function byLeader(url: string, shared: GrpcConnection): system.System {
  return { name: LED, barriers: meeting(url, shared, ledBy(url)) }
}

/** The same requests as JSON over HTTP/1.1, which etcd's own gateway makes gRPC of. */
function byGateway(url: string, shared: GrpcConnection): system.System {
  return {
    name: GATEWAY,
    writes: {
      async openWriters(count) {
        const connections = await Connection.openAll(url, count)
        return Promise.all(
          connections.map(async (connection, index) => {
            const key = `/writes/gateway-${index}`
            const write = async (value: string) => {
              const body = { key: base64(key), value: base64(value) }
              done(await connection.send(request('POST', '/v3/kv/put', body)))
            }
            await write('')
            return { write, read: () => read(shared, key), close: () => connection.close() }
          }),
        )
      },
    },
  }
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
