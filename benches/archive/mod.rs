//! Filling a database with articles, for the benches that need a large archive.
#![allow(dead_code)] // each bench takes what it needs

use chrono::{Duration, Utc};
use qingbao::classify::Classifier;
use qingbao::config::Taxonomy;
use qingbao::config::settings::{Publication, SummariseSettings};
use qingbao::issue;
use qingbao::issue::IssueInput;
use qingbao::model::{ArticleId, Classification, Edition, Health, Label};
use qingbao::ranking::Ranking;
use qingbao::store::{CandidateRange, Store, Window};
use qingbao::text::segment::Segmented;
use rusqlite::{Connection, Statement, params};

/// Begins a transaction that does not wait for the disk, and adds the one source.
pub fn begin(c: &Connection) {
    c.execute_batch(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN; INSERT INTO source (id, name, url) VALUES ('s', '示例网', 'http://s/')",
    )
    .unwrap();
}

/// Adds entries with their articles.
pub struct Articles<'c> {
    entry: Statement<'c>,
    article: Statement<'c>,
}

impl<'c> Articles<'c> {
    pub fn of(c: &'c Connection) -> Self {
        let entry =
            "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 's', ?2, ?2, ?2, 't', 'done', 0)";
        let article = "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html, story_id, judgement)
                       VALUES (?1, ?1, 's', ?2, ?2, ?3, ?4, ?4, ?5, '', ?6, ?7)";
        Self { entry: c.prepare(entry).unwrap(), article: c.prepare(article).unwrap() }
    }

    pub fn add(&mut self, id: i64, title: &str, text: &str, when: i64, story: Option<i64>, judgement: Option<&str>) {
        let url = format!("http://s/{id}");
        self.entry.execute(params![id, url]).unwrap();
        self.article.execute(params![id, url, title, when, text, story, judgement]).unwrap();
    }
}

/// Bytes of this process in memory.
pub fn resident() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse::<f64>().unwrap();
    pages * 4096.0
}

/// A year's worth of articles, the newest now, with everything that search and console ask for.
pub fn fill_year(c: &Connection, n: i64) {
    const INDUSTRIES: [&str; 7] = ["发制品", "新材料", "装备制造", "食品", "化工", "新能源汽车", "建材"];
    const COLUMNS: [&str; 5] = ["行业动态", "行业趋势", "行业报告", "财经数据", "金融要点"];
    begin(c);
    let mut articles = Articles::of(c);
    let mut words = c.prepare("INSERT INTO article_words (rowid, title, text) VALUES (?1, ?2, ?3)").unwrap();
    let (now, year) = (Utc::now(), Duration::days(365).num_seconds());
    for id in 1..=n {
        let pick = |of: &[&str], by: i64| of[usize::try_from(id / by).unwrap() % of.len()].to_owned();
        let (industry, column) = (pick(&INDUSTRIES, 1), pick(&COLUMNS, 3));
        let title = format!("第{id}号消息：{industry}企业扩产，带动就业{}人", id % 977);
        let text = format!("{title}。许昌市有关部门介绍，项目总投资{}亿元，明年投产，产品销往海外市场。", id % 61);
        let when = now.timestamp() - (n - id) * year / n;
        let judgement = Classification {
            industries: vec![Label { name: industry.clone(), score: 0.8, evidence: vec![industry], p: None }],
            column,
            keywords: vec!["扩产".to_owned(), "就业".to_owned()],
            places: vec![["许昌", "长葛", "禹州"][usize::try_from(id % 3).unwrap()].to_owned()],
            other_organisations: if id % 997 == 0 { vec!["河南瑞贝卡发制品股份有限公司".to_owned()] } else { Vec::new() },
            ..Classification::default()
        };
        let story = if id % 5 == 0 { id - 1 } else { id };
        articles.add(id, &title, &text, when, Some(story), Some(&serde_json::to_string(&judgement).unwrap()));
        words.execute(params![id, Segmented::new(&title).fts_tokens(), Segmented::new(&text).fts_tokens()]).unwrap();
    }
    // or the service would judge the last month anew
    let rules = Classifier::new(Taxonomy::load(None).unwrap()).unwrap().ruleset_version();
    c.execute("INSERT INTO fact (name, value) VALUES ('rules', ?1)", [rules]).unwrap();
    c.execute_batch("COMMIT").unwrap();
}

/// Builds and stores the draft of a day, so many days from now, from the articles behind an id.
pub fn draft(store: &Store, days: i64, after: i64, ranking: Option<&Ranking>) -> Edition {
    let (publication, summarise) = (Publication::default(), SummariseSettings::default());
    let now = Utc::now();
    let date = now.date_naive() + Duration::days(days);
    let shown = store.recent_items(&publication.name, date, 30).unwrap();
    let material = IssueInput {
        ranking,
        publication: &publication,
        published: store.published_stories(&publication.name, date).unwrap(),
        previous_items: shown,
        trend: store.weekly_counts(&publication.name, date).unwrap(),
        rising: store.rising_keywords(now, 5).unwrap(),
        topics: std::collections::HashMap::new(),
        health: Health::default(),
        date,
        now,
        levels: &[],
        summarise: &summarise,
        screen: qingbao::issue::Screen::default(),
    };
    let range = CandidateRange { after: ArticleId(after), ..store.whole_archive().range };
    let draft = issue::build(&material, &Window { range, ..store.whole_archive() }).unwrap();
    store.commit_edition(draft, &publication, range).unwrap()
}
