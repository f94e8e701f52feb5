/** The tables of a RuntimeConfig object and of a Project, and how an older database becomes a present one. */

/** As much of SQLite as the store needs: a Durable Object's `storage.sql` is one, and so is a thin coat on `node:sqlite`. */
export interface Sql {
  exec(query: string, ...bindings: (string | number | null)[]): Rows
}

/** A database and its transactions, which nest: what throws inside one is undone. A Durable Object's storage is one. */
export interface Database {
  readonly sql: Sql
  transactionSync<T>(closure: () => T): T
}

export interface Rows extends Iterable<Row> {
  toArray(): Row[]
}

export type Row = Record<string, ArrayBuffer | string | number | null>

/** The bytes of variables, as the quota counts them (core/quota.ts). Migrations have used this: it is not to change. */
export const BYTES = 'coalesce(sum(length(CAST(path AS BLOB)) + length(CAST(contents AS BLOB))), 0)'

/** The open interval of the paths beneath a root: '0' follows '/' in ASCII, and so in the order of the tables. */
export function beneath(root: string): [string, string] {
  return root === '' ? ['', '\u{10ffff}'] : [`${root}/`, `${root}0`]
}

/** As many values as are bound one by one: a Durable Object takes at most 100 in all. */
const MOST_BOUND = 20

/**
 * The right side of `IN` for these values, and what is bound for it. A few are bound one by one, which is quicker than
 * to have a list taken apart; there are not many texts of queries by that.
 */
export function among(values: readonly string[]): { readonly list: string; readonly bound: readonly string[] } {
  if (values.length > MOST_BOUND) return { list: '(SELECT value FROM json_each(?))', bound: [JSON.stringify(values)] }
  return { list: `(${values.map(() => '?').join()})`, bound: values }
}

