-- Accounts and tokens limited to some publications, by name. Without a row: all publications.

CREATE TABLE account_publication (
    account_id   INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    publication  TEXT NOT NULL,
    PRIMARY KEY (account_id, publication)
) STRICT, WITHOUT ROWID;

CREATE TABLE token_publication (
    token        TEXT NOT NULL REFERENCES token (name) ON DELETE CASCADE,
    publication  TEXT NOT NULL,
    PRIMARY KEY (token, publication)
) STRICT, WITHOUT ROWID;

ALTER TABLE account ADD COLUMN shown_publication TEXT;     -- whose pages the console shows; NULL: the first
