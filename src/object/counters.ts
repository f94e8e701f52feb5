/** The counters and atoms of the waiters that still wait, in tables. */
import type { Atom } from '../core/condition.ts'
import {
  placesOf,
  placeUnder,
  rootAt,
  selectorsFor,
  selectorsOf,
  type Counted,
  type Counter,
  type Move,
} from '../core/counter.ts'
import { matches } from '../core/match.ts'
import { isUnder, rootsOf } from '../core/name.ts'
import type { Stamp } from '../core/time.ts'
import type { Contents } from '../core/variable.ts'
import type * as wire from '../core/wire.ts'
import { Counts, writeCount, type Count, type Spot } from './counts.ts'
import { beneath, type Row, type Sql } from './schema.ts'

/** The most spots that are kept in memory. */
const MOST_KNOWN = 5000

/** A counter at one of its places. */
interface LosingRow extends Row {
  id: number
  count: number
  match: string | null
  place: string
}

/** An atom of a waiter, and whether the waiter gains by its holding or by its not holding. */
export interface WaitingAtom {
  readonly atom: Atom
  readonly gains: boolean
}

export class Counters {
  readonly #sql: Sql
  readonly #counts: Counts
  /**
   * At least the spots at which there are counters, so that a write need not look where there are none; undefined while
   * they are not known, null where they are too many.
   */
  #known: Known | null | undefined

  constructor(sql: Sql) {
    this.#sql = sql
    this.#counts = new Counts(sql)
  }

  /** To be called when the tables have changed by other hands: what was not saved was undone. */
  reload(): void {
    this.#known = undefined
    this.#counts.clear()
  }

  /** Writes down how far the counters have moved. To be called before the commit, and before what may be undone alone. */
  save(): void {
    this.#counts.save()
  }

  /** Keeps the counters of a waiter's atoms from now on. */
  watch(waiter: string, atoms: readonly WaitingAtom[], stamp: Stamp): void {
    this.#counts.forget()
    for (const { atom, gains } of atoms) {
      const counter = this.#idOf(atom.counter) ?? this.#keep(atom.counter, stamp)
      const query = 'INSERT OR IGNORE INTO atoms VALUES (?, ?, ?, ?)'
      this.#sql.exec(query, counter, gains ? 1 : 0, atom.threshold, waiter)
    }
  }

