-- Times are seconds since 1970 (UTC); *_at TEXT columns hold RFC 3339 with the page's own offset.

CREATE TABLE source (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    url            TEXT NOT NULL,
    region         TEXT,
    etag           TEXT,
    last_modified  TEXT,
    moved_to       TEXT,
    kind           TEXT,
    layout         TEXT,
    next_due       INTEGER NOT NULL DEFAULT 0,
    last_ok        INTEGER,
    failures       INTEGER NOT NULL DEFAULT 0,
    failing_since  INTEGER,
    last_error     TEXT,
    last_error_zh  TEXT,
    retired        INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE entry (
    id            INTEGER PRIMARY KEY,
    source_id     TEXT NOT NULL REFERENCES source (id),
    identity      TEXT NOT NULL,
    canonical     TEXT NOT NULL,
    url           TEXT NOT NULL,
    title         TEXT NOT NULL,
    published_at  TEXT,
    summary       TEXT,
    content_html  TEXT,
    state         TEXT NOT NULL CHECK (state IN ('pending', 'fetched', 'done', 'duplicate', 'failed')),
    tries         INTEGER NOT NULL DEFAULT 0,
    error         TEXT,
    first_seen    INTEGER NOT NULL,
    UNIQUE (source_id, identity)
) STRICT;
CREATE INDEX entry_canonical ON entry (canonical);
CREATE INDEX entry_open ON entry (state, id) WHERE state IN ('pending', 'fetched');

CREATE TABLE page (
    entry_id      INTEGER PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE,
    url           TEXT NOT NULL,
    content_type  TEXT,
    body          BLOB NOT NULL,          -- zstd
    fetched       INTEGER NOT NULL
) STRICT;

CREATE TABLE article (
    id            INTEGER PRIMARY KEY,
    entry_id      INTEGER NOT NULL UNIQUE REFERENCES entry (id),
    source_id     TEXT NOT NULL REFERENCES source (id),
    canonical     TEXT NOT NULL UNIQUE,
    url           TEXT NOT NULL,
    title         TEXT NOT NULL,
    author        TEXT,
    publisher     TEXT,
    published_at  TEXT,
    effective     INTEGER NOT NULL,       -- publication time, never later than fetched
    fetched       INTEGER NOT NULL,
    text          TEXT NOT NULL,
    html          TEXT NOT NULL,
    story_id      INTEGER,                -- row of the first article of the story
    judgement     TEXT                    -- JSON; NULL until judged
) STRICT;
CREATE INDEX article_effective ON article (effective);
CREATE INDEX article_story ON article (story_id);
CREATE INDEX article_unjudged ON article (id) WHERE judgement IS NULL;

CREATE TABLE band (
    band        INTEGER NOT NULL,
    value       INTEGER NOT NULL,
    article_id  INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    PRIMARY KEY (band, value, article_id)
) STRICT, WITHOUT ROWID;

-- The words come folded and parted by blanks: all that is not ASCII belongs to a word.
CREATE VIRTUAL TABLE article_words USING fts5 (title, text, content = '', contentless_delete = 1, tokenize = 'ascii');

CREATE TABLE edition (
    id           INTEGER PRIMARY KEY,
    publication  TEXT NOT NULL,
    date         TEXT NOT NULL,
    year         INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    built        INTEGER NOT NULL,
    payload      TEXT NOT NULL,           -- JSON of the whole edition
    UNIQUE (publication, date),
    UNIQUE (publication, total)
) STRICT;

CREATE TABLE item (
    edition_id  INTEGER NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    story_id    INTEGER NOT NULL,
    article_id  INTEGER NOT NULL,
    PRIMARY KEY (edition_id, article_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_story ON item (story_id);

CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY,
    edition_id  INTEGER NOT NULL REFERENCES edition (id),
    recipient   TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    message     BLOB NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed')),
    tries       INTEGER NOT NULL DEFAULT 0,
    next_try    INTEGER NOT NULL DEFAULT 0,
    reply       TEXT,
    queued      INTEGER NOT NULL,
    UNIQUE (edition_id, recipient)
) STRICT;
CREATE INDEX outbox_open ON outbox (next_try) WHERE state IN ('queued', 'sending');

CREATE TABLE fetch_log (
    id           INTEGER PRIMARY KEY,
    source_id    TEXT NOT NULL,
    url          TEXT NOT NULL,
    at           INTEGER NOT NULL,
    outcome      TEXT NOT NULL,
    bytes        INTEGER NOT NULL,
    millis       INTEGER NOT NULL,
    conditional  INTEGER NOT NULL
) STRICT;
CREATE INDEX fetch_log_source ON fetch_log (source_id, at);
