/**
 * Barriers on etcd, by two recipes. Nodes may count themselves, as in etcd's own recipe of a double barrier, but with
 * one transaction in the place of two requests: it puts the node's key and counts the keys of the barrier under one
 * revision, so exactly one node reads the full count, and that one puts the key `go`. Or a leader watches the keys,
 * counts what it is told and puts `go`: this costs etcd less, for to count it goes through all that it counts, but
 * somebody must be the leader, and be another one when that one is lost, which is left out here. The waiters watch `go`.
 */
import { GrpcConnection } from './grpc.ts'
import { prefixed, PUT, put, RANGE, TXN, watch, watchOn } from './etcd-requests.ts'
import { count as number, fields, message, part } from './protobuf.ts'
import * as system from './system.ts'

/** How it comes out that all are in. */
export interface Recipe {
  prepare(shared: GrpcConnection, barrier: system.Barrier): Promise<void>
  checkIn(connection: GrpcConnection, barrier: system.Barrier, node: number): Promise<void>
}

export function meeting(url: string, shared: GrpcConnection, recipe: Recipe): system.Barriers {
  return {
    async openNodes(count) {
      const connections = await system.openAll(count, () => GrpcConnection.open(url))
      return {
        pipelined: true,
        checkIn: (connection, barrier, node) =>
          recipe.checkIn(connections[connection] as GrpcConnection, barrier, node),
        count: async ({ id }) => number(await shared.call(RANGE, countOf(id)), 4),
        ...system.closing(connections),
      }
    },
    prepare: (barrier) => recipe.prepare(shared, barrier),
    openWaiters: ({ id }, count, told) => watch(url, shared, goOf(id), count, told),
  }
}

/** Nodes count themselves. */
export const counting: Recipe = {
  prepare: async () => {},
  async checkIn(connection, { id, nodes }, node) {
    const operations = [message([2, enter(id, node)]), message([1, countOf(id)])]
    const answer = await connection.call(TXN, message(...operations.map((operation) => [2, operation] as const)))
    const counted = fields(answer, 3).at(-1) as Buffer
    if (number(part(counted, 1), 4) === nodes) await connection.call(PUT, put(goOf(id), system.READY))
  },
}

/** A leader counts, by a connection of its own. */
export function ledBy(url: string): Recipe {
  return {
    async prepare(shared, { id, nodes }) {
      const leader = await GrpcConnection.open(url)
      let entered = 0
      await watchOn(leader, [message(...prefixed(readyOf(id)))], () => {
        if (++entered < nodes) return
        leader.close()
        void shared.call(PUT, put(goOf(id), system.READY))
      })
    },
    async checkIn(connection, { id }, node) {
      await connection.call(PUT, enter(id, node))
    },
  }
}

const enter = (id: string, node: number) => put(`${readyOf(id)}node-${node}`, system.READY)

/** A request to count who is in. */
const countOf = (id: string) => message(...prefixed(readyOf(id)), [9, true])

const readyOf = (id: string) => `/barriers/${id}/ready/`
const goOf = (id: string) => `/barriers/${id}/go`
