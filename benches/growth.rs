//! How cost grows with the archive and with the source list: `cargo bench --bench growth [-- ARTICLES SOURCES]`, each from a
//! thousand or a hundred up to that, tenfold.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

mod archive;

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use qingbao::crawl::window::{MAX_PER_HOST, MAX_QUEUED};
use qingbao::model::{Source, SourceId, WebUrl};
use qingbao::store::Store;
use rusqlite::Connection;

const WORDS: [&str; 8] = ["发制品", "企业", "长葛 扩产", "许昌", "新材料 投产", "化工", "总投资", "没有这个词"];
const SEARCHES: usize = 400;

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (articles, sources) = (numbers.first().copied().unwrap_or(100_000), numbers.get(1).copied().unwrap_or(10_000));
    println!("{:>10} {:>8} {:>12} {:>10} {:>6} {:>12} {:>12}", "articles", "file MB", "in window", "draft ms", "items", "search ms", "p99 ms");
    tenfold(1_000, articles).for_each(of_archive);
    println!("{:>10} {:>12} {:>12} {:>14} {:>14}", "sources", "known ms", "again ms", "due, none ms", "due, all ms");
    tenfold(100, sources).for_each(of_list);
}

fn tenfold(from: usize, to: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(from), |n| Some(n * 10)).take_while(move |n| *n <= to)
}

fn millis<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64() * 1000.0, result)
}

fn of_archive(n: usize) {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    let path = dir.path().join("qingbao.db");
    archive::fill_year(&Connection::open(&path).unwrap(), i64::try_from(n).unwrap());
    let store = Store::open(dir.path()).unwrap();
    let size = std::fs::metadata(&path).unwrap().len() as f64 / 1e6;
    // what the last three days brought
    let after = i64::try_from(n - n * 3 / 365).unwrap();
    // the first draft of a process loads the segmenter's dictionary
    archive::draft(&store, 0, after, None);
    let (draft, edition) = millis(|| archive::draft(&store, 1, after, None));
    let mut times: Vec<f64> = (0..SEARCHES).map(|i| millis(|| store.search(WORDS[i % WORDS.len()], 20).unwrap()).0).collect();
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[(SEARCHES - 1) * percent / 100];
    println!("{n:>10} {size:>8.1} {:>12} {draft:>10.1} {:>6} {:>12.1} {:>12.1}", n * 3 / 365, edition.item_count(), at(50), at(99));
}

fn of_list(n: usize) {
    let source = |i: usize| {
        let url = WebUrl::parse(&format!("https://s{i}.example.cn/news/")).unwrap();
        Arc::new(Source::plain(SourceId::parse(&format!("s{i}")).unwrap(), format!("站点{i}"), url))
    };
    let list: Vec<Arc<Source>> = (0..n).map(source).collect();
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (known, ()) = millis(|| store.sync_sources(&list).unwrap());
    let (again, ()) = millis(|| store.sync_sources(&list).unwrap());
    let (all, due) = millis(|| store.due_polls(Utc::now(), MAX_PER_HOST, MAX_QUEUED).unwrap().len());
    assert_eq!(due, n.min(MAX_QUEUED), "what does not fit the window waits in the store");
    let (none, due) = millis(|| store.due_polls(chrono::DateTime::UNIX_EPOCH - chrono::TimeDelta::days(1), MAX_PER_HOST, MAX_QUEUED).unwrap().len());
    assert_eq!(due, 0);
    println!("{n:>10} {known:>12.1} {again:>12.1} {none:>14.2} {all:>14.1}");
}
