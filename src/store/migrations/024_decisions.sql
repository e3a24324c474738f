-- What editors decided on the candidates of issues, and what is learned from it.

-- The items of a draft and the best of the other candidates, as the ranking saw them.
CREATE TABLE candidate (
    edition_id    INTEGER NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    article_id    INTEGER NOT NULL,
    rank          INTEGER NOT NULL,       -- among the items, or among the others; from 1
    was_proposed  INTEGER NOT NULL,
    features      TEXT NOT NULL,          -- JSON: ranking::CandidateFeatures
    PRIMARY KEY (edition_id, article_id)
) STRICT, WITHOUT ROWID;

-- The log of decisions. `kept` is written when an issue becomes final, so a step that was undone needs no row.
CREATE TABLE decision_log (
    id          INTEGER PRIMARY KEY,
    edition_id  INTEGER REFERENCES edition (id) ON DELETE CASCADE,  -- NULL: outside of an issue
    article_id  INTEGER NOT NULL,
    action      TEXT NOT NULL CHECK (action IN ('kept', 'dropped', 'moved', 'put-up', 'retitled', 'rewritten', 'merged', 'corrected', 'added', 'opened')),
    detail      TEXT NOT NULL DEFAULT '', -- reason of a drop, column of a move, the item that takes a merged one
    who         TEXT NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
INSERT INTO decision_log (edition_id, article_id, action, detail, who, at)
    SELECT edition_id, article_id, iif(kept, 'kept', 'dropped'), coalesce(reason, ''), '', at FROM decision ORDER BY at;
DROP TABLE decision;
ALTER TABLE decision_log RENAME TO decision;
CREATE INDEX decision_edition ON decision (edition_id, article_id);
CREATE INDEX decision_at ON decision (at);

-- Trained rankings by publication, newest last.
CREATE TABLE ranking_model (
    id           INTEGER PRIMARY KEY,
    publication  TEXT NOT NULL,
    trained_at   INTEGER NOT NULL,
    share        REAL NOT NULL,           -- how much the learned part counts; 0: the ranking without it
    model        BLOB NOT NULL            -- JSON, zstd: ranking::RankingModel
) STRICT;
CREATE INDEX ranking_model_newest ON ranking_model (publication, id);
