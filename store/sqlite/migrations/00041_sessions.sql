-- +goose Up
-- Ending all of a user's sessions counts the user's epoch on; sessions of another
-- epoch have ended, and are removed in small pieces.
ALTER TABLE users ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;

-- The rotation of a refresh token: the hash of the one before, what that opens, and
-- when. Moments are milliseconds since 1970.
ALTER TABLE sessions ADD COLUMN previous BLOB NOT NULL DEFAULT x'';
ALTER TABLE sessions ADD COLUMN successor BLOB NOT NULL DEFAULT x'';
ALTER TABLE sessions ADD COLUMN rotated INTEGER NOT NULL DEFAULT 0;

ALTER TABLE sessions ADD COLUMN last_used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
UPDATE sessions SET last_used = created;

DROP INDEX sessions_user;
CREATE INDEX sessions_user ON sessions (user_id, epoch, id);
CREATE INDEX sessions_used ON sessions (user_id, epoch, last_used);

-- Users who may have sessions that have ended, or too many.
CREATE TABLE session_sweeps (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO session_sweeps SELECT user_id FROM sessions GROUP BY user_id HAVING count(*) > 100;
