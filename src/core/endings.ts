/** How waiters end. */
import { TRIED_FOR } from './callback.ts'
import type { Event } from './command.ts'
import type { Config } from './config.ts'
import type { Counter } from './counter.ts'
import { finalProgress, type Finish, type Sight, type TippedMove } from './progress.ts'
import type { Store } from './store.ts'
import { formatStamp, type Stamp } from './time.ts'
import { endWaiter, formulasOf, judge, waiterName, waiterResource, type Formulas, type Waiter } from './waiter.ts'

/** Ends the waiters whose conditions hold now that these counters have moved. Answers the events, by the waiters' ids. */
export function endSatisfied(store: Store, config: Config, moves: readonly TippedMove[], stamp: Stamp): Event[] {
  const moved = moves.filter(({ from, to }) => from !== to)
  const crossing = moved.filter(({ crosses }) => crosses)
  if (!crossing.length) return []
  const touched = store.waitersAcross(crossing)
  if (!touched.length) return []
  const sight = remembering(store)
  const events: Event[] = []
  for (const id of touched.sort()) {
    const waiter = store.waiter(id)
    if (!waiter) continue
    const formulas = formulasOf(waiter)
    const how = judge(formulas, (counter) => sight.counted(counter).count)
    if (how) events.push(finish(store, config, { waiter, formulas, sight }, { how, at: stamp, moves: moved }))
  }
  return events
}

/** A new waiter, which ends at once if its conditions hold already. */
export function settle(store: Store, config: Config, begun: Waiter): Waiter {
  const formulas = formulasOf(begun)
  const how = judge(formulas, (counter) => store.counted(counter).count)
  if (!how) return begun
  const at = begun.created
  const progress = finalProgress(begun, formulas, { how, at, moves: [] }, store, config.name)
  return endWaiter(begun, { how, at, progress })
}

/** Ends a waiter whose time has run out. */
export function expire(store: Store, config: Config, waiter: Waiter, stamp: Stamp): Event {
  const ending = { waiter, formulas: formulasOf(waiter), sight: store }
  return finish(store, config, ending, { how: 'timeout', at: stamp, moves: [] })
}

function finish(
  store: Store,
  config: Config,
  { waiter, formulas, sight }: { waiter: Waiter; formulas: Formulas; sight: Sight },
  end: Finish,
): Event {
  const progress = finalProgress(waiter, formulas, end, sight, config.name)
  const ended = endWaiter(waiter, { how: end.how, at: end.at, progress })
  store.endWaiter(ended)
  tellEnd(store, config, ended)
  return { kind: 'waiterEnded', waiter: ended, stamp: end.at }
}

/** Leaves word of a waiter's end where that is to be told. */
export function tellEnd(store: Store, config: Config, waiter: Waiter): void {
  const { spec, end } = waiter
  if (!spec.callback || !end) return
  const { uri } = spec.callback
  const data = waiterResource(config.name, waiter)
  const body = JSON.stringify({ type: 'waiter.ended', timestamp: formatStamp(end.at), data })
  store.leaveCallback({ id: callbackId(config.name, waiter), uri, body, expires: end.at + TRIED_FOR })
}

/** What the callback of a waiter is called, by its name and when it was made: of all waiters, this alone has it. */
export function callbackId(config: string, { id, created }: Waiter): string {
  // A dot would part what is signed (Standard Webhooks), and no name has the other character.
  return `${waiterName(config, id)}@${created}`.replaceAll('.', '~')
}

/** Looks at each counter once: many waiters end by the same. */
function remembering(sight: Sight): Sight {
  const counted = new Map<string, ReturnType<Sight['counted']>>()
  const present = new Map<string, ReturnType<Sight['present']>>()
  return {
    counted: (counter: Counter) => recall(counted, counter.key, () => sight.counted(counter)),
    present: (counter: Counter) => recall(present, counter.key, () => sight.present(counter)),
  }
}

function recall<T>(known: Map<string, T>, key: string, look: () => T): T {
  const before = known.get(key)
  if (before !== undefined) return before
  const value = look()
  known.set(key, value)
  return value
}
