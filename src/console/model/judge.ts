/** What a waiter's conditions say of variables that are known here: the same rules as the service's own. */
import { atomsOf, holds, tally, type Count, type Formula } from '../../core/condition.ts'
import { rootAt, type Counter } from '../../core/counter.ts'
import { matches } from '../../core/match.ts'
import { formulasOf, judge as endOf, type WaiterSpec } from '../../core/waiter.ts'
import type * as wire from '../../core/wire.ts'
import type { Entry, Variables } from './variables.ts'

/** How a condition stands. */
export interface Standing {
  readonly holds: boolean
  readonly tally: wire.Tally
}

export interface Judgement {
  /** How a waiter with these conditions would end now, if it would. */
  readonly end: 'success' | 'failure' | undefined
  readonly success: Standing
  readonly failure?: Standing
}

/** What a waiter waits for. */
export type Conditions = Pick<WaiterSpec, 'success' | 'failure'>

/**
 * What conditions say of the variables as they stand. Of a sticky waiter whoever has been counted before is not known
 * here: it is judged as if it had only begun.
 */
export function judge(conditions: Conditions, variables: Variables): Judgement {
  const formulas = compiled(conditions)
  const count: Count = (counter) => countOf(counter, variables)
  const standing = (formula: Formula) => ({ holds: holds(formula, count), tally: tally(formula, count) })
  return {
    end: endOf(formulas, count),
    success: standing(formulas.success),
    ...(formulas.failure && { failure: standing(formulas.failure) }),
  }
}

/** Whom a condition looks for. */
export interface Call {
  /** The variables by which it gains, in the order of their paths. */
  readonly counted: readonly Entry[]
  /** Whom it names and counts, and does not; undefined where it names nobody. */
  readonly present?: readonly string[]
  readonly missing?: readonly string[]
}

/** Who is there of those whom a condition looks for. */
export function callRoll(condition: wire.EndCondition, variables: Variables): Call {
  const gaining = atomsOf(compiled({ success: condition }).success).filter(({ gains }) => gains)
  const counted = new Set<Entry>()
  const missing = new Set<string>()
  const expected = new Set<string>()
  for (const { atom } of gaining) {
    const there = [...entriesOf(atom.counter, variables)]
    for (const entry of there) counted.add(entry)
    const paths = new Set(atom.names && there.map(({ path }) => path))
    for (const [index, name] of (atom.names ?? []).entries()) {
      expected.add(name)
      if (!paths.has(atom.counter.places[index] as string)) missing.add(name)
    }
  }
  if (!expected.size) return { counted: [...counted] }
  const present = [...expected].filter((name) => !missing.has(name))
  return { counted: [...counted], present, missing: [...missing] }
}

const compiled = (conditions: Conditions) => formulasOf({ id: '', spec: { timeout: '', ...conditions } })

function countOf(counter: Counter, variables: Variables): number {
  const root = counter.places.length === 1 ? rootAt(counter.places[0] as string) : undefined
  if (root !== undefined && !counter.match) return variables.countUnder(root)
  let count = 0
  for (const _ of entriesOf(counter, variables)) count += 1
  return count
}

function* entriesOf({ places, match }: Counter, variables: Variables): Generator<Entry, void, undefined> {
  for (const place of places) {
    const root = rootAt(place)
    const entry = root === undefined ? variables.get(place) : undefined
    for (const one of root === undefined ? (entry ? [entry] : []) : variables.under(root)) {
      if (matches(match, contentsOf(one.variable))) yield one
    }
  }
}

/** Contents as the domain has them. What may not be read is no text. */
function contentsOf({ text, value }: wire.Variable) {
  return text === undefined
    ? ({ kind: 'value', contents: value ?? '' } as const)
    : ({ kind: 'text', contents: text } as const)
}
