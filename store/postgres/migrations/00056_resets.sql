-- +goose Up
-- A user may have several links to set a password, and whoever asks for one ends none
-- that somebody else has asked for or handed out.
ALTER TABLE resets DROP CONSTRAINT resets_pkey;
ALTER TABLE resets DROP CONSTRAINT resets_secret_hash_key;
ALTER TABLE resets ADD PRIMARY KEY (secret_hash);
ALTER TABLE resets ADD COLUMN kind text NOT NULL DEFAULT 'handed';
ALTER TABLE resets ALTER COLUMN kind DROP DEFAULT;
CREATE INDEX resets_user ON resets (user_id);
