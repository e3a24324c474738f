-- Which sources had an article: an article belongs to the first of them, so the others would look dead without this.

CREATE TABLE sighting (
    article_id  INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    source_id   TEXT NOT NULL REFERENCES source (id),
    dated       INTEGER NOT NULL,         -- the day it counts for at this source, see store/sightings.rs
    PRIMARY KEY (article_id, source_id)
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO sighting (article_id, source_id, dated)
    SELECT a.id, e.source_id,
      CASE WHEN e.first_seen - a.effective > 259200 AND e.first_seen > (SELECT min(f.first_seen) FROM entry f WHERE f.source_id = e.source_id) THEN e.first_seen
           ELSE min(a.effective, e.first_seen) END
    FROM article a JOIN entry o ON o.id = a.entry_id JOIN entry e ON e.canonical = o.canonical;
CREATE INDEX sighting_source ON sighting (source_id, dated);

-- What the source list shows without counting. The columns usual_gap and gaps are not used any more.
ALTER TABLE source ADD COLUMN articles  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN newest    INTEGER;                      -- latest `dated` of its sightings
ALTER TABLE source ADD COLUMN quiet     INTEGER NOT NULL DEFAULT 0;   -- as its last poll found: schedule::silence
ALTER TABLE source ADD COLUMN wall      TEXT;                         -- what its article pages showed last in place of articles
UPDATE source SET (articles, newest) = (SELECT count(*), max(dated) FROM sighting g WHERE g.source_id = source.id);
