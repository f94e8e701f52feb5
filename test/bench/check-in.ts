/** How many nodes check in a second over sockets, and how long a barrier takes that way. */
import { Config } from './api.ts'
import { Connection, done } from './connection.ts'
import { Listener } from './listener.ts'
import { closedLoop, lasting, load, median, middle, type Run } from './load.ts'

/** Check-ins over sockets, beside a no-op RPC by HTTP through the same object. */
export interface CheckIns {
  readonly measure: 'checkIns'
  readonly sockets: number
  /** Frames of each socket that wait for their answers. */
  readonly inFlight: number
  /** How many nodes a frame checks in. */
  readonly perFrame: number
  readonly noop: Run
  /** Of frames. */
  readonly frames: Run
  /** How many nodes were checked in, in the no-op's rate: the median of the rounds. */
  readonly share: number
}

/** So many nodes check in, and so many waiters that wait for all of them hear of it, each by a socket of its own. */
export interface Barrier {
  readonly measure: 'barrier'
  readonly nodes: number
  readonly waiters: number
  /** From the first check-in until the last waiter has heard, in milliseconds. */
  readonly ms: number
}

export interface CheckInOptions {
  readonly sockets: number
  readonly inFlight: number
  /** How many nodes a frame checks in: each of these is measured. */
  readonly perFrame: readonly number[]
  readonly connections: number
  readonly rounds: number
  readonly roundMs: number
  readonly barriers: readonly (readonly [nodes: number, waiters: number])[]
  readonly repetitions: number
}

const WARM_UP_MS = 500

/** Sockets that check nodes in. Throws if a single one is refused. */
class Fleet {
  readonly #config: Config
  readonly #sockets: readonly Listener[]
  readonly #waiting = new Map<number, (text: string) => void>()
  #last = 0
  #nodes = 0

  constructor(config: Config, sockets: readonly Listener[]) {
    this.#config = config
    this.#sockets = sockets
    for (const socket of sockets) socket.onText = (text) => this.#hear(text)
  }

  get size(): number {
    return this.#sockets.length
  }

  /** How many nodes have checked in. */
  get count(): number {
    return this.#nodes
  }

  /** Resolves when so many nodes are in, by one frame. */
  checkIn(socket: number, nodes: number, path: (number: number) => string): Promise<void> {
    const id = ++this.#last
    const paths = Array.from({ length: nodes }, () => path(++this.#nodes))
    return new Promise((resolve, reject) => {
      const settle = (text: string) => (text.includes('"outcomes"') ? resolve() : reject(new Error(text)))
      this.#waiting.set(id, settle)
      this.#sockets[socket]?.say(this.#config.checkIn(id, paths))
    })
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }

  #hear(text: string): void {
    const id = Number(/^\{"id":(\d+)/.exec(text)?.[1])
    this.#waiting.get(id)?.(text)
    this.#waiting.delete(id)
  }
}

/** Measures the rate in turn with the no-op's, and counts after each round whether every node is there. */
export async function measureCheckIns(url: string, options: CheckInOptions): Promise<CheckIns[]> {
  const measured: CheckIns[] = []
  for (const perFrame of options.perFrame) measured.push(await measureFrames(url, perFrame, options))
  return measured
}

async function measureFrames(url: string, perFrame: number, options: CheckInOptions): Promise<CheckIns> {
  const { sockets, inFlight, connections: count, rounds, roundMs } = options
  const connections = await Connection.openAll(url, count)
  const noops: Run[] = []
  const frames: Run[] = []
  for (let round = 0; round < rounds; round++) {
    // Of its own: together the rounds would check in more nodes than a config has room for.
    const config = new Config(`check-ins-${perFrame}-${round}`)
    await config.create(connections[0] as Connection)
    const fleet = new Fleet(config, await Listener.openAll(url, config.checkInSocket(), sockets))
    await flood(fleet, inFlight, perFrame, lasting(WARM_UP_MS))
    const noop = [config.noop()]
    noops.push(await load(connections, lasting(roundMs), () => noop))
    frames.push(await flood(fleet, inFlight, perFrame, lasting(roundMs)))
    await config.checkCount(connections[0] as Connection, fleet.count)
    fleet.close()
  }
  for (const connection of connections) connection.close()
  const shares = frames.map(({ perSecond }, round) => (perSecond * perFrame) / (noops[round] as Run).perSecond)
  return {
    measure: 'checkIns',
    sockets,
    inFlight,
    perFrame,
    noop: middle(noops),
    frames: middle(frames),
    share: median(shares),
  }
}

/** Checks nodes in, with so many frames at a time on each socket, for as long as `more` says so. */
function flood(fleet: Fleet, inFlight: number, perFrame: number, more: () => boolean): Promise<Run> {
  return closedLoop(fleet.size * inFlight, more, (worker, timed) =>
    timed(() => fleet.checkIn(worker % fleet.size, perFrame, (number) => `run/node-${number}`)),
  )
}

/** Measures each barrier several times. */
export async function measureBarriers(url: string, options: CheckInOptions): Promise<Barrier[]> {
  const config = new Config('barriers')
  const connection = await Connection.open(url)
  await config.create(connection)
  const fleet = new Fleet(config, await Listener.openAll(url, config.checkInSocket(), options.sockets))
  const measured: Barrier[] = []
  for (const [nodes, waiters] of options.barriers) {
    const times: number[] = []
    // The first is the warm-up.
    for (let repetition = 0; repetition <= options.repetitions; repetition++) {
      const ms = await barrier(url, connection, config, fleet, {
        nodes,
        waiters,
        id: `${nodes}-${waiters}-${repetition}`,
      })
      if (repetition) times.push(ms)
    }
    measured.push({ measure: 'barrier', nodes, waiters, ms: median(times) })
  }
  fleet.close()
  connection.close()
  return measured
}

async function barrier(
  url: string,
  connection: Connection,
  config: Config,
  fleet: Fleet,
  { nodes, waiters, id }: { nodes: number; waiters: number; id: string },
): Promise<number> {
  const listeners: Listener[] = []
  for (let waiter = 0; waiter < waiters; waiter++) {
    done(await connection.send(config.createWaiter(`${id}-${waiter}`, `/${id}`, nodes)))
    listeners.push(...(await Listener.openAll(url, config.waiterSubscription(`${id}-${waiter}`), 1)))
  }
  await Promise.all(listeners.map((listener) => listener.message(0)))
  const started = performance.now()
  const checkedIn = Array.from({ length: nodes }, (_, node) =>
    fleet.checkIn(node % fleet.size, 1, () => `${id}/node-${node}`),
  )
  const heard = await Promise.all(listeners.map((listener) => listener.message(1)))
  const ms = performance.now() - started
  await Promise.all(checkedIn)
  for (const { text } of heard) if (!text.includes('"done":true')) throw new Error(`a waiter was told ${text}`)
  for (const listener of listeners) listener.close()
  return ms
}
