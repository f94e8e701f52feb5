/** What lies at a path, and what it is compared with. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Until } from '../../src/client/acceptors.ts'
import { InvalidArgumentError } from '../../src/client/errors.ts'
import type { Snapshot } from '../../src/client/observation.ts'
import { readPath } from '../../src/client/path.ts'
import { wait } from '../../src/client/wait.ts'
import { absent, ended, expectQuiet, httpError, present, refuses, scripted, useFakeClock } from './fake.ts'
import type { Step } from './fake.ts'

useFakeClock()

/** How a wait ends that takes one look. */
async function judged(until: unknown, look: Snapshot<unknown> | Step<never>) {
  const waiting = wait(scripted<unknown>([look]), until as Until<unknown>, { timeout: '1m', maxAttempts: 1 })
  const { value: outcome } = await ended(waiting.settle())
  if (!outcome) throw new Error('did not settle')
  return outcome
}

/** Whether a matcher matches a value. Throws what that throws. */
async function matches(matcher: unknown, value: unknown): Promise<boolean> {
  const outcome = await judged({ success: { it: matcher } }, present(value))
  if (outcome.status === 'error') throw outcome.error.cause
  expect(['success', 'timeout']).toContain(outcome.status)
  return outcome.status === 'success'
}

const output = (path: string, comparator: string, expected: unknown) => ({ output: { path, comparator, expected } })

