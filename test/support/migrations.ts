/** Two versions of a schema, for the tests of migrations. */
export const first = `
  CREATE TABLE meta (id INTEGER PRIMARY KEY, version INTEGER NOT NULL);
  INSERT INTO meta VALUES (0, 0);
  CREATE TABLE things (name TEXT);
  INSERT INTO things VALUES ('kept');`
export const second = 'ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7'

/** The tables of a config as version 1 made them: a copy, for a database out there has them whatever becomes of ours. */
export const version1 = `
  CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 0), version INTEGER NOT NULL, stamp INTEGER NOT NULL) STRICT;
  INSERT INTO meta VALUES (0, 0, 0);
  CREATE TABLE config (
    id INTEGER PRIMARY KEY CHECK (id = 0), name TEXT NOT NULL, description TEXT NOT NULL, policy TEXT NOT NULL
  ) STRICT;
  CREATE TABLE variables (
    path TEXT PRIMARY KEY, kind TEXT NOT NULL, contents TEXT NOT NULL, updated INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE waiters (
    id TEXT PRIMARY KEY, spec TEXT NOT NULL, created INTEGER NOT NULL, deadline INTEGER NOT NULL, ended INTEGER, how TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX waiters_by_deadline ON waiters (deadline) WHERE ended IS NULL;
  CREATE TABLE counters (path TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE atoms (
    counter TEXT NOT NULL, threshold INTEGER NOT NULL, waiter TEXT NOT NULL, PRIMARY KEY (counter, threshold, waiter)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE requests (
    kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, answer TEXT NOT NULL, expires INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX requests_by_name ON requests (kind, name);
  CREATE INDEX requests_by_expiry ON requests (expires);
  CREATE TABLE outbox (
    party TEXT PRIMARY KEY, message TEXT NOT NULL, stamp INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`
