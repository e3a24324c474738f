//! Measures the archive as it grows: articles that its one writer commits a second, answers to readers while it does and while it rests,
//! the size of the file, and the time of a backup.
//!
//! `cargo run --release --example measure_archive -- 10000 100000` grows one archive to each of these sizes, through the store as the crawl
//! does: entries, articles of about 770 letters with class, story, event, topics and search index. `in=FOLDER` says where (the folder is
//! removed at the end); a database and its backup need about twice 15 KB an article.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a mistake here must end the run
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)] // numbers are small and positive

mod crawl;
mod readers;
mod words;

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::Utc;
use qingbao::store::Store;

use crawl::{Crawl, ROUND, Round};
use readers::{Page, READERS, beside, quantile};

/// Rounds that are measured at each size.
const MEASURED: u64 = 3;
/// How long readers ask while the writer rests.
const RESTING: Duration = Duration::from_secs(15);

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut sizes: Vec<u64> = args.iter().filter_map(|a| a.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![2_000, 10_000];
    }
    sizes.sort_unstable();
    let within = args.iter().find_map(|a| a.strip_prefix("in=")).unwrap_or(".");
    let folder = tempfile::Builder::new().prefix("measure_archive").tempdir_in(within).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut crawl = Crawl::new(&store, sizes.last().copied().unwrap_or(1) + MEASURED * ROUND);
    for size in sizes {
        while crawl.count() < size {
            crawl.round();
        }
        measure(&store, &mut crawl, folder.path());
    }
}

fn measure(store: &Store, crawl: &mut Crawl, folder: &Path) {
    let before = crawl.count();
    let resting = beside(store, before, RESTING, || ());
    let mut all = Round::default();
    for _ in 0..MEASURED {
        let round = crawl.round();
        all.preparing += round.preparing;
        all.committing += round.committing;
    }
    let working = beside(store, crawl.count(), Duration::ZERO, || {
        for _ in 0..MEASURED {
            crawl.round();
        }
    });
    let size = std::fs::metadata(folder.join("qingbao.db")).unwrap().len();
    let copy = folder.join("copy.db");
    let started = Instant::now();
    store.backup(&copy, Utc::now()).unwrap();
    let backup = started.elapsed().as_secs_f64();
    std::fs::remove_file(&copy).unwrap();
    let a_second = |time: Duration| (MEASURED * ROUND) as f64 / time.as_secs_f64();
    println!("\n{before} articles");
    println!("  writer: {:.0} articles/s committed; {:.0} articles/s prepared by two threads", a_second(all.committing), a_second(all.preparing));
    println!("  file: {:.2} GB, {:.1} KB an article", size as f64 / 1e9, size as f64 / 1e3 / crawl.count() as f64);
    println!("  backup with its check: {backup:.1} s");
    println!("  {:<34} {:>18} {:>24}", format!("{READERS} readers, ms"), "writer rests", "writer works");
    println!("  {:<34} {:>8} {:>9} {:>14} {:>9}", "", "median", "p95", "median", "p95");
    for (page, name) in Page::ALL.map(|(p, name)| (Some(p), name)).into_iter().chain([(None, "all")]) {
        let of = |times, hundredths| quantile(times, page, hundredths);
        println!("  {name:<34} {:>8.1} {:>9.1} {:>14.1} {:>9.1}", of(&resting, 50), of(&resting, 95), of(&working, 50), of(&working, 95));
    }
}
