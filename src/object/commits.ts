/**
 * Group commit: what arrives together is applied in one turn and committed together, for one commit is one fsync.
 * A caller hears, and a watcher is told, only when what was applied for them is durable.
 */
import type { Command, Event, Outcome } from '../core/command.ts'
import type { Access } from '../core/access.ts'
import { apply } from '../core/apply.ts'
import { OVERLOADED, refuse } from '../core/fault.ts'
import type { Policy } from '../core/policy.ts'
import { sweep } from '../core/sweep.ts'
import type { Stamp } from '../core/time.ts'
import { log } from '../telemetry/log.ts'
import type { SqlStore } from './sql-store.ts'
import type { Database } from './schema.ts'

/** What the commits need of a Durable Object's storage. */
export interface CommitStorage extends Database {
  /** Resolves when all that was written is on disk. */
  sync(): Promise<void>
}

export interface CommitOptions {
  readonly storage: CommitStorage
  readonly store: SqlStore
  /** The time, in microseconds since 1970. */
  readonly clock: () => Stamp
  /** Whether anyone listens for variables. */
  readonly heard: () => boolean
  /** Called inside each transaction, after its commands: what is due when must be made sure here. */
  readonly beforeCommit: () => void
  /** Called when a transaction was undone: what {@link beforeCommit} made sure of is not sure any more. */
  readonly undone: () => void
  /** Called when the disk has refused what was committed: only a new beginning, from what is on it, can be trusted. */
  readonly broken: () => void
  /** Resolves, never rejects, when what has arrived by now was taken in. */
  readonly turn: () => Promise<void>
  /** Called when so many commands are durable, of which the first was begun at that time, in milliseconds. */
  readonly committed?: ((commands: number, began: number) => void) | undefined
  /** Tells of what happened, in order, once it is durable. */
  readonly tell: (happened: readonly Happened[]) => void
}

/** What happened at once. */
export interface Happened {
  readonly events: readonly Event[]
  /** The policy by which it is told: the one behind it, or the last before the config's end. */
  readonly policy: Policy | undefined
  /** The trace of the request that brought it about, as `traceparent` has it, if there is one. */
  readonly trace?: string | undefined
}

/** How many waiters, and how many variables, one turn ends at most when only time has passed. */
export const SWEEP_BATCH = 1000

/**
 * The most commands, and the most questions, that wait at one time, and the most writes that these commands come to: a
 * fraction of a second's work. Who comes then is refused at once, instead of waiting for longer than anybody waits.
 */
export const MAX_WAITING = 2048
export const MAX_WAITING_WRITES = 16_384

/** So many in one transaction are enough not to wait for more. */
const ENOUGH = 128

/** So many answers take longer to be worded than a turn of the event loop, in which those who listen are told. */
const MANY = 8

/** Something to do in the next transaction, and whom to tell of it. */
interface Job {
  readonly run: (now: Stamp) => { result: unknown; events: readonly Event[] }
  readonly trace?: string | undefined
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

/** Something that waits for its turn, and can be told that there will be none. */
interface Waiting {
  readonly run: () => void
  readonly reject: (error: unknown) => void
}

/** What was applied, to be told when it is durable. */
interface Applied {
  readonly settled: readonly (() => void)[]
  readonly happened: readonly Happened[]
}

export class Commits {
  readonly #options: CommitOptions
  #jobs: Job[] = []
  /** How many writes the commands among them come to. */
  #writes = 0
  #readers: Waiting[] = []
  #exclusives: (Waiting & { run(): Promise<void> })[] = []
  #running = false
  /** How many waited for a transaction when it was last looked. */
  #gathered = 0
  /** Why nothing is done any more. */
  #failure: { readonly error: unknown } | undefined
  #sweepFirst = false
  #closed = false

  constructor(options: CommitOptions) {
    this.#options = options
  }

  /** Applies a command, if `access` allows it; the outcome is given when it is durable. */
  submit(command: Command, access?: Access, trace?: string): Promise<Outcome> {
    if (this.full) return Promise.resolve(refuse(OVERLOADED))
    const { store, heard } = this.#options
    this.#writes += writesOf(command)
    const run = (now: Stamp) => {
      const { outcome, events } = apply(store, command, { now, heard, access })
      return { result: outcome, events }
    }
    return this.#enqueue(run, { trace })
  }

  /** Takes in nothing more that anybody asks for. */
  close(): void {
    this.#closed = true
  }

  /** Whether so much waits that no more should. What the object itself must do is done all the same. */
  get full(): boolean {
    const { length } = this.#jobs
    if (this.#closed || this.#writes >= MAX_WAITING_WRITES) return true
    return length >= MAX_WAITING || this.#readers.length >= MAX_WAITING
  }

  /** Changes what no command changes, such as the outbox, in the next transaction. */
  change<T>(closure: (store: SqlStore) => T): Promise<T> {
    return this.#enqueue(() => ({ result: closure(this.#options.store), events: [] }))
  }

  /** Ends at most a batch of what is overdue; answers whether there may be more. */
  sweep(): Promise<boolean> {
    return this.#enqueue(
      (now) => {
        const { events, more } = sweep(this.#options.store, now, SWEEP_BATCH)
        if (!more) this.#options.store.findNextDue()
        return { result: more, events }
      },
      { sweepFirst: false },
    )
  }

  /**
   * Runs `closure` at a moment when all that was applied is durable and told of, and nothing is overdue: what it reads
   * can never be taken back, and whoever begins to listen in it hears of everything that comes after, once.
   */
  async read<T>(closure: () => T): Promise<T> {
    const { store, clock } = this.#options
    if (store.nextDue <= clock()) await this.change(() => {})
    if (this.#failure) throw this.#failure.error
    if (!this.#running) return closure()
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          resolve(closure())
        } catch (error) {
          reject(error as Error)
        }
      }
      this.#readers.push({ run, reject })
    })
  }

