/** Writes of variables: whether each may be done, and its doing. */
import type { Changes } from './changes.ts'
import type { Precondition, Write } from './command.ts'
import { ALREADY_EXISTS, CHANGED, NOT_FOUND, ok, refuse, type Result } from './fault.ts'
import { exceeded, variableBytes } from './quota.ts'
import type { Store } from './store.ts'
import { etagOf, type Stamp } from './time.ts'
import type { Variable } from './variable.ts'

/** What a write comes to: the variable, unless it was deleted, and whether it was there before. */
export interface Written {
  readonly variable?: Variable
  readonly state?: 'UPDATED'
}

/** Does a write, or refuses it and does nothing. `heard` tells whether anybody listens for variables. */
export function applyWrite(store: Store, changes: Changes, write: Write, heard: () => boolean): Result<Written> {
  switch (write.type) {
    case 'create':
      return create(store, changes, write)
    case 'update':
    case 'set':
      return put(store, changes, write)
    case 'delete':
      return remove(store, changes, write, heard)
  }
}

type Put = Exclude<Write, { type: 'delete' }>

function create(store: Store, changes: Changes, { path, input, if: precondition }: Put): Result<Written> {
  const obstacle = store.obstacle(path)
  if (obstacle === 'same') return refuse(precondition?.absent ? CHANGED : ALREADY_EXISTS)
  if (obstacle === 'prefix') return refuse({ kind: 'prefixConflict' })
  if (precondition?.etags) return refuse(NOT_FOUND)
  const over = exceeded(store.usage(), { variables: 1, bytes: variableBytes(path, input.contents) })
  return over ?? ok({ variable: changes.create(path, input) })
}

function put(store: Store, changes: Changes, write: Put): Result<Written> {
  const { type, path, input, if: precondition } = write
  const before = store.variable(path)
  if (!before) {
    const mayCreate = precondition?.absent || (type === 'set' && !precondition?.etags)
    return mayCreate ? create(store, changes, write) : refuse(NOT_FOUND)
  }
  if (!meets(precondition, before.updated)) return refuse(CHANGED)
  const bytes = variableBytes(path, input.contents) - variableBytes(path, before.contents)
  const over = exceeded(store.usage(), { bytes })
  return over ?? ok({ variable: changes.update(before, input), state: 'UPDATED' })
}

function remove(
  store: Store,
  changes: Changes,
  { path, recursive, if: precondition }: Extract<Write, { type: 'delete' }>,
  heard: () => boolean,
): Result<Written> {
  const variable = recursive && !precondition ? undefined : store.variable(path)
  if (variable && !meets(precondition, variable.updated)) return refuse(CHANGED)
  if (recursive) {
    if (isEmpty(store.variables(path))) return refuse(NOT_FOUND)
    // An etag is one variable's: where there are only some beneath the name, none of them has it, and yet something is.
    if (precondition && !variable) return refuse(CHANGED)
    changes.deleteSubtree(path, heard())
    return ok({})
  }
  if (!variable) return refuse(NOT_FOUND)
  changes.delete(variable)
  return ok({})
}

function isEmpty(items: Iterable<unknown>): boolean {
  for (const _ of items) return false
  return true
}

/** Whether a precondition lets change what is there, and last changed at `updated`. */
export function meets(precondition: Precondition | undefined, updated: Stamp): boolean {
  if (precondition?.absent) return false
  return precondition?.etags?.includes(etagOf(updated)) ?? true
}
