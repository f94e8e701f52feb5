import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, smallest, type Call, type Model } from './checker.ts'

/** A register: it is written, read, and written where it holds what is expected. */
type Input = { write: number } | { read: true } | { expect: number; write: number }
type Output = number | boolean

const register: Model<number, Input, Output> = {
  initial: 0,
  step(state, input, output) {
    const [after, answer] = apply(state, input)
    return output === undefined || output === answer ? [after] : []
  },
  key: String,
}

function apply(state: number, input: Input): [after: number, answer: Output] {
  if ('read' in input) return [state, state]
  if ('expect' in input) return input.expect === state ? [input.write, true] : [state, false]
  return [input.write, true]
}

const write = (value: number): Input => ({ write: value })
const read: Input = { read: true }
const swap = (from: number, to: number): Input => ({ expect: from, write: to })

let clients = 0
/** A call with its answer, from one moment to another. */
const call = (input: Input, output: Output, invoked: number, answered: number): Call<Input, Output> => ({
  client: clients++,
  input,
  output,
  invoked,
  answered,
})
/** A call that was never answered. */
const pending = (input: Input, invoked: number): Call<Input, Output> => ({
  client: clients++,
  input,
  output: undefined,
  invoked,
  answered: Infinity,
})

const verdictOf = (...history: Call<Input, Output>[]) => check(register, history).verdict

describe('a history of a register is linearizable', () => {
  it('if it is empty', () => {
    expect(verdictOf()).toBe('linearizable')
  })

  it('if its calls came one after another, as their answers say', () => {
    expect(verdictOf(call(write(1), true, 0, 1), call(read, 1, 2, 3), call(write(2), true, 4, 5))).toBe('linearizable')
  })

  it.each([0, 1])('if a read that overlaps a write sees it, or does not: %d', (seen) => {
    expect(verdictOf(call(write(1), true, 0, 10), call(read, seen, 2, 3))).toBe('linearizable')
  })

  it('if calls that touch at one moment are taken to overlap', () => {
    expect(verdictOf(call(write(1), true, 0, 2), call(read, 0, 2, 3))).toBe('linearizable')
  })

  it('if two that compare and write have each found what they expect', () => {
    expect(verdictOf(call(swap(0, 1), true, 0, 10), call(swap(1, 0), true, 0, 10), call(read, 0, 11, 12))).toBe(
      'linearizable',
    )
  })

  it.each([
    ['was done', [1, 1]],
    ['was never done', [0, 0]],
    ['was done late', [0, 1]],
  ])('if a write without an answer %s', (_, [first, second]) => {
    const reads = [call(read, first as number, 2, 3), call(read, second as number, 4, 5)]
    expect(verdictOf(pending(write(1), 0), ...reads)).toBe('linearizable')
  })

  it('if an order must be taken back many calls later', () => {
    const history = [
      call(write(1), true, 0, 10),
      call(write(2), true, 0, 10),
      call(write(3), true, 0, 10),
      call(read, 3, 11, 12),
      call(read, 3, 13, 14),
    ]
    expect(verdictOf(...history)).toBe('linearizable')
  })
})

describe('a history of a register is broken', () => {
  it('by a read that is stale', () => {
    expect(verdictOf(call(write(1), true, 0, 1), call(read, 0, 2, 3))).toBe('broken')
  })

  it('by a read of what nobody wrote', () => {
    expect(verdictOf(call(write(1), true, 0, 10), call(read, 7, 0, 10))).toBe('broken')
  })

  it('by an update that is lost', () => {
    const history = [call(swap(0, 1), true, 0, 10), call(swap(1, 2), true, 11, 12), call(read, 1, 13, 14)]
    expect(verdictOf(...history)).toBe('broken')
  })

  it('by two that compare and write and both have found the same', () => {
    expect(verdictOf(call(swap(0, 1), true, 0, 10), call(swap(0, 2), true, 0, 10))).toBe('broken')
  })

  it('by one that compares and writes, and is refused though it finds what it expects', () => {
    expect(verdictOf(call(swap(0, 1), false, 0, 1))).toBe('broken')
  })

  it('by reads that see two writes in different orders', () => {
    const writes = [call(write(1), true, 0, 100), call(write(2), true, 0, 100)]
    const reads = [call(read, 1, 1, 2), call(read, 2, 3, 4), call(read, 1, 5, 6)]
    expect(verdictOf(...writes, ...reads)).toBe('broken')
  })

  it('by a write without an answer that is seen, and then not any more', () => {
    expect(verdictOf(pending(write(1), 0), call(read, 1, 2, 3), call(read, 0, 4, 5))).toBe('broken')
  })

  it('by a write without an answer that is seen before it was asked for', () => {
    expect(verdictOf(call(read, 1, 0, 1), pending(write(1), 2))).toBe('broken')
  })
})

