/** The one place where anything of a config changes. */
import { denied, lacking, type Access } from './access.ts'
import type { Command, Event, Outcome } from './command.ts'
import { configResource, type Config } from './config.ts'
import { ALREADY_EXISTS, NOT_FOUND, ok, refuse } from './fault.ts'
import { policyEtag, policyResource } from './policy.ts'
import { exceeded, variableBytes } from './quota.ts'
import type { Count, Created, Store } from './store.ts'
import { SECOND, type Stamp } from './time.ts'
import { variableResource, type Variable } from './variable.ts'
import { beginWaiter, endWaiter, judge, waiterOperation, type Ending, type Waiter } from './waiter.ts'
import type * as wire from './wire.ts'

/** What a command comes to. The events are to be told once what was written is durable. */
export interface Applied {
  readonly outcome: Outcome
  readonly events: readonly Event[]
}

/** What a command needs to know beside what is stored. */
export interface Circumstances {
  /** Microseconds since 1970. */
  readonly now: Stamp
  /** Whether anyone listens for variables. If not, a deletion of many does not read them to tell of each. */
  readonly heard: () => boolean
  /** What the caller must be allowed; absent where that is settled already. */
  readonly access?: Access | undefined
}

/**
 * Applies a command: decides first and writes then, so a refused command has written nothing.
 * What is overdue must have been ended by {@link sweep} before.
 */
export function apply(store: Store, command: Command, circumstances: Circumstances): Applied {
  const config = store.config()
  const lack = circumstances.access && lacking(circumstances.access, config?.policy)
  if (lack) return refused(denied(lack))
  if (command.type === 'createConfig') return createConfig(store, config, command, circumstances)
  if (!config) return refused(refuse(NOT_FOUND))
  switch (command.type) {
    case 'updateConfig':
      return updateConfig(store, config, command, circumstances)
    case 'deleteConfig':
      return deleteConfig(store, config, circumstances)
    case 'setIamPolicy':
      return setIamPolicy(store, config, command, circumstances)
    case 'createVariable':
      return createVariable(store, config, command, circumstances)
    case 'updateVariable':
      return updateVariable(store, config, command, circumstances)
    case 'deleteVariable':
      return deleteVariable(store, command, circumstances)
    case 'createWaiter':
      return createWaiter(store, config, command, circumstances)
    case 'deleteWaiter':
      return deleteWaiter(store, command, circumstances)
  }
}

/**
 * Ends what is overdue: at most `limit` waiters whose deadline has come, all at one stamp, and forgets what has
 * expired. Answers the events; as many as `limit` means that there may be more.
 */
export function sweep(store: Store, now: Stamp, limit: number): Event[] {
  store.expireRequests(now)
  const due = store.dueWaiters(now, limit)
  if (!due.length) return []
  const stamp = store.tick(now)
  return due.map((waiter) => finish(store, waiter, 'timeout', stamp))
}

type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>

const refused = (outcome: Outcome): Applied => ({ outcome, events: [] })

function createConfig(
  store: Store,
  existing: Config | undefined,
  { name, description, requestId }: CommandOf<'createConfig'>,
  { now }: Circumstances,
): Applied {
  const replayed = replay(store, 'config', requestId)
  if (replayed) return replayed
  if (existing) return refused(refuse(ALREADY_EXISTS))
  const stamp = store.tick(now)
  const config: Config = { name, description, policy: { version: 0, bindings: [], changed: stamp } }
  store.putConfig(config)
  store.tellDirectory({ config: name, description, stamp })
  const answer = configResource(config)
  remember(store, 'config', requestId, '', answer, stamp)
  return { outcome: ok(answer), events: [] }
}

function updateConfig(
  store: Store,
  config: Config,
  { description }: CommandOf<'updateConfig'>,
  { now }: Circumstances,
): Applied {
  const updated = { ...config, description }
  store.putConfig(updated)
  store.tellDirectory({ config: config.name, description, stamp: store.tick(now) })
  return { outcome: ok(configResource(updated)), events: [] }
}

function deleteConfig(store: Store, config: Config, { now, heard }: Circumstances): Applied {
  const stamp = store.tick(now)
  const events = heard() ? deletions(store.variables(''), stamp) : []
  store.clear()
  store.tellDirectory({ config: config.name, stamp })
  return { outcome: ok({}), events: [...events, { kind: 'configDeleted', stamp }] }
}

function setIamPolicy(
  store: Store,
  config: Config,
  { policy: { version, bindings, etag } }: CommandOf<'setIamPolicy'>,
  { now }: Circumstances,
): Applied {
  if (etag && etag !== policyEtag(config.policy.changed)) return refused(refuse({ kind: 'policyChanged' }))
  const stamp = store.tick(now)
  const policy = { version, bindings, changed: stamp }
  store.putConfig({ ...config, policy })
  return { outcome: ok(policyResource(policy)), events: [{ kind: 'policyChanged', stamp }] }
}

function createVariable(
  store: Store,
  config: Config,
  { path, contents, requestId }: CommandOf<'createVariable'>,
  { now }: Circumstances,
): Applied {
  const replayed = replay(store, 'variable', requestId)
  if (replayed) return replayed
  const obstacle = store.obstacle(path)
  if (obstacle === 'same') return refused(refuse(ALREADY_EXISTS))
  if (obstacle === 'prefix') return refused(refuse({ kind: 'prefixConflict' }))
  const over = exceeded(store.usage(), { variables: 1, bytes: variableBytes(path, contents.contents) })
  if (over) return refused(over)
  const stamp = store.tick(now)
  const variable = { path, ...contents, updated: stamp }
  store.insertVariable(variable)
  const answer = variableResource(config.name, variable)
  remember(store, 'variable', requestId, path, answer, stamp)
  const ended = endSatisfied(store, store.shift(path, 1), stamp)
  return { outcome: ok(answer), events: [{ kind: 'variable', state: 'UPDATED', variable, stamp }, ...ended] }
}

