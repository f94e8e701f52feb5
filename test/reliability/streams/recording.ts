/** What happened in a config, and what those who listened were told of it. */

/** A variable that was set, if it has a text, or deleted; or a waiter that has ended, with how. */
export interface Event {
  /** The path of the variable, or `waiters/` and the waiter's id. */
  readonly name: string
  readonly text?: string
}

/** What happened at one moment. Stamps are texts that sort as the moments do. */
export interface Commit {
  readonly stamp: string
  readonly changes: readonly Event[]
}

/** A message of a stream; one without changes is a bookmark, unless it begins anew. */
export interface Message extends Commit {
  /** More of the same state follow. */
  readonly more?: boolean
  /** It begins the state, because what was asked for is forgotten. */
  readonly reset?: boolean
}

/** A stream from its beginning to its end. */
export interface Leg {
  readonly from: 'now' | 'state' | { readonly after: string }
  readonly messages: readonly Message[]
}

/** One reader, who comes back where it was. */
export interface Reading {
  readonly reader: string
  /** The subtree it listens to; '' is all. */
  readonly root: string
  readonly legs: readonly Leg[]
}

export interface Recording {
  /** All that happened, in order. */
  readonly commits: readonly Commit[]
  readonly readings: readonly Reading[]
}

const WAITERS = 'waiters/'
export const waiterEvent = (id: string): string => `${WAITERS}${id}`

/** Whether a stream of a subtree tells of it: the ends of waiters concern all. */
export function concerns(root: string, { name }: Event): boolean {
  return root === '' || name.startsWith(WAITERS) || `${name}/`.startsWith(`${root}/`)
}

export const isBookmark = ({ changes, reset, more }: Message): boolean => !changes.length && !reset && !more

/** What a leg begins with, and what comes live. */
export interface Parts {
  /** The state, where the leg begins with that; else what had happened since. */
  readonly kind: 'state' | 'since'
  readonly first: readonly Message[]
  /** Up to which stamp the beginning tells; undefined if the leg ended before it was over. */
  readonly through: string | undefined
  readonly live: readonly Message[]
}

export function partsOf({ from, messages }: Leg): Parts {
  const state = from === 'state' || messages[0]?.reset === true
  const last = messages.findIndex((message) => (state ? !message.more : isBookmark(message)))
  const end = last < 0 ? messages.length : last + 1
  const kind = state ? 'state' : 'since'
  return { kind, first: messages.slice(0, end), through: messages[last]?.stamp, live: messages.slice(end) }
}

/** Where a reader comes back: behind the last stamp of its legs that can be resumed from. */
export function resumeStamp(legs: readonly Leg[]): string | undefined {
  const stamps = legs.flatMap(({ messages }) => messages.filter(({ more }) => !more)).map(({ stamp }) => stamp)
  return stamps.at(-1)
}
