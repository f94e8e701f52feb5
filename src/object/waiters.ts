/** The waiters of a config, in their table. */
import type { Stamp } from '../core/time.ts'
import type { Waiter } from '../core/waiter.ts'
import { endColumns, toWaiter, WAITER } from './rows.ts'
import type { Sql } from './schema.ts'

export class Waiters {
  readonly #sql: Sql
  /** How many still wait, once somebody has asked. */
  #pending: number | undefined

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** To be called when the table was changed by others: a transaction that was undone, a deletion of everything. */
  reload(): void {
    this.#pending = undefined
  }

  /** How many still wait. */
  get pending(): number {
    const query = 'SELECT count(*) AS pending FROM waiters WHERE ended IS NULL'
    return (this.#pending ??= Number(this.#sql.exec(query).toArray()[0]?.pending))
  }

  get(id: string): Waiter | undefined {
    const row = this.#sql.exec(`SELECT ${WAITER} FROM waiters WHERE id = ?`, id).toArray()[0]
    return row && toWaiter(row)
  }

  *after(id: string): Iterable<Waiter> {
    for (const row of this.#sql.exec(`SELECT ${WAITER} FROM waiters WHERE id > ? ORDER BY id`, id)) yield toWaiter(row)
  }

  due(now: Stamp, limit: number): Waiter[] {
    const query = `SELECT ${WAITER} FROM waiters
      WHERE ended IS NULL AND deadline <= ? ORDER BY deadline, id LIMIT ?`
    return this.#sql.exec(query, now, limit).toArray().map(toWaiter)
  }

  endedSince(after: Stamp): Waiter[] {
    return this.#sql.exec(`SELECT ${WAITER} FROM waiters WHERE ended > ? ORDER BY id`, after).toArray().map(toWaiter)
  }

  insert(waiter: Waiter): void {
    const { id, spec, created, deadline, end } = waiter
    const query = 'INSERT INTO waiters VALUES (?, ?, ?, ?, ?, ?, ?)'
    this.#sql.exec(query, id, JSON.stringify(spec), created, deadline, ...endColumns(waiter))
    if (!end) this.#count(1)
  }

  end(waiter: Waiter): void {
    const query = 'UPDATE waiters SET ended = ?, how = ?, progress = ? WHERE id = ?'
    this.#sql.exec(query, ...endColumns(waiter), waiter.id)
    this.#count(-1)
  }

  delete({ id, end }: Waiter): void {
    this.#sql.exec('DELETE FROM waiters WHERE id = ?', id)
    if (!end) this.#count(-1)
  }

  #count(more: number): void {
    if (this.#pending !== undefined) this.#pending += more
  }
}