describe('matchers', () => {
  it('B17: every member of a list is to be equal, and there is to be one', async () => {
    for (const all of [
      { path: 'states', allEqual: 'GOOD' },
      { path: 'states[*]', allEqual: 'GOOD' },
      output('states', 'allStringEquals', 'GOOD'),
      output('states[*]', 'allStringEquals', 'GOOD'),
    ]) {
      expect(await matches(all, { states: ['GOOD', 'GOOD'] })).toBe(true)
      expect(await matches(all, { states: ['GOOD'] })).toBe(true)
      expect(await matches(all, { states: ['GOOD', 'BAD'] })).toBe(false)
      expect(await matches(all, { states: ['BAD', 'GOOD'] })).toBe(false)
      expect(await matches(all, { states: [] })).toBe(false)
      expect(await matches(all, { states: 'GOOD' })).toBe(false)
      expect(await matches(all, { states: { 0: 'GOOD' } })).toBe(false)
      expect(await matches(all, { states: null })).toBe(false)
      expect(await matches(all, {})).toBe(false)
    }
  })

  it('B17: the members may lie deeper, and a member that lacks the field is left out', async () => {
    const all = { path: 'nodes[*].state', allEqual: 'UP' }
    expect(await matches(all, { nodes: [{ state: 'UP' }, { state: 'UP' }] })).toBe(true)
    expect(await matches(all, { nodes: [{ state: 'UP' }, { state: 'DOWN' }] })).toBe(false)
    expect(await matches(all, { nodes: [{ state: 'UP' }, {}, { state: null }] })).toBe(true)
    expect(await matches({ path: 'nodes[*].state', equals: 'UP' }, { nodes: [{}, { state: 'UP' }] })).toBe(true)
    expect(await matches(all, { nodes: [] })).toBe(false)
    expect(await matches(all, { nodes: [{}, {}] })).toBe(false)
    expect(
      await matches({ path: 'pools[*].nodes[*].state', allEqual: 'UP' }, { pools: [{ nodes: [{ state: 'UP' }] }] }),
    ).toBe(true)
  })

  it('B18: one member of a list that is equal will do', async () => {
    for (const any of [
      { path: 'states', anyEqual: 'GOOD' },
      { path: 'states[]', anyEqual: 'GOOD' },
      output('states', 'anyStringEquals', 'GOOD'),
    ]) {
      expect(await matches(any, { states: ['GOOD', 'FAIL'] })).toBe(true)
      expect(await matches(any, { states: ['FAIL', 'GOOD'] })).toBe(true)
      expect(await matches(any, { states: ['FAIL'] })).toBe(false)
      expect(await matches(any, { states: [] })).toBe(false)
      expect(await matches(any, { states: 'GOOD' })).toBe(false)
      expect(await matches(any, {})).toBe(false)
    }
  })

  it('B19: what looks at a value never matches an error, nor absence', async () => {
    const looking: unknown[] = [
      { path: 'status' },
      { path: 'status', equals: 403 },
      { path: 'message', notEquals: 'x' },
      { path: 'status', atLeast: 1 },
      output('status', 'stringEquals', '403'),
      { not: { path: 'nothing' } },
      { all: [{ path: 'status' }] },
      { any: [{ path: 'status' }] },
      () => true,
      { success: true },
    ]
    for (const matcher of looking) {
      const until = { success: { it: matcher } }
      expect(await judged(until, refuses(httpError(403)))).toMatchObject({ status: 'error' })
      expect(await judged(until, refuses(httpError(404)))).toMatchObject({ status: 'notFound' })
      expect(await judged(until, absent())).toMatchObject({ status: 'notFound' })
    }
  })

  it('B20: a value that tells of an error is a value', async () => {
    const value = { status: 'done', Error: { Code: 'NotFound' }, error: { code: 404 }, code: 'NotFound' }
    expect(await matches({ path: 'status', equals: 'done' }, value)).toBe(true)
    expect(await matches({ success: true }, value)).toBe(true)
    expect(await matches({ success: false }, value)).toBe(false)
    expect(await matches({ errorType: 'NotFound' }, value)).toBe(false)
  })

  it('B21: a path that leads nowhere is not met, and is no error', async () => {
    const nowhere = ['a', 'a.b', 'a[0].b', 'a[*].b', 'constructor', '__proto__', 'toString.name', '["a b"]']
    for (const path of nowhere) {
      for (const value of [{}, [], null, undefined, 3, true, 'text', { a: null }, { A: 1 }]) {
        for (const rest of [{}, { equals: 'x' }, { notEquals: 'x' }, { atLeast: 0 }, { prefix: 'x' }]) {
          expect(await matches({ path, ...rest }, value)).toBe(false)
        }
      }
    }
  })

  it('B21: one goes on waiting until the path is there', async () => {
    const target = scripted<unknown>([present({}), present({ status: {} }), present({ status: { phase: 'Up' } })])
    const until = { success: { path: 'status.phase', equals: 'Up' } }
    expect((await ended(wait(target, until, { timeout: '1m' }))).value).toMatchObject({ attempts: 3 })
    await expectQuiet(target.script)
  })

  it('B22: without a comparison whatever is not empty is met', async () => {
    for (const full of ['x', 0, 3, true, false, { a: 1 }, ['x'], [[]], 5n]) {
      expect(await matches({ path: 'a.b' }, { a: { b: full } })).toBe(true)
    }
    for (const empty of ['', null, undefined, {}, []])
      expect(await matches({ path: 'a.b' }, { a: { b: empty } })).toBe(false)
  })

  it('B23: several values where one was meant are an error, and no match', async () => {
    const value = { items: [{ state: 'UP' }, { state: 'DOWN' }] }
    for (const rest of [{}, { equals: 'UP' }, { notEquals: 'X' }, { oneOf: ['UP'] }, { prefix: 'U' }, { atMost: 3 }]) {
      await expect(matches({ path: 'items[*].state', ...rest }, value)).rejects.toBeInstanceOf(InvalidArgumentError)
    }
    const target = scripted<unknown>([present(value)])
    const until = { success: { path: 'items[*].state', equals: 'UP' } }
    const { value: outcome } = await ended(wait(target, until, { timeout: '1m' }).settle())
    expect(outcome).toMatchObject({ status: 'error', error: { code: 'ERROR', attempts: 1 } })
    expect((outcome as { error: Error }).error.message).toContain('2 values')
    await expectQuiet(target.script)
  })

  it('B23: a list with one member has one value', async () => {
    expect(await matches({ path: 'items[*].state', equals: 'UP' }, { items: [{ state: 'UP' }] })).toBe(true)
  })

  it('B24: values are compared as they print', async () => {
    const value = { yes: true, no: false, three: 3, half: 0.5, text: 'Running', big: 12345678901234567890n }
    const same: [string, unknown, unknown][] = [
      ['yes', true, 'true'],
      ['no', false, 'false'],
      ['three', 3, '3'],
      ['half', 0.5, '0.5'],
      ['text', 'Running', 'Running'],
      ['big', '12345678901234567890', '12345678901234567890'],
    ]
    for (const [path, own, printed] of same) {
      for (const expected of [own, printed]) {
        expect(await matches({ path, equals: expected }, value)).toBe(true)
        expect(await matches({ path, oneOf: ['zzz', expected] }, value)).toBe(true)
        expect(await matches({ path, notEquals: expected }, value)).toBe(false)
        expect(await matches({ path: 'list', allEqual: expected }, { list: [value[path as 'yes']] })).toBe(true)
      }
      expect(await matches({ path, equals: 'else' }, value)).toBe(false)
    }
    expect(await matches({ path: 'text', equals: 'running' }, value)).toBe(false)
    expect(await matches(output('yes', 'booleanEquals', 'true'), value)).toBe(true)
    expect(await matches(output('yes', 'booleanEquals', 'false'), value)).toBe(false)
    expect(await matches(output('no', 'booleanEquals', 'false'), value)).toBe(true)
    expect(await matches(output('three', 'stringEquals', '3'), value)).toBe(true)
  })

  it('B24: what does not print as one word is equal to nothing', async () => {
    for (const value of [{}, { a: 'x' }, ['x'], [], null, undefined]) {
      expect(await matches({ path: 'a', equals: 'x' }, { a: value })).toBe(false)
      expect(await matches({ path: 'a', equals: '[object Object]' }, { a: value })).toBe(false)
      expect(await matches({ path: 'a', equals: 'undefined' }, { a: value })).toBe(false)
      expect(await matches({ path: 'a', oneOf: ['undefined', 'null'] }, { a: value })).toBe(false)
      expect(await matches({ path: 'a', notEquals: 'x' }, { a: value })).toBe(false)
    }
  })

  it('B25: a comparison with nothing is refused', async () => {
    for (const comparison of ['equals', 'notEquals', 'oneOf', 'prefix', 'allEqual', 'anyEqual', 'atLeast', 'atMost']) {
      for (const nothing of ['', null, undefined]) {
        await expect(matches({ path: 'a', [comparison]: nothing }, {})).rejects.toBeInstanceOf(InvalidArgumentError)
      }
    }
    await expect(matches({ path: 'a', oneOf: ['x', ''] }, {})).rejects.toBeInstanceOf(InvalidArgumentError)
    await expect(matches(output('a', 'stringEquals', ''), {})).rejects.toBeInstanceOf(InvalidArgumentError)
    await expect(matches(output('a', 'allStringEquals', undefined), {})).rejects.toBeInstanceOf(InvalidArgumentError)
  })

  it('B26: negation and order', async () => {
    expect(await matches({ path: 'a', notEquals: 'x' }, { a: 'y' })).toBe(true)
    expect(await matches({ not: { path: 'a', equals: 'x' } }, { a: 'y' })).toBe(true)
    expect(await matches({ not: { path: 'a', equals: 'x' } }, { a: 'x' })).toBe(false)
    expect(await matches({ not: { path: 'a' } }, {})).toBe(true)
    for (const three of [3, '3', ' 3 ', '3.0', 3n]) {
      expect(await matches({ path: 'a', atLeast: 3 }, { a: three })).toBe(true)
      expect(await matches({ path: 'a', atMost: 3 }, { a: three })).toBe(true)
      expect(await matches({ path: 'a', atLeast: 3.5 }, { a: three })).toBe(false)
      expect(await matches({ path: 'a', atMost: 2.5 }, { a: three })).toBe(false)
    }
    expect(await matches({ path: 'a', atLeast: 9 }, { a: '10' })).toBe(true)
    for (const none of ['three', '', ' ', {}, [], [3], null, true, '3 of 5', Number.NaN]) {
      expect(await matches({ path: 'a', atLeast: -1000 }, { a: none })).toBe(false)
      expect(await matches({ path: 'a', atMost: 1000 }, { a: none })).toBe(false)
    }
    expect(await matches({ path: 'a', prefix: 'Run' }, { a: 'Running' })).toBe(true)
    expect(await matches({ path: 'a', prefix: 'run' }, { a: 'Running' })).toBe(false)
  })

  it('B27: one of several conditions will do', async () => {
    const either = {
      any: [
        { path: 'complete', equals: true },
        { path: 'failed', equals: true },
      ],
    }
    expect(await matches(either, { complete: true })).toBe(true)
    expect(await matches(either, { failed: true })).toBe(true)
    expect(await matches(either, { complete: false })).toBe(false)
  })

  it('B28: conditions that must all hold must hold at the same moment', async () => {
    const both = {
      success: {
        all: [
          { path: 'a', equals: 1 },
          { path: 'b', equals: 1 },
        ],
      },
    }
    const moments = [
      { a: 1, b: 0 },
      { a: 0, b: 1 },
      { a: 1, b: 0 },
      { a: 1, b: 1 },
    ]
    const target = scripted<unknown>(moments.map((moment, index) => present(moment, `${index}`)))
    const tracked = await ended(wait(target, both, { timeout: '5m' }))
    expect(tracked.value).toMatchObject({ attempts: 4, snapshot: { rev: '3' } })
  })

  it('conditions may be nested as deep as one likes', async () => {
    const is = (equals: string) => ({ path: 'a', equals })
    const nested = { all: [{ any: [is('x'), { not: is('y') }] }, { not: { all: [is('x'), is('z')] } }] }
    expect(await matches(nested, { a: 'x' })).toBe(true)
    expect(await matches(nested, { a: 'y' })).toBe(false)
    expect(await matches(nested, { a: 'z' })).toBe(true)
  })

  it('B26, B27, B28: combine as logic has it, in any combination', async () => {
    const value = { t: true, f: false }
    type Made = { readonly matcher: unknown; readonly holds: boolean }
    const leaf = fc.constantFrom<Made>(
      { matcher: { path: 't', equals: true }, holds: true },
      { matcher: { path: 'f', equals: true }, holds: false },
      { matcher: { success: true }, holds: true },
      { matcher: { errorType: 'NotFound' }, holds: false },
      { matcher: () => 'yes', holds: true },
      { matcher: () => '', holds: false },
      { matcher: async () => 1, holds: true },
      { matcher: async () => 0, holds: false },
    )
    const { made } = fc.letrec<{ made: Made }>((tie) => {
      const parts = fc.array(tie('made'), { minLength: 1, maxLength: 3 })
      return {
        made: fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          leaf,
          parts.map((all) => ({
            matcher: { all: all.map(({ matcher }) => matcher) },
            holds: all.every((one) => one.holds),
          })),
          parts.map((any) => ({
            matcher: { any: any.map(({ matcher }) => matcher) },
            holds: any.some((one) => one.holds),
          })),
          tie('made').map(({ matcher, holds }) => ({ matcher: { not: matcher }, holds: !holds })),
        ),
      }
    })
    await fc.assert(
      fc.asyncProperty(made, async ({ matcher, holds }) => {
        expect(await matches(matcher, value)).toBe(holds)
      }),
    )
  })

  it('says what is waited for: of each success its matcher, or the name of its function', async () => {
    const text = async (until: unknown) => {
      const outcome = await judged(until, present({ x: 0 }))
      if (outcome.status === 'success') throw new Error('matched')
      return outcome.error.wanted
    }
    expect(await text({ success: { path: 'phase', equals: 'Up' } })).toMatch(/phase.*Up/)
    expect(await text({ success: { up: { path: 'a', atLeast: 3 }, down: { path: 'b' } } })).toMatch(/3.*b/)
    expect(await text({ success: { all: [{ path: 'a' }, { success: true }] } })).toMatch(/a.*success/)
    expect(await text({ success: { path: 'abc' }, failure: { path: 'zzz' } })).toMatch(/^[^z]*abc[^z]*$/)
    expect(await text({ absent: 'success' })).toMatch(/gone/)
    expect(await text(function isReady() {})).toContain('isReady')
    expect(await text({ success: { path: 'abc' }, absent: 'success' })).toMatch(/abc.* or gone/)
    const list = [
      { state: 'failure', matcher: { path: 'zzz' } },
      { state: 'success', matcher: { errorType: 'NotFound' } },
    ]
    expect(await text(list)).toMatch(/NotFound/)
  })
})

