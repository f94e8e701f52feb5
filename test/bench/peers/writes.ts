/** Durable writes in a closed loop: each connection writes its own key again when the last write is answered. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { closedLoop, lasting, type Run } from '../load.ts'
import { inTurn, withCost, type Candidate } from './passes.ts'
import { closing, type Writer, type Writes } from './system.ts'
import { valueOf } from './value.ts'

export interface WritesFigure extends Run {
  readonly measure: 'writes'
  readonly system: string
  readonly pass: number
  readonly connections: number
  /** Processor time for one write, in microseconds. */
  readonly loadCpuMicros: number
  readonly serverCpuMicros: number
  /** The share of one processor that the load process took. */
  readonly loadShare: number
}

export interface WritesOptions {
  readonly connections: readonly number[]
  readonly passes: number
  readonly roundMs: number
}

/** The limit of the disk. */
export const FSYNC = 'bare write and fsync'

const WARM_UP_MS = 300

export async function measureWrites(
  candidates: readonly Candidate[],
  folder: string,
  { connections, passes, roundMs }: WritesOptions,
): Promise<WritesFigure[]> {
  const measure = async (candidate: Candidate, count: number, pass: number) => ({
    measure: 'writes' as const,
    system: candidate.system.name,
    pass,
    connections: count,
    ...(await measureRound(candidate, count, roundMs)),
  })
  const [one, more] = [connections.filter((count) => count === 1), connections.filter((count) => count > 1)]
  return [
    ...(await inTurn([...candidates, disk(folder)], one, passes, measure)),
    ...(await inTurn(candidates, more, passes, measure)),
  ]
}

/** Writes over so many connections for so long, after a warm-up. */
export async function measureRound({ system, pid }: Candidate, connections: number, roundMs: number) {
  const writers = await (system.writes as Writes).openWriters(connections)
  await write(writers, pid, WARM_UP_MS)
  const figure = await write(writers, pid, roundMs)
  await closing(writers).close()
  return figure
}

/** Writes, and throws unless each writer then reads what it has written last. */
async function write(writers: readonly Writer[], pid: number, ms: number) {
  const last = writers.map(() => '')
  let written = 0
  const { result, cost } = await withCost(pid, () =>
    closedLoop(writers.length, lasting(ms), (worker, timed) => {
      const value = (last[worker] = valueOf(++written))
      return timed(() => (writers[worker] as Writer).write(value))
    }),
  )
  for (const [index, writer] of writers.entries()) {
    const read = writer.read ? await writer.read() : last[index]
    if (read !== last[index]) throw new Error(`a key holds ${read}, and ${last[index]} was written`)
  }
  return {
    ...result,
    loadCpuMicros: (cost.loadCpuMs * 1000) / result.count,
    serverCpuMicros: (cost.serverCpuMs * 1000) / result.count,
    loadShare: (cost.loadCpuMs * result.perSecond) / result.count / 1000,
  }
}

/** What the disk does when the load process itself writes and syncs. */
function disk(folder: string): Candidate {
  const block = Buffer.alloc(4096)
  const openWriters = async () => {
    const file = openSync(join(folder, 'fsync'), 'w')
    const sync = async () => {
      writeSync(file, block)
      fsyncSync(file)
    }
    return [{ write: sync, close: () => closeSync(file) }]
  }
  return { system: { name: FSYNC, writes: { openWriters } }, pid: process.pid }
}
