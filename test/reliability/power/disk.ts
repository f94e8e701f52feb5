/** A disk that keeps what it has had the time to write, and loses the rest when the power is cut. */
import type { CommitOptions, CommitStorage } from '../../../src/object/commits.ts'
import type { Stamp } from '../../../src/core/time.ts'
import { nodeDatabase } from '../../support/node-database.ts'

/** What stands on the disk beside the database, and is written together with it. */
interface Alarm {
  /** When the alarm rings, null if it does not. */
  readonly at: Stamp | null
  /** The time for which it has rung, until what it calls for is done: what is cut short is rung for again. */
  readonly ringing: Stamp | null
}

/** What those hear who wait for a disk that could not write. */
export const DISK_FAILED = new Error('the disk has failed')

const NO_ALARM: Alarm = { at: null, ringing: null }

export class Disk {
  readonly #database = nodeDatabase()
  #syncs: { resolve: () => void; reject: (error: Error) => void }[] = []
  #alarm = NO_ALARM
  #writtenAlarm = NO_ALARM
  #depth = 0
  /** How often the power has come on. */
  #lives = 0

  constructor() {
    this.#begin()
  }

  /**
   * The storage of a machine that has power from now on; a machine from before can do nothing any more. `begun` is called
   * at the start of each transaction that is in no other.
   */
  power(begun: () => void): CommitStorage & Pick<CommitOptions, 'turn'> {
    const life = ++this.#lives
    const alive = () => {
      if (life !== this.#lives) throw new Error('a machine without power has used its disk')
    }
    return {
      sql: {
        exec: (query, ...bindings) => {
          alive()
          return this.#database.sql.exec(query, ...bindings)
        },
      },
      transactionSync: (closure) => {
        alive()
        if (this.#depth === 0) begun()
        return this.#transaction(closure)
      },
      sync: () => {
        alive()
        return new Promise((resolve, reject) => this.#syncs.push({ resolve, reject }))
      },
      // A machine whose power went meanwhile has no next turn.
      turn: () => new Promise((resolve) => queueMicrotask(() => life === this.#lives && resolve())),
    }
  }

  /** Whether somebody waits for it to have written. */
  get awaited(): boolean {
    return this.#syncs.length > 0
  }

  /** Writes all there is, and tells those who wait for it. */
  write(): void {
    this.keep()
    for (const { resolve } of this.#syncs.splice(0)) resolve()
  }

  /** Tells those who wait that it could not write. What has become of it shows when the power is cut. */
  fail(): void {
    for (const { reject } of this.#syncs.splice(0)) reject(DISK_FAILED)
  }

  /** Cuts the power. What nobody has been told of may have been written all the same: then it is `kept`. */
  cut(kept: boolean): void {
    this.#lives += 1
    this.#syncs = []
    if (kept) this.keep()
    // An open transaction around all that is not written is what makes this a disk, and a quick one.
    this.#database.sql.exec('ROLLBACK TO unwritten')
    const { at, ringing } = this.#writtenAlarm
    this.#alarm = { at: ringing === null ? at : Math.min(ringing, at ?? Infinity), ringing: null }
    this.#writtenAlarm = this.#alarm
  }

  protected keep(): void {
    this.#database.sql.exec('RELEASE unwritten')
    this.#begin()
    this.#writtenAlarm = this.#alarm
  }

  #begin(): void {
    this.#database.sql.exec('SAVEPOINT unwritten')
  }

  #transaction<T>(closure: () => T): T {
    const before = this.#alarm
    this.#depth += 1
    try {
      return this.#database.transactionSync(closure)
    } catch (error) {
      this.#alarm = before
      throw error
    } finally {
      this.#depth -= 1
    }
  }

  /** When the alarm rings, null if it does not. */
  get alarm(): Stamp | null {
    return this.#alarm.at
  }

  set alarm(at: Stamp | null) {
    this.#alarm = { ...this.#alarm, at }
  }

  /** Whether the alarm rings at that time: one that is not written yet does not, and one that rings does not again. */
  rings(now: Stamp): boolean {
    const { at } = this.#writtenAlarm
    return at !== null && at <= now && at === this.#alarm.at && !this.ringing
  }

  /** Whether the alarm has rung, and what it calls for is not done. */
  get ringing(): boolean {
    return this.#alarm.ringing !== null
  }

  /** Takes the alarm away for having rung. It rings again if the power is cut before {@link rung}. */
  ring(): void {
    this.#alarm = { at: null, ringing: this.#alarm.at }
    this.#writtenAlarm = this.#alarm
  }

  /** What the alarm called for is done. */
  rung(): void {
    this.#alarm = { ...this.#alarm, ringing: null }
    this.#writtenAlarm = { ...this.#writtenAlarm, ringing: null }
  }
}
