-- +goose Up
-- Moments are milliseconds since 1970; retires is 0 until a successor is known.
ALTER TABLE keys ADD COLUMN algorithm TEXT NOT NULL DEFAULT 'EdDSA';
ALTER TABLE keys ADD COLUMN signs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN retires INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN token_ttl INTEGER NOT NULL DEFAULT 900000; -- milliseconds
ALTER TABLE keys ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;
UPDATE keys SET signs = created;
