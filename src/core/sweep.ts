/** What time alone brings about. */
import { Changes } from './changes.ts'
import type { Event } from './command.ts'
import type { Config } from './config.ts'
import { expire } from './endings.ts'
import { forgottenAt } from './memory.ts'
import type { Store } from './store.ts'
import type { Stamp } from './time.ts'
import type { Variable } from './variable.ts'
import type { Waiter } from './waiter.ts'

/** What was brought about, and whether more is overdue. */
export interface Swept {
  readonly events: readonly Event[]
  readonly more: boolean
}

/**
 * Ends what is overdue, about `limit` waiters and as many variables at most: in the order in which it was due, as if each had
 * been ended in time, for one may decide about the other. What was due at the same moment ends at one stamp, variables
 * first.
 */
export function sweep(store: Store, now: Stamp, limit: number): Swept {
  store.expireRequests(now)
  store.forgetDeletions(forgottenAt(now))
  const config = store.config()
  if (!config) return { events: [], more: false }
  const variables = readDue((until, most) => store.dueVariables(until, most), expiry, now, limit)
  const waiters = readDue((until, most) => store.dueWaiters(until, most), deadline, now, limit)
  const end = Math.min(variables.end, waiters.end)
  const moments = new Map<Stamp, { variables: Variable[]; waiters: Waiter[] }>()
  const at = (moment: Stamp) => {
    const known = moments.get(moment) ?? { variables: [], waiters: [] }
    moments.set(moment, known)
    return known
  }
  for (const variable of variables.due) if (expiry(variable) < end) at(expiry(variable)).variables.push(variable)
  for (const waiter of waiters.due) if (waiter.deadline < end) at(waiter.deadline).waiters.push(waiter)
  const inOrder = [...moments].sort(([a], [b]) => a - b).map(([, due]) => due)
  const ended = new Set<string>()
  return { events: inOrder.flatMap((due) => endMoment(store, config, due, ended, now)), more: end < Infinity }
}

const expiry = ({ lease }: Variable): Stamp => lease?.expires ?? Infinity
const deadline = (waiter: Waiter): Stamp => waiter.deadline

/** What is due, and before which moment that is all of it: what came at one moment is never cut in two. */
function readDue<T>(
  read: (until: Stamp, most: number) => T[],
  moment: (item: T) => Stamp,
  now: Stamp,
  limit: number,
): { readonly due: readonly T[]; readonly end: Stamp } {
  const due = read(now, limit)
  if (due.length < limit) return { due, end: Infinity }
  const last = moment(due.at(-1) as T)
  if (moment(due[0] as T) < last) return { due, end: last }
  return { due: read(last, Number.MAX_SAFE_INTEGER), end: last + 1 }
}

/** Ends what was due at one moment. `ended` has the waiters that have ended at earlier ones, and is added to. */
function endMoment(
  store: Store,
  config: Config,
  { variables, waiters }: { variables: readonly Variable[]; waiters: readonly Waiter[] },
  ended: Set<string>,
  now: Stamp,
): Event[] {
  const waiting = waiters.filter(({ id }) => !ended.has(id))
  if (!variables.length && !waiting.length) return []
  const changes = new Changes(store, config, now)
  for (const variable of variables) changes.delete(variable)
  const events = changes.settle()
  for (const event of events) if (event.kind === 'waiterEnded') ended.add(event.waiter.id)
  const expired = waiting.filter(({ id }) => !ended.has(id))
  return [...events, ...expired.map((waiter) => expire(store, config, waiter, changes.stamp))]
}
