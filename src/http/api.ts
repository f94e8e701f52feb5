/**
 * The table of API methods (spec: section 2): where each stands, what it takes, and which command or query it comes to.
 * Everything that is known of a method stands in its entry.
 */
import type { Command, Outcome, Query } from '../core/command.ts'
import { all, invalid, NOT_FOUND, ok, refuse, type Result } from '../core/fault.ts'
import { checkRoot, configName, parseName, type ResourceName } from '../core/name.ts'
import { knownPermissions, POLICY_VERSIONS, readPolicy } from '../core/policy.ts'
import { parseTimestamp, type Stamp } from '../core/time.ts'
import { readContents } from '../core/variable.ts'
import { readWaiter } from '../core/waiter.ts'
import type { Env } from './env.ts'
import * as bodies from './bodies.ts'
import { subscribe, watchVariable } from './held.ts'
import { method, type Method } from './method.ts'
import type { Kind } from './request.ts'

/** The longest `requestId`, in characters. */
export const MAX_REQUEST_ID_LENGTH = 64

const paged = { pageSize: 'pageSize', pageToken: 'string' } as const
const creates = { requestId: 'string' } as const

/** A config's name, or that of anything in one. */
type InConfig = Exclude<ResourceName, { kind: 'project' }>

const objectOf = (env: Env, { project, config }: InConfig) => env.RUNTIME_CONFIG.getByName(configName(project, config))
const submit = (env: Env, name: InConfig, command: Command): Promise<Outcome> => objectOf(env, name).submit(command)
const query = (env: Env, name: InConfig, question: Query): Promise<Outcome> => objectOf(env, name).query(question)

