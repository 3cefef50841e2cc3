-- +goose Up
-- The audit trail: rows are added, given their place in the chain once, and removed
-- when they are old enough. Moments are milliseconds since 1970.
CREATE SEQUENCE audit_id;

CREATE TABLE audit (
  id            bigint PRIMARY KEY DEFAULT nextval('audit_id'), -- with gaps, and not in the order of commits
  seq           bigint, -- the place in the chain; NULL: none yet
  mac           bytea,
  at            bigint NOT NULL,
  kind          text COLLATE "C" NOT NULL,
  actor_kind    text COLLATE "C" NOT NULL,
  actor_id      text COLLATE "C" NOT NULL,
  actor_name    text COLLATE "C" NOT NULL,
  actor_client  text COLLATE "C" NOT NULL,
  actor_session text COLLATE "C" NOT NULL,
  actor_key     text COLLATE "C" NOT NULL,
  on_kind       text COLLATE "C" NOT NULL,
  on_id         text COLLATE "C" NOT NULL,
  on_name       text COLLATE "C" NOT NULL,
  source        text COLLATE "C" NOT NULL,
  result        text COLLATE "C" NOT NULL,
  request       text COLLATE "C" NOT NULL,
  count         bigint NOT NULL,
  details       text COLLATE "C" NOT NULL -- a JSON object, or nothing
);
CREATE INDEX audit_waits ON audit (id) WHERE seq IS NULL;
CREATE UNIQUE INDEX audit_seq ON audit (seq) WHERE seq IS NOT NULL;
CREATE INDEX audit_on ON audit (on_id) WHERE seq IS NOT NULL AND on_id <> '';
CREATE INDEX audit_actor ON audit (actor_id) WHERE seq IS NOT NULL AND actor_id <> '' AND actor_id <> on_id;

-- How far the chain has come, and where it begins: one row.
CREATE TABLE audit_chain (
  one        integer PRIMARY KEY CHECK (one = 1),
  seq        bigint NOT NULL,
  mac        bytea NOT NULL,
  at         bigint NOT NULL,
  tag        bytea NOT NULL,
  start      bigint NOT NULL,
  checkpoint text COLLATE "C" NOT NULL
);
INSERT INTO audit_chain VALUES (1, 0, '', 0, '', 0, '');

-- In a store that is not new there is the role of those who read this, and those who
-- may do everything may, too.
INSERT INTO roles (name, description) SELECT 'auditor', 'Reads the audit trail' FROM roles WHERE name = 'admin' ON CONFLICT DO NOTHING;
INSERT INTO role_scopes (role, scope) SELECT 'auditor', 'audit:read' FROM roles WHERE name = 'auditor' AND NOT EXISTS (SELECT 1 FROM role_scopes WHERE role = 'auditor') ON CONFLICT DO NOTHING;
INSERT INTO role_scopes (role, scope) SELECT name, 'audit:read' FROM roles WHERE name = 'admin' ON CONFLICT DO NOTHING;
