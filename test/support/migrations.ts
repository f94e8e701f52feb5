/** Two versions of a schema, for the tests of migrations. */
export const first = `
  CREATE TABLE meta (id INTEGER PRIMARY KEY, version INTEGER NOT NULL);
  INSERT INTO meta VALUES (0, 0);
  CREATE TABLE things (name TEXT);
  INSERT INTO things VALUES ('kept');`
export const second = 'ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7'