  /** Forgets a waiter's atoms, and the counters that no other waiter needs. */
  unwatch(waiter: string, atoms: readonly WaitingAtom[]): void {
    this.#counts.forget()
    for (const { atom, gains } of atoms) {
      const counter = this.#idOf(atom.counter)
      if (counter === undefined) continue
      const query = 'DELETE FROM atoms WHERE counter = ? AND gains = ? AND threshold = ? AND waiter = ?'
      this.#sql.exec(query, counter, gains ? 1 : 0, atom.threshold, waiter)
      const idle =
        'DELETE FROM counters WHERE id = ? AND NOT EXISTS (SELECT 1 FROM atoms WHERE counter = ?) RETURNING id'
      if (this.#sql.exec(idle, counter, counter).toArray().length) this.#drop(counter, atom.counter)
    }
  }

  /** A counter as it is kept, or counted now where it is not. */
  counted(counter: Counter): Counted {
    this.save()
    const row = this.#sql.exec('SELECT id, count, changed FROM counters WHERE key = ?', counter.key).toArray()[0]
    if (!row) return { count: this.#countNow(counter) }
    return { count: Number(row.count), kept: { counter: Number(row.id), changed: Number(row.changed) } }
  }

  /** The places of a counter of names whose variable it counts. */
  present(counter: Counter): ReadonlySet<string> {
    const id = counter.keeps === undefined ? undefined : this.#idOf(counter)
    if (id === undefined) return new Set(this.#countedPaths(counter))
    const rows = this.#sql.exec('SELECT path FROM kept WHERE counter = ?', id).toArray()
    return new Set(rows.map(({ path }) => path as string))
  }

  /** Moves the counters by a change of one variable. */
  shift(path: string, before: Contents | undefined, after: Contents | undefined, stamp: Stamp): Move[] {
    const moves: Move[] = []
    for (const count of this.#counts.find(this.#spots(placesOf(path), selectorsFor(before, after)))) {
      const by = count.keeps === null ? difference(count, before, after) : this.#keepOne(count, path, after)
      if (by) moves.push(this.#counts.move(count, by, stamp))
    }
    if (moves.some(({ crosses }) => crosses)) this.#counts.forget()
    return moves
  }

  /** Moves the counters as the deletion of the variable at `root` and of all beneath does, which is yet to come. */
  shiftSubtree(root: string, stamp: Stamp): Move[] {
    this.#counts.forget()
    const moves: Move[] = []
    for (const [{ id, count }, removed] of this.#losing(root)) {
      if (!removed) continue
      const to = count - removed
      writeCount(this.#sql, { id, count: to, changed: stamp })
      moves.push({ counter: id, from: count, to, crosses: true })
    }
    return moves
  }

  /** The waiters that have an atom whose holding these moves changed, in the direction by which they gain. */
  waitersAcross(moves: readonly Move[]): string[] {
    // A rise makes those atoms hold whose threshold it has passed, a fall makes them no longer hold.
    const spans = moves.map(({ counter, from, to }) => [
      counter,
      to > from ? 1 : 0,
      Math.min(from, to),
      Math.max(from, to),
    ])
    const query = `SELECT DISTINCT waiter FROM json_each(?) AS span CROSS JOIN atoms
      ON counter = span.value ->> 0 AND gains = span.value ->> 1
      AND threshold > span.value ->> 2 AND threshold <= span.value ->> 3`
    const rows = this.#sql.exec(query, JSON.stringify(spans)).toArray()
    return rows.map(({ waiter }) => waiter as string)
  }

  /** Where counters may be found at any of these places, under any of these selectors. */
  #spots(places: readonly string[], selectors: readonly string[]): Spot[] {
    const known = this.#knownSpots()
    const spots: Spot[] = []
    for (const place of places) {
      for (const selector of known?.under(place, selectors) ?? selectors) spots.push([place, selector])
    }
    return spots
  }

  #knownSpots(): Known | null {
    if (this.#known !== undefined) return this.#known
    const query = 'SELECT DISTINCT place, selector FROM places LIMIT ?'
    const rows = this.#sql.exec(query, MOST_KNOWN + 1).toArray()
    if (rows.length > MOST_KNOWN) return (this.#known = null)
    const known = new Known()
    for (const { place, selector } of rows) known.add(place as string, selector as string)
    return (this.#known = known)
  }

  /** Takes down where a new counter is found. */
  #note({ places }: Counter, selectors: readonly string[]): void {
    const known = this.#known
    if (!known) return
    for (const place of places) for (const selector of selectors) known.add(place, selector)
    if (known.size > MOST_KNOWN) this.#known = null
  }

  #idOf({ key }: Counter): number | undefined {
    const row = this.#sql.exec('SELECT id FROM counters WHERE key = ?', key).toArray()[0]
    return row && Number(row.id)
  }

  #keep(counter: Counter, stamp: Stamp): number {
    const { key, match, keeps = null } = counter
    const there = keeps === null ? undefined : this.#countedPaths(counter).slice(0, keeps)
    const count = there ? there.length : this.#countNow(counter)
    const query = 'INSERT INTO counters (count, changed, match, keeps, key) VALUES (?, ?, ?, ?, ?) RETURNING id'
    const row = this.#sql.exec(query, count, stamp, match ? JSON.stringify(match) : null, keeps, key).toArray()[0]
    const id = Number(row?.id)
    if (there) this.#sql.exec('INSERT INTO kept SELECT ?, value FROM json_each(?)', id, JSON.stringify(there))
    const places = `INSERT INTO places SELECT place.value, selector.value, ?
      FROM json_each(?) AS place CROSS JOIN json_each(?) AS selector`
    const selectors = selectorsOf(counter)
    this.#sql.exec(places, id, JSON.stringify(counter.places), JSON.stringify(selectors))
    this.#note(counter, selectors)
    return id
  }

  #drop(id: number, counter: Counter): void {
    const query = `DELETE FROM places WHERE counter = ? AND place IN (SELECT value FROM json_each(?))
      AND selector IN (SELECT value FROM json_each(?))`
    this.#sql.exec(query, id, JSON.stringify(counter.places), JSON.stringify(selectorsOf(counter)))
    if (counter.keeps !== undefined) this.#sql.exec('DELETE FROM kept WHERE counter = ?', id)
  }

  /** Counts a variable for a counter that keeps what it has counted. Answers 1 if it was not counted before. */
  #keepOne({ id, count, keeps, match }: Count, path: string, after: Contents | undefined): number {
    if (!after || count >= (keeps as number) || !matches(match, after)) return 0
    return this.#sql.exec('INSERT OR IGNORE INTO kept VALUES (?, ?) RETURNING 1', id, path).toArray().length
  }

  #countNow(counter: Counter): number {
    const root = rootAt(counter.places[0] as string)
    if (root === undefined || counter.match) return this.#countedPaths(counter).length
    const query = 'SELECT count(*) AS count FROM variables WHERE path = ? OR (path > ? AND path < ?)'
    return Number(this.#sql.exec(query, root, ...beneath(root)).toArray()[0]?.count)
  }

  /** The paths of the variables that a counter would count now, sorted. */
  #countedPaths({ places, match }: Counter): string[] {
    const root = rootAt(places[0] as string)
    const rows =
      root === undefined
        ? this.#sql.exec(
            `SELECT path, kind, contents FROM variables WHERE path IN (SELECT value FROM json_each(?)) ORDER BY path`,
            JSON.stringify(places),
          )
        : this.#subtree(root)
    const paths: string[] = []
    for (const row of rows) if (matches(match, contentsOf(row))) paths.push(row.path as string)
    return paths
  }

  #subtree(root: string): Iterable<Row> {
    const query = `SELECT path, kind, contents FROM variables WHERE path = ? OR (path > ? AND path < ?) ORDER BY path`
    return this.#sql.exec(query, root, ...beneath(root))
  }

  /** The counters that lose by the deletion of a subtree, and how many each. Those that keep never lose. */
  #losing(root: string): Map<LosingRow, number> {
    const above = JSON.stringify(rootsOf(root).map(placeUnder))
    // Places at and beneath the root: of names, and of subtrees that will be empty.
    const query = `SELECT id, count, match, place FROM places JOIN counters ON counter = id
      WHERE keeps IS NULL AND (place IN (SELECT value FROM json_each(?)) OR place = ? OR (place > ? AND place < ?))
      GROUP BY id, place`
    const [from, to] = beneath(root)
    const rows = this.#sql.exec(query, above, root, from, to).toArray() as LosingRow[]
    if (!rows.length) return new Map()
    const byId = new Map(rows.map((row) => [row.id, row]))
    const lost = new Map<LosingRow, number>()
    const lose = (id: number, number: number) => {
      const row = byId.get(id) as LosingRow
      lost.set(row, (lost.get(row) ?? 0) + number)
    }
    const subtrees = rows.filter(({ place }) => rootAt(place) !== undefined)
    const names = new Map<string, number[]>()
    for (const { place, id } of rows)
      if (rootAt(place) === undefined) names.set(place, [...(names.get(place) ?? []), id])
    const plain = subtrees.filter(({ match }) => match === null)
    const removed = plain.length ? this.#countNow({ key: '', places: [placeUnder(root)] }) : 0
    for (const row of plain) lose(row.id, isUnder(root, rootAt(row.place) as string) ? row.count : removed)
    const compared = subtrees.filter(({ match }) => match !== null)
    if (!compared.length && !names.size) return lost
    for (const variable of this.#subtree(root)) {
      const path = variable.path as string
      const under = compared.filter(({ place }) => isUnder(rootAt(place) as string, path)).map(({ id }) => id)
      for (const id of [...under, ...(names.get(path) ?? [])]) {
        if (matches(matchOf(byId.get(id) as LosingRow), contentsOf(variable))) lose(id, 1)
      }
    }
    return lost
  }
}

/** The spots that are known, as far as the start of their selectors: a text to compare may be long. */
class Known {
  /** How many spots there are, of those that start alike one. */
  size = 0
  readonly #places = new Map<string, Set<string>>()

  add(place: string, selector: string): void {
    const there = this.#places.get(place) ?? new Set()
    this.#places.set(place, there)
    this.size -= there.size
    there.add(start(selector))
    this.size += there.size
  }

  /** Those of the selectors under which there may be counters at a place. */
  under(place: string, selectors: readonly string[]): readonly string[] {
    const there = this.#places.get(place)
    return there ? selectors.filter((selector) => there.has(start(selector))) : []
  }
}

const start = (selector: string) => selector.slice(0, 40)

const matchOf = ({ match }: LosingRow): wire.Match | undefined => (match === null ? undefined : JSON.parse(match))

const contentsOf = ({ kind, contents }: Row) => ({ kind: kind as Contents['kind'], contents: contents as string })

/** By how much a change of a variable moves a counter that counts what is there. */
function difference({ match }: Count, before: Contents | undefined, after: Contents | undefined): number {
  const counts = (contents: Contents | undefined) => (contents && matches(match, contents) ? 1 : 0)
  return counts(after) - counts(before)
}
