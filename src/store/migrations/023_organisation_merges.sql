-- What a merge joined is kept, so that a split gives it back: which main name each name had before any merge, and into which
-- organisation each one was merged (src/store/organisation_changes.rs). Notes and watching stay in the rows that had them.

ALTER TABLE organisation ADD COLUMN head_id INTEGER;        -- main name of its own organisation; NULL: it is that name
ALTER TABLE organisation ADD COLUMN merged_into_id INTEGER; -- of a main name: that of the organisation into which an editor merged it

-- earlier merges are not told from other names: their names are split off one by one
UPDATE organisation SET head_id = main_id WHERE main_id IS NOT NULL;

CREATE INDEX organisation_merged ON organisation (merged_into_id) WHERE merged_into_id IS NOT NULL;
