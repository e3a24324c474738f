-- How probable it is that what was read off an article's page is right: JSON object of title, date, publisher, author, body, each 0–1
-- (model::Confidence). NULL for articles of earlier versions.

ALTER TABLE article ADD COLUMN confidence TEXT;
