/**
 * End conditions compile to formulas over atoms, and atoms stand on counters: an atom holds from its threshold on.
 * Whoever moves a counter looks only at the atoms whose threshold was just crossed, so a waiter costs nothing while
 * nothing it cares about changes.
 */
import { countAt, countUnder, type Counter, type Keeper } from './counter.ts'
import { invalid, ok, type Result } from './fault.ts'
import { readMatch, type MatchInput } from './match.ts'
import { checkPath, checkRoot, collapse, formatName, parseName, quote } from './name.ts'
import type * as wire from './wire.ts'

/** Holds while its counter is at `threshold` or above. */
export interface Atom {
  readonly counter: Counter
  readonly threshold: number
  /** Where it stands in the waiter, such as `success.all[1].variable`. */
  readonly field: string
  /** What the condition calls the variables at the counter's places, where it names them. */
  readonly names?: readonly string[]
}

/** What a condition comes to. */
export type Formula =
  | { readonly op: 'atom'; readonly atom: Atom }
  | { readonly op: 'all' | 'any'; readonly parts: readonly Formula[] }
  | { readonly op: 'not'; readonly part: Formula }

/** The largest number that protobuf's int32 holds. */
export const MAX_INT32 = 2 ** 31 - 1
/** How deep `all`, `any` and `not` may nest: a condition within that many others. */
export const MAX_NESTING = 8
/** The most conditions of a waiter that are no `all`, `any` or `not`, success and failure together. */
export const MAX_ATOMS = 100
/** The most names in all rosters of a waiter. */
export const MAX_MEMBERS = 5000

/** What a client may send for a condition: one of these. */
export interface ConditionInput {
  cardinality?: CardinalityInput | undefined
  variable?: { name?: string | undefined; match?: MatchInput | undefined } | undefined
  all?: ConditionInput[] | undefined
  any?: ConditionInput[] | undefined
  not?: ConditionInput | undefined
}

/** `number` is 1, or that of the members, when it is absent or 0, which proto3 cannot tell apart. */
interface CardinalityInput {
  path?: string | undefined
  number?: number | undefined
  match?: MatchInput | undefined
  members?: string[] | undefined
  percent?: number | undefined
}

/** Where a condition stands, and how much room the waiter has left for more. */
interface Place {
  readonly field: string
  readonly depth: number
  readonly room: { atoms: number; members: number }
  /** The full name of the config. */
  readonly config: string
}

/** The room that the conditions of one waiter share. */
export const roomForConditions = () => ({ atoms: MAX_ATOMS, members: MAX_MEMBERS })

const KINDS = ['cardinality', 'variable', 'all', 'any', 'not'] as const

/**
 * Reads a condition. `field` is where it stands, such as `waiter.success`, and `config` the full name of the waiter's
 * config. Paths and names are kept as they were written.
 */
export function readCondition(
  input: ConditionInput,
  field: string,
  config: string,
  room = roomForConditions(),
): Result<wire.EndCondition> {
  return read(input, { field, config, room, depth: 0 })
}

function read(input: ConditionInput, place: Place): Result<wire.EndCondition> {
  const { field } = place
  const [kind, another] = KINDS.filter((name) => input[name] !== undefined)
  if (!kind) return invalid(`${field}.cardinality`, `${field}.cardinality is required, or variable, all, any or not`)
  if (another) return invalid(`${field}.${another}`, `${field}.${kind} and ${field}.${another} exclude each other`)
  if (kind === 'cardinality' || kind === 'variable') {
    if (place.room.atoms-- === 0) return invalid(field, `${field}: a waiter has at most ${MAX_ATOMS} conditions in all`)
    return kind === 'variable'
      ? readVariable(input.variable ?? {}, place)
      : readCardinality(input.cardinality ?? {}, place)
  }
  if (place.depth === MAX_NESTING) return invalid(field, `${field}: conditions nest at most ${MAX_NESTING} deep`)
  if (kind === 'not') {
    const part = read(input.not ?? {}, { ...place, field: `${field}.not`, depth: place.depth + 1 })
    return part.ok ? ok({ not: part.value }) : part
  }
  const parts = readParts(input[kind] ?? [], { ...place, field: `${field}.${kind}`, depth: place.depth + 1 })
  if (!parts.ok) return parts
  return ok(kind === 'all' ? { all: parts.value } : { any: parts.value })
}

