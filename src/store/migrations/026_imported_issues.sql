-- Issues made before this program and imported from files (`qingbao learn import`). They keep their rows in `edition`; this table
-- tells them apart, and a file that was imported before.

CREATE TABLE imported_issue (
    edition_id   INTEGER PRIMARY KEY REFERENCES edition (id) ON DELETE CASCADE,
    publication  TEXT NOT NULL,
    file         TEXT NOT NULL,       -- its name, without folders
    sha256       TEXT NOT NULL,       -- of its bytes, in hexadecimal
    imported_at  INTEGER NOT NULL,
    UNIQUE (publication, sha256)
) STRICT;
