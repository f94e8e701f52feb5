import { expect, it } from 'vitest'
import { takeTogether } from '../../src/http/batch.ts'

const MIB = 2 ** 20
const frames = (count: number, length: number) => Array.from({ length: count }, (_, id) => ({ id, length }))
const idsOf = (taken: readonly { readonly id: number }[]) => taken.map(({ id }) => id)

it('takes all that wait, in order, if they are few and small', () => {
  const waiting = frames(3, 100)
  expect(idsOf(takeTogether(waiting))).toEqual([0, 1, 2])
  expect(waiting).toEqual([])
})

it('takes no more at once than a call should carry, and leaves the others', () => {
  const many = frames(1000, 100)
  const first = takeTogether(many)
  expect(first.length).toBeLessThan(1000)
  expect(idsOf([...first, ...many])).toEqual(idsOf(frames(1000, 100)))
})

it('takes far fewer characters at once than the 32 MiB that a call can have', () => {
  const waiting = frames(200, MIB / 4)
  while (waiting.length) {
    const taken = takeTogether(waiting)
    expect(taken.length).toBeGreaterThan(0)
    expect(taken.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(8 * MIB)
  }
})

it('takes at least one, however large', () => {
  const waiting = frames(2, 100 * MIB)
  expect(idsOf(takeTogether(waiting))).toEqual([0])
  expect(idsOf(waiting)).toEqual([1])
})
