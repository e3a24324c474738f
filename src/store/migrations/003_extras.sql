-- What a page brings beside its text; how lists change.

ALTER TABLE article ADD COLUMN image        TEXT;
ALTER TABLE article ADD COLUMN attachments  TEXT NOT NULL DEFAULT '[]';   -- JSON: [{"name", "url"}]

-- The list layout that was read before, and when that changed.
ALTER TABLE source ADD COLUMN layout_before   TEXT;
ALTER TABLE source ADD COLUMN layout_changed  INTEGER;
