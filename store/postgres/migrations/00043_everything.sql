-- +goose Up
-- What SQLite's migrations have made up to this number. Text is compared and
-- ordered byte by byte, whatever the database's language; moments are
-- milliseconds since 1970; lists are separated by spaces.
CREATE TABLE users (
  id            text COLLATE "C" PRIMARY KEY,
  name          text COLLATE "C" NOT NULL UNIQUE,
  email         text COLLATE "C" NOT NULL,
  disabled      boolean NOT NULL,
  password_hash text COLLATE "C" NOT NULL DEFAULT '',
  password_kind text COLLATE "C" NOT NULL DEFAULT '', -- a hash of nothing that takes as long to verify
  created       bigint NOT NULL,
  epoch         bigint NOT NULL DEFAULT 0 -- sessions of another epoch have ended
);

CREATE TABLE roles (
  name        text COLLATE "C" PRIMARY KEY,
  description text COLLATE "C" NOT NULL
);

CREATE TABLE role_scopes (
  role  text COLLATE "C" NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
  scope text COLLATE "C" NOT NULL,
  PRIMARY KEY (role, scope)
);

CREATE TABLE user_roles (
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role    text COLLATE "C" NOT NULL REFERENCES roles (name),
  PRIMARY KEY (user_id, role)
);
CREATE INDEX user_roles_role ON user_roles (role);

CREATE TABLE sessions (
  id         text COLLATE "C" PRIMARY KEY,
  user_id    text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  scopes     text COLLATE "C" NOT NULL,
  created    bigint NOT NULL,
  expires    bigint NOT NULL,
  handle     text COLLATE "C" NOT NULL UNIQUE,
  token_hash bytea NOT NULL,
  client_id  text COLLATE "C" NOT NULL DEFAULT '', -- one that a program declares is in no table
  audience   text COLLATE "C" NOT NULL DEFAULT '',
  previous   bytea NOT NULL DEFAULT '',
  successor  bytea NOT NULL DEFAULT '',
  rotated    bigint NOT NULL DEFAULT 0,
  last_used  bigint NOT NULL DEFAULT 0,
  device     text COLLATE "C" NOT NULL DEFAULT '',
  address    text COLLATE "C" NOT NULL DEFAULT '',
  epoch      bigint NOT NULL DEFAULT 0
);
CREATE INDEX sessions_user ON sessions (user_id, epoch, id);
CREATE INDEX sessions_used ON sessions (user_id, epoch, last_used, id);
CREATE INDEX sessions_expires ON sessions (expires);
CREATE INDEX sessions_client ON sessions (client_id);

