-- Terms and industries by period: stories are counted from an index, without reading texts.

-- Whether the publication covers the article: the test of Classification::on_topic. NULL until judged.
ALTER TABLE article ADD COLUMN is_on_topic INTEGER GENERATED ALWAYS AS (
    iif(judgement ->> '$.on_topic' IS NULL OR (judgement ->> '$.by_hand' AND judgement ->> '$.on_topic' = 0),
        json_array_length(judgement, '$.industries') > 0 OR coalesce(json_array_length(judgement, '$.themes'), 0) > 0,
        judgement ->> '$.on_topic')
) VIRTUAL;
-- The narrowest region that it names.
ALTER TABLE article ADD COLUMN region_scope TEXT GENERATED ALWAYS AS (judgement ->> '$.level') VIRTUAL;

CREATE INDEX article_period ON article (is_on_topic, effective, story_id, event_id, source_id, region_scope);

-- Keywords by day were counted by article, copies too; they are counted by story now, from article_keyword.
DROP TABLE keyword_day;
