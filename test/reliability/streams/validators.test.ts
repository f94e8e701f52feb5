import { expect, it } from 'vitest'
import type { Commit, Leg, Message, Recording } from './recording.ts'
import { VALIDATORS } from './validators.ts'

const set = (name: string, text: string) => ({ name, text })
const gone = (name: string) => ({ name })
const at = (stamp: string, ...changes: Commit['changes'][number][]): Message => ({ stamp, changes })
const behind = (after: string, ...messages: Message[]): Leg => ({ from: { after }, messages })
const fromNow = (...messages: Message[]): Leg => ({ from: 'now', messages })

/** The fifth expires, and ends a waiter; the sixth overtakes a part of the fourth. */
const COMMITS: readonly Commit[] = [
  at('1', set('a/1', 'one')),
  at('2', set('a/1', 'two'), set('ab', 'x')),
  at('3', gone('a/1')),
  at('4', set('a/1', 'four'), set('a/2', 'four'), set('b', 'four')),
  at('5', gone('ab'), set('waiters/w', 'success')),
  at('6', set('a/2', 'six')),
  at('7', set('b', 'seven')),
]
const [one, two, three, four, five, six, seven] = COMMITS as unknown as [
  Message,
  Message,
  Message,
  Message,
  Message,
  Message,
  Message,
]

const recording = (root: string, ...legs: Leg[]): Recording => ({
  commits: COMMITS,
  readings: [{ reader: 'r', root, legs }],
})

/** The names of the validators that object. */
const against = (bad: Recording) => [...VALIDATORS].filter(([, validate]) => validate(bad).length).map(([name]) => name)

it('takes what is told live', () => {
  const messages = [at('0'), one, two, three, at('3'), four, five, six, at('6'), at('6'), seven, at('7')]
  expect(against(recording('', fromNow(...messages)))).toEqual([])
})

it('takes a subtree, with the ends of all waiters and bookmarks of the whole', () => {
  const ofA = [one, at('2', set('a/1', 'two')), three, at('4', set('a/1', 'four'), set('a/2', 'four'))]
  const messages = [at('0'), ...ofA, at('5', set('waiters/w', 'success')), six, at('7')]
  expect(against(recording('a', fromNow(...messages)))).toEqual([])
})

it('takes a reader that comes back, to whom what was overtaken meanwhile is not told', () => {
  const missed = [at('4', set('a/1', 'four'), set('b', 'four')), five, six, at('6')]
  expect(
    against(recording('', fromNow(at('0'), one), behind('1', two, three, at('3')), behind('3', ...missed))),
  ).toEqual([])
})

it('takes a return that is cut before all was told', () => {
  const part = behind('3', at('4', set('a/1', 'four')))
  expect(against(recording('', fromNow(at('3')), part, behind('4', five, six, seven, at('7'))))).toEqual([])
})

it('takes a state, in several messages and at a return that comes too late', () => {
  const state = at('5', set('a/1', 'four'), set('a/2', 'four'))
  const rest = at('5', set('b', 'four'), set('waiters/w', 'success'))
  const leg = (from: Leg['from'], first: Message): Leg => ({ from, messages: [first, rest, six, at('6')] })
  expect(against(recording('', leg('state', { ...state, more: true })))).toEqual([])
  const reset = { ...state, more: true, reset: true }
  expect(against(recording('', fromNow(at('0'), one), leg({ after: '1' }, reset)))).toEqual([])
})

it('objects to what did not happen', () => {
  expect(against(recording('', fromNow(at('6'), at('7', set('b', 'eight')))))).toEqual(['truthful'])
  expect(against(recording('', fromNow(at('6'), seven, at('8', set('b', 'eight')))))).toEqual(['truthful'])
})

it('objects to what was not asked for', () => {
  expect(against(recording('a', fromNow(at('1'), two)))).toEqual(['truthful'])
})

it('objects to what is told out of order', () => {
  expect(against(recording('', fromNow(at('0'), two, one, three)))).toEqual(['ordered'])
  expect(against(recording('', fromNow(at('5'), six, at('5'))))).toEqual(['ordered'])
})

it('objects to what is told twice', () => {
  expect(against(recording('', fromNow(at('5'), six, seven), behind('6', seven, at('7'))))).toEqual([
    'unique',
    'atomic',
  ])
})

it('objects to what is told in parts', () => {
  const parts = [at('2', set('a/1', 'two')), at('2', set('ab', 'x'))]
  expect(against(recording('', fromNow(at('1'), ...parts)))).toEqual(['ordered', 'atomic'])
  expect(against(recording('', fromNow(at('1'), parts[0] as Message, three)))).toEqual(['atomic'])
})

it('objects to parts of which one comes behind a return', () => {
  const [part, rest] = [at('2', set('a/1', 'two')), at('2', set('ab', 'x'))]
  expect(against(recording('', fromNow(at('1'), part), behind('1', rest, three, at('3'))))).toContain('atomic')
})

it('objects to what is told behind a bookmark', () => {
  expect(against(recording('', fromNow(at('5'), at('6'), six, seven)))).toEqual(['bookmarkable'])
})

it('objects to a return that tells what was told, or leaves something out', () => {
  expect(against(recording('', behind('2', two, three, at('3'))))).toContain('resumable')
  expect(against(recording('', behind('2', four, at('4'))))).toEqual([])
  expect(against(recording('', behind('2', three, at('4'))))).toEqual(['resumable'])
  expect(against(recording('', behind('5', at('6'))))).toEqual(['resumable'])
  const partly = at('4', set('a/1', 'four'))
  expect(against(recording('', behind('3', partly, five, six, at('6'))))).toEqual(['atomic', 'resumable'])
})

it('objects to a gap in what is told live', () => {
  expect(against(recording('', fromNow(at('0'), one, three)))).toEqual(['reliable'])
  expect(against(recording('', fromNow(at('5'), at('6'))))).toEqual(['reliable'])
})

it('objects to a state that lacks something, or has too much', () => {
  const state = (...changes: Commit['changes'][number][]): Leg => ({ from: 'state', messages: [at('2', ...changes)] })
  expect(against(recording('', state(set('a/1', 'two'), set('ab', 'x'))))).toEqual([])
  expect(against(recording('', state(set('a/1', 'two'))))).toEqual(['whole'])
  expect(against(recording('', state(set('a/1', 'one'), set('ab', 'x'))))).toEqual(['whole'])
  expect(against(recording('', state(set('a/1', 'two'), set('ab', 'x'), set('b', 'x'))))).toEqual(['whole'])
})
