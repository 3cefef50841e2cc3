-- +goose Up
-- Who serves on this database, for people to look at.
CREATE TABLE servers (
  id      text COLLATE "C" PRIMARY KEY,
  host    text NOT NULL,
  address text NOT NULL,
  build   text NOT NULL,
  started bigint NOT NULL,
  heard   bigint NOT NULL,
  state   text NOT NULL
);
