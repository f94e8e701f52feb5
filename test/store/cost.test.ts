import { expect, it } from 'vitest'
import { apply } from '../../src/core/apply.ts'
import type { Command } from '../../src/core/command.ts'
import type { EndCondition } from '../../src/core/wire.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { ConfigAlone } from '../model/config.ts'
import { nodeDatabase } from '../support/node-database.ts'

/** A config with so many variables and waiters that wait for other paths; answers how many statements a write takes. */
function statementsOfAWrite(size: number, path: string, ends = 0): number {
  const database = nodeDatabase()
  const store = new SqlStore(database)
  const submit = (command: Command) => {
    const { outcome } = apply(store, command, { now: 1000, heard: () => true })
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault))
  }
  const write = (to: string) =>
    submit({ type: 'createVariable', path: to, input: { kind: 'text', contents: '' }, requestId: '' })
  const wait = (id: string, root: string, number: number) =>
    submit({
      type: 'createWaiter',
      id,
      spec: { timeout: '60s', success: { cardinality: { path: root, number } } },
      requestId: '',
    })
  submit({ type: 'createConfig', name: 'projects/p/configs/c', description: '', requestId: '' })
  for (let index = 0; index < size; index++) {
    write(`other/${index}`)
    wait(`w${index}`, `/other/${index}/x`, 1)
    wait(`v${index}`, '/other', size + 1 + index)
  }
  for (let index = 0; index < ends; index++) wait(`e${index}`, '/new', 1)
  const before = database.statements
  write(path)
  return database.statements - before
}

it('a write takes as many statements in a large config as in a small one', () => {
  expect(statementsOfAWrite(500, 'new/a')).toBe(statementsOfAWrite(5, 'new/a'))
  // Here the counter of /other moves, but no waiter stands exactly where it moves to.
  expect(statementsOfAWrite(500, 'other/a')).toBe(statementsOfAWrite(5, 'other/a'))
})

it('a write takes so many statements more for each waiter that it ends, and for no other', () => {
  const [one, ten, twenty] = [1, 10, 20].map((ends) => statementsOfAWrite(50, 'new/a', ends)) as [
    number,
    number,
    number,
  ]
  expect(ten).toBeGreaterThan(one)
  expect((twenty - ten) * 9).toBe((ten - one) * 10)
})

/** Statements of an update of `job`, while so many waiters wait that it does not concern. */
function statementsOfAnUpdate(waiters: readonly EndCondition[]): number {
  const database = nodeDatabase()
  const store = new SqlStore(database)
  const submit = (command: Command) => {
    const { outcome } = apply(store, command, { now: 1000, heard: () => true })
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault))
  }
  const text = (contents: string) => ({ kind: 'text' as const, contents })
  submit({ type: 'createConfig', name: 'projects/p/configs/c', description: '', requestId: '' })
  submit({ type: 'createVariable', path: 'job', input: text('begun'), requestId: '' })
  for (const [index, success] of waiters.entries()) {
    submit({ type: 'createWaiter', id: `w${index}`, spec: { timeout: '60s', success }, requestId: '' })
  }
  store.save()
  const before = database.statements
  submit({ type: 'updateVariable', path: 'job', input: text('half') })
  store.save()
  return database.statements - before
}

/** One waiter that has nothing to do with it: a write does not even look for counters then. */
const ELSEWHERE: readonly EndCondition[] = [{ cardinality: { path: '/elsewhere', number: 1 } }]

it('a write takes as many statements while others wait elsewhere as while nobody waits', () => {
  expect(statementsOfAnUpdate(ELSEWHERE)).toBe(statementsOfAnUpdate([]))
})

it('a write takes two statements more for a counter that it moves, unless a waiter stands where that comes to', () => {
  const halves = (number: number): EndCondition => ({ cardinality: { path: '/', number, match: { equals: 'half' } } })
  expect(statementsOfAnUpdate([halves(2)])).toBe(statementsOfAnUpdate([]) + 2)
  expect(statementsOfAnUpdate([halves(1)])).toBeGreaterThan(statementsOfAnUpdate([]) + 2)
})

it('writes of one transaction look for the counters of their place once, and write each down once', () => {
  const statements = (writes: number, waiters: number) => {
    const config = new ConfigAlone()
    for (let index = 0; index < waiters; index++)
      config.wait(`w${index}`, { cardinality: { path: '/crew', number: 99 } })
    config.store.save()
    const before = config.database.statements
    for (let index = 0; index < writes; index++) config.set(`crew/${index}`)
    config.store.save()
    return config.database.statements - before
  }
  expect(statements(1, 1)).toBe(statements(1, 0) + 2)
  expect(statements(20, 1)).toBe(statements(20, 0) + 2)
  expect(statements(20, 5)).toBe(statements(20, 0) + 2)
})

const many = (size: number, of: (index: number) => EndCondition) =>
  Array.from({ length: size }, (_, index) => of(index))

it('a write takes as many statements however many waiters compare the same variable with other texts', () => {
  const equals = (index: number) => ({ variable: { name: 'job', match: { equals: `done ${index}` } } })
  const oneOf = (index: number) => ({
    cardinality: { path: '/', number: 1, match: { oneOf: [`a${index}`, `b${index}`] } },
  })
  expect(statementsOfAnUpdate(many(300, equals))).toBe(statementsOfAnUpdate(ELSEWHERE))
  expect(statementsOfAnUpdate(many(300, oneOf))).toBe(statementsOfAnUpdate(ELSEWHERE))
})

it('a write takes as many statements however many rosters there are that it is not in', () => {
  const roster = (index: number) => ({
    cardinality: { path: '/', number: 2, members: [`host-${index}`, `host-${index + 1}`], match: { equals: 'half' } },
  })
  expect(statementsOfAnUpdate(many(300, roster))).toBe(statementsOfAnUpdate(ELSEWHERE))
})

it('an update takes as many statements however many waiters count the variable without a look at its text', () => {
  const counts = (index: number) => ({ cardinality: { path: '/job', number: 2 + index } })
  expect(statementsOfAnUpdate(many(300, counts))).toBe(statementsOfAnUpdate(ELSEWHERE))
})
