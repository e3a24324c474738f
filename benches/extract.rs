//! Extraction beside other extractors, in one run, on the same pages: `cargo bench --bench extract [-- FOLDER_OF_HTML [NAME]]`.
//!
//! A name keeps to the rows that begin so. Without a folder: the pages of the sample world and generated ones of 40 KB. Ours gives body, title, date, 来源, author,
//! sanitised HTML, image and attachments; the others give their body and title.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

#[path = "../tests/support/mock_hosts/mod.rs"]
mod mock_hosts;

use std::time::Instant;

use qingbao::extract::{self, Context};
use qingbao::fetch::charset;
use qingbao::html::Tree;
use qingbao::model::{ArticleSelectors, WebUrl};
use qingbao::text::dates::Clock;

/// Rounds over all pages; the best counts.
const ROUNDS: usize = 10;

fn main() {
    let mut words = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let (folder, only) = (words.next(), words.next());
    let pages: Vec<String> = match &folder {
        Some(folder) => {
            std::fs::read_dir(folder).unwrap().map(|f| charset::decode(&std::fs::read(f.unwrap().path()).unwrap(), None, None).text).collect()
        }
        None => (0..60).map(|n| mock_hosts::page(n, 40_000)).collect(),
    };
    let letters: usize = pages.iter().map(String::len).sum();
    println!("{} pages, {:.1} MB, one thread, best of {ROUNDS} rounds", pages.len(), letters as f64 / 1e6);
    println!("{:<34} {:>9} {:>9} {:>9}", "", "pages/s", "MB/s", "ours =");
    let selectors = ArticleSelectors::default();
    let url = WebUrl::parse("http://www.example.com/news/20261124/1.html").unwrap();
    let context = Context { url: Some(&url), selectors: &selectors, clock: Clock::new(chrono_tz::Asia::Shanghai, chrono::Utc::now()) };
    let mut ours = None;
    let mut tell = |name: &str, work: &mut dyn FnMut(&str)| {
        if only.as_ref().is_some_and(|o| !name.starts_with(o)) {
            return;
        }
        let best = (0..ROUNDS).map(|_| {
            let start = Instant::now();
            for p in &pages {
                work(p);
            }
            start.elapsed().as_secs_f64()
        });
        let seconds = best.fold(f64::MAX, f64::min);
        // how many times as fast as the others ours is
        let ratio = seconds / *ours.get_or_insert(seconds);
        println!("{name:<34} {:>9.0} {:>9.1} {ratio:>8.2}×", pages.len() as f64 / seconds, letters as f64 / 1e6 / seconds);
    };
    tell("qingbao, everything", &mut |p| drop(extract::extract(p, &context)));
    tell("our parse alone", &mut |p| drop(Tree::parse(p)));
    tell("html5ever's parse alone", &mut |p| drop(scraper::Html::parse_document(p)));
    tell("astral-tl's parse alone", &mut |p| drop(tl::parse(p, tl::ParserOptions::default())));
    tell("dom_smoothie", &mut |p| drop(dom_smoothie::Readability::new(p, None, None).map(|mut r| r.parse())));
    tell("rs-trafilatura", &mut |p| drop(rs_trafilatura::extract(p)));
}
