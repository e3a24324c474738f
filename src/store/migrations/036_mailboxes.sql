-- Mailboxes as sources (kind = "imap"): how far each was read, the mails that were seen, and what they brought.

CREATE TABLE mailbox (
    source_id  TEXT PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE,
    url        TEXT NOT NULL,                   -- of the source; another mailbox is read from its beginning
    since      INTEGER NOT NULL,                -- older mails were there before this source
    validity   INTEGER NOT NULL,                -- UIDVALIDITY: the ids mean something else if it changes
    last_uid   INTEGER NOT NULL                 -- everything up to here was seen
) STRICT;

-- rows stay: a mail that comes back, by a move, a copy or new ids, is told by its key
CREATE TABLE mail (
    id         INTEGER PRIMARY KEY,
    source_id  TEXT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    key        TEXT NOT NULL,                   -- hash of the Message-ID
    subject    TEXT NOT NULL,
    sender     TEXT NOT NULL,
    seen       INTEGER NOT NULL,
    skipped    TEXT,                            -- why it brought nothing
    validity   INTEGER NOT NULL,
    uid        INTEGER NOT NULL,
    moved      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source_id, key)
) STRICT;
CREATE INDEX mail_unmoved ON mail (source_id, validity, uid) WHERE moved = 0;

-- an article of a mail, or a page that an editor's mail links to
CREATE TABLE mail_entry (
    entry_id   INTEGER PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE,
    mail_id    INTEGER NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    publisher  TEXT                             -- 来源: the sender's name; NULL: the page's own
) STRICT;
CREATE INDEX mail_entry_mail ON mail_entry (mail_id);
