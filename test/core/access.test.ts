import { describe, expect, it } from 'vitest'
import { denied, lacking, sees, settled, type Caller, type Grant, type Need } from '../../src/core/access.ts'
import { apply } from '../../src/core/apply.ts'
import { readExpression } from '../../src/core/cel.ts'
import type { Command } from '../../src/core/command.ts'
import type { Policy } from '../../src/core/policy.ts'
import { answer } from '../../src/core/query.ts'
import { PERMISSIONS } from '../../src/core/role.ts'
import type * as wire from '../../src/core/wire.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { nodeDatabase } from '../support/node-database.ts'
import { rankOf, RANKS } from './ranks.ts'

const CONFIG = 'projects/p/configs/c'
const READY = `${CONFIG}/variables/ready`
const NODE = `${READY}/node-7`
const ANN = 'user:ann@example.com'
const GET = 'runtimeconfig.variables.get'

const policyOf = (...bindings: wire.Binding[]): Policy => ({ version: 3, bindings, changed: 1 })
const nobody: Caller = { identity: '', grants: [] }
const ann: Caller = { identity: ANN, grants: [] }

function grantOf(role: string, expression?: string): Grant {
  const condition = expression === undefined ? undefined : readExpression(expression, 'condition')
  if (condition && !condition.ok) throw new Error(JSON.stringify(condition.fault))
  return { role, ...(condition && { condition: condition.value }) }
}

const bindingOf = (role: string, expression?: string, members = [ANN]): wire.Binding => ({
  role,
  members,
  ...(expression !== undefined && { condition: { expression } }),
})

/** Where the same role can come from: who has it, and beside which policy. */
const SOURCES: Record<string, (role: string, expression?: string) => readonly [Caller, Policy?]> = {
  'the project': (role, expression) => [{ identity: ANN, grants: [grantOf(role, expression)] }],
  'the project, beside an empty policy': (role, expression) => [
    { identity: ANN, grants: [grantOf(role, expression)] },
    policyOf(),
  ],
  'the policy': (role, expression) => [ann, policyOf(bindingOf(role, expression))],
}

const NEEDS: readonly (readonly [string, Omit<Need, 'permission'>])[] = [
  ['the config', { name: CONFIG }],
  ['a variable', { name: NODE }],
  ['a waiter', { name: `${CONFIG}/waiters/w` }],
  ['an operation', { name: `${CONFIG}/operations/waiters/w` }],
  ['a variable and all beneath it', { name: READY, beneath: 'all' }],
  ['a variable or any beneath it', { name: READY, beneath: 'any' }],
  ['all variables', { name: `${CONFIG}/variables/`, beneath: 'all' }],
  ['any variables', { name: `${CONFIG}/variables/`, beneath: 'any' }],
  ['any waiters', { name: `${CONFIG}/waiters/`, beneath: 'any' }],
  ['any configs', { name: 'projects/p/configs/', beneath: 'any' }],
]

