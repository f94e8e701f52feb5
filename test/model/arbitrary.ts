/** Random commands, from so few names that they meet. */
import fc from 'fast-check'
import type { Command } from '../../src/core/command.ts'
import type { Binding } from '../../src/core/wire.ts'

export const CONFIG = 'projects/p/configs/c'

// Mostly one letter, so that paths meet; the others sort before and behind what lies beneath it.
const segment = fc.constantFrom('a', 'a', 'a', 'b', 'ab', 'a-b')
export const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('/'))
const contents = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), contents: fc.constantFrom('', 'x', 'größer') }),
  fc.record({ kind: fc.constant('value' as const), contents: fc.constantFrom('', 'AA==', 'eA==') }),
)
const requestId = fc.constantFrom('', '', '', 'r1', 'r2')
const waiterId = fc.constantFrom('w1', 'w2', 'w3', 'w4')
const condition = fc.record({
  cardinality: fc.record({
    path: fc.oneof(
      fc.constant('/'),
      path,
      path.map((p) => `//${p}/`),
    ),
    number: fc.constantFrom(1, 2, 2, 3, 4),
  }),
})
const spec = fc.record(
  { timeout: fc.constantFrom('0.000001s', '1s', '2.500s', '90000s'), success: condition, failure: condition },
  { requiredKeys: ['timeout', 'success'] },
)
const policy = fc.record({
  version: fc.constantFrom(0, 1),
  bindings: fc.constantFrom<Binding[]>([], [{ role: 'roles/viewer', members: ['allUsers'] }]),
  etag: fc.constantFrom('', 'AAAA'),
})

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 40, arbitrary: fc.record({ type: fc.constant('createVariable' as const), path, contents, requestId }) },
  { weight: 10, arbitrary: fc.record({ type: fc.constant('updateVariable' as const), path, contents }) },
  {
    weight: 15,
    arbitrary: fc.record({ type: fc.constant('deleteVariable' as const), path, recursive: fc.boolean() }),
  },
  { weight: 20, arbitrary: fc.record({ type: fc.constant('createWaiter' as const), id: waiterId, spec, requestId }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('deleteWaiter' as const), id: waiterId }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('setIamPolicy' as const), policy }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('deleteConfig' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('updateConfig' as const), description: fc.constant('d') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('createConfig' as const),
      name: fc.constant(CONFIG),
      description: fc.constantFrom('', 'first'),
      requestId,
    }),
  },
)

/** Commands that arrive together, after the clock has moved by so many microseconds; now and then a restart before. */
export const step = fc.record({
  move: fc.constantFrom(0, 0, 1000, 400_000, 2_000_000, 90_000_000_000, -3_600_000_000),
  restart: fc.boolean(),
  commands: fc.array(command, { minLength: 1, maxLength: 4 }),
})
