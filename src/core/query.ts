/** Answers to questions, from what is stored. */
import { denied, lacking, sees, type Access } from './access.ts'
import type { Outcome, Query } from './command.ts'
import { configResource, type Config } from './config.ts'
import { NOT_FOUND, ok, refuse } from './fault.ts'
import { readFilter } from './filter.ts'
import { listAnswer, takePage, type PageRequest } from './page.ts'
import { policyResource } from './policy.ts'
import { progressOf } from './progress.ts'
import type { Store } from './store.ts'
import { variableEntry, variableName, variableResource, type Variable } from './variable.ts'
import { formulasOf, waiterName, waiterOperation, waiterResource, type Waiter } from './waiter.ts'
import type * as wire from './wire.ts'

/**
 * Answers a query. What is overdue must have been ended before. `access` is what the caller must be allowed; without
 * it, everything is. A refusal comes before any look at what there is, and lists hold only what the caller may see.
 */
export function answer(store: Store, query: Query, access?: Access): Outcome {
  const config = store.config()
  const lack = access && lacking(access, config?.policy)
  if (lack) return denied(lack)
  if (!config) return refuse(NOT_FOUND)
  switch (query.type) {
    case 'getConfig':
      return ok(configResource(config))
    case 'getCreated':
      return found(store.replay('config', query.requestId), (created) => created)
    case 'getIamPolicy':
      return ok(policyResource(config.policy))
    case 'getVariable':
      return found(store.variable(query.path), (variable) => variableResource(config.name, variable))
    case 'listVariables':
      return listVariables(store, config, query, access)
    case 'getWaiter':
      return found(store.waiter(query.id), (waiter) => waiterNow(store, config.name, waiter))
    case 'listWaiters':
      return listWaiters(store, config, query.page, access)
    case 'getOperation':
      return found(store.waiter(query.waiter), (waiter) => waiterOperation(config.name, waiter))
    case 'testIamPermissions':
      return testIamPermissions(store, config, query, access)
  }
}

const found = <T>(record: T | undefined, resource: (record: T) => object): Outcome =>
  record === undefined ? refuse(NOT_FOUND) : ok(resource(record))

/** About what a resource takes beside its contents. */
const HEAD_BYTES = 120

const everything = () => true

function listVariables(
  store: Store,
  { name, policy }: Config,
  { filter, returnValues, page }: Extract<Query, { type: 'listVariables' }>,
  access: Access | undefined,
): Outcome {
  const { root, test } = readFilter(filter)
  const visible = access ? sees(access.caller, 'runtimeconfig.variables.list', policy) : everything
  const taken = takePage<Variable>(JSON.stringify([name, 'variables', filter, returnValues]), page, {
    *read(after) {
      for (const variable of store.variables(root, after)) {
        if (test(variable.path) && visible(variableName(name, variable.path))) yield variable
      }
    },
    key: ({ path }) => path,
    bytes: ({ path, contents }) => HEAD_BYTES + path.length + (returnValues ? contents.length * 2 : 0),
  })
  const resource = returnValues ? variableResource : variableEntry
  return taken.ok ? ok(listAnswer('variables', taken.value, (variable) => resource(name, variable))) : taken
}

function listWaiters(store: Store, { name, policy }: Config, page: PageRequest, access: Access | undefined): Outcome {
  const visible = access ? sees(access.caller, 'runtimeconfig.waiters.list', policy) : everything
  const taken = takePage<Waiter>(JSON.stringify([name, 'waiters']), page, {
    *read(after) {
      for (const waiter of store.waiters(after)) if (visible(waiterName(name, waiter.id))) yield waiter
    },
    key: ({ id }) => id,
    // Its progress names each member of its rosters once more.
    bytes: ({ spec }) => HEAD_BYTES + JSON.stringify(spec).length * 2,
  })
  return taken.ok ? ok(listAnswer('waiters', taken.value, (waiter) => waiterNow(store, name, waiter))) : taken
}

/** A waiter with how far it has come. */
function waiterNow(store: Store, config: string, waiter: Waiter): wire.Waiter {
  const progress = waiter.end ? undefined : progressOf(waiter, formulasOf(waiter), store)
  return waiterResource(config, waiter, progress)
}

/** A resource that is not there grants nothing, to whomever. */
function testIamPermissions(
  store: Store,
  { policy }: Config,
  { permissions, name, resource }: Extract<Query, { type: 'testIamPermissions' }>,
  access: Access | undefined,
): Outcome {
  const has = (permission: string) => !access || sees(access.caller, permission, policy)(name)
  const held = answer(store, resource).ok ? permissions.filter(has) : []
  return ok(held.length ? { permissions: held } : {})
}
