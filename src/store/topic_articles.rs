//! Which articles match which topics: as they come, in the transaction that stores them, and in the archive, in batches.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{ArticleId, AuditAction, Classification, EditionId, Headline, TopicArticle, TopicFilter, TopicId};
use crate::store::audit::audit;
use crate::store::topics::{open_filters, title, version};
use crate::store::{CandidateRange, Result, Store, invalid_value};
use crate::topics::{Matcher, TopicMatch};

/// Articles of the archive read at once.
const SEARCH_BATCH: i64 = 100;
/// Articles that a preview tries at most.
const MAX_PREVIEWED: i64 = 20_000;
/// Reloading a topic's page within this time keeps what it marked as new.
const SAME_VISIT: TimeDelta = TimeDelta::minutes(30);

/// Most other names of an article's organisations.
const MAX_OTHER_NAMES: i64 = 200;

/// The compiled topics with their version.
pub(super) type CachedMatcher = Option<(Option<String>, Arc<Matcher>)>;

/// What a topic would match.
#[derive(Debug, Clone, Default)]
pub struct TopicPreview {
    pub matching: usize,
    /// The newest of them.
    pub examples: Vec<Headline>,
    /// Articles tried, and whether those are all of the period.
    pub tried: usize,
    pub is_complete: bool,
}

/// An article as matching needs it.
struct Candidate {
    id: ArticleId,
    title: String,
    text: String,
    labels: Classification,
}

impl Candidate {
    fn find(&self, matcher: &Matcher) -> Vec<TopicMatch> {
        matcher.find(&self.title, &self.text, &self.labels)
    }
}

/// An issue that has articles of a topic, or one of its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicItem {
    pub edition: EditionId,
    pub article: ArticleId,
}

impl Store {
    /// Matches an article that a transaction stores, and replaces its earlier matches. `is_news`: it comes just now.
    pub(super) fn match_topics(
        &self,
        t: &Connection,
        id: ArticleId,
        title: &str,
        text: &str,
        labels: &Classification,
        is_news: bool,
    ) -> Result<Vec<TopicMatch>> {
        let matcher = self.topic_matcher(t)?;
        let labels = with_other_names(t, &matcher, Cow::Borrowed(labels))?;
        let found = matcher.find(title, text, &labels);
        if !is_news {
            let kept: Vec<i64> = found.iter().map(|m| m.topic.0).collect();
            let kept = serde_json::to_string(&kept).map_err(invalid_value("topics"))?;
            t.prepare_cached(
                "DELETE FROM topic_article WHERE article_id = ?1 AND topic_id NOT IN (SELECT value FROM json_each(?2))
                 AND topic_id IN (SELECT id FROM topic WHERE closed IS NULL)",
            )?
            .execute(params![id.0, kept])?;
        }
        found.iter().try_for_each(|m| put_match(t, id, m, is_news))?;
        Ok(found)
    }

