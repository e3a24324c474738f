-- Each line of the log carries the SHA-256 of itself and of the line before, so that a line changed or removed later is found.
-- NULL for lines of earlier versions and for failed sign-ins, which are pruned one by one.

-- The newest hash, and that before the oldest line which is kept, stand among the facts.

ALTER TABLE audit ADD COLUMN previous BLOB;
ALTER TABLE audit ADD COLUMN hash BLOB;
INSERT OR REPLACE INTO fact (name, value) SELECT 'audit_unchained', coalesce(max(id), 0) FROM audit;
