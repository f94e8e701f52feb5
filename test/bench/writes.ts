/** How many durable writes a second one config takes, beside a no-op RPC through the same object. */
import { Config } from './api.ts'
import { Connection } from './connection.ts'
import { lasting, load, median, middle, times, type Run, type Unit } from './load.ts'

export interface Writes {
  readonly measure: 'writes'
  readonly connections: number
  /** An RPC that does nothing. */
  readonly noop: Run
  /** Creates that come to the object as all others do, and that it answers without doing them. */
  readonly undone: Run
  readonly create: Run
  readonly update: Run
  /** Rates as shares of the no-op's: the median of the rounds, in each of which all were measured in turn. */
  readonly undoneShare: number
  readonly createShare: number
  readonly updateShare: number
  /** The rate of creates as a share of that of the undone ones: what is left of it for doing them durably. */
  readonly doneShare: number
}

export interface WritesOptions {
  readonly connections: readonly number[]
  readonly rounds: number
  readonly roundMs: number
}

const WARM_UP_MS = 500

const KINDS = ['noop', 'undone', 'create', 'update'] as const
type Kind = (typeof KINDS)[number]

/** Measures at each number of connections, and at the end counts whether every write is there. */
export async function measureWrites(url: string, options: WritesOptions): Promise<Writes[]> {
  const config = new Config('writes')
  const connections = await Connection.openAll(url, Math.max(...options.connections))
  const one = connections[0] as Connection
  await config.create(one)
  let created = 0
  const create: Unit = () => [config.createVariable(`run/node-${++created}`)]
  await load(connections, times(connections.length), create)
  const updates = connections.map((_, index) => [config.updateVariable(`run/node-${index + 1}`)])
  const noop = [config.noop()]
  const undone = [config.createVariable('undone/node')]
  const units: Record<Kind, Unit> = {
    noop: () => noop,
    undone: () => undone,
    create,
    update: (index) => updates[index] as Buffer[],
  }

  const measured: Writes[] = []
  for (const count of options.connections) {
    measured.push(await measureAt(connections.slice(0, count), units, options))
  }
  await config.checkCount(one, created)
  for (const connection of connections) connection.close()
  return measured
}

async function measureAt(
  connections: readonly Connection[],
  units: Record<Kind, Unit>,
  { rounds, roundMs }: WritesOptions,
): Promise<Writes> {
  const runs: Record<Kind, Run[]> = { noop: [], undone: [], create: [], update: [] }
  for (const kind of KINDS) await load(connections, lasting(WARM_UP_MS), units[kind])
  for (let round = 0; round < rounds; round++) {
    // Another one begins each round, so that none is always behind the same neighbour.
    for (let turn = 0; turn < KINDS.length; turn++) {
      const kind = KINDS[(round + turn) % KINDS.length] as Kind
      runs[kind].push(await load(connections, lasting(roundMs), units[kind]))
    }
  }
  const share = (kind: Kind, of: Kind) =>
    median(runs[kind].map(({ perSecond }, round) => perSecond / (runs[of][round] as Run).perSecond))
  return {
    measure: 'writes',
    connections: connections.length,
    noop: middle(runs.noop),
    undone: middle(runs.undone),
    create: middle(runs.create),
    update: middle(runs.update),
    undoneShare: share('undone', 'noop'),
    createShare: share('create', 'noop'),
    updateShare: share('update', 'noop'),
    doneShare: share('create', 'undone'),
  }
}
