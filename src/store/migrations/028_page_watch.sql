-- Watched pages (`kind = "page"`): the versions that differed, and what earlier looks taught.

CREATE TABLE page_version (
    id         INTEGER PRIMARY KEY,
    source_id  TEXT NOT NULL REFERENCES source (id),
    seen_at    INTEGER NOT NULL,
    settings   TEXT NOT NULL,        -- hash of address and settings: versions of others cannot be compared
    lines      INTEGER NOT NULL,
    blocks     BLOB NOT NULL,        -- JSON in zstd
    title      TEXT,                 -- of the entry that tells the change; NULL: a base line, or told before
    entry_id   INTEGER REFERENCES entry (id) ON DELETE SET NULL
) STRICT;

CREATE INDEX page_version_source ON page_version (source_id, id);
CREATE INDEX page_version_entry ON page_version (entry_id) WHERE entry_id IS NOT NULL;

CREATE TABLE page_memory (
    source_id  TEXT PRIMARY KEY REFERENCES source (id),
    memory     BLOB NOT NULL         -- JSON in zstd
) STRICT;
