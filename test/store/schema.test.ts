import { expect, it } from 'vitest'
import { migrate, schemaVersion } from '../../src/object/schema.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { nodeDatabase } from '../support/node-database.ts'
import { first, second } from '../support/migrations.ts'

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
  store.saveMeta()
  expect(schemaVersion(database.sql)).toBeUndefined()
  store.tick(1)
  expect(schemaVersion(database.sql)).toBeGreaterThan(0)
})
