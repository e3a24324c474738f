//! Stories that editors dropped from issues.

use chrono::{DateTime, NaiveDate};
use rusqlite::params;

use crate::issue::edit::DropReason;
use crate::issue::{DroppedStory, Screen};
use crate::model::{ArticleId, EditionId, EventId, EventMember, StoryId};
use crate::store::{Result, Store};

/// An item that an editor dropped from an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedItem {
    pub article: ArticleId,
    pub title: String,
    pub reason: DropReason,
}

impl Store {
    /// Returns what editors do not want in the issue of a day.
    pub fn screen(&self, publication: &str, date: NaiveDate, today: NaiveDate) -> Result<Screen> {
        Ok(Screen::new(self.rule_set(publication, today)?, self.dropped_stories(publication, date)?))
    }

    /// Returns the stories that editors dropped from issues of a publication, except from that of a day.
    pub fn dropped_stories(&self, publication: &str, except: NaiveDate) -> Result<Vec<DroppedStory>> {
        self.read(|c| {
            // a drop does not count if an editor put the story back, into this or a later issue
            let mut s = c.prepare_cached(&format!(
                "WITH told AS MATERIALIZED (
                   SELECT coalesce(b.story_id, b.id) AS story, max(e.date) AS date
                   FROM edition e JOIN item i ON i.edition_id = e.id JOIN article b ON b.id = i.article_id WHERE e.publication = ?1 GROUP BY 1)
                 SELECT a.id, a.title, coalesce(a.story_id, a.id), iif(coalesce(a.event_confidence, 1.0) >= {}, a.event_id, NULL), d.detail, max(d.at)
                 FROM edition e JOIN decision d ON d.edition_id = e.id JOIN article a ON a.id = d.article_id
                   LEFT JOIN told ON told.story = coalesce(a.story_id, a.id)
                 WHERE e.publication = ?1 AND NOT (e.date = ?2 AND e.scheduled) AND d.action = 'dropped' AND (told.date IS NULL OR told.date < e.date)
                 GROUP BY e.id, a.id",
                EventMember::SURE
            ))?;
            let rows = s.query_map(params![publication, except.to_string()], |r| {
                Ok(DroppedStory {
                    article: ArticleId(r.get(0)?),
                    title: r.get(1)?,
                    story: StoryId(r.get(2)?),
                    event: r.get::<_, Option<i64>>(3)?.map(EventId),
                    reason: read_reason(&r.get::<_, String>(4)?),
                    at: DateTime::from_timestamp(r.get(5)?, 0).unwrap_or_default(),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns the items that editors dropped from an issue, the latest first.
    pub fn dropped_items(&self, edition: EditionId) -> Result<Vec<DroppedItem>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT a.id, a.title, d.detail, max(d.at) AS last FROM decision d JOIN article a ON a.id = d.article_id WHERE d.edition_id = ?1 AND d.action = 'dropped'
                 AND NOT EXISTS (SELECT 1 FROM item i WHERE i.edition_id = d.edition_id AND i.article_id = d.article_id)
                 GROUP BY a.id ORDER BY last DESC, a.id",
            )?;
            let rows =
                s.query_map([edition.0], |r| Ok(DroppedItem { article: ArticleId(r.get(0)?), title: r.get(1)?, reason: read_reason(&r.get::<_, String>(2)?) }))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn read_reason(word: &str) -> DropReason {
    DropReason::parse(word).unwrap_or(DropReason::Other)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, Utc};

    use super::*;
    use crate::config::settings::{Publication, SummariseSettings};
    use crate::issue::edit::Change;
    use crate::issue::tests::input as empty_input;
    use crate::issue::{Exclusion, IssueInput, build, rank_candidates};
    use crate::model::{Classification, Edition, Label};
    use crate::store::{Direction, EditResult};

    const TOLD: &str = "云鹭股份年产5万吨新材料项目在许昌开工，总投资12亿元，建设周期两年。";
    const NEWER: &str = "云鹭股份年产5万吨新材料项目开工。\n首批设备下月进场，预计明年三季度试生产，届时可新增就业三百人。";

    /// An archive that gets copies of a story every day, and issues made of it.
    struct World {
        _dir: tempfile::TempDir,
        store: Store,
        publication: Publication,
        articles: i64,
    }

    fn morning(day: i64) -> DateTime<Utc> {
        "2026-11-01T23:30:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(day)
    }

    fn date(day: i64) -> NaiveDate {
        morning(day).date_naive() + TimeDelta::days(1)
    }

    impl World {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(dir.path()).unwrap();
            store.write(|t| Ok(t.execute("INSERT INTO source (id, name, url) VALUES ('a', '甲', 'https://a.cn/')", [])?)).unwrap();
            Self { _dir: dir, store, publication: Publication::default(), articles: 0 }
        }

        /// Adds an article of a story, fetched an hour before the issue of a day.
        fn add(&mut self, day: i64, story: i64, event: Option<i64>, title: &str, text: &str) -> ArticleId {
            self.articles += 1;
            let (n, fetched) = (self.articles, (morning(day) - TimeDelta::hours(1)).timestamp());
            let industry = Label { name: "建材".to_owned(), score: 0.8, evidence: Vec::new(), p: None };
            let labels = Classification { industries: vec![industry], column: "行业动态".to_owned(), ..Classification::default() };
            let labels = serde_json::to_string(&labels).unwrap();
            let fill = |t: &rusqlite::Connection| {
                if let Some(event) = event {
                    t.execute("INSERT OR IGNORE INTO event (id, merged_into) VALUES (?1, NULL)", [event])?;
                }
                let entry = "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, 'https://a.cn/', '题', 'done', 0)";
                t.execute(entry, [n])?;
                let article = "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html, story_id, event_id, judgement)
                     VALUES (?1, ?1, 'a', ?1, 'https://a.cn/', ?2, ?3, ?3, ?4, '', ?5, ?6, ?7)";
                Ok(t.execute(article, params![n, title, fetched, text, story, event, labels])?)
            };
            self.store.write(fill).unwrap();
            ArticleId(n)
        }

        fn input<'a>(&self, publication: &'a Publication, day: i64, summarise: &'a SummariseSettings) -> IssueInput<'a> {
            let date = date(day);
            IssueInput {
                published: self.store.published_stories(&publication.name, date).unwrap(),
                previous_items: self.store.recent_items(&publication.name, date, 30).unwrap(),
                date,
                now: morning(day),
                screen: self.store.screen(&publication.name, date, date).unwrap(),
                ..empty_input(publication, summarise)
            }
        }

        /// Makes the issue of a day.
        fn issue(&self, day: i64) -> Edition {
            self.issue_of(&self.publication, day)
        }

        fn issue_of(&self, publication: &Publication, day: i64) -> Edition {
            let summarise = SummariseSettings::default();
            let window = self.store.candidates(publication, date(day), morning(day)).unwrap();
            let draft = build(&self.input(publication, day, &summarise), &window).unwrap();
            self.store.commit_edition(draft, publication, window.range).unwrap()
        }

        fn excluded(&self, day: i64) -> Vec<(ArticleId, Exclusion)> {
            let summarise = SummariseSettings::default();
            let window = self.store.candidates(&self.publication, date(day), morning(day)).unwrap();
            rank_candidates(&self.input(&self.publication, day, &summarise), &window, 100).unwrap().excluded
        }

        fn drop_item(&self, e: &Edition, article: ArticleId, reason: DropReason, day: i64) {
            let change = [Change::Drop { articles: vec![article], reason }];
            let done = self.store.change_edition(e.id, &change, "张三", morning(day) + TimeDelta::hours(1)).unwrap();
            assert!(matches!(done, EditResult::Updated(_)), "{done:?}");
        }
    }

    fn items(e: &Edition) -> Vec<i64> {
        e.items().map(|i| i.article.0).collect()
    }

    const TITLE: &str = "云鹭股份新材料项目开工";

    #[test]
    fn thirty_days_of_copies_of_a_dropped_story_bring_it_back_once_with_its_new_facts() {
        let mut world = World::new();
        let first = world.add(0, 1, Some(9), TITLE, TOLD);
        let e = world.issue(0);
        assert_eq!(items(&e), [first.0]);
        world.drop_item(&e, first, DropReason::OffTopic, 0);
        for day in 1..=30 {
            // a copy, and a report of the same event in other words
            let copy = world.add(day, 1, Some(9), TITLE, TOLD);
            world.add(day, 100 + day, Some(9), "新材料项目在许昌开工", "在许昌，云鹭股份年产5万吨新材料项目开工，总投资12亿元。");
            let other = world.add(day, 200 + day, None, &format!("第{day}家水泥企业错峰生产"), "水泥企业错峰生产的消息，与别的项目没有关系。");
            let news = (day == 20).then(|| world.add(day, 1, Some(9), TITLE, NEWER));
            let e = world.issue(day);
            let expected: Vec<i64> = news.into_iter().chain([other]).map(|a| a.0).collect();
            let mut found = items(&e);
            found.sort_by_key(|id| *id == other.0);
            assert_eq!(found, expected, "day {day}");
            if let Some(news) = news {
                let item = e.items().find(|i| i.article == news).unwrap();
                assert!(item.reasons.iter().any(|r| r.starts_with("曾剔除（无关），新情况：首批设备下月进场")), "{:?}", item.reasons);
                world.drop_item(&e, news, DropReason::Stale, day);
                continue;
            }
            let excluded = world.excluded(day);
            let reason = if day > 20 { DropReason::Stale } else { DropReason::OffTopic };
            assert_eq!(excluded.first(), Some(&(copy, Exclusion::Dropped(reason))), "day {day}: {excluded:?}");
        }
    }

    #[test]
    fn a_drop_that_was_undone_or_in_another_publication_does_not_count() {
        let mut world = World::new();
        let first = world.add(0, 1, None, TITLE, TOLD);
        let e = world.issue(0);
        world.drop_item(&e, first, DropReason::Repeated, 0);
        let dropped = |world: &World| world.store.dropped_stories(&world.publication.name, date(1)).unwrap().len();
        assert_eq!((dropped(&world), world.store.dropped_items(e.id).unwrap().len()), (1, 1));
        // the issue of the same day still offers it
        assert_eq!(world.store.dropped_stories(&world.publication.name, date(0)).unwrap(), []);
        let step = |world: &World, seen, direction| world.store.step_edition(e.id, seen, direction, "张三", Utc::now()).unwrap();
        assert!(matches!(step(&world, 2, Direction::Back), EditResult::Updated(3)));
        assert_eq!((dropped(&world), world.store.dropped_items(e.id).unwrap().len()), (0, 0));
        assert!(matches!(step(&world, 3, Direction::Forth), EditResult::Updated(4)));
        assert_eq!(dropped(&world), 1);
        world.add(1, 1, None, TITLE, TOLD);
        let other = Publication { name: "另一种快报".to_owned(), ..Publication::default() };
        assert_eq!(world.issue(1).item_count(), 0);
        assert_eq!(world.issue_of(&other, 1).item_count(), 1);
    }

    #[test]
    fn what_an_editor_put_in_again_is_no_longer_dropped() {
        let mut world = World::new();
        let first = world.add(0, 1, Some(9), TITLE, TOLD);
        let e = world.issue(0);
        let item = e.items().next().unwrap().clone();
        world.drop_item(&e, first, DropReason::ReportedBefore, 0);
        world.add(1, 2, Some(9), "新材料项目在许昌开工", "在许昌，云鹭股份年产5万吨新材料项目开工，总投资12亿元。");
        let next = world.issue(1);
        assert_eq!(next.item_count(), 0);
        let add = [Change::Add { item: Box::new(item), column: "行业动态".into() }];
        assert!(matches!(world.store.change_edition(next.id, &add, "张三", morning(1)).unwrap(), EditResult::Updated(_)));
        assert_eq!(world.store.dropped_stories(&world.publication.name, date(2)).unwrap(), []);
    }
}
