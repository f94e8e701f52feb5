/** What it takes to make a config at its target what it is at its source. Pure. */
import type { Binding, WriteInput } from '../../client/index.ts'
import { pathOf, projectIn, type ConfigState, type PolicyState, type Refusal, type VariableState } from './state.ts'

/** One change of a variable; a replacement takes two writes, which are made at one moment. */
export interface VariableWrite {
  readonly kind: 'create' | 'update' | 'delete'
  readonly path: string
  readonly inputs: readonly WriteInput[]
}

/**
 * What becomes of the policy: `extra` is one that the source does not have and that stays, `none` is none on either
 * side, `unknown` is not compared, as nobody asked for it, and `refused` cannot be taken over.
 */
export type PolicyAction = 'set' | 'clear' | 'same' | 'extra' | 'none' | 'unknown' | 'refused'

export interface Plan {
  readonly config: 'create' | 'update' | 'same'
  readonly policy: PolicyAction
  readonly writes: readonly VariableWrite[]
  readonly same: number
  /** The paths of variables that only the target has, and that stay. */
  readonly extra: readonly string[]
  /** What was refused already: at the source, or by a target that does not show its policy. */
  readonly refusals: readonly Refusal[]
}

/**
 * Compares a config at its source with that at its target, undefined if there is none. With `prune`, what only the target
 * has is taken away: but nothing that could not be read at the source.
 */
export function planOf(source: ConfigState, target: ConfigState | undefined, prune: boolean): Plan {
  const { name } = source
  const unread = new Set(source.unread.filter(({ what }) => what === 'variable').map((refusal) => pathOf(refusal.name)))
  const theirs = target?.variables ?? new Map<string, VariableState>()
  const extra = [...theirs.keys()].filter((path) => !source.variables.has(path) && !unread.has(path))
  const inputOf = (path: string) => ({ name: `${name}/variables/${path}`, etag: theirs.get(path)?.etag })
  // What is taken away may stand in the way of what comes.
  const writes: VariableWrite[] = prune
    ? extra.map((path) => ({ kind: 'delete', path, inputs: [{ delete: inputOf(path) }] }))
    : []
  let same = 0
  for (const [path, mine] of source.variables) {
    const there = theirs.get(path)
    if (there && isSame(mine, there)) {
      same += 1
      continue
    }
    writes.push(writeOf(path, mine, there, inputOf(path)))
  }
  const policy = policyAction(source, target, prune)
  const hidden = policy === 'refused' ? (target?.unread ?? []) : []
  return {
    config: !target ? 'create' : target.description === source.description ? 'same' : 'update',
    policy,
    writes,
    same,
    extra: prune ? [] : extra,
    refusals: [...source.unread, ...hidden.filter(({ what }) => what === 'policy')],
  }
}

function isSame(one: VariableState, other: VariableState): boolean {
  return one.kind === other.kind && one.contents === other.contents && one.ttl === other.ttl
}

function writeOf(
  path: string,
  mine: VariableState,
  there: VariableState | undefined,
  { name, etag }: { name: string; etag: string | undefined },
): VariableWrite {
  const { kind, contents, ttl } = mine
  const variable = {
    name,
    ...((kind === 'text' ? { text: contents } : { value: contents }) as { text: string }),
    ...(ttl !== undefined && { ttl }),
  }
  if (!there) return { kind: 'create', path, inputs: [{ create: variable }] }
  if (ttl !== undefined || there.ttl === undefined) {
    return { kind: 'update', path, inputs: [{ update: { ...variable, etag } }] }
  }
  // A variable keeps its ttl for as long as it is there.
  return { kind: 'update', path, inputs: [{ delete: { name, etag } }, { create: variable }] }
}

function policyAction(source: ConfigState, target: ConfigState | undefined, prune: boolean): PolicyAction {
  if (source.unread.some(({ what }) => what === 'policy')) return 'refused'
  const mine = source.policy
  if (!mine) return 'unknown'
  const empty = (policy: PolicyState) => !policy.bindings?.length
  const theirs = target ? target.policy : {}
  if (!theirs) return empty(mine) ? 'unknown' : 'refused'
  if (empty(mine)) return empty(theirs) ? 'none' : prune ? 'clear' : 'extra'
  return canonical(mine) === canonical(theirs) ? 'same' : 'set'
}

/** The same text for policies that say the same. */
function canonical({ version = 0, bindings = [] }: PolicyState): string {
  const texts = bindings.map(({ role, members = [], condition }) =>
    JSON.stringify([role, [...members].sort(), sortedFields(condition ?? {})]),
  )
  return JSON.stringify([version, texts.sort()])
}

const sortedFields = (fields: object) => Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))

/**
 * The same config in another project, also where its policy speaks of resources of its own project. A policy that speaks
 * of another project's is left out, for what it grants could be anything there.
 */
export function rehomed(state: ConfigState, project: string): ConfigState {
  const from = projectIn(state.name)
  if (from === project) return state
  const move = (name: string) => name.replace(`projects/${from}/`, `projects/${project}/`)
  const name = move(state.name)
  const unread = state.unread.map((refusal) => ({ ...refusal, name: move(refusal.name) }))
  const policy = state.policy && movedPolicy(state.policy, from, project)
  if (typeof policy !== 'string') return { ...state, name, policy, unread }
  const refusal: Refusal = { name, what: 'policy', reason: policy }
  return { ...state, name, policy: undefined, unread: [...unread, refusal] }
}

/** The policy in another project, or why there is none. */
function movedPolicy(policy: PolicyState, from: string, to: string): PolicyState | string {
  const bindings: Binding[] = []
  for (const [index, binding] of (policy.bindings ?? []).entries()) {
    const expression = binding.condition?.expression
    if (expression === undefined) {
      bindings.push(binding)
      continue
    }
    const where = `policy.bindings[${index}].condition`
    const [other] = projectsIn(expression).filter((project) => project !== from && project !== '')
    if (other !== undefined) return `${where} speaks of projects/${other}, and cannot be moved from ${from} to ${to}`
    // Behind an escape anything could stand.
    if (expression.includes('\\')) return `${where} has escaped characters, and cannot be moved from ${from} to ${to}`
    const moved = expression.replaceAll(PROJECT, (whole, id) => (id === from ? `projects/${to}` : whole))
    bindings.push({ ...binding, condition: { ...binding.condition, expression: moved } })
  }
  return { ...policy, ...(policy.bindings && { bindings }) }
}

/** A project in an expression: its id ends before the next slash, or with the text. */
const PROJECT = /projects\/([^/"'\\]*)/g

const projectsIn = (expression: string) => [...expression.matchAll(PROJECT)].map(([, project]) => project as string)
