import { describe, expect, it } from 'vitest'
import {
  grantsOf,
  knownPermissions,
  MAX_POLICY_BYTES,
  policyResource,
  readPolicy,
  type PolicyInput,
} from '../../src/core/policy.ts'
import { PERMISSIONS } from '../../src/core/role.ts'
import { etagOf } from '../../src/core/time.ts'

const fieldOf = (result: ReturnType<typeof readPolicy>) =>
  !result.ok && result.fault.kind === 'invalidArgument' ? result.fault.field : undefined

it('refuses a policy that is absent, of an unknown version, without a role or too large', () => {
  expect(fieldOf(readPolicy(undefined))).toBe('policy')
  expect(fieldOf(readPolicy({ version: 2 }))).toBe('policy.version')
  const role = 'roles/viewer'
  expect(fieldOf(readPolicy({ bindings: [{ role }, { members: [] }] }))).toBe('policy.bindings[1].role')
  const members = Array.from({ length: 4000 }, (_, index) => `user:${index}@example.com`)
  expect(JSON.stringify(members).length).toBeGreaterThan(MAX_POLICY_BYTES)
  const large = readPolicy({ bindings: [{ role, members }] })
  expect(large).toMatchObject({ ok: false, fault: { kind: 'resourceExhausted' } })
})

it('takes an etag in either base64 alphabet, padded or not', () => {
  const etag = etagOf(1_790_000_000_000_001)
  const forms = [etag, etag.replace(/=+$/, ''), etag.replaceAll('+', '-').replaceAll('/', '_')]
  for (const form of forms) expect(readPolicy({ etag: form })).toMatchObject({ value: { etag } })
})

it('takes no etag but an absent or empty one for none, so that a stale one is found out', () => {
  for (const etag of [undefined, '']) expect(readPolicy({ etag })).toMatchObject({ value: { etag: '' } })
  for (const etag of ['stale', 'A', '=', '====', '\0', 'ä', ' ', '\n', '\t ']) {
    const read = readPolicy({ etag })
    expect(read.ok && read.value.etag, JSON.stringify(etag)).not.toBe('')
  }
})

it('makes another etag at each change', () => {
  expect(etagOf(1)).not.toBe(etagOf(2))
})

it('knows the permissions of the service and no others, and refuses wildcards', () => {
  const asked = ['runtimeconfig.variables.watch', 'storage.objects.get', 'runtimeconfig.configs.get']
  const known = ['runtimeconfig.variables.watch', 'runtimeconfig.configs.get']
  expect(knownPermissions(asked)).toEqual({ ok: true, value: { permissions: known } })
  expect(knownPermissions([])).toEqual({ ok: true, value: {} })
  expect(knownPermissions(['runtimeconfig.configs.*'])).toMatchObject({ fault: { field: 'permissions' } })
})

const ROLE = 'roles/runtimeconfig.viewer'
const ANN = 'user:ann@example.com'
const HERE = 'resource.name == "projects/p/configs/c"'

