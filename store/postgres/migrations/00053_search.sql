-- +goose Up
-- Users as people look for them: by the beginning of a name, a role, and who is
-- disabled, in the order of names. The name stands beside the role so that one index
-- has both.
ALTER TABLE user_roles ADD COLUMN user_name text COLLATE "C" NOT NULL DEFAULT '';
UPDATE user_roles SET user_name = (SELECT name FROM users WHERE id = user_id);
DROP INDEX user_roles_role;
CREATE INDEX user_roles_name ON user_roles (role, user_name);
CREATE INDEX users_disabled ON users (name) WHERE disabled;
