-- +goose Up
-- Keys that programs present themselves. They are looked up by their hash, at
-- requests, so that the row is where the hash is. Clients that a program declares
-- are not in the table of clients, so client_id is no reference.
CREATE TABLE api_keys (
  hash      BLOB PRIMARY KEY, -- SHA-256
  id        TEXT NOT NULL UNIQUE,
  user_id   TEXT REFERENCES users (id) ON DELETE CASCADE, -- NULL: a client's
  client_id TEXT, -- NULL: a user's
  name      TEXT NOT NULL,
  scopes    TEXT NOT NULL,
  created   INTEGER NOT NULL, -- milliseconds since 1970
  expires   INTEGER NOT NULL,
  last_used INTEGER NOT NULL DEFAULT 0, -- 0: never
  replaced  TEXT NOT NULL DEFAULT '', -- by the key of this id
  CHECK ((user_id IS NULL) <> (client_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_user ON api_keys (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX api_keys_client ON api_keys (client_id, id) WHERE client_id IS NOT NULL;
