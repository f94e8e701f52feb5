/** The methods of configs. */
import { denied, lacking, type Need } from '../../core/access.ts'
import type { Command, Outcome } from '../../core/command.ts'
import { all, invalid, ok, type Result } from '../../core/fault.ts'
import { checkRoot, formatName, type ResourceName } from '../../core/name.ts'
import { POLICY_VERSIONS, readPolicy } from '../../core/policy.ts'
import type { Beginning } from '../../core/stream.ts'
import { parseTimestamp } from '../../core/time.ts'
import { variableName } from '../../core/variable.ts'
import { configObject, projectObject } from '../../object/stubs.ts'
import { accessOf, need, needAny, needsToClear, objectOf, query, submit, type Asking } from '../ask.ts'
import * as bodies from '../bodies.ts'
import { checkIns } from '../check-in.ts'
import { method, type Method } from '../method.ts'
import { readAbsence, readPrecondition } from '../precondition.ts'
import { subscribe, takeMessages } from '../subscribe.ts'
import { checkSameName, creates, paged, readName, readRequestId } from './names.ts'
import { restoreMethod } from './restore.ts'
import { testIamPermissions, testIamPermissionsInProject } from './permissions.ts'

export const CONFIG_METHODS: readonly Method[] = [
  method({
    id: 'projects.configs.create',
    about: 'Creates a config.',
    http: 'POST',
    on: 'configs',
    query: creates,
    body: bodies.config,
    permission: 'runtimeconfig.configs.create',
    answers: 'RuntimeConfig',
    call(call) {
      const { name, query: parameters, body } = call
      const made = readName(body.name, 'config.name', 'config', name)
      const read = all({
        made,
        requestId: readRequestId(parameters.requestId, call),
        if: readAbsence(call.request.headers),
      })
      if (!read.ok) return read
      const { made: config, ...rest } = read.value
      return createConfig({ ...call, name: config }, { description: body.description ?? '', ...rest })
    },
  }),
  method({
    id: 'projects.configs.list',
    about: 'Lists the configs of a project.',
    http: 'GET',
    on: 'configs',
    query: paged,
    permission: 'runtimeconfig.configs.list',
    answers: 'ListConfigsResponse',
    call(call) {
      // The directory knows no policies of configs, so only what is granted for the project counts.
      const access = accessOf(call, [needAny(call, 'configs')])
      const lack = access && lacking(access)
      if (lack) return denied(lack)
      return call.observation.asking(projectObject(call.env, call.name.project).list(call.query, access))
    },
  }),
  method({
    id: 'projects.configs.get',
    about: 'Tells of a config.',
    http: 'GET',
    on: 'config',
    permission: 'runtimeconfig.configs.get',
    answers: 'RuntimeConfig',
    call: (call) => query(call, { type: 'getConfig' }),
  }),
  method({
    id: 'projects.configs.update',
    about: "Replaces a config's description. With `If-None-Match: *` it makes the config instead.",
    http: 'PUT',
    on: 'config',
    body: bodies.config,
    permission: 'runtimeconfig.configs.update',
    answers: 'RuntimeConfig',
    call(call) {
      const { name, body } = call
      const read = all({
        same: checkSameName(body.name, 'config.name', name),
        if: readPrecondition(call.request.headers, body.etag),
      })
      if (!read.ok) return read
      const description = body.description ?? ''
      const { if: precondition } = read.value
      if (!precondition?.absent) return submit(call, { type: 'updateConfig', description, if: precondition })
      // What is asked to be not there yet is made.
      const creation = { ...call, permission: 'runtimeconfig.configs.create' }
      return createConfig(creation, { description, requestId: '', if: precondition })
    },
  }),
  method({
    id: 'projects.configs.delete',
    about: 'Deletes a config with all that is in it.',
    http: 'DELETE',
    on: 'config',
    permission: 'runtimeconfig.configs.delete',
    answers: 'Empty',
    call(call) {
      const precondition = readPrecondition(call.request.headers)
      if (!precondition.ok) return precondition
      const needs = [need(call), ...needsToClear(formatName(call.name))]
      return submit(call, { type: 'deleteConfig', if: precondition.value }, needs)
    },
  }),
  method({
    id: 'projects.configs.getIamPolicy',
    about: 'Tells the IAM policy of a config.',
    http: 'GET',
    on: 'config',
    verb: 'getIamPolicy',
    query: { 'options.requestedPolicyVersion': 'int32' },
    permission: 'runtimeconfig.configs.getIamPolicy',
    answers: 'Policy',
    call(call) {
      const field = 'options.requestedPolicyVersion'
      const version = call.query[field] ?? 0
      if (!POLICY_VERSIONS.includes(version)) return invalid(field, `${field} must be 0, 1 or 3, this is ${version}`)
      return query(call, { type: 'getIamPolicy' })
    },
  }),
  method({
    id: 'projects.configs.setIamPolicy',
    about: 'Replaces the IAM policy of a config.',
    http: 'POST',
    on: 'config',
    verb: 'setIamPolicy',
    body: bodies.policy,
    permission: 'runtimeconfig.configs.setIamPolicy',
    answers: 'Policy',
    call(call) {
      const policy = readPolicy(call.body.policy)
      return policy.ok ? submit(call, { type: 'setIamPolicy', policy: policy.value }) : policy
    },
  }),
  testIamPermissions('projects.configs.testIamPermissions', 'config'),
  testIamPermissionsInProject,
  restoreMethod,
  method({
    id: 'projects.configs.subscribe',
    about:
      'Streams what happens in a config: as a WebSocket, or as Server-Sent Events to whoever accepts `text/event-stream`. On the WebSocket commits can be made, too.',
    ours: true,
    http: 'GET',
    on: 'config',
    verb: 'subscribe',
    query: { path: 'string', after: 'string', state: 'bool', quiet: 'bool', direct: 'bool' },
    permission: 'runtimeconfig.variables.watch',
    answers: 'Changes',
    call(call) {
      const { path, quiet } = call.query
      const read = all({ root: checkRoot(path || '/', 'path'), from: readBeginning(call.query, call.request.headers) })
      if (!read.ok) return read
      const { root, from } = read.value
      const config = formatName(call.name)
      if (quiet) {
        // Each commit is checked by itself. Who may make none anywhere has no use for the socket.
        const needs: Need[] = [
          { permission: 'runtimeconfig.variables.update', name: `${config}/variables/`, beneath: 'any' },
        ]
        return takeMessages(call, accessOf(call, needs), checkIns(call))
      }
      const needs: Need[] = [{ permission: call.permission, name: variableName(config, root), beneath: 'any' }]
      return subscribe(call, { kind: 'config', root, from }, accessOf(call, needs), checkIns(call))
    },
  }),
]

