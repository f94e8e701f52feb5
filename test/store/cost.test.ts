import { expect, it } from 'vitest'
import { apply } from '../../src/core/apply.ts'
import type { Command } from '../../src/core/command.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
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
    submit({ type: 'createVariable', path: to, contents: { kind: 'text', contents: '' }, requestId: '' })
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

it('a write takes a few statements more for each waiter that it ends, and for no other', () => {
  const none = statementsOfAWrite(50, 'new/a', 0)
  const one = statementsOfAWrite(50, 'new/a', 1)
  const ten = statementsOfAWrite(50, 'new/a', 10)
  expect(ten - one).toBe(9 * (one - none - 1))
})
