/** `testIamPermissions`, on every kind of resource. */
import { denied, lacking } from '../../core/access.ts'
import type { Query } from '../../core/command.ts'
import { ok } from '../../core/fault.ts'
import { formatName } from '../../core/name.ts'
import { knownPermissions } from '../../core/policy.ts'
import type * as wire from '../../core/wire.ts'
import { objectOf, type InConfig } from '../ask.ts'
import * as bodies from '../bodies.ts'
import { method, type Method } from '../method.ts'

/**
 * `testIamPermissions` is the same on every kind of resource, and takes no permission: it answers those that the caller
 * has. Where there is no such resource nobody has any.
 */
export function testIamPermissions(id: string, on: 'config' | 'variable' | 'waiter' | 'operation'): Method {
  return method({
    id,
    about: 'Tells which of these permissions the caller has.',
    http: 'POST',
    on,
    verb: 'testIamPermissions',
    body: bodies.permissions,
    permission: '',
    answers: 'TestIamPermissionsResponse',
    async call({ name, body, env, caller, observation }) {
      const known = knownPermissions(body.permissions ?? [])
      if (!known.ok) return known
      const permissions = known.value.permissions ?? []
      const resource = questionOf(name)
      const question: Query = { type: 'testIamPermissions', permissions, name: formatName(name), resource }
      const asked = objectOf(env, name).query(question, caller && { caller, needs: [] })
      const outcome = await observation.asking(asked)
      const answer = (outcome.ok ? outcome.value : {}) as wire.TestIamPermissionsResponse
      if (caller?.identity !== '' || answer.permissions) return ok(answer)
      // Who has shown nothing and may do nothing is told to show something.
      return denied({ permission: permissions[0] ?? '', name: formatName(name) })
    },
  })
}

/**
 * The same on the configs of a project, which is ours: it answers those permissions that the caller has on any config
 * that is or could be there, by what is granted for the project.
 */
export const testIamPermissionsInProject: Method = method({
  id: 'projects.configs.testIamPermissionsInProject',
  about:
    'Tells which of these permissions the caller has on any config of a project, by what is granted for the project.',
  ours: true,
  http: 'POST',
  on: 'configs',
  verb: 'testIamPermissions',
  body: bodies.permissions,
  permission: '',
  answers: 'TestIamPermissionsResponse',
  call({ name, body, caller }) {
    const known = knownPermissions(body.permissions ?? [])
    if (!known.ok) return known
    const asked = known.value.permissions ?? []
    const needOf = (permission: string) =>
      ({ permission, name: `${formatName(name)}/configs/`, beneath: 'any' }) as const
    const held = asked.filter((permission) => !caller || !lacking({ caller, needs: [needOf(permission)] }))
    if (caller?.identity === '' && !held.length) return denied(needOf(asked[0] ?? ''))
    return ok(held.length ? { permissions: held } : {})
  },
})

/** The question of what there is under a name. */
export function questionOf(name: InConfig): Query {
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