/** Where each condition lets through, in the order of the needs above. */
const CONDITIONS: readonly (readonly [string | undefined, string])[] = [
  [undefined, '+ + + +   + +   + +   + +'],
  [`resource.name.startsWith("")`, '+ + + +   + +   + +   + +'],
  [`resource.name.startsWith("${CONFIG}")`, '+ + + +   + +   + +   + +'],
  [`resource.name.startsWith("${CONFIG}/")`, '- + + +   + +   + +   + +'],
  [`resource.name == "${CONFIG}"`, '+ - - -   - -   - -   - +'],
  [`resource.name == "${CONFIG}/"`, '- - - -   - -   - -   - +'],
  [`resource.name.startsWith("projects/p/configs/d")`, '- - - -   - -   - -   - +'],
  [`resource.name.startsWith("projects/q/")`, '- - - -   - -   - -   - -'],
  [`resource.name.startsWith("${CONFIG}/variables/")`, '- + - -   + +   + +   - +'],
  [`resource.name.startsWith("${CONFIG}/waiters/")`, '- - + -   - -   - -   + +'],
  [`resource.name.startsWith("${CONFIG}/operations/waiters/w")`, '- - - +   - -   - -   - +'],
  [`resource.name.startsWith("${READY}")`, '- + - -   + +   - +   - +'],
  [`resource.name.startsWith("${READY}/")`, '- + - -   - +   - +   - +'],
  [`resource.name == "${READY}"`, '- - - -   - +   - +   - +'],
  [`resource.name == "${READY}" || resource.name.startsWith("${READY}/")`, '- + - -   + +   - +   - +'],
  [`resource.name == "${NODE}"`, '- + - -   - +   - +   - +'],
  [`resource.name == "${NODE}/"`, '- - - -   - +   - +   - +'],
  [`resource.name.startsWith("${NODE}1")`, '- - - -   - +   - +   - +'],
  [`!(resource.name == "${NODE}")`, '+ - + +   - +   - +   + +'],
  [`!resource.name.startsWith("${READY}")`, '+ - + +   - -   - +   + +'],
  [`!resource.name.startsWith("${CONFIG}/variables/")`, '+ - + +   - -   - -   + +'],
  [`resource.name.startsWith("${READY}") && !(resource.name == "${NODE}")`, '- - - -   - +   - +   - +'],
  [`resource.name.startsWith("${READY}") && resource.name.startsWith("projects/q")`, '- - - -   - -   - -   - -'],
]

const CELLS = CONDITIONS.flatMap(([condition, marks]) =>
  marks.split(/ +/).map((mark, index) => {
    const [what, need] = NEEDS[index] as (typeof NEEDS)[number]
    return { condition, what, need, met: mark === '+' }
  }),
)

describe.each(Object.keys(SOURCES))('a role from %s', (source) => {
  it.each(CELLS)('where $condition: its permissions on $what: $met', ({ condition, need, met }) => {
    for (const [role, rank] of Object.entries(RANKS)) {
      const [caller, policy] = (SOURCES[source] as (typeof SOURCES)[string])(role, condition)
      const held = [...PERMISSIONS].filter((permission) => {
        const needs = [{ permission, ...need }]
        return lacking({ caller, needs }, policy) === undefined
      })
      expect(held, role).toEqual([...PERMISSIONS].filter((permission) => met && rankOf(permission) <= rank))
      if (need.beneath) continue
      expect([...PERMISSIONS].filter((permission) => sees(caller, permission, policy)(need.name))).toEqual(held)
    }
  })
})

