-- What a page brings beside its text.

ALTER TABLE article ADD COLUMN image        TEXT;
ALTER TABLE article ADD COLUMN attachments  TEXT NOT NULL DEFAULT '[]';   -- JSON: [{"name", "url"}]
