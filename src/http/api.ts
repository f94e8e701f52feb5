/**
 * The table of API methods (spec: section 2): where each stands, what it takes, and which command or query it comes to.
 * Everything that is known of a method stands in its entry.
 */
import { denied, lacking, type Caller, type Need } from '../core/access.ts'
import type { Outcome, Query } from '../core/command.ts'
import { all, invalid, ok, type Result } from '../core/fault.ts'
import { checkRoot, configName, formatName, parseName, type ResourceName } from '../core/name.ts'
import { knownPermissions, POLICY_VERSIONS, readPolicy } from '../core/policy.ts'
import { parseTimestamp, type Stamp } from '../core/time.ts'
import { readContents, variableName } from '../core/variable.ts'
import { readWaiter } from '../core/waiter.ts'
import type * as wire from '../core/wire.ts'
import {
  accessOf,
  need,
  needAny,
  needsToClear,
  needsToCount,
  objectOf,
  query,
  submit,
  type Asking,
  type InConfig,
} from './ask.ts'
import * as bodies from './bodies.ts'
import { awaitWaiter, heldFor, subscribe, watchVariable } from './held.ts'
import { method, type Method } from './method.ts'
import type { Kind } from './request.ts'

/** The longest `requestId`, in characters. */
export const MAX_REQUEST_ID_LENGTH = 64

const paged = { pageSize: 'pageSize', pageToken: 'string' } as const
const creates = { requestId: 'string' } as const