function updateVariable(
  store: Store,
  config: Config,
  { path, contents }: CommandOf<'updateVariable'>,
  { now }: Circumstances,
): Applied {
  const before = store.variable(path)
  if (!before) return refused(refuse(NOT_FOUND))
  const bytes = variableBytes(path, contents.contents) - variableBytes(path, before.contents)
  const over = exceeded(store.usage(), { bytes })
  if (over) return refused(over)
  const stamp = store.tick(now)
  const variable = { path, ...contents, updated: stamp }
  store.updateVariable(variable, before)
  return {
    outcome: ok(variableResource(config.name, variable, 'UPDATED')),
    events: [{ kind: 'variable', state: 'UPDATED', variable, stamp }],
  }
}

function deleteVariable(
  store: Store,
  { path, recursive }: CommandOf<'deleteVariable'>,
  circumstances: Circumstances,
): Applied {
  if (recursive) return deleteSubtree(store, path, circumstances)
  const variable = store.variable(path)
  if (!variable) return refused(refuse(NOT_FOUND))
  const stamp = store.tick(circumstances.now)
  store.deleteVariable(variable)
  store.shift(path, -1)
  return { outcome: ok({}), events: [{ kind: 'variable', state: 'DELETED', variable, stamp }] }
}

function deleteSubtree(store: Store, root: string, { now, heard }: Circumstances): Applied {
  const gone = heard() ? [...store.variables(root)] : []
  const removed = store.deleteVariables(root)
  if (!removed) return refused(refuse(NOT_FOUND))
  const stamp = store.tick(now)
  store.shiftSubtree(root, removed)
  return { outcome: ok({}), events: deletions(gone, stamp) }
}

function deletions(variables: Iterable<Variable>, stamp: Stamp): Event[] {
  return Array.from(variables, (variable) => ({ kind: 'variable', state: 'DELETED', variable, stamp }))
}

function createWaiter(
  store: Store,
  config: Config,
  { id, spec, requestId }: CommandOf<'createWaiter'>,
  { now }: Circumstances,
): Applied {
  const replayed = replay(store, 'waiter', requestId)
  if (replayed) return replayed
  if (store.waiter(id)) return refused(refuse(ALREADY_EXISTS))
  const over = exceeded(store.usage(), { waiters: 1 })
  if (over) return refused(over)
  const stamp = store.tick(now)
  const begun = beginWaiter(id, spec, stamp)
  const how = judge(spec, (counter) => store.count(counter))
  const waiter = how ? endWaiter(begun, how, stamp) : begun
  store.insertWaiter(waiter)
  const answer = waiterOperation(config.name, waiter)
  remember(store, 'waiter', requestId, id, answer, stamp)
  return { outcome: ok(answer), events: how ? [{ kind: 'waiterEnded', waiter, stamp }] : [] }
}

function deleteWaiter(store: Store, { id }: CommandOf<'deleteWaiter'>, { now }: Circumstances): Applied {
  const waiter = store.waiter(id)
  if (!waiter) return refused(refuse(NOT_FOUND))
  const stamp = store.tick(now)
  store.deleteWaiter(waiter)
  return { outcome: ok({}), events: [{ kind: 'waiterDeleted', id, stamp }] }
}

/**
 * Ends the waiters whose conditions came to hold when these counts rose. Plain cardinality never begins to hold when a
 * count falls, so nothing calls this then.
 */
function endSatisfied(store: Store, counts: readonly Count[], stamp: Stamp): Event[] {
  const touched = new Set(counts.flatMap(({ counter, count }) => store.waitersAt(counter, count)))
  const events: Event[] = []
  for (const id of [...touched].sort()) {
    const waiter = store.waiter(id)
    const how = waiter && judge(waiter.spec, (counter) => store.count(counter))
    if (how) events.push(finish(store, waiter, how, stamp))
  }
  return events
}

function finish(store: Store, waiter: Waiter, how: Ending, stamp: Stamp): Event {
  const ended = endWaiter(waiter, how, stamp)
  store.endWaiter(ended)
  return { kind: 'waiterEnded', waiter: ended, stamp }
}

/** How long an answer is kept for its `requestId`: documented by nobody, so a day and a part of an hour. */
const REQUEST_MEMORY = 24 * 3600 * SECOND
/** Expiries are rounded up to this, so that they fall together and wake an idle object seldom. */
const REQUEST_MEMORY_STEP = 3600 * SECOND

function replay(store: Store, kind: Created, requestId: string): Applied | undefined {
  const answer = requestId ? store.replay(kind, requestId) : undefined
  return answer && { outcome: ok(answer), events: [] }
}

function remember(store: Store, kind: Created, requestId: string, name: string, answer: wire.Answer, at: Stamp) {
  if (!requestId) return
  const expires = Math.ceil((at + REQUEST_MEMORY) / REQUEST_MEMORY_STEP) * REQUEST_MEMORY_STEP
  store.remember(kind, requestId, name, answer, expires)
}
