-- +goose Up
-- The audit trail: rows are added, given their place in the chain once, and removed
-- when they are old enough. Moments are milliseconds since 1970.
CREATE TABLE audit (
  id            INTEGER PRIMARY KEY, -- in the order of commits, as seq is later
  seq           INTEGER, -- the place in the chain; NULL: none yet
  mac           BLOB,
  at            INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  actor_kind    TEXT NOT NULL,
  actor_id      TEXT NOT NULL,
  actor_name    TEXT NOT NULL,
  actor_client  TEXT NOT NULL,
  actor_session TEXT NOT NULL,
  actor_key     TEXT NOT NULL,
  on_kind       TEXT NOT NULL,
  on_id         TEXT NOT NULL,
  on_name       TEXT NOT NULL,
  source        TEXT NOT NULL,
  result        TEXT NOT NULL,
  request       TEXT NOT NULL,
  count         INTEGER NOT NULL,
  details       TEXT NOT NULL -- a JSON object, or nothing
) STRICT;
-- A row comes into the larger indexes when it is given its place, and not in the
-- transaction of the change.
CREATE UNIQUE INDEX audit_seq ON audit (seq) WHERE seq IS NOT NULL;
CREATE INDEX audit_unsealed ON audit (id) WHERE seq IS NULL; -- a few rows
CREATE INDEX audit_on ON audit (on_id) WHERE seq IS NOT NULL AND on_id <> '';
CREATE INDEX audit_actor ON audit (actor_id) WHERE seq IS NOT NULL AND actor_id <> '' AND actor_id <> on_id;

-- How far the chain has come, and where it begins: one row.
CREATE TABLE audit_chain (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  seq        INTEGER NOT NULL,
  mac        BLOB NOT NULL,
  at         INTEGER NOT NULL,
  tag        BLOB NOT NULL,
  start      INTEGER NOT NULL,
  checkpoint TEXT NOT NULL
) STRICT;
INSERT INTO audit_chain VALUES (1, 0, x'', 0, x'', 0, '');

-- In a store that is not new there is the role of those who read this, and those who
-- may do everything may, too.
INSERT INTO roles (name, description) SELECT 'auditor', 'Reads the audit trail' FROM roles WHERE name = 'admin' ON CONFLICT DO NOTHING;
INSERT INTO role_scopes (role, scope) SELECT 'auditor', 'audit:read' FROM roles WHERE name = 'auditor' AND NOT EXISTS (SELECT 1 FROM role_scopes WHERE role = 'auditor') ON CONFLICT DO NOTHING;
INSERT INTO role_scopes (role, scope) SELECT name, 'audit:read' FROM roles WHERE name = 'admin' ON CONFLICT DO NOTHING;