describe('a policy that a client sends', () => {
  it('is kept as it was sent, and answered so', () => {
    const bindings = [
      { role: ROLE, members: ['user:Ann@Example.com', ANN, ANN, 'allUsers', 'domain:Example.com'] },
      { role: ROLE },
      { role: 'roles/owner', members: [ANN], condition: { expression: ` ${HERE} `, title: 'Here', location: 'x.ts' } },
    ]
    const read = readPolicy({ version: 3, bindings })
    expect(read).toEqual({ ok: true, value: { version: 3, bindings, etag: '' } })
    expect(policyResource({ version: 3, bindings, changed: 1 })).toEqual({ version: 3, bindings, etag: etagOf(1) })
  })

  it('may be empty, and then has an etag alone', () => {
    for (const input of [{}, { bindings: [] }, { version: 0 }]) {
      expect(readPolicy(input)).toEqual({ ok: true, value: { version: 0, bindings: [], etag: '' } })
    }
    expect(policyResource({ version: 0, bindings: [], changed: 1 })).toEqual({ etag: etagOf(1) })
  })

  it.each<[string, NonNullable<PolicyInput['bindings']>[number]]>([
    ['role', {}],
    ['role', { members: [ANN] }],
    ['role', { role: '', members: [ANN] }],
    ['role', { role: 'roles/runtimeconfig.owner', members: [ANN] }],
    ['role', { role: 'roles/superuser' }],
    ['role', { role: '__proto__' }],
    ['members[0]', { role: ROLE, members: ['ann@example.com'] }],
    ['members[0]', { role: ROLE, members: [''] }],
    ['members[0]', { role: ROLE, members: ['*'] }],
    ['members[2]', { role: ROLE, members: [ANN, 'allUsers', 'group:all@example.com', 'nobody'] }],
    ['members[1]', { role: ROLE, members: [ANN, 'user:ann@example.com '], condition: { expression: HERE } }],
    ['condition.expression', { role: ROLE, members: [ANN], condition: {} }],
    ['condition.expression', { role: ROLE, condition: { title: 'Never', description: 'nobody' } }],
    ['condition.expression', { role: ROLE, members: [ANN], condition: { expression: '' } }],
    ['condition.expression', { role: ROLE, members: [ANN], condition: { expression: 'true' } }],
    ['condition.expression', { role: ROLE, condition: { expression: `${HERE} && request.time < 1` } }],
    ['condition.expression', { role: ROLE, members: [ANN], condition: { expression: HERE.padEnd(1025) } }],
  ])('is refused as a whole for a wrong %s, which is named: %j', (field, binding) => {
    const good = { role: ROLE, members: [ANN], condition: { expression: HERE } }
    expect(readPolicy({ bindings: [good, good] })).toMatchObject({ ok: true })
    expect(fieldOf(readPolicy({ bindings: [binding] }))).toBe(`policy.bindings[0].${field}`)
    expect(fieldOf(readPolicy({ bindings: [good, good, binding, good] }))).toBe(`policy.bindings[2].${field}`)
  })

  it('has at most 65,536 bytes of JSON, not characters', () => {
    const sized = (title: string) => [{ role: ROLE, members: [ANN], condition: { expression: HERE, title } }]
    const room = MAX_POLICY_BYTES - JSON.stringify(sized('')).length
    expect(MAX_POLICY_BYTES).toBe(65_536)
    expect(readPolicy({ bindings: sized('x'.repeat(room)) })).toMatchObject({ ok: true })
    for (const title of ['x'.repeat(room + 1), 'ä'.repeat(room / 2 + 1), '"'.repeat(room / 2 + 1)]) {
      const fault = { kind: 'resourceExhausted', message: expect.stringContaining('65536') }
      expect(readPolicy({ bindings: sized(title) })).toMatchObject({ ok: false, fault })
    }
  })
})

it('gives whoever is named what the bindings say, as often as they say it', () => {
  const members = [ANN, 'allUsers']
  const bindings = [
    { role: ROLE, members },
    { role: 'roles/editor', members: ['allUsers'], condition: { expression: HERE } },
    { role: 'roles/owner', members: ['user:bob@example.com'] },
    { role: 'roles/viewer' },
  ]
  const policy = { version: 3, bindings, changed: 1 }
  const [viewer, editor] = [{ role: ROLE }, { role: 'roles/editor', condition: { equals: 'projects/p/configs/c' } }]
  expect(grantsOf(policy, members)).toEqual([viewer, editor])
  expect(grantsOf(policy, [ANN])).toEqual([viewer])
  expect(grantsOf(policy, ['user:carl@example.com'])).toEqual([])
  expect(grantsOf(policy, [])).toEqual([])
})

it('knows every permission of the service, and no name that only looks like one', () => {
  const looks = [
    '',
    'has',
    'size',
    '__proto__',
    'runtimeconfig',
    'Runtimeconfig.configs.get',
    'runtimeconfig.configs.get ',
  ]
  const asked = [...PERMISSIONS, ...looks]
  expect(knownPermissions(asked)).toEqual({ ok: true, value: { permissions: [...PERMISSIONS] } })
  for (const wildcard of ['*', 'runtimeconfig.*', '*.get']) {
    expect(knownPermissions([...asked, wildcard])).toMatchObject({ ok: false, fault: { field: 'permissions' } })
  }
})
