/** The store on SQLite: every statement that touches a config's data stands here. */
import type { Callback } from '../core/callback.ts'
import type { DirectoryEntry } from '../core/command.ts'
import type { Config } from '../core/config.ts'
import type { Counted, Counter, Move } from '../core/counter.ts'
import type { Result } from '../core/fault.ts'
import { rememberedUntil } from '../core/memory.ts'
import { NO_USAGE, variableBytes, type Usage } from '../core/quota.ts'
import type { Created, Deletion, Obstacle, Store } from '../core/store.ts'
import { nextStamp, type Stamp } from '../core/time.ts'
import type { Contents, Variable } from '../core/variable.ts'
import { atomsOfWaiter, formulasOf, type Waiter } from '../core/waiter.ts'
import type * as wire from '../core/wire.ts'
import { Counters } from './counters.ts'
import { Deletions } from './deletions.ts'
import { Deliveries } from './deliveries.ts'
import { Messages, type OutboxMessage } from './messages.ts'
import { findObstacle } from './obstacle.ts'
import { Requests } from './requests.ts'
import { leaseColumns, toVariable, VARIABLE } from './rows.ts'
import { beneath, BYTES, migrate, schemaVersion, type Database, type Row, type Sql } from './schema.ts'
import { Waiters } from './waiters.ts'

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
  readonly #counters: Counters
  readonly #messages: Messages
  readonly #requests: Requests
  readonly #waiters: Waiters
  readonly callbacks: Deliveries
  readonly deletions: Deletions

  constructor(database: Database) {
    this.#database = database
    this.#sql = database.sql
    this.#counters = new Counters(this.#sql)
    this.deletions = new Deletions(this.#sql)
    this.#messages = new Messages(this.#sql)
    this.#requests = new Requests(this.#sql)
    this.#waiters = new Waiters(this.#sql)
    this.callbacks = new Deliveries(this.#sql)
    this.reload()
  }

  /**
   * Reads the cached state anew: at the start, after a transaction was undone, and after everything was deleted.
   * The last stamp never goes back, for others may have seen it.
   */
  reload(): void {
    this.#migrated = schemaVersion(this.#sql) !== undefined
    this.#config = undefined
    this.#savedStamp = 0
    this.#usage = NO_USAGE
    this.#nextDue = Infinity
    this.#reloadTables()
    if (!this.#migrated) return
    migrate(this.#database)
    const meta = this.#one('SELECT stamp, variables, bytes, waiters FROM meta') as Usage & { stamp: Stamp } & Row
    this.#savedStamp = meta.stamp
    this.#stamp = Math.max(this.#stamp, meta.stamp)
    this.#usage = { variables: meta.variables, bytes: meta.bytes, waiters: meta.waiters }
    this.findNextDue()
    const row = this.#one('SELECT name, description, policy, created, updated FROM config')
    if (row) this.#config = { ...(row as Row & Config), policy: JSON.parse(row.policy as string) }
  }

  tick(now: Stamp): Stamp {
    if (!this.#migrated) {
      migrate(this.#database)
      this.#migrated = true
    }
    this.#stamp = nextStamp(now, this.#stamp)
    return this.#stamp
  }

  last(): Stamp {
    return this.#stamp
  }

  attempt<T>(closure: () => Result<T>): Result<T> {
    this.#counters.save()
    const [stamp, usage] = [this.#stamp, this.#usage]
    let refusal: Result<T> | undefined
    try {
      return this.#database.transactionSync(() => {
        const result = closure()
        if (result.ok) return result
        refusal = result
        throw new Error('to be undone')
      })
    } catch (error) {
      if (!refusal) throw error
      this.#stamp = stamp
      this.#usage = usage
      this.#reloadTables()
      return refusal
    }
  }

  /**
   * Writes down what is kept in memory: counts, the last stamp and the usage, once for all that was written with it. To
   * be called before the commit, and before what may be undone alone.
   */
  save(): void {
    this.#counters.save()
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
      UNION ALL SELECT min(expires) FROM variables WHERE expires IS NOT NULL
      UNION ALL SELECT min(expires) FROM requests
      UNION ALL SELECT min(due) FROM outbox
      UNION ALL SELECT min(due) FROM callbacks)`)?.due
    this.#nextDue = due === null || due === undefined ? Infinity : Number(due)
    const deletion = this.deletions.earliest()
    if (deletion !== undefined) this.#dueAt(rememberedUntil(deletion))
  }

  #dueAt(moment: Stamp): void {
    this.#nextDue = Math.min(this.#nextDue, moment)
  }

  // The config

  config(): Config | undefined {
    return this.#config
  }

  putConfig(config: Config): void {
    const { name, description, policy, created, updated } = config
    const query = 'INSERT OR REPLACE INTO config VALUES (0, ?, ?, ?, ?, ?)'
    this.#sql.exec(query, name, description, JSON.stringify(policy), created, updated)
    this.#config = config
  }

  clear(): void {
    for (const table of TABLES) this.#sql.exec(`DELETE FROM ${table}`)
    this.#reloadTables()
    this.#config = undefined
    this.#usage = NO_USAGE
  }

  /** How many waiters still wait. */
  get pendingWaiters(): number {
    return this.#migrated ? this.#waiters.pending : 0
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
    this.#dueAt(this.#messages.add(entry))
  }

  /** The messages that were not delivered yet. */
  outbox(): OutboxMessage[] {
    return this.#migrated ? this.#messages.all() : []
  }

  /** Removes a message that was delivered, unless a later one has taken its place. */
  delivered(message: OutboxMessage): void {
    this.#messages.remove(message)
    this.findNextDue()
  }

  /** Notes that an attempt failed, and when the next one is due. */
  deferred(message: OutboxMessage, due: Stamp): void {
    this.#messages.defer(message, due)
    this.#dueAt(due)
  }

  // Callbacks

  leaveCallback(callback: Callback): void {
    this.#dueAt(this.callbacks.add(callback, this.#stamp))
  }

  hasCallbacks(atLeast: number): boolean {
    return this.#migrated && this.callbacks.has(atLeast)
  }

  // Variables

  variable(path: string): Variable | undefined {
    const row = this.#one(`SELECT ${VARIABLE} FROM variables WHERE path = ?`, path)
    return row && toVariable(row)
  }

  obstacle(path: string): Obstacle | undefined {
    return findObstacle(this.#sql, path)
  }

  insertVariable(variable: Variable): void {
    const { path, kind, contents, updated, lease } = variable
    const query = 'INSERT INTO variables VALUES (?, ?, ?, ?, ?, ?)'
    this.#sql.exec(query, path, kind, contents, updated, ...leaseColumns(lease))
    this.#use(1, variableBytes(path, contents))
    if (lease) this.#dueAt(lease.expires)
  }

  updateVariable({ path, kind, contents, updated, lease }: Variable, before: Variable): void {
    const query = 'UPDATE variables SET kind = ?, contents = ?, updated = ?, ttl = ?, expires = ? WHERE path = ?'
    this.#sql.exec(query, kind, contents, updated, ...leaseColumns(lease), path)
    this.#use(0, variableBytes(path, contents) - variableBytes(path, before.contents))
    if (lease) this.#dueAt(lease.expires)
  }

  renewVariable({ path, lease }: Variable): void {
    this.#sql.exec('UPDATE variables SET ttl = ?, expires = ? WHERE path = ?', ...leaseColumns(lease), path)
    if (lease) this.#dueAt(lease.expires)
  }

  deleteVariable({ path, contents, updated }: Variable, stamp: Stamp): void {
    this.#sql.exec('DELETE FROM variables WHERE path = ?', path)
    this.#requests.forget('variable', path)
    this.deletions.add(path, updated, stamp)
    this.#dueAt(rememberedUntil(stamp))
    this.#use(-1, -variableBytes(path, contents))
  }

  *variables(root: string, after = ''): Iterable<Variable> {
    if (root !== '' && root > after) {
      const exact = this.variable(root)
      if (exact) yield exact
    }
    const [from, to] = beneath(root)
    const query = `SELECT ${VARIABLE} FROM variables WHERE path > ? AND path < ? ORDER BY path`
    for (const row of this.#sql.exec(query, after > from ? after : from, to)) yield toVariable(row)
  }

  deleteVariables(root: string, stamp: Stamp): number {
    const query = `SELECT count(*) AS count, ${BYTES} AS bytes FROM variables WHERE path = ? OR (path > ? AND path < ?)`
    const { count: removed, bytes } = this.#one(query, root, ...beneath(root)) as { count: number; bytes: number } & Row
    if (!removed) return 0
    this.deletions.addSubtree(root, removed, stamp)
    this.#dueAt(rememberedUntil(stamp))
    this.#sql.exec('DELETE FROM variables WHERE path = ? OR (path > ? AND path < ?)', root, ...beneath(root))
    this.#requests.forgetSubtree(root)
    this.#use(-removed, -bytes)
    return removed
  }

  dueVariables(now: Stamp, limit: number): Variable[] {
    const query = `SELECT ${VARIABLE} FROM variables WHERE expires <= ? ORDER BY expires, path LIMIT ?`
    return this.#sql.exec(query, now, limit).toArray().map(toVariable)
  }

  variablesSince(root: string, after: Stamp): Variable[] {
    const query = `SELECT ${VARIABLE} FROM variables WHERE updated > ? AND (path = ? OR (path > ? AND path < ?))`
    return this.#sql
      .exec(query, after, root, ...beneath(root))
      .toArray()
      .map(toVariable)
  }

  deletionsSince(root: string, after: Stamp): Deletion[] {
    return this.deletions.since(root, after)
  }

  forgotten(): Stamp {
    return this.deletions.forgotten()
  }

  forgetDeletions(until: Stamp): void {
    this.deletions.forget(until)
  }

  // Waiters

  waiter(id: string): Waiter | undefined {
    return this.#waiters.get(id)
  }

  waiters(after: string): Iterable<Waiter> {
    return this.#waiters.after(after)
  }

  dueWaiters(now: Stamp, limit: number): Waiter[] {
    return this.#waiters.due(now, limit)
  }

  endingsSince(after: Stamp): Waiter[] {
    return this.#waiters.endedSince(after)
  }

  insertWaiter(waiter: Waiter): void {
    const { id, created, deadline, end } = waiter
    this.#waiters.insert(waiter)
    this.#use(0, 0, 1)
    if (end) return
    this.#dueAt(deadline)
    this.#counters.watch(id, atomsOfWaiter(formulasOf(waiter)), created)
  }

  endWaiter(waiter: Waiter): void {
    this.#waiters.end(waiter)
    this.#counters.unwatch(waiter.id, atomsOfWaiter(formulasOf(waiter)))
  }

  deleteWaiter(waiter: Waiter): void {
    const { id, end } = waiter
    this.#waiters.delete(waiter)
    this.#requests.forget('waiter', id)
    this.#use(0, 0, -1)
    if (!end) this.#counters.unwatch(id, atomsOfWaiter(formulasOf(waiter)))
  }

  // Counters

  counted(counter: Counter): Counted {
    return this.#counters.counted(counter)
  }

  present(counter: Counter): ReadonlySet<string> {
    return this.#counters.present(counter)
  }

  shift(path: string, before: Contents | undefined, after: Contents | undefined, stamp: Stamp): Move[] {
    return this.#counters.shift(path, before, after, stamp)
  }

  shiftSubtree(root: string, stamp: Stamp): Move[] {
    return this.#counters.shiftSubtree(root, stamp)
  }

  waitersAcross(moves: readonly Move[]): string[] {
    return this.#counters.waitersAcross(moves)
  }

  // Requests

  replay(kind: Created, requestId: string): wire.Answer | undefined {
    return this.#migrated ? this.#requests.answerFor(kind, requestId) : undefined
  }

  remember(kind: Created, requestId: string, name: string, answer: wire.Answer, expires: Stamp): void {
    this.#requests.add(kind, requestId, name, answer, expires)
    this.#dueAt(expires)
  }

  expireRequests(now: Stamp): void {
    this.#requests.expire(now)
  }

  /** Has the tables forget what they keep in memory. */
  #reloadTables(): void {
    for (const table of [this.#counters, this.deletions, this.#waiters]) table.reload()
  }

  #one(query: string, ...bindings: (string | number)[]): Row | undefined {
    return this.#sql.exec(query, ...bindings).toArray()[0]
  }
}

/** What a config has, and loses when it is deleted. */
const TABLES = ['config', 'variables', 'deletions', 'waiters', 'counters', 'places', 'kept', 'atoms', 'requests']