/**
 * Each entry brings a database from the version of its index to the next. Entries are never changed, only added.
 * WITHOUT ROWID keeps a row a single row: with a separate index, each write would be billed twice.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 0), version INTEGER NOT NULL, stamp INTEGER NOT NULL) STRICT;
  INSERT INTO meta VALUES (0, 0, 0);

  -- One row while the config exists. policy is JSON.
  CREATE TABLE config (
    id INTEGER PRIMARY KEY CHECK (id = 0), name TEXT NOT NULL, description TEXT NOT NULL, policy TEXT NOT NULL
  ) STRICT;

  -- kind says what contents is: 'text', or 'value' for bytes in base64. updated is a stamp.
  CREATE TABLE variables (
    path TEXT PRIMARY KEY, kind TEXT NOT NULL, contents TEXT NOT NULL, updated INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- spec is JSON. ended is the stamp of the end, and how says which; both are null while the waiter waits.
  CREATE TABLE waiters (
    id TEXT PRIMARY KEY, spec TEXT NOT NULL, created INTEGER NOT NULL, deadline INTEGER NOT NULL, ended INTEGER, how TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX waiters_by_deadline ON waiters (deadline) WHERE ended IS NULL;

  -- How many variables lie under a path; there only while an atom needs it.
  CREATE TABLE counters (path TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  -- The atoms of the waiters that still wait: to be looked at when the counter rises to the threshold.
  CREATE TABLE atoms (
    counter TEXT NOT NULL, threshold INTEGER NOT NULL, waiter TEXT NOT NULL, PRIMARY KEY (counter, threshold, waiter)
  ) STRICT, WITHOUT ROWID;

  -- What was answered for a requestId. name is the variable's path or the waiter's id, '' for the config.
  CREATE TABLE requests (
    kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, answer TEXT NOT NULL, expires INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX requests_by_name ON requests (kind, name);
  CREATE INDEX requests_by_expiry ON requests (expires);

  -- What must reach another party at least once: message is JSON, due is when the next attempt is made.
  CREATE TABLE outbox (
    party TEXT PRIMARY KEY, message TEXT NOT NULL, stamp INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What the config holds, beside its last stamp, for the quotas.
  ALTER TABLE meta ADD COLUMN variables INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE meta ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE meta ADD COLUMN waiters INTEGER NOT NULL DEFAULT 0;
  UPDATE meta SET
    (variables, bytes) = (SELECT count(*), ${BYTES} FROM variables),
    waiters = (SELECT count(*) FROM waiters);
  `,
  `
  -- A variable with a ttl (a Duration) is gone when its time comes; both are null for one that stays.
  ALTER TABLE variables ADD COLUMN ttl TEXT;
  ALTER TABLE variables ADD COLUMN expires INTEGER;
  CREATE INDEX variables_by_expiry ON variables (expires) WHERE expires IS NOT NULL;

  -- Stamps of the config's creation, as far as it is known, and of its last change.
  ALTER TABLE config ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE config ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
  UPDATE config SET updated = (SELECT stamp FROM meta);

  -- Deletions of variables that are remembered: updated is when the variable had last changed. Those up to the stamp
  -- meta.forgotten may be missing.
  CREATE TABLE deletions (
    stamp INTEGER NOT NULL, path TEXT NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY (stamp, path)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE meta ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
  UPDATE meta SET forgotten = stamp;

  -- How far a waiter had come when it ended, as JSON.
  ALTER TABLE waiters ADD COLUMN progress TEXT;

  -- Counters count at places, and what matches (JSON, null for all). changed is the stamp of the last change of count.
  -- keeps is how many it keeps that it has counted once; they stand in kept. key says what is counted.
  CREATE TABLE numbered (
    id INTEGER PRIMARY KEY, count INTEGER NOT NULL, changed INTEGER NOT NULL, match TEXT, keeps INTEGER,
    key TEXT NOT NULL UNIQUE
  ) STRICT;
  INSERT INTO numbered (count, changed, key) SELECT count, (SELECT stamp FROM meta), '/' || path FROM counters;
  CREATE TABLE kept (
    counter INTEGER NOT NULL, path TEXT NOT NULL, PRIMARY KEY (counter, path)
  ) STRICT, WITHOUT ROWID;

  -- Where a write finds the counters to look at: by a place of the variable, and by a selector (core/counter.ts).
  CREATE TABLE places (
    place TEXT NOT NULL, selector TEXT NOT NULL, counter INTEGER NOT NULL, PRIMARY KEY (place, selector, counter)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO places SELECT substr(key, 2) || '/', '*', id FROM numbered;

  -- The atoms of the waiters that still wait: to be looked at when the counter passes the threshold, upwards where the
  -- waiter gains by that (1), else downwards (0).
  CREATE TABLE waiting (
    counter INTEGER NOT NULL, gains INTEGER NOT NULL, threshold INTEGER NOT NULL, waiter TEXT NOT NULL,
    PRIMARY KEY (counter, gains, threshold, waiter)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO waiting SELECT id, 1, threshold, waiter FROM atoms JOIN numbered ON key = '/' || counter;
  DROP TABLE atoms;
  DROP TABLE counters;
  ALTER TABLE waiting RENAME TO atoms;
  ALTER TABLE numbered RENAME TO counters;
  `,
  `
  -- What callbacks still have to tell, where, and until when; due is when the next attempt is made.
  CREATE TABLE callbacks (
    id TEXT PRIMARY KEY, uri TEXT NOT NULL, body TEXT NOT NULL, expires INTEGER NOT NULL,
    attempts INTEGER NOT NULL, due INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX callbacks_by_due ON callbacks (due);
  `,
]

/** The same for the tables of a project. */
export const PROJECT_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 0), version INTEGER NOT NULL) STRICT;
  INSERT INTO meta VALUES (0, 0);

  -- The configs, by full name. A deleted one stays for a while without description, so that what was said of it before
  -- and comes late is known to be old.
  CREATE TABLE configs (name TEXT PRIMARY KEY, description TEXT, stamp INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX configs_by_deletion ON configs (stamp) WHERE description IS NULL;

  -- Which config a requestId of configs.create was first used for.
  CREATE TABLE requests (id TEXT PRIMARY KEY, config TEXT NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX requests_by_expiry ON requests (expires);
  `,
  `
  -- Whether the list of the projects has this one.
  ALTER TABLE meta ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;

  -- That list: ids of projects that have, or had, a config. Empty in all objects but one.
  CREATE TABLE projects (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
]

/** The versions that this program brings databases to. */
export const SCHEMA_VERSIONS = { config: MIGRATIONS.length, project: PROJECT_MIGRATIONS.length } as const

/** The version of a database, undefined where nothing was ever written. Reads only: asking must not make a ghost. */
export function schemaVersion(sql: Sql): number | undefined {
  const tables = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").toArray()
  return tables.length ? Number(sql.exec('SELECT version FROM meta').toArray()[0]?.version) : undefined
}

/**
 * Brings a database to the present version, wholly or not at all. Throws for one that a later version has written,
 * which this code cannot read.
 */
export function migrate(database: Database, migrations: readonly string[] = MIGRATIONS): void {
  const { sql } = database
  const version = schemaVersion(sql) ?? 0
  if (version > migrations.length) {
    throw new Error(`the database has schema version ${version}, this program knows ${migrations.length} at most`)
  }
  if (version === migrations.length) return
  database.transactionSync(() => {
    for (const migration of migrations.slice(version)) sql.exec(migration)
    sql.exec('UPDATE meta SET version = ?', migrations.length)
  })
}
