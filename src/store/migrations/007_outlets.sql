-- Other programs that may read.

CREATE TABLE token (
    name     TEXT PRIMARY KEY,
    hash     BLOB NOT NULL UNIQUE,         -- SHA-256
    created  INTEGER NOT NULL,
    used     INTEGER
) STRICT, WITHOUT ROWID;
