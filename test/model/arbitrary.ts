/** Random commands, from so few names that they meet. */
import fc from 'fast-check'
import type { Command, Precondition, Write } from '../../src/core/command.ts'
import type { Binding, EndCondition, Match } from '../../src/core/wire.ts'

export const CONFIG = 'projects/p/configs/c'

/** Stands for the etag of what the command changes as it is when the command is sent; {@link aim} puts that in its place. */
const CURRENT = 'current'
const STALE = 'AAAA'

// Few, so that they meet; some stand in the way of others, or sort before and behind what lies beneath one.
export const path = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a/a', 'a/a', 'a/b', 'b', 'ab', 'a-b/a') },
  { weight: 1, arbitrary: fc.constantFrom('a', 'a/a/a', 'a-b') },
)
const above = fc.constantFrom('a', 'a', 'a/a', 'a-b', 'b')
const text = fc.constantFrom('', 'x', 'größer', '5', ' 10 ', '1e3', '-2.5', 'abc')
const contents = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('text' as const), contents: text }) },
  fc.record({ kind: fc.constant('value' as const), contents: fc.constantFrom('', 'AA==', 'eA==') }),
)
const ttl = fc.constantFrom('0.000001s', '0.400s', '2s', '2s', '90000s')
const input = fc
  .tuple(contents, fc.option(ttl, { nil: undefined, freq: 2 }))
  .map(([given, span]) => (span === undefined ? given : { ...given, ttl: span }))
const requestId = fc.constantFrom('', '', '', 'r1', 'r2')
const waiterId = fc.constantFrom('w1', 'w2', 'w3', 'w4', 'w5', 'w6')

const match: fc.Arbitrary<Match> = fc.oneof(
  fc.record({ equals: text }),
  fc.record({ notEquals: text }),
  fc.record({ oneOf: fc.array(text, { minLength: 1, maxLength: 3 }) }),
  fc.record({ prefix: fc.constantFrom('', 'x', 'a', ' ') }),
  fc.record({ atLeast: fc.constantFrom(-3, 5, 10), atMost: fc.constantFrom(10, 1000) }),
  fc.record({ atMost: fc.constantFrom(-2.5, 7) }),
  fc.record({ notEquals: text, oneOf: fc.array(text, { minLength: 1, maxLength: 3 }) }),
)
const matched = fc.option(match, { nil: undefined, freq: 3 })
const root = fc.oneof(
  fc.constant('/'),
  above,
  above.map((p) => `//${p}/`),
)

const subtree: fc.Arbitrary<EndCondition> = fc
  .tuple(root, fc.constantFrom(1, 2, 2, 3, 4), matched)
  .map(([at, number, compared]) => ({ cardinality: { path: at, number, ...(compared && { match: compared }) } }))
const roster: fc.Arbitrary<EndCondition> = fc
  .tuple(
    root,
    fc.uniqueArray(fc.oneof(path, fc.constantFrom('a', 'b')), { minLength: 1, maxLength: 4 }),
    matched,
    fc.nat(),
    fc.boolean(),
  )
  .map(([at, members, compared, some, inPercent]) => ({
    cardinality: {
      path: at,
      number: inPercent ? Math.ceil(members.length / 2) : 1 + (some % members.length),
      ...(compared && { match: compared }),
      members,
      ...(inPercent && { percent: 50 }),
    },
  }))
const named: fc.Arbitrary<EndCondition> = fc
  .tuple(path, fc.constantFrom('', '/', `${CONFIG}/variables/`), matched)
  .map(([at, before, compared]) => ({ variable: { name: before + at, ...(compared && { match: compared }) } }))
const leaf = fc.oneof(subtree, subtree, roster, named)
const condition = fc.letrec<{ any: EndCondition }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 5, arbitrary: leaf },
    { weight: 1, arbitrary: fc.record({ all: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ any: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ not: tie('any') }) },
  ),
})).any

