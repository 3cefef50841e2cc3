-- +goose Up
-- The kind of a hash is a hash of nothing that takes as long to verify. Until
-- now there was one kind.
ALTER TABLE users ADD COLUMN password_kind TEXT NOT NULL DEFAULT '';
UPDATE users
SET password_kind = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%';

-- How many users have which, kept by triggers: every sign-in reads it.
CREATE TABLE password_kinds (
  kind  TEXT PRIMARY KEY,
  users INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO password_kinds SELECT password_kind, count(*) FROM users WHERE password_kind <> '' GROUP BY password_kind;

-- +goose StatementBegin
CREATE TRIGGER password_kind_set AFTER UPDATE OF password_kind ON users WHEN old.password_kind <> new.password_kind
BEGIN
  UPDATE password_kinds SET users = users - 1 WHERE kind = old.password_kind;
  INSERT INTO password_kinds SELECT new.password_kind, 1 WHERE new.password_kind <> ''
    ON CONFLICT (kind) DO UPDATE SET users = users + 1;
  DELETE FROM password_kinds WHERE kind = old.password_kind AND users <= 0;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER password_kind_gone AFTER DELETE ON users WHEN old.password_kind <> ''
BEGIN
  UPDATE password_kinds SET users = users - 1 WHERE kind = old.password_kind;
  DELETE FROM password_kinds WHERE kind = old.password_kind AND users <= 0;
END;
-- +goose StatementEnd

CREATE TABLE resets (
  user_id     TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  secret_hash BLOB NOT NULL UNIQUE,
  before      BLOB NOT NULL,
  expires     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Addresses are keyed hashes.
CREATE TABLE known_addresses (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  address BLOB NOT NULL,
  seen    INTEGER NOT NULL,
  PRIMARY KEY (user_id, address)
) STRICT, WITHOUT ROWID;
