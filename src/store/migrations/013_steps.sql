-- What each change of an edition replaced. The table edition_state of before, whole copies, is not used any more; it empties
-- with retention.

CREATE TABLE edition_step (
    edition_id  INTEGER NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    version     INTEGER NOT NULL,         -- of the edition after the change
    patch       TEXT NOT NULL,            -- JSON: issue::steps::Patch, back to what was before; of an undone step, forth again
    undone      INTEGER NOT NULL DEFAULT 0,
    user        TEXT NOT NULL,
    what        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (edition_id, version)
) STRICT, WITHOUT ROWID;
