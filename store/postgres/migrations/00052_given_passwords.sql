-- +goose Up
-- What is known of a password besides its hash; most have no row.
CREATE TABLE password_marks (
  user_id   text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  given     boolean NOT NULL, -- chosen by somebody else than the user
  cut_until bigint NOT NULL -- milliseconds since 1970; 0: it was never cut
);
CREATE INDEX password_marks_cut ON password_marks (cut_until);

-- Links for the first administrator: one for each program that has printed one.
CREATE TABLE setups (
  secret_hash bytea PRIMARY KEY,
  expires     bigint NOT NULL
);
INSERT INTO setups SELECT secret_hash, expires FROM setup;
DROP TABLE setup;
