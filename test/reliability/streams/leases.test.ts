import { expect, it } from 'vitest'
import { expiriesOf } from './leases.ts'

const LIVES = new Map([
  [
    'a',
    [
      { from: '1', expires: '3' },
      { from: '5', expires: '7' },
    ],
  ],
  ['b', [{ from: '1', expires: '3' }]],
])
const gone = (path: string, stamp: string) => ({ path, stamp })

it('finds out when what expired, from all that was told of it', () => {
  const told = [gone('a', '3'), gone('b', '3'), gone('a', '8'), gone('b', '3')]
  expect(expiriesOf(LIVES, told)).toEqual([
    { stamp: '3', changes: [{ name: 'a' }, { name: 'b' }] },
    { stamp: '8', changes: [{ name: 'a' }] },
  ])
})

it('objects to what is gone before its time, or was never there', () => {
  expect(() => expiriesOf(LIVES, [gone('a', '2')])).toThrow('before its time')
  expect(() => expiriesOf(LIVES, [gone('a', '6')])).toThrow('before its time')
  expect(() => expiriesOf(LIVES, [gone('c', '9')])).toThrow('before its time')
})

it('objects to what expires twice', () => {
  expect(() => expiriesOf(LIVES, [gone('b', '3'), gone('b', '4')])).toThrow('once')
})
