/** Answers to questions, from what is stored. */
import type { Outcome, Query } from './command.ts'
import { configResource } from './config.ts'
import { NOT_FOUND, ok, refuse } from './fault.ts'
import { readFilter } from './filter.ts'
import { listAnswer, takePage, type PageRequest } from './page.ts'
import { policyResource } from './policy.ts'
import type { Store } from './store.ts'
import { variableHead, variableResource, type Variable } from './variable.ts'
import { waiterOperation, waiterResource } from './waiter.ts'

/** Answers a query. What is overdue must have been ended before. */
export function answer(store: Store, query: Query): Outcome {
  const config = store.config()
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
      return listVariables(store, config.name, query)
    case 'getWaiter':
      return found(store.waiter(query.id), (waiter) => waiterResource(config.name, waiter))
    case 'listWaiters':
      return listWaiters(store, config.name, query.page)
    case 'getOperation':
      return found(store.waiter(query.waiter), (waiter) => waiterOperation(config.name, waiter))
  }
}

const found = <T>(record: T | undefined, resource: (record: T) => object): Outcome =>
  record === undefined ? refuse(NOT_FOUND) : ok(resource(record))

/** About what a resource takes beside its contents. */
const HEAD_BYTES = 120

function listVariables(
  store: Store,
  config: string,
  { filter, returnValues, page }: Extract<Query, { type: 'listVariables' }>,
): Outcome {
  const { root, test } = readFilter(filter)
  const taken = takePage<Variable>(JSON.stringify([config, 'variables', filter, returnValues]), page, {
    *read(after) {
      for (const variable of store.variables(root, after)) if (test(variable.path)) yield variable
    },
    key: ({ path }) => path,
    bytes: ({ path, contents }) => HEAD_BYTES + path.length + (returnValues ? contents.length * 2 : 0),
  })
  const resource = returnValues ? variableResource : variableHead
  return taken.ok ? ok(listAnswer('variables', taken.value, (variable) => resource(config, variable))) : taken
}

function listWaiters(store: Store, config: string, page: PageRequest): Outcome {
  const taken = takePage(JSON.stringify([config, 'waiters']), page, {
    read: (after) => store.waiters(after),
    key: ({ id }) => id,
    bytes: ({ spec }) => HEAD_BYTES + JSON.stringify(spec).length,
  })
  return taken.ok ? ok(listAnswer('waiters', taken.value, (waiter) => waiterResource(config, waiter))) : taken
}