describe('a model with several states to go to', () => {
  /** A coin that nobody sees fall. */
  const coin: Model<string, 'toss' | 'look', string> = {
    initial: 'none',
    step(state, input, output) {
      if (input === 'toss') return ['heads', 'tails']
      return output === undefined || output === state ? [state] : []
    },
    key: (state) => state,
  }
  const toss = { client: 1, input: 'toss', output: 'done', invoked: 0, answered: 1 } as const
  const look = (output: string, at: number) =>
    ({ client: 2, input: 'look', output, invoked: at, answered: at }) as const

  it('lets a history pass that one of them explains', () => {
    expect(check(coin, [toss, look('tails', 2), look('tails', 3)]).verdict).toBe('linearizable')
    expect(check(coin, [toss, look('heads', 2)]).verdict).toBe('linearizable')
  })

  it('and none that none of them does', () => {
    expect(check(coin, [toss, look('tails', 2), look('heads', 3)]).verdict).toBe('broken')
    expect(check(coin, [toss, look('none', 2)]).verdict).toBe('broken')
  })
})

describe('a search', () => {
  const many = Array.from({ length: 12 }, (_, index) => call(write(index), true, 0, 100))

  it('remembers what it has tried, so that many calls at once are no matter', () => {
    const { verdict, steps } = check(register, [...many, call(read, 99, 101, 102)])
    expect(verdict).toBe('broken')
    // There are 12! orders of them, which is half a thousand million.
    expect(steps).toBeLessThan(200_000)
  })

  it('says so when it would take too long', () => {
    expect(check(register, [...many, call(read, 99, 101, 102)], 1000).verdict).toBe('undecided')
  })
})

const input: fc.Arbitrary<Input> = fc.oneof(
  fc.integer({ min: 1, max: 3 }).map(write),
  fc.constant(read),
  fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 3 })).map(([from, to]) => swap(from, to)),
)
/** A call that is done at its place in the list, from so long before until so long after; some are never answered. */
const done = fc.record({
  input,
  before: fc.double({ min: 0, max: 3, noNaN: true }),
  after: fc.double({ min: 0, max: 3, noNaN: true }),
  lost: fc.constantFrom(false, false, false, false, true),
})
type Done = typeof done extends fc.Arbitrary<infer T> ? T : never

/** The history of a register that has done these calls in this order. */
function historyOf(calls: readonly Done[]): Call<Input, Output>[] {
  let state = 0
  return calls.map(({ input: asked, before, after, lost }, index) => {
    const [next, answer] = apply(state, asked)
    state = next
    return lost ? pending(asked, index - before) : call(asked, answer, index - before, index + after)
  })
}

/** Whether any order explains the answers, by trying all of them. */
function explained(history: readonly Call<Input, Output>[], state = 0): boolean {
  const open = history.filter(({ answered }) => answered < Infinity)
  if (!open.length) return true
  const earliest = Math.min(...open.map(({ answered }) => answered))
  return history.some((next) => {
    if (next.invoked > earliest) return false
    const [after, answer] = apply(state, next.input)
    if (next.output !== undefined && next.output !== answer) return false
    return explained(
      history.filter((other) => other !== next),
      after,
    )
  })
}

describe('any history', () => {
  it('of something that did one call at a time is linearizable', () => {
    fc.assert(
      fc.property(fc.array(done, { maxLength: 40 }), (calls) => {
        expect(check(register, historyOf(calls)).verdict).toBe('linearizable')
      }),
    )
  })

  it('in which an answer was changed is broken just if no order explains it', () => {
    const verdicts = new Set<string>()
    fc.assert(
      fc.property(
        fc.array(done, { minLength: 1, maxLength: 7 }),
        fc.nat(),
        fc.constantFrom<Output>(0, 1, 2, 3, true, false),
        (calls, which, answer) => {
          const history = historyOf(calls)
          const index = which % history.length
          const changed = history.map((one, at) =>
            at === index && one.output !== undefined ? { ...one, output: answer } : one,
          )
          const { verdict } = check(register, changed)
          verdicts.add(verdict)
          expect(verdict).toBe(explained(changed) ? 'linearizable' : 'broken')
        },
      ),
      { numRuns: 2000 },
    )
    expect(verdicts).toEqual(new Set(['linearizable', 'broken']))
  })
})

describe('as little of a history as shows that it is broken', () => {
  it('is its beginning up to what cannot be, without what does not matter', () => {
    const stale = call(read, 0, 6, 7)
    const first = call(write(1), true, 0, 1)
    const running = call(write(2), true, 5, 20)
    const history = [first, call(read, 1, 2, 3), call(read, 1, 4, 5), running, stale, call(read, 2, 30, 31)]
    const isRead = (one: Call<Input, Output>) => 'read' in one.input
    expect(smallest(register, history, isRead)).toEqual([
      first,
      { ...running, output: undefined, answered: Infinity },
      stale,
    ])
  })
})
