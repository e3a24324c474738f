-- Grades of sources and information (src/grades), and what editors say instead.

CREATE TABLE grade (
    article_id   INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
    reliability  TEXT NOT NULL CHECK (reliability IN ('A', 'B', 'C', 'D', 'E', 'F')),
    credibility  INTEGER NOT NULL CHECK (credibility BETWEEN 1 AND 6),
    payload      TEXT NOT NULL,     -- JSON: both grades with their reasons
    at           INTEGER NOT NULL
) STRICT;

CREATE TABLE grade_overruled (
    article_id   INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
    reliability  TEXT CHECK (reliability IN ('A', 'B', 'C', 'D', 'E', 'F')),     -- NULL: as computed
    credibility  INTEGER CHECK (credibility BETWEEN 1 AND 6),
    reason       TEXT NOT NULL,
    who          TEXT NOT NULL,
    at           INTEGER NOT NULL
) STRICT;

-- the first reports of an event
CREATE INDEX article_event_time ON article (event_id, effective, id) WHERE event_id IS NOT NULL;
-- what editors dropped, by article
CREATE INDEX decision_dropped ON decision (article_id, detail) WHERE action = 'dropped';
