-- 更正 about an article, for the record of its source (src/grades)
CREATE INDEX notice_article ON notice (article_id) WHERE article_id IS NOT NULL;
