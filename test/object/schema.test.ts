import { runInDurableObject } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { migrate, schemaVersion } from '../../src/object/schema.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { fresh, freshConfig } from './support.ts'
import { first, second } from '../support/migrations.ts'

it('is brought to the present version in the storage of an object, wholly or not at all', async () => {
  await runInDurableObject(fresh().object, (_, { storage }) => {
    migrate(storage, [first])
    expect(() => migrate(storage, [first, second, 'CREATE TABLE things (x)'])).toThrow('already exists')
    expect(schemaVersion(storage.sql)).toBe(1)
    migrate(storage, [first, second])
    expect(schemaVersion(storage.sql)).toBe(2)
    expect(storage.sql.exec('SELECT name, size FROM things').toArray()).toEqual([{ name: 'kept', size: 7 }])
  })
})

it('is left alone when a later version has written it, for this one cannot read it', async () => {
  const { object } = await freshConfig()
  await runInDurableObject(object, (_, { storage }) => {
    const present = schemaVersion(storage.sql) as number
    storage.sql.exec('UPDATE meta SET version = 99')
    expect(() => new SqlStore(storage)).toThrow('schema version 99')
    expect(schemaVersion(storage.sql)).toBe(99)
    storage.sql.exec('UPDATE meta SET version = ?', present)
  })
})
