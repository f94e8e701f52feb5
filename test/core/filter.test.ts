import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readFilter } from '../../src/core/filter.ts'
import { isUnder } from '../../src/core/name.ts'

const PATHS = ['a', 'a-b', 'ab', 'foo/a', 'foo/b/c', 'foo-x', 'status/success/1', 'status/successful']
const chosen = (filter: string) => PATHS.filter(readFilter(filter).test)

it.each([
  ['', PATHS],
  ['/', PATHS],
  ['foo', ['foo/a', 'foo/b/c']],
  ['/foo/', ['foo/a', 'foo/b/c']],
  ['a', ['a']],
  ['projects/p/configs/c/variables/foo', ['foo/a', 'foo/b/c']],
  ['projects/p/config/c/variables/a', ['a']],
  ['projects/p/configs/c/variables/', PATHS],
  ['foo/*', ['foo/a', 'foo/b/c']],
  ['foo*', ['foo/a', 'foo/b/c', 'foo-x']],
  ['*', PATHS],
  ['*/a', ['foo/a']],
  ['status/success*', ['status/success/1', 'status/successful']],
  ['s*s*s', []],
  ['s*/*1', ['status/success/1']],
  ['nothing', []],
  ['(][', []],
])('%j lets through what it names', (filter, expected) => expect(chosen(filter)).toEqual(expected))

it('never lets through what its root does not hold, and treats stars as a pattern would', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), maxLength: 8 })
  const path = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(text, path, (filter, candidate) => {
      const clean = candidate.split('/').filter(Boolean).join('/')
      const { root, test } = readFilter(filter)
      if (test(clean)) expect(isUnder(root, clean)).toBe(true)
      const collapsed = filter.split('/').filter(Boolean).join('/')
      if (!collapsed.includes('*')) return
      const pattern = new RegExp(`^${collapsed.split('*').join('.*')}$`)
      expect(test(clean)).toBe(pattern.test(clean))
    }),
  )
})