export const METHODS: readonly Method[] = [
  method({
    id: 'projects.configs.create',
    http: 'POST',
    on: 'configs',
    query: creates,
    body: bodies.config,
    permission: 'runtimeconfig.configs.create',
    call(call) {
      const { name, query: parameters, body } = call
      const made = readNewName(body.name, 'config.name', 'config', name)
      const read = all({ made, requestId: readRequestId(parameters.requestId, call) })
      if (!read.ok) return read
      return createConfig({ ...call, name: read.value.made }, body.description ?? '', read.value.requestId)
    },
  }),
  method({
    id: 'projects.configs.list',
    http: 'GET',
    on: 'configs',
    query: paged,
    permission: 'runtimeconfig.configs.list',
    call(call) {
      // The directory knows no policies of configs, so only what is granted for the project counts.
      const access = accessOf(call, [needAny(call, 'configs')])
      const lack = access && lacking(access)
      if (lack) return denied(lack)
      return call.env.PROJECT.getByName(call.name.project).list(call.query, access)
    },
  }),
  method({
    id: 'projects.configs.get',
    http: 'GET',
    on: 'config',
    permission: 'runtimeconfig.configs.get',
    call: (call) => query(call, { type: 'getConfig' }),
  }),
  method({
    id: 'projects.configs.update',
    http: 'PUT',
    on: 'config',
    body: bodies.config,
    permission: 'runtimeconfig.configs.update',
    call(call) {
      const { name, body } = call
      const same = checkSameName(body.name, 'config.name', name)
      return same.ok ? submit(call, { type: 'updateConfig', description: body.description ?? '' }) : same
    },
  }),
  method({
    id: 'projects.configs.delete',
    http: 'DELETE',
    on: 'config',
    permission: 'runtimeconfig.configs.delete',
    call: (call) => submit(call, { type: 'deleteConfig' }, [need(call), ...needsToClear(formatName(call.name))]),
  }),
  method({
    id: 'projects.configs.getIamPolicy',
    http: 'GET',
    on: 'config',
    verb: 'getIamPolicy',
    query: { 'options.requestedPolicyVersion': 'int32' },
    permission: 'runtimeconfig.configs.getIamPolicy',
    call(call) {
      const field = 'options.requestedPolicyVersion'
      const version = call.query[field] ?? 0
      if (!POLICY_VERSIONS.includes(version)) return invalid(field, `${field} must be 0, 1 or 3, this is ${version}`)
      return query(call, { type: 'getIamPolicy' })
    },
  }),
  method({
    id: 'projects.configs.setIamPolicy',
    http: 'POST',
    on: 'config',
    verb: 'setIamPolicy',
    body: bodies.policy,
    permission: 'runtimeconfig.configs.setIamPolicy',
    call(call) {
      const policy = readPolicy(call.body.policy)
      return policy.ok ? submit(call, { type: 'setIamPolicy', policy: policy.value }) : policy
    },
  }),
  testIamPermissions('projects.configs.testIamPermissions', 'config'),
  method({
    id: 'projects.configs.subscribe',
    http: 'GET',
    on: 'config',
    verb: 'subscribe',
    query: { path: 'string' },
    permission: 'runtimeconfig.variables.watch',
    call(call) {
      const root = checkRoot(call.query.path || '/', 'path')
      if (!root.ok) return root
      const name = variableName(formatName(call.name), root.value)
      const needs: Need[] = [{ permission: call.permission, name, beneath: 'any' }]
      return subscribe(call, { kind: 'config', root: root.value }, accessOf(call, needs))
    },
  }),

  method({
    id: 'projects.configs.variables.create',
    http: 'POST',
    on: 'variables',
    query: creates,
    body: bodies.variable,
    permission: 'runtimeconfig.variables.create',
    call(call) {
      const { name, query: parameters, body } = call
      const made = readNewName(body.name, 'variable.name', 'variable', name)
      const requestId = readRequestId(parameters.requestId, call)
      const read = all({ made, contents: readContents(body), requestId })
      if (!read.ok) return read
      const { made: variable, ...rest } = read.value
      return submit(call, { type: 'createVariable', path: variable.path, ...rest }, [need(call, variable)])
    },
  }),
  method({
    id: 'projects.configs.variables.list',
    http: 'GET',
    on: 'variables',
    query: { filter: 'string', returnValues: 'bool', ...paged },
    permission: 'runtimeconfig.variables.list',
    call(call) {
      const { filter, returnValues, ...page } = call.query
      return query(call, { type: 'listVariables', filter, returnValues, page }, [needAny(call, 'variables')])
    },
  }),
  method({
    id: 'projects.configs.variables.get',
    http: 'GET',
    on: 'variable',
    permission: 'runtimeconfig.variables.get',
    call: (call) => query(call, { type: 'getVariable', path: call.name.path }),
  }),
  method({
    id: 'projects.configs.variables.update',
    http: 'PUT',
    on: 'variable',
    body: bodies.variable,
    permission: 'runtimeconfig.variables.update',
    call(call) {
      const { name, body } = call
      const read = all({ same: checkSameName(body.name, 'variable.name', name), contents: readContents(body) })
      if (!read.ok) return read
      return submit(call, { type: 'updateVariable', path: name.path, contents: read.value.contents })
    },
  }),
  method({
    id: 'projects.configs.variables.delete',
    http: 'DELETE',
    on: 'variable',
    query: { recursive: 'bool' },
    // Google's guide shows `recursive` in a body (spec: section 4.2).
    body: bodies.deletion,
    permission: 'runtimeconfig.variables.delete',
    call(call) {
      const recursive = call.query.recursive || call.body.recursive === true
      const needs: Need[] = recursive ? [{ ...need(call), beneath: 'all' }] : [need(call)]
      return submit(call, { type: 'deleteVariable', path: call.name.path, recursive }, needs)
    },
  }),
  method({
    id: 'projects.configs.variables.watch',
    http: 'POST',
    on: 'variable',
    verb: 'watch',
    body: bodies.watch,
    permission: 'runtimeconfig.variables.watch',
    call(call) {
      const newerThan = readNewerThan(call.body.newerThan)
      if (!newerThan.ok) return newerThan
      return watchVariable(call.env, call.name.path, newerThan.value, heldFor(call))
    },
  }),
  testIamPermissions('projects.configs.variables.testIamPermissions', 'variable'),

  method({
    id: 'projects.configs.waiters.create',
    http: 'POST',
    on: 'waiters',
    query: creates,
    body: bodies.waiter,
    permission: 'runtimeconfig.waiters.create',
    call(call) {
      const { name, query: parameters, body } = call
      const made = readNewName(body.name, 'waiter.name', 'waiter', name)
      const read = all({ made, spec: readWaiter(body), requestId: readRequestId(parameters.requestId, call) })
      if (!read.ok) return read
      const { made: waiter, spec, requestId } = read.value
      const needs = [need(call, waiter), ...needsToCount(formatName(name), spec)]
      return submit(call, { type: 'createWaiter', id: waiter.waiter, spec, requestId }, needs)
    },
  }),
  method({
    id: 'projects.configs.waiters.list',
    http: 'GET',
    on: 'waiters',
    query: paged,
    permission: 'runtimeconfig.waiters.list',
    call: (call) => query(call, { type: 'listWaiters', page: call.query }, [needAny(call, 'waiters')]),
  }),
  method({
    id: 'projects.configs.waiters.get',
    http: 'GET',
    on: 'waiter',
    permission: 'runtimeconfig.waiters.get',
    call: (call) => query(call, { type: 'getWaiter', id: call.name.waiter }),
  }),
  method({
    id: 'projects.configs.waiters.delete',
    http: 'DELETE',
    on: 'waiter',
    permission: 'runtimeconfig.waiters.delete',
    call: (call) => submit(call, { type: 'deleteWaiter', id: call.name.waiter }),
  }),
  testIamPermissions('projects.configs.waiters.testIamPermissions', 'waiter'),
  method({
    id: 'projects.configs.waiters.wait',
    http: 'POST',
    on: 'waiter',
    verb: 'wait',
    permission: 'runtimeconfig.waiters.get',
    call: (call) => awaitWaiter(call.env, call.name.waiter, heldFor(call)),
  }),
  method({
    id: 'projects.configs.waiters.subscribe',
    http: 'GET',
    on: 'waiter',
    verb: 'subscribe',
    permission: 'runtimeconfig.waiters.get',
    call: (call) => subscribe(call, { kind: 'waiter', id: call.name.waiter }, accessOf(call, [need(call)])),
  }),

  method({
    id: 'projects.configs.operations.get',
    http: 'GET',
    on: 'operation',
    permission: 'runtimeconfig.operations.get',
    call: (call) => query(call, questionOf(call.name)),
  }),
  testIamPermissions('projects.configs.operations.testIamPermissions', 'operation'),
]

