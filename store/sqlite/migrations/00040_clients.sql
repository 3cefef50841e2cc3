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

-- Who a session's tokens were given to: until now, to the built-in client. A
-- session that is presented itself has none. Clients that a program declares are
-- not in the table, so it is no reference.
ALTER TABLE sessions ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN audience TEXT NOT NULL DEFAULT '';
UPDATE sessions SET client_id = 'holdfast' WHERE substr(handle, 1, 4) <> 'hfs_';
CREATE INDEX sessions_client ON sessions (client_id);
