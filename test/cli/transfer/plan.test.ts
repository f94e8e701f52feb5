import { describe, expect, it } from 'vitest'
import { foresee } from '../../../src/cli/transfer/foresee.ts'
import { planOf, rehomed } from '../../../src/cli/transfer/plan.ts'
import { batchesOf, MAX_BYTES, MAX_WRITES } from '../../../src/cli/transfer/write.ts'
import type { ConfigState } from '../../../src/cli/transfer/state.ts'
import { bytes, NAME, stateOf, text } from './states.ts'

const full = (path: string) => `${NAME}/variables/${path}`
const plan = (source: ConfigState, target?: ConfigState, prune = false) => planOf(source, target, prune)
const viewer = (...members: string[]) => ({ bindings: [{ role: 'roles/viewer', members }] })

describe('variables', () => {
  it('are all created where there is no config yet', () => {
    const { config, writes } = plan(stateOf({ a: text('1'), b: bytes('AA=='), c: text('', { ttl: '30s' }) }))
    expect(config).toBe('create')
    expect(writes.flatMap(({ inputs }) => inputs)).toEqual([
      { create: { name: full('a'), text: '1' } },
      { create: { name: full('b'), value: 'AA==' } },
      { create: { name: full('c'), text: '', ttl: '30s' } },
    ])
  })

  it('that are alike are left alone', () => {
    const variables = { a: text('1'), b: bytes('AA=='), c: text('', { ttl: '30s' }) }
    expect(plan(stateOf(variables), stateOf(variables))).toMatchObject({ writes: [], same: 3, config: 'same' })
  })

  it.each([
    ['another text', text('1'), text('2')],
    ['bytes for a text', text('AA=='), bytes('AA==')],
    ['another ttl', text('1', { ttl: '1s' }), text('1', { ttl: '2s' })],
    ['a ttl for none', text('1', { ttl: '1s' }), text('1')],
  ])('with %s are updated as long as they are what was compared', (_, mine, there) => {
    const { writes } = plan(stateOf({ a: mine }), stateOf({ a: { ...there, etag: 'e' } }))
    const contents = mine.kind === 'text' ? { text: mine.contents } : { value: mine.contents }
    const update = { name: full('a'), etag: 'e', ...contents, ...(mine.ttl !== undefined && { ttl: mine.ttl }) }
    expect(writes).toEqual([{ kind: 'update', path: 'a', inputs: [{ update }] }])
  })

  it('that are to live for good are made anew where they have a ttl, which an update would leave them', () => {
    const { writes } = plan(stateOf({ a: text('1') }), stateOf({ a: text('1', { ttl: '1s', etag: 'e' }) }))
    const inputs = [{ delete: { name: full('a'), etag: 'e' } }, { create: { name: full('a'), text: '1' } }]
    expect(writes).toEqual([{ kind: 'update', path: 'a', inputs }])
  })

  it('that only the target has are told, and stay', () => {
    expect(plan(stateOf(), stateOf({ a: text('1') }))).toMatchObject({ writes: [], extra: ['a'] })
  })

  it('that only the target has are deleted with prune, before others are made for which they may be in the way', () => {
    const { writes, extra } = plan(stateOf({ 'a/b': text('1') }), stateOf({ a: text('2', { etag: 'e' }) }), true)
    expect(extra).toEqual([])
    expect(writes.flatMap(({ inputs }) => inputs)).toEqual([
      { delete: { name: full('a'), etag: 'e' } },
      { create: { name: full('a/b'), text: '1' } },
    ])
  })

  it('that the source has and does not show are neither deleted nor called extra', () => {
    const unread = [{ name: full('a'), what: 'variable', reason: 'hidden' } as const]
    for (const prune of [false, true]) {
      expect(plan(stateOf({}, { unread }), stateOf({ a: text('1') }), prune)).toMatchObject({
        writes: [],
        extra: [],
        refusals: unread,
      })
    }
  })
})

describe('the description', () => {
  it('is updated where it is another, also to none', () => {
    expect(plan(stateOf({}, { description: '' }), stateOf({}, { description: 'x' })).config).toBe('update')
    expect(plan(stateOf({}, { description: 'x' }), stateOf({}, { description: 'x' })).config).toBe('same')
  })
})

describe('the policy', () => {
  const policies = (mine: ConfigState['policy'], theirs: ConfigState['policy'], prune = false) =>
    plan(stateOf({}, { policy: mine }), stateOf({}, { policy: theirs }), prune).policy

  it('is the same in whatever order it is told', () => {
    const [a, b] = [
      { role: 'roles/viewer', members: ['user:a', 'user:b'] },
      { role: 'roles/editor', members: [] },
    ]
    const other = { role: 'roles/viewer', members: ['user:b', 'user:a'] }
    expect(policies({ bindings: [a, b] }, { bindings: [{ role: 'roles/editor' }, other] })).toBe('same')
  })

  it.each([
    ['other members', viewer('user:a'), viewer('user:b')],
    ['another version', { version: 3, ...viewer('user:a') }, viewer('user:a')],
    [
      'a condition',
      { bindings: [{ role: 'roles/viewer', members: ['user:a'], condition: { expression: 'x' } }] },
      viewer('user:a'),
    ],
    ['anything where there is none', viewer('user:a'), {}],
  ])('with %s is set', (_, mine, theirs) => expect(policies(mine, theirs)).toBe('set'))

  it('that only the target has stays, and is taken away with prune', () => {
    expect(policies({}, viewer('user:a'))).toBe('extra')
    expect(policies({}, viewer('user:a'), true)).toBe('clear')
    expect(policies({}, {})).toBe('none')
  })

  it('is left alone where it was not asked for', () =>
    expect(policies(undefined, viewer('user:a'), true)).toBe('unknown'))

  it('is refused where the target does not show its own, for it could not be compared', () => {
    const unread = [{ name: NAME, what: 'policy', reason: 'hidden' } as const]
    const hidden = stateOf({}, { unread })
    expect(plan(stateOf({}, { policy: viewer('user:a') }), hidden)).toMatchObject({
      policy: 'refused',
      refusals: unread,
    })
    expect(plan(stateOf({}, { policy: {} }), hidden)).toMatchObject({ policy: 'unknown', refusals: [] })
  })

  it('that the source does not show is refused, and not taken for none', () => {
    const unread = [{ name: NAME, what: 'policy', reason: 'hidden' } as const]
    const there = stateOf({}, { policy: viewer('user:a') })
    expect(plan(stateOf({}, { unread }), there, true)).toMatchObject({ policy: 'refused', refusals: unread })
  })
})