const spec = fc.record(
  {
    timeout: fc.constantFrom(
      '0.000001s',
      '0.399999s',
      '1.999999s',
      '1.999998s',
      '2.500s',
      '90000s',
      '90000s',
      '90000s',
    ),
    success: condition,
    failure: condition,
    sticky: fc.constant(true as const),
  },
  { requiredKeys: ['timeout', 'success'] },
)
const policy = fc.record({
  version: fc.constantFrom(0, 1),
  bindings: fc.constantFrom<Binding[]>([], [{ role: 'roles/viewer', members: ['allUsers'] }]),
  etag: fc.constantFrom('', 'AAAA'),
})

const absent = fc.constant({ absent: true })
const etags = fc.constantFrom([CURRENT], [CURRENT], [STALE, CURRENT], [STALE], []).map((tags) => ({ etags: tags }))
const guarded = (...kinds: fc.Arbitrary<Precondition>[]) =>
  fc.option(fc.oneof(...kinds), { nil: undefined, freq: 2 }).map((guard) => ({ if: guard }))
const guardedBy = <T>(command: fc.Arbitrary<T>, ...kinds: fc.Arbitrary<Precondition>[]) =>
  fc.tuple(command, guarded(...kinds)).map(([one, guard]) => (guard.if ? { ...one, ...guard } : one))

const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({
    type: fc.constantFrom('create' as const, 'update' as const, 'set' as const, 'set' as const, 'set' as const),
    path,
    input,
  }),
  guardedBy(fc.record({ type: fc.constantFrom('update' as const, 'set' as const), path, input }), etags, absent),
  guardedBy(fc.record({ type: fc.constant('delete' as const), path, recursive: fc.boolean() }), etags, absent),
)

export const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 40,
    arbitrary: guardedBy(fc.record({ type: fc.constant('createVariable' as const), path, input, requestId }), absent),
  },
  {
    weight: 20,
    arbitrary: guardedBy(fc.record({ type: fc.constant('updateVariable' as const), path, input }), etags, absent),
  },
  {
    weight: 15,
    arbitrary: guardedBy(
      fc.record({ type: fc.constant('deleteVariable' as const), path, recursive: fc.boolean() }),
      etags,
      absent,
    ),
  },
  {
    weight: 15,
    arbitrary: fc.record({
      type: fc.constant('commit' as const),
      writes: fc.array(write, { minLength: 1, maxLength: 3 }),
      requestId,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('renewVariables' as const),
      paths: fc.array(path, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 20, arbitrary: fc.record({ type: fc.constant('createWaiter' as const), id: waiterId, spec, requestId }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('deleteWaiter' as const), id: waiterId }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('setIamPolicy' as const), policy }) },
  { weight: 1, arbitrary: guardedBy(fc.record({ type: fc.constant('deleteConfig' as const) }), etags, absent, absent) },
  {
    weight: 1,
    arbitrary: guardedBy(
      fc.record({ type: fc.constant('updateConfig' as const), description: fc.constant('d') }),
      etags,
      absent,
    ),
  },
  {
    weight: 8,
    arbitrary: guardedBy(
      fc.record({
        type: fc.constant('createConfig' as const),
        name: fc.constant(CONFIG),
        description: fc.constantFrom('', 'first'),
        requestId,
      }),
      absent,
    ),
  },
)

/** The command with the etags that are current: of a variable by its path, of the config without one. */
export function aim(sent: Command, current: (path?: string) => string): Command {
  const guard = (precondition: Precondition | undefined, at?: string) =>
    precondition?.etags && { if: { etags: precondition.etags.map((tag) => (tag === CURRENT ? current(at) : tag)) } }
  if (sent.type === 'commit') {
    return { ...sent, writes: sent.writes.map((one) => ({ ...one, ...guard(one.if, one.path) })) }
  }
  return 'if' in sent ? { ...sent, ...guard(sent.if, 'path' in sent ? sent.path : undefined) } : sent
}

/** Commands that arrive together, after the clock has moved by so many microseconds; now and then a restart before. */
export const step = fc.record({
  move: fc.constantFrom(0, 0, 0, 0, 1000, 1000, 400_000, 400_000, 2_000_000, 90_000_000_000, -3_600_000_000),
  restart: fc.boolean(),
  commands: fc.array(command, { minLength: 1, maxLength: 4 }),
})

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
