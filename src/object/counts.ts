/**
 * How far the counters are that writes have met: read once, moved in memory, and saved once for all that moved them.
 * While many check in at the same place, only the first of them has to look there.
 */
import type { Move } from '../core/counter.ts'
import type { Stamp } from '../core/time.ts'
import type * as wire from '../core/wire.ts'
import { among, type Row, type Sql } from './schema.ts'

/** A counter that a write has met. */
export interface Count {
  readonly id: number
  readonly match: wire.Match | undefined
  readonly keeps: number | null
  count: number
  /** When `count` last changed. */
  changed: Stamp
  /** The thresholds that are nearest: the highest that the count has reached, and the lowest that it has not. */
  readonly reached: number
  readonly next: number
}

/** A place and a selector: where counters are found. */
export type Spot = readonly [place: string, selector: string]

interface FoundRow extends Row {
  id: number
  count: number
  changed: number
  match: string | null
  keeps: number | null
  reached: number | null
  next: number | null
  place: string
  selector: string
}

// One look for those who gain by more and one for those who gain by less: so each goes by the index.
const nearest = (which: string, how: string) =>
  [0, 1].map(
    (gains) => `SELECT ${which}(threshold) AS at FROM atoms WHERE counter = id AND gains = ${gains} AND ${how}`,
  )

const FIND = `SELECT id, count, changed, match, keeps, place, selector,
  (SELECT max(at) FROM (${nearest('max', 'threshold <= count').join(' UNION ALL ')})) AS reached,
  (SELECT min(at) FROM (${nearest('min', 'threshold > count').join(' UNION ALL ')})) AS next
  FROM places JOIN counters ON counter = id`

/** The most spots that one query names one by one, and the most counters that are kept in memory. */
const MOST_ASKED = 10
const MOST_KEPT = 1000

/** What is found at a spot is not kept if its selector is longer, in characters: a text to compare may be long. */
const LONGEST_SELECTOR = 40

/** Writes down how far a counter is, and since when. */
export function writeCount(sql: Sql, { id, count, changed }: Pick<Count, 'id' | 'count' | 'changed'>): void {
  sql.exec('UPDATE counters SET count = ?, changed = ? WHERE id = ?', count, changed, id)
}

export class Counts {
  readonly #sql: Sql
  readonly #byId = new Map<number, Count>()
  /** By the spot as one text, all that are found there. */
  readonly #at = new Map<string, readonly Count[]>()
  readonly #unsaved = new Set<Count>()

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** The counters at any of these spots. */
  find(spots: readonly Spot[]): ReadonlySet<Count> {
    const found = new Set<Count>()
    const unknown: Spot[] = []
    for (const spot of spots) {
      const there = this.#at.get(spot.join(' '))
      if (there) for (const count of there) found.add(count)
      else unknown.push(spot)
    }
    if (unknown.length) for (const count of this.#read(unknown)) found.add(count)
    return found
  }

  /** Moves a counter. Whoever has moved one that a waiter may gain by must {@link forget} when all are moved. */
  move(count: Count, by: number, stamp: Stamp): Move {
    const from = count.count
    const to = from + by
    count.count = to
    count.changed = stamp
    this.#unsaved.add(count)
    return { counter: count.id, from, to, crosses: to < count.reached || to >= count.next }
  }

  /** Writes down what has moved. */
  save(): void {
    for (const count of this.#unsaved) writeCount(this.#sql, count)
    this.#unsaved.clear()
    if (this.#byId.size > MOST_KEPT || this.#at.size > MOST_KEPT) this.clear()
  }

  /** To be called before the tables change, or what is asked of them: saves, and begins anew. */
  forget(): void {
    this.save()
    this.clear()
  }

  /** To be called when the tables have changed by other hands: what was not saved was undone. */
  clear(): void {
    this.#byId.clear()
    this.#at.clear()
    this.#unsaved.clear()
  }

  #read(spots: readonly Spot[]): Count[] {
    const rows = this.#rowsAt(spots)
    const counts = rows.map((row) => this.#countOf(row))
    for (const [place, selector] of spots) {
      if (selector.length > LONGEST_SELECTOR) continue
      const there = counts.filter((_, index) => rows[index]?.place === place && rows[index]?.selector === selector)
      this.#at.set(`${place} ${selector}`, there)
    }
    return counts
  }

  #rowsAt(spots: readonly Spot[]): FoundRow[] {
    if (spots.length <= MOST_ASKED) {
      const either = spots.map(() => '(place = ? AND selector = ?)').join(' OR ')
      return this.#sql.exec(`${FIND} WHERE ${either}`, ...spots.flat()).toArray() as FoundRow[]
    }
    const [at, under] = [among(spots.map(([place]) => place)), among(spots.map(([, selector]) => selector))]
    const query = `${FIND} WHERE place IN ${at.list} AND selector IN ${under.list}`
    return this.#sql.exec(query, ...at.bound, ...under.bound).toArray() as FoundRow[]
  }

  /** The same for the same counter, wherever it was found: it may have moved since the tables knew of it. */
  #countOf({ id, count, changed, match, keeps, reached, next }: FoundRow): Count {
    const known = this.#byId.get(id)
    if (known) return known
    const parsed = match === null ? undefined : (JSON.parse(match) as wire.Match)
    const read = { id, count, changed, match: parsed, keeps, reached: reached ?? -Infinity, next: next ?? Infinity }
    this.#byId.set(id, read)
    return read
  }
}
