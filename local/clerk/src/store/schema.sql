CREATE TABLE settings (id TEXT PRIMARY KEY, document TEXT NOT NULL CHECK (json_valid(document))) STRICT;

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document))
) STRICT;

CREATE TABLE email_addresses (
  id TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)),
  user_id TEXT NOT NULL AS (document ->> 'user_id'),
  email_address TEXT NOT NULL COLLATE NOCASE AS (document ->> 'email_address')
) STRICT;
CREATE INDEX email_addresses_by_user ON email_addresses (user_id);
CREATE UNIQUE INDEX email_addresses_by_address ON email_addresses (email_address);

CREATE TABLE external_accounts (
  id TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)),
  user_id TEXT NOT NULL AS (document ->> 'user_id'),
  provider_user_id TEXT NOT NULL AS (document ->> 'provider_user_id')
) STRICT;
CREATE INDEX external_accounts_by_user ON external_accounts (user_id);
CREATE UNIQUE INDEX external_accounts_by_provider_user ON external_accounts (provider_user_id);

CREATE TABLE images (id TEXT PRIMARY KEY, document TEXT NOT NULL CHECK (json_valid(document))) STRICT;

CREATE TABLE dev_browsers (
  id TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)),
  client_id TEXT AS (document ->> 'client_id')
) STRICT;
CREATE INDEX dev_browsers_by_client ON dev_browsers (client_id);

CREATE TABLE clients (id TEXT PRIMARY KEY, document TEXT NOT NULL CHECK (json_valid(document))) STRICT;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)),
  client_id TEXT NOT NULL AS (document ->> 'client_id'),
  user_id TEXT NOT NULL AS (document ->> 'user_id')
) STRICT;
CREATE INDEX sessions_by_client ON sessions (client_id);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE sign_ins (id TEXT PRIMARY KEY, document TEXT NOT NULL CHECK (json_valid(document))) STRICT;
CREATE TABLE sign_ups (id TEXT PRIMARY KEY, document TEXT NOT NULL CHECK (json_valid(document))) STRICT;
CREATE TABLE sign_in_tokens (id TEXT PRIMARY KEY, document TEXT NOT NULL CHECK (json_valid(document))) STRICT;
CREATE TABLE handshakes (id TEXT PRIMARY KEY, document TEXT NOT NULL CHECK (json_valid(document))) STRICT;
CREATE TABLE messages (id TEXT PRIMARY KEY, document TEXT NOT NULL CHECK (json_valid(document))) STRICT;

CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)),
  slug TEXT NOT NULL AS (document ->> 'slug')
) STRICT;
CREATE UNIQUE INDEX organizations_by_slug ON organizations (slug);

CREATE TABLE memberships (
  id TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)),
  organization_id TEXT NOT NULL AS (document ->> 'organization_id'),
  user_id TEXT NOT NULL AS (document ->> 'user_id')
) STRICT;
CREATE UNIQUE INDEX memberships_by_organization ON memberships (organization_id, user_id);
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)),
  organization_id TEXT NOT NULL AS (document ->> 'organization_id'),
  email_address TEXT NOT NULL COLLATE NOCASE AS (document ->> 'email_address')
) STRICT;
CREATE INDEX invitations_by_organization ON invitations (organization_id);
CREATE INDEX invitations_by_address ON invitations (email_address);
