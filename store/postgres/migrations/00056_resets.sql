-- +goose Up
-- A user may have several links to set a password: one that a stranger asks for ends
-- none that was handed out. The table before, which has one link
-- for each user, is left to servers of the version before.
CREATE TABLE reset_links (
  secret_hash bytea PRIMARY KEY,
  user_id     text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind        text NOT NULL,
  before      bytea NOT NULL,
  expires     bigint NOT NULL
);
CREATE INDEX reset_links_user ON reset_links (user_id);
INSERT INTO reset_links (secret_hash, user_id, kind, before, expires)
  SELECT secret_hash, user_id, 'handed', before, expires FROM resets;
