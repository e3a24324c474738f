//! Each family at n, 2n and 4n bytes: work counted by the program (bytes looked at, nodes visited), memory asked for, and memory held
//! at once grow by at most 2.2 each time. Counts, not clocks.

use allocation_counter::measure;
use chrono::{TimeZone, Utc};
use qingbao::classify::{Classifier, SourceHints};
use qingbao::config::source_list::{SourceList, Vocabulary};
use qingbao::config::{Taxonomy, opml};
use qingbao::dedup::stories::StoryIndex;
use qingbao::discover;
use qingbao::extract::{self, Context};
use qingbao::fetch::robots::Robots;
use qingbao::issue::summarise;
use qingbao::model::{ArticleSelectors, ListSelectors, Source, SourceId, SourceKind, WebUrl};
use qingbao::text::dates::Clock;
use qingbao::text::work;

use crate::families::{FAMILIES, Family, Kind, MARKUP};

const SIZE: usize = 24 << 10;
const MOST_GROWTH: f64 = 2.2;
/// Differences below this are no growth: tables are made once, vectors double.
const SLACK: u64 = 96 << 10;

struct Readers {
    url: WebUrl,
    source: Source,
    clock: Clock,
    classifier: Classifier,
}

impl Readers {
    fn new() -> Self {
        let url = WebUrl::parse("https://a.example/x/y.html").unwrap();
        Self {
            source: Source::plain(SourceId::parse("a").unwrap(), "甲".to_owned(), url.clone()),
            clock: Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap()),
            classifier: Classifier::new(Taxonomy::load(None).unwrap()).unwrap(),
            url,
        }
    }

    fn extract(&self, page: &str, selectors: &ArticleSelectors) {
        let _ = extract::extract(page, &Context { url: Some(&self.url), selectors, clock: self.clock });
    }

    fn discover(&self, text: &str, kind: SourceKind, list: ListSelectors) {
        let source = Source { kind: Some(kind), list, ..self.source.clone() };
        let _ = discover::discover(text.as_bytes(), None, &self.url, &source, None, &self.clock);
    }

    fn read(&self, kind: Kind, text: &str) {
        let some = |s: &str| Some(s.to_owned());
        match kind {
            Kind::Page | Kind::BarePage => self.extract(text, &ArticleSelectors::default()),
            Kind::SelectedPage => self.extract(text, &ArticleSelectors { body: some("div.x"), remove: vec!["p.z".to_owned()] }),
            Kind::List => self.discover(text, SourceKind::List, ListSelectors::default()),
            Kind::SelectedList => {
                let list = ListSelectors { item: some("div.row"), link: some("a"), title: None, date: some("i") };
                self.discover(text, SourceKind::List, list);
            }
            Kind::Feed | Kind::Atom | Kind::JsonFeed => self.discover(text, SourceKind::Feed, ListSelectors::default()),
            Kind::Json => self.discover(text, SourceKind::Json, ListSelectors::default()),
            Kind::Sitemap => self.discover(text, SourceKind::Sitemap, ListSelectors::default()),
            Kind::Opml => drop(opml::read(text)),
            Kind::Robots => {
                let address = format!("https://a.example/{}", "a".repeat(200));
                Robots::parse(text.as_bytes()).allows(&WebUrl::parse(&address).unwrap());
            }
            Kind::Toml => drop(SourceList::parse("sources.toml", text, &Vocabulary::default())),
            Kind::Classify => drop(self.classifier.classify("题目", text, &SourceHints { column: None, industries: &[] })),
            Kind::Cluster => {
                let mut index = StoryIndex::default();
                for line in text.lines() {
                    index.add("长葛再生金属产业园产值增长", line);
                }
            }
            Kind::Summarise => drop(summarise::summarise("题目", text, 160, None)),
            Kind::Series => drop(qingbao::series::read_text(text, &qingbao::model::SeriesSettings::default())),
            Kind::Pdf => drop(extract::pdf::text(text.as_bytes())),
        }
    }

    /// Work, bytes asked for, and most bytes held at once.
    fn cost(&self, kind: Kind, text: &str) -> [u64; 3] {
        work::take();
        let memory = measure(|| self.read(kind, text));
        [work::take(), memory.bytes_total, memory.bytes_max]
    }
}

/// What grew too fast, one line for each; the input is read once before, for tables that are made at first use.
fn complaints(readers: &Readers, name: &str, kind: Kind, input: impl Fn(usize) -> String) -> Vec<String> {
    readers.cost(kind, &input(SIZE / 4));
    let costs = [1, 2, 4].map(|n| readers.cost(kind, &input(n * SIZE)));
    let mut out = Vec::new();
    for (i, what) in ["work", "memory asked for", "memory held"].iter().enumerate() {
        let [first, second, last] = [0, 1, 2].map(|n: usize| costs[n][i]);
        // vectors double: one step may be longer, two together hardly
        let grows = |more: u64, less: u64, most: f64| more as f64 > less as f64 * most && more > less + SLACK;
        if grows(last, second, MOST_GROWTH) && grows(last, first, MOST_GROWTH * MOST_GROWTH + 0.16) {
            out.push(format!("{kind:?} {name}: {what} {first} {second} {last}"));
        }
    }
    out
}

#[test]
fn cost_grows_with_the_input_and_not_with_its_square() {
    let readers = Readers::new();
    let mut found = Vec::new();
    for (name, begin, piece) in MARKUP {
        for kind in [Kind::Page, Kind::List] {
            let family = Family::markup(kind, name, begin, piece);
            found.extend(complaints(&readers, name, kind, |n| family.input(n)));
        }
    }
    for family in &FAMILIES {
        found.extend(complaints(&readers, family.name, family.kind, |n| family.input(n)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