describe('what a caller may do', () => {
  const need = { permission: GET, name: NODE }
  const may = (caller: Caller, policy?: Policy) => lacking({ caller, needs: [need] }, policy) === undefined

  it('is nothing without a grant', () => {
    for (const caller of [nobody, ann]) {
      for (const policy of [undefined, policyOf(), policyOf(bindingOf('roles/owner', undefined, []))]) {
        expect(may(caller, policy)).toBe(false)
        expect(sees(caller, GET, policy)(NODE)).toBe(false)
      }
    }
  })

  it('never is what no role permits, not even for an owner', () => {
    const owner = { identity: ANN, grants: [grantOf('roles/owner')] }
    for (const permission of ['', '*', 'runtimeconfig.*', 'runtimeconfig.variables.*', 'storage.objects.get', 'has']) {
      expect(lacking({ caller: owner, needs: [{ permission, name: NODE }] })).toBeDefined()
      expect(sees(owner, permission)(NODE)).toBe(false)
      expect(settled({ caller: owner, needs: [{ permission, name: NODE }] })).toBe(false)
    }
  })

  it('comes from the project and the policy together, each for its own part', () => {
    const caller = { identity: ANN, grants: [grantOf('roles/viewer', `resource.name == "${CONFIG}/variables/a"`)] }
    const policy = policyOf(bindingOf('roles/editor', `resource.name == "${CONFIG}/variables/b"`))
    const seen = (permission: string) =>
      ['a', 'b', 'c'].map((path) => `${CONFIG}/variables/${path}`).filter(sees(caller, permission, policy))
    expect(seen(GET)).toEqual([`${CONFIG}/variables/a`, `${CONFIG}/variables/b`])
    expect(seen('runtimeconfig.variables.update')).toEqual([`${CONFIG}/variables/b`])
  })

  it('is all of a subtree if one grant gives its root and another what lies beneath', () => {
    const grants = [grantOf('roles/editor', `resource.name == "${READY}"`)]
    const access = {
      caller: { identity: ANN, grants },
      needs: [{ permission: GET, name: READY, beneath: 'all' }],
    } as const
    expect(lacking(access)).toBeDefined()
    expect(
      lacking(access, policyOf(bindingOf('roles/viewer', `resource.name.startsWith("${READY}/")`))),
    ).toBeUndefined()
  })

  it('must meet every need, and the first that is not met is told', () => {
    const caller = { identity: ANN, grants: [grantOf('roles/viewer')] }
    const [set, create] = ['variables.setIamPolicy', 'waiters.create'].map((verb) => ({
      permission: `runtimeconfig.${verb}`,
      name: NODE,
    })) as [Need, Need]
    expect(lacking({ caller, needs: [need, create, set] })).toBe(create)
    expect(lacking({ caller, needs: [set, need, create] })).toBe(set)
    expect(lacking({ caller, needs: [need] })).toBeUndefined()
    expect(lacking({ caller: nobody, needs: [] })).toBeUndefined()
  })

  it('is refused with the permission and the resource named, a collection without its slash', () => {
    const fault = { kind: 'permissionDenied', permission: GET }
    expect(denied(need)).toEqual({ ok: false, fault: { ...fault, resource: NODE } })
    const any: Need = { permission: GET, name: `${CONFIG}/variables/`, beneath: 'any' }
    expect(denied(any)).toEqual({ ok: false, fault: { ...fault, resource: `${CONFIG}/variables` } })
  })
})

describe('a binding of the policy', () => {
  const OTHERS = [
    '',
    'user:bob@other.org',
    'user:ann@mail.example.com',
    'serviceAccount:ann@example.com',
    'principal://Ann',
  ]
  const reached = (policy: Policy) =>
    [ANN, ...OTHERS].filter((identity) => sees({ identity, grants: [] }, GET, policy)(NODE))

  it.each<[string, string[]]>([
    [ANN, [ANN]],
    ['user:ANN@Example.com', [ANN]],
    ['serviceAccount:ann@example.com', ['serviceAccount:ann@example.com']],
    ['domain:example.com', [ANN]],
    ['domain:EXAMPLE.COM', [ANN]],
    ['domain:mail.example.com', ['user:ann@mail.example.com']],
    ['domain:com', []],
    ['principal://Ann', ['principal://Ann']],
    ['principal://ann', []],
    ['allAuthenticatedUsers', [ANN, ...OTHERS.slice(1)]],
    ['allUsers', [ANN, ...OTHERS]],
  ])('for %s reaches %j', (member, expected) => {
    expect(reached(policyOf(bindingOf('roles/viewer', undefined, [member])))).toEqual(expected)
    expect(reached(policyOf(bindingOf('roles/viewer', undefined, ['user:z@z.org', member])))).toEqual(expected)
  })

  it.each<[string, wire.Binding]>([
    ['an unknown role', bindingOf('roles/superuser')],
    ['no role', bindingOf('')],
    ['a role that names a part of every object', bindingOf('__proto__')],
    ['a condition outside the subset', bindingOf('roles/owner', 'request.time < timestamp("2999-01-01T00:00:00Z")')],
    ['a condition that is true to CEL', bindingOf('roles/owner', 'true')],
    ['a condition that ends early', bindingOf('roles/owner', 'resource.name.startsWith("projects/") ||')],
    ['an empty condition', bindingOf('roles/owner', '')],
    ['a condition without an expression', { ...bindingOf('roles/owner'), condition: { title: 'always' } }],
    ['a condition without anything', { ...bindingOf('roles/owner'), condition: {} }],
    ['a member that is none', bindingOf('roles/owner', undefined, [ANN, 'group:all@example.com', 'allUsers'])],
  ])('that was stored with %s grants nothing, and takes nothing from the others', (_, binding) => {
    const policy = policyOf(binding)
    expect(reached(policy)).toEqual([])
    for (const permission of PERMISSIONS) {
      expect(lacking({ caller: ann, needs: [{ permission, name: CONFIG }] }, policy)).toBeDefined()
      expect(
        lacking({ caller: ann, needs: [{ permission, name: `${CONFIG}/variables/`, beneath: 'any' }] }, policy),
      ).toBeDefined()
    }
    const beside = policyOf(bindingOf('roles/viewer'), binding)
    expect(reached(beside)).toEqual([ANN])
    expect(sees(ann, 'runtimeconfig.variables.update', beside)(NODE)).toBe(false)
  })

  it('counts as the policy stands now, not as one before it stood', () => {
    const one = bindingOf('roles/viewer')
    expect(reached(policyOf(one))).toEqual([ANN])
    expect(reached(policyOf({ ...one, members: ['principal://Ann'] }))).toEqual(['principal://Ann'])
    expect(reached(policyOf(one))).toEqual([ANN])
  })
})

