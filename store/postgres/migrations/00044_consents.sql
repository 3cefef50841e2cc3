-- +goose Up
-- The services that a consent is for, separated by spaces; '' is the issuer's
-- default alone, which is all that consents were shown for until now.
ALTER TABLE consents ADD COLUMN audience text COLLATE "C" NOT NULL DEFAULT '';

-- When the user of a session signed in, in milliseconds since 1970; 0 if that was
-- not noted.
ALTER TABLE sessions ADD COLUMN auth_time bigint NOT NULL DEFAULT 0;