describe('a config in another project', () => {
  const withCondition = (expression: string) =>
    stateOf({ a: text('1') }, { policy: { bindings: [{ role: 'roles/viewer', condition: { expression } }] } })
  const moved = (expression: string) => rehomed(withCondition(expression), 'q')

  it('has its name there, and stays as it is otherwise', () => {
    const state = rehomed(stateOf({ a: text('1') }, { policy: viewer('user:a'), description: 'x' }), 'q')
    expect(state).toEqual({
      ...stateOf({ a: text('1') }, { policy: viewer('user:a'), description: 'x' }),
      name: 'projects/q/configs/c',
    })
  })

  it.each([
    [`resource.name == "projects/p/configs/c"`, `resource.name == "projects/q/configs/c"`],
    [`!resource.name.startsWith('projects/p')`, `!resource.name.startsWith('projects/q')`],
    [`resource.name.startsWith("projects/")`, `resource.name.startsWith("projects/")`],
  ])('has conditions that speak of it there: %s', (expression, expected) => {
    expect(moved(expression).policy?.bindings?.[0]?.condition?.expression).toBe(expected)
  })

  it.each([
    `!resource.name.startsWith("projects/other/configs")`,
    `!resource.name.startsWith("projects/p2")`,
    `resource.name == "projects\\u002fp/configs/c"`,
  ])('has no policy where that speaks of what is elsewhere: %s', (expression) => {
    const state = moved(expression)
    expect(state.policy).toBeUndefined()
    expect(state.unread).toEqual([
      { name: 'projects/q/configs/c', what: 'policy', reason: expect.stringContaining('policy.bindings[0].condition') },
    ])
  })
})

describe('what would be refused', () => {
  const foreseen = (source: ConfigState, target: ConfigState, prune = false) =>
    foresee(source, plan(source, target, prune))
  const conflict = (path: string) => ({
    name: full(path),
    what: 'variable',
    reason: 'FAILED_PRECONDITION: Precondition check failed.',
  })

  it.each([
    ['beneath', 'a/b', 'a'],
    ['above', 'a', 'a/b'],
    ['far above', 'a', 'a/b/c'],
  ])('is a variable %s one that stays', (_, path, there) => {
    const [source, target] = [stateOf({ [path]: text('1'), z: text('1') }), stateOf({ [there]: text('1') })]
    expect(foreseen(source, target)).toMatchObject({ writes: [{ path: 'z' }], refusals: [conflict(path)] })
    expect(foreseen(source, target, true).refusals).toEqual([])
  })

  it('is not a variable whose name only begins alike', () => {
    const source = stateOf({ 'a/b2': text('1'), ab: text('1') })
    expect(foreseen(source, stateOf({ 'a/b': text('1') })).refusals).toEqual([])
  })

  it('is a policy that the service does not take', () => {
    const policy = { bindings: [{ role: 'roles/storage.admin', members: ['user:a@example.com'] }] }
    const reason = expect.stringMatching(/^INVALID_ARGUMENT: policy\.bindings\[0\]\.role/)
    expect(foreseen(stateOf({}, { policy }), stateOf({}, { policy: {} }))).toMatchObject({
      policy: 'refused',
      refusals: [{ name: NAME, what: 'policy', reason }],
    })
  })
})

describe('batches', () => {
  const writeOf = (path: string, contents: string, count = 1) => ({
    kind: 'create' as const,
    path,
    inputs: Array.from({ length: count }, () => ({ create: { name: full(path), text: contents } })),
  })
  const sizes = (writes: readonly ReturnType<typeof writeOf>[]) =>
    [...batchesOf(writes)].map((batch) => batch.flatMap(({ inputs }) => inputs).length)

  it('hold as many writes as a commit may, all of them in order', () => {
    const writes = Array.from({ length: 2 * MAX_WRITES + 1 }, (_, index) => writeOf(String(index), 'x'))
    expect(sizes(writes)).toEqual([MAX_WRITES, MAX_WRITES, 1])
    expect([...batchesOf(writes)].flat()).toEqual(writes)
  })

  it('hold no more bytes than a body may, as JSON has them', () => {
    // A control character takes six characters in JSON.
    const writes = Array.from({ length: 40 }, (_, index) => writeOf(String(index), '\u0001'.repeat(4095)))
    for (const batch of batchesOf(writes)) {
      expect(Buffer.byteLength(JSON.stringify(batch.map(({ inputs }) => inputs)))).toBeLessThan(MAX_BYTES + 1000)
    }
    expect(sizes(writes).reduce((sum, size) => sum + size)).toBe(40)
  })

  it('never part what must be made at one moment', () => {
    const writes = Array.from({ length: MAX_WRITES }, (_, index) => writeOf(String(index), 'x', index === 499 ? 2 : 1))
    expect(sizes(writes)).toEqual([499, 2])
  })
})
