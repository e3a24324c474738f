-- What is asked when, and how sources behave. Times are seconds since 1970 (UTC).

ALTER TABLE source ADD COLUMN lane         TEXT NOT NULL DEFAULT '';     -- whose limit it shares
ALTER TABLE source ADD COLUMN enabled      INTEGER NOT NULL DEFAULT 1;
ALTER TABLE source ADD COLUMN last_look    INTEGER;                      -- whatever came of it
ALTER TABLE source ADD COLUMN error_code   TEXT;                         -- stable word for last_error
ALTER TABLE source ADD COLUMN resting      TEXT;                         -- why it is not asked any more
ALTER TABLE source ADD COLUMN interval     INTEGER;                      -- in force, seconds
ALTER TABLE source ADD COLUMN looks        REAL NOT NULL DEFAULT 0;      -- these six: schedule::poll_interval::Rhythm
ALTER TABLE source ADD COLUMN changes      REAL NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN watched      REAL NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN last_new     INTEGER;
ALTER TABLE source ADD COLUMN usual_gap    REAL;
ALTER TABLE source ADD COLUMN gaps         INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN insecure     INTEGER NOT NULL DEFAULT 0;   -- its certificate is not judged
CREATE INDEX source_due ON source (next_due) WHERE enabled = 1 AND retired = 0 AND resting IS NULL;

ALTER TABLE entry ADD COLUMN lane   TEXT NOT NULL DEFAULT '';
ALTER TABLE entry ADD COLUMN place  INTEGER NOT NULL DEFAULT 0;          -- place in its list: what is newest is fetched first
ALTER TABLE entry ADD COLUMN due    INTEGER NOT NULL DEFAULT 0;          -- not to be asked for sooner
UPDATE entry SET lane = 'source ' || source_id WHERE state = 'pending';
CREATE INDEX entry_frontier ON entry (lane, place, id) WHERE state = 'pending';
CREATE INDEX entry_source_seen ON entry (source_id, first_seen);

-- Lanes whose site asked for patience.
CREATE TABLE pause (
    lane    TEXT PRIMARY KEY,
    until   INTEGER NOT NULL,
    reason  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE robots (
    site           TEXT PRIMARY KEY,        -- scheme://host:port
    expires        INTEGER NOT NULL,
    good_at        INTEGER,
    file           BLOB,                    -- of the last good answer; NULL: there was none
    failing_since  INTEGER,
    failures       INTEGER NOT NULL,
    cause          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE fetch_log ADD COLUMN code      TEXT NOT NULL DEFAULT '';     -- ok, not-modified, or the error's stable word
ALTER TABLE fetch_log ADD COLUMN wire      INTEGER NOT NULL DEFAULT 0;   -- bytes over the wire
ALTER TABLE fetch_log ADD COLUMN requests  INTEGER NOT NULL DEFAULT 1;
ALTER TABLE fetch_log ADD COLUMN reused    INTEGER NOT NULL DEFAULT 0;   -- on a connection that stood already
ALTER TABLE fetch_log ADD COLUMN listing   INTEGER NOT NULL DEFAULT 1;   -- a look at the source; 0: an article

-- Sketches replace the former fingerprints: the archive is judged anew.
CREATE TABLE sketch (
    article_id  INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
    bytes       BLOB NOT NULL
) STRICT;
DELETE FROM band;
UPDATE article SET judgement = NULL, story_id = NULL;