describe('a path', () => {
  const at = (path: string, value: unknown) => readPath(path, 'path').read(value)

  it('leads to members of objects and lists, and may be written in several ways', async () => {
    const value = { a: { 'b c': [{ d: 1 }, { d: 2 }], '"': 3, '@type': 't' }, 0: 'zero' }
    expect(at('a["b c"][1].d', value)).toEqual([2])
    expect(at('$.a["b c"][0].d', value)).toEqual([1])
    expect(at('@.a["b c"][*].d', value)).toEqual([1, 2])
    expect(at('.a["b c"][].d', value)).toEqual([1, 2])
    expect(at('a["\\""]', value)).toEqual([3])
    expect(at('a.@type', value)).toEqual(['t'])
    expect(at('["a"]["@type"]', value)).toEqual(['t'])
    expect(at('[0]', ['first'])).toEqual(['first'])
    expect(at('a["b c"][2]', value)).toEqual([])
  })

  it('leads to own members alone', async () => {
    for (const path of ['constructor', 'toString', '__proto__', 'a.constructor.name']) {
      expect(at(path, { a: {} })).toEqual([])
    }
    expect(at('__proto__', JSON.parse('{"__proto__": 1}'))).toEqual([1])
  })

  it('A17: is read, or refused with the position, whatever it is', async () => {
    const parts = fc.constantFrom(
      'a',
      '.',
      '[',
      ']',
      '"',
      '\\',
      '*',
      '0',
      '$',
      '@',
      ' ',
      '\n',
      '["a b"]',
      '[*]',
      '|',
      'ü',
    )
    const texts = fc.oneof(
      fc.string(),
      fc.array(parts, { maxLength: 10 }).map((some) => some.join('')),
    )
    fc.assert(
      fc.property(texts, fc.anything(), (text, value) => {
        let path
        try {
          path = readPath(text, 'until.path')
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgumentError)
          expect((error as InvalidArgumentError).argument).toBe('until.path')
          const position = /position (\d+)/.exec((error as Error).message)?.[1]
          expect(text === '' || Number(position) < text.length).toBe(true)
          return
        }
        expect(Array.isArray(path.read(value))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('leads to what lies there, for whatever names', async () => {
    const steps = fc.array(fc.oneof(fc.string(), fc.nat(5)), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(steps, fc.constantFrom('x', 0, false, 7), (names, leaf) => {
        const value = names.reduceRight<unknown>((inner, name) => {
          if (typeof name === 'number') return Array.from({ length: name + 1 }, (_, index) => index === name && inner)
          return Object.fromEntries([[name, inner]])
        }, leaf)
        const text = names.map((name) => `[${JSON.stringify(name)}]`).join('')
        expect(at(text, value)).toEqual([leaf])
        expect(at(text, {})).toEqual([])
      }),
    )
  })
})
