/** What a write costs in a config that holds much, beside one that holds little. */
import { Config } from './api.ts'
import { Connection } from './connection.ts'
import { lasting, load, median, times, type Unit } from './load.ts'

/** What a config holds that the measured writes do not touch. */
export interface Size {
  readonly variables: number
  readonly waiters: number
}

export interface SizeCost {
  readonly measure: 'size'
  readonly connections: number
  readonly small: Size
  readonly large: Size
  /** The time per write, in microseconds of the whole server: the inverse of the rate. */
  readonly smallMicros: number
  readonly largeMicros: number
  /** How often the cost in the small config the large one's is: the median of the rounds. */
  readonly ratio: number
}

export interface SizeOptions {
  readonly small: Size
  readonly large: Size
  readonly connections: readonly number[]
  readonly rounds: number
  readonly roundMs: number
}

const SEEDERS = 64
/** How many variables share a folder. */
const FOLDER = 100

/** Fills both configs, then measures them in turn at each number of connections. */
export async function measureSize(url: string, options: SizeOptions): Promise<SizeCost[]> {
  const connections = await Connection.openAll(url, Math.max(SEEDERS, ...options.connections))
  const small = new Config('small')
  const large = new Config('large')
  await fill(small, options.small, connections)
  await fill(large, options.large, connections)
  const measured: SizeCost[] = []
  for (const count of options.connections) {
    measured.push(await measureAt(connections.slice(0, count), small, large, options))
  }
  await small.checkCount(connections[0] as Connection, options.small.variables)
  await large.checkCount(connections[0] as Connection, options.large.variables)
  for (const connection of connections) connection.close()
  return measured
}

const folderOf = (index: number) => `filling/${Math.floor(index / FOLDER)}`

async function fill(config: Config, { variables, waiters }: Size, connections: readonly Connection[]): Promise<void> {
  await config.create(connections[0] as Connection)
  let variable = 0
  await load(connections, times(variables), () => {
    const index = variable++
    return [config.createVariable(`${folderOf(index)}/node-${index}`)]
  })
  let waiter = 0
  await load(connections, times(waiters), () => {
    const index = waiter++
    // None of them ends: the folder has not half as many.
    return [config.createWaiter(`waiter-${index}`, `/${folderOf(index)}`, FOLDER * 2 + index)]
  })
}

/** A create, an update and a delete, so that the config stays as large as it is. */
function cycle(config: Config): Unit {
  let made = 0
  return () => {
    const path = `moving/node-${made++}`
    return [config.createVariable(path), config.updateVariable(path), config.deleteVariable(path)]
  }
}

async function measureAt(
  connections: readonly Connection[],
  smallConfig: Config,
  largeConfig: Config,
  { small, large, rounds, roundMs }: SizeOptions,
): Promise<SizeCost> {
  const units = { small: cycle(smallConfig), large: cycle(largeConfig) }
  const micros: { small: number[]; large: number[] } = { small: [], large: [] }
  // The first round is the warm-up.
  for (let round = 0; round <= rounds; round++) {
    for (const which of round % 2 ? (['small', 'large'] as const) : (['large', 'small'] as const)) {
      const { perSecond } = await load(connections, lasting(roundMs), units[which])
      if (round > 0) micros[which].push(1_000_000 / perSecond)
    }
  }
  return {
    measure: 'size',
    connections: connections.length,
    small,
    large,
    smallMicros: median(micros.small),
    largeMicros: median(micros.large),
    ratio: median(micros.large.map((cost, round) => cost / (micros.small[round] as number))),
  }
}
