-- Events: stories that report one happening in different words (src/store/events.rs).

-- An event; one that an editor or a new report joined to another leads there.
CREATE TABLE event (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    merged_into  INTEGER
) STRICT;

-- Every article of a story has the same event.
ALTER TABLE article ADD COLUMN event_id INTEGER;
-- How sure it is that the story belongs to the event, from 0 to 1: below 0.9 an editor should look. Null: its first story, or an editor said so.
ALTER TABLE article ADD COLUMN event_confidence REAL;
-- what the archive has: a story is an event
INSERT INTO event (id) SELECT DISTINCT story_id FROM article WHERE story_id IS NOT NULL;
UPDATE article SET event_id = story_id;
CREATE INDEX article_event ON article (event_id) WHERE event_id IS NOT NULL;

-- The rarest n-grams of each article: articles on one event share some.
CREATE TABLE event_term (
    term        INTEGER NOT NULL,
    article_id  INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    PRIMARY KEY (term, article_id)
) STRICT, WITHOUT ROWID;

-- Stories that an editor told apart, each pair once (the smaller first): their events are never joined by themselves.
CREATE TABLE event_parted (
    story_id  INTEGER NOT NULL,
    other_id  INTEGER NOT NULL,
    PRIMARY KEY (story_id, other_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_parted_other ON event_parted (other_id);
