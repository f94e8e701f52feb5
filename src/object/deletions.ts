/** What the config remembers of variables that are gone, so that a stream which was cut can tell of it. */
import { MAX_DELETIONS } from '../core/memory.ts'
import type { Deletion } from '../core/store.ts'
import type { Stamp } from '../core/time.ts'
import { beneath, type Row, type Sql } from './schema.ts'

/** By how many the deletions may be more than they are to be, so that forgetting comes seldom. */
const SLACK = 1000

export class Deletions {
  readonly #sql: Sql
  /** How many there are, as far as that is known. */
  #count: number | undefined

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** To be called when the tables have changed by other hands. */
  reload(): void {
    this.#count = undefined
  }

  /** Remembers that a variable is gone. */
  add(path: string, updated: Stamp, stamp: Stamp): void {
    this.#sql.exec('INSERT OR REPLACE INTO deletions VALUES (?, ?, ?)', stamp, path, updated)
    this.#added(1)
  }

  /** Remembers that the variable at `root` and all beneath are gone. To be called while they are there. */
  addSubtree(root: string, removed: number, stamp: Stamp): void {
    const query = `INSERT OR REPLACE INTO deletions SELECT ?, path, updated FROM variables
      WHERE path = ? OR (path > ? AND path < ?)`
    this.#sql.exec(query, stamp, root, ...beneath(root))
    this.#added(removed)
  }

  /** Those at `root` and beneath after `after`, the last of each name; none of a name that is there again. */
  since(root: string, after: Stamp): Deletion[] {
    const query = `SELECT path, max(stamp) AS at, updated FROM deletions
      WHERE stamp > ? AND (path = ? OR (path > ? AND path < ?))
      AND NOT EXISTS (SELECT 1 FROM variables WHERE variables.path = deletions.path)
      GROUP BY path`
    const rows = this.#sql.exec(query, after, root, ...beneath(root)).toArray()
    return rows.map(({ path, at, updated }) => ({ path: path as string, at: Number(at), updated: Number(updated) }))
  }

  /** The first that is remembered. */
  earliest(): Stamp | undefined {
    const earliest = this.#sql.exec('SELECT min(stamp) AS at FROM deletions').toArray()[0]?.at
    return earliest === null || earliest === undefined ? undefined : Number(earliest)
  }

  /** Up to which stamp deletions may have been forgotten. */
  forgotten(): Stamp {
    return Number(this.#sql.exec('SELECT forgotten FROM meta').toArray()[0]?.forgotten ?? 0)
  }

  /** Forgets those up to this stamp. */
  forget(until: Stamp): void {
    const rows = this.#sql.exec('DELETE FROM deletions WHERE stamp <= ? RETURNING stamp', until).toArray()
    if (!rows.length) return
    const last = rows.reduce((latest: number, { stamp }: Row) => Math.max(latest, Number(stamp)), 0)
    this.#sql.exec('UPDATE meta SET forgotten = max(forgotten, ?)', last)
    this.#count = undefined
  }

  /** Forgets all, and that nothing else has happened up to this stamp. */
  forgetAll(until: Stamp): void {
    this.#sql.exec('DELETE FROM deletions')
    this.#sql.exec('UPDATE meta SET forgotten = ?', until)
    this.#count = undefined
  }

  #added(number: number): void {
    this.#count ??= Number(this.#sql.exec('SELECT count(*) AS count FROM deletions').toArray()[0]?.count) - number
    this.#count += number
    if (this.#count <= MAX_DELETIONS + SLACK) return
    const query = 'SELECT stamp FROM deletions ORDER BY stamp DESC LIMIT 1 OFFSET ?'
    this.forget(Number(this.#sql.exec(query, MAX_DELETIONS).toArray()[0]?.stamp))
  }
}
