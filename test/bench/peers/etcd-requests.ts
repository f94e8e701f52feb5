/** What etcd is asked for, and how it is watched. */
import { GrpcConnection } from './grpc.ts'
import { count as number, fields, message, part } from './protobuf.ts'
import * as system from './system.ts'

export const PUT = '/etcdserverpb.KV/Put'
export const RANGE = '/etcdserverpb.KV/Range'
export const TXN = '/etcdserverpb.KV/Txn'
const WATCH = '/etcdserverpb.Watch/Watch'

export const put = (key: string, value: string) => message([1, key], [2, value])

/** The fields that say which keys are meant: all that begin with a text that ends in a slash. */
export function prefixed(prefix: string) {
  // The digit 0 comes next after the slash: so the range ends.
  return [[1, prefix] as const, [2, `${prefix.slice(0, -1)}0`] as const] as const
}

/** Has so many watch a key from now on, each by a connection of its own. */
export async function watch(
  url: string,
  shared: GrpcConnection,
  key: string,
  count: number,
  told: system.Told,
): Promise<system.Watchers> {
  const answer = await shared.call(RANGE, message([1, key]))
  const next = number(part(answer, 1), 3) + 1
  const connections = await system.openAll(count, async (index) => {
    const connection = await GrpcConnection.open(url)
    await watchOn(connection, [message([1, key], [3, next])], () => told(index))
    return connection
  })
  return { rearm: async () => {}, ...system.closing(connections) }
}

/** Resolves when all that is asked for is watched, by one stream. `told` is called for each event. */
export async function watchOn(connection: GrpcConnection, wanted: readonly Buffer[], told: () => void): Promise<void> {
  const [first = Buffer.alloc(0), ...others] = wanted.map((request) => message([1, request]))
  let created = 0
  await new Promise<void>((resolve, reject) => {
    const lost = connection.stream(WATCH, first, (response) => {
      if (number(response, 4)) throw new Error('etcd cancelled a watch')
      for (let event = fields(response, 11).length; event > 0; event--) told()
      if (!number(response, 3)) return
      if (++created === wanted.length) resolve()
      else connection.say(others[created - 1] as Buffer)
    })
    lost.catch(reject)
  })
}
