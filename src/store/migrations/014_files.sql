-- Pictures and attachments that editors put to the items of an issue; which item has which is in the edition's payload.

CREATE TABLE item_file (
    id          INTEGER PRIMARY KEY,
    edition_id  INTEGER NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    body        BLOB NOT NULL,
    at          INTEGER NOT NULL
) STRICT;

CREATE INDEX item_file_edition ON item_file (edition_id);
