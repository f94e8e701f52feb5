/**
 * ZooKeeper. A node checks in by creating its own znode and asking how many there are, sent together, as a session's
 * requests are answered in their order; whoever reads the full count creates the barrier's znode `go`, which may be there
 * already. The waiters watch for that znode to exist, each by a session of its own. A feed is a znode whose data is
 * watched; to be told of a change is all that counts, though the new data would take one more request.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { dial } from '../connection.ts'
import { ZooKeeperSession } from './jute.ts'
import { freePorts, outputOf, startProgram } from './program.ts'
import * as system from './system.ts'

export const ZOOKEEPER = 'ZooKeeper'

/** Where Debian keeps Java's libraries. */
const JARS = '/usr/share/java'
const JAR = 'zookeeper.jar'
/** Takes what it would log, and lets it go. */
const NO_LOG = 'slf4j-nop.jar'
const MAIN = 'org.apache.zookeeper.server.ZooKeeperServerMain'

/** How many requests of a session are on their way when something is filled. */
const AT_A_TIME = 500

export const zookeeper: system.Service = {
  id: 'zookeeper',
  name: ZOOKEEPER,
  version() {
    if (!existsSync(join(JARS, JAR)) || outputOf('java', '-version') === undefined) return undefined
    const versions = readdirSync(JARS).map((name) => /^zookeeper-([\d.]+)\.jar$/.exec(name)?.[1])
    return versions.find((version) => version !== undefined) ?? 'of an unknown version'
  },
  async start(folder) {
    const [port] = (await freePorts(1)) as [number]
    const file = join(folder, 'zoo.cfg')
    // What is not said here is ZooKeeper's default: `forceSync` is on. So many connections from one host are unusual.
    const lines = [`dataDir=${folder}`, `clientPort=${port}`, 'clientPortAddress=127.0.0.1', 'maxClientCnxns=0']
    writeFileSync(file, [...lines, 'admin.enableServer=false', '4lw.commands.whitelist=mntr', ''].join('\n'))
    const url = `tcp://127.0.0.1:${port}`
    const open = async () => {
      const session = await ZooKeeperSession.open(url)
      for (const path of ['/barriers', '/writes', '/feeds', '/filling', '/waiting']) await session.create(path, '')
      return session
    }
    const classes = [JAR, NO_LOG].map((jar) => join(JARS, jar)).join(':')
    const program = await startProgram('java', ['-cp', classes, MAIN, file], open)
    const shared = program.opened
    return {
      pid: program.pid,
      systems: [bySession(url, shared)],
      checkDurable: () => checkFsyncs(url, shared),
      async stop() {
        await shared.close()
        await program.stop()
      },
    }
  },
}

/** ZooKeeper counts how often it has waited for its log to be on disk. */
async function checkFsyncs(url: string, session: ZooKeeperSession): Promise<string> {
  const writes = 20
  await session.create('/durable', '')
  const before = await fsyncs(url)
  for (let write = 0; write < writes; write++) await session.set('/durable', String(write))
  const made = (await fsyncs(url)) - before
  if (!(made >= writes)) throw new Error(`ZooKeeper made ${made} fsyncs for ${writes} writes one after another`)
  return `its log is synced at each write: ${made} fsyncs for ${writes} writes one after another`
}

async function fsyncs(url: string): Promise<number> {
  const socket = await dial(url)
  let answer = ''
  socket.on('data', (chunk) => (answer += chunk.toString()))
  socket.write('mntr')
  await once(socket, 'end')
  return Number(/^zk_cnt_fsynctime\t(\d+)$/m.exec(answer)?.[1])
}

function bySession(url: string, shared: ZooKeeperSession): system.System {
  return {
    name: ZOOKEEPER,
    writes: {
      async openWriters(count) {
        return system.openAll(count, async (index) => {
          const session = await ZooKeeperSession.open(url)
          const path = `/writes/node-${index}`
          await session.create(path, '')
          return {
            write: (value) => session.set(path, value),
            read: () => shared.get(path),
            close: () => session.close(),
          }
        })
      },
      fill: (keys, waiting) => fill(url, keys, waiting),
    },
    barriers: {
      async openNodes(count) {
        const sessions = await system.openAll(count, () => ZooKeeperSession.open(url))
        return {
          pipelined: true,
          checkIn: (connection, barrier, node) => checkIn(sessions[connection] as ZooKeeperSession, barrier, node),
          count: async ({ id }) => (await shared.exists(readyOf(id))) ?? 0,
          ...system.closing(sessions),
        }
      },
      async prepare({ id }) {
        await shared.create(`/barriers/${id}`, '')
        await shared.create(readyOf(id), '')
      },
      async openWaiters({ id }, count, told) {
        const sessions = await openListeners(url, count, told)
        await Promise.all(sessions.map((session) => session.exists(goOf(id), true)))
        return system.closing(sessions)
      },
    },
    feeds: {
      async openFeed(id) {
        const session = await ZooKeeperSession.open(url)
        const path = `/feeds/${id}`
        await session.create(path, '')
        return {
          write: (value) => session.set(path, value),
          openWatchers: (count, told) => watch(url, path, count, told),
          close: () => session.close(),
        }
      },
    },
  }
}

async function checkIn(session: ZooKeeperSession, { id, nodes }: system.Barrier, node: number): Promise<void> {
  const [, count = 0] = await Promise.all([
    session.create(`${readyOf(id)}/node-${node}`, system.READY),
    session.exists(readyOf(id)),
  ])
  if (count >= nodes) await session.create(goOf(id), system.READY)
}

const readyOf = (id: string) => `/barriers/${id}/ready`
const goOf = (id: string) => `/barriers/${id}/go`

async function watch(url: string, path: string, count: number, told: system.Told): Promise<system.Watchers> {
  const sessions = await openListeners(url, count, told)
  // A watch is told once.
  const rearm = async () => void (await Promise.all(sessions.map((session) => session.get(path, true))))
  await rearm()
  return { rearm, ...system.closing(sessions) }
}

function openListeners(url: string, count: number, told: system.Told): Promise<ZooKeeperSession[]> {
  return system.openAll(count, async (index) => {
    const session = await ZooKeeperSession.open(url)
    session.onEvent = () => told(index)
    return session
  })
}

async function fill(url: string, keys: number, waiting: number): Promise<void> {
  const session = await ZooKeeperSession.open(url)
  for (let from = 0; from < keys; from += AT_A_TIME) {
    const count = Math.min(AT_A_TIME, keys - from)
    const made = Array.from({ length: count }, (_, index) =>
      session.create(`/filling/node-${from + index}`, system.READY),
    )
    await Promise.all(made)
  }
  for (let from = 0; from < waiting; from += AT_A_TIME) {
    const count = Math.min(AT_A_TIME, waiting - from)
    await Promise.all(
      Array.from({ length: count }, (_, index) => session.exists(`/waiting/node-${from + index}`, true)),
    )
  }
}