  /** Runs `closure` while nothing else is read, applied or committed. */
  exclusive<T>(closure: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure.error)
      this.#exclusives.push({ run: () => closure().then(resolve, reject), reject })
      if (!this.#running) void this.#run()
    })
  }

  #enqueue<T>(
    run: (now: Stamp) => { result: T; events: readonly Event[] },
    { sweepFirst = true, trace }: { sweepFirst?: boolean; trace?: string | undefined } = {},
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure) return reject(this.#failure.error)
      this.#jobs.push({ run, trace, resolve, reject })
      this.#sweepFirst ||= sweepFirst
      if (!this.#running) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    try {
      while (this.#jobs.length || this.#readers.length || this.#exclusives.length) {
        for (const reader of this.#readers.splice(0)) reader.run()
        const exclusive = this.#exclusives.shift()
        if (exclusive) await exclusive.run()
        else if (this.#gathers()) await this.#options.turn()
        else if (this.#jobs.length) await this.#commit(this.#take())
      }
    } finally {
      this.#running = false
    }
  }

  /**
   * Whether to let more arrive before the next transaction, which costs as much as several commands: for a turn of the
   * event loop, which is short beside it, and for another one as long as each brings more.
   */
  #gathers(): boolean {
    const { length } = this.#jobs
    const more = length > this.#gathered
    this.#gathered = length
    return more && length < ENOUGH
  }

  #take(): Job[] {
    this.#gathered = 0
    this.#writes = 0
    return this.#jobs.splice(0)
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    const { storage, store, tell, committed, undone } = this.#options
    const began = performance.now()
    let applied: Applied
    try {
      applied = this.#applyTogether(jobs)
    } catch (error) {
      // The transaction was undone: none of the callers may believe that it was done.
      store.reload()
      undone()
      for (const { reject } of jobs) reject(error)
      return
    }
    try {
      await storage.sync()
    } catch (error) {
      return this.#fail(error, jobs)
    }
    committed?.(jobs.length, began)
    try {
      if (applied.happened.length) tell(applied.happened)
    } catch (error) {
      // It was done all the same, and those who asked for it must know.
      log('error', 'commits.tell.failed', { message: 'what happened could not be told', error })
    }
    // What is sent leaves when the event loop turns: whoever waits shall not wait for the answers of others.
    if (applied.settled.length >= MANY) await this.#options.turn()
    for (const settle of applied.settled) settle()
  }

  /**
   * Rejects all that is under way, and all that comes: what the disk has refused stands in the store all the same, and
   * may or may not be there after the next start. Nobody may be told of it, and nothing may be built on it.
   */
  #fail(error: unknown, jobs: readonly Job[]): void {
    this.#failure = { error }
    const waiting = [...jobs, ...this.#jobs.splice(0), ...this.#readers.splice(0), ...this.#exclusives.splice(0)]
    for (const { reject } of waiting) reject(error)
    this.#options.broken()
  }

  /**
   * Applies the jobs in one transaction. A job that throws undoes only itself: as none does unless there is a bug, they
   * are first applied without a transaction for each, and with these from the start if one of them does.
   */
  #applyTogether(jobs: readonly Job[]): Applied {
    const { storage, store, undone } = this.#options
    try {
      return storage.transactionSync(() => this.#apply(jobs))
    } catch {
      store.reload()
      undone()
      return storage.transactionSync(() => this.#apply(jobs.map((job) => this.#apart(job))))
    }
  }

  /** Applies the jobs one after another, what is overdue first. */
  #apply(jobs: readonly Omit<Job, 'reject'>[]): Applied {
    const { store, clock, beforeCommit } = this.#options
    const now = clock()
    const happened: Happened[] = []
    if (this.#sweepFirst && store.nextDue <= now) this.#sweepAll(now, happened)
    const settled = jobs.map(({ run, trace, resolve }) => {
      const before = store.config()?.policy
      const { result, events } = run(now)
      if (events.length) happened.push({ events, policy: store.config()?.policy ?? before, trace })
      return () => resolve(result as never)
    })
    store.save()
    beforeCommit()
    this.#sweepFirst = false
    return { settled, happened }
  }

  /** The job in a transaction of its own: what it throws is its result, and undoes nothing else. */
  #apart({ run, trace, resolve, reject }: Job): Omit<Job, 'reject'> {
    const { storage, store } = this.#options
    let settle: (result: never) => void = resolve
    return {
      run(now) {
        store.save()
        try {
          return storage.transactionSync(() => run(now))
        } catch (error) {
          store.reload()
          settle = () => reject(error)
          return { result: undefined, events: [] }
        }
      },
      trace,
      resolve: (result) => settle(result),
    }
  }

  #sweepAll(now: Stamp, happened: Happened[]): void {
    const { store } = this.#options
    for (let more = true; more;) {
      const swept = sweep(store, now, SWEEP_BATCH)
      if (swept.events.length) happened.push({ events: swept.events, policy: store.config()?.policy })
      more = swept.more
    }
    store.findNextDue()
  }
}

/** How many writes a command comes to: about so many times the work of one. */
function writesOf(command: Command): number {
  switch (command.type) {
    case 'commit':
      return command.writes.length
    case 'renewVariables':
      return command.paths.length
    default:
      return 1
  }
}
