-- One queue of what people are to be told (drafts, final issues, notices, alerts); the outlets beside mail that tell it; and the
-- alerts that editors ask for. `edition.letters_due` and `notice.queued` become rows of the queue.

CREATE TABLE notification (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('draft', 'issue', 'notice', 'report', 'alert')),
    key         TEXT NOT NULL UNIQUE,                                   -- the same thing is told once
    edition_id  INTEGER REFERENCES edition (id) ON DELETE CASCADE,
    round       INTEGER NOT NULL DEFAULT 0,                             -- for which time that the issue was final
    notice_id   INTEGER REFERENCES notice (id) ON DELETE CASCADE,
    content     TEXT,                                                   -- JSON; NULL: made of the issue or notice when it is taken
    target      TEXT,                                                   -- one outlet or address; NULL: everybody who takes the kind
    raised      INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    taken       INTEGER                                                 -- when its letters and deliveries were queued
) STRICT;
CREATE INDEX notification_due ON notification (due) WHERE taken IS NULL;
CREATE INDEX notification_edition ON notification (edition_id) WHERE edition_id IS NOT NULL;
CREATE INDEX notification_notice ON notification (notice_id) WHERE notice_id IS NOT NULL;
CREATE INDEX notification_target ON notification (target, raised) WHERE target IS NOT NULL;

CREATE TABLE delivery (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    notification_id  INTEGER NOT NULL REFERENCES notification (id) ON DELETE CASCADE,
    outlet           TEXT NOT NULL,
    content          TEXT NOT NULL,                 -- JSON, the same in every attempt
    state            TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'expired', 'cancelled')),
    tries            INTEGER NOT NULL DEFAULT 0,
    doubts           INTEGER NOT NULL DEFAULT 0,    -- attempts of unknown result
    next_try         INTEGER NOT NULL DEFAULT 0,
    reply            TEXT,
    queued           INTEGER NOT NULL,
    expires          INTEGER NOT NULL,
    finished         INTEGER,
    UNIQUE (notification_id, outlet)
) STRICT;
CREATE INDEX delivery_open ON delivery (outlet, next_try) WHERE state IN ('queued', 'sending');

INSERT INTO notification (kind, key, edition_id, round, raised, due)
    SELECT 'issue', 'issue:' || id || ':' || json_extract(payload, '$.signing.round'), id, json_extract(payload, '$.signing.round'), letters_due, letters_due
    FROM edition WHERE letters_due IS NOT NULL;
INSERT INTO notification (kind, key, edition_id, notice_id, raised, due)
    SELECT 'notice', 'notice:' || id, edition_id, id, at, at FROM notice WHERE NOT queued;
DROP INDEX edition_letters_due;
ALTER TABLE edition DROP COLUMN letters_due;
ALTER TABLE notice DROP COLUMN queued;

CREATE TABLE alert_rule (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,                   -- an id is never given again: the audit log names it
    name           TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('articles', 'topic', 'burst', 'silent-source')),
    topic_id       INTEGER REFERENCES topic (id) ON DELETE CASCADE,
    expression     TEXT NOT NULL DEFAULT '',
    industries     TEXT NOT NULL DEFAULT '[]',                          -- JSON lists
    places         TEXT NOT NULL DEFAULT '[]',
    organisations  TEXT NOT NULL DEFAULT '[]',
    source         TEXT,                                                -- of a silent source; NULL: any
    mode           TEXT NOT NULL CHECK (mode IN ('at-once', 'digest')),
    targets        TEXT NOT NULL,                                       -- JSON list of outlets and addresses
    author         TEXT NOT NULL,
    created        INTEGER NOT NULL,
    enabled        INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE alert_hit (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    subject  TEXT NOT NULL UNIQUE,                  -- event, burst or silence: told once
    title    TEXT NOT NULL,
    detail   TEXT NOT NULL,                         -- of a burst or silence
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_hit_at ON alert_hit (at);

-- its reports, one per story
CREATE TABLE alert_hit_article (
    hit_id      INTEGER NOT NULL REFERENCES alert_hit (id) ON DELETE CASCADE,
    story_id    INTEGER NOT NULL,
    article_id  INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    PRIMARY KEY (hit_id, story_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_hit_article_article ON alert_hit_article (article_id);

CREATE TABLE alert_hit_rule (
    hit_id    INTEGER NOT NULL REFERENCES alert_hit (id) ON DELETE CASCADE,
    rule_id   INTEGER NOT NULL REFERENCES alert_rule (id) ON DELETE CASCADE,
    evidence  TEXT NOT NULL,                        -- why, in one line
    PRIMARY KEY (hit_id, rule_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_hit_rule_rule ON alert_hit_rule (rule_id);

-- whom a hit is told
CREATE TABLE alert_target (
    hit_id           INTEGER NOT NULL REFERENCES alert_hit (id) ON DELETE CASCADE,
    target           TEXT NOT NULL,
    at_once          INTEGER NOT NULL,
    notification_id  INTEGER REFERENCES notification (id) ON DELETE SET NULL,
    reports          INTEGER NOT NULL DEFAULT 0,    -- reports that were there when it was told
    told             INTEGER,
    PRIMARY KEY (hit_id, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_target_open ON alert_target (target) WHERE told IS NULL;
CREATE INDEX alert_target_notification ON alert_target (notification_id) WHERE notification_id IS NOT NULL;
