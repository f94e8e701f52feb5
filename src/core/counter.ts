/**
 * Counters: how many variables lie at certain places, and match. A counter exists only while a waiter needs it, and
 * waiters that count the same share one. A write looks up the counters at its own places, and no others.
 */
import { onlyTexts } from './match.ts'
import { rootsOf } from './name.ts'
import type { Stamp } from './time.ts'
import type { Contents } from './variable.ts'
import type * as wire from './wire.ts'

/** What is counted. */
export interface Counter {
  /** The same for all that count the same. */
  readonly key: string
  /** Where the variables lie: one subtree, or so many names. */
  readonly places: readonly Place[]
  /** What their texts must be; without it, it is enough that they are there. */
  readonly match?: wire.Match | undefined
  /**
   * Who was counted once stays counted, whatever becomes of the variable, until this many are: then no more need to be
   * remembered. Such a counter belongs to one waiter.
   */
  readonly keeps?: number | undefined
}

/** As text: a subtree by its root and a slash ('/' alone is everything), or a variable by its path. */
export type Place = string

/** The place of all variables at `root` and beneath. */
export const placeUnder = (root: string): Place => `${root}/`

/** The root of the subtree that a place is; undefined for the place of one variable. */
export const rootAt = (place: Place): string | undefined => (place.endsWith('/') ? place.slice(0, -1) : undefined)

/** The places in which a variable lies. */
export const placesOf = (path: string): Place[] => [path, ...rootsOf(path).map(placeUnder)]

/** The counter of a subtree. With neither a match nor a keeper its key is its path, as databases have had it from the start. */
export function countUnder(root: string, match: wire.Match | undefined, keeper?: Keeper): Counter {
  const key = match || keeper ? keyOf({ root, match, keeper }) : `/${root}`
  return { key, places: [placeUnder(root)], match, keeps: keeper?.most }
}

/** The counter of so many names. */
export function countAt(paths: readonly string[], match: wire.Match | undefined, keeper?: Keeper): Counter {
  return { key: keyOf({ paths, match, keeper }), places: paths, match, keeps: keeper?.most }
}

/** For whom a counter keeps what it has counted, and how many at most. */
export interface Keeper {
  readonly waiter: string
  readonly most: number
}

const keyOf = (what: object) => JSON.stringify(what)

const EVERY = '*'
const COMPARED = '?'
const only = (text: string) => `=${text}`

/**
 * Under which selectors a counter is found at its places: that of every variable, of those that must be compared, or of
 * one text. So a write need not look at the counters of other texts.
 */
export function selectorsOf({ match }: Counter): string[] {
  if (!match) return [EVERY]
  return onlyTexts(match)?.map(only) ?? [COMPARED]
}

/** The selectors of all counters that can move when a variable changes so; undefined is its absence. */
export function selectorsFor(before: Contents | undefined, after: Contents | undefined): string[] {
  const texts = [before, after].flatMap((contents) => (contents?.kind === 'text' ? [only(contents.contents)] : []))
  // Its being there has not changed if it was there before and is there now.
  return before && after ? [COMPARED, ...texts] : [EVERY, COMPARED, ...texts]
}

/** A counter's move, from one count to another. */
export interface Move {
  /** The counter's number in the store. */
  readonly counter: number
  readonly from: number
  readonly to: number
  /** Whether a waiter gains by it, or might: if not, there is none to look for. */
  readonly crosses: boolean
}

/** A counter as it stands. */
export interface Counted {
  readonly count: number
  /** Its number in the store, and when its count last changed: undefined where no waiter needs it. */
  readonly kept?: { readonly counter: number; readonly changed: Stamp } | undefined
}
