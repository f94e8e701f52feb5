/** Grants and policies at random, against an oracle that knows them by heart: refused or correct, never open. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lacking, sees, settled, type Caller, type Need } from '../../src/core/access.ts'
import { readBinding, readPolicy, type Policy, type PolicyInput } from '../../src/core/policy.ts'
import { PERMISSIONS } from '../../src/core/role.ts'
import type * as wire from '../../src/core/wire.ts'
import { rankOf, RANKS } from './ranks.ts'

/** Some roles that do not exist. */
const NO_ROLES = ['', 'roles/Owner', 'roles/runtimeconfig.owner', 'owner', 'constructor', 'roles/owner ']

/** Everyone who calls, with the members that they are. */
const CALLERS: Record<string, readonly string[]> = {
  '': ['allUsers'],
  'user:ann@example.com': [
    'user:ann@example.com',
    'user:Ann@EXAMPLE.com',
    'domain:example.com',
    'domain:Example.Com',
    'allAuthenticatedUsers',
    'allUsers',
  ],
  'user:bob@other.org': ['user:bob@other.org', 'domain:other.org', 'allAuthenticatedUsers', 'allUsers'],
  'serviceAccount:ci@example.com': ['serviceAccount:ci@example.com', 'allAuthenticatedUsers', 'allUsers'],
  'principal://github/Octo': ['principal://github/Octo', 'allAuthenticatedUsers', 'allUsers'],
}
const MEMBERS = [...new Set(Object.values(CALLERS).flat()), 'principal://github/octo', 'user:ci@example.com']
const NO_MEMBERS = [
  '',
  '*',
  'allusers',
  'group:g@example.com',
  'user:ann',
  'user:ann@example.com ',
  'domain:*',
  'user:*',
]

const VARIABLES = 'projects/p/configs/c/variables/'
const NAMES = ['a', 'a/b', 'a/c', 'ab', 'b'].map((path) => VARIABLES + path)

type Test = (path: string) => boolean
/** Conditions, with what they say of the path of a variable. */
const CONDITIONS = new Map<string, Test>([
  [`resource.name.startsWith("${VARIABLES}a")`, (path) => path.startsWith('a')],
  [`resource.name.startsWith('${VARIABLES}a/')`, (path) => path.startsWith('a/')],
  [`resource.name == "${VARIABLES}a"`, (path) => path === 'a'],
  [`!(resource.name == "${VARIABLES}a/b")`, (path) => path !== 'a/b'],
  [`!resource.name.startsWith("${VARIABLES}a/")`, (path) => !path.startsWith('a/')],
  [
    `resource.name == "${VARIABLES}b" || resource.name.startsWith("${VARIABLES}a") && !(resource.name == "${VARIABLES}ab")`,
    (path) => path === 'b' || (path.startsWith('a') && path !== 'ab'),
  ],
  [`resource.name == "a"`, () => false],
  [`resource.name.startsWith("")`, () => true],
])
const NO_CONDITIONS = [
  '',
  'true',
  'false',
  '1 == 1',
  'resource.name != "a"',
  '!resource.name == "a"',
  'resource.name.startsWith("")//',
  'resource.name.endsWith("")',
  'resource.name.startsWith("") || true',
  'resource.name.matches(".*")',
  'resource.name.startsWith("") ||',
  'resource.type.startsWith("")',
  '"".startsWith(resource.name)',
]

type Input = NonNullable<PolicyInput['bindings']>[number]

const mostly = <T>(good: readonly T[], bad: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) })

const conditions: fc.Arbitrary<Input['condition']> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ expression: mostly([...CONDITIONS.keys()], NO_CONDITIONS) }) },
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom({}, { title: 'always' }, { expression: undefined }) },
)

const bindings: fc.Arbitrary<Input> = fc.record({
  role: mostly<string | undefined>(Object.keys(RANKS), [...NO_ROLES, undefined]),
  members: fc.oneof(fc.array(mostly(MEMBERS, NO_MEMBERS), { maxLength: 3 }), fc.constant(undefined)),
  condition: conditions,
})

