-- +goose Up
-- What has changed of what callers may do, for caches: see account.ChangeLog.
-- Transactions that write happen one after the other, so the numbers have no
-- gaps and become visible in their order. The last row is never deleted, so no
-- number is given twice.
CREATE TABLE changes (
  seq  INTEGER PRIMARY KEY,
  kind TEXT NOT NULL, -- user, role, session, key, setting
  key  TEXT NOT NULL
) STRICT;
