/** Acceptors: which observations end a wait, and how. */
import type { Duration } from './api.ts'
import { checkOptions, readDuration } from './duration.ts'
import { expected, show, InvalidArgumentError } from './errors.ts'
import { compile, settled, MATCHER_KEYS, type Matcher, type Match } from './matchers.ts'
import type { Observation } from './observation.ts'
import { readPath, type Path } from './path.ts'

/** An acceptor as Smithy has it. In a list, the first that matches decides. */
export interface Acceptor<T> {
  readonly state: 'success' | 'failure' | 'retry'
  readonly matcher: Matcher<T>
  /** What the outcome is called; the state, if it is not given. */
  readonly label?: string
  /** Of failures only: the path of the reason, a text or a list of texts, in the value. */
  readonly message?: string
}

/**
 * What it means that the target is not there. `pendingFor` bears with it for a time from the start of the wait, until
 * it has been seen.
 */
export type Absence = 'failure' | 'success' | 'pending' | { readonly pendingFor: Duration }

/** Matchers by label. Failures go before successes. */
export interface Acceptors<T, S extends string = string> {
  readonly success?: Matcher<T> | Readonly<Record<S, Matcher<T>>>
  readonly failure?: Matcher<T> | Readonly<Record<string, Matcher<T>>>
  /** If given, the world is closed: what is neither success nor failure nor this ends the wait as unexpected. */
  readonly pending?: Matcher<T>
  /** Without it, `failure`. */
  readonly absent?: Absence
  /** The path of the reason, a text or a list of texts, in the value of a failure. */
  readonly message?: string
}

/** What is waited for, in any of its forms. */
export type Until<T, S extends string = string> = Acceptors<T, S> | readonly Acceptor<T>[] | ((value: T) => unknown)

/** What is made of an observation. */
export type Verdict =
  | { readonly state: 'success'; readonly label: string }
  | { readonly state: 'failure'; readonly label: string; readonly reason?: string | undefined; readonly by: string }
  | { readonly state: 'retry'; readonly label?: string }
  | { readonly state: 'none' }
  | { readonly state: 'unexpected' }

export interface Judge<T> {
  /** In words: what the wait is for. */
  readonly text: string
  /** What it was made from, where that can be written down. */
  readonly plain: object | undefined
  /** `none`: no acceptor matches. */
  judge(observation: Observation<T>): Verdict | Promise<Verdict>
  readonly absent: Exclude<Absence, object> | { readonly pendingFor: number }
}

/** An acceptor that was checked, and where it stands. */
interface Entry<T> extends Acceptor<T> {
  readonly match: Match<T>
  readonly reason: Path | undefined
  readonly at: string
}

/** Checks what is waited for. Throws `InvalidArgumentError`. */
export function readUntil<T>(until: unknown): Judge<T> {
  if (typeof until === 'function') return readUntil({ success: until })
  if (typeof until !== 'object' || until === null) {
    throw expected('until', 'a function, acceptors or a list of them', until)
  }
  const acceptors = until as Acceptors<T>
  const isList = Array.isArray(until)
  if (!isList) checkOptions(until, ['success', 'failure', 'pending', 'absent', 'message'], 'until')
  if (acceptors.message !== undefined) readPath(acceptors.message, 'until.message')
  const absent = readAbsence(acceptors.absent)
  const entries = isList
    ? until.map((acceptor: Acceptor<T>, index) => readAcceptor(acceptor, `until[${index}]`))
    : [...readLabelled(acceptors, 'failure'), ...readLabelled(acceptors, 'success')]
  const wanted = entries.filter(({ state }) => state === 'success').map(({ matcher }) => show(matcher))
  if (absent === 'success') wanted.push('gone')
  if (!wanted.length)
    throw new InvalidArgumentError(isList ? 'until' : 'until.success', 'must have an acceptor for success')
  const known = acceptors.pending === undefined ? undefined : compile(acceptors.pending, 'until.pending')
  return { text: wanted.join(' or '), plain: plainOf(until), absent, judge: (seen) => judge(entries, known, seen) }
}

/** One matcher, labelled by its state, or several by their own labels. */
function readLabelled<T>(acceptors: Acceptors<T>, state: 'success' | 'failure'): Entry<T>[] {
  const { [state]: given, message } = acceptors
  if (given === undefined) return []
  const read = (label: string, matcher: unknown, at: string) =>
    readAcceptor({ state, label, matcher, ...(state === 'failure' && { message }) } as Acceptor<T>, at, at)
  const at = `until.${state}`
  const keys = typeof given === 'object' && given ? Object.keys(given) : ['path']
  // `{ success: true }` is a matcher too.
  const isOne =
    keys.some((key) => MATCHER_KEYS.includes(key)) || typeof (given as { success?: unknown }).success === 'boolean'
  if (isOne) return [read(state, given, at)]
  if (!keys.length) throw new InvalidArgumentError(at, 'must not be empty')
  return keys.map((label) => read(label, (given as Record<string, unknown>)[label], `${at}.${label}`))
}

function readAcceptor<T>(acceptor: Acceptor<T>, at: string, matcherAt = `${at}.matcher`): Entry<T> {
  checkOptions(acceptor, ['state', 'matcher', 'label', 'message'], at)
  const { state, matcher, message } = acceptor
  if (!['success', 'failure', 'retry'].includes(state)) {
    throw expected(`${at}.state`, '"success", "failure" or "retry"', state)
  }
  if (message !== undefined && state !== 'failure')
    throw new InvalidArgumentError(`${at}.message`, 'is for failures only')
  const reason = message === undefined ? undefined : readPath(message, `${at}.message`)
  return { ...acceptor, match: compile(matcher, matcherAt), reason, at }
}

/** What can be written down; undefined if there are functions in it. */
function plainOf(until: object): object | undefined {
  let plain = true
  JSON.stringify(until, (_, part: unknown) => {
    plain &&= typeof part !== 'function'
    return part
  })
  return plain ? until : undefined
}

/** The verdict of the first entry that matches; if the world is closed, by the matcher of what else may be. */
function judge<T>(
  [entry, ...others]: readonly Entry<T>[],
  known: Match<T> | undefined,
  seen: Observation<T>,
): Verdict | Promise<Verdict> {
  if (entry) {
    const go = ([matches]: readonly unknown[]) => (matches ? verdictOf(entry, seen) : judge(others, known, seen))
    return settled([entry.match(seen)], go) as Verdict | Promise<Verdict>
  }
  if (!known || seen.kind !== 'present') return { state: 'none' }
  return settled([known(seen)], ([is]): Verdict => ({ state: is ? 'retry' : 'unexpected' }))
}

function verdictOf<T>({ state, label = state, reason, matcher, at }: Entry<T>, seen: Observation<T>): Verdict {
  if (state !== 'failure') return { state, label }
  const parts = reason && seen.kind === 'present' ? reason.read(seen.value).flat() : []
  const texts = parts.filter((part) => typeof part === 'string')
  return { state, label, by: `${at} (${show(matcher)})`, reason: texts.join('; ') || undefined }
}

function readAbsence(absent: Absence = 'failure'): Judge<unknown>['absent'] {
  if (typeof absent === 'object' && absent !== null) {
    checkOptions(absent, ['pendingFor'], 'until.absent')
    return { pendingFor: readDuration(absent.pendingFor, 'until.absent.pendingFor') }
  }
  if (['failure', 'success', 'pending'].includes(absent)) return absent
  throw expected('until.absent', '"failure", "success", "pending" or { pendingFor }', absent)
}
