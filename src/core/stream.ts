/**
 * Streams of what happens in a config. Each message tells all that happened at one moment, so whoever has heard one can
 * resume behind it. What is remembered for that is state, no log: the last change of each variable, deletions for a
 * while, and how waiters have ended.
 */
import { sees, type Access } from './access.ts'
import type { Event } from './command.ts'
import type { Config } from './config.ts'
import { invalid, ok, refuse, statusOf, type Result } from './fault.ts'
import type { Deletion, Store } from './store.ts'
import { formatStamp, type Stamp } from './time.ts'
import { variableHead, variableName, variableResource } from './variable.ts'
import { waiterName, waiterResource } from './waiter.ts'
import type * as wire from './wire.ts'

/** Where a stream begins: behind a stamp, with the state as it stands, or with what happens next. */
export type Beginning = { readonly after: Stamp } | 'state' | 'now'

/** The most changes in one message of a state. */
export const MAX_CHANGES = 500

/** Something that happened, as a stream tells it. */
export interface Told {
  readonly stamp: Stamp
  /** Of a variable; a waiter's end concerns every stream of the config. */
  readonly path?: string
  /** Full name of the resource. */
  readonly name: string
  readonly change: () => wire.Change
}

/** What streams tell of an event; nothing of some. `config` is the config's full name. */
export function toldOf(config: string, event: Event): Told | undefined {
  const { stamp } = event
  if (event.kind === 'variable') {
    const { path } = event.variable
    const change = () => ({ variable: variableResource(config, event.variable, event.state) })
    return { stamp, path, name: variableName(config, path), change }
  }
  if (event.kind !== 'waiterEnded') return undefined
  const change = () => ({ waiter: waiterResource(config, event.waiter) })
  return { stamp, name: waiterName(config, event.waiter.id), change }
}

/** Which of what is told the owner of a stream may see, by the policy of the config. */
export function visibleTo(access: Access | undefined, policy: Config['policy'] | undefined): (told: Told) => boolean {
  if (!access) return () => true
  const variables = sees(access.caller, 'runtimeconfig.variables.watch', policy)
  const waiters = sees(access.caller, 'runtimeconfig.waiters.get', policy)
  return ({ path, name }) => (path === undefined ? waiters(name) : variables(name))
}

/** Says that there is nothing up to a stamp, from which the stream can be resumed. */
export function bookmark(stamp: Stamp): wire.Changes {
  return { stamp: formatStamp(stamp), changes: [] }
}

/**
 * The first messages of a stream of what is at `root` and beneath. A cursor that this config cannot have given out is
 * refused; behind one that is too old come the status that says so, and the state.
 */
export function beginStream(
  store: Store,
  config: Config,
  root: string,
  beginning: Beginning,
  access: Access | undefined,
): Result<wire.Changes[]> {
  const visible = visibleTo(access, config.policy)
  const last = store.last()
  if (beginning === 'now') return ok([bookmark(last)])
  if (beginning === 'state') return ok(state(store, config, root, visible))
  const { after } = beginning
  if (after > last)
    return invalid('after', `after is in the future of this config, which was last changed ${formatStamp(last)}`)
  if (after < config.created) {
    return invalid('after', `after is from before this config, which was made ${formatStamp(config.created)}`)
  }
  if (after >= store.forgotten()) return ok([...since(store, config, root, after, visible), bookmark(last)])
  const [first, ...rest] = state(store, config, root, visible)
  const { stamp, ...others } = first as wire.Changes
  return ok([{ stamp, reset: statusOf(refuse({ kind: 'forgotten' }).fault), ...others }, ...rest])
}

/** What happened after a stamp, a message for each moment. */
function since(
  store: Store,
  config: Config,
  root: string,
  after: Stamp,
  visible: (told: Told) => boolean,
): wire.Changes[] {
  const told = remembered(store, config, root, after).filter(visible)
  const moments = Map.groupBy(told, ({ stamp }) => stamp)
  return [...moments]
    .sort(([a], [b]) => a - b)
    .map(([stamp, changes]) => ({ stamp: formatStamp(stamp), changes: changes.map(({ change }) => change()) }))
}

/** The variables that are there and the waiters that have ended, in messages of one moment. */
function state(store: Store, config: Config, root: string, visible: (told: Told) => boolean): wire.Changes[] {
  const stamp = formatStamp(store.last())
  const told = remembered(store, config, root, -1).filter((one) => visible(one))
  const messages: wire.Changes[] = []
  for (let at = 0; at === 0 || at < told.length; at += MAX_CHANGES) {
    const changes = told.slice(at, at + MAX_CHANGES).map(({ change }) => change())
    messages.push({ stamp, changes, ...(at + MAX_CHANGES < told.length && { more: true as const }) })
  }
  return messages
}

/** What happened after a stamp, as far as it is remembered: variables by path, then waiters. Behind -1, only what is. */
function remembered(store: Store, config: Config, root: string, after: Stamp): Told[] {
  const { name } = config
  const written = store
    .variablesSince(root, after)
    .map((variable): Event => ({ kind: 'variable', state: 'UPDATED', variable, stamp: variable.updated }))
  const ended = store
    .endingsSince(after)
    .map((waiter): Event => ({ kind: 'waiterEnded', waiter, stamp: waiter.end?.at as Stamp }))
  const gone = after < 0 ? [] : store.deletionsSince(root, after).map((deletion) => toldOfDeletion(name, deletion))
  const variables = [...written.flatMap((one) => toldOf(name, one) ?? []), ...gone]
  variables.sort((a, b) => (a.name < b.name ? -1 : 1))
  return [...variables, ...ended.flatMap((one) => toldOf(name, one) ?? [])]
}

/** Of a deletion that was missed the contents are not known any more. */
function toldOfDeletion(config: string, { path, at, updated }: Deletion): Told {
  const variable = { ...variableHead(config, { path, updated }), state: 'DELETED' as const }
  return { stamp: at, path, name: variable.name, change: () => ({ variable }) }
}
