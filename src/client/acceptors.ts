/** Acceptors: which observations end a wait, and how. */
import { checkOptions, readDuration, show, type Duration } from './duration.ts'
import { InvalidArgumentError } from './errors.ts'
import { compile, settled, type Compiled, type Matcher } from './matchers.ts'
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

/** What a function says of a value: whether this is it, or more than that. */
export type Judgement =
  | boolean
  | 'pending'
  | { readonly success: string }
  | { readonly failure: string; reason?: string }

/** What is waited for, in any of its forms. */
export type Until<T, S extends string = string> =
  | Acceptors<T, S>
  | readonly Acceptor<T>[]
  | ((value: T) => Judgement | Promise<Judgement>)

/** What is made of an observation. */
export type Verdict =
  | { readonly state: 'success'; readonly label: string }
  | { readonly state: 'failure'; readonly label: string; readonly reason?: string; readonly by: string }
  | { readonly state: 'retry' }
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

/** Checks what is waited for. Throws {@link InvalidArgumentError}. */
export function readUntil<T>(until: unknown): Judge<T> {
  if (typeof until === 'function') return judgeByFunction(until as (value: T) => unknown)
  if (Array.isArray(until)) return judgeInOrder(until)
  if (typeof until === 'object' && until !== null) return readAcceptors(until)
  throw new InvalidArgumentError('until', `must be a function, acceptors or a list of them, this is ${show(until)}`)
}

function judgeByFunction<T>(decide: (value: T) => unknown): Judge<T> {
  const { text, match } = compile<T>(decide, 'until')
  const read = (result: unknown): Verdict => {
    if (typeof result === 'object' && result !== null) {
      const { success, failure, reason } = result as { success?: string; failure?: string; reason?: string }
      if (typeof failure === 'string') return { state: 'failure', label: failure, by: text, ...(reason && { reason }) }
      if (typeof success === 'string') return { state: 'success', label: success }
    }
    return result && result !== 'pending' ? { state: 'success', label: 'success' } : { state: 'none' }
  }
  const judge = (seen: Observation<T>) => settled([match(seen)], ([result]) => read(result))
  return { text, plain: undefined, absent: 'failure', judge }
}

interface Entry<T> {
  readonly state: 'success' | 'failure' | 'retry'
  readonly label: string
  readonly matcher: Compiled<T>
  readonly message?: Path
  readonly at: string
}

const SHORT = ['success', 'failure', 'pending', 'absent', 'message']

function readAcceptors<T>(acceptors: Acceptors<T>): Judge<T> {
  checkOptions(acceptors, SHORT, 'until')
  const { success, failure, pending } = acceptors
  const absent = readAbsence(acceptors.absent)
  if (success === undefined && absent !== 'success') {
    throw new InvalidArgumentError('until.success', 'is required, unless the wait is for absent: "success"')
  }
  const message = acceptors.message === undefined ? undefined : readPath(acceptors.message, 'until.message')
  const entries = [...labelled(failure, 'failure', message), ...labelled(success, 'success')]
  const closed = pending === undefined ? undefined : compile(pending as Matcher<T>, 'until.pending')
  const judged = inOrder(entries as Entry<T>[])
  const judge = (seen: Observation<T>) =>
    settled([judged(seen)], ([verdict]) => {
      const open = (verdict as Verdict).state !== 'none' || seen.kind !== 'present' || !closed
      if (open) return verdict as Verdict
      return settled([closed.match(seen)], ([known]): Verdict => ({ state: known ? 'retry' : 'unexpected' }))
    }) as Verdict | Promise<Verdict>
  const wanted = entries.filter(({ state }) => state === 'success').map(({ matcher }) => matcher.text)
  const plain = entries.every(({ matcher }) => matcher.plain) && closed?.plain !== false
  const text = [...wanted, ...(absent === 'success' ? ['gone'] : [])].join(' or ')
  return { text, plain: plain ? acceptors : undefined, absent, judge }
}

const KINDS = ['path', 'output', 'errorType', 'all', 'any', 'not']

