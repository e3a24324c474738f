-- Letters: what is known of their fate, letters to operators, and when a letter is no longer worth sending.

CREATE TABLE letters (
    id          INTEGER PRIMARY KEY,
    edition_id  INTEGER REFERENCES edition (id),        -- NULL: a notice to operators
    recipient   TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    message     BLOB NOT NULL,
    -- sending: a try has begun; handing: its content may have been accepted
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'handing', 'sent', 'failed', 'uncertain', 'expired', 'cancelled')),
    tries       INTEGER NOT NULL DEFAULT 0,
    doubts      INTEGER NOT NULL DEFAULT 0,             -- tries whose end is not known
    next_try    INTEGER NOT NULL DEFAULT 0,
    reply       TEXT,
    queued      INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    final       INTEGER NOT NULL DEFAULT 0,             -- of the finished issue, not of its draft
    UNIQUE (edition_id, final, recipient)
) STRICT;
INSERT INTO letters (id, edition_id, recipient, message_id, message, state, tries, next_try, reply, queued, expires)
    -- before, nobody knew of a letter in 'sending' how far it had come
    SELECT id, edition_id, recipient, message_id, message, CASE state WHEN 'sending' THEN 'handing' ELSE state END, tries, next_try, reply, queued,
      queued + 259200 FROM outbox;
DROP TABLE outbox;
ALTER TABLE letters RENAME TO outbox;
CREATE INDEX outbox_open ON outbox (next_try) WHERE state IN ('queued', 'sending', 'handing');
CREATE UNIQUE INDEX outbox_notice ON outbox (message_id) WHERE edition_id IS NULL;
