import { describe, expect, it } from 'vitest'
import {
  atomsOf,
  compile,
  holds,
  MAX_ATOMS,
  MAX_MEMBERS,
  MAX_NESTING,
  readCondition,
  scopesOf,
  tally,
  type ConditionInput,
} from '../../src/core/condition.ts'
import { placesOf, selectorsFor, selectorsOf, type Counter } from '../../src/core/counter.ts'
import { readWaiter } from '../../src/core/waiter.ts'
import type { EndCondition } from '../../src/core/wire.ts'

const CONFIG = 'projects/p/configs/c'
const read = (input: ConditionInput) => readCondition(input, 'success', CONFIG)
const fieldOf = (input: ConditionInput) => {
  const result = read(input)
  return !result.ok && result.fault.kind === 'invalidArgument' ? result.fault.field : undefined
}
const valueOf = (input: ConditionInput): EndCondition => {
  const result = read(input)
  if (!result.ok) throw new Error(JSON.stringify(result.fault))
  return result.value
}
const names = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`)
const ready: ConditionInput = { cardinality: { path: '/ready' } }

describe('a condition', () => {
  it('is of one kind', () => {
    expect(fieldOf({})).toBe('success.cardinality')
    expect(fieldOf({ cardinality: { path: '/' }, variable: { name: 'a' } })).toBe('success.variable')
    expect(fieldOf({ any: [ready], all: [ready] })).toBe('success.any')
    expect(fieldOf({ not: ready, all: [ready] })).toBe('success.not')
    expect(fieldOf({ all: [ready, {}] })).toBe('success.all[1].cardinality')
    expect(fieldOf({ not: {} })).toBe('success.not.cardinality')
  })

  it('of several parts has at least one', () => {
    expect(fieldOf({ all: [] })).toBe('success.all')
    expect(fieldOf({ any: [] })).toBe('success.any')
    expect(fieldOf({ any: [{ not: { all: [] } }] })).toBe('success.any[0].not.all')
  })

  it('names the field of whatever is wrong within it', () => {
    expect(fieldOf({ all: [ready, { any: [{ not: { cardinality: { path: '' } } }] }] })).toBe(
      'success.all[1].any[0].not.cardinality.path',
    )
    expect(fieldOf({ cardinality: {} })).toBe('success.cardinality.path')
    expect(fieldOf({ cardinality: { path: '/a b' } })).toBe('success.cardinality.path')
    expect(fieldOf({ cardinality: { path: '/a', number: -1 } })).toBe('success.cardinality.number')
    expect(fieldOf({ cardinality: { path: '/a', match: {} } })).toBe('success.cardinality.match')
    expect(fieldOf({ cardinality: { path: '/a', match: { oneOf: [] } } })).toBe('success.cardinality.match.oneOf')
    expect(fieldOf({ variable: { name: 'a', match: { atLeast: 2, atMost: 1 } } })).toBe('success.variable.match.atMost')
  })

  it('nests so deep and no deeper', () => {
    const nested = (depth: number): ConditionInput => (depth ? { not: nested(depth - 1) } : ready)
    expect(fieldOf(nested(MAX_NESTING))).toBeUndefined()
    expect(fieldOf(nested(MAX_NESTING + 1))).toBe(`success${'.not'.repeat(MAX_NESTING)}`)
    const wide = (depth: number): ConditionInput => (depth ? { any: [ready, { all: [wide(depth - 2)] }] } : ready)
    expect(fieldOf(wide(MAX_NESTING))).toBeUndefined()
    expect(fieldOf(wide(MAX_NESTING + 2))).toBeDefined()
  })

  it('has at most so many parts with the other of its waiter', () => {
    const parts = (count: number) => ({ all: Array.from({ length: count }, () => ready) })
    expect(fieldOf(parts(MAX_ATOMS))).toBeUndefined()
    expect(fieldOf(parts(MAX_ATOMS + 1))).toBe(`success.all[${MAX_ATOMS}]`)
    const both = readWaiter({ timeout: '1s', success: parts(MAX_ATOMS - 1), failure: parts(2) }, CONFIG)
    expect(both).toMatchObject({ ok: false, fault: { field: 'waiter.failure.all[1]' } })
    expect(readWaiter({ timeout: '1s', success: parts(MAX_ATOMS - 1), failure: parts(1) }, CONFIG).ok).toBe(true)
  })
})

describe('a variable that a condition names', () => {
  it.each([
    '',
    '/',
    'a b',
    'x'.repeat(256),
    `${CONFIG}/variables/`,
    `${CONFIG}x/variables/a`,
    `${CONFIG}/waiters/a`,
    CONFIG,
  ])('is refused as %j', (name) => {
    expect(fieldOf({ variable: { name } })).toBe('success.variable.name')
  })

  it('is required', () => {
    expect(fieldOf({ variable: {} })).toBe('success.variable.name')
  })

  it('is the same by its path and in full, and stays as it was written', () => {
    const counters = ['a/b', '//a//b/', `${CONFIG}/variables/a/b`, `/${CONFIG}/variables/a/b`].map((name) => {
      expect(valueOf({ variable: { name } })).toEqual({ variable: { name } })
      return compile(valueOf({ variable: { name } }), 'success')
    })
    const keys = counters.flatMap((formula) => atomsOf(formula).map(({ atom }) => atom.counter.key))
    expect(new Set(keys).size).toBe(1)
  })
})

describe('a roster', () => {
  const roster = (members: string[], more: object = {}) => ({ cardinality: { path: '/r', members, ...more } })

  it('has names, each once, that can be variables beneath its path', () => {
    expect(fieldOf(roster([]))).toBe('success.cardinality.members')
    expect(fieldOf(roster(['a', 'b', '/a/']))).toBe('success.cardinality.members[2]')
    expect(fieldOf(roster(['a', '']))).toBe('success.cardinality.members[1]')
    expect(fieldOf(roster(['a b']))).toBe('success.cardinality.members[0]')
    // With what stands before it, the name would be too long.
    expect(fieldOf(roster([`${'y'.repeat(60)}/${'x'.repeat(60)}/`.repeat(2) + 'z'.repeat(9)]))).toBeUndefined()
    expect(fieldOf(roster([`${'y'.repeat(60)}/${'x'.repeat(60)}/`.repeat(2) + 'z'.repeat(10)]))).toBe(
      'success.cardinality.members[0]',
    )
    expect(valueOf(roster(['/a//b/', 'c']))).toMatchObject({ cardinality: { members: ['a/b', 'c'] } })
  })

  it('has at most so many names with all others of its waiter', () => {
    expect(fieldOf(roster(names(MAX_MEMBERS)))).toBeUndefined()
    expect(fieldOf(roster(names(MAX_MEMBERS + 1)))).toBe('success.cardinality.members')
    expect(fieldOf({ any: [roster(names(MAX_MEMBERS)), roster(['a'])] })).toBe('success.any[1].cardinality.members')
  })

  it('takes all of its members unless a number says how many', () => {
    const numberOf = (more: object) =>
      (valueOf(roster(names(5), more)) as { cardinality: { number: number } }).cardinality.number
    expect(numberOf({})).toBe(5)
    expect(numberOf({ number: 0 })).toBe(5)
    expect(numberOf({ number: 3 })).toBe(3)
    expect(numberOf({ number: 5 })).toBe(5)
    expect(fieldOf(roster(names(5), { number: 6 }))).toBe('success.cardinality.number')
    expect(fieldOf(roster(names(5), { number: -1 }))).toBe('success.cardinality.number')
  })

  it.each([
    [7, 100, 7],
    [50, 5, 3],
    [0.0001, 5, 1],
    [100, 7, 7],
    [99.99, 3, 3],
    [33.3, 3, 1],
    [33.4, 3, 2],
    [29, 100, 29],
    [57, 100, 57],
    [14, 50, 7],
    [8.8, 375, 33],
  ])('of which %d %% of %d are taken takes %d', (percent, count, number) => {
    const expected = { cardinality: { path: '/r', members: names(count), percent, number } }
    expect(valueOf(roster(names(count), { percent }))).toEqual(expected)
    expect(valueOf(roster(names(count), { percent, number }))).toEqual(expected)
  })

  it('is taken in part by percent above 0, at most 100, and not of something else than a roster', () => {
    for (const percent of [0, -1, 100.01, NaN]) {
      expect(fieldOf(roster(['a'], { percent }))).toBe('success.cardinality.percent')
    }
    expect(fieldOf({ cardinality: { path: '/r', percent: 50 } })).toBe('success.cardinality.percent')
    expect(fieldOf(roster(names(4), { percent: 50, number: 3 }))).toBe('success.cardinality.number')
  })
})

describe('how far a condition has come', () => {
  const at = (path: string, number = 1): EndCondition => ({ cardinality: { path, number } })
  /** Counts by path. */
  const count =
    (counts: Record<string, number>) =>
    ({ places }: Counter) =>
      counts[(places[0] as string).replace(/\/$/, '')] ?? 0
  const tallyOf = (condition: EndCondition, counts: Record<string, number>) =>
    tally(compile(condition, 'success'), count(counts))

  it('is its count, which may be more than it takes', () => {
    expect(tallyOf(at('a', 2), { a: 5 })).toEqual({ have: 5, need: 2 })
  })

  it('is of `all` the sum of its parts, none counted beyond what it needs', () => {
    expect(tallyOf({ all: [at('a', 2), at('b', 3)] }, { a: 5, b: 1 })).toEqual({ have: 3, need: 5 })
  })

  it('is of `any` that of the part which lacks least, the first of several', () => {
    expect(tallyOf({ any: [at('a', 9), at('b', 3), at('c', 2)] }, { a: 8, b: 2, c: 0 })).toEqual({ have: 8, need: 9 })
    expect(tallyOf({ any: [at('a', 9), at('b', 3)] }, { a: 0, b: 7 })).toEqual({ have: 7, need: 3 })
  })

  it('is of `not` one of one, or none', () => {
    expect(tallyOf({ not: at('a', 2) }, { a: 1 })).toEqual({ have: 1, need: 1 })
    expect(tallyOf({ not: at('a', 2) }, { a: 2 })).toEqual({ have: 0, need: 1 })
  })

  it('is enough exactly when the condition holds', () => {
    const condition: EndCondition = {
      any: [{ all: [at('a', 2), { not: at('b') }] }, { not: { any: [at('c'), at('a')] } }],
    }
    const formula = compile(condition, 'success')
    for (const a of [0, 1, 2]) {
      for (const b of [0, 1]) {
        for (const c of [0, 1]) {
          const { have, need } = tally(formula, count({ a, b, c }))
          expect(have >= need).toBe(holds(formula, count({ a, b, c })))
          expect(holds(formula, count({ a, b, c }))).toBe((a >= 2 && !b) || (!c && !a))
        }
      }
    }
  })
})

describe('the counters of a condition', () => {
  const counterOf = (condition: EndCondition, keeper?: string) =>
    atomsOf(compile(condition, 'success', keeper))[0]?.atom.counter as Counter
  /** Whether a change of a variable looks at a counter. */
  const looks = (counter: Counter, path: string, before?: string, after?: string) => {
    const contents = (text?: string) => (text === undefined ? text : { kind: 'text' as const, contents: text })
    const selectors = selectorsFor(contents(before), contents(after))
    const isAt = placesOf(path).some((place) => counter.places.includes(place))
    return isAt && selectorsOf(counter).some((selector) => selectors.includes(selector))
  }

  it('are shared by waiters that count the same, unless one keeps what it has counted', () => {
    const one: EndCondition = { cardinality: { path: '/a/', number: 1 } }
    const other: EndCondition = { cardinality: { path: 'a', number: 7 } }
    expect(counterOf(one).key).toBe(counterOf(other).key)
    expect(counterOf(one, 'w1').key).not.toBe(counterOf(one).key)
    expect(counterOf(one, 'w1').key).not.toBe(counterOf(one, 'w2').key)
    const compared: EndCondition = { cardinality: { path: 'a', number: 1, match: { equals: 'x' } } }
    expect(counterOf(compared).key).not.toBe(counterOf(one).key)
  })

  it('are looked at by writes at their places alone', () => {
    const subtree = counterOf({ cardinality: { path: 'a', number: 1 } })
    for (const path of ['a', 'a/b', 'a/b/c']) expect(looks(subtree, path, undefined, '')).toBe(true)
    for (const path of ['ab', 'b', 'b/a', 'a-b']) expect(looks(subtree, path, undefined, '')).toBe(false)
    const variable = counterOf({ variable: { name: 'a' } })
    expect(looks(variable, 'a', undefined, '')).toBe(true)
    expect(looks(variable, 'a/b', undefined, '')).toBe(false)
    const roster = counterOf({ cardinality: { path: 'a', number: 1, members: ['b', 'c/d'] } })
    expect(['a', 'a/b', 'a/c', 'a/c/d', 'b'].filter((path) => looks(roster, path, undefined, ''))).toEqual([
      'a/b',
      'a/c/d',
    ])
  })

  it('are looked at by writes of their texts alone, if they compare with texts', () => {
    const equals = counterOf({ variable: { name: 'a', match: { equals: 'x' } } })
    expect(looks(equals, 'a', undefined, 'x')).toBe(true)
    expect(looks(equals, 'a', 'x', 'y')).toBe(true)
    expect(looks(equals, 'a', 'y', 'z')).toBe(false)
    const compared = counterOf({ variable: { name: 'a', match: { atLeast: 1 } } })
    expect(looks(compared, 'a', 'y', 'z')).toBe(true)
    const there = counterOf({ variable: { name: 'a' } })
    expect(looks(there, 'a', 'y', 'z')).toBe(false)
    expect(looks(there, 'a', 'y', undefined)).toBe(true)
  })
})

it('a condition tells which subtrees and which variables it looks at', () => {
  const condition = valueOf({
    all: [
      { cardinality: { path: '/' } },
      {
        not: {
          any: [{ variable: { name: `${CONFIG}/variables/x/y` } }, { cardinality: { path: '//a/', members: ['m'] } }],
        },
      },
    ],
  })
  expect(scopesOf(condition)).toEqual([
    { path: '', beneath: true },
    { path: 'x/y', beneath: false },
    { path: 'a', beneath: true },
  ])
})
