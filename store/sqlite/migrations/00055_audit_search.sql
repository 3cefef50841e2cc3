-- +goose Up
-- The audit trail as people look for it: a kind, somebody, somebody's of a kind, or a
-- time, each in the order of places, so that a page of ten million records is read as
-- fast as one of ten.
DROP INDEX audit_on;
DROP INDEX audit_actor;
CREATE INDEX audit_on ON audit (on_id, kind, seq) WHERE seq IS NOT NULL AND on_id <> '';
CREATE INDEX audit_actor ON audit (actor_id, kind, seq) WHERE seq IS NOT NULL AND actor_id <> '' AND actor_id <> on_id;
CREATE INDEX audit_kind ON audit (kind, seq) WHERE seq IS NOT NULL;
CREATE INDEX audit_at ON audit (at) WHERE seq IS NOT NULL;