function readParts(inputs: readonly ConditionInput[], place: Place): Result<wire.EndCondition[]> {
  if (!inputs.length) return invalid(place.field, `${place.field} needs at least one condition`)
  const parts: wire.EndCondition[] = []
  for (const [index, input] of inputs.entries()) {
    const part = read(input, { ...place, field: `${place.field}[${index}]` })
    if (!part.ok) return part
    parts.push(part.value)
  }
  return ok(parts)
}

function readVariable(
  { name, match }: NonNullable<ConditionInput['variable']>,
  { field, config }: Place,
): Result<wire.EndCondition> {
  const at = `${field}.variable`
  const path = readVariableName(name ?? '', `${at}.name`, config)
  if (!path.ok) return path
  const compared = match && readMatch(match, `${at}.match`)
  if (compared && !compared.ok) return compared
  return ok({ variable: { name: name ?? '', ...(compared && { match: compared.value }) } })
}

/** The path of the variable that is named: in full, or by its path. */
function readVariableName(name: string, field: string, config: string): Result<string> {
  if (!/^\/*projects\//.test(name)) return checkPath(name, field)
  const parsed = parseName(name, field)
  if (!parsed.ok) return parsed
  const full = formatName(parsed.value)
  if (parsed.value.kind === 'variable' && full.startsWith(`${config}/variables/`)) return ok(parsed.value.path)
  return invalid(field, `${field} must name a variable of ${config}, this is ${quote(name)}`)
}

function readCardinality(input: CardinalityInput, place: Place): Result<wire.EndCondition> {
  const at = `${place.field}.cardinality`
  const path = input.path ?? ''
  const root = checkRoot(path, `${at}.path`)
  if (!root.ok) return root
  const compared = input.match && readMatch(input.match, `${at}.match`)
  if (compared && !compared.ok) return compared
  const members = input.members && readMembers(input.members, root.value, `${at}.members`, place.room)
  if (members && !members.ok) return members
  const number = readNumber(input, at)
  if (!number.ok) return number
  return ok({
    cardinality: {
      path,
      number: number.value,
      ...(compared && { match: compared.value }),
      ...(members && { members: members.value }),
      ...(input.percent !== undefined && { percent: input.percent }),
    },
  })
}

/** A roster, without slashes at the ends of its names: each is there once, and can be a variable beneath `root`. */
function readMembers(names: readonly string[], root: string, field: string, room: Place['room']): Result<string[]> {
  if (!names.length) return invalid(field, `${field} needs at least one name`)
  room.members -= names.length
  if (room.members < 0) return invalid(field, `${field}: a waiter's rosters have at most ${MAX_MEMBERS} names in all`)
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    const at = `${field}[${index}]`
    const path = collapse(name) === '' ? checkPath(name, at) : checkPath(`${root}/${name}`, at)
    if (!path.ok) return path
    const member = collapse(name)
    if (seen.has(member)) return invalid(at, `${at}: ${quote(name)} is in the roster already`)
    seen.add(member)
  }
  return ok([...seen])
}

/** How many it takes: `number`, or so many percent of the members, rounded up; of members, all unless it is said. */
function readNumber({ number = 0, percent, members }: CardinalityInput, at: string): Result<number> {
  if (number < 0) return invalid(`${at}.number`, `${at}.number must be 1 or more, this is ${number}`)
  if (percent === undefined) {
    if (!members) return ok(number || 1)
    if (number <= members.length) return ok(number || members.length)
    return invalid(`${at}.number`, `${at}.number must be at most ${members.length}, the number of its members`)
  }
  if (!members) return invalid(`${at}.percent`, `${at}.percent needs ${at}.members, of which it is a part`)
  if (!(percent > 0 && percent <= 100)) {
    return invalid(`${at}.percent`, `${at}.percent must be above 0 and at most 100, this is ${percent}`)
  }
  const share = shareOf(percent, members.length)
  if (number === 0 || number === share) return ok(share)
  return invalid(`${at}.number`, `${at}.number and ${at}.percent exclude each other: ${percent} % is ${share}`)
}

/** So many percent of a number, rounded up. The rest that binary fractions leave, as in 7 % of 100, is no part. */
function shareOf(percent: number, whole: number): number {
  return Math.ceil(Number(((percent * whole) / 100).toPrecision(12)))
}

/**
 * What a condition comes to, which was read by {@link readCondition} and stands at `field`. With `keeper`, the id of a
 * waiter, who was counted once for that waiter stays counted.
 */
export function compile(condition: wire.EndCondition, field: string, keeper?: string): Formula {
  const nested = (parts: readonly wire.EndCondition[], at: string) =>
    parts.map((part, index) => compile(part, `${at}[${index}]`, keeper))
  if ('all' in condition) return { op: 'all', parts: nested(condition.all, `${field}.all`) }
  if ('any' in condition) return { op: 'any', parts: nested(condition.any, `${field}.any`) }
  if ('not' in condition) return { op: 'not', part: compile(condition.not, `${field}.not`, keeper) }
  return { op: 'atom', atom: compileAtom(condition, field, keeper) }
}

function compileAtom(condition: Leaf, field: string, waiter: string | undefined): Atom {
  const keeperOf = (most: number): Keeper | undefined => (waiter === undefined ? waiter : { waiter, most })
  if ('variable' in condition) {
    const { name, match } = condition.variable
    const counter = countAt([variablePath(name)], match, keeperOf(1))
    return { counter, threshold: 1, field: `${field}.variable`, names: [name] }
  }
  const { path, number, match, members } = condition.cardinality
  const root = collapse(path)
  const atom = { threshold: number, field: `${field}.cardinality` }
  if (!members) return { ...atom, counter: countUnder(root, match, keeperOf(number)) }
  const paths = members.map((member) => (root ? `${root}/${member}` : member))
  // Of members all are kept, to tell who is missing.
  return { ...atom, counter: countAt(paths, match, keeperOf(members.length)), names: members }
}

/** A condition that is a single atom. */
export type Leaf = { cardinality: wire.Cardinality } | { variable: wire.VariableCondition }

/** The path of a variable that a condition names. */
function variablePath(name: string): string {
  return collapse(
    /^\/*projects\//.test(name) ? name.replace(/^\/*projects\/[^/]*\/configs\/[^/]*\/variables/, '') : name,
  )
}

/** The atoms of a formula, in order, and for each whether the formula gains by its holding, or by its not holding. */
export function atomsOf(formula: Formula, gains = true): { readonly atom: Atom; readonly gains: boolean }[] {
  switch (formula.op) {
    case 'atom':
      return [{ atom: formula.atom, gains }]
    case 'not':
      return atomsOf(formula.part, !gains)
    case 'all':
    case 'any':
      return formula.parts.flatMap((part) => atomsOf(part, gains))
  }
}

/** Tells how many a counter counts. */
export type Count = (counter: Counter) => number

/** Whether a formula holds. */
export function holds(formula: Formula, count: Count): boolean {
  switch (formula.op) {
    case 'atom':
      return count(formula.atom.counter) >= formula.atom.threshold
    case 'not':
      return !holds(formula.part, count)
    case 'all':
      return formula.parts.every((part) => holds(part, count))
    case 'any':
      return formula.parts.some((part) => holds(part, count))
  }
}

/**
 * How far a formula has come. Of `all`, the sum of its parts, none counted beyond what it needs; of `any`, the part that
 * lacks least; of `not`, one, had when it holds.
 */
export function tally(formula: Formula, count: Count): wire.Tally {
  switch (formula.op) {
    case 'atom':
      return { have: count(formula.atom.counter), need: formula.atom.threshold }
    case 'not':
      return { have: holds(formula, count) ? 1 : 0, need: 1 }
    case 'all': {
      const parts = formula.parts.map((part) => tally(part, count))
      const sum = (of: (part: wire.Tally) => number) => parts.reduce((total, part) => total + of(part), 0)
      return { have: sum(({ have, need }) => Math.min(have, need)), need: sum(({ need }) => need) }
    }
    case 'any': {
      const parts = formula.parts.map((part) => tally(part, count))
      const lack = ({ have, need }: wire.Tally) => Math.max(0, need - have)
      return parts.reduce((best, part) => (lack(part) < lack(best) ? part : best))
    }
  }
}

/** What a condition looks at: subtrees by their roots, and single variables. */
export function scopesOf(condition: wire.EndCondition): { readonly path: string; readonly beneath: boolean }[] {
  if ('all' in condition) return condition.all.flatMap(scopesOf)
  if ('any' in condition) return condition.any.flatMap(scopesOf)
  if ('not' in condition) return scopesOf(condition.not)
  if ('variable' in condition) return [{ path: variablePath(condition.variable.name), beneath: false }]
  return [{ path: collapse(condition.cardinality.path), beneath: true }]
}
