//! What finding the event of an article costs as the archive grows: `cargo bench --bench events [-- ARTICLES [DAYS]]`.
//!
//! Fills a database with articles whose n-grams recur in many of them, so that every new one has as many candidates as are compared,
//! spread over a year or so many days (0: all of one day), then stores batches of new ones as the crawl does. Stories are part of the time.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

mod archive;

use std::time::Instant;

use qingbao::dedup::fingerprint::MinHashSignature;
use qingbao::dedup::stories::dedup_text;
use qingbao::events::{INDEXED_TERMS, Profile};
use qingbao::model::Classification;
use qingbao::store::{Classified, Store};
use rusqlite::{Connection, params};

const BATCH: usize = 50;
const BATCHES: usize = 20;
/// Different letters: their pairs recur in about 1 of 3,000 articles.
const LETTERS: u32 = 1_000;
const TEXT: usize = 300;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<i64>().ok());
    let (n, days) = (numbers.next().unwrap_or(20_000), numbers.next().unwrap_or(365));
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    let file = dir.path().join("qingbao.db");
    let c = Connection::open(&file).unwrap();
    fill(&c, n, days);
    let (before, rows) = (size(&c), terms(&c, n));
    println!("{n} articles, {rows} terms, {:.0} bytes of index an article", (size(&c) - before) / n as f64);
    drop(c);
    let store = Store::open(dir.path()).unwrap();
    let (mut all, mut worst, mut joined) = (0.0, 0.0f64, 0);
    for batch in 0..BATCHES {
        let articles = store.unclassified(BATCH).unwrap();
        let judgement = Classification::default();
        let sketches: Vec<MinHashSignature> = articles.iter().map(|a| MinHashSignature::new(&dedup_text(&a.headline.title, &a.text))).collect();
        let rows: Vec<Classified<'_>> =
            articles.iter().zip(&sketches).map(|(article, sketch)| Classified { article, classification: &judgement, signature: sketch }).collect();
        let start = Instant::now();
        store.commit_classifications(&rows).unwrap();
        let each = start.elapsed().as_secs_f64() * 1000.0 / BATCH as f64;
        joined += articles.iter().filter(|a| store.headline(a.headline.id).unwrap().event.unwrap().event.0 != a.headline.id.0).count();
        if batch > 0 {
            all += each;
            worst = worst.max(each);
        }
    }
    println!("story and event: {:.3} ms an article (worst batch {worst:.3}), commits included; {joined} joined an event", all / (BATCHES - 1) as f64);
}

fn size(c: &Connection) -> f64 {
    let number = |name: &str| c.query_row(&format!("PRAGMA {name}"), [], |r| r.get::<_, i64>(0)).unwrap();
    (number("page_count") * number("page_size")) as f64
}

fn text(mut seed: u64) -> String {
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(seed >> 40).unwrap()
    };
    (0..TEXT).map(|i| if i % 15 == 14 { '，' } else { char::from_u32(0x4e00 + next() % LETTERS).unwrap() }).collect()
}

fn article(id: i64) -> (String, String) {
    let body = text(u64::try_from(id).unwrap() + 1);
    (body.chars().take(20).collect(), body)
}

fn fill(c: &Connection, n: i64, days: i64) {
    archive::begin(c);
    let mut articles = archive::Articles::of(c);
    let judgement = "{\"industries\":[],\"column\":\"\",\"keywords\":[],\"places\":[],\"organisations\":[]}";
    for id in 1..=n + i64::try_from(BATCH * BATCHES).unwrap() {
        let ((title, body), old) = (article(id), id <= n);
        articles.add(id, &title, &body, id * days * 86_400 / n, old.then_some(id), old.then_some(judgement));
    }
    c.execute_batch("UPDATE article SET event_id = story_id; COMMIT").unwrap();
}

/// Adds the terms of the archive; returns how many.
fn terms(c: &Connection, n: i64) -> usize {
    let mut rows: Vec<(u32, i64)> = Vec::new();
    for id in 1..=n {
        let (title, body) = article(id);
        rows.extend(Profile::new(&title, &body, None).terms().into_iter().take(INDEXED_TERMS).map(|(term, _)| (term, id)));
    }
    rows.sort_unstable();
    c.execute_batch("BEGIN").unwrap();
    let mut insert = c.prepare("INSERT OR IGNORE INTO event_term (term, article_id) VALUES (?1, ?2)").unwrap();
    for (term, id) in &rows {
        insert.execute(params![term, id]).unwrap();
    }
    c.execute_batch("COMMIT").unwrap();
    rows.len()
}
