/**
 * Whether the stamps of a history explain it: they are unique, in the order of real time, and the writes done in their
 * order one after another lead to what each call was answered.
 */
import type { Call } from './checker.ts'
import type { Shown } from './calls.ts'
import { apply, DONE, isAt, respond, type Input, type State } from './model.ts'

/** A call, with the stamp of what it wrote and the variables that its answer has shown. */
export interface Recorded extends Call<Input, string> {
  readonly stamp?: string | undefined
  readonly variables: readonly Shown[]
}

/** Why a history cannot be, and the calls that show it. */
export interface Contradiction {
  readonly why: string
  readonly calls: readonly Recorded[]
}

/** A call that has written something, at its stamp. */
interface Stamped {
  readonly call: Recorded
  readonly stamp: string
}

/** Finds what contradicts the stamps of a history, if anything does. */
export function contradiction(history: readonly Recorded[]): Contradiction | undefined {
  const tags = checkTags(history)
  if ('why' in tags) return tags
  const writes = stampedWrites(history, tags.stamps)
  return checkOrder(writes) ?? (allStamped(history) ? replay(history, writes) : undefined)
}

/** Whether it is known of all writes that were answered when they were. The method that deletes does not tell. */
function allStamped(history: readonly Recorded[]): boolean {
  return history.every(({ input, output, stamp }) => !('writes' in input) || output !== DONE || stamp !== undefined)
}

/** A text is always shown with the same stamp and etag. Answers the stamp of each. */
function checkTags(history: readonly Recorded[]): Contradiction | { readonly stamps: ReadonlyMap<string, string> } {
  const known = new Map<string, { readonly tag: string; readonly call: Recorded }>()
  const stamps = new Map<string, string>()
  for (const call of history) {
    for (const { path, text, updateTime, etag } of call.variables) {
      for (const [key, tag] of [
        [`text ${path} ${text}`, `${updateTime} ${etag}`],
        [`etag ${path} ${etag}`, text],
        [`time ${path} ${updateTime}`, text],
      ] as const) {
        const before = known.get(key) ?? { tag, call }
        known.set(key, before)
        if (before.tag === tag) continue
        return { why: `a write has one stamp and one etag, of its own: ${key}`, calls: [before.call, call] }
      }
      stamps.set(text, updateTime)
    }
  }
  return { stamps }
}

/** The writes that were done, in the order of their stamps: of those without an answer, the ones that were seen. */
function stampedWrites(history: readonly Recorded[], stamps: ReadonlyMap<string, string>): Stamped[] {
  const writes = history.flatMap((call): Stamped[] => {
    if (!('writes' in call.input) || (call.output !== DONE && call.output !== undefined)) return []
    const seen = call.input.writes.flatMap((write) => (write.do === 'delete' ? [] : (stamps.get(write.text) ?? [])))
    const stamp = call.stamp ?? seen[0]
    return stamp === undefined ? [] : [{ call, stamp }]
  })
  return writes.sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
}

/** No stamp is given twice, and what was answered before another call began has the lesser one. */
function checkOrder(writes: readonly Stamped[]): Contradiction | undefined {
  for (const [index, later] of writes.entries()) {
    for (const earlier of writes.slice(0, index)) {
      if (earlier.stamp === later.stamp) return { why: 'a stamp is given once', calls: [earlier.call, later.call] }
      if (later.call.answered < earlier.call.invoked) {
        return { why: 'stamps are in the order of real time', calls: [later.call, earlier.call] }
      }
    }
  }
  return undefined
}

/** Does the writes in the order of their stamps, and looks for a place among them for each call that has written nothing. */
function replay(history: readonly Recorded[], writes: readonly Stamped[]): Contradiction | undefined {
  const done = new Set(writes.map(({ call }) => call))
  // Of these it is not known whether and when they were done: what they may have changed is not judged.
  const unknown = history.filter((call) => call.output === undefined && 'writes' in call.input && !done.has(call))
  const states: State[] = [new Map()]
  for (const { call } of writes) {
    const before = states.at(-1) as State
    const { output, state } = respond(before, call.input)
    if (output !== DONE && !unsure(call, unknown)) {
      return { why: `what was done could be done by its stamp: ${output}`, calls: [...trace(writes, call), call] }
    }
    states.push(output === DONE ? state : forced(before, call.input))
  }
  return findPlaces(history, writes, { states, unknown, done })
}

/** Each call that wrote nothing must fit between two writes: behind those that were answered before it, and so on. */
function findPlaces(
  history: readonly Recorded[],
  writes: readonly Stamped[],
  {
    states,
    unknown,
    done,
  }: { readonly states: readonly State[]; readonly unknown: readonly Recorded[]; readonly done: ReadonlySet<Recorded> },
): Contradiction | undefined {
  const placed: { readonly call: Recorded; readonly at: number }[] = []
  const others = history.filter((call) => !done.has(call) && call.output !== undefined)
  for (const call of others.sort((a, b) => a.invoked - b.invoked)) {
    const least = Math.max(
      writes.findLastIndex((write) => write.call.answered < call.invoked) + 1,
      ...placed.filter((other) => other.call.answered < call.invoked).map(({ at }) => at),
    )
    const next = writes.findIndex((write) => write.call.invoked > call.answered)
    const most = next === -1 ? writes.length : next
    let at = least
    while (at <= most && respond(states[at] as State, call.input).output !== call.output) at += 1
    if (at <= most) placed.push({ call, at })
    else if (!unsure(call, unknown)) {
      const why = `what is answered was so by the stamps at some moment between writes ${least} and ${most}`
      return { why, calls: [...writes.slice(0, most).map((write) => write.call), call] }
    }
  }
  return undefined
}

/** The writes up to a call. */
function trace(writes: readonly Stamped[], call: Recorded): readonly Recorded[] {
  const calls = writes.map((write) => write.call)
  return calls.slice(0, calls.indexOf(call))
}

function forced(before: State, input: Input): State {
  const after = new Map(before)
  if ('writes' in input) for (const write of input.writes) apply(after, write)
  return after
}

/** Whether a call may have met with one of those of which nobody knows whether they were done. */
function unsure(call: Recorded, unknown: readonly Recorded[]): boolean {
  const paths = pathsOf(call.input)
  return unknown.some(
    (other) =>
      other.invoked < call.answered &&
      pathsOf(other.input).some((one) => paths.some((path) => isAt(one, path) || isAt(path, one))),
  )
}

function pathsOf(input: Input): readonly string[] {
  if ('get' in input) return [input.get]
  return 'list' in input ? [input.list] : input.writes.map(({ path }) => path)
}
