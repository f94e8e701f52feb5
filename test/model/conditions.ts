/**
 * What conditions come to, told as naively as possible: by the doc comments of core/wire.ts, over a map of all
 * variables, from nothing but the condition.
 */
import type * as wire from '../../src/core/wire.ts'

export interface Contents {
  kind: 'text' | 'value'
  contents: string
}

type Leaf = { cardinality: wire.Cardinality } | { variable: wire.VariableCondition }

/** A condition that is no `all`, `any` or `not`, where it stands, and whether it is to hold. */
export interface Placed {
  field: string
  leaf: Leaf
  wanted: boolean
}

/** How many a condition counts that stands there. */
export type CountOf = (leaf: Placed) => number

const trim = (path: string) => path.replaceAll('/', ' ').trim().replaceAll(/ +/g, '/')
const pathOf = (name: string) => trim(/^\/*projects\//.test(name) ? (name.split('/variables/')[1] as string) : name)

/** All leaves of a condition, in their order. */
export function leavesOf(condition: wire.EndCondition, field: string, wanted = true): Placed[] {
  if ('not' in condition) return leavesOf(condition.not, `${field}.not`, !wanted)
  for (const op of ['all', 'any'] as const) {
    const parts = (condition as { [key in typeof op]?: wire.EndCondition[] })[op]
    if (parts) return parts.flatMap((part, index) => leavesOf(part, `${field}.${op}[${index}]`, wanted))
  }
  const leaf = condition as Leaf
  return [{ field: `${field}.${'variable' in leaf ? 'variable' : 'cardinality'}`, leaf, wanted }]
}

/** How many it takes. */
export const needOf = ({ leaf }: Placed) => ('variable' in leaf ? 1 : leaf.cardinality.number)

/** The names that a leaf expects, and the variables that they stand for; undefined where it expects none by name. */
export function namesOf({ leaf }: Placed): { name: string; path: string }[] | undefined {
  if ('variable' in leaf) return [{ name: leaf.variable.name, path: pathOf(leaf.variable.name) }]
  const { path, members } = leaf.cardinality
  return members?.map((name) => ({ name, path: trim(`${path}/${name}`) }))
}

/** The variables that a leaf counts, sorted. */
export function countedBy(placed: Placed, variables: ReadonlyMap<string, Contents>): string[] {
  const { leaf } = placed
  const { match } = 'variable' in leaf ? leaf.variable : leaf.cardinality
  const names = namesOf(placed)?.map(({ path }) => path)
  const root = 'variable' in leaf ? '' : trim(leaf.cardinality.path)
  const expected = (path: string) => (names ? names.includes(path) : root === '' || `${path}/`.startsWith(`${root}/`))
  return [...variables]
    .filter(([path, contents]) => expected(path) && (!match || fits(contents, match)))
    .map(([path]) => path)
    .sort()
}

function fits({ kind, contents }: Contents, match: wire.Match): boolean {
  const number = contents.trim() !== '' && /^[-+.\de]+$/.test(contents.trim()) ? Number(contents) : NaN
  const comparisons = {
    equals: contents === match.equals,
    notEquals: contents !== match.notEquals,
    oneOf: match.oneOf?.some((text) => text === contents),
    prefix: contents.indexOf(match.prefix ?? '') === 0,
    atLeast: number >= (match.atLeast ?? 0),
    atMost: number <= (match.atMost ?? 0),
  }
  return kind === 'text' && Object.keys(match).every((name) => comparisons[name as keyof typeof comparisons])
}

/** Whether a condition holds. */
export function holds(condition: wire.EndCondition, field: string, count: CountOf): boolean {
  if ('not' in condition) return !holds(condition.not, `${field}.not`, count)
  if ('all' in condition) return condition.all.every((part, index) => holds(part, `${field}.all[${index}]`, count))
  if ('any' in condition) return condition.any.some((part, index) => holds(part, `${field}.any[${index}]`, count))
  const [placed] = leavesOf(condition, field) as [Placed]
  return count(placed) >= needOf(placed)
}

/** How far a condition has come. */
export function tally(condition: wire.EndCondition, field: string, count: CountOf): wire.Tally {
  if ('not' in condition) return { have: Number(holds(condition, field, count)), need: 1 }
  if ('all' in condition) {
    const sum = { have: 0, need: 0 }
    for (const [index, part] of condition.all.entries()) {
      const { have, need } = tally(part, `${field}.all[${index}]`, count)
      sum.have += have > need ? need : have
      sum.need += need
    }
    return sum
  }
  if ('any' in condition) {
    const parts = condition.any.map((part, index) => tally(part, `${field}.any[${index}]`, count))
    const lacks = parts.map(({ have, need }) => (have < need ? need - have : 0))
    return parts[lacks.indexOf(Math.min(...lacks))] as wire.Tally
  }
  const [placed] = leavesOf(condition, field) as [Placed]
  return { have: count(placed), need: needOf(placed) }
}

/** The leaves by which a condition is as it is: those of parts that are otherwise have decided nothing. */
export function deciding(condition: wire.EndCondition, field: string, count: CountOf): Placed[] {
  if ('not' in condition) return deciding(condition.not, `${field}.not`, count)
  const is = holds(condition, field, count)
  for (const op of ['all', 'any'] as const) {
    const parts = (condition as { [key in typeof op]?: wire.EndCondition[] })[op]
    if (!parts) continue
    return parts.flatMap((part, index) => {
      const at = `${field}.${op}[${index}]`
      return holds(part, at, count) === is ? deciding(part, at, count) : []
    })
  }
  return leavesOf(condition, field)
}
