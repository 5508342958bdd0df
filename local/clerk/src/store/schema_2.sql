CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)),
  subject TEXT NOT NULL AS (document ->> 'subject'),
  secret_hash TEXT NOT NULL AS (document ->> 'secret_hash')
) STRICT;
CREATE INDEX api_keys_by_subject ON api_keys (subject);
CREATE UNIQUE INDEX api_keys_by_secret ON api_keys (secret_hash);

CREATE TABLE waitlist_entries (
  id TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)),
  email_address TEXT NOT NULL COLLATE NOCASE AS (document ->> 'email_address')
) STRICT;
CREATE UNIQUE INDEX waitlist_entries_by_address ON waitlist_entries (email_address);
