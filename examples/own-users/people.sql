-- The database as it was before: users with the hashes that Passlib's
-- CryptContext(schemes=["bcrypt"]) made, and what they own.
--
-- AUTOINCREMENT matters: without it SQLite gives the id of a deleted user to
-- the next one, and with it that user's tokens.
CREATE TABLE IF NOT EXISTS users (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  name     TEXT NOT NULL UNIQUE,
  hash     TEXT NOT NULL,
  roles    TEXT NOT NULL,
  disabled BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE TABLE IF NOT EXISTS items (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  owner INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title TEXT NOT NULL
);

-- alice-in-wonderland, mia-runs-the-shop, bob-the-builder-22, ann-of-green-gables
INSERT INTO users (name, hash, roles)
SELECT * FROM (VALUES
  ('alice', '$2b$12$RkV7/3fnUBrjwkznpPf5EedNw9.FU67qFSqoG7EgJrlBMx.3.uv1W', 'admin'),
  ('mia',   '$2b$12$S1vbBHgJd35Bp1F.t49enuuGqrLJU2ptS5k6nxjyWHODY3YX94y2.', 'manager user'),
  ('bob',   '$2b$12$R5ATEcs5lr/lQUQF43Fon.AJBg9dTO/73jlFnooiUzj8u8kkq7HeO', 'user'),
  ('ann',   '$2b$12$vKQL23TY.uBB/r4fXD93DeN4zhf8oOGpXwE5GvHKrVQVdsZ9zV2.W', 'user'))
WHERE NOT EXISTS (SELECT 1 FROM users);

INSERT INTO items (owner, title)
SELECT id, 'Hammer of ' || name FROM users
WHERE name IN ('bob', 'ann') AND NOT EXISTS (SELECT 1 FROM items)
ORDER BY id;
