-- +goose Up
CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  email         TEXT NOT NULL,
  disabled      INTEGER NOT NULL,
  password_hash TEXT NOT NULL DEFAULT '',
  created       INTEGER NOT NULL -- milliseconds since 1970
) STRICT, WITHOUT ROWID;

CREATE TABLE roles (
  name        TEXT PRIMARY KEY,
  description TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE role_scopes (
  role  TEXT NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  PRIMARY KEY (role, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_roles (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role    TEXT NOT NULL REFERENCES roles (name),
  PRIMARY KEY (user_id, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_roles_role ON user_roles (role);

CREATE TABLE sessions (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  scopes     TEXT NOT NULL, -- separated by spaces
  created    INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  handle     TEXT NOT NULL UNIQUE,
  token_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE setup (
  id          INTEGER PRIMARY KEY CHECK (id = 1), -- there is at most one
  secret_hash BLOB NOT NULL,
  expires     INTEGER NOT NULL
) STRICT;

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  id      TEXT PRIMARY KEY,
  data    BLOB NOT NULL,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
