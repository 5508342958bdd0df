CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value NOT NULL
) WITHOUT ROWID;

CREATE TABLE tables (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

-- The indexes of user tables; their entries are made from the documents at start.
CREATE TABLE indexes (
  table_number INTEGER NOT NULL,
  name TEXT NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (table_number, name)
) WITHOUT ROWID;

-- The current documents, as encoded JSON with their system fields.
CREATE TABLE documents (
  table_number INTEGER NOT NULL,
  internal_id BLOB NOT NULL,
  creation_time REAL NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (table_number, internal_id)
) WITHOUT ROWID;

CREATE TABLE requests (
  session TEXT NOT NULL,
  request INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (session, request)
) WITHOUT ROWID;

CREATE INDEX requests_by_timestamp ON requests (timestamp);
