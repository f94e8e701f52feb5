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
  /** Tells of what happened, in order, once it is durable. */
  readonly tell: (happened: readonly Happened[]) => void
}

/** What happened at once, and the policy by which it is told: the one behind it, or the last before the config's end. */
export interface Happened {
  readonly events: readonly Event[]
  readonly policy: Policy | undefined
}

/** How many waiters, and how many variables, one turn ends at most when only time has passed. */
export const SWEEP_BATCH = 1000

/**
 * The most commands, and the most questions, that wait at one time: a fraction of a second's work. Who comes then is
 * refused at once, instead of waiting for longer than anybody waits.
 */
export const MAX_WAITING = 2048

/** Something to do in the next transaction, and whom to tell of it. */
interface Job {
  readonly run: (now: Stamp) => { result: unknown; events: readonly Event[] }
  readonly resolve: (result: never) => void
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
  #readers: (() => void)[] = []
  #exclusives: (() => Promise<void>)[] = []
  #running = false
  #sweepFirst = false

  constructor(options: CommitOptions) {
    this.#options = options
  }

  /** Applies a command, if `access` allows it; the outcome is given when it is durable. */
  submit(command: Command, access?: Access): Promise<Outcome> {
    if (this.full) return Promise.resolve(refuse(OVERLOADED))
    const { store, heard } = this.#options
    return this.#enqueue((now) => {
      const { outcome, events } = apply(store, command, { now, heard, access })
      return { result: outcome, events }
    })
  }

  /** Whether so much waits that no more should. What the object itself must do is done all the same. */
  get full(): boolean {
    return this.#jobs.length >= MAX_WAITING || this.#readers.length >= MAX_WAITING
  }

  /** Changes what no command changes, such as the outbox, in the next transaction. */
  change<T>(closure: (store: SqlStore) => T): Promise<T> {
    return this.#enqueue(() => ({ result: closure(this.#options.store), events: [] }))
  }

  /** Ends at most a batch of what is overdue; answers whether there may be more. */
  sweep(): Promise<boolean> {
    return this.#enqueue((now) => {
      const { events, more } = sweep(this.#options.store, now, SWEEP_BATCH)
      if (!more) this.#options.store.findNextDue()
      return { result: more, events }
    }, false)
  }

  /**
   * Runs `closure` at a moment when all that was applied is durable and told of, and nothing is overdue: what it reads
   * can never be taken back, and whoever begins to listen in it hears of everything that comes after, once.
   */
  async read<T>(closure: () => T): Promise<T> {
    const { store, clock } = this.#options
    if (store.nextDue <= clock()) await this.change(() => {})
    if (!this.#running) return closure()
    return new Promise((resolve, reject) => {
      this.#readers.push(() => {
        try {
          resolve(closure())
        } catch (error) {
          reject(error as Error)
        }
      })
    })
  }

  /** Runs `closure` while nothing else is read, applied or committed. */
  exclusive<T>(closure: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#exclusives.push(() => closure().then(resolve, reject))
      if (!this.#running) void this.#run()
    })
  }

  #enqueue<T>(run: (now: Stamp) => { result: T; events: readonly Event[] }, sweepFirst = true): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ run, resolve, reject })
      this.#sweepFirst ||= sweepFirst
      if (!this.#running) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    try {
      while (this.#jobs.length || this.#readers.length || this.#exclusives.length) {
        for (const reader of this.#readers.splice(0)) reader()
        const exclusive = this.#exclusives.shift()
        if (exclusive) await exclusive()
        else if (this.#jobs.length) await this.#commit(this.#jobs.splice(0))
      }
    } finally {
      this.#running = false
    }
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    const { storage, store, tell, undone } = this.#options
    try {
      const { settled, happened } = this.#applyTogether(jobs)
      await storage.sync()
      if (happened.length) tell(happened)
      for (const settle of settled) settle()
    } catch (error) {
      // The transaction was undone, or the disk refused it. None of the callers may believe that it was done.
      store.reload()
      undone()
      for (const { reject } of jobs) reject(error)
    }
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
  #apply(jobs: readonly Pick<Job, 'run' | 'resolve'>[]): Applied {
    const { store, clock, beforeCommit } = this.#options
    const now = clock()
    const happened: Happened[] = []
    if (this.#sweepFirst && store.nextDue <= now) this.#sweepAll(now, happened)
    const settled = jobs.map(({ run, resolve }) => {
      const before = store.config()?.policy
      const { result, events } = run(now)
      if (events.length) happened.push({ events, policy: store.config()?.policy ?? before })
      return () => resolve(result as never)
    })
    store.saveMeta()
    beforeCommit()
    this.#sweepFirst = false
    return { settled, happened }
  }

  /** The job in a transaction of its own: what it throws is its result, and undoes nothing else. */
  #apart({ run, resolve, reject }: Job): Pick<Job, 'run' | 'resolve'> {
    const { storage, store } = this.#options
    let settle: (result: never) => void = resolve
    return {
      run(now) {
        const usage = store.usage()
        try {
          return storage.transactionSync(() => run(now))
        } catch (error) {
          store.reload(usage)
          settle = () => reject(error)
          return { result: undefined, events: [] }
        }
      },
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
