-- The labels of articles as rows, by name and newest first, so that a search by label alone reads an index. They say what the
-- judgement of the article says (src/store/labels.rs).

CREATE TABLE article_industry (
    name        TEXT NOT NULL,            -- industries and themes
    effective   INTEGER NOT NULL,
    article_id  INTEGER NOT NULL,
    PRIMARY KEY (name, effective, article_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE article_column (
    name        TEXT NOT NULL,
    effective   INTEGER NOT NULL,
    article_id  INTEGER NOT NULL,
    PRIMARY KEY (name, effective, article_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE article_keyword (
    name        TEXT NOT NULL,
    effective   INTEGER NOT NULL,
    article_id  INTEGER NOT NULL,
    PRIMARY KEY (name, effective, article_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE article_place (
    name        TEXT NOT NULL,
    effective   INTEGER NOT NULL,
    article_id  INTEGER NOT NULL,
    PRIMARY KEY (name, effective, article_id)
) STRICT, WITHOUT ROWID;

-- people search by parts of these names: those of all articles are read, each once
CREATE TABLE organisation (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE article_organisation (
    organisation_id INTEGER NOT NULL,
    effective       INTEGER NOT NULL,
    article_id      INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, effective, article_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX article_industry_article ON article_industry (article_id);
CREATE INDEX article_column_article ON article_column (article_id);
CREATE INDEX article_keyword_article ON article_keyword (article_id);
CREATE INDEX article_place_article ON article_place (article_id);
CREATE INDEX article_organisation_article ON article_organisation (article_id);

INSERT OR IGNORE INTO article_industry SELECT j.value ->> '$.name', a.effective, a.id FROM article a, json_each(a.judgement, '$.industries') j;
INSERT OR IGNORE INTO article_industry SELECT j.value ->> '$.name', a.effective, a.id FROM article a, json_each(a.judgement, '$.themes') j;
INSERT OR IGNORE INTO article_column SELECT judgement ->> '$.column', effective, id FROM article WHERE judgement IS NOT NULL;
INSERT OR IGNORE INTO article_keyword SELECT j.value, a.effective, a.id FROM article a, json_each(a.judgement, '$.keywords') j;
INSERT OR IGNORE INTO article_place SELECT j.value, a.effective, a.id FROM article a, json_each(a.judgement, '$.places') j;
INSERT OR IGNORE INTO organisation (name) SELECT j.value FROM article a, json_each(a.judgement, '$.organisations') j;
INSERT OR IGNORE INTO article_organisation SELECT o.id, a.effective, a.id FROM article a, json_each(a.judgement, '$.organisations') j JOIN organisation o ON o.name = j.value;
INSERT OR IGNORE INTO organisation (name) SELECT j.value FROM article a, json_each(a.judgement, '$.mentioned') j;
INSERT OR IGNORE INTO article_organisation SELECT o.id, a.effective, a.id FROM article a, json_each(a.judgement, '$.mentioned') j JOIN organisation o ON o.name = j.value;