it('the policy of another config does not matter, whatever its conditions name', () => {
  const stores = ['c', 'd'].map((id) => {
    const store = new SqlStore(nodeDatabase())
    const name = `projects/p/configs/${id}`
    const condition = { expression: `resource.name.startsWith("projects/p/configs/")` }
    const bindings = [{ role: 'roles/owner', members: ['allUsers', ANN], condition }]
    const commands: Command[] = [
      { type: 'createConfig', name, description: '', requestId: '' },
      { type: 'createVariable', path: 'a', input: { kind: 'text', contents: 'x' }, requestId: '' },
      ...(id === 'c' ? [{ type: 'setIamPolicy', policy: { version: 3, bindings, etag: '' } } as const] : []),
    ]
    for (const command of commands) expect(apply(store, command, { now: 1, heard: () => false }).outcome.ok).toBe(true)
    return { store, needs: [{ permission: GET, name: `${name}/variables/a` }] }
  })
  const outcomes = stores.map(({ store, needs }) =>
    answer(store, { type: 'getVariable', path: 'a' }, { caller: ann, needs }),
  )
  expect(outcomes).toMatchObject([{ ok: true }, { ok: false, fault: { kind: 'permissionDenied' } }])
  const write = { type: 'updateVariable', path: 'a', input: { kind: 'text', contents: 'y' } } as const
  const written = stores.map(({ store, needs }) =>
    apply(store, write, { now: 2, heard: () => true, access: { caller: nobody, needs } }),
  )
  expect(written).toMatchObject([
    { outcome: { ok: true } },
    { outcome: { ok: false, fault: { kind: 'permissionDenied' } }, events: [] },
  ])
  const left = stores.map(({ store }) => store.variable('a')?.contents)
  expect(left).toEqual(['y', 'x'])
})

describe('what is settled before the policy is looked at', () => {
  const needs: Need[] = [
    { permission: 'runtimeconfig.waiters.create', name: `${CONFIG}/waiters/w` },
    { permission: 'runtimeconfig.variables.list', name: READY, beneath: 'all' },
  ]
  const always = `resource.name.startsWith("")`

  it.each<[boolean, string, Grant[]]>([
    [true, 'a role that permits all', [grantOf('roles/editor')]],
    [true, 'such a role beside one with a condition', [grantOf('roles/owner', always), grantOf('roles/editor')]],
    [false, 'no role', []],
    [false, 'a role that permits only the one', [grantOf('roles/viewer')]],
    [false, 'a role with a condition, though that always holds', [grantOf('roles/owner', always)]],
    [false, 'the one without, the other with a condition', [grantOf('roles/viewer'), grantOf('roles/editor', always)]],
    [false, 'an unknown role', [grantOf('roles/superuser')]],
  ])('%s: %s', (expected, _, grants) => {
    expect(settled({ caller: { identity: ANN, grants }, needs })).toBe(expected)
  })
})
