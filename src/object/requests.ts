/** What was answered for a requestId, in its table: as long as it is remembered, a second attempt gets the same. */
import type { Created } from '../core/store.ts'
import type { Stamp } from '../core/time.ts'
import type * as wire from '../core/wire.ts'
import { beneath, type Sql } from './schema.ts'

export class Requests {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  answerFor(kind: Created, id: string): wire.Answer | undefined {
    const row = this.#sql.exec('SELECT answer FROM requests WHERE kind = ? AND id = ?', kind, id).toArray()[0]
    return row && JSON.parse(row.answer as string)
  }

  /** `name` is the variable's path or the waiter's id: when that is deleted, the answer is forgotten. */
  add(kind: Created, id: string, name: string, answer: wire.Answer, expires: Stamp): void {
    const query = 'INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?)'
    this.#sql.exec(query, kind, id, name, JSON.stringify(answer), expires)
  }

  forget(kind: Created, name: string): void {
    this.#sql.exec('DELETE FROM requests WHERE kind = ? AND name = ?', kind, name)
  }

  /** Forgets what was answered for variables at `root` and beneath. */
  forgetSubtree(root: string): void {
    const query = "DELETE FROM requests WHERE kind = 'variable' AND (name = ? OR (name > ? AND name < ?))"
    this.#sql.exec(query, root, ...beneath(root))
  }

  expire(now: Stamp): void {
    this.#sql.exec('DELETE FROM requests WHERE expires <= ?', now)
  }
}
