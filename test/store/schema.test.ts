import { expect, it } from 'vitest'
import { apply } from '../../src/core/apply.ts'
import { NO_USAGE } from '../../src/core/quota.ts'
import { migrate, schemaVersion } from '../../src/object/schema.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { nodeDatabase, type NodeDatabase } from '../support/node-database.ts'
import { first, second, version1 } from '../support/migrations.ts'

it('brings an older database to the present version and keeps what is in it', () => {
  const database = nodeDatabase()
  migrate(database, [first])
  expect(schemaVersion(database.sql)).toBe(1)
  migrate(database, [first, second])
  expect(schemaVersion(database.sql)).toBe(2)
  expect(database.sql.exec('SELECT name, size FROM things').toArray()).toMatchObject([{ name: 'kept', size: 7 }])
})

it('does nothing to a database of the present version', () => {
  const database = nodeDatabase()
  migrate(database, [first])
  migrate(database, [first])
  expect(database.sql.exec('SELECT name FROM things').toArray()).toHaveLength(1)
})

it('leaves a database as it was when a migration fails', () => {
  const database = nodeDatabase()
  migrate(database, [first])
  expect(() => migrate(database, [first, second, 'CREATE TABLE things (x)'])).toThrow('already exists')
  expect(schemaVersion(database.sql)).toBe(1)
  expect(() => database.sql.exec('SELECT size FROM things')).toThrow('no such column')
})

it('refuses a database that a later version has written', () => {
  const database = nodeDatabase()
  migrate(database, [first, second])
  expect(() => migrate(database, [first])).toThrow('schema version 2, this program knows 1')
})

it('knows an empty database, and a store on it writes nothing before its first change', () => {
  const database = nodeDatabase()
  const store = new SqlStore(database)
  expect(store.config()).toBeUndefined()
  expect(store.outbox()).toEqual([])
  store.save()
  expect(schemaVersion(database.sql)).toBeUndefined()
  store.tick(1)
  expect(schemaVersion(database.sql)).toBeGreaterThan(0)
})

const NAME = 'projects/p/configs/c'
const POLICY = { version: 1, bindings: [{ role: 'roles/viewer', members: ['user:a@example.com'] }], changed: 5 }
const VARIABLES = [
  { path: 'ready/a', kind: 'text', contents: 'plain', updated: 6 },
  { path: 'ready/b', kind: 'text', contents: 'Zürich \u{1f3c1}', updated: 7 },
  { path: 'v', kind: 'value', contents: 'AAAA', updated: 8 },
  { path: 'w', kind: 'text', contents: 'a\u0000b', updated: 9 },
  { path: 'x', kind: 'text', contents: '', updated: 10 },
] as const
const SPEC = { timeout: '60s', success: { cardinality: { path: '/ready', number: 3 } } }

/** A database as version 1 left it, with a config in it: two waiters, of which one has ended. */
function databaseOfVersion1(): NodeDatabase {
  const database = nodeDatabase()
  migrate(database, [version1])
  const { sql } = database
  sql.exec('INSERT INTO config VALUES (0, ?, ?, ?)', NAME, 'old', JSON.stringify(POLICY))
  for (const { path, kind, contents, updated } of VARIABLES) {
    sql.exec('INSERT INTO variables VALUES (?, ?, ?, ?)', path, kind, contents, updated)
  }
  const insert = 'INSERT INTO waiters VALUES (?, ?, ?, ?, ?, ?)'
  sql.exec(insert, 'ended', JSON.stringify(SPEC), 11, 60_000_011, 12, 'success')
  sql.exec(insert, 'waiting', JSON.stringify(SPEC), 13, 60_000_013, null, null)
  sql.exec("INSERT INTO counters VALUES ('ready', 2)")
  sql.exec("INSERT INTO atoms VALUES ('ready', 3, 'waiting')")
  sql.exec('UPDATE meta SET stamp = 13')
  return database
}

it('counts exactly what a config of version 1 holds, and keeps all of it', () => {
  const database = databaseOfVersion1()
  const store = new SqlStore(database)
  expect(schemaVersion(database.sql)).toBeGreaterThan(1)
  const bytes = VARIABLES.map(({ path, contents }) => Buffer.byteLength(path) + Buffer.byteLength(contents))
  const usage = { variables: 5, bytes: bytes.reduce((sum, size) => sum + size), waiters: 2 }
  expect(store.usage()).toEqual(usage)
  expect(store.config()).toEqual({ name: NAME, description: 'old', policy: POLICY, created: 0, updated: 13 })
  expect([...store.variables('')]).toEqual(VARIABLES)
  expect(Array.from(store.waiters(''), ({ id, end }) => [id, end])).toEqual([
    ['ended', { at: 12, how: 'success' }],
    ['waiting', undefined],
  ])
  expect(new SqlStore(database).usage()).toEqual(usage)
})

it('goes on from a config of version 1: stamps increase, waiters end, and what is deleted is given back', () => {
  const store = new SqlStore(databaseOfVersion1())
  const circumstances = { now: 1, heard: () => true }
  const input = { kind: 'text', contents: '' } as const
  const { events } = apply(store, { type: 'createVariable', path: 'ready/c', input, requestId: '' }, circumstances)
  expect(events).toMatchObject([
    { kind: 'variable', stamp: 14 },
    { waiter: { id: 'waiting', end: { how: 'success' } } },
  ])
  for (const path of ['ready', 'v', 'w', 'x']) {
    apply(store, { type: 'deleteVariable', path, recursive: true }, circumstances)
  }
  for (const id of ['ended', 'waiting']) apply(store, { type: 'deleteWaiter', id }, circumstances)
  expect(store.usage()).toEqual(NO_USAGE)
})

it('counts nothing in a database of version 1 whose config was deleted', () => {
  const database = nodeDatabase()
  migrate(database, [version1])
  expect(new SqlStore(database).usage()).toEqual(NO_USAGE)
})
