/** The messages of the outbox, in their table. */
import type { DirectoryEntry } from '../core/command.ts'
import { SECOND, type Stamp } from '../core/time.ts'
import type { Sql } from './schema.ts'

/** A message that waits in the outbox. */
export interface OutboxMessage {
  readonly party: string
  readonly entry: DirectoryEntry
  readonly attempts: number
  readonly due: Stamp
}

/** Where messages for the project's directory stand in the outbox. */
const DIRECTORY = 'directory'
/** Who leaves a message delivers it at once; only if that has not worked by then, the alarm tries again. */
const FIRST_RETRY = 5 * SECOND

export class Messages {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** Leaves a message for the directory, in the place of one that was not delivered yet. Answers when it is due. */
  add(entry: DirectoryEntry): Stamp {
    const due = entry.stamp + FIRST_RETRY
    const query = 'INSERT OR REPLACE INTO outbox VALUES (?, ?, ?, 0, ?)'
    this.#sql.exec(query, DIRECTORY, JSON.stringify(entry), entry.stamp, due)
    return due
  }

  all(): OutboxMessage[] {
    return this.#sql
      .exec('SELECT party, message, attempts, due FROM outbox')
      .toArray()
      .map(({ party, message, attempts, due }) => ({
        party: party as string,
        entry: JSON.parse(message as string),
        attempts: Number(attempts),
        due: Number(due),
      }))
  }

  remove({ party, entry }: OutboxMessage): void {
    this.#sql.exec('DELETE FROM outbox WHERE party = ? AND stamp = ?', party, entry.stamp)
  }

  defer({ party, entry, attempts }: OutboxMessage, due: Stamp): void {
    const query = 'UPDATE outbox SET attempts = ?, due = ? WHERE party = ? AND stamp = ?'
    this.#sql.exec(query, attempts + 1, due, party, entry.stamp)
  }
}
