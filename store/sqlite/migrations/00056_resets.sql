-- +goose Up
-- A user may have several links to set a password, and whoever asks for one ends none
-- that somebody else has asked for or handed out.
CREATE TABLE new_resets (
  secret_hash BLOB PRIMARY KEY,
  user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind        TEXT NOT NULL,
  before      BLOB NOT NULL,
  expires     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO new_resets (secret_hash, user_id, kind, before, expires)
  SELECT secret_hash, user_id, 'handed', before, expires FROM resets;
DROP TABLE resets;
ALTER TABLE new_resets RENAME TO resets;
CREATE INDEX resets_user ON resets (user_id);
