-- Figures over time (`kind = "series"`): what each source told, with revisions, and the entries that tell them.

CREATE TABLE series (
    source_id   TEXT PRIMARY KEY REFERENCES source (id),
    basis       TEXT NOT NULL,        -- hash of the settings that decide which figure it is: figures of others cannot be compared
    unit        TEXT,
    frequency   TEXT NOT NULL CHECK (frequency IN ('day', 'week', 'month', 'quarter', 'year')),
    cumulative  INTEGER NOT NULL CHECK (cumulative IN (0, 1))
) STRICT;

CREATE TABLE series_figure (
    source_id   TEXT NOT NULL REFERENCES series (source_id) ON DELETE CASCADE,
    period      TEXT NOT NULL,        -- 2026-10-08, 2026-W40, 2026-10, 2026-Q3, 2026
    value       REAL NOT NULL,
    decimals    INTEGER NOT NULL,
    first_seen  INTEGER NOT NULL,
    PRIMARY KEY (source_id, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE series_revision (
    id            INTEGER PRIMARY KEY,
    source_id     TEXT NOT NULL REFERENCES series (source_id) ON DELETE CASCADE,
    period        TEXT NOT NULL,
    old           REAL NOT NULL,
    old_decimals  INTEGER NOT NULL,
    value         REAL NOT NULL,
    decimals      INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX series_revision_source ON series_revision (source_id, id);

CREATE TABLE series_entry (
    entry_id    INTEGER PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE,
    text        TEXT NOT NULL,
    figures     TEXT NOT NULL,        -- JSON: the last figures, for table and chart
    doubtful    INTEGER NOT NULL CHECK (doubtful IN (0, 1))
) STRICT;