export const METHODS: readonly Method[] = [
  method({
    id: 'projects.configs.create',
    http: 'POST',
    on: 'configs',
    query: creates,
    body: bodies.config,
    permission: 'runtimeconfig.configs.create',
    call({ name, query: { requestId }, body, env }) {
      const read = all({ made: readNewName(body.name, 'config.name', 'config', name), id: checkRequestId(requestId) })
      return read.ok ? createConfig(env, read.value.made, body.description ?? '', requestId) : read
    },
  }),
  method({
    id: 'projects.configs.list',
    http: 'GET',
    on: 'configs',
    query: paged,
    permission: 'runtimeconfig.configs.list',
    call: ({ name, query: page, env }) => env.PROJECT.getByName(name.project).list(page),
  }),
  method({
    id: 'projects.configs.get',
    http: 'GET',
    on: 'config',
    permission: 'runtimeconfig.configs.get',
    call: ({ name, env }) => query(env, name, { type: 'getConfig' }),
  }),
  method({
    id: 'projects.configs.update',
    http: 'PUT',
    on: 'config',
    body: bodies.config,
    permission: 'runtimeconfig.configs.update',
    call({ name, body, env }) {
      const same = checkSameName(body.name, 'config.name', name)
      return same.ok ? submit(env, name, { type: 'updateConfig', description: body.description ?? '' }) : same
    },
  }),
  method({
    id: 'projects.configs.delete',
    http: 'DELETE',
    on: 'config',
    permission: 'runtimeconfig.configs.delete',
    call: ({ name, env }) => submit(env, name, { type: 'deleteConfig' }),
  }),
  method({
    id: 'projects.configs.getIamPolicy',
    http: 'GET',
    on: 'config',
    verb: 'getIamPolicy',
    query: { 'options.requestedPolicyVersion': 'int32' },
    permission: 'runtimeconfig.configs.getIamPolicy',
    call({ name, query: parameters, env }) {
      const field = 'options.requestedPolicyVersion'
      const version = parameters[field] ?? 0
      if (!POLICY_VERSIONS.includes(version)) return invalid(field, `${field} must be 0, 1 or 3, this is ${version}`)
      return query(env, name, { type: 'getIamPolicy' })
    },
  }),
  method({
    id: 'projects.configs.setIamPolicy',
    http: 'POST',
    on: 'config',
    verb: 'setIamPolicy',
    body: bodies.policy,
    permission: 'runtimeconfig.configs.setIamPolicy',
    call({ name, body, env }) {
      const policy = readPolicy(body.policy)
      return policy.ok ? submit(env, name, { type: 'setIamPolicy', policy: policy.value }) : policy
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
    call({ name, query: { path }, env, request }) {
      const root = checkRoot(path || '/', 'path')
      if (!root.ok) return root
      return subscribe(env, configName(name.project, name.config), { kind: 'config', root: root.value }, request)
    },
  }),

  method({
    id: 'projects.configs.variables.create',
    http: 'POST',
    on: 'variables',
    query: creates,
    body: bodies.variable,
    permission: 'runtimeconfig.variables.create',
    call({ name, query: { requestId }, body, env }) {
      const made = readNewName(body.name, 'variable.name', 'variable', name)
      const read = all({ made, contents: readContents(body), id: checkRequestId(requestId) })
      if (!read.ok) return read
      const { path } = read.value.made
      return submit(env, name, { type: 'createVariable', path, contents: read.value.contents, requestId })
    },
  }),
  method({
    id: 'projects.configs.variables.list',
    http: 'GET',
    on: 'variables',
    query: { filter: 'string', returnValues: 'bool', ...paged },
    permission: 'runtimeconfig.variables.list',
    call: ({ name, query: { filter, returnValues, ...page }, env }) =>
      query(env, name, { type: 'listVariables', filter, returnValues, page }),
  }),
  method({
    id: 'projects.configs.variables.get',
    http: 'GET',
    on: 'variable',
    permission: 'runtimeconfig.variables.get',
    call: ({ name, env }) => query(env, name, { type: 'getVariable', path: name.path }),
  }),
  method({
    id: 'projects.configs.variables.update',
    http: 'PUT',
    on: 'variable',
    body: bodies.variable,
    permission: 'runtimeconfig.variables.update',
    call({ name, body, env }) {
      const read = all({ same: checkSameName(body.name, 'variable.name', name), contents: readContents(body) })
      if (!read.ok) return read
      return submit(env, name, { type: 'updateVariable', path: name.path, contents: read.value.contents })
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
    call: ({ name, query: { recursive }, body, env }) =>
      submit(env, name, { type: 'deleteVariable', path: name.path, recursive: recursive || body.recursive === true }),
  }),
  method({
    id: 'projects.configs.variables.watch',
    http: 'POST',
    on: 'variable',
    verb: 'watch',
    body: bodies.watch,
    permission: 'runtimeconfig.variables.watch',
    call({ name, body, env, request }) {
      const newerThan = readNewerThan(body.newerThan)
      if (!newerThan.ok) return newerThan
      const patience = Number(request.headers.get('X-Server-Timeout') ?? undefined)
      const config = configName(name.project, name.config)
      const watch = { config, path: name.path, newerThan: newerThan.value, signal: request.signal }
      return watchVariable(env, { ...watch, patience: patience > 0 ? patience : undefined })
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
    call({ name, query: { requestId }, body, env }) {
      const made = readNewName(body.name, 'waiter.name', 'waiter', name)
      const read = all({ made, spec: readWaiter(body), id: checkRequestId(requestId) })
      if (!read.ok) return read
      const { waiter: id } = read.value.made
      return submit(env, name, { type: 'createWaiter', id, spec: read.value.spec, requestId })
    },
  }),
  method({
    id: 'projects.configs.waiters.list',
    http: 'GET',
    on: 'waiters',
    query: paged,
    permission: 'runtimeconfig.waiters.list',
    call: ({ name, query: page, env }) => query(env, name, { type: 'listWaiters', page }),
  }),
  method({
    id: 'projects.configs.waiters.get',
    http: 'GET',
    on: 'waiter',
    permission: 'runtimeconfig.waiters.get',
    call: ({ name, env }) => query(env, name, { type: 'getWaiter', id: name.waiter }),
  }),
  method({
    id: 'projects.configs.waiters.delete',
    http: 'DELETE',
    on: 'waiter',
    permission: 'runtimeconfig.waiters.delete',
    call: ({ name, env }) => submit(env, name, { type: 'deleteWaiter', id: name.waiter }),
  }),
  testIamPermissions('projects.configs.waiters.testIamPermissions', 'waiter'),
  method({
    id: 'projects.configs.waiters.subscribe',
    http: 'GET',
    on: 'waiter',
    verb: 'subscribe',
    permission: 'runtimeconfig.waiters.get',
    call: ({ name, env, request }) =>
      subscribe(env, configName(name.project, name.config), { kind: 'waiter', id: name.waiter }, request),
  }),

  method({
    id: 'projects.configs.operations.get',
    http: 'GET',
    on: 'operation',
    permission: 'runtimeconfig.operations.get',
    call: ({ name, env }) => ask(env, name),
  }),
  testIamPermissions('projects.configs.operations.testIamPermissions', 'operation'),
]

/** `testIamPermissions` is the same on every kind of resource: one that does not exist grants nothing. */
function testIamPermissions(id: string, on: 'config' | 'variable' | 'waiter' | 'operation'): Method {
  return method({
    id,
    http: 'POST',
    on,
    verb: 'testIamPermissions',
    body: bodies.permissions,
    async call({ name, body, env }) {
      const known = knownPermissions(body.permissions ?? [])
      if (!known.ok) return known
      const resource = await ask(env, name)
      return resource.ok ? known : ok({})
    },
  })
}

/** What there is under a name. */
function ask(env: Env, name: InConfig): Promise<Outcome> | Outcome {
  switch (name.kind) {
    case 'config':
      return query(env, name, { type: 'getConfig' })
    case 'variable':
      return query(env, name, { type: 'getVariable', path: name.path })
    case 'waiter':
      return query(env, name, { type: 'getWaiter', id: name.waiter })
    case 'operation': {
      // Only waiters have operations, so far.
      const [collection, waiter, ...rest] = name.operation.split('/')
      if (collection !== 'waiters' || waiter === undefined || rest.length) return refuse(NOT_FOUND)
      return query(env, name, { type: 'getOperation', waiter })
    }
  }
}

/**
 * Creates a config. A requestId is known to the whole project, so the directory is asked first which config it was
 * used for; if that was another, the first answer is given again while that config is there (spec: section 4.4).
 */
async function createConfig(
  env: Env,
  name: Extract<ResourceName, { kind: 'config' }>,
  description: string,
  requestId: string,
): Promise<Outcome> {
  const own = configName(name.project, name.config)
  if (requestId) {
    const directory = env.PROJECT.getByName(name.project)
    const owner = await directory.claim(requestId, own)
    if (owner !== own) {
      const first = await env.RUNTIME_CONFIG.getByName(owner).query({ type: 'getCreated', requestId })
      if (first.ok) return first
      await directory.claim(requestId, own, owner)
    }
  }
  return submit(env, name, { type: 'createConfig', name: own, description, requestId })
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

function checkRequestId(requestId: string): Result<string> {
  if (requestId.length <= MAX_REQUEST_ID_LENGTH) return ok(requestId)
  const message = `requestId must be at most ${MAX_REQUEST_ID_LENGTH} characters, this has ${requestId.length}`
  return invalid('requestId', message)
}

function readNewerThan(text: string | undefined): Result<Stamp | undefined> {
  if (!text) return ok(undefined)
  const stamp = parseTimestamp(text)
  if (stamp !== undefined) return ok(stamp)
  return invalid('newer_than', 'newer_than must be an RFC 3339 timestamp, such as "2016-04-05T12:00:00.000Z"')
}
