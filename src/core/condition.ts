/**
 * End conditions compile to atoms on counters. A counter is a path and how many variables lie under it; an atom is a
 * counter and the threshold from which it holds. Whoever changes a count looks only at the atoms whose threshold was
 * just crossed, so a waiter costs nothing while nothing it cares about changes.
 */
import { checkRoot, collapse } from './name.ts'
import { invalid, ok, type Result } from './fault.ts'
import type * as wire from './wire.ts'

/** Holds while at least `threshold` variables lie under `counter`, a path without slashes at its ends ('' is all). */
export interface Atom {
  readonly counter: string
  readonly threshold: number
}

/** The largest number that protobuf's int32 holds. */
export const MAX_INT32 = 2 ** 31 - 1

/** What a client may send for a condition: `number` is 1 when it is absent or 0, which proto3 cannot tell apart. */
export interface ConditionInput {
  cardinality?: { path?: string | undefined; number?: number | undefined } | undefined
}

/** Reads a condition. `field` is where it stands, such as `waiter.success`. The path is kept as it was written. */
export function readCondition(input: ConditionInput, field: string): Result<wire.EndCondition> {
  const cardinality = input.cardinality
  if (!cardinality) return invalid(`${field}.cardinality`, `${field}.cardinality is required`)
  const path = cardinality.path ?? ''
  const root = checkRoot(path, `${field}.cardinality.path`)
  if (!root.ok) return root
  const number = cardinality.number || 1
  if (number < 1) {
    return invalid(`${field}.cardinality.number`, `${field}.cardinality.number must be 1 or more, this is ${number}`)
  }
  return ok({ cardinality: { path, number } })
}

/** The atom that a condition comes to. The condition was read by {@link readCondition}, so its path is good. */
export function compile(condition: wire.EndCondition): Atom {
  const { path, number } = condition.cardinality
  return { counter: collapse(path), threshold: number }
}

/** Whether a condition holds at the counts that `count` tells. */
export function holds(condition: wire.EndCondition, count: (counter: string) => number): boolean {
  const atom = compile(condition)
  return count(atom.counter) >= atom.threshold
}
