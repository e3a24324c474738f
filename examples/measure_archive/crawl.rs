//! Stores articles as the crawl does: a poll commits entries, then each article comes with its class, its words and its signature.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use qingbao::classify::{Classifier, SourceHints};
use qingbao::config::{Settings, SourceList, Taxonomy};
use qingbao::dedup::fingerprint::MinHashSignature;
use qingbao::dedup::stories::dedup_text;
use qingbao::discover::Discovered;
use qingbao::fetch::{RequestStats, Validators, host_key};
use qingbao::model::{Classification, Entry, TopicDraft, TopicFilter, TopicKind, WebUrl};
use qingbao::schedule::poll_interval::ChangeRate;
use qingbao::store::{FetchRecord, NewArticle, PollPlan, Store};
use qingbao::text::segment::Segmented;

use crate::words::news;

const SOURCES: usize = 40;
const TOPICS: usize = 20;
/// Entries that a poll brings.
const ENTRIES: u64 = 50;
/// Articles of a round, and threads that commit them: as many wait for one commit as in a crawl.
pub const ROUND: u64 = 2_000;
const COMMITTERS: usize = 16;
/// Threads that prepare articles.
const PREPARERS: usize = 2;
/// All articles lie in a year.
const YEAR: i64 = 365 * 86_400;

/// What a round took.
#[derive(Default)]
pub struct Round {
    pub preparing: Duration,
    pub committing: Duration,
}

pub struct Crawl {
    store: Store,
    sources: SourceList,
    classifier: Classifier,
    /// Articles so far, and of the whole run.
    count: u64,
    most: u64,
    now: DateTime<Utc>,
}

impl Crawl {
    /// Adds sources and topics.
    pub fn new(store: &Store, most: u64) -> Self {
        let taxonomy = Taxonomy::load(None).unwrap();
        let text: String =
            (0..SOURCES).map(|n| format!("[[source]]\nid = \"s{n}\"\nname = \"示例{n}网\"\nurl = \"https://s{n}.example/\"\n")).collect();
        let sources = SourceList::parse("sources.toml", &text, &Settings::default().vocabulary(&taxonomy)).unwrap();
        store.sync_sources(&sources.sources).unwrap();
        let now = Utc::now();
        for n in 0..TOPICS {
            let expression = format!("+({} {}) -招聘{n}", ["碳化硅", "特高压", "超硬材料", "发制品"][n % 4], ["扩产", "投产", "签约"][n % 3]);
            let filter = TopicFilter { expression, ..TopicFilter::default() };
            let (title, kind) = (format!("课题{n}"), TopicKind::Decision);
            let draft =
                TopicDraft { title, question: String::new(), kind, filter, owner: "u".to_owned(), recipients: Vec::new(), due: None, request: None };
            store.add_topic(&draft, "u", now).unwrap();
        }
        Self { store: store.clone(), sources, classifier: Classifier::new(taxonomy).unwrap(), count: 0, most, now }
    }

    /// Returns how many articles are stored.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Stores a round of new articles.
    pub fn round(&mut self) -> Round {
        let started = Instant::now();
        let polls: Vec<Vec<NewArticle>> = (0..ROUND / ENTRIES).map(|poll| self.poll(self.count + poll * ENTRIES)).collect();
        let waiting = Mutex::new(polls.into_iter().flatten().collect::<Vec<NewArticle>>());
        let prepared = Mutex::new(Vec::new());
        let polled = started.elapsed();
        let started = Instant::now();
        each(PREPARERS, &waiting, |article| {
            let ready = self.prepared(article);
            prepared.lock().unwrap().push(ready);
        });
        let preparing = started.elapsed();
        let started = Instant::now();
        each(COMMITTERS, &prepared, |article| {
            let log = line(&article.url, article.source.clone(), false, 40_000);
            self.store.commit_article(&article, Some(&log)).unwrap();
        });
        self.count += ROUND;
        Round { preparing, committing: polled + started.elapsed() }
    }

    /// Commits the entries of a poll; returns their articles, still without class and signature.
    fn poll(&self, from: u64) -> Vec<NewArticle> {
        let source = &self.sources.sources[(from / ENTRIES) as usize % SOURCES];
        let entry = |n: u64| {
            let url = WebUrl::parse(&format!("{}news/{n}.html", source.url.as_str())).unwrap();
            Entry { id: None, url, title: news(n).title, published_at: None, summary: None, content_html: None }
        };
        let found = Discovered { entries: (from..from + ENTRIES).map(entry).collect(), ..Discovered::default() };
        let plan = |_| PollPlan { change_rate: ChangeRate::default(), next_due: self.now, interval: Duration::from_hours(1), quiet: false };
        let log = line(&source.url, source.id.clone(), true, 40_000);
        let validators = Validators::default();
        self.store.commit_entries(source, (&found, &validators, None), 500, self.now, plan, &log).unwrap();
        let ids = self.store.due_entries(&host_key(source, &source.url), self.now, 3, ENTRIES as usize).unwrap();
        let spread = |n: u64| self.now - TimeDelta::seconds(YEAR * (self.most.saturating_sub(n) as i64) / self.most as i64);
        let article = |id| {
            let entry = self.store.pending_entry(id).unwrap().unwrap();
            let n: u64 = entry.entry.url.as_str().rsplit('/').next().and_then(|f| f.strip_suffix(".html")).unwrap().parse().unwrap();
            let (news, at) = (news(n), spread(n));
            NewArticle {
                entry: id,
                source: entry.source,
                url: entry.entry.url,
                part: None,
                published_at: Some(at.fixed_offset()),
                fetched: at,
                words: (String::new(), String::new()),
                classification: Classification::default(),
                signature: MinHashSignature::new(""),
                extracted: news.extracted(),
                title: news.title,
            }
        };
        ids.into_iter().map(article).collect()
    }

    /// Adds what the crawl works out of an article before it stores it.
    fn prepared(&self, mut a: NewArticle) -> NewArticle {
        let (title, text) = (Segmented::new(&a.title), Segmented::new(&a.extracted.text));
        a.words = (title.fts_tokens(), text.fts_tokens());
        a.classification = self.classifier.classify_segmented(&title, &text, &SourceHints::default());
        a.signature = MinHashSignature::new(&dedup_text(&a.title, &a.extracted.text));
        a
    }
}

fn line(url: &WebUrl, source: qingbao::model::SourceId, listing: bool, bytes: usize) -> FetchRecord {
    let stats = RequestStats { bytes_received: 9_000, millis: 120, requests: 1, reused: true, status: Some(200) };
    FetchRecord { source, url: url.clone(), listing, code: "ok", outcome: "ok".to_owned(), bytes, stats, conditional: false }
}

/// Runs the work on every item, with so many threads.
fn each<T: Send>(threads: usize, items: &Mutex<Vec<T>>, work: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let item = items.lock().unwrap().pop();
                    let Some(item) = item else { break };
                    work(item);
                }
            });
        }
    });
}
