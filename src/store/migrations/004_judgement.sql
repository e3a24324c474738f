-- What the judgement and the choice of items need beside the articles.

-- How much a source counts, from sources.toml.
ALTER TABLE source ADD COLUMN weight REAL NOT NULL DEFAULT 1.0;

-- How many articles of a day had a word among their keywords; days count from 1970-01-01 (UTC).
CREATE TABLE keyword_day (
    day       INTEGER NOT NULL,
    word      TEXT NOT NULL,
    articles  INTEGER NOT NULL,
    PRIMARY KEY (day, word)
) STRICT, WITHOUT ROWID;

-- Single facts, such as which taxonomy the archive was judged by.
CREATE TABLE fact (
    name   TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
