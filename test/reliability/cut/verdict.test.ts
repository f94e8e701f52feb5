import { describe, expect, it } from 'vitest'
import type * as wire from '../../../src/core/wire.ts'
import { checkTold, checkWait, checkWrites, type Fact, type Waited } from './verdict.ts'

const fact = (at: number, name: string, text = `${name}${at}`): Fact => ({ stamp: `${at}`, name, text })
const FACTS = [fact(1, 'a'), fact(2, 'b'), fact(3, 'a'), fact(4, 'w', '')]

describe('writes', () => {
  const write = (text: string, stamp?: string) => ({ name: text.slice(0, 1), text, stamp })

  it.each([[[]], [[write('a1', '1'), write('a3', '3')]], [[write('b2'), write('c1')]]])(
    'may be done with or without an answer: %j',
    (writes) => expect(() => checkWrites(writes, FACTS)).not.toThrow(),
  )

  it.each([
    ['was told as done', [write('c1', '1')], FACTS],
    ['is made once', [write('b2')], [...FACTS, fact(5, 'b', 'b2')]],
    ['own moment', [write('b2', '3')], FACTS],
    ['own moment', [{ ...write('b2', '2'), name: 'a' }], FACTS],
  ])('%s', (promise, writes, facts) => expect(() => checkWrites(writes, facts)).toThrow(promise))
})

describe('a stream', () => {
  it.each([[FACTS], [FACTS.slice(1)]])('may leave out what was overtaken: %j', (told) =>
    expect(() => checkTold(told, FACTS)).not.toThrow(),
  )

  it.each([
    ['what happened', [...FACTS, fact(5, 'c')]],
    ['nothing twice', [...FACTS, fact(4, 'w', '')]],
    ['in order', [fact(2, 'b'), fact(1, 'a'), fact(3, 'a'), fact(4, 'w', '')]],
    ['the last change', FACTS.slice(0, 3)],
  ])('is not to be believed otherwise: %s', (promise, told) => expect(() => checkTold(told, FACTS)).toThrow(promise))
})

describe('a wait', () => {
  const waiter = (rest: Partial<wire.Waiter>) => ({ name: 'w', ...rest }) as wire.Waiter
  const succeeded = waiter({ done: true })
  const failed = waiter({ done: true, error: { code: 10, message: '' } })
  const waited = (status: string, rest: Partial<Waited> = {}) =>
    ({ waiter: 'w', timeoutMs: 1000, elapsedMs: 500, outcome: { status }, patient: true, ...rest }) as Waited

  it.each([
    ['success', succeeded],
    ['failure', failed],
    ['notFound', undefined],
  ])('ends as its waiter: %s', (status, final) => expect(() => checkWait(waited(status), final)).not.toThrow())

  it('may run out of time where it had no way to learn of the end', () => {
    expect(() => checkWait(waited('timeout', { elapsedMs: 1010, patient: false }), succeeded)).not.toThrow()
    expect(() => checkWait(waited('timeout', { elapsedMs: 1010 }), waiter({}))).not.toThrow()
  })

  it.each([
    ['by its deadline', waited('success', { elapsedMs: 3000 }), succeeded],
    ['does not give up', waited('timeout', { patient: false }), succeeded],
    ['as its waiter did', waited('success'), failed],
    ['as its waiter did', waited('failure'), succeeded],
    ['as its waiter did', waited('success'), waiter({})],
    ['as its waiter did', waited('notFound'), waiter({})],
    ['as its waiter did', waited('error', { patient: false }), succeeded],
    ['learns of the end', waited('timeout', { elapsedMs: 1010 }), succeeded],
  ])('must not be otherwise: %s', (promise, run, final) => expect(() => checkWait(run, final)).toThrow(promise))
})
