-- +goose Up
-- Who serves on this database, for people to look at.
CREATE TABLE servers (
  id      TEXT PRIMARY KEY,
  host    TEXT NOT NULL,
  address TEXT NOT NULL,
  build   TEXT NOT NULL,
  started INTEGER NOT NULL,
  heard   INTEGER NOT NULL,
  state   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
