/**
 * What etcd promises of its watches, looked for in a recording: each validator answers what speaks against its promise.
 * They share the index of what happened and nothing else.
 */
import { concerns, isBookmark, partsOf, type Commit, type Message, type Reading, type Recording } from './recording.ts'

/** Something that a stream should not have told, or should have. */
export interface Finding {
  readonly reader: string
  readonly leg: number
  readonly what: string
  readonly stamp: string
  readonly names?: readonly string[]
}

export type Validator = (recording: Recording) => Finding[]

export const VALIDATORS: ReadonlyMap<string, Validator> = new Map([
  ['truthful', truthful],
  ['ordered', ordered],
  ['unique', unique],
  ['atomic', atomic],
  ['bookmarkable', bookmarkable],
  ['resumable', resumable],
  ['reliable', reliable],
  ['whole', whole],
])

const namesOf = (changes: Commit['changes']) => changes.map(({ name }) => name)

/** What happened, to be looked up. */
class History {
  readonly #byStamp = new Map<string, Commit>()
  /** By name, the stamps of its changes. */
  readonly #byName = new Map<string, string[]>()
  readonly #commits: readonly Commit[]

  constructor(commits: readonly Commit[]) {
    this.#commits = commits
    for (const commit of commits) {
      this.#byStamp.set(commit.stamp, commit)
      for (const { name } of commit.changes) {
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), commit.stamp])
      }
    }
  }

  at(stamp: string): Commit | undefined {
    return this.#byStamp.get(stamp)
  }

  /** The commits behind the first stamp up to the second that concern a subtree, with what of them does. */
  between(root: string, after: string, until: string): Commit[] {
    return this.#commits.flatMap(({ stamp, changes }) => {
      if (stamp <= after || stamp > until) return []
      const concerned = changes.filter((change) => concerns(root, change))
      return concerned.length ? [{ stamp, changes: concerned }] : []
    })
  }

  /** Whether a name has changed again behind a stamp; up to `until`, if that is given. */
  overtaken(name: string, stamp: string, until?: string): boolean {
    return this.#byName.get(name)?.some((other) => other > stamp && (until === undefined || other <= until)) ?? false
  }

  /** What was there at a moment in a subtree, as name and text; waiters are there when they have ended. */
  state(root: string, until: string): Map<string, string> {
    const state = new Map<string, string>()
    for (const { changes } of this.between(root, '', until)) {
      for (const { name, text } of changes) {
        if (text === undefined) state.delete(name)
        else state.set(name, text)
      }
    }
    return state
  }
}

/** Looks at each leg of each reader. */
function eachLeg(
  { commits, readings }: Recording,
  look: (leg: Reading['legs'][number], note: Note, reading: Reading, history: History) => void,
): Finding[] {
  const findings: Finding[] = []
  const history = new History(commits)
  for (const reading of readings) {
    for (const [index, leg] of reading.legs.entries()) {
      const note = (what: string, stamp: string, names?: readonly string[]) =>
        findings.push({ reader: reading.reader, leg: index, what, stamp, ...(names && { names }) })
      look(leg, note, reading, history)
    }
  }
  return findings
}

type Note = (what: string, stamp: string, names?: readonly string[]) => unknown

/** Outside a state, every message tells what happened at its stamp, of the subtree that was asked for. */
function truthful(recording: Recording): Finding[] {
  return eachLeg(recording, (leg, note, { root }, history) => {
    const { kind, first, live } = partsOf(leg)
    for (const { stamp, changes } of kind === 'state' ? live : [...first, ...live]) {
      const commit = history.at(stamp)
      for (const change of changes) {
        const happened = commit?.changes.find(({ name }) => name === change.name)
        if (!happened || happened.text !== change.text) note('told of what did not happen', stamp, [change.name])
        else if (!concerns(root, change)) note('told of what was not asked for', stamp, [change.name])
      }
    }
  })
}

/** The stamps of a stream never go back, and each message that tells of something is behind all before. */
function ordered(recording: Recording): Finding[] {
  return eachLeg(recording, (leg, note) => {
    const { kind, first } = partsOf(leg)
    let last = typeof leg.from === 'object' ? leg.from.after : ''
    let told = ''
    for (const [index, { stamp, changes }] of leg.messages.entries()) {
      const inState = kind === 'state' && index < first.length
      if (stamp < last) note(`told behind ${last}`, stamp)
      else if (changes.length && !inState && stamp <= told) note(`told behind ${told}`, stamp)
      last = stamp
      if (changes.length) told = stamp
    }
  })
}