/** One matcher, labelled by its state, or several by their own labels. */
function labelled<T>(given: unknown, state: 'success' | 'failure', message?: Path): Entry<T>[] {
  if (given === undefined) return []
  const at = `until.${state}`
  // `{ success: true }` is a matcher too.
  const isSuccess = (value: object) => 'success' in value && typeof value.success === 'boolean'
  const single = typeof given !== 'object' || !given || KINDS.some((kind) => kind in given) || isSuccess(given)
  const rest = { state, ...(message && { message }) }
  if (single) return [{ ...rest, label: state, matcher: compile(given as Matcher<T>, at), at }]
  const parts = Object.entries(given as Record<string, Matcher<T>>)
  if (!parts.length) throw new InvalidArgumentError(at, 'must have at least one matcher')
  return parts.map(([label, matcher]) => ({
    ...rest,
    label,
    matcher: compile(matcher, `${at}.${label}`),
    at: `${at}.${label}`,
  }))
}

function judgeInOrder<T>(acceptors: readonly Acceptor<T>[]): Judge<T> {
  const entries = acceptors.map((acceptor, index) => readAcceptor(acceptor, `until[${index}]`))
  const wanted = entries.filter(({ state }) => state === 'success')
  if (!wanted.length) throw new InvalidArgumentError('until', 'must have an acceptor whose state is "success"')
  const plain = entries.every(({ matcher }) => matcher.plain) ? acceptors : undefined
  return {
    text: wanted.map(({ matcher }) => matcher.text).join(' or '),
    plain,
    absent: 'failure',
    judge: inOrder(entries),
  }
}

function readAcceptor<T>(acceptor: Acceptor<T>, at: string): Entry<T> {
  checkOptions(acceptor, ['state', 'matcher', 'label', 'message'], at)
  const { state, label = state, message } = acceptor
  if (!['success', 'failure', 'retry'].includes(state)) {
    throw new InvalidArgumentError(`${at}.state`, `must be "success", "failure" or "retry", this is ${show(state)}`)
  }
  if (message !== undefined && state !== 'failure') {
    throw new InvalidArgumentError(`${at}.message`, 'can only be given where the state is "failure"')
  }
  const matcher = compile(acceptor.matcher, `${at}.matcher`)
  return { state, label, matcher, at, ...(message !== undefined && { message: readPath(message, `${at}.message`) }) }
}

/** The verdict of the first entry that matches. */
function inOrder<T>(entries: readonly Entry<T>[]): (seen: Observation<T>) => Verdict | Promise<Verdict> {
  const from = (index: number, seen: Observation<T>): Verdict | Promise<Verdict> => {
    const entry = entries[index]
    if (!entry) return { state: 'none' }
    return settled([entry.matcher.match(seen)], ([matches]) =>
      matches ? verdictOf(entry, seen) : from(index + 1, seen),
    ) as Verdict | Promise<Verdict>
  }
  return (seen) => from(0, seen)
}

function verdictOf<T>({ state, label, matcher, message, at }: Entry<T>, seen: Observation<T>): Verdict {
  if (state === 'retry') return { state }
  if (state === 'success') return { state, label }
  const by = `${at} (${matcher.text})`
  if (!message || seen.kind !== 'present') return { state, label, by }
  const reason = message
    .read(seen.value)
    .flat()
    .filter((part) => typeof part === 'string')
    .join('; ')
  return { state, label, by, ...(reason && { reason }) }
}

function readAbsence(absent: Absence = 'failure'): Judge<unknown>['absent'] {
  if (typeof absent === 'object' && absent !== null) {
    checkOptions(absent, ['pendingFor'], 'until.absent')
    return { pendingFor: readDuration(absent.pendingFor, 'until.absent.pendingFor') }
  }
  if (['failure', 'success', 'pending'].includes(absent)) return absent
  const known = '"failure", "success", "pending" or { pendingFor }'
  throw new InvalidArgumentError('until.absent', `must be ${known}, this is ${show(absent)}`)
}