function understood({ role = '', members = [], condition }: Input): boolean {
  if (!Object.keys(RANKS).includes(role) || !members.every((member) => MEMBERS.includes(member))) return false
  return condition === undefined || CONDITIONS.has(condition.expression ?? '')
}

/** Whether one of the bindings gives the caller the permission on the variable: all that anyone may rely on. */
function allows(given: readonly Input[], identity: string, permission: string, path: string): boolean {
  return given.filter(understood).some(({ role = '', members = [], condition }) => {
    const named = members.some((member) => CALLERS[identity]?.includes(member))
    const where = condition ? CONDITIONS.get(condition.expression ?? '') : () => true
    return named && rankOf(permission) <= (RANKS[role] ?? 0) && where?.(path)
  })
}

function expectAsAllowed(policy: Policy, given: readonly Input[]): void {
  for (const identity of Object.keys(CALLERS)) {
    for (const permission of ['variables.get', 'variables.update', 'configs.setIamPolicy']) {
      const test = sees({ identity, grants: [] }, `runtimeconfig.${permission}`, policy)
      const expected = NAMES.filter((name) => allows(given, identity, permission, name.slice(VARIABLES.length)))
      expect(NAMES.filter(test), JSON.stringify([identity, permission])).toEqual(expected)
    }
  }
}

const stored = (given: readonly Input[]): Policy => ({ version: 3, bindings: given as wire.Binding[], changed: 1 })

