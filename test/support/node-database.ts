/** A Durable Object's storage in plain Node: the same SQLite, so that what runs on it here runs on the same statements. */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { CommitStorage } from '../../src/object/commits.ts'
import type { Row } from '../../src/object/schema.ts'

export interface NodeDatabase extends CommitStorage {
  /** How many statements were executed so far. */
  readonly statements: number
}

export function nodeDatabase(): NodeDatabase {
  const database = new DatabaseSync(':memory:')
  const prepared = new Map<string, StatementSync>()
  let statements = 0
  let depth = 0
  return {
    get statements() {
      return statements
    },
    sql: {
      exec(query, ...bindings) {
        statements += 1
        // Only a script has several statements, and a script takes no bindings.
        if (!bindings.length && !/^\s*select/i.test(query)) {
          database.exec(query)
          return rows([])
        }
        const statement = prepared.get(query) ?? database.prepare(query)
        prepared.set(query, statement)
        return rows(statement.all(...bindings) as Row[])
      },
    },
    transactionSync(closure) {
      const name = `level${depth++}`
      database.exec(`SAVEPOINT ${name}`)
      try {
        const result = closure()
        database.exec(`RELEASE ${name}`)
        return result
      } catch (error) {
        database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`)
        throw error
      } finally {
        depth -= 1
      }
    },
    sync: () => Promise.resolve(),
  }
}

function rows(all: Row[]) {
  return { toArray: () => all, [Symbol.iterator]: () => all[Symbol.iterator]() }
}
