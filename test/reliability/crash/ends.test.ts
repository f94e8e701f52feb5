import { expect, it } from 'vitest'
import type * as wire from '../../../src/core/wire.ts'
import { Ends, now } from './ends.ts'

const NAME = 'projects/p/configs/c/waiters/w'
const OPERATION = NAME.replace('/waiters/', '/operations/waiters/')
const PENDING: wire.Waiter = {
  name: NAME,
  timeout: '1s',
  success: { cardinality: { path: '/', number: 1 } },
  createTime: '1',
}
const DONE: wire.Waiter = { ...PENDING, done: true, progress: { updateTime: '2', success: { have: 1, need: 1 } } }
const FAILED: wire.Waiter = { ...DONE, error: { code: 10, message: 'Failure condition satisfied.' } }

const seen = (waiter: wire.Waiter) => {
  const ends = new Ends()
  ends.saw(waiter, 'push')
  return ends
}

it('takes the same end by every way, whatever the order of its fields', () => {
  const ends = seen(DONE)
  ends.saw(Object.fromEntries(Object.entries(DONE).toReversed()) as unknown as wire.Waiter, 'list')
  ends.sawOperation({ name: OPERATION, done: true, response: { ...DONE, '@type': 'type' } }, now())
  expect(ends.count).toBe(1)
  expect(ends.of(NAME)).toEqual(DONE)
})

it('objects to another result, reason or time', () => {
  expect(() => seen(DONE).saw(FAILED, 'get')).toThrow('ends once')
  const later = { ...DONE, progress: { updateTime: '3', success: { have: 1, need: 1 } } }
  expect(() => seen(DONE).saw(later, 'get')).toThrow('ends once')
  const operation = { name: OPERATION, done: true as const, error: { code: 4, message: 'Timeout expired.' } }
  expect(() => seen(FAILED).sawOperation(operation, now())).toThrow('an operation says')
})

it('objects to one that waits again, but not to what was asked for before it ended', () => {
  const before = now()
  const ends = seen(FAILED)
  ends.saw(PENDING, 'get', before)
  ends.sawOperation({ name: OPERATION }, before)
  expect(() => ends.saw(PENDING, 'get')).toThrow('stays so')
  expect(() => ends.sawOperation({ name: OPERATION }, now())).toThrow('an operation says')
})