/**
 * Where a stream begins. A browser that comes back sends the address that it came with first, and beside it how far it
 * has come: that counts.
 */
function readBeginning({ after, state }: { after: string; state: boolean }, headers: Headers): Result<Beginning> {
  const last = headers.get('Last-Event-ID')
  if (!last && !after) return ok(state ? 'state' : 'now')
  if (!last && state) return invalid('state', 'state and after exclude each other')
  const field = last ? 'Last-Event-ID' : 'after'
  const stamp = parseTimestamp(last || after)
  if (stamp !== undefined) return ok({ after: stamp })
  return invalid(field, `${field} must be a stamp as the stream gave it, such as 2026-11-22T10:00:00.000000000Z`)
}

/**
 * Creates a config. A requestId is known to the whole project, so the directory is asked first which config it was
 * used for; if that was another, the first answer is given again while that config is there (spec: section 4.4).
 */
async function createConfig(
  call: Asking<Extract<ResourceName, { kind: 'config' }>>,
  given: Pick<Extract<Command, { type: 'createConfig' }>, 'description' | 'requestId' | 'if'>,
): Promise<Outcome> {
  const { env, name, observation } = call
  // The policy of a config that is there already says nothing about making one.
  const access = accessOf(call, [need(call)])
  const lack = access && lacking(access)
  if (lack) return denied(lack)
  const own = formatName(name)
  const { requestId } = given
  if (requestId) {
    const directory = projectObject(env, name.project)
    const owner = await directory.claim(requestId, own)
    if (owner !== own) {
      const first = await configObject(env, owner).query({ type: 'getCreated', requestId })
      if (first.ok) return first
      await directory.claim(requestId, own, owner)
    }
  }
  const command: Command = { type: 'createConfig', name: own, ...given }
  return observation.changing(objectOf(env, name).submitTimed(command, undefined, observation.traceparent))
}
