-- Which articles an edition was chosen from: by id, the order in which they were stored. An edition of before closes what was
-- there when it was built.

ALTER TABLE edition ADD COLUMN candidates_after INTEGER;
ALTER TABLE edition ADD COLUMN candidates_until INTEGER;
UPDATE edition SET candidates_until = (SELECT id FROM article WHERE fetched <= edition.built ORDER BY id DESC LIMIT 1)
WHERE date = (SELECT max(date) FROM edition e WHERE e.publication = edition.publication);