-- Users who may have sessions that have ended, or too many.
CREATE TABLE session_sweeps (
  user_id text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE setup (
  id          integer PRIMARY KEY CHECK (id = 1), -- there is at most one
  secret_hash bytea NOT NULL,
  expires     bigint NOT NULL
);

CREATE TABLE settings (
  name  text COLLATE "C" PRIMARY KEY,
  value text COLLATE "C" NOT NULL
);

CREATE TABLE keys (
  id        text COLLATE "C" PRIMARY KEY,
  algorithm text COLLATE "C" NOT NULL,
  created   bigint NOT NULL,
  signs     bigint NOT NULL,
  retires   bigint NOT NULL, -- 0 until a successor is known
  token_ttl bigint NOT NULL, -- milliseconds
  sealed    boolean NOT NULL,
  data      bytea NOT NULL
);

-- How many users have which kind of hash, kept by triggers: every sign-in reads
-- it. A count is the sum of 16 rows, so that those who write at the same time
-- seldom meet.
CREATE TABLE password_kinds (
  kind  text COLLATE "C" NOT NULL,
  slot  integer NOT NULL,
  users bigint NOT NULL,
  PRIMARY KEY (kind, slot)
);

-- +goose StatementBegin
CREATE FUNCTION count_password_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tg_op <> 'INSERT' AND old.password_kind <> '' THEN
    INSERT INTO password_kinds VALUES (old.password_kind, pg_backend_pid() % 16, -1)
      ON CONFLICT (kind, slot) DO UPDATE SET users = password_kinds.users - 1;
  END IF;
  IF tg_op <> 'DELETE' AND new.password_kind <> '' THEN
    INSERT INTO password_kinds VALUES (new.password_kind, pg_backend_pid() % 16, 1)
      ON CONFLICT (kind, slot) DO UPDATE SET users = password_kinds.users + 1;
  END IF;
  RETURN NULL;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER password_kind_gone AFTER INSERT OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION count_password_kind();
CREATE TRIGGER password_kind_set AFTER UPDATE OF password_kind ON users FOR EACH ROW
  WHEN (old.password_kind <> new.password_kind) EXECUTE FUNCTION count_password_kind();

CREATE TABLE resets (
  user_id     text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  secret_hash bytea NOT NULL UNIQUE,
  before      bytea NOT NULL,
  expires     bigint NOT NULL
);

-- Addresses are keyed hashes.
CREATE TABLE known_addresses (
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  address bytea NOT NULL,
  seen    bigint NOT NULL,
  PRIMARY KEY (user_id, address)
);

CREATE TABLE clients (
  id          text COLLATE "C" PRIMARY KEY,
  name        text COLLATE "C" NOT NULL,
  first_party boolean NOT NULL,
  public      boolean NOT NULL,
  disabled    boolean NOT NULL,
  redirects   text COLLATE "C" NOT NULL,
  grants      text COLLATE "C" NOT NULL,
  scopes      text COLLATE "C", -- NULL: all that the user is granted
  audiences   text COLLATE "C" NOT NULL,
  keys        text COLLATE "C" NOT NULL, -- public
  created     bigint NOT NULL
);

CREATE TABLE client_secrets (
  client_id text COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  place     bigint NOT NULL,
  hash      bytea NOT NULL,
  expires   bigint NOT NULL, -- 0: never
  PRIMARY KEY (client_id, place)
);

-- What clients have signed of themselves (RFC 7523), each of them good once.
CREATE TABLE client_assertions (
  client_id text COLLATE "C" NOT NULL,
  assertion bytea NOT NULL, -- SHA-256 of its jti
  expires   bigint NOT NULL,
  PRIMARY KEY (client_id, assertion)
);
CREATE INDEX client_assertions_expires ON client_assertions (expires);

CREATE TABLE codes (
  hash       bytea PRIMARY KEY,
  client_id  text COLLATE "C" NOT NULL,
  user_id    text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  redirect   text COLLATE "C" NOT NULL,
  challenge  text COLLATE "C" NOT NULL,
  scopes     text COLLATE "C" NOT NULL,
  audience   text COLLATE "C" NOT NULL,
  asked_by   text COLLATE "C" NOT NULL,
  auth_time  bigint NOT NULL,
  expires    bigint NOT NULL,
  session_id text COLLATE "C" NOT NULL -- that it has begun; '' before
);
CREATE INDEX codes_expires ON codes (expires);
CREATE INDEX codes_user ON codes (user_id, client_id);

CREATE TABLE consents (
  user_id   text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  client_id text COLLATE "C" NOT NULL,
  scopes    text COLLATE "C" NOT NULL,
  given     bigint NOT NULL,
  PRIMARY KEY (user_id, client_id)
);
CREATE INDEX consents_client ON consents (client_id);

CREATE TABLE api_keys (
  hash      bytea PRIMARY KEY, -- SHA-256
  id        text COLLATE "C" NOT NULL UNIQUE,
  user_id   text COLLATE "C" REFERENCES users (id) ON DELETE CASCADE, -- NULL: a client's
  client_id text COLLATE "C", -- NULL: a user's
  name      text COLLATE "C" NOT NULL,
  scopes    text COLLATE "C" NOT NULL,
  created   bigint NOT NULL,
  expires   bigint NOT NULL,
  last_used bigint NOT NULL DEFAULT 0, -- 0: never
  replaced  text COLLATE "C" NOT NULL DEFAULT '', -- by the key of this id
  CHECK ((user_id IS NULL) <> (client_id IS NULL))
);
CREATE INDEX api_keys_user ON api_keys (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX api_keys_client ON api_keys (client_id, id) WHERE client_id IS NOT NULL;

-- What has changed of what callers may do, for caches: see account.ChangeLog.
-- Numbers become visible in another order than they are given, and some never do.
CREATE SEQUENCE changes_number;

-- A transaction has a lock, together with others, before it has a number, and until
-- it can be seen or never will: so all numbers that were given before one looked
-- who has the lock are seen, or of those who have it.
-- +goose StatementBegin
CREATE FUNCTION next_change() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1751477350, 1); -- numberLock in changes.go
  RETURN nextval('changes_number');
END;
$$;
-- +goose StatementEnd

CREATE TABLE changes (
  number bigint PRIMARY KEY DEFAULT next_change(),
  kind   text COLLATE "C" NOT NULL,
  key    text COLLATE "C" NOT NULL
);

-- Up to which number changes may have been thrown away.
CREATE TABLE changes_pruned (number bigint NOT NULL);
INSERT INTO changes_pruned VALUES (0);

-- It has no rows: transactions that write lock it, all together or one alone.
CREATE TABLE turns ();

-- What may be lost in a crash is written without a log.
CREATE UNLOGGED TABLE attempts (
  key     bytea PRIMARY KEY,
  full_at bigint NOT NULL
);
CREATE INDEX attempts_full_at ON attempts (full_at);

CREATE UNLOGGED TABLE refusals (
  seq  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the order of arrival
  id   text COLLATE "C" NOT NULL UNIQUE,
  at   bigint NOT NULL,
  data bytea NOT NULL
);
