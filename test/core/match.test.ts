import { describe, expect, it } from 'vitest'
import { matches, MAX_OPTIONS, onlyTexts, readMatch, type MatchInput } from '../../src/core/match.ts'
import type { Match } from '../../src/core/wire.ts'

const fieldOf = (input: MatchInput) => {
  const read = readMatch(input, 'm')
  return !read.ok && read.fault.kind === 'invalidArgument' ? read.fault.field : undefined
}
const text = (contents: string) => ({ kind: 'text' as const, contents })
const hits = (match: Match, contents: string) => matches(match, text(contents))

describe('a match that is read', () => {
  it('needs a comparison', () => {
    expect(fieldOf({})).toBe('m')
    expect(fieldOf({ equals: undefined })).toBe('m')
  })

  it('may compare with the empty text', () => {
    for (const match of [{ equals: '' }, { notEquals: '' }, { prefix: '' }, { oneOf: [''] }]) {
      expect(readMatch(match, 'm')).toEqual({ ok: true, value: match })
    }
  })

  it('names 1 to 100 options', () => {
    const options = (count: number) => ({ oneOf: Array.from({ length: count }, (_, index) => `${index}`) })
    expect(fieldOf(options(0))).toBe('m.oneOf')
    expect(fieldOf(options(MAX_OPTIONS))).toBeUndefined()
    expect(fieldOf(options(MAX_OPTIONS + 1))).toBe('m.oneOf')
  })

  it('compares with texts that a variable can hold, and names the one that is too long', () => {
    const [fits, long] = ['x'.repeat(4095), 'x'.repeat(4096)]
    for (const name of ['equals', 'notEquals', 'prefix'] as const) {
      expect(fieldOf({ [name]: fits })).toBeUndefined()
      expect(fieldOf({ [name]: long })).toBe(`m.${name}`)
    }
    expect(fieldOf({ oneOf: ['', long] })).toBe('m.oneOf')
  })

  it('has no empty range', () => {
    expect(fieldOf({ atLeast: 2, atMost: 1 })).toBe('m.atMost')
    expect(fieldOf({ atLeast: 2, atMost: 2 })).toBeUndefined()
  })

  it('reads the same in whatever order its comparisons were sent, so that waiters can share a counter', () => {
    const one = readMatch({ equals: 'a', prefix: 'a', atMost: 1 }, 'm')
    expect(JSON.stringify(readMatch({ atMost: 1, prefix: 'a', equals: 'a' }, 'm'))).toBe(JSON.stringify(one))
  })
})

describe('a text', () => {
  it('matches what it equals, and no more than that', () => {
    expect(hits({ equals: 'a' }, 'a')).toBe(true)
    for (const other of ['', 'A', 'aa', ' a']) expect(hits({ equals: 'a' }, other)).toBe(false)
    expect(hits({ equals: '' }, '')).toBe(true)
    expect(hits({ equals: '' }, 'a')).toBe(false)
  })

  it('matches all but what it is not to equal', () => {
    expect(hits({ notEquals: 'a' }, 'a')).toBe(false)
    expect(hits({ notEquals: 'a' }, '')).toBe(true)
    expect(hits({ notEquals: '' }, '')).toBe(false)
  })

  it('matches one of several, or what it begins with', () => {
    expect(hits({ oneOf: ['a', 'b'] }, 'b')).toBe(true)
    expect(hits({ oneOf: ['a', 'b'] }, 'c')).toBe(false)
    expect(hits({ prefix: 'ab' }, 'abc')).toBe(true)
    expect(hits({ prefix: 'ab' }, 'a')).toBe(false)
    expect(hits({ prefix: '' }, '')).toBe(true)
  })

  it('must stand all comparisons', () => {
    const match = { notEquals: '7', prefix: '7', atLeast: 70, atMost: 79 }
    expect(hits(match, '75')).toBe(true)
    for (const other of ['7', '80', '69', '700', '7x']) expect(hits(match, other)).toBe(false)
  })
})

describe('a text that is to be a number', () => {
  it.each([
    ['10', true],
    [' 10 ', true],
    ['\t10\n', true],
    ['+10.', true],
    ['010', true],
    ['1e1', true],
    ['.1E+2', true],
    ['10.5', false],
    ['9.999', false],
    ['1e3', false],
    ['-10', false],
    ['', false],
    [' ', false],
    ['abc', false],
    ['10 s', false],
    ['10,0', false],
    ['1_0', false],
    ['0xa', false],
    ['0b1010', false],
    ['1 0', false],
    ['.', false],
    ['e1', false],
    ['NaN', false],
  ])('%j is between 10 and 10: %s', (contents, expected) => {
    expect(hits({ atLeast: 10, atMost: 10 }, contents)).toBe(expected)
  })

  it('is neither above nor below anything if it is none', () => {
    for (const contents of ['abc', '', 'Infinity', '-Infinity', 'null']) {
      expect(hits({ atLeast: -1e308 }, contents)).toBe(false)
      expect(hits({ atMost: 1e308 }, contents)).toBe(false)
    }
  })

  it('may be negative, and 0 is a bound as any other', () => {
    expect(hits({ atMost: 0 }, '-3')).toBe(true)
    expect(hits({ atLeast: 0 }, '-3')).toBe(false)
    expect(hits({ atLeast: 0 }, '-0')).toBe(true)
  })
})

describe('bytes', () => {
  const value = { kind: 'value' as const, contents: 'MTA=' }

  it('match nothing, not even that they are not some text', () => {
    const all: Match[] = [
      { equals: 'MTA=' },
      { notEquals: 'x' },
      { oneOf: ['MTA='] },
      { prefix: '' },
      { atLeast: -1 },
      { atMost: 1000 },
    ]
    for (const match of all) expect(matches(match, value)).toBe(false)
  })

  it('are there as any variable, where nothing is compared', () => {
    expect(matches(undefined, value)).toBe(true)
  })
})

it('a match tells which texts alone can match, if it names them', () => {
  expect(onlyTexts({ equals: '' })).toEqual([''])
  expect(onlyTexts({ oneOf: ['a', 'b', 'a'] })).toEqual(['a', 'b'])
  expect(onlyTexts({ equals: 'a', oneOf: ['a', 'b'] })).toEqual(['a'])
  expect(onlyTexts({ notEquals: 'a', prefix: 'b' })).toBeUndefined()
})
