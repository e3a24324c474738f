//! What joining an article to its story costs as the archive grows: `cargo bench --bench stories [-- ARTICLES]`.
//!
//! Fills a database with articles of generated text (their sketches and bands are real), then judges batches of new ones, a
//! tenth of them copies, through the store as the crawl does.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

mod archive;

use std::time::Instant;

use qingbao::dedup::fingerprint::MinHashSignature;
use qingbao::dedup::stories::dedup_text;
use qingbao::model::Classification;
use qingbao::store::{Classified, Store};
use rusqlite::{Connection, params};

/// Articles of one transaction, as in a pass.
const BATCH: usize = 50;
const BATCHES: usize = 20;

fn main() {
    let n: i64 = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(20_000);
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    let filled = Instant::now();
    fill(&Connection::open(dir.path().join("qingbao.db")).unwrap(), n);
    let size = std::fs::metadata(dir.path().join("qingbao.db")).unwrap().len();
    println!("{n} articles filled in {:.0} s, {:.0} bytes each on disk", filled.elapsed().as_secs_f64(), size as f64 / n as f64);

    let before = archive::resident();
    let store = Store::open(dir.path()).unwrap();
    let (mut worst, mut all, mut joined) = (0.0f64, 0.0, 0);
    for batch in 0..BATCHES {
        let articles = store.unclassified(BATCH).unwrap();
        assert_eq!(articles.len(), BATCH);
        let judgement = Classification::default();
        let sketches: Vec<MinHashSignature> = articles.iter().map(|a| MinHashSignature::new(&dedup_text(&a.headline.title, &a.text))).collect();
        let rows: Vec<Classified<'_>> =
            articles.iter().zip(&sketches).map(|(article, sketch)| Classified { article, classification: &judgement, signature: sketch }).collect();
        let start = Instant::now();
        store.commit_classifications(&rows).unwrap();
        let each = start.elapsed().as_secs_f64() * 1000.0 / BATCH as f64;
        joined += articles.iter().filter(|a| store.headline(a.headline.id).unwrap().story.unwrap().0 != a.headline.id.0).count();
        // the first batch fills the caches
        if batch > 0 {
            worst = worst.max(each);
            all += each;
        }
    }
    println!(
        "joining: {:.3} ms an article (worst batch {worst:.3}), commits included; {joined} of {} joined a story",
        all / (BATCHES - 1) as f64,
        BATCH * BATCHES
    );
    println!(
        "resident: {:.0} MB more than before the store was opened, {:.1} bytes a story",
        (archive::resident() - before) / 1e6,
        (archive::resident() - before) / n as f64
    );
}

/// A text of its own, about 90 characters.
fn text(mut seed: u64) -> String {
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(seed >> 40).unwrap()
    };
    (0..90).map(|i| if i % 15 == 14 { '。' } else { char::from_u32(0x4e00 + next() % 3000).unwrap() }).collect()
}

fn fill(c: &Connection, n: i64) {
    archive::begin(c);
    let mut articles = archive::Articles::of(c);
    let mut sketch = c.prepare("INSERT INTO sketch (article_id, bytes) VALUES (?1, ?2)").unwrap();
    let mut bands: Vec<(u8, u32, u32)> = Vec::new();
    let new = i64::try_from(BATCH * BATCHES).unwrap();
    for id in 1..=n + new {
        let old = id <= n;
        // every tenth new one is a copy of an old one, framed
        let body = if !old && id % 10 == 0 {
            format!("转载：{}完。", text(u64::try_from(id % n).unwrap() + 1))
        } else {
            text(u64::try_from(id).unwrap() + 1)
        };
        let judgement = "{\"industries\":[],\"column\":\"\",\"keywords\":[],\"places\":[],\"organisations\":[]}";
        articles.add(id, "t", &body, 0, old.then_some(id), old.then_some(judgement));
        if old {
            let s = MinHashSignature::new(&dedup_text("t", &body));
            sketch.execute(params![id, s.to_bytes()]).unwrap();
            bands.extend((0u8..).zip(s.bands()).map(|(band, value)| (band, *value, u32::try_from(id).unwrap())));
        }
    }
    bands.sort_unstable();
    let mut insert = c.prepare("INSERT INTO band (band, value, article_id) VALUES (?1, ?2, ?3)").unwrap();
    for (band, value, id) in bands {
        insert.execute(params![band, value, id]).unwrap();
    }
    c.execute_batch("COMMIT").unwrap();
}
