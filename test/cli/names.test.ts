import { describe, expect, it } from 'vitest'
import { someOf } from '../../src/cli/names.ts'

describe('some of many names', () => {
  it.each([
    [['a', 'b', 'c'], 100, 'a, b, c'],
    [['a', 'b', 'c'], 7, 'a, b, c'],
    [['aa', 'bb', 'cc', 'dd'], 13, 'aa and 3 more'],
    [['aa', 'bb', 'cc', 'dd'], 14, 'aa, bb, cc, dd'],
    [['node-1', 'node-2'], 8, '2'],
    [['node-1'], 3, '1'],
    [[], 10, '0'],
  ])('of %j in %i characters are %j', (names, room, told) => expect(someOf(names, room)).toBe(told))

  it('are never cut within a name', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `node-${index}`)
    const told = someOf(names, 60)
    expect(told).toBe('node-0, node-1, node-2, node-3, node-4, node-5 and 4994 more')
  })
})
