-- Topics (关注课题): questions that editors follow, the articles that match them, and what each editor has seen of them.

CREATE TABLE topic (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,  -- an id is never given again: feeds name it
    title           TEXT NOT NULL,
    question        TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('decision', 'warning', 'competitor')),
    expression      TEXT NOT NULL,
    industries      TEXT NOT NULL,                      -- this and the next three: JSON lists
    places          TEXT NOT NULL,
    organisations   TEXT NOT NULL,
    recipients      TEXT NOT NULL,
    owner           TEXT NOT NULL,                      -- an account's name
    due             TEXT,
    asked_by        TEXT,                               -- 约稿: who asked, and when
    asked_on        TEXT,
    answer          TEXT,                               -- NULL: not answered
    answer_edition  INTEGER REFERENCES edition (id) ON DELETE SET NULL,
    answer_article  INTEGER,                            -- the item of that issue
    created         INTEGER NOT NULL,
    closed          INTEGER,
    revision        INTEGER NOT NULL DEFAULT 1,         -- ascends with each change of what it matches
    search_before   INTEGER,                            -- the archive is searched from this article id down; NULL: done
    search_since    INTEGER NOT NULL DEFAULT 0          -- to articles fetched at this time
) STRICT;

CREATE TABLE topic_article (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,      -- ascends, never given again: editors have seen up to a number
    topic_id    INTEGER NOT NULL REFERENCES topic (id) ON DELETE CASCADE,
    article_id  INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    effective   INTEGER NOT NULL,                       -- the article's
    evidence    TEXT NOT NULL,                          -- JSON
    news        INTEGER NOT NULL,                       -- matched as it came; 0: the archive had it before
    dismissed   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic_id, article_id)
) STRICT;
CREATE INDEX topic_article_time ON topic_article (topic_id, dismissed, effective);
CREATE INDEX topic_article_news ON topic_article (topic_id, number) WHERE news AND NOT dismissed;
CREATE INDEX topic_article_article ON topic_article (article_id);

CREATE TABLE topic_visit (
    topic_id    INTEGER NOT NULL REFERENCES topic (id) ON DELETE CASCADE,
    account_id  INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    at          INTEGER NOT NULL,
    seen        INTEGER NOT NULL,                       -- up to this number
    seen_before INTEGER NOT NULL,                       -- at the visit before; reloading a page keeps its marks
    PRIMARY KEY (topic_id, account_id)
) STRICT, WITHOUT ROWID;
