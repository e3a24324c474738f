-- Printed articles are looked at again; what their sources changed, and what editors did about it. `notification` is made anew for
-- its new kind; foreign keys are off while this runs.

CREATE TABLE recheck (
    article_id     INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
    printed        INTEGER NOT NULL,
    due            INTEGER,                     -- of the next look; NULL: none is left
    looked         INTEGER,                     -- last look with an answer
    tries          INTEGER NOT NULL DEFAULT 0,  -- looks in a row without an answer
    etag           TEXT,
    last_modified  TEXT,
    gone_since     INTEGER,                     -- the look that found it withdrawn for the first time
    doubtful       TEXT                         -- hash of a text that was not believed
) STRICT;
CREATE INDEX recheck_due ON recheck (due) WHERE due IS NOT NULL;

-- the article itself stays as it was printed
CREATE TABLE article_version (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,  -- an id is never given again: the audit log names it
    article_id  INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    seen        INTEGER NOT NULL,
    title       TEXT NOT NULL,
    text        TEXT NOT NULL,                      -- empty: withdrawn
    url         TEXT NOT NULL,
    hash        TEXT NOT NULL,                      -- of title and text
    difference  TEXT NOT NULL                       -- JSON
) STRICT;
CREATE INDEX article_version_article ON article_version (article_id, id);

-- a version, and an issue that printed the article
CREATE TABLE recheck_finding (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    version_id  INTEGER NOT NULL REFERENCES article_version (id) ON DELETE CASCADE,
    edition_id  INTEGER NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    state       TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'dismissed', 'corrected')),
    who         TEXT,
    reason      TEXT NOT NULL DEFAULT '',
    at          INTEGER,
    UNIQUE (version_id, edition_id)
) STRICT;
CREATE INDEX recheck_finding_edition ON recheck_finding (edition_id);

-- requests of looks count apart; the budget of a day reads this index alone
ALTER TABLE fetch_log ADD COLUMN recheck INTEGER NOT NULL DEFAULT 0;
CREATE INDEX fetch_log_at ON fetch_log (at, recheck, requests);

CREATE TABLE notifications (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('draft', 'issue', 'notice', 'report', 'alert', 'recheck')),
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
INSERT INTO notifications (id, kind, key, edition_id, round, notice_id, content, target, raised, due, taken)
    SELECT id, kind, key, edition_id, round, notice_id, content, target, raised, due, taken FROM notification;
-- an id is never given again
DELETE FROM sqlite_sequence WHERE name = 'notifications';
INSERT INTO sqlite_sequence (name, seq) SELECT 'notifications', seq FROM sqlite_sequence WHERE name = 'notification';
DROP TABLE notification;
ALTER TABLE notifications RENAME TO notification;
CREATE INDEX notification_due ON notification (due) WHERE taken IS NULL;
CREATE INDEX notification_edition ON notification (edition_id) WHERE edition_id IS NOT NULL;
CREATE INDEX notification_notice ON notification (notice_id) WHERE notice_id IS NOT NULL;
CREATE INDEX notification_target ON notification (target, raised) WHERE target IS NOT NULL;
