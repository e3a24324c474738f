//! Events: stories that report one happening. An event is named by the row of one of its articles.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::events::{EventModel, INDEXED_TERMS, Joined, MAX_MEMBERS, Member, Profile, join, most_alike};
use crate::model::{ArticleId, AuditAction, EditionId, EventId, EventMember, Headline};
use crate::store::audit::audit;
use crate::store::{Result, Store};

/// Most articles examined per term, the newest ones.
const MAX_PER_TERM: i64 = 24;
/// A report of an event comes at most this long before or after another one, in seconds.
const REACH: i64 = 10 * 86_400;
/// Characters read of a text: more than are compared.
const TEXT_CHARS: i64 = 900;
/// Most articles of an event that are listed.
const MAX_LISTED: i64 = 500;

/// An event of a list.
#[derive(Debug, Clone, Copy)]
pub struct EventRow {
    pub event: EventId,
    /// Publication of its first and last article.
    pub first_seen: DateTime<Utc>,
    pub last_seen: DateTime<Utc>,
    pub articles: usize,
    pub sources: usize,
}

impl Store {
    /// Returns events of several stories with an article since a time, the latest first.
    pub fn recent_events(&self, since: DateTime<Utc>, most: usize) -> Result<Vec<EventRow>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT event_id, min(effective), max(effective), count(*), count(DISTINCT source_id) FROM article
                 WHERE event_id IN (SELECT event_id FROM article WHERE effective >= ?1 AND event_id IS NOT NULL)
                 GROUP BY event_id HAVING count(DISTINCT story_id) > 1 ORDER BY max(effective) DESC, event_id LIMIT ?2",
            )?;
            let count = |r: &rusqlite::Row<'_>, at| Ok::<_, rusqlite::Error>(usize::try_from(r.get::<_, i64>(at)?).unwrap_or(0));
            let time = |r: &rusqlite::Row<'_>, at| Ok::<_, rusqlite::Error>(DateTime::from_timestamp(r.get(at)?, 0).unwrap_or_default());
            let rows = s.query_map(params![since.timestamp(), i64::try_from(most).unwrap_or(i64::MAX)], |r| {
                let (first_seen, last_seen) = (time(r, 1)?, time(r, 2)?);
                Ok(EventRow { event: EventId(r.get(0)?), first_seen, last_seen, articles: count(r, 3)?, sources: count(r, 4)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns the issues with an article of an event: id, label and headline, the latest first.
    pub fn issues_with_event(&self, event: EventId) -> Result<Vec<(EditionId, Option<u32>, String)>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT e.id, iif(e.numbered, e.number, NULL), a.title FROM article a JOIN item i ON i.article_id = a.id JOIN edition e ON e.id = i.edition_id
                 WHERE a.event_id = ?1 ORDER BY e.date DESC, e.id DESC LIMIT 50",
            )?;
            let rows = s.query_map([event.0], |r| Ok((EditionId(r.get(0)?), r.get(1)?, r.get(2)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns the articles of an event, earliest first.
    pub fn event_articles(&self, event: EventId) -> Result<Vec<Headline>> {
        self.headlines("WHERE a.event_id = ?1 ORDER BY a.effective, a.id LIMIT ?2", params![event.0, MAX_LISTED])
    }

    /// Takes the story of an article out of this event, into one of its own; it never joins that event again by itself. Returns false if
    /// the event has no such article, or its story is alone.
    pub fn part_from_event(&self, article: ArticleId, from: EventId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(row) = Place::of(t, article)?.filter(|row| row.event == from.0) else { return Ok(false) };
            let others = "SELECT min(id) FROM article WHERE event_id = ?1 AND coalesce(story_id, id) <> ?2";
            let first: Option<i64> = t.query_row(others, params![row.event, row.story], |r| r.get(0))?;
            let Some(first) = first else { return Ok(false) };
            let own: i64 = t.query_row("SELECT min(id) FROM article WHERE coalesce(story_id, id) = ?1", [row.story], |r| r.get(0))?;
            let is_named_by_it: bool =
                t.query_row("SELECT coalesce(story_id, id) = ?2 FROM article WHERE id = ?1", params![row.event, row.story], |r| r.get(0))?;
            let mut rest = row.event;
            if is_named_by_it {
                // the event had the number of this story's article: the others take that of the earliest of them
                rest = first;
                t.execute(
                    "UPDATE article SET event_id = ?1 WHERE event_id = ?2 AND coalesce(story_id, id) <> ?3",
                    params![first, row.event, row.story],
                )?;
                t.execute("UPDATE event_parted SET event_id = ?1 WHERE event_id = ?2", params![first, row.event])?;
            }
            t.execute("UPDATE article SET event_id = ?1, event_confidence = NULL WHERE coalesce(story_id, id) = ?2", params![own, row.story])?;
            t.execute("INSERT OR IGNORE INTO event_parted (story_id, event_id) VALUES (?1, ?2)", params![row.story, rest])?;
            audit(t, who, AuditAction::PartEvent, &row.title, now)?;
            Ok(true)
        })
    }

    /// Joins the events of two articles; returns false if one is missing, or they already are one. An editor's word is sure.
    pub fn join_events(&self, article: ArticleId, into: ArticleId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let (Some(row), Some(target)) = (Place::of(t, article)?, Place::of(t, into)?) else { return Ok(false) };
            if row.event == target.event {
                // a doubtful member becomes a sure one
                let sure = "UPDATE article SET event_confidence = NULL WHERE coalesce(story_id, id) = ?1 AND event_confidence < ?2";
                let done = t.execute(sure, params![row.story, EventMember::SURE])? > 0;
                if done {
                    audit(t, who, AuditAction::JoinEvents, &row.title, now)?;
                }
                return Ok(done);
            }
            t.execute(
                "UPDATE article SET event_id = ?1, event_confidence = iif(coalesce(story_id, id) = ?3, NULL, event_confidence) WHERE event_id = ?2",
                params![target.event, row.event, row.story],
            )?;
            t.execute("DELETE FROM event_parted WHERE story_id = ?1 AND event_id = ?2", params![row.story, target.event])?;
            audit(t, who, AuditAction::JoinEvents, &row.title, now)?;
            Ok(true)
        })
    }
}

/// An article's place among events.
struct Place {
    title: String,
    story: i64,
    event: i64,
}

impl Place {
    fn of(t: &Connection, article: ArticleId) -> Result<Option<Self>> {
        let mut s = t.prepare_cached("SELECT title, coalesce(story_id, id), event_id FROM article WHERE id = ?1 AND event_id IS NOT NULL")?;
        Ok(s.query_row([article.0], |r| Ok(Self { title: r.get(0)?, story: r.get(1)?, event: r.get(2)? })).optional()?)
    }
}

/// Gives a newly classified article its event: that of its story, else that of the articles most like it, else one of its own.
pub(super) fn assign_event(t: &Connection, id: ArticleId, story: i64, title: &str, text: &str) -> Result<()> {
    let mut place = t.prepare_cached("UPDATE article SET event_id = ?2, event_confidence = ?3 WHERE id = ?1")?;
    let of_story = "SELECT event_id, event_confidence FROM article WHERE story_id = ?1 AND id <> ?2 AND event_id IS NOT NULL ORDER BY id LIMIT 1";
    let known: Option<(i64, Option<f64>)> = t.prepare_cached(of_story)?.query_row(params![story, id.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    if let Some((event, confidence)) = known {
        place.execute(params![id.0, event, confidence])?;
        return Ok(());
    }
    let effective: i64 = t.prepare_cached("SELECT effective FROM article WHERE id = ?1")?.query_row([id.0], |r| r.get(0))?;
    let profile = Profile::new(title, text, local_day(effective));
    let terms = profile.terms();
    let joined = find_event(t, id, effective, &profile, &terms)?;
    match &joined {
        None => place.execute(params![id.0, id.0, None::<f64>])?,
        Some(j) => place.execute(params![id.0, j.event, f64::from(j.confidence)])?,
    };
    for other in joined.iter().flat_map(|j| &j.merged) {
        let merge = "UPDATE article SET event_id = ?1, event_confidence = min(coalesce(event_confidence, 1.0), ?3) WHERE event_id = ?2";
        let doubtful = EventMember::SURE - 0.001;
        t.prepare_cached(merge)?.execute(params![joined.as_ref().map(|j| j.event), other, doubtful])?;
    }
    let mut insert = t.prepare_cached("INSERT OR IGNORE INTO event_term (term, article_id) VALUES (?1, ?2)")?;
    for (term, _) in terms.into_iter().take(INDEXED_TERMS) {
        insert.execute(params![i64::from(term), id.0])?;
    }
    Ok(())
}

fn find_event(t: &Connection, id: ArticleId, effective: i64, profile: &Profile, terms: &[(u32, f32)]) -> Result<Option<Joined<i64>>> {
    let Some(model) = EventModel::built_in() else { return Ok(None) };
    let mut load = t.prepare_cached(&format!(
        "SELECT event_id, title, substr(text, 1, {TEXT_CHARS}), effective FROM article WHERE id = ?1 AND event_id IS NOT NULL AND abs(effective - ?2) <= {REACH}"
    ))?;
    let mut candidates = Vec::new();
    for other in sharing_terms(t, id, terms)? {
        let read = |r: &rusqlite::Row<'_>| Ok((r.get::<_, i64>(0)?, read_profile(r, 1)?));
        candidates.extend(load.query_row(params![other, effective], read).optional()?);
    }
    let mut newest = t.prepare_cached(&format!(
        "SELECT title, substr(text, 1, {TEXT_CHARS}), effective, coalesce(event_confidence, 1.0) >= {} FROM article
         WHERE event_id = ?1 AND (story_id = id OR story_id IS NULL) ORDER BY id DESC LIMIT {MAX_MEMBERS}",
        EventMember::SURE
    ))?;
    let members = |event: i64| -> Result<Vec<Member>> {
        let rows = newest.query_map([event], |r| Ok(Member { profile: read_profile(r, 0)?, is_sure: r.get(3)? }))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    let joined = join(model, profile, candidates, members)?;
    let mut parted = t.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM event_parted p JOIN article a ON a.story_id = p.story_id WHERE a.id = ?1 AND p.event_id = ?2)",
    )?;
    Ok(match joined {
        Some(j) if parted.query_row(params![id.0, j.event], |r| r.get(0))? => None,
        joined => joined,
    })
}

fn read_profile(r: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Profile> {
    let (title, text, effective): (String, String, i64) = (r.get(from)?, r.get(from + 1)?, r.get(from + 2)?);
    Ok(Profile::new(&title, &text, local_day(effective)))
}

/// Returns the day in China of a time.
fn local_day(seconds: i64) -> Option<NaiveDate> {
    Some(DateTime::from_timestamp(seconds, 0)?.with_timezone(&chrono_tz::Asia::Shanghai).date_naive())
}

/// Returns the articles that share the rarest terms, best first.
fn sharing_terms(t: &Connection, mine: ArticleId, terms: &[(u32, f32)]) -> Result<Vec<i64>> {
    let mut newest = t.prepare_cached("SELECT article_id FROM event_term WHERE term = ?1 AND article_id <> ?2 ORDER BY article_id DESC LIMIT ?3")?;
    let mut shared: BTreeMap<i64, f32> = BTreeMap::new();
    for (term, bits) in terms {
        let rows = newest.query_map(params![i64::from(*term), mine.0, MAX_PER_TERM], |r| r.get::<_, i64>(0))?;
        for article in rows {
            *shared.entry(article?).or_default() += bits;
        }
    }
    Ok(most_alike(shared))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::now;

    const DAY: i64 = 86_400;

    fn add(store: &Store, n: i64, day: i64, story: i64, title: &str, text: &str) {
        let fill = |t: &Connection| {
            t.execute("INSERT OR IGNORE INTO source (id, name, url) VALUES ('a', '甲', 'https://a.cn/')", [])?;
            let entry = "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, 'https://a.cn/', '题', 'done', 0)";
            t.execute(entry, [n])?;
            let article = "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html, story_id)
                           VALUES (?1, ?1, 'a', ?1, 'https://a.cn/', ?2, ?3, ?3, ?4, '', ?5)";
            t.execute(article, params![n, title, day * DAY, text, story])?;
            assign_event(t, ArticleId(n), story, title, text)
        };
        store.write(fill).unwrap();
    }

    fn event(store: &Store, n: i64) -> EventMember {
        store.headline(ArticleId(n)).unwrap().event.unwrap()
    }

    const HALT: [(&str, &str); 2] = [
        (
            "云鹭股份子公司云鹭化学被责令停产",
            "云鹭股份11月3日公告，全资子公司云鹭化学因未按期处置2.45万吨危险废物，被许昌市生态环境局责令临时停产。云鹭化学2025年营业收入6.37亿元，占公司营业收入的31%。",
        ),
        (
            "云鹭股份：子公司云鹭化学临时停产",
            "11月3日晚间，云鹭股份发布公告称，子公司云鹭化学收到许昌市生态环境局通知，因2.45万吨危险废物未按期处置，即日起临时停产。该子公司2025年营业收入6.37亿元。",
        ),
    ];

    fn store(dir: &std::path::Path) -> Store {
        let store = Store::open(dir).unwrap();
        add(&store, 1, 20_000, 1, HALT[0].0, HALT[0].1);
        add(&store, 2, 20_000, 2, HALT[1].0, HALT[1].1);
        add(&store, 3, 20_000, 3, "禹州中药材交易会开幕", "第二十届禹州中药材交易会开幕，三百家药商到会洽谈，签约金额十二亿元。");
        store
    }

    #[test]
    fn reports_of_one_event_meet_and_copies_share_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        assert_eq!([1, 2, 3].map(|n| event(&store, n).event.0), [1, 1, 3]);
        add(&store, 4, 20_001, 2, HALT[1].0, HALT[1].1);
        assert_eq!(event(&store, 4).event, EventId(1), "a copy of the second");
        add(&store, 5, 20_060, 5, HALT[0].0, HALT[0].1);
        assert_eq!(event(&store, 5).event, EventId(5), "two months later");
        let rows = store.recent_events(DateTime::UNIX_EPOCH, 9).unwrap();
        assert_eq!(rows.iter().map(|r| (r.event.0, r.articles)).collect::<Vec<_>>(), [(1, 3)]);
        assert_eq!(store.event_articles(EventId(1)).unwrap().len(), 3);
    }

    #[test]
    fn editors_part_and_join() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        assert!(!store.part_from_event(ArticleId(1), EventId(2), "张三", now()).unwrap(), "of another event");
        assert!(store.part_from_event(ArticleId(1), EventId(1), "张三", now()).unwrap());
        assert_eq!([1, 2].map(|n| event(&store, n).event.0), [1, 2], "the others take the number of the earliest of them");
        assert!(!store.part_from_event(ArticleId(1), EventId(1), "张三", now()).unwrap(), "it is alone");
        add(&store, 4, 20_000, 1, HALT[0].0, HALT[0].1);
        assert_eq!(event(&store, 4).event, EventId(1), "a copy stays with its story");
        assert!(store.join_events(ArticleId(3), ArticleId(2), "张三", now()).unwrap());
        assert!(event(&store, 3).event == EventId(2) && event(&store, 3).is_sure());
        assert!(!store.join_events(ArticleId(3), ArticleId(2), "张三", now()).unwrap());
        assert!(!store.join_events(ArticleId(9), ArticleId(2), "张三", now()).unwrap());
        assert!(store.join_events(ArticleId(2), ArticleId(1), "张三", now()).unwrap());
        assert_eq!([1, 2, 3, 4].map(|n| event(&store, n).event.0), [1, 1, 1, 1]);
    }
}
