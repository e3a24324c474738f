-- Subscribers kept in the console, and what readers say of items.

CREATE TABLE subscriber (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,   -- an id is never given again: the audit log names it
    publication    TEXT NOT NULL,
    address        TEXT NOT NULL COLLATE NOCASE,        -- without the name
    name           TEXT NOT NULL,
    columns        TEXT NOT NULL,                       -- JSON lists of names; empty: no selection of this kind
    industries     TEXT NOT NULL,
    topics         TEXT NOT NULL,
    organisations  TEXT NOT NULL,
    active         INTEGER NOT NULL DEFAULT 1,
    added_by       TEXT NOT NULL,                       -- an account's name
    added_at       INTEGER NOT NULL,
    UNIQUE (publication, address)
) STRICT;

-- Decisions of readers: useful, useless, remark. `who` is the address.
CREATE TABLE decision_log (
    id          INTEGER PRIMARY KEY,
    edition_id  INTEGER REFERENCES edition (id) ON DELETE CASCADE,  -- NULL: outside of an issue
    article_id  INTEGER NOT NULL,
    action      TEXT NOT NULL CHECK (action IN ('kept', 'dropped', 'moved', 'put-up', 'retitled', 'rewritten', 'merged', 'corrected', 'added', 'opened',
                                                'useful', 'useless', 'remark')),
    detail      TEXT NOT NULL DEFAULT '', -- reason of a drop, column of a move, the item that takes a merged one, text of a remark
    who         TEXT NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
INSERT INTO decision_log (id, edition_id, article_id, action, detail, who, at) SELECT id, edition_id, article_id, action, detail, who, at FROM decision;
DROP TABLE decision;
ALTER TABLE decision_log RENAME TO decision;
CREATE INDEX decision_edition ON decision (edition_id, article_id);
CREATE INDEX decision_at ON decision (at);
-- one verdict and one remark of a reader on an item
CREATE UNIQUE INDEX decision_verdict ON decision (article_id, edition_id, who) WHERE action IN ('useful', 'useless');
CREATE UNIQUE INDEX decision_remark ON decision (article_id, edition_id, who) WHERE action = 'remark';
