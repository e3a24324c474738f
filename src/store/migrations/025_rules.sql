-- Rules of editors on what is never chosen automatically (不再报道).

CREATE TABLE rule (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,     -- an id is never given again: the audit log names it
    kind         TEXT NOT NULL CHECK (kind IN ('organisation', 'words', 'pattern', 'source', 'topic', 'keyword')),
    effect       TEXT NOT NULL CHECK (effect IN ('exclude', 'only-if')),
    text         TEXT NOT NULL,                         -- name, expression, pattern or keyword; empty for a source
    source       TEXT,                                  -- NULL: all sources
    column_name  TEXT,                                  -- NULL: all columns
    publication  TEXT,                                  -- NULL: all publications
    reason       TEXT NOT NULL,
    author       TEXT NOT NULL,                         -- an account's name
    created      INTEGER NOT NULL,
    expires      TEXT,                                  -- the last day; NULL: it has none
    enabled      INTEGER NOT NULL DEFAULT 1
) STRICT;
