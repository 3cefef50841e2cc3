-- +goose Up
-- Wrong passwords in a row. As attempts, they may be lost in a crash. SQLite has them
-- in a file of its own, and no migration of this number.
CREATE UNLOGGED TABLE failures (
  key      bytea PRIMARY KEY,
  nobody   boolean NOT NULL, -- a key that is no account's
  count    bigint NOT NULL,
  first_at bigint NOT NULL, -- milliseconds since 1970
  last_at  bigint NOT NULL
);
CREATE INDEX failures_of_nobody ON failures (count, last_at) WHERE nobody;