/**
 * `testIamPermissions` is the same on every kind of resource, and takes no permission: it answers those that the caller
 * has. Where there is no such resource nobody has any.
 */
function testIamPermissions(id: string, on: 'config' | 'variable' | 'waiter' | 'operation'): Method {
  return method({
    id,
    http: 'POST',
    on,
    verb: 'testIamPermissions',
    body: bodies.permissions,
    permission: '',
    async call({ name, body, env, caller }) {
      const known = knownPermissions(body.permissions ?? [])
      if (!known.ok) return known
      const permissions = known.value.permissions ?? []
      const resource = questionOf(name)
      const question: Query = { type: 'testIamPermissions', permissions, name: formatName(name), resource }
      const outcome = await objectOf(env, name).query(question, caller && { caller, needs: [] })
      const answer: wire.TestIamPermissionsResponse = outcome.ok ? outcome.value : {}
      if (caller?.identity !== '' || answer.permissions) return ok(answer)
      // Who has shown nothing and may do nothing is told to show something.
      return denied({ permission: permissions[0] ?? '', name: formatName(name) })
    },
  })
}

/** The question of what there is under a name. */
function questionOf(name: InConfig): Query {
  switch (name.kind) {
    case 'config':
      return { type: 'getConfig' }
    case 'variable':
      return { type: 'getVariable', path: name.path }
    case 'waiter':
      return { type: 'getWaiter', id: name.waiter }
    case 'operation': {
      // Only waiters have operations, so far: other names are asked for as that of a waiter which cannot be.
      const [collection, waiter = '', ...rest] = name.operation.split('/')
      return { type: 'getOperation', waiter: collection === 'waiters' && !rest.length ? waiter : '' }
    }
  }
}

/**
 * Creates a config. A requestId is known to the whole project, so the directory is asked first which config it was
 * used for; if that was another, the first answer is given again while that config is there (spec: section 4.4).
 */
async function createConfig(
  call: Asking<Extract<ResourceName, { kind: 'config' }>>,
  description: string,
  requestId: string,
): Promise<Outcome> {
  const { env, name } = call
  // The policy of a config that is there already says nothing about making one.
  const access = accessOf(call, [need(call)])
  const lack = access && lacking(access)
  if (lack) return denied(lack)
  const own = formatName(name)
  if (requestId) {
    const directory = env.PROJECT.getByName(name.project)
    const owner = await directory.claim(requestId, own)
    if (owner !== own) {
      const first = await env.RUNTIME_CONFIG.getByName(owner).query({ type: 'getCreated', requestId })
      if (first.ok) return first
      await directory.claim(requestId, own, owner)
    }
  }
  return objectOf(env, name).submit({ type: 'createConfig', name: own, description, requestId })
}

/** The id of a new resource comes from the body's `name`, which must lie under the parent (spec: section 3.1, item 10). */
function readNewName<K extends Kind & ResourceName['kind']>(
  text: string | undefined,
  field: string,
  kind: K,
  parent: Extract<ResourceName, { kind: 'project' | 'config' }>,
): Result<Extract<ResourceName, { kind: K }>> {
  if (!text) return invalid(field, `${field} is required: the full name of the ${kind} to create`)
  const name = parseName(text, field)
  if (!name.ok) return name
  const within =
    name.value.kind === kind &&
    name.value.project === parent.project &&
    (parent.kind === 'project' || ('config' in name.value && name.value.config === parent.config))
  if (within) return ok(name.value as Extract<ResourceName, { kind: K }>)
  const under = parent.kind === 'project' ? `projects/${parent.project}` : configName(parent.project, parent.config)
  return invalid(field, `${field} must name a ${kind} under ${under}, as the URL says`)
}

/** On update the path of the URL decides; a name in the body may be absent, but must not be another. */
function checkSameName(text: string | undefined, field: string, name: InConfig): Result<ResourceName> {
  if (!text) return ok(name)
  const given = parseName(text, field)
  if (!given.ok || JSON.stringify(given.value) === JSON.stringify(name)) return given
  return invalid(field, `${field} must be absent or the name that stands in the URL`)
}

/**
 * Reads a requestId. Each caller has ids of its own: what one has made must not be told to another that happens to use,
 * or guesses, the same id.
 */
function readRequestId(requestId: string, { caller }: { caller: Caller | undefined }): Result<string> {
  if (requestId.length > MAX_REQUEST_ID_LENGTH) {
    const message = `requestId must be at most ${MAX_REQUEST_ID_LENGTH} characters, this has ${requestId.length}`
    return invalid('requestId', message)
  }
  return ok(caller && requestId ? `${caller.identity} ${requestId}` : requestId)
}

function readNewerThan(text: string | undefined): Result<Stamp | undefined> {
  if (!text) return ok(undefined)
  const stamp = parseTimestamp(text)
  if (stamp !== undefined) return ok(stamp)
  return invalid('newer_than', 'newer_than must be an RFC 3339 timestamp, such as "2016-04-05T12:00:00.000Z"')
}
