-- +goose Up
-- A user may have several links to set a password: one that a stranger asks for ends
-- none that was handed out. The table before, which has one link
-- for each user, is left to servers of the version before.
CREATE TABLE reset_links (
  secret_hash BLOB PRIMARY KEY,
  user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind        TEXT NOT NULL,
  before      BLOB NOT NULL,
  expires     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reset_links_user ON reset_links (user_id);
INSERT INTO reset_links (secret_hash, user_id, kind, before, expires)
  SELECT secret_hash, user_id, 'handed', before, expires FROM resets;
