//! The draft of a day out of an archive: `cargo bench --bench draft [-- ARTICLES IN_WINDOW]`.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

mod archive;

use std::time::Instant;

use chrono::Utc;
use qingbao::model::{Classification, Label};
use qingbao::ranking::{CandidateFeatures, Observation, ObservedIssue, Outcome, PointKind, Ranking, train};
use qingbao::render;
use qingbao::store::Store;
use rusqlite::Connection;

const ROUNDS: usize = 7;

fn main() {
    let numbers: Vec<i64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (n, recent) = (numbers.first().copied().unwrap_or(100_000), numbers.get(1).copied().unwrap_or(3_000));
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    fill(&Connection::open(dir.path().join("qingbao.db")).unwrap(), n, recent);
    let store = Store::open(dir.path()).unwrap();
    let before = archive::resident();
    let ranking = learned();
    let mut best = [f64::MAX; 2];
    for round in 0..2 * ROUNDS {
        // every other draft uses a learned ranking
        let learned = round % 2;
        let start = Instant::now();
        let edition = archive::draft(&store, i64::try_from(round).unwrap(), n - recent, (learned == 1).then_some(&ranking));
        let built = start.elapsed().as_secs_f64() * 1000.0;
        let parts = render::parts(&edition, &render::Files::new(), None).unwrap();
        let rendered = start.elapsed().as_secs_f64() * 1000.0;
        println!(
            "{} items: draft {built:.0} ms, with mail and document {rendered:.0} ms ({} KB of HTML)",
            edition.item_count(),
            parts.html.len() / 1024
        );
        best[learned] = best[learned].min(built);
    }
    let [plain, learned] = best;
    println!(
        "{n} articles, {recent} in the window: best draft {plain:.1} ms, with a learned ranking {learned:.1} ms; {:.0} MB more resident",
        (archive::resident() - before) / 1e6
    );
}

/// Returns a ranking of editors who like one industry.
fn learned() -> Ranking {
    let observation = |n: usize| {
        let industry = ["发制品", "新材料", "食品"][n % 3];
        let features = CandidateFeatures {
            title: format!("第{n}号消息：{industry}企业扩产，带动就业{n}人"),
            points: vec![(PointKind::Industry, (n % 7) as f64 / 3.0)],
            industries: vec![industry.to_owned()],
            keywords: vec!["扩产".to_owned()],
            ..CandidateFeatures::default()
        };
        let outcome = if industry == "食品" { Outcome::Kept } else { Outcome::Dropped };
        Observation { features, outcome, column: None, rank: n + 1, readers: 0 }
    };
    let issue = |n: usize| ObservedIssue { date: n.to_string(), observations: (30 * n..30 * n + 30).map(observation).collect() };
    let ranking = Ranking::new(train(&(0..20).map(issue).collect::<Vec<_>>()));
    assert!(ranking.is_active());
    ranking
}

fn fill(c: &Connection, n: i64, recent: i64) {
    const INDUSTRIES: [&str; 6] = ["发制品", "新材料", "装备制造", "食品", "化工", "新能源汽车"];
    const COLUMNS: [&str; 5] = ["行业动态", "行业趋势", "行业报告", "财经数据", "金融要点"];
    archive::begin(c);
    let mut articles = archive::Articles::of(c);
    let now = Utc::now().timestamp();
    for id in 1..=n {
        let pick = |of: &[&str]| of[usize::try_from(id).unwrap() % of.len()].to_owned();
        let industry = pick(&INDUSTRIES);
        let title = format!("第{id}号消息：{industry}企业扩产，带动就业{}人", id % 977);
        let text = format!("{title}。许昌市有关部门介绍，项目总投资{}亿元，明年投产，产品销往海外市场。", id % 61).repeat(12);
        let when = if id > n - recent { now - (id % 3600) * 60 } else { now - 86_400 * 4 - id };
        let judgement = Classification {
            industries: vec![Label { name: industry.clone(), score: 0.5 + 0.4 * ((id % 37) as f64 / 37.0), evidence: vec![industry], p: None }],
            column: pick(&COLUMNS),
            keywords: vec!["扩产".to_owned(), "就业".to_owned(), format!("消息{id}")],
            places: vec!["许昌市".to_owned()],
            ..Classification::default()
        };
        // every fifth is a copy of the one before
        let story = if id % 5 == 0 { id - 1 } else { id };
        articles.add(id, &title, &text, when, Some(story), Some(&serde_json::to_string(&judgement).unwrap()));
    }
    c.execute_batch("COMMIT").unwrap();
}
