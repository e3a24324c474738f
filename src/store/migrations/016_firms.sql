-- Firms whose industries an editor named: their names say them to nobody (src/store/firms.rs).

CREATE TABLE firm (
    name       TEXT PRIMARY KEY,
    industries TEXT NOT NULL,             -- JSON array of names
    editor     TEXT NOT NULL,
    named_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
