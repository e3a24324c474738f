//! Events: stories that report one happening, and what editors say about them.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{ArticleId, AuditAction, EditionId, EventId, EventMember, Headline};
use crate::store::audit::audit;
use crate::store::event_assignment::{merge, new_event};
use crate::store::{Result, Store};

/// Most articles of an event that are listed.
const MAX_LISTED: i64 = 500;
/// Most steps from an event to the one that it was joined to.
const MAX_MERGES: usize = 20;

/// SQL: the title of the event `row.event_id`. Of a group, SQLite takes the title of the row with the least time.
const TITLE: &str =
    "SELECT title FROM (SELECT title, min(effective) AS first, count(*) AS copies, sum(coalesce(event_confidence, 1.0) >= ?1) > 0 AS sure
     FROM article WHERE event_id = row.event_id GROUP BY coalesce(story_id, id)) ORDER BY sure DESC, copies DESC, first LIMIT 1";

/// An event of a list.
#[derive(Debug, Clone)]
pub struct EventRow {
    pub event: EventId,
    /// Headline of the sure story with the most copies, the earliest of equals.
    pub title: String,
    /// Publication of its first and last article.
    pub first_seen: DateTime<Utc>,
    pub last_seen: DateTime<Utc>,
    /// Stories that surely belong to it, and the others.
    pub sure: usize,
    pub doubtful: usize,
    pub sources: usize,
}

/// An issue with an article of an event.
#[derive(Debug, Clone)]
pub struct EventIssue {
    pub edition: EditionId,
    pub publication: String,
    /// `None`: not numbered yet.
    pub number: Option<u32>,
    pub is_final: bool,
    /// Headline of the article.
    pub title: String,
}

/// What an editor says about a story and an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventChange {
    /// The story belongs to the event.
    Join,
    /// So does everything of the story's own event.
    JoinAll,
    /// The story does not belong to the event.
    Part,
}

impl Store {
    /// Returns events of several stories with an article since a time: first those of several sure ones, the latest first.
    pub fn recent_events(&self, since: DateTime<Utc>, most: usize) -> Result<Vec<EventRow>> {
        let wanted = "event_id IN (SELECT event_id FROM article WHERE effective >= ?2 AND event_id IS NOT NULL)
                      GROUP BY event_id HAVING stories > 1 ORDER BY sure > 1 DESC, last DESC, event_id LIMIT ?3";
        self.event_rows(wanted, params![EventMember::SURE, since.timestamp(), i64::try_from(most).unwrap_or(i64::MAX)])
    }

    /// Returns an event, or the one that it was joined to.
    pub fn event(&self, event: EventId) -> Result<Option<EventRow>> {
        let event = self.merged_into(event)?.unwrap_or(event);
        Ok(self.event_rows("event_id = ?2 GROUP BY event_id", params![EventMember::SURE, event.0])?.pop())
    }

