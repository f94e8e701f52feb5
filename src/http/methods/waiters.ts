/** The methods of waiters, and of the operations that stand for them. */
import { readCallbackSettings } from '../../core/callback.ts'
import { all, statusOf } from '../../core/fault.ts'
import { formatName } from '../../core/name.ts'
import { readWaiter } from '../../core/waiter.ts'
import { log } from '../../telemetry/log.ts'
import { accessOf, need, needAny, needsToCount, query, submit } from '../ask.ts'
import * as bodies from '../bodies.ts'
import type { Env } from '../env.ts'
import { awaitWaiter, heldFor } from '../held.ts'
import { method, type Method } from '../method.ts'
import { subscribe } from '../subscribe.ts'
import { creates, paged, readName, readRequestId } from './names.ts'
import { questionOf, testIamPermissions } from './permissions.ts'

/** Where callbacks may go: nowhere, if the deployment says nothing of them, or nothing that can be read. */
function callbackHosts(env: Env): readonly string[] {
  const settings = readCallbackSettings(env)
  if (settings.ok) return settings.value.hosts
  const { message } = statusOf(settings.fault)
  log('error', 'callback.settings.bad', { message: `callbacks are refused: ${message}` })
  return []
}

export const WAITER_METHODS: readonly Method[] = [
  method({
    id: 'projects.configs.waiters.create',
    about: 'Creates a waiter. It begins to wait at once.',
    http: 'POST',
    on: 'waiters',
    query: creates,
    body: bodies.waiter,
    permission: 'runtimeconfig.waiters.create',
    answers: 'Operation',
    call(call) {
      const { name, query: parameters, body } = call
      const made = readName(body.name, 'waiter.name', 'waiter', name)
      const read = all({
        made,
        spec: readWaiter(body, formatName(name), body.callback && callbackHosts(call.env)),
        requestId: readRequestId(parameters.requestId, call),
      })
      if (!read.ok) return read
      const { made: waiter, spec, requestId } = read.value
      const needs = [need(call, waiter), ...needsToCount(formatName(name), spec)]
      return submit(call, { type: 'createWaiter', id: waiter.waiter, spec, requestId }, needs)
    },
  }),
  method({
    id: 'projects.configs.waiters.list',
    about: 'Lists the waiters of a config.',
    http: 'GET',
    on: 'waiters',
    query: paged,
    permission: 'runtimeconfig.waiters.list',
    answers: 'ListWaitersResponse',
    call: (call) => query(call, { type: 'listWaiters', page: call.query }, [needAny(call, 'waiters')]),
  }),
  method({
    id: 'projects.configs.waiters.get',
    about: 'Tells of a waiter, and how far it has come.',
    http: 'GET',
    on: 'waiter',
    permission: 'runtimeconfig.waiters.get',
    answers: 'Waiter',
    call: (call) => query(call, { type: 'getWaiter', id: call.name.waiter }),
  }),
  method({
    id: 'projects.configs.waiters.delete',
    about: 'Deletes a waiter, whether it has ended or not.',
    http: 'DELETE',
    on: 'waiter',
    permission: 'runtimeconfig.waiters.delete',
    answers: 'Empty',
    call: (call) => submit(call, { type: 'deleteWaiter', id: call.name.waiter }),
  }),
  testIamPermissions('projects.configs.waiters.testIamPermissions', 'waiter'),
  method({
    id: 'projects.configs.waiters.wait',
    about: 'Answers when the waiter has ended, or with the waiter as it stands after some 55 seconds.',
    ours: true,
    http: 'POST',
    on: 'waiter',
    verb: 'wait',
    permission: 'runtimeconfig.waiters.get',
    answers: 'Waiter',
    call: (call) => awaitWaiter(call.env, call.name.waiter, heldFor(call)),
  }),
  method({
    id: 'projects.configs.waiters.subscribe',
    about:
      'Streams how far a waiter has come until it ends: as a WebSocket, or as Server-Sent Events to whoever accepts `text/event-stream`.',
    ours: true,
    http: 'GET',
    on: 'waiter',
    verb: 'subscribe',
    query: { direct: 'bool' },
    permission: 'runtimeconfig.waiters.get',
    answers: 'Change',
    call: (call) => subscribe(call, { kind: 'waiter', id: call.name.waiter }, accessOf(call, [need(call)])),
  }),

  method({
    id: 'projects.configs.operations.get',
    about: 'Tells of a waiter as a long-running operation.',
    http: 'GET',
    on: 'operation',
    permission: 'runtimeconfig.operations.get',
    answers: 'Operation',
    call: (call) => query(call, questionOf(call.name)),
  }),
  testIamPermissions('projects.configs.operations.testIamPermissions', 'operation'),
]
