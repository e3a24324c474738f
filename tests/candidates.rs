//! Every article is a candidate of exactly one issue, or named as too old: a year of the built-in calendar.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use qingbao::config::{Settings, Taxonomy};
use qingbao::issue::Archive as _;
use qingbao::model::{Classification, Label};
use qingbao::pipeline::Pipeline;
use qingbao::store::Store;
use rusqlite::{Connection, params};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A time of Xuchang's day.
fn at(date: NaiveDate, hour: u32) -> DateTime<Utc> {
    date.and_hms_opt(hour, 0, 0).unwrap().and_utc() - TimeDelta::hours(8)
}

struct World {
    dir: tempfile::TempDir,
    articles: i64,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        drop(Store::open(dir.path()).unwrap());
        let world = Self { dir, articles: 0 };
        for source in ["daily", "late", "down"] {
            world.sql().execute("INSERT INTO source (id, name, url) VALUES (?1, ?1, 'http://s/')", [source]).unwrap();
        }
        world
    }

    fn sql(&self) -> Connection {
        Connection::open(self.dir.path().join("qingbao.db")).unwrap()
    }

    fn add(&mut self, source: &str, published: DateTime<Utc>, fetched: DateTime<Utc>) {
        self.articles += 1;
        let (n, c) = (self.articles, self.sql());
        let url = format!("https://a.example/{n}");
        let industry = Label { name: "食品".to_owned(), score: 0.8, evidence: Vec::new(), p: None };
        let judgement = Classification { industries: vec![industry], column: "行业动态".to_owned(), ..Classification::default() };
        let (title, text) = (format!("第{n}家食品企业投产"), format!("第{n}家食品企业今天投产，年产值{}万元。", n * 7));
        let entry =
            "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, ?2, ?3, ?3, ?3, ?4, 'done', ?5)";
        c.execute(entry, params![n, source, url, title, fetched.timestamp()]).unwrap();
        c.execute(
            "INSERT INTO article (id, entry_id, source_id, canonical, url, title, published_at, effective, fetched, text, html, story_id, judgement)
             VALUES (?1, ?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, '', ?1, ?9)",
            params![
                n,
                source,
                url,
                title,
                published.to_rfc3339(),
                published.timestamp(),
                fetched.timestamp(),
                text,
                serde_json::to_string(&judgement).unwrap()
            ],
        )
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_year_every_article_is_a_candidate_of_one_issue_or_named_as_too_old() {
    let mut world = World::new();
    let settings = Settings::default();
    let p = settings.publication.clone();
    let pipeline = Pipeline::new(Store::open(world.dir.path()).unwrap(), settings, Taxonomy::load(None).unwrap()).unwrap();
    let (mut seen, mut cut, mut issues): (BTreeMap<i64, u32>, BTreeMap<i64, u32>, u32) = Default::default();
    for date in day("2026-01-05").iter_days().take_while(|d| *d <= day("2026-12-31")) {
        // the service was down on a Wednesday morning
        if p.calendar.has_issue(date) && date != day("2026-03-11") {
            let now = at(date, 7) + TimeDelta::minutes(30);
            // the issue of one day is made three times
            for _ in 0..if date == day("2026-03-17") { 3 } else { 1 } {
                pipeline.issues().draft(&p, date, 3, qingbao::store::Announce::No, now).await.unwrap();
            }
            let window = pipeline.store().candidates(&p, date, now).unwrap();
            window.each(&mut |h| *seen.entry(h.id.0).or_default() += 1).unwrap();
            for h in window.late(|_| true, 10_000).unwrap() {
                *cut.entry(h.id.0).or_default() += 1;
            }
            issues += 1;
        }
        world.add("daily", at(date, 10), at(date, 11));
        world.add("late", at(date, 9) - TimeDelta::days(4), at(date, 20));
        // down for three weeks, and then it has all at once
        if !(day("2026-06-01")..day("2026-06-22")).contains(&date) {
            world.add("down", at(date, 15), at(date, 16));
        }
        if date == day("2026-06-22") {
            for missed in day("2026-06-01").iter_days().take(21) {
                world.add("down", at(missed, 15), at(date, 17));
            }
        }
    }
    // what came on the last day waits for the first issue of the next year
    let last = world.sql().query_row("SELECT min(id) FROM article WHERE fetched > ?1", [at(day("2026-12-31"), 8).timestamp()], |r| r.get(0)).unwrap();
    for article in 1..last {
        let (candidate, named) = (seen.get(&article).copied().unwrap_or(0), cut.get(&article).copied().unwrap_or(0));
        assert_eq!(candidate + named, 1, "article {article}: a candidate of {candidate} issues, named as too old by {named}");
    }
    assert_eq!(cut.len(), 7, "of those that were missed the first week");
    println!("{issues} issues, {} candidates, {} named as too old", seen.len(), cut.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_judged_yet_waits_for_the_next_issue() {
    let mut world = World::new();
    let settings = Settings::default();
    let p = settings.publication.clone();
    let pipeline = Pipeline::new(Store::open(world.dir.path()).unwrap(), settings, Taxonomy::load(None).unwrap()).unwrap();
    let ids = async |date: NaiveDate| {
        let now = at(date, 8);
        pipeline.issues().draft(&p, date, 1, qingbao::store::Announce::No, now).await.unwrap();
        let (window, mut ids) = (pipeline.store().candidates(&p, date, now).unwrap(), Vec::new());
        window.each(&mut |h| ids.push(h.id.0)).unwrap();
        ids
    };
    let (monday, tuesday) = (day("2026-11-23"), day("2026-11-24"));
    for _ in 0..3 {
        world.add("daily", at(monday, 5), at(monday, 6));
    }
    let labels: String = world.sql().query_row("SELECT judgement FROM article WHERE id = 2", [], |r| r.get(0)).unwrap();
    world.sql().execute("UPDATE article SET judgement = NULL WHERE id = 2", []).unwrap();
    assert_eq!(ids(monday).await, [1]);
    world.sql().execute("UPDATE article SET judgement = ?1 WHERE id = 2", [labels]).unwrap();
    // the issue of Monday is gone out
    world.sql().execute("UPDATE edition SET version = 2", []).unwrap();
    assert_eq!(ids(tuesday).await, [2, 3]);
}
