-- Signing: duties of accounts, issues beside the calendar, letters that wait until an issue can no longer be called back, and
-- notices to those who have one. Foreign keys are off while this runs: `edition` is made anew.

CREATE TABLE account_duty (
    account_id  INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    step        TEXT NOT NULL CHECK (step IN ('submit', 'review', 'sign')),
    PRIMARY KEY (account_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE editions (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,   -- an id is never given again: pages of a deleted issue may be open
    publication       TEXT NOT NULL,
    date              TEXT NOT NULL,
    year              INTEGER NOT NULL,
    number            INTEGER NOT NULL,
    total             INTEGER NOT NULL,
    built             INTEGER NOT NULL,
    payload           TEXT NOT NULL,                -- JSON of the whole edition
    version           INTEGER NOT NULL DEFAULT 1,
    candidates_after  INTEGER,
    candidates_until  INTEGER,
    scheduled         INTEGER NOT NULL DEFAULT 1,   -- made by the calendar: one a day
    extra             INTEGER NOT NULL DEFAULT 0,   -- 增刊: numbered in a series of its own
    numbered          INTEGER NOT NULL DEFAULT 1,   -- 0: a draft whose number is given when it is signed
    letters_due       INTEGER                       -- when the letters of a final issue are queued; NULL: they were, or there are none
) STRICT;
INSERT INTO editions (id, publication, date, year, number, total, built, payload, version, candidates_after, candidates_until)
    SELECT id, publication, date, year, number, total, built, payload, version, candidates_after, candidates_until FROM edition;
UPDATE editions SET payload = json_set(payload, '$.signing', json('{"round":1}')) WHERE json_extract(payload, '$.finalised');
DROP TABLE edition;
ALTER TABLE editions RENAME TO edition;
CREATE UNIQUE INDEX edition_day ON edition (publication, date) WHERE scheduled;
CREATE UNIQUE INDEX edition_number ON edition (publication, extra, total) WHERE numbered;
CREATE INDEX edition_letters_due ON edition (letters_due) WHERE letters_due IS NOT NULL;

CREATE TABLE notice (
    id           INTEGER PRIMARY KEY,
    edition_id   INTEGER NOT NULL REFERENCES edition (id),
    publication  TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('correction', 'withdrawal')),
    year         INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    round        INTEGER NOT NULL,                  -- for which time that the issue was final
    article_id   INTEGER,
    wrong        TEXT NOT NULL,                     -- of a withdrawal: why
    right        TEXT NOT NULL,
    user         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    date         TEXT NOT NULL,
    queued       INTEGER NOT NULL DEFAULT 0,        -- its letters are in the outbox
    UNIQUE (publication, kind, year, number)
) STRICT;

CREATE TABLE letters (
    id          INTEGER PRIMARY KEY,
    edition_id  INTEGER REFERENCES edition (id),    -- NULL: a notice to operators
    recipient   TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    message     BLOB NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'handing', 'sent', 'failed', 'uncertain', 'expired', 'cancelled')),
    tries       INTEGER NOT NULL DEFAULT 0,
    doubts      INTEGER NOT NULL DEFAULT 0,
    next_try    INTEGER NOT NULL DEFAULT 0,
    reply       TEXT,
    queued      INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    final       INTEGER NOT NULL DEFAULT 0,         -- 0: of the draft; n: of the issue when it was final for the nth time
    notice_id   INTEGER REFERENCES notice (id)      -- a notice about the issue, not the issue
) STRICT;
INSERT INTO letters (id, edition_id, recipient, message_id, message, state, tries, doubts, next_try, reply, queued, expires, final)
    SELECT id, edition_id, recipient, message_id, message, state, tries, doubts, next_try, reply, queued, expires, final FROM outbox;
DROP TABLE outbox;
ALTER TABLE letters RENAME TO outbox;
CREATE INDEX outbox_open ON outbox (next_try) WHERE state IN ('queued', 'sending', 'handing');
CREATE UNIQUE INDEX outbox_issue ON outbox (edition_id, final, recipient) WHERE edition_id IS NOT NULL AND notice_id IS NULL;
CREATE UNIQUE INDEX outbox_readers ON outbox (notice_id, recipient) WHERE notice_id IS NOT NULL;
CREATE UNIQUE INDEX outbox_notice ON outbox (message_id) WHERE edition_id IS NULL;
