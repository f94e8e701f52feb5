/** The one place where anything of a config changes. */
import { denied, lacking, type Access } from './access.ts'
import { Changes } from './changes.ts'
import type { Command, Event, Outcome, Write } from './command.ts'
import { configResource, type Config } from './config.ts'
import { settle, tellEnd } from './endings.ts'
import { ALREADY_EXISTS, CHANGED, NOT_FOUND, ok, refuse, statusOf, type Result } from './fault.ts'
import { rememberedUntil } from './memory.ts'
import { policyResource } from './policy.ts'
import { exceeded, MAX_CALLBACKS, overQuota } from './quota.ts'
import type { Created, Store } from './store.ts'
import { etagOf, formatStamp, type Stamp } from './time.ts'
import { leaseFrom, variableHead, variableResource, type Lease, type Variable } from './variable.ts'
import { beginWaiter, waiterOperation } from './waiter.ts'
import { applyWrite, meets, type Written } from './write.ts'
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
 * What is overdue must have been ended by `sweep` before.
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
      return deleteConfig(store, config, command, circumstances)
    case 'setIamPolicy':
      return setIamPolicy(store, config, command, circumstances)
    case 'createVariable':
      return createVariable(store, config, command, circumstances)
    case 'updateVariable':
      return updateVariable(store, config, command, circumstances)
    case 'deleteVariable':
      return deleteVariable(store, config, command, circumstances)
    case 'renewVariables':
      return renewVariables(store, config, command, circumstances)
    case 'commit':
      return commit(store, config, command, circumstances)
    case 'createWaiter':
      return createWaiter(store, config, command, circumstances)
    case 'deleteWaiter':
      return deleteWaiter(store, command, circumstances)
  }
}

type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>

const refused = (outcome: Outcome): Applied => ({ outcome, events: [] })

function createConfig(
  store: Store,
  existing: Config | undefined,
  { name, description, requestId, if: precondition }: CommandOf<'createConfig'>,
  { now }: Circumstances,
): Applied {
  const replayed = replay(store, 'config', requestId)
  if (replayed) return replayed
  if (existing) return refused(refuse(precondition?.absent ? CHANGED : ALREADY_EXISTS))
  const stamp = store.tick(now)
  const policy = { version: 0, bindings: [], changed: stamp }
  const config: Config = { name, description, policy, created: stamp, updated: stamp }
  store.putConfig(config)
  store.tellDirectory({ config: name, description, stamp })
  const answer = configResource(config)
  remember(store, 'config', requestId, '', answer, stamp)
  return { outcome: ok(answer), events: [] }
}

function updateConfig(
  store: Store,
  config: Config,
  { description, if: precondition }: CommandOf<'updateConfig'>,
  { now }: Circumstances,
): Applied {
  if (!meets(precondition, config.updated)) return refused(refuse(CHANGED))
  const updated = { ...config, description, updated: store.tick(now) }
  store.putConfig(updated)
  store.tellDirectory({ config: config.name, description, stamp: updated.updated })
  return { outcome: ok(configResource(updated)), events: [] }
}

function deleteConfig(
  store: Store,
  config: Config,
  { if: precondition }: CommandOf<'deleteConfig'>,
  { now, heard }: Circumstances,
): Applied {
  if (!meets(precondition, config.updated)) return refused(refuse(CHANGED))
  const stamp = store.tick(now)
  const events = heard() ? deletions(store.variables(''), stamp) : []
  store.clear()
  store.tellDirectory({ config: config.name, stamp })
  return { outcome: ok({}), events: [...events, { kind: 'configDeleted', stamp }] }
}

function deletions(variables: Iterable<Variable>, stamp: Stamp): Event[] {
  return Array.from(variables, (variable) => ({ kind: 'variable', state: 'DELETED', variable, stamp }))
}

function setIamPolicy(
  store: Store,
  config: Config,
  { policy: { version, bindings, etag } }: CommandOf<'setIamPolicy'>,
  { now }: Circumstances,
): Applied {
  if (etag && etag !== etagOf(config.policy.changed)) return refused(refuse({ kind: 'policyChanged' }))
  const stamp = store.tick(now)
  const policy = { version, bindings, changed: stamp }
  store.putConfig({ ...config, policy })
  return { outcome: ok(policyResource(policy)), events: [{ kind: 'policyChanged', stamp }] }
}

function createVariable(
  store: Store,
  config: Config,
  { path, input, requestId, if: precondition }: CommandOf<'createVariable'>,
  circumstances: Circumstances,
): Applied {
  const replayed = replay(store, 'variable', requestId)
  if (replayed) return replayed
  const write: Write = { type: 'create', path, input, if: precondition }
  return writeOne(store, config, write, circumstances, ({ variable }, stamp) => {
    const answer = variableResource(config.name, variable as Variable)
    remember(store, 'variable', requestId, path, answer, stamp)
    return answer
  })
}

