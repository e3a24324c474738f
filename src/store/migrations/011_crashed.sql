-- How an entry's document ended its parser; NULL: it did not.

ALTER TABLE entry ADD COLUMN crash TEXT;
CREATE INDEX entry_crash ON entry (id) WHERE crash IS NOT NULL;
