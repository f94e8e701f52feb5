/** The store on SQLite: every statement that touches a config's data stands here. */
import type { DirectoryEntry } from '../core/command.ts'
import type { Config } from '../core/config.ts'
import { rootsOf } from '../core/name.ts'
import { NO_USAGE, variableBytes, type Usage } from '../core/quota.ts'
import type { Count, Created, Store } from '../core/store.ts'
import { nextStamp, SECOND, type Stamp } from '../core/time.ts'
import type { Variable } from '../core/variable.ts'
import { atomsOf, type Ending, type Waiter } from '../core/waiter.ts'
import type * as wire from '../core/wire.ts'
import { BYTES, migrate, schemaVersion, type Database, type Row, type Sql } from './schema.ts'

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

/**
 * The config and the last stamp are cached; everything else is read when it is needed. A database in which nothing
 * was ever written stays that way until {@link tick} announces the first write.
 */
export class SqlStore implements Store {
  readonly #database: Database
  readonly #sql: Sql
  #migrated = false
  #config: Config | undefined
  #stamp: Stamp = 0
  #savedStamp: Stamp = 0
  #usage = NO_USAGE
  #nextDue = Infinity

  constructor(database: Database) {
    this.#database = database
    this.#sql = database.sql
    this.reload()
  }

  /**
   * Reads the cached state anew: at the start, after a transaction was undone, and after everything was deleted.
   * The last stamp never goes back, for others may have seen it. `usage` is what the config holds, where that is not
   * saved yet because the transaction around goes on.
   */
  reload(usage?: Usage): void {
    this.#migrated = schemaVersion(this.#sql) !== undefined
    this.#config = undefined
    this.#savedStamp = 0
    this.#usage = NO_USAGE
    this.#nextDue = Infinity
    if (!this.#migrated) return
    migrate(this.#database)
    const meta = this.#one('SELECT stamp, variables, bytes, waiters FROM meta') as Usage & { stamp: Stamp } & Row
    this.#savedStamp = meta.stamp
    this.#stamp = Math.max(this.#stamp, meta.stamp)
    this.#usage = usage ?? { variables: meta.variables, bytes: meta.bytes, waiters: meta.waiters }
    this.findNextDue()
    const row = this.#one('SELECT name, description, policy FROM config')
    if (!row) return
    const { name, description, policy } = row as { name: string; description: string; policy: string }
    this.#config = { name, description, policy: JSON.parse(policy) }
  }

  tick(now: Stamp): Stamp {
    if (!this.#migrated) {
      migrate(this.#database)
      this.#migrated = true
    }
    this.#stamp = nextStamp(now, this.#stamp)
    return this.#stamp
  }

  /** Writes the last stamp and the usage down, once for all that was written with it. To be called before the commit. */
  saveMeta(): void {
    if (!this.#migrated || this.#stamp === this.#savedStamp) return
    const { variables, bytes, waiters } = this.#usage
    const query = 'UPDATE meta SET stamp = ?, variables = ?, bytes = ?, waiters = ?'
    this.#sql.exec(query, this.#stamp, variables, bytes, waiters)
    this.#savedStamp = this.#stamp
  }

  /** Lets the clock go on behind `stamp`, which another party has seen of an earlier life of this config. */
  advance(stamp: Stamp): void {
    this.#stamp = Math.max(this.#stamp, stamp)
  }

  /**
   * No deadline, expiry or message is due before this moment: Infinity when there is none. It may be too early, for
   * what was due then can have ended since; {@link findNextDue} makes it exact.
   */
  get nextDue(): Stamp {
    return this.#nextDue
  }

  /** Looks up the earliest moment at which something is due. */
  findNextDue(): void {
    if (!this.#migrated) return
    const due = this.#one(`SELECT min(at) AS due FROM (
      SELECT min(deadline) AS at FROM waiters WHERE ended IS NULL
      UNION ALL SELECT min(expires) FROM requests
      UNION ALL SELECT min(due) FROM outbox)`)?.due
    this.#nextDue = due === null || due === undefined ? Infinity : Number(due)
  }

  #dueAt(moment: Stamp): void {
    this.#nextDue = Math.min(this.#nextDue, moment)
  }

  // The config

  config(): Config | undefined {
    return this.#config
  }

  putConfig(config: Config): void {
    const { name, description, policy } = config
    this.#sql.exec('INSERT OR REPLACE INTO config VALUES (0, ?, ?, ?)', name, description, JSON.stringify(policy))
    this.#config = config
  }

  clear(): void {
    for (const table of ['config', 'variables', 'waiters', 'counters', 'atoms', 'requests']) {
      this.#sql.exec(`DELETE FROM ${table}`)
    }
    this.#config = undefined
    this.#usage = NO_USAGE
  }

  usage(): Usage {
    return this.#usage
  }

  #use(variables: number, bytes: number, waiters = 0): void {
    const before = this.#usage
    this.#usage = {
      variables: before.variables + variables,
      bytes: before.bytes + bytes,
      waiters: before.waiters + waiters,
    }
  }

  // The outbox

  tellDirectory(entry: DirectoryEntry): void {
    const due = entry.stamp + FIRST_RETRY
    const query = 'INSERT OR REPLACE INTO outbox VALUES (?, ?, ?, 0, ?)'
    this.#sql.exec(query, DIRECTORY, JSON.stringify(entry), entry.stamp, due)
    this.#dueAt(due)
  }

  /** The messages that were not delivered yet. */
  outbox(): OutboxMessage[] {
    if (!this.#migrated) return []
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

  /** Removes a message that was delivered, unless a later one has taken its place. */
  delivered({ party, entry }: OutboxMessage): void {
    this.#sql.exec('DELETE FROM outbox WHERE party = ? AND stamp = ?', party, entry.stamp)
    this.findNextDue()
  }

  /** Notes that an attempt failed, and when the next one is due. */
  deferred({ party, entry, attempts }: OutboxMessage, due: Stamp): void {
    const query = 'UPDATE outbox SET attempts = ?, due = ? WHERE party = ? AND stamp = ?'
    this.#sql.exec(query, attempts + 1, due, party, entry.stamp)
    this.#dueAt(due)
  }

  // Variables

  variable(path: string): Variable | undefined {
    const row = this.#one('SELECT path, kind, contents, updated FROM variables WHERE path = ?', path)
    return row && toVariable(row)
  }

  obstacle(path: string): 'same' | 'prefix' | undefined {
    const rows = this.#sql
      .exec(
        `SELECT path FROM variables WHERE path IN (SELECT value FROM json_each(?))
        UNION ALL SELECT path FROM (SELECT path FROM variables WHERE path > ? AND path < ? LIMIT 1)`,
        JSON.stringify(rootsOf(path)),
        ...beneath(path),
      )
      .toArray()
    if (!rows.length) return undefined
    return rows.some((row) => row.path === path) ? 'same' : 'prefix'
  }

  insertVariable({ path, kind, contents, updated }: Variable): void {
    this.#sql.exec('INSERT INTO variables VALUES (?, ?, ?, ?)', path, kind, contents, updated)
    this.#use(1, variableBytes(path, contents))
  }

  updateVariable({ path, kind, contents, updated }: Variable, before: Variable): void {
    const query = 'UPDATE variables SET kind = ?, contents = ?, updated = ? WHERE path = ?'
    this.#sql.exec(query, kind, contents, updated, path)
    this.#use(0, variableBytes(path, contents) - variableBytes(path, before.contents))
  }

  deleteVariable({ path, contents }: Variable): void {
    this.#sql.exec('DELETE FROM variables WHERE path = ?', path)
    this.#sql.exec("DELETE FROM requests WHERE kind = 'variable' AND name = ?", path)
    this.#use(-1, -variableBytes(path, contents))
  }

  *variables(root: string, after = ''): Iterable<Variable> {
    if (root !== '' && root > after) {
      const exact = this.variable(root)
      if (exact) yield exact
    }
    const [from, to] = beneath(root)
    const query = 'SELECT path, kind, contents, updated FROM variables WHERE path > ? AND path < ? ORDER BY path'
    for (const row of this.#sql.exec(query, after > from ? after : from, to)) yield toVariable(row)
  }

  deleteVariables(root: string): number {
    const query = `SELECT count(*) AS count, ${BYTES} AS bytes FROM variables WHERE path = ? OR (path > ? AND path < ?)`
    const { count: removed, bytes } = this.#one(query, root, ...beneath(root)) as { count: number; bytes: number } & Row
    if (!removed) return 0
    this.#sql.exec('DELETE FROM variables WHERE path = ? OR (path > ? AND path < ?)', root, ...beneath(root))
    const requests = "DELETE FROM requests WHERE kind = 'variable' AND (name = ? OR (name > ? AND name < ?))"
    this.#sql.exec(requests, root, ...beneath(root))
    this.#use(-removed, -bytes)
    return removed
  }

  // Waiters

  waiter(id: string): Waiter | undefined {
    const row = this.#one('SELECT id, spec, created, deadline, ended, how FROM waiters WHERE id = ?', id)
    return row && toWaiter(row)
  }

  *waiters(after: string): Iterable<Waiter> {
    const query = 'SELECT id, spec, created, deadline, ended, how FROM waiters WHERE id > ? ORDER BY id'
    for (const row of this.#sql.exec(query, after)) yield toWaiter(row)
  }

  dueWaiters(now: Stamp, limit: number): Waiter[] {
    const query = `SELECT id, spec, created, deadline, ended, how FROM waiters
      WHERE ended IS NULL AND deadline <= ? ORDER BY deadline, id LIMIT ?`
    return this.#sql.exec(query, now, limit).toArray().map(toWaiter)
  }

  insertWaiter(waiter: Waiter): void {
    const { id, spec, created, deadline, end } = waiter
    const query = 'INSERT INTO waiters VALUES (?, ?, ?, ?, ?, ?)'
    this.#sql.exec(query, id, JSON.stringify(spec), created, deadline, end?.at ?? null, end?.how ?? null)
    this.#use(0, 0, 1)
    if (end) return
    this.#dueAt(deadline)
    for (const { counter, threshold } of atomsOf(spec)) {
      this.#sql.exec('INSERT OR IGNORE INTO counters VALUES (?, ?)', counter, this.count(counter))
      this.#sql.exec('INSERT OR IGNORE INTO atoms VALUES (?, ?, ?)', counter, threshold, id)
    }
  }

  endWaiter({ id, spec, end }: Waiter): void {
    this.#sql.exec('UPDATE waiters SET ended = ?, how = ? WHERE id = ?', end?.at ?? null, end?.how ?? null, id)
    this.#unwatch(id, spec)
  }

  deleteWaiter({ id, spec, end }: Waiter): void {
    this.#sql.exec('DELETE FROM waiters WHERE id = ?', id)
    this.#sql.exec("DELETE FROM requests WHERE kind = 'waiter' AND name = ?", id)
    this.#use(0, 0, -1)
    if (!end) this.#unwatch(id, spec)
  }

  #unwatch(id: string, spec: Waiter['spec']): void {
    for (const { counter, threshold } of atomsOf(spec)) {
      this.#sql.exec('DELETE FROM atoms WHERE counter = ? AND threshold = ? AND waiter = ?', counter, threshold, id)
      const idle = 'DELETE FROM counters WHERE path = ? AND NOT EXISTS (SELECT 1 FROM atoms WHERE counter = ?)'
      this.#sql.exec(idle, counter, counter)
    }
  }

  // Counters

  count(counter: string): number {
    const row = this.#one('SELECT count FROM counters WHERE path = ?', counter)
    return row ? Number(row.count) : this.#countUnder(counter)
  }

  #countUnder(root: string): number {
    const query = 'SELECT count(*) AS count FROM variables WHERE path = ? OR (path > ? AND path < ?)'
    return Number(this.#one(query, root, ...beneath(root))?.count)
  }

  shift(path: string, by: number): Count[] {
    const query = `UPDATE counters SET count = count + ? WHERE path IN (SELECT value FROM json_each(?))
      RETURNING path AS counter, count`
    return this.#sql.exec(query, by, JSON.stringify(rootsOf(path))).toArray() as unknown as Count[]
  }

  shiftSubtree(root: string, removed: number): void {
    this.shift(root, -removed)
    this.#sql.exec('UPDATE counters SET count = 0 WHERE path > ? AND path < ?', ...beneath(root))
  }

  waitersAt(counter: string, count: number): string[] {
    const query = 'SELECT waiter FROM atoms WHERE counter = ? AND threshold = ?'
    return this.#sql
      .exec(query, counter, count)
      .toArray()
      .map((row) => row.waiter as string)
  }

  // Requests

  replay(kind: Created, requestId: string): wire.Answer | undefined {
    if (!this.#migrated) return undefined
    const row = this.#one('SELECT answer FROM requests WHERE kind = ? AND id = ?', kind, requestId)
    return row && JSON.parse(row.answer as string)
  }

  remember(kind: Created, requestId: string, name: string, answer: wire.Answer, expires: Stamp): void {
    const query = 'INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?)'
    this.#sql.exec(query, kind, requestId, name, JSON.stringify(answer), expires)
    this.#dueAt(expires)
  }

  expireRequests(now: Stamp): void {
    this.#sql.exec('DELETE FROM requests WHERE expires <= ?', now)
  }

  #one(query: string, ...bindings: (string | number)[]): Row | undefined {
    return this.#sql.exec(query, ...bindings).toArray()[0]
  }
}

/** The open interval of the paths beneath a root: '0' follows '/' in ASCII, and so in the order of the table. */
function beneath(root: string): [string, string] {
  return root === '' ? ['', '\u{10ffff}'] : [`${root}/`, `${root}0`]
}

function toVariable({ path, kind, contents, updated }: Row): Variable {
  return {
    path: path as string,
    kind: kind as Variable['kind'],
    contents: contents as string,
    updated: Number(updated),
  }
}

function toWaiter({ id, spec, created, deadline, ended, how }: Row): Waiter {
  return {
    id: id as string,
    spec: JSON.parse(spec as string),
    created: Number(created),
    deadline: Number(deadline),
    ...(ended !== null && { end: { at: Number(ended), how: how as Ending } }),
  }
}
