/** What a write costs as more lies beside it: servers that hold more and more, each of its own, measured in turn. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { inTurn } from './passes.ts'
import type { Server, Service, System, Writes } from './system.ts'
import { measureRound } from './writes.ts'

/** What a server holds that the measured writes do not touch. */
export interface Level {
  readonly keys: number
  /** How many wait for something that does not happen. */
  readonly waiting: number
}

export interface SizeFigure extends Level {
  readonly measure: 'size'
  readonly system: string
  readonly pass: number
  readonly connections: number
  /** The time per write, in microseconds: the inverse of the rate. */
  readonly micros: number
}

export interface SizeOptions {
  readonly levels: readonly Level[]
  readonly connections: readonly number[]
  readonly passes: number
  readonly roundMs: number
  /** For how long each server is written to before. */
  readonly warmUpMs: number
}

/** Measures a service in each of its ways; starts as many servers as there are levels, and ends them. */
export async function measureSize(service: Service, folder: string, options: SizeOptions): Promise<SizeFigure[]> {
  const servers: Held[] = []
  try {
    for (const level of options.levels) {
      const data = join(folder, `${service.id}-${level.keys}`)
      mkdirSync(data, { recursive: true })
      const server = await service.start(data)
      servers.push({ server, level })
      await fillable(server)[0]?.writes.fill(level.keys, level.waiting)
    }
    const [first] = servers as [Held]
    const figures: SizeFigure[] = []
    for (const way of fillable(first.server).keys()) figures.push(...(await measureWay(servers, way, options)))
    return figures
  } finally {
    for (const { server } of servers) await server.stop()
  }
}

/** A server, and what it holds. */
interface Held {
  readonly server: Server
  readonly level: Level
}

type Fillable = System & { readonly writes: Required<Writes> }

const fillable = ({ systems }: Server) => systems.filter((system): system is Fillable => !!system.writes?.fill)

async function measureWay(servers: readonly Held[], way: number, options: SizeOptions): Promise<SizeFigure[]> {
  const { connections, passes, roundMs, warmUpMs } = options
  const candidate = ({ server }: Held) => ({ system: fillable(server)[way] as Fillable, pid: server.pid })
  // A server that was given much to hold has had its code compiled by that, and one that holds little has not.
  for (const held of servers) await measureRound(candidate(held), Math.max(...connections), warmUpMs)
  return inTurn(servers, connections, passes, async ({ server, level }, count, pass) => {
    const { system, pid } = candidate({ server, level })
    const { perSecond } = await measureRound({ system, pid }, count, roundMs)
    const micros = 1_000_000 / perSecond
    return { measure: 'size' as const, system: system.name, pass, connections: count, ...level, micros }
  })
}
