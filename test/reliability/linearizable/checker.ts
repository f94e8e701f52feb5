/**
 * Whether a history of concurrent calls can be put into an order in which each happened at one moment between its
 * invocation and its answer: the search of Wing and Gong over the calls that may come next, with Lowe's memory of what was
 * tried, which is the calls that are in order together with the state that they have led to.
 */

/** A call, as its client saw it. */
export interface Call<Input, Output> {
  readonly client: number
  readonly input: Input
  /** Undefined where none came: the call may have been done at any time after its invocation, or never. */
  readonly output: Output | undefined
  /** When it was sent, on one clock for all clients. */
  readonly invoked: number
  /** When its answer came; Infinity where none did. */
  readonly answered: number
}

/** What the calls are to something that only ever does one at a time. */
export interface Model<State, Input, Output> {
  readonly initial: State
  /** The states that a call may lead to which is answered so; none if it cannot be. Any answer will do for undefined. */
  step(state: State, input: Input, output: Output | undefined): readonly State[]
  /** The same text for the same state, and for no other. */
  key(state: State): string
}

export interface Finding {
  /** `undecided` if the search would take more steps than it may. */
  readonly verdict: 'linearizable' | 'broken' | 'undecided'
  readonly steps: number
}

/** An invocation or an answer, in their order. */
interface Entry {
  readonly call: number
  /** The answer to an invocation, if one came. */
  readonly answer?: Entry | undefined
  readonly invocation: boolean
  before: Entry | undefined
  after: Entry | undefined
}

/** A call that was put in order, and what was so before: to be taken back if it leads nowhere. */
interface Choice<State> {
  readonly entry: Entry
  readonly state: State
  /** Which of the states it was that the call may lead to. */
  readonly number: number
}

/** The most steps that a search takes unless told otherwise. */
const BOUND = 500_000

/** Searches for an order of the calls. */
export function check<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Call<Input, Output>[],
  bound = BOUND,
): Finding {
  const first = enlist(history)
  const tried = new Set<string>()
  const choices: Choice<State>[] = []
  let { initial: state } = model
  let ordered = 0n
  let open = history.filter(({ answered }) => answered < Infinity).length
  let entry = first.after
  let number = 0
  for (let steps = 0; ; steps++) {
    if (open === 0) return { verdict: 'linearizable', steps }
    if (steps === bound) return { verdict: 'undecided', steps }
    if (entry?.invocation) {
      const { input, output, answered } = history[entry.call] as Call<Input, Output>
      const next = model.step(state, input, output)
      const together = ordered | (1n << BigInt(entry.call))
      while (number < next.length && !added(tried, `${together} ${model.key(next[number] as State)}`)) number += 1
      if (number === next.length) {
        ;[entry, number] = [entry.after, 0]
        continue
      }
      choices.push({ entry, state, number })
      state = next[number] as State
      ordered = together
      if (answered < Infinity) open -= 1
      lift(entry)
      ;[entry, number] = [first.after, 0]
    } else {
      // A call that is not in order yet has been answered, so it is too late for whatever was put before it.
      const last = choices.pop()
      if (!last) return { verdict: 'broken', steps }
      restore(last.entry)
      ordered &= ~(1n << BigInt(last.entry.call))
      if (last.entry.answer) open += 1
      ;({ entry, state } = last)
      number = last.number + 1
    }
  }
}

/**
 * As little of a broken history as shows that it is: its beginning up to the answer that cannot be, without the calls of
 * which `idle` says that they change nothing, as far as they are not needed.
 */
export function smallest<State, Input, Output, Made extends Call<Input, Output>>(
  model: Model<State, Input, Output>,
  history: readonly Made[],
  idle: (call: Made) => boolean,
  bound = BOUND,
): readonly Made[] {
  const broken = (calls: readonly Made[]) => check(model, calls, bound).verdict === 'broken'
  const ends = history
    .map(({ answered }) => answered)
    .filter((end) => end < Infinity)
    .sort((a, b) => a - b)
  // Whatever begins with a broken history is broken too.
  let [low, high] = [0, ends.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (broken(beginning(history, ends[middle] as number))) high = middle
    else low = middle + 1
  }
  let calls = beginning(history, ends[low] ?? 0)
  for (const call of calls.filter(idle)) {
    const fewer = calls.filter((other) => other !== call)
    if (broken(fewer)) calls = fewer
  }
  return calls
}

/** What was known of a history at a moment. */
function beginning<Made extends Call<unknown, unknown>>(history: readonly Made[], until: number): Made[] {
  return history
    .filter(({ invoked }) => invoked <= until)
    .map((call) => (call.answered <= until ? call : { ...call, output: undefined, answered: Infinity }))
}

/** The invocations and answers in their order, behind an entry that is neither. What came at one moment overlaps. */
function enlist<Input, Output>(history: readonly Call<Input, Output>[]): Entry {
  const timed: { readonly at: number; readonly entry: Entry }[] = []
  for (const [call, { invoked, answered }] of history.entries()) {
    const none = { before: undefined, after: undefined }
    const answer = answered < Infinity ? { call, invocation: false, ...none } : undefined
    timed.push({ at: invoked, entry: { call, invocation: true, answer, ...none } })
    if (answer) timed.push({ at: answered, entry: answer })
  }
  timed.sort((a, b) => a.at - b.at || Number(b.entry.invocation) - Number(a.entry.invocation))
  const first: Entry = { call: -1, invocation: false, before: undefined, after: undefined }
  let last = first
  for (const { entry } of timed) {
    entry.before = last
    last.after = entry
    last = entry
  }
  return first
}

/** Takes a call out of the list. */
function lift(entry: Entry): void {
  unlink(entry)
  if (entry.answer) unlink(entry.answer)
}

/** Puts a call back to where it was; the last that was taken out comes first. */
function restore(entry: Entry): void {
  if (entry.answer) link(entry.answer)
  link(entry)
}

function unlink({ before, after }: Entry): void {
  if (before) before.after = after
  if (after) after.before = before
}

function link(entry: Entry): void {
  if (entry.before) entry.before.after = entry
  if (entry.after) entry.after.before = entry
}

/** Adds to a set; answers whether it was not there before. */
function added(set: Set<string>, key: string): boolean {
  const before = set.size
  return set.add(key).size > before
}
