import { expect, it } from 'vitest'
import { concerns, partsOf, resumeStamp, type Leg, type Message } from './recording.ts'

const at = (stamp: string, ...names: string[]): Message => ({
  stamp,
  changes: names.map((name) => ({ name, text: '' })),
})

it('knows what a subtree is, and that the ends of waiters concern all', () => {
  expect(['a', 'a/1', 'ab', 'b/a', 'waiters/w'].filter((name) => concerns('a', { name }))).toEqual([
    'a',
    'a/1',
    'waiters/w',
  ])
})

it('tells what a leg begins with from what comes live', () => {
  const [past, mark, live] = [at('2', 'a'), at('3'), at('4', 'b')]
  const parts = (leg: Leg) => partsOf(leg)
  const messages = [past, mark, live]
  expect(parts({ from: { after: '1' }, messages })).toEqual({
    kind: 'since',
    first: [past, mark],
    through: '3',
    live: [live],
  })
  expect(parts({ from: { after: '1' }, messages: [past] })).toMatchObject({ through: undefined, live: [] })
  const state = [{ ...at('3', 'a'), more: true }, at('3', 'b'), live]
  expect(parts({ from: 'state', messages: state })).toMatchObject({ kind: 'state', through: '3', live: [live] })
  expect(parts({ from: { after: '1' }, messages: [{ ...past, reset: true }, live] })).toMatchObject({
    kind: 'state',
    through: '2',
    live: [live],
  })
})

it('comes back behind the last that can be resumed from', () => {
  expect(resumeStamp([])).toBeUndefined()
  expect(resumeStamp([{ from: 'now', messages: [at('1'), at('2', 'a')] }])).toBe('2')
  expect(resumeStamp([{ from: 'state', messages: [{ ...at('3', 'a'), more: true }] }])).toBeUndefined()
})
