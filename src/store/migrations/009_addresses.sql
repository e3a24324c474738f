-- How the addresses of a site are told apart, and what a source was read with.

-- Doubtful query parameters (model::canonical_url): whether they tell articles apart, and the two addresses that showed it.
CREATE TABLE url_parameter (
    host         TEXT NOT NULL,
    name         TEXT NOT NULL,
    ignored      INTEGER NOT NULL CHECK (ignored IN (0, 1)),
    one          TEXT NOT NULL,
    other        TEXT NOT NULL,
    learned      INTEGER NOT NULL,
    PRIMARY KEY (host, name)
) STRICT, WITHOUT ROWID;

ALTER TABLE source ADD COLUMN settings     TEXT;      -- hash of the settings that the validators hold for
ALTER TABLE source ADD COLUMN gap_since    INTEGER;   -- entries stored before are followed by others that were not read