    /// Returns the compiled topics as the transaction sees them: a topic made a moment ago misses no article.
    fn topic_matcher(&self, t: &Connection) -> Result<Arc<Matcher>> {
        let current = version(t)?;
        let mut cached = self.0.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, matcher)) = &*cached
            && *known == current
        {
            return Ok(Arc::clone(matcher));
        }
        // without one, articles would stop coming: what is wrong is logged instead
        let matcher = Matcher::new(open_filters(t)?).unwrap_or_else(|e| {
            tracing::error!("the topics cannot be compiled: {e}");
            Matcher::default()
        });
        let matcher = Arc::new(matcher);
        *cached = Some((current, Arc::clone(&matcher)));
        Ok(matcher)
    }

    /// Searches the archive for new and changed topics until every one is done. After a kill it resumes there.
    pub fn search_archive_for_topics(&self) -> Result<()> {
        while self.search_archive_batch()? {}
        Ok(())
    }

    /// Returns false if nothing was left to search.
    fn search_archive_batch(&self) -> Result<bool> {
        let next = self.read(|c| {
            let sql = "SELECT id, revision, search_before, search_since FROM topic WHERE search_before IS NOT NULL ORDER BY id LIMIT 1";
            let row =
                c.prepare_cached(sql)?.query_row([], |r| Ok((TopicId(r.get(0)?), r.get::<_, i64>(1)?, r.get::<_, i64>(2)?, r.get::<_, i64>(3)?)));
            Ok(row.optional()?)
        })?;
        let Some((topic, revision, before, since)) = next else { return Ok(false) };
        let Some(filter) = self.topic(topic)?.map(|t| t.draft.filter) else { return Ok(true) };
        let matcher = Matcher::new([(topic, filter)]).unwrap_or_default();
        let batch = self.candidates_of(
            &matcher,
            "id < ?1 AND fetched >= ?2 AND judgement IS NOT NULL ORDER BY id DESC LIMIT ?3",
            params![before, since, SEARCH_BATCH],
        )?;
        let rest = batch.last().map(|c| c.id.0).filter(|_| i64::try_from(batch.len()) == Ok(SEARCH_BATCH));
        let found: Vec<(ArticleId, Option<TopicMatch>)> = batch.iter().map(|c| (c.id, c.find(&matcher).pop())).collect();
        self.write(|t| {
            let mine = "UPDATE topic SET search_before = ?4 WHERE id = ?1 AND revision = ?2 AND search_before = ?3";
            if t.prepare_cached(mine)?.execute(params![topic.0, revision, before, rest])? == 0 {
                // changed meanwhile, or another search was faster
                return Ok(());
            }
            for (article, found) in &found {
                if let Some(found) = found {
                    put_match(t, *article, found, false)?;
                } else {
                    let sql = "DELETE FROM topic_article WHERE topic_id = ?1 AND article_id = ?2";
                    t.prepare_cached(sql)?.execute([topic.0, article.0])?;
                }
            }
            Ok(())
        })?;
        Ok(true)
    }

    /// Tries a filter on the articles since a moment, newest first.
    pub fn preview_topic(&self, filter: TopicFilter, since: DateTime<Utc>, examples: usize) -> Result<TopicPreview> {
        let matcher = Matcher::new([(TopicId(0), filter)]).unwrap_or_default();
        let (mut out, mut ids, mut before) = (TopicPreview::default(), Vec::new(), i64::MAX);
        let most = usize::try_from(MAX_PREVIEWED).unwrap_or(usize::MAX);
        while out.tried < most && !out.is_complete {
            let rest = "id < ?1 AND fetched >= ?2 AND judgement IS NOT NULL ORDER BY id DESC LIMIT ?3";
            let batch = self.candidates_of(&matcher, rest, params![before, since.timestamp(), SEARCH_BATCH])?;
            out.is_complete = i64::try_from(batch.len()) != Ok(SEARCH_BATCH);
            before = batch.last().map_or(0, |c| c.id.0);
            out.tried += batch.len();
            let found = batch.iter().filter(|c| !c.find(&matcher).is_empty()).map(|c| c.id);
            for id in found {
                out.matching += 1;
                if ids.len() < examples {
                    ids.push(id);
                }
            }
        }
        out.examples = ids.into_iter().map(|id| self.headline(id)).collect::<Result<_>>()?;
        Ok(out)
    }

    fn candidates_of(&self, matcher: &Matcher, rest: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<Candidate>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!("SELECT id, title, text, judgement FROM article WHERE {rest}"))?;
            let mut rows = s.query(params)?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let labels: String = r.get(3)?;
                let labels = serde_json::from_str(&labels).map_err(invalid_value("judgement"))?;
                let labels = with_other_names(c, matcher, Cow::Owned(labels))?.into_owned();
                out.push(Candidate { id: ArticleId(r.get(0)?), title: r.get(1)?, text: r.get(2)?, labels });
            }
            Ok(out)
        })
    }

    /// Returns a topic's articles, newest first, those that an editor dismissed last.
    pub fn topic_articles(&self, id: TopicId, most: usize) -> Result<Vec<TopicArticle>> {
        self.matches(
            "m.topic_id = ?1 ORDER BY m.dismissed, m.effective DESC, m.article_id LIMIT ?2",
            params![id.0, i64::try_from(most).unwrap_or(i64::MAX)],
        )
    }

    fn matches(&self, rest: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<TopicArticle>> {
        let rows: Vec<(i64, i64, String, bool, bool)> = self.read(|c| {
            let sql = format!("SELECT m.number, m.article_id, m.evidence, m.news, m.dismissed FROM topic_article m WHERE {rest}");
            let mut s = c.prepare_cached(&sql)?;
            let rows = s.query_map(params, |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        let one = |(number, article, evidence, is_news, is_dismissed): (i64, i64, String, bool, bool)| {
            let evidence = serde_json::from_str(&evidence).map_err(invalid_value("topic's evidence"))?;
            Ok(TopicArticle { number, headline: self.headline(ArticleId(article))?, evidence, is_news, is_dismissed })
        };
        rows.into_iter().map(one).collect()
    }

    /// Returns the titles of the open topics of the candidates of an edition.
    pub fn topics_of(&self, range: CandidateRange) -> Result<HashMap<ArticleId, Vec<String>>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT m.article_id, t.title FROM topic_article m JOIN topic t ON t.id = m.topic_id
                 WHERE m.article_id > ?1 AND m.article_id <= ?2 AND NOT m.dismissed AND t.closed IS NULL ORDER BY m.article_id, t.id",
            )?;
            let mut rows = s.query([range.after.0, range.until.0])?;
            let mut out: HashMap<ArticleId, Vec<String>> = HashMap::new();
            while let Some(r) = rows.next()? {
                out.entry(ArticleId(r.get(0)?)).or_default().push(r.get(1)?);
            }
            Ok(out)
        })
    }

    /// Returns the open topics of an article.
    pub fn article_topics(&self, id: ArticleId) -> Result<Vec<(TopicId, String)>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT t.id, t.title FROM topic_article m JOIN topic t ON t.id = m.topic_id
                 WHERE m.article_id = ?1 AND NOT m.dismissed AND t.closed IS NULL ORDER BY t.id",
            )?;
            let rows = s.query_map([id.0], |r| Ok((TopicId(r.get(0)?), r.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Records that an account looks at a topic; returns the number up to which it had seen the articles before.
    pub fn visit_topic(&self, id: TopicId, account: &str, now: DateTime<Utc>) -> Result<i64> {
        self.write(|t| {
            let newest = "(SELECT coalesce(max(number), 0) FROM topic_article WHERE topic_id = ?1)";
            t.execute(
                &format!(
                    "INSERT INTO topic_visit (topic_id, account_id, at, seen, seen_before)
                     SELECT ?1, a.id, ?3, {newest}, 0 FROM account a WHERE a.name = ?2
                     ON CONFLICT (topic_id, account_id) DO UPDATE SET at = ?3, seen = {newest}, seen_before = iif(at < ?4, seen, seen_before)"
                ),
                params![id.0, account, now.timestamp(), (now - SAME_VISIT).timestamp()],
            )?;
            let sql = "SELECT seen_before FROM topic_visit WHERE topic_id = ?1 AND account_id = (SELECT id FROM account WHERE name = ?2)";
            Ok(t.query_row(sql, params![id.0, account], |r| r.get(0)).optional()?.unwrap_or(0))
        })
    }

    /// Marks an article as irrelevant to a topic (不相关), or takes that back; returns false if it is not the topic's.
    pub fn dismiss_from_topic(&self, id: TopicId, article: ArticleId, dismissed: bool, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(title) = title(t, id)? else { return Ok(false) };
            let sql = "UPDATE topic_article SET dismissed = ?3 WHERE topic_id = ?1 AND article_id = ?2";
            if t.execute(sql, params![id.0, article.0, dismissed])? == 0 {
                return Ok(false);
            }
            let headline: String = t.query_row("SELECT title FROM article WHERE id = ?1", [article.0], |r| r.get(0))?;
            let action = if dismissed { AuditAction::DismissMatch } else { AuditAction::RestoreMatch };
            audit(t, who, action, &format!("{title}：{headline}"), now)?;
            Ok(true)
        })
    }

    /// Returns the items of issues that tell stories of a topic, newest issue first: where its answer may be.
    pub fn topic_items(&self, id: TopicId, most: usize) -> Result<Vec<TopicItem>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT i.edition_id, max(i.article_id) FROM topic_article m JOIN article a ON a.id = m.article_id JOIN item i ON i.story_id = a.story_id
                 WHERE m.topic_id = ?1 AND NOT m.dismissed GROUP BY i.edition_id, i.story_id ORDER BY i.edition_id DESC LIMIT ?2",
            )?;
            let rows = s.query_map(params![id.0, i64::try_from(most).unwrap_or(i64::MAX)], |r| {
                Ok(TopicItem { edition: EditionId(r.get(0)?), article: ArticleId(r.get(1)?) })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// Adds the other names of the organisations that the labels name, if a topic asks for organisations.
pub(super) fn with_other_names<'a, I: Copy>(
    c: &Connection,
    matcher: &Matcher<I>,
    labels: Cow<'a, Classification>,
) -> Result<Cow<'a, Classification>> {
    if !matcher.asks_for_organisations() {
        return Ok(labels);
    }
    let named = serde_json::to_string(&labels.all_organisations()).map_err(invalid_value("organisations"))?;
    // the limit is no parameter: SQLite prepares a statement again each time its limit is bound
    let mut s = c.prepare_cached(&format!(
        "SELECT DISTINCT n.name FROM json_each(?1) j JOIN organisation o ON o.name = j.value
         JOIN organisation n ON n.id = coalesce(o.main_id, o.id) OR n.main_id = coalesce(o.main_id, o.id) WHERE n.id <> o.id LIMIT {MAX_OTHER_NAMES}",
    ))?;
    let names = s.query_map([named], |r| r.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    let mut labels = labels.into_owned();
    labels.other_organisations.extend(names);
    Ok(Cow::Owned(labels))
}

fn put_match(t: &Connection, article: ArticleId, found: &TopicMatch, is_news: bool) -> Result<()> {
    let evidence = serde_json::to_string(&found.evidence).map_err(invalid_value("topic's evidence"))?;
    t.prepare_cached(
        "INSERT INTO topic_article (topic_id, article_id, effective, evidence, news) SELECT ?1, id, effective, ?3, ?4 FROM article WHERE id = ?2
         ON CONFLICT (topic_id, article_id) DO UPDATE SET evidence = excluded.evidence",
    )?
    .execute(params![found.topic.0, article.0, evidence, is_news])?;
    Ok(())
}
