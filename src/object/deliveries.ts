/** The callbacks that were not delivered yet, in their table. */
import type { Callback } from '../core/callback.ts'
import { SECOND, type Stamp } from '../core/time.ts'
import type { Sql } from './schema.ts'

/** A callback that waits for its delivery, and how often that was tried in vain. */
export interface Delivery extends Callback {
  readonly attempts: number
}

/**
 * Who leaves a callback or takes it on tries to deliver it, and has so much time until somebody else may: longer than
 * an attempt lasts, so that a crash delays it and nothing is sent twice for want of patience.
 */
const LEASE = 60 * SECOND

export class Deliveries {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** Adds a callback at `now`; answers when it is due, for others than who adds it. */
  add({ id, uri, body, expires }: Callback, now: Stamp): Stamp {
    const due = now + LEASE
    this.#sql.exec('INSERT OR REPLACE INTO callbacks VALUES (?, ?, ?, ?, 0, ?)', id, uri, body, expires, due)
    return due
  }

  /** Whether there are so many. */
  has(atLeast: number): boolean {
    return this.#sql.exec('SELECT 1 FROM callbacks LIMIT 1 OFFSET ?', atLeast - 1).toArray().length > 0
  }

  /** Takes on all that are due; answers their ids. */
  claim(now: Stamp): string[] {
    const query = 'UPDATE callbacks SET due = ? WHERE due <= ? RETURNING id'
    return this.#sql
      .exec(query, now + LEASE, now)
      .toArray()
      .map(({ id }) => id as string)
  }

  get(id: string): Delivery | undefined {
    const query = 'SELECT id, uri, body, expires, attempts FROM callbacks WHERE id = ?'
    return this.#sql.exec(query, id).toArray()[0] as unknown as Delivery | undefined
  }

  /** Notes that an attempt has failed, and when the next one is due. */
  defer(id: string, due: Stamp): void {
    this.#sql.exec('UPDATE callbacks SET attempts = attempts + 1, due = ? WHERE id = ?', due, id)
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM callbacks WHERE id = ?', id)
  }
}
