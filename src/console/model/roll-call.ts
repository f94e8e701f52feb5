/** A waiter as a roll call: who is in and who is missing, and how long is left. */
import { stateOfWaiter, type WaiterState } from '../../client/targets.ts'
import { scopesOf } from '../../core/condition.ts'
import type * as wire from '../../core/wire.ts'
import { callRoll, judge, type Call } from './judge.ts'
import { momentOf, spanOf } from './time.ts'
import type { Variables } from './variables.ts'

/** Somebody who is expected. */
export interface Member {
  readonly name: string
  readonly isIn: boolean
}

/** Somebody who came, and when; in milliseconds since 1970. */
export interface CheckIn {
  readonly path: string
  readonly at: number
  readonly failed: boolean
}

/** How far a waiter has come. Times are in milliseconds since 1970. */
export interface Standing {
  readonly state: WaiterState
  readonly success: wire.Tally
  readonly failure?: wire.Tally | undefined
  readonly began: number
  readonly deadline: number
  readonly ended?: number | undefined
}

export interface RollCall extends Standing {
  /** Those whom the condition names, if it names anybody. */
  readonly members?: readonly Member[] | undefined
  /** Those who are counted, in the order in which they came. */
  readonly checkIns: readonly CheckIn[]
}

/**
 * How far a waiter has come by what is known of the variables; one that has ended stands as it did. Who was counted by a
 * sticky waiter is known from the service alone, as of when it was asked.
 */
export function standingOf(waiter: wire.Waiter, variables: Variables): Standing {
  const { progress, done, sticky } = waiter
  const began = momentOf(waiter.createTime)
  const times = { began, deadline: began + spanOf(waiter.timeout) }
  const state = stateOfWaiter(waiter)
  if (done && progress) {
    const { success, failure, updateTime } = progress
    return { state, success, failure, ...times, ended: momentOf(updateTime) }
  }
  const now = judge(waiter, variables)
  const kept = sticky ? progress : undefined
  return {
    state,
    success: most(now.success.tally, kept?.success),
    failure: now.failure && most(now.failure.tally, kept?.failure),
    ...times,
  }
}

const most = (one: wire.Tally, other: wire.Tally | undefined): wire.Tally =>
  other && other.have > one.have ? other : one

/** A waiter as a roll call, likewise. */
export function rollCallOf(waiter: wire.Waiter, variables: Variables): RollCall {
  const { success, failure } = waiter
  const now = callRoll(success, variables)
  const checkIns = [...checkInsOf(now, false), ...(failure ? checkInsOf(callRoll(failure, variables), true) : [])]
  return {
    ...standingOf(waiter, variables),
    members: membersOf(waiter, now),
    checkIns: checkIns.sort((one, other) => one.at - other.at),
  }
}

function membersOf({ progress, done, sticky }: wire.Waiter, now: Call): Member[] | undefined {
  const told = done || sticky ? progress : undefined
  const [present = [], missing = []] = done ? [told?.present, told?.missing] : [now.present, now.missing]
  const isIn = new Set([...present, ...(told?.present ?? [])])
  const expected = new Set([...present, ...missing])
  return expected.size ? [...expected].sort().map((name) => ({ name, isIn: isIn.has(name) })) : undefined
}

const checkInsOf = ({ counted }: Call, failed: boolean): CheckIn[] =>
  counted.map(({ path, variable }) => ({ path, at: momentOf(variable.updateTime), failed }))

/** A condition in words, such as `5 under /ready` or `all of: …`. */
export function tellCondition(condition: wire.EndCondition): string {
  if ('all' in condition) return `all of (${condition.all.map(tellCondition).join('; ')})`
  if ('any' in condition) return `any of (${condition.any.map(tellCondition).join('; ')})`
  if ('not' in condition) return `not (${tellCondition(condition.not)})`
  if ('variable' in condition) return `${condition.variable.name}${tellMatch(condition.variable.match)}`
  const { path, number, match, members, percent } = condition.cardinality
  const root = scopesOf(condition)[0]?.path ?? path
  const who = members ? ` of ${members.length} members` : ''
  return `${percent === undefined ? number : `${percent} %`}${who} under /${root}${tellMatch(match)}`
}

function tellMatch(match: wire.Match | undefined): string {
  if (!match) return ''
  const words = Object.entries(match).map(([comparison, value]) => `${WORDS[comparison]} ${JSON.stringify(value)}`)
  return ` whose text ${words.join(' and ')}`
}

const WORDS: Readonly<Record<string, string>> = {
  equals: 'is',
  notEquals: 'is not',
  oneOf: 'is one of',
  prefix: 'begins with',
  atLeast: 'is at least',
  atMost: 'is at most',
}