describe('a policy at random', () => {
  it('is refused if anything in it is not understood, and else grants exactly what it says', () => {
    const version = mostly<number | undefined>([undefined, 0, 1, 3], [2, -1, 4, NaN, Infinity, 3.5])
    const policies = fc.record({ version, bindings: fc.array(bindings, { maxLength: 4 }), etag: fc.string() })
    fc.assert(
      fc.property(policies, (input) => {
        const read = readPolicy(input)
        const known = input.version === undefined || [0, 1, 3].includes(input.version)
        expect(read.ok).toBe(known && input.bindings.every(understood))
        // What is stored has been JSON in between.
        if (read.ok) expectAsAllowed(stored(JSON.parse(JSON.stringify(read.value.bindings))), input.bindings)
      }),
      { numRuns: 1000 },
    )
  })

  it('grants nothing by a binding that is not understood, if it was stored all the same', () => {
    const policies = fc.array(bindings, { maxLength: 4 })
    fc.assert(
      fc.property(policies, (given) => expectAsAllowed(stored(given), given)),
      { numRuns: 500 },
    )
  })

  it('is refused, or grants no more than before, if one character of it is another', () => {
    const expression = [...CONDITIONS.keys()][2] as string
    const edit = fc.record({
      part: fc.constantFrom('role', 'member', 'expression'),
      at: fc.nat(200),
      removed: fc.nat(1),
      added: fc.string({ unit: 'grapheme', maxLength: 1 }),
    })
    fc.assert(
      fc.property(edit, ({ part, at, removed, added }) => {
        const changed = (name: string, text: string) =>
          name === part ? text.slice(0, at % text.length) + added + text.slice((at % text.length) + removed) : text
        const member = changed('member', 'user:ann@example.com')
        const binding = {
          role: changed('role', 'roles/owner'),
          members: [member],
          condition: { expression: changed('expression', expression) },
        }
        const read = readPolicy({ bindings: [binding] })
        const policy = stored(read.ok ? read.value.bindings : [binding])
        for (const identity of Object.keys(CALLERS)) {
          const seen = NAMES.filter(sees({ identity, grants: [] }, 'runtimeconfig.variables.get', policy))
          const most = read.ok && identity === 'user:ann@example.com' && member.toLowerCase() === identity ? 1 : 0
          expect(seen.length).toBeLessThanOrEqual(most)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('is refused or correct, and nothing breaks, whatever stands in its fields', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', 'has'),
    )
    const anything = fc.record({ role: text, members: fc.array(text), condition: fc.record({ expression: text }) })
    const nearly = fc.tuple(bindings, anything, fc.constantFrom('role', 'members', 'condition'))
    const garbled = nearly.map(([good, bad, part]): Input => ({ ...good, [part]: bad[part as keyof typeof bad] }))
    fc.assert(
      fc.property(garbled, (binding) => {
        const read = readPolicy({ bindings: [binding] })
        if (read.ok) expect(understood(binding)).toBe(true)
        else expect(read.fault).toMatchObject({ field: expect.stringMatching(/^policy\.bindings\[0\]\./) })
        expectAsAllowed(stored([binding]), [binding])
      }),
    )
  })
})

/** A caller with grants from the project, the policy of the config that it comes to, and what it needs there. */
const cases = fc
  .record({
    identity: fc.constantFrom(...Object.keys(CALLERS)),
    project: fc.array(bindings, { maxLength: 2 }),
    own: fc.array(bindings, { maxLength: 3 }),
    permission: fc.constantFrom(...PERMISSIONS),
    name: fc.constantFrom(VARIABLES, ...NAMES, `${VARIABLES}a/b/c`, 'projects/p/configs/c/', 'projects/p/configs/'),
  })
  .map(({ identity, project, own, permission, name }) => {
    const read = project.map((binding) => readBinding(binding, 'grants[0]'))
    const grants = read.flatMap((result) => (result.ok ? [result.value.grant] : []))
    return { caller: { identity, grants }, policy: stored(own), permission, name }
  })

/** The name, if it is one of a resource, and names beneath it. */
function subtree(name: string): string[] {
  const paths = ['a', 'b', 'c', 'a/b', 'a/c', 'ab', 'c/variables/a', 'c/variables/a/b', 'variables/a', 'variables/b/x']
  return name.endsWith('/') ? paths.map((path) => name + path) : [name, ...paths.map((path) => `${name}/${path}`)]
}

describe('a need at random', () => {
  const met = (caller: Caller, need: Need, policy?: Policy) => lacking({ caller, needs: [need] }, policy) === undefined

  it('is met where the caller sees what it names, and a collection alone is nothing to see', () => {
    fc.assert(
      fc.property(cases, ({ caller, policy, permission, name }) => {
        const visible = !name.endsWith('/') && sees(caller, permission, policy)(name)
        expect(met(caller, { permission, name }, policy)).toBe(visible)
      }),
    )
  })

  it('for all beneath is met only where the caller sees every one, and for any is refused only where it sees none', () => {
    fc.assert(
      fc.property(cases, ({ caller, policy, permission, name }) => {
        const seen = subtree(name).map(sees(caller, permission, policy))
        if (met(caller, { permission, name, beneath: 'all' }, policy)) expect(seen).not.toContain(false)
        if (!met(caller, { permission, name, beneath: 'any' }, policy)) expect(seen).not.toContain(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('is met from the project or from the policy, and never from both together where from neither', () => {
    fc.assert(
      fc.property(cases, ({ caller, policy, permission, name }) => {
        const sources = [sees(caller, permission), sees({ ...caller, grants: [] }, permission, policy)]
        for (const one of subtree(name)) {
          expect(sees(caller, permission, policy)(one)).toBe(sources.some((source) => source(one)))
        }
      }),
    )
  })

  it('that is settled is met under every policy, and under none', () => {
    const kinds = fc.constantFrom(undefined, 'all' as const, 'any' as const)
    fc.assert(
      fc.property(cases, kinds, ({ caller, policy, permission, name }, beneath) => {
        const need: Need = { permission, name, ...(beneath && { beneath }) }
        if (!settled({ caller, needs: [need] }) || (!beneath && name.endsWith('/'))) return
        expect(met(caller, need)).toBe(true)
        expect(met(caller, need, policy)).toBe(true)
        expect(subtree(name).every(sees(caller, permission, policy))).toBe(true)
      }),
    )
  })
})
