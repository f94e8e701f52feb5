/** How far a waiter has come, and what ended it. */
import { atomsOf, holds, tally, type Atom, type Count, type Formula } from './condition.ts'
import type { Counted, Counter, Move } from './counter.ts'
import { formatStamp, type Stamp } from './time.ts'
import { variableName } from './variable.ts'
import { atomsOfWaiter, type Ending, type Formulas, type Waiter } from './waiter.ts'
import type * as wire from './wire.ts'

/** What counters show. */
export interface Sight {
  counted(counter: Counter): Counted
  /** The places, of a counter whose places are variables, whose variable it counts. */
  present(counter: Counter): ReadonlySet<string>
}

/** How far a waiter has come that still waits. */
export function progressOf(waiter: Waiter, formulas: Formulas, sight: Sight): wire.Progress {
  const { success, failure } = formulas
  const count = (counter: Counter) => sight.counted(counter).count
  const changes = atomsOfWaiter(formulas).map(({ atom }) => sight.counted(atom.counter).kept?.changed ?? 0)
  return {
    updateTime: formatStamp(Math.max(waiter.created, ...changes)),
    success: tally(success, count),
    ...(failure && { failure: tally(failure, count) }),
    ...rollCall(success, sight),
  }
}

/** Who is there and who is missing of those that a formula names and gains by. */
function rollCall(formula: Formula, sight: Sight): Pick<wire.Progress, 'present' | 'missing'> {
  const named = atomsOf(formula).filter(({ atom, gains }) => gains && atom.names)
  if (!named.length) return {}
  const missing = new Set<string>()
  const expected = new Set<string>()
  for (const { atom } of named) {
    const there = sight.present(atom.counter)
    for (const [index, name] of (atom.names as readonly string[]).entries()) {
      expected.add(name)
      if (!there.has(atom.counter.places[index] as string)) missing.add(name)
    }
  }
  return { present: [...expected].filter((name) => !missing.has(name)), missing: [...missing] }
}

/** A move, and the path of the variable by whose change the counter came to where it is. */
export interface TippedMove extends Move {
  readonly path: string
}

/** A waiter's end: how and when, and by which moves of counters if it was not by time, nor when it was made. */
export interface Finish {
  readonly how: Ending
  readonly at: Stamp
  readonly moves: readonly TippedMove[]
}

/** How far a waiter had come when it ended. `config` is the config's full name. */
export function finalProgress(
  waiter: Waiter,
  formulas: Formulas,
  { how, at, moves }: Finish,
  sight: Sight,
  config: string,
): wire.Progress {
  const progress = { ...progressOf(waiter, formulas, sight), updateTime: formatStamp(at) }
  if (how === 'timeout') return progress
  return { ...progress, reason: reasonOf(formulas[how] as Formula, sight, moves, config) }
}

/** The first atom that decided, of those that the moves have turned if there are any. */
function reasonOf(formula: Formula, sight: Sight, moves: readonly TippedMove[], config: string): wire.Reason {
  const count = (counter: Counter) => sight.counted(counter).count
  const decisive = decisiveAtoms(formula, true, count)
  for (const atom of decisive) {
    const kept = sight.counted(atom.counter).kept
    const move = moves.find((one) => one.counter === kept?.counter && turns(one, atom))
    if (move) return { condition: atom.field, variable: variableName(config, move.path) }
  }
  return { condition: decisive[0]?.field ?? '' }
}

/** The atoms by which a formula holds, or by which it does not: of parts that do otherwise, none. */
function decisiveAtoms(formula: Formula, held: boolean, count: Count): Atom[] {
  switch (formula.op) {
    case 'atom':
      return [formula.atom]
    case 'not':
      return decisiveAtoms(formula.part, !held, count)
    case 'all':
    case 'any': {
      const parts = formula.parts.filter((part) => holds(part, count) === held)
      return parts.flatMap((part) => decisiveAtoms(part, held, count))
    }
  }
}

/** Whether a move has made an atom hold, or no longer hold. */
function turns({ from, to }: Move, { threshold }: Atom): boolean {
  return from >= threshold !== to >= threshold
}
