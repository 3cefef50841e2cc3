-- +goose Up
-- Clients that a program declares are in no table, so client_id is no reference.
CREATE TABLE codes (
  hash       BLOB PRIMARY KEY,
  client_id  TEXT NOT NULL,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  redirect   TEXT NOT NULL,
  challenge  TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  audience   TEXT NOT NULL,
  asked_by   TEXT NOT NULL,
  auth_time  INTEGER NOT NULL, -- milliseconds since 1970, as all moments
  expires    INTEGER NOT NULL,
  session_id TEXT NOT NULL -- that it has begun; '' before
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_expires ON codes (expires);
CREATE INDEX codes_user ON codes (user_id, client_id);

CREATE TABLE consents (
  user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL,
  scopes    TEXT NOT NULL,
  given     INTEGER NOT NULL,
  PRIMARY KEY (user_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_client ON consents (client_id);
