/** The methods of variables. */
import type { Need } from '../../core/access.ts'
import { all, invalid, ok, type Result } from '../../core/fault.ts'
import { formatName } from '../../core/name.ts'
import { parseTimestamp, type Stamp } from '../../core/time.ts'
import { readVariable } from '../../core/variable.ts'
import { need, needAny, query, submit } from '../ask.ts'
import * as bodies from '../bodies.ts'
import { heldFor, watchVariable } from '../held.ts'
import { method, type Method } from '../method.ts'
import { readAbsence, readPrecondition } from '../precondition.ts'
import { checkSameName, creates, paged, readName, readRequestId } from './names.ts'
import { testIamPermissions } from './permissions.ts'

export const VARIABLE_METHODS: readonly Method[] = [
  method({
    id: 'projects.configs.variables.create',
    about: 'Creates a variable.',
    http: 'POST',
    on: 'variables',
    query: creates,
    body: bodies.variable,
    permission: 'runtimeconfig.variables.create',
    answers: 'Variable',
    call(call) {
      const { name, query: parameters, body } = call
      const read = all({
        variable: readName(body.name, 'variable.name', 'variable', name),
        input: readVariable(body),
        requestId: readRequestId(parameters.requestId, call),
        if: readAbsence(call.request.headers),
      })
      if (!read.ok) return read
      const { variable, ...rest } = read.value
      return submit(call, { type: 'createVariable', path: variable.path, ...rest }, [need(call, variable)])
    },
  }),
  method({
    id: 'projects.configs.variables.list',
    about: 'Lists the variables of a config.',
    http: 'GET',
    on: 'variables',
    query: { filter: 'string', returnValues: 'bool', ...paged },
    permission: 'runtimeconfig.variables.list',
    answers: 'ListVariablesResponse',
    call(call) {
      const { filter, returnValues, ...page } = call.query
      return query(call, { type: 'listVariables', filter, returnValues, page }, [needAny(call, 'variables')])
    },
  }),
  method({
    id: 'projects.configs.variables.get',
    about: 'Tells of a variable, with what it holds.',
    http: 'GET',
    on: 'variable',
    permission: 'runtimeconfig.variables.get',
    answers: 'Variable',
    call: (call) => query(call, { type: 'getVariable', path: call.name.path }),
  }),
  method({
    id: 'projects.configs.variables.update',
    about: 'Replaces what a variable holds. With `If-None-Match: *` it makes the variable instead.',
    http: 'PUT',
    on: 'variable',
    body: bodies.variable,
    permission: 'runtimeconfig.variables.update',
    answers: 'Variable',
    call(call) {
      const { name, body } = call
      const read = all({
        same: checkSameName(body.name, 'variable.name', name),
        input: readVariable(body),
        if: readPrecondition(call.request.headers, body.etag),
      })
      if (!read.ok) return read
      const { same: _, ...rest } = read.value
      // What is asked to be not there yet is made.
      const create: Need = { permission: 'runtimeconfig.variables.create', name: formatName(name) }
      const needs = rest.if?.absent ? [need(call), create] : [need(call)]
      return submit(call, { type: 'updateVariable', path: name.path, ...rest }, needs)
    },
  }),
  method({
    id: 'projects.configs.variables.delete',
    about: 'Deletes a variable.',
    http: 'DELETE',
    on: 'variable',
    query: { recursive: 'bool' },
    // Google's guide shows `recursive` in a body (spec: section 4.2).
    body: bodies.deletion,
    permission: 'runtimeconfig.variables.delete',
    answers: 'Empty',
    call(call) {
      const recursive = call.query.recursive || call.body.recursive === true
      const precondition = readPrecondition(call.request.headers)
      if (!precondition.ok) return precondition
      const needs: Need[] = recursive ? [{ ...need(call), beneath: 'all' }] : [need(call)]
      const { path } = call.name
      return submit(call, { type: 'deleteVariable', path, recursive, if: precondition.value }, needs)
    },
  }),
  method({
    id: 'projects.configs.variables.watch',
    about: 'Answers when the variable has changed or is gone, or when nothing has happened for some 55 seconds.',
    http: 'POST',
    on: 'variable',
    verb: 'watch',
    body: bodies.watch,
    permission: 'runtimeconfig.variables.watch',
    answers: 'Variable',
    call(call) {
      const newerThan = readNewerThan(call.body.newerThan)
      if (!newerThan.ok) return newerThan
      return watchVariable(call.env, call.name.path, newerThan.value, heldFor(call))
    },
  }),
  testIamPermissions('projects.configs.variables.testIamPermissions', 'variable'),
]

function readNewerThan(text: string | undefined): Result<Stamp | undefined> {
  if (!text) return ok(undefined)
  const stamp = parseTimestamp(text)
  if (stamp !== undefined) return ok(stamp)
  return invalid('newer_than', 'newer_than must be an RFC 3339 timestamp, such as "2016-04-05T12:00:00.000Z"')
}
