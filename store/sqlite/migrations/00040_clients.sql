-- +goose Up
-- Lists are separated by spaces, which nothing in them has.
CREATE TABLE clients (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  first_party INTEGER NOT NULL,
  public      INTEGER NOT NULL,
  disabled    INTEGER NOT NULL,
  redirects   TEXT NOT NULL,
  grants      TEXT NOT NULL,
  scopes      TEXT, -- NULL: all that the user is granted
  audiences   TEXT NOT NULL,
  keys        TEXT NOT NULL, -- public
  created     INTEGER NOT NULL -- milliseconds since 1970
) STRICT, WITHOUT ROWID;

CREATE TABLE client_secrets (
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  place     INTEGER NOT NULL,
  hash      BLOB NOT NULL,
  expires   INTEGER NOT NULL, -- 0: never
  PRIMARY KEY (client_id, place)
) STRICT, WITHOUT ROWID;

-- What clients have signed of themselves (RFC 7523), each of them good once.
CREATE TABLE client_assertions (
  client_id TEXT NOT NULL,
  assertion BLOB NOT NULL, -- SHA-256 of its jti
  expires   INTEGER NOT NULL,
  PRIMARY KEY (client_id, assertion)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_assertions_expires ON client_assertions (expires);

-- Who a session's tokens were given to: until now, to the built-in client. A
-- session that is presented itself has none. Clients that a program declares are
-- not in the table, so it is no reference.
ALTER TABLE sessions ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN audience TEXT NOT NULL DEFAULT '';
UPDATE sessions SET client_id = 'holdfast' WHERE substr(handle, 1, 4) <> 'hfs_';
CREATE INDEX sessions_client ON sessions (client_id);

-- The role of those who may do everything may change clients, too.
INSERT INTO role_scopes (role, scope) SELECT name, 'clients:write' FROM roles WHERE name = 'admin' ON CONFLICT DO NOTHING;
