/** Waiters as the reference has them: what each has counted, and how far it has come. */
import { formatStamp } from '../../src/core/time.ts'
import type * as wire from '../../src/core/wire.ts'
import {
  countedBy,
  deciding,
  leavesOf,
  namesOf,
  needOf,
  tally,
  type Contents,
  type CountOf,
  type Placed,
} from './conditions.ts'

export interface Waiter {
  timeout: string
  success: wire.EndCondition
  failure?: wire.EndCondition
  sticky?: true
  created: number
  deadline: number
  /** When a count last changed. */
  changed: number
  /** By where each condition stands, what it counts while the waiter waits. */
  counts: Map<string, Counted>
  end?: { at: number; how: string; progress: wire.Progress }
}

interface Counted {
  paths: string[]
  /** How many they were when the present command began. */
  from: number
  /** By which variables it last rose and fell. */
  up?: string | undefined
  down?: string | undefined
}

type Variables = ReadonlyMap<string, Contents>

const allLeaves = ({ success, failure }: Waiter) => [
  ...leavesOf(success, 'success'),
  ...(failure ? leavesOf(failure, 'failure') : []),
]

/** To be called before a command changes anything. */
export function startOver(waiters: readonly Waiter[]): void {
  for (const { counts } of waiters) for (const one of counts.values()) one.from = one.paths.length
}

/** What has changed, in which order, when; and what it is to be called as a whole. */
interface Change {
  order: readonly string[]
  as?: string
  at: number
}

/** Counts everything anew, after a change. */
export function look(waiters: readonly Waiter[], variables: Variables, { order, as, at }: Change): void {
  for (const waiter of waiters) {
    for (const leaf of allLeaves(waiter)) {
      const there = countedBy(leaf, variables)
      const before = waiter.counts.get(leaf.field)
      const paths = waiter.sticky ? kept(leaf, before?.paths ?? [], there, order) : there
      if (!before) {
        waiter.counts.set(leaf.field, { paths, from: paths.length })
        continue
      }
      const rose = order.filter((path) => paths.includes(path) && !before.paths.includes(path))
      const fell = order.filter((path) => before.paths.includes(path) && !paths.includes(path))
      if (rose.length || fell.length) waiter.changed = at
      before.paths = paths
      if (rose.length) before.up = as ?? rose.at(-1)
      if (fell.length) before.down = as ?? fell.at(-1)
    }
  }
}

/** Who was counted once stays counted; of a subtree, no more are remembered than it takes, the first ones. */
function kept(leaf: Placed, before: readonly string[], there: readonly string[], order: readonly string[]): string[] {
  const more = there.filter((path) => !before.includes(path)).sort((a, b) => order.indexOf(a) - order.indexOf(b))
  return [...before, ...more].slice(0, namesOf(leaf)?.length ?? needOf(leaf))
}

/** What a condition of a waiter counts: what is kept while it waits, or what is there. */
const countedFor = ({ counts }: Waiter, leaf: Placed, variables: Variables) =>
  counts.get(leaf.field)?.paths ?? countedBy(leaf, variables)

/** How far a waiter has come that still waits. */
export function pendingProgress(waiter: Waiter, variables: Variables): { progress: wire.Progress; count: CountOf } {
  const count: CountOf = (leaf) => countedFor(waiter, leaf, variables).length
  const expected = leavesOf(waiter.success, 'success')
    .filter(({ wanted }) => wanted)
    .flatMap((leaf) => {
      const counted = countedFor(waiter, leaf, variables)
      return namesOf(leaf)?.map(({ name, path }) => ({ name, there: counted.includes(path) })) ?? []
    })
  // What two conditions name is present if it is for both.
  const missing = [...new Set(expected.filter(({ there }) => !there).map(({ name }) => name))]
  const names = [...new Set(expected.map(({ name }) => name))]
  const progress = {
    updateTime: formatStamp(waiter.changed),
    success: tally(waiter.success, 'success', count),
    ...(waiter.failure && { failure: tally(waiter.failure, 'failure', count) }),
    ...(names.length && { present: names.filter((name) => !missing.includes(name)), missing }),
  }
  return { progress, count }
}

/** How far a waiter had come when it ended, and why it did. `prefix` stands before a variable's path. */
export function endedProgress(
  waiter: Waiter,
  variables: Variables,
  how: 'success' | 'failure' | 'timeout',
  at: number,
  prefix: string,
): wire.Progress {
  const { progress: before, count } = pendingProgress(waiter, variables)
  const progress = { ...before, updateTime: formatStamp(at) }
  if (how === 'timeout') return progress
  const decided = deciding(waiter[how] as wire.EndCondition, how, count)
  const tipped = decided.find((leaf) => {
    const { from, paths } = waiter.counts.get(leaf.field) ?? { from: 0, paths: [] }
    return waiter.counts.size > 0 && from >= needOf(leaf) !== paths.length >= needOf(leaf)
  })
  const moved = tipped && waiter.counts.get(tipped.field)
  const by = moved && (moved.paths.length > moved.from ? moved.up : moved.down)
  const condition = (tipped ?? (decided[0] as Placed)).field
  return { ...progress, reason: { condition, ...(by !== undefined && { variable: prefix + by }) } }
}

/** Why a waiter did not succeed. */
export function errorOf(how: string, { success: { have, need }, missing, reason }: wire.Progress): wire.RpcStatus {
  const info = (about: string, metadata: { [key: string]: string }) => [
    { '@type': 'type.googleapis.com/google.rpc.ErrorInfo' as const, reason: about, domain: 'rollcall', metadata },
  ]
  if (how === 'failure') {
    const details = info('FAILURE_CONDITION_SATISFIED', { ...reason })
    return { code: 10, message: 'Failure condition satisfied.', details }
  }
  const absent = missing && { missing: missing.join(',') }
  const details = info('TIMEOUT_EXPIRED', { have: `${have}`, need: `${need}`, ...absent })
  return { code: 4, message: 'Timeout expired.', details }
}
