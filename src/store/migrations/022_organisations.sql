-- Organisations have other names, and editors watch, rename and join them. A row stays one spelled name; the rows of one
-- organisation point to its main row (src/store/organisations.rs), so articles keep the name that they use, and a joined name can be
-- split off again.

ALTER TABLE organisation ADD COLUMN main_id INTEGER;                        -- NULL: it is a main row
ALTER TABLE organisation ADD COLUMN joined_by TEXT NOT NULL DEFAULT 'none'; -- none, text, taxonomy, editor; ambiguous: texts disagree
ALTER TABLE organisation ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;      -- the taxonomy watches it
ALTER TABLE organisation ADD COLUMN watched INTEGER;                        -- an editor's decision; NULL: as the taxonomy says
ALTER TABLE organisation ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE organisation ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;  -- time of the article that named it first; 0: unknown

CREATE INDEX organisation_main ON organisation (main_id) WHERE main_id IS NOT NULL;
