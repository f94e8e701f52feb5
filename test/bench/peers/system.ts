/** What the jobs of the bench need of a system, and what each of these measured systems is. */

/** A service as its maker ships it. */
export interface Service {
  /** What `--systems` calls it. */
  readonly id: string
  readonly name: string
  /** Its version, or undefined if it is not installed. */
  version(): string | undefined
  /** Starts it on loopback, with its data in an empty folder and each write durable; resolves when it answers. */
  start(folder: string): Promise<Server>
}

export interface Server {
  readonly pid: number
  /** The ways of talking to it. */
  readonly systems: readonly System[]
  /** Throws unless what is answered is on disk by what the server itself says, which this tells in words. */
  checkDurable(): Promise<string>
  stop(): Promise<void>
}

/** A service, talked to in one way: what it cannot do, or what is not asked of it, is absent. */
export interface System {
  readonly name: string
  readonly writes?: Writes
  readonly barriers?: Barriers
  readonly feeds?: Feeds
}

export interface Writes {
  /** Opens connections that write, each its own key, which is there when this resolves. */
  openWriters(count: number): Promise<readonly Writer[]>
  /** Makes that many keys, and has something wait at that many others, none of which is ever written. */
  fill?(keys: number, waiting: number): Promise<void>
}

export interface Barriers {
  /** Opens connections for nodes to check in by. */
  openNodes(count: number): Promise<Nodes>
  /** Makes ready what a barrier needs before anyone comes to it. */
  prepare(barrier: Barrier): Promise<void>
  /** Has so many wait at a barrier, each by a connection of its own; `told` is called each time that one is told. */
  openWaiters(barrier: Barrier, count: number, told: Told): Promise<Closing>
}

export interface Feeds {
  /** Makes something that is written and watched. */
  openFeed(id: string): Promise<Feed>
}

/** Takes who was told: its number, from 0. */
export type Told = (listener: number) => void

export interface Barrier {
  /** Of letters, digits and dashes; no other barrier has it. */
  readonly id: string
  /** How many nodes open it. */
  readonly nodes: number
}

export interface Nodes extends Closing {
  /** Whether a connection takes a check-in while another one is on its way. */
  readonly pipelined: boolean
  /** Resolves when the node is in, durably, and the barrier was opened if it was the last one. */
  checkIn(connection: number, barrier: Barrier, node: number): Promise<void>
  /** How many are in. */
  count(barrier: Barrier): Promise<number>
}

/** Something that is written and watched. */
export interface Feed extends Closing {
  /** Resolves when the value is on disk. */
  write(value: string): Promise<void>
  /** Has so many watch, each by a connection of its own; `told` is called each time that one is told of a write. */
  openWatchers(count: number, told: Told): Promise<Watchers>
}

export interface Watchers extends Closing {
  /** Sees to it that the next write is told, if that takes anything. */
  rearm(): Promise<void>
}

export interface Writer extends Closing {
  /** Resolves when the value is on disk. */
  write(value: string): Promise<void>
  /** What was written last. Absent where nothing is kept. */
  read?(): Promise<string>
}

/** Something that is open. */
export interface Closing {
  close(): Promise<void> | void
}

/** What nodes write when they check in. */
export const READY = 'ready'

const BATCH = 100

/** Opens several, some at a time so that no queue of connections runs full. */
export async function openAll<Opened>(count: number, open: (index: number) => Promise<Opened>): Promise<Opened[]> {
  const opened: Opened[] = []
  while (opened.length < count) {
    const from = opened.length
    const batch = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => open(from + index))
    opened.push(...(await Promise.all(batch)))
  }
  return opened
}

/** All of them as one. */
export function closing(all: readonly Closing[]): Closing {
  return { close: async () => void (await Promise.all(all.map((each) => each.close()))) }
}
