-- Editors: who they are, what they did, and every state an edition was in.

ALTER TABLE edition ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

CREATE TABLE edition_state (
    edition_id  INTEGER NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    version     INTEGER NOT NULL,
    payload     TEXT NOT NULL,
    user        TEXT NOT NULL,            -- who left this state, and by what
    what        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (edition_id, version)
) STRICT, WITHOUT ROWID;

-- What editors made of what was proposed.
CREATE TABLE decision (
    edition_id  INTEGER NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    article_id  INTEGER NOT NULL,
    kept        INTEGER NOT NULL,
    reason      TEXT,
    at          INTEGER NOT NULL,
    PRIMARY KEY (edition_id, article_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    role      TEXT NOT NULL CHECK (role IN ('editor', 'admin')),
    password  TEXT NOT NULL,              -- argon2id, PHC string
    disabled  INTEGER NOT NULL DEFAULT 0,
    created   INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    token       BLOB PRIMARY KEY,         -- SHA-256 of the cookie
    account_id  INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    csrf        TEXT NOT NULL,
    expires     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    who      TEXT NOT NULL,
    what     TEXT NOT NULL,
    subject  TEXT NOT NULL
) STRICT;

CREATE INDEX article_source ON article (source_id, effective);