function updateVariable(
  store: Store,
  config: Config,
  { path, input, if: precondition }: CommandOf<'updateVariable'>,
  circumstances: Circumstances,
): Applied {
  const write: Write = { type: 'update', path, input, if: precondition }
  return writeOne(store, config, write, circumstances, ({ variable }) =>
    variableResource(config.name, variable as Variable, 'UPDATED'),
  )
}

function deleteVariable(
  store: Store,
  config: Config,
  { path, recursive, if: precondition }: CommandOf<'deleteVariable'>,
  circumstances: Circumstances,
): Applied {
  const write: Write = { type: 'delete', path, recursive, if: precondition }
  return writeOne(store, config, write, circumstances, () => ({}))
}

/** Does a single write, which is refused before anything is written or not at all. */
function writeOne(
  store: Store,
  config: Config,
  write: Write,
  { now, heard }: Circumstances,
  answerOf: (written: Written, stamp: Stamp) => wire.Answer,
): Applied {
  const changes = new Changes(store, config, now)
  const written = applyWrite(store, changes, write, heard)
  if (!written.ok) return refused(written)
  const answer = answerOf(written.value, changes.stamp)
  return { outcome: ok(answer), events: changes.settle() }
}

/** All of the writes, one after another and at one stamp; or none of them, if one is refused. */
function commit(
  store: Store,
  config: Config,
  { writes, requestId }: CommandOf<'commit'>,
  { now, heard }: Circumstances,
): Applied {
  const replayed = replay(store, 'commit', requestId)
  if (replayed) return replayed
  const changes = new Changes(store, config, now)
  const writeAll = (): Result<wire.WriteOutcome[]> => {
    const outcomes: wire.WriteOutcome[] = []
    for (const [index, write] of writes.entries()) {
      const written = applyWrite(store, changes, write, heard)
      if (!written.ok) return refuse({ kind: 'writeRefused', field: `writes[${index}]`, fault: written.fault })
      const { variable, state } = written.value
      outcomes.push(variable ? { variable: { ...variableHead(config.name, variable), ...(state && { state }) } } : {})
    }
    return ok(outcomes)
  }
  // A single write that is refused has written nothing, so there would be nothing to undo.
  const done = writes.length === 1 ? writeAll() : store.attempt(writeAll)
  if (!done.ok) return refused(done)
  const answer: wire.CommitResponse = { updateTime: formatStamp(changes.stamp), outcomes: done.value }
  remember(store, 'commit', requestId, '', answer, changes.stamp)
  return { outcome: ok(answer), events: changes.settle() }
}

/** Lets variables live for another ttl. They are not rewritten: their stamps stay, and nobody is told. */
function renewVariables(
  store: Store,
  config: Config,
  { paths }: CommandOf<'renewVariables'>,
  { now }: Circumstances,
): Applied {
  const renewed = paths.map((path): Result<Variable> => {
    const variable = store.variable(path)
    if (!variable) return refuse(NOT_FOUND)
    if (!variable.lease) return refuse({ kind: 'noLease' })
    const lease = leaseFrom(now, variable.lease.ttl) as Lease
    // A clock that was set back must not shorten a life.
    const longer = { ...variable, lease: { ...lease, expires: Math.max(lease.expires, variable.lease.expires) } }
    store.renewVariable(longer)
    return ok(longer)
  })
  const outcomes: wire.RenewResponse['outcomes'] = renewed.map((result) =>
    result.ok ? { variable: variableHead(config.name, result.value) } : { error: statusOf(result.fault) },
  )
  return { outcome: ok({ outcomes }), events: [] }
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
  const over = exceeded(store.usage(), { waiters: 1 }) ?? (spec.callback && checkCallbacks(store))
  if (over) return refused(over)
  const stamp = store.tick(now)
  const waiter = settle(store, config, beginWaiter(id, spec, stamp))
  store.insertWaiter(waiter)
  tellEnd(store, config, waiter)
  const answer = waiterOperation(config.name, waiter)
  remember(store, 'waiter', requestId, id, answer, stamp)
  return { outcome: ok(answer), events: waiter.end ? [{ kind: 'waiterEnded', waiter, stamp }] : [] }
}

function checkCallbacks(store: Store) {
  if (!store.hasCallbacks(MAX_CALLBACKS)) return undefined
  return overQuota(`The config has as many callbacks that could not be delivered as it may: ${MAX_CALLBACKS}.`)
}

function deleteWaiter(store: Store, { id }: CommandOf<'deleteWaiter'>, { now }: Circumstances): Applied {
  const waiter = store.waiter(id)
  if (!waiter) return refused(refuse(NOT_FOUND))
  const stamp = store.tick(now)
  store.deleteWaiter(waiter)
  return { outcome: ok({}), events: [{ kind: 'waiterDeleted', id, stamp }] }
}

function replay(store: Store, kind: Created, requestId: string): Applied | undefined {
  const answer = requestId ? store.replay(kind, requestId) : undefined
  return answer && { outcome: ok(answer), events: [] }
}

function remember(store: Store, kind: Created, requestId: string, name: string, answer: wire.Answer, at: Stamp) {
  if (!requestId) return
  store.remember(kind, requestId, name, answer, rememberedUntil(at))
}