/** No reader is told of the same change twice, over all of its legs; a state begins anew. */
function unique(recording: Recording): Finding[] {
  const told = new Map<Reading, Set<string>>()
  return eachLeg(recording, (leg, note, reading) => {
    const { kind, first, live } = partsOf(leg)
    if (kind === 'state') told.set(reading, new Set())
    const seen = told.get(reading) ?? new Set()
    told.set(reading, seen)
    const changed = (stamp: string, name: string) => (kind === 'state' ? name : `${name} ${stamp}`)
    const take = (messages: readonly Message[], key: (stamp: string, name: string) => string) => {
      for (const { stamp, changes } of messages) {
        const twice = namesOf(changes).filter((name) => seen.has(key(stamp, name)))
        if (twice.length) note('told twice', stamp, twice)
        for (const { name } of changes) seen.add(key(stamp, name))
      }
    }
    take(first, changed)
    take(live, (stamp, name) => `${name} ${stamp}`)
  })
}

/** What was done at one moment comes in one message, but for what a later change overtook before it was told. */
function atomic(recording: Recording): Finding[] {
  const messages = new Map<Reading, Set<string>>()
  return eachLeg(recording, (leg, note, reading, history) => {
    const { kind, first, through, live } = partsOf(leg)
    const seen = kind === 'state' ? new Set<string>() : (messages.get(reading) ?? new Set())
    messages.set(reading, seen)
    const take = (message: Message, mayLack: (name: string) => boolean) => {
      const { stamp, changes } = message
      if (!changes.length) return
      if (seen.has(stamp)) note('told in two messages', stamp)
      seen.add(stamp)
      const told = new Set(namesOf(changes))
      const happened = history.at(stamp)?.changes.filter((change) => concerns(reading.root, change)) ?? []
      const lacking = namesOf(happened).filter((name) => !told.has(name) && !mayLack(name))
      if (lacking.length) note('told in part', stamp, lacking)
    }
    const since = kind === 'since' ? first : []
    for (const message of since) take(message, (name) => history.overtaken(name, message.stamp, through))
    for (const message of live) take(message, () => false)
  })
}

/** Nothing comes behind a bookmark that happened before it, on whichever leg. */
function bookmarkable(recording: Recording): Finding[] {
  const marks = new Map<Reading, string>()
  return eachLeg(recording, (leg, note, reading) => {
    const { kind, first } = partsOf(leg)
    for (const [index, message] of leg.messages.entries()) {
      const mark = marks.get(reading) ?? ''
      const inState = kind === 'state' && index < first.length
      if (isBookmark(message) && message.stamp > mark) marks.set(reading, message.stamp)
      else if (message.changes.length && !inState && message.stamp <= mark)
        note(`told behind bookmark ${mark}`, message.stamp)
    }
  })
}

/** A leg that begins behind a stamp tells of nothing up to it, and of the last change since of each name. */
function resumable(recording: Recording): Finding[] {
  return eachLeg(recording, ({ from, ...leg }, note, { root }, history) => {
    const { kind, first, through } = partsOf({ from, ...leg })
    if (typeof from !== 'object' || kind === 'state') return
    for (const { stamp, changes } of first) {
      if (changes.length && stamp <= from.after) note(`told behind ${from.after}`, stamp)
    }
    if (through === undefined) return
    const told = new Set(first.flatMap(({ stamp, changes }) => changes.map(({ name }) => `${name} ${stamp}`)))
    for (const { stamp, changes } of history.between(root, from.after, through)) {
      const last = namesOf(changes).filter((name) => !history.overtaken(name, stamp, through))
      const lacking = last.filter((name) => !told.has(`${name} ${stamp}`))
      if (lacking.length) note(`not told behind ${from.after}`, stamp, lacking)
    }
  })
}

/** Between the beginning of a leg and the last that it tells, no commit is missing. */
function reliable(recording: Recording): Finding[] {
  return eachLeg(recording, (leg, note, { root }, history) => {
    const { through, live } = partsOf(leg)
    const last = live.at(-1)?.stamp
    if (through === undefined || last === undefined) return
    const told = new Set(live.filter(({ changes }) => changes.length).map(({ stamp }) => stamp))
    for (const { stamp, changes } of history.between(root, through, last)) {
      if (!told.has(stamp)) note('not told', stamp, namesOf(changes))
    }
  })
}

/** A state tells of what was there at its stamp, of nothing else, and of all of it if it was not cut. */
function whole(recording: Recording): Finding[] {
  return eachLeg(recording, (leg, note, { root }, history) => {
    const { kind, first, through } = partsOf(leg)
    const stamp = first[0]?.stamp
    if (kind !== 'state' || stamp === undefined) return
    if (first.some((message) => message.stamp !== stamp)) note('a state of several moments', stamp)
    const state = history.state(root, stamp)
    const told = first.flatMap(({ changes }) => changes)
    const wrong = told.filter(({ name, text }) => text === undefined || state.get(name) !== text)
    if (wrong.length) note('told as there', stamp, namesOf(wrong))
    if (through === undefined) return
    const names = new Set(namesOf(told))
    const lacking = [...state.keys()].filter((name) => !names.has(name))
    if (lacking.length) note('not told as there', stamp, lacking)
  })
}