    fn event_rows(&self, wanted: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<EventRow>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!(
                "WITH row AS (SELECT event_id, min(effective) AS first, max(effective) AS last, count(DISTINCT source_id) AS sources,
                        count(DISTINCT coalesce(story_id, id)) AS stories,
                        count(DISTINCT iif(coalesce(event_confidence, 1.0) >= ?1, coalesce(story_id, id), NULL)) AS sure
                 FROM article WHERE {wanted})
                 SELECT event_id, ({TITLE}), first, last, sure, stories, sources FROM row ORDER BY sure > 1 DESC, last DESC, event_id"
            ))?;
            let count = |r: &rusqlite::Row<'_>, at| Ok::<_, rusqlite::Error>(usize::try_from(r.get::<_, i64>(at)?).unwrap_or(0));
            let time = |r: &rusqlite::Row<'_>, at| Ok::<_, rusqlite::Error>(DateTime::from_timestamp(r.get(at)?, 0).unwrap_or_default());
            let rows = s.query_map(params, |r| {
                let (sure, stories) = (count(r, 4)?, count(r, 5)?);
                let (first_seen, last_seen) = (time(r, 2)?, time(r, 3)?);
                let doubtful = stories.saturating_sub(sure);
                Ok(EventRow { event: EventId(r.get(0)?), title: r.get(1)?, first_seen, last_seen, sure, doubtful, sources: count(r, 6)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns how many stories an event has.
    pub fn event_stories(&self, event: EventId) -> Result<usize> {
        let sql = "SELECT count(DISTINCT coalesce(story_id, id)) FROM article WHERE event_id = ?1";
        self.read(|c| Ok(c.prepare_cached(sql)?.query_row([event.0], |r| r.get::<_, i64>(0)).map(|n| usize::try_from(n).unwrap_or(0))?))
    }

    /// Returns the issues with an article of an event, the latest first.
    pub fn issues_with_event(&self, event: EventId) -> Result<Vec<EventIssue>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT DISTINCT e.id, e.publication, iif(e.numbered, e.number, NULL), coalesce(json_extract(e.payload, '$.finalised'), 0), a.title
                 FROM article a JOIN item i ON i.article_id = a.id JOIN edition e ON e.id = i.edition_id
                 WHERE a.event_id = ?1 ORDER BY e.date DESC, e.id DESC LIMIT 50",
            )?;
            let rows = s.query_map([event.0], |r| {
                Ok(EventIssue { edition: EditionId(r.get(0)?), publication: r.get(1)?, number: r.get(2)?, is_final: r.get(3)?, title: r.get(4)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns the articles of an event, earliest first.
    pub fn event_articles(&self, event: EventId) -> Result<Vec<Headline>> {
        self.headlines("WHERE a.event_id = ?1 ORDER BY a.effective, a.id LIMIT ?2", params![event.0, MAX_LISTED])
    }

    /// Returns the event that another one was joined to, if it was.
    pub fn merged_into(&self, event: EventId) -> Result<Option<EventId>> {
        self.read(|c| {
            let mut next = c.prepare_cached("SELECT merged_into FROM event WHERE id = ?1")?;
            let mut at = event.0;
            for _ in 0..MAX_MERGES {
                let Some(further) = next.query_row([at], |r| r.get::<_, Option<i64>>(0)).optional()?.flatten() else { break };
                at = further;
            }
            Ok((at != event.0).then_some(EventId(at)))
        })
    }

    /// Applies what an editor says about an article's story and an event; an editor's word is sure. Returns false if the article is missing,
    /// or it is so already; a story is parted only from the event that the editor saw.
    pub fn change_event(&self, event: EventId, article: ArticleId, change: EventChange, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(place) = Place::of(t, article)? else { return Ok(false) };
            let (done, action) = match change {
                EventChange::Part => (part(t, &place, event)?, AuditAction::PartEvent),
                EventChange::Join | EventChange::JoinAll => (join(t, &place, event, change)?, AuditAction::JoinEvents),
            };
            if done {
                audit(t, who, action, &place.title, now)?;
            }
            Ok(done)
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

/// Gives a story an event of its own, and remembers from which stories it was told apart.
fn part(t: &Connection, place: &Place, event: EventId) -> Result<bool> {
    let others = "SELECT EXISTS (SELECT 1 FROM article WHERE event_id = ?1 AND coalesce(story_id, id) <> ?2)";
    if place.event != event.0 || !t.query_row(others, params![event.0, place.story], |r| r.get::<_, bool>(0))? {
        return Ok(false);
    }
    t.execute(
        "INSERT OR IGNORE INTO event_parted (story_id, other_id) SELECT DISTINCT min(?2, coalesce(story_id, id)), max(?2, coalesce(story_id, id))
         FROM article WHERE event_id = ?1 AND coalesce(story_id, id) <> ?2",
        params![event.0, place.story],
    )?;
    let own = new_event(t)?;
    t.execute("UPDATE article SET event_id = ?1, event_confidence = NULL WHERE coalesce(story_id, id) = ?2", params![own, place.story])?;
    Ok(true)
}

fn join(t: &Connection, place: &Place, event: EventId, change: EventChange) -> Result<bool> {
    let exists: bool = t.query_row("SELECT EXISTS (SELECT 1 FROM article WHERE event_id = ?1)", [event.0], |r| r.get(0))?;
    if !exists {
        return Ok(false);
    }
    t.execute(
        "DELETE FROM event_parted WHERE ?1 IN (story_id, other_id) AND iif(story_id = ?1, other_id, story_id) IN (SELECT story_id FROM article WHERE event_id = ?2)",
        params![place.story, event.0],
    )?;
    if change == EventChange::JoinAll && place.event != event.0 {
        merge(t, place.event, event.0, None)?;
    }
    let sure =
        "UPDATE article SET event_id = ?1, event_confidence = NULL WHERE coalesce(story_id, id) = ?2 AND (event_id <> ?1 OR event_confidence < ?3)";
    let moved = t.execute(sure, params![event.0, place.story, EventMember::SURE])? > 0;
    let left: bool = t.query_row("SELECT EXISTS (SELECT 1 FROM article WHERE event_id = ?1)", [place.event], |r| r.get(0))?;
    if !left {
        t.execute("UPDATE event SET merged_into = ?1 WHERE id = ?2 AND id <> ?1", params![event.0, place.event])?;
    }
    Ok(moved || place.event != event.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::now;
    use crate::store::event_assignment::assign_event;

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
        let [first, second, other] = [1, 2, 3].map(|n| event(&store, n).event);
        assert!(first == second && first != other);
        add(&store, 4, 20_001, 2, HALT[1].0, HALT[1].1);
        assert_eq!(event(&store, 4).event, first, "a copy of the second");
        add(&store, 5, 20_060, 5, HALT[0].0, HALT[0].1);
        assert_ne!(event(&store, 5).event, first, "two months later");
        let rows = store.recent_events(DateTime::UNIX_EPOCH, 9).unwrap();
        assert_eq!(rows.iter().map(|r| (r.event, r.sure + r.doubtful)).collect::<Vec<_>>(), [(first, 2)]);
        assert_eq!(store.event_articles(first).unwrap().len(), 3);
        assert_eq!(rows[0].title, HALT[1].0, "it has a copy");
        assert_eq!((store.event(other).unwrap().unwrap().sure, store.event_stories(first).unwrap()), (1, 2));
        assert!(store.event(EventId(99)).unwrap().is_none());
    }

    fn change(store: &Store, event: EventId, article: i64, change: EventChange) -> bool {
        store.change_event(event, ArticleId(article), change, "张三", now()).unwrap()
    }

    #[test]
    fn a_parted_story_stays_apart() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let old = event(&store, 1).event;
        assert!(!change(&store, event(&store, 3).event, 1, EventChange::Part), "not from another event");
        assert!(change(&store, old, 1, EventChange::Part), "even the first");
        assert!(event(&store, 2).event == old && event(&store, 1).event != old, "the address of the event stays");
        assert!(!change(&store, old, 1, EventChange::Part) && !change(&store, old, 2, EventChange::Part), "both are alone");
        add(&store, 4, 20_000, 1, HALT[0].0, HALT[0].1);
        assert_eq!(event(&store, 4).event, event(&store, 1).event, "a copy stays with its story");
        for n in 5..9 {
            let text = format!("{}记者{n}日从许昌市获悉。", HALT[usize::try_from(n).unwrap() % 2].1);
            add(&store, n, 20_000, n, HALT[usize::try_from(n).unwrap() % 2].0, &text);
        }
        assert_ne!(event(&store, 1).event, event(&store, 2).event, "whatever reports follow");
    }

    #[test]
    fn editors_join_a_story_or_its_whole_event() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let (halt, fair) = (event(&store, 1).event, event(&store, 3).event);
        assert!(change(&store, fair, 2, EventChange::Join));
        assert!(event(&store, 2).event == fair && event(&store, 2).is_sure() && event(&store, 1).event == halt, "only this story");
        assert!(!change(&store, fair, 2, EventChange::Join) && !change(&store, fair, 9, EventChange::Join));
        assert!(!change(&store, EventId(99), 2, EventChange::Join), "no such event");
        assert!(change(&store, halt, 2, EventChange::Join) && change(&store, fair, 2, EventChange::JoinAll));
        assert_eq!([1, 2, 3].map(|n| event(&store, n).event), [fair; 3]);
        assert_eq!(store.event(halt).unwrap().map(|e| e.event), Some(fair), "it was joined to the other");
        assert_eq!((store.merged_into(halt).unwrap(), store.merged_into(fair).unwrap()), (Some(fair), None));
    }
}
