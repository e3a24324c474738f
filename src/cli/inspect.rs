//! `qingbao inspect`: single stages, from files or standard input to JSON lines.

use std::collections::HashMap;
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use clap::{Args, Subcommand};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::classify::{Classifier, SourceHints};
use crate::config::Settings;
use crate::crawl::reader::{CpuPool, Document, FurtherPages, Parser, Reader};
use crate::dedup::stories::StoryIndex;
use crate::discover::{LimitReached, feed};
use crate::events::{EventIndex, EventModel, Profile};
use crate::extract;
use crate::fetch::charset;
use crate::html::Tree;
use crate::issue::summarise;
use crate::model::{ArticleSelectors, Entry, Source, SourceId, SourceKind, WebUrl};
use crate::text::dates::Clock;

/// Largest input file.
const MAX_FILE: u64 = 64 << 20;

#[derive(Debug, Subcommand)]
pub enum Stage {
    /// Article pages: body, title, date, author, publisher
    Extract(PagesArgs),
    /// Feeds: entries and repairs
    Feed(FilesArgs),
    /// List pages: entries and layout
    List(FilesArgs),
    /// JSON lines of {id, title, text}: industries, column, on topic, worth, keywords, places, organisations
    Classify(JsonLinesArgs),
    /// JSON lines of {id, title, text}: the story each belongs to
    Cluster(JsonLinesArgs),
    /// JSON lines of {id, title, text, `published_at`}: the event each reports, and how sure that is
    Events(JsonLinesArgs),
    /// JSON lines of {id, title, text}: a summary of the article's own sentences
    Summarise(JsonLinesArgs),
}

#[derive(Debug, Args)]
pub struct FilesArgs {
    /// Files to read; - is standard input
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// Address of the files; resolves relative links
    #[arg(long)]
    url: Option<String>,
    /// Threads
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
}

#[derive(Debug, Args)]
pub struct PagesArgs {
    #[command(flatten)]
    files: FilesArgs,
    /// Print the candidates of each field with probability and evidence
    #[arg(long)]
    explain: bool,
}

#[derive(Debug, Args)]
pub struct JsonLinesArgs {
    /// Threads
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with id, title and text")]
struct ClassifyInput {
    id: Value,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    /// Publication day, for summaries.
    #[serde(default)]
    date: Option<String>,
    /// Publication time, for events.
    #[serde(default)]
    published_at: Option<String>,
}

/// Runs a stage; writes one JSON object per line to `out`, in input order.
pub async fn run(stage: &Stage, settings: &Settings, out: &mut dyn Write) -> anyhow::Result<()> {
    match stage {
        Stage::Extract(p) => {
            let files = Files::new(&p.files, None)?;
            print(out, p.files.jobs, &p.files.paths, |path| files.extract(path, p.explain)).await
        }
        Stage::Feed(f) => {
            let files = Files::new(f, Some(SourceKind::Feed))?;
            print(out, f.jobs, &f.paths, |path| files.feed(path)).await
        }
        Stage::List(f) => {
            anyhow::ensure!(f.url.is_some(), "inspect list needs --url: links on the page are resolved against it");
            let files = Files::new(f, Some(SourceKind::List))?;
            print(out, f.jobs, &f.paths, |path| files.list(path)).await
        }
        Stage::Classify(l) => {
            let classifier = Classifier::new(settings.load_taxonomy()?)?;
            rows(l, out, move |r| {
                let j = classifier.classify(&r.title, &r.text, &SourceHints::default());
                json!({
                    "id": r.id, "industries": j.industries, "themes": j.themes, "column": j.column, "column_p": j.column_p,
                    "on_topic": j.on_topic_p, "worth": j.worth, "level": j.region_scope,
                    "keywords": j.keywords, "places": j.places, "organisations": j.all_organisations(),
                })
            })
            .await
        }
        Stage::Summarise(l) => {
            let length = settings.summarise.length;
            rows(l, out, move |r| {
                let s = summarise::summarise(&r.title, &r.text, length, r.date.as_deref().and_then(|d| d.parse().ok()));
                json!({"id": r.id, "summary": s.text, "sentences": s.sentences, "left_out": s.left_out})
            })
            .await
        }
        Stage::Cluster(_) => cluster(out),
        Stage::Events(_) => events(out),
    }
}

/// Stories depend on earlier texts, so this stage reads in order.
fn cluster(out: &mut dyn Write) -> anyhow::Result<()> {
    let mut index = StoryIndex::default();
    for (place, row) in json_lines() {
        let value = match row {
            Ok(r) => json!({"id": r.id, "story": format!("s{}", index.add(&r.title, &r.text))}),
            Err(e) => json!({"file": place, "error": e}),
        };
        writeln!(out, "{value}")?;
    }
    Ok(())
}

/// Events depend on all texts: they are told apart in order of publication, and printed in input order.
fn events(out: &mut dyn Write) -> anyhow::Result<()> {
    let model = EventModel::built_in().context("the model of events is broken")?;
    let mut rows: Vec<(String, Result<ClassifyInput, String>)> = json_lines().collect();
    let mut order: Vec<(Option<NaiveDate>, usize, Profile)> = Vec::new();
    for (at, (_, row)) in rows.iter_mut().enumerate() {
        let Ok(r) = row else { continue };
        let day = r.published_at.as_deref().map(|p| p.parse::<NaiveDate>().or_else(|_| p.parse::<DateTime<FixedOffset>>().map(|p| p.date_naive())));
        match day.transpose() {
            Ok(day) => order.push((day, at, Profile::new(&r.title, &r.text, day))),
            Err(e) => *row = Err(format!("published_at: {e}")),
        }
    }
    order.sort_by_key(|(day, at, _)| (*day, *at));
    let mut index = EventIndex::default();
    let articles: HashMap<usize, usize> = order.into_iter().map(|(_, at, profile)| (at, index.add(model, profile))).collect();
    for (at, (place, row)) in rows.into_iter().enumerate() {
        let found = articles.get(&at).and_then(|article| index.event(*article));
        let value = match (row, found) {
            (Ok(r), Some((event, confidence))) => json!({"id": r.id, "event": format!("e{event}"), "p": confidence}),
            (Ok(r), None) => json!({"id": r.id}),
            (Err(e), _) => json!({"file": place, "error": e}),
        };
        writeln!(out, "{value}")?;
    }
    Ok(())
}

async fn rows(lines: &JsonLinesArgs, out: &mut dyn Write, work: impl Fn(ClassifyInput) -> Value + Send + Sync + 'static) -> anyhow::Result<()> {
    let (pool, work) = (&CpuPool::with_threads(lines.jobs.into())?, &Arc::new(work));
    print(out, lines.jobs, json_lines(), |(place, row)| async move {
        match row {
            Ok(row) => {
                let work = Arc::clone(work);
                pool.run(move || work(row)).await.unwrap_or_else(|| gave_up(&place))
            }
            Err(e) => json!({"file": place, "error": e}),
        }
    })
    .await
}

/// Returns the non-blank lines of standard input, each with its name; an error of the input itself is the last one.
fn json_lines() -> impl Iterator<Item = (String, Result<ClassifyInput, String>)> {
    let mut broken = false;
    let lines = std::io::stdin().lock().split(b'\n').take_while(move |line| !std::mem::replace(&mut broken, line.is_err()));
    lines.enumerate().filter_map(|(n, line)| {
        let row = match line {
            Ok(line) if line.iter().all(u8::is_ascii_whitespace) => return None,
            Ok(line) => serde_json::from_slice(&line).map_err(|e| e.to_string()),
            Err(e) => Err(format!("standard input cannot be read: {e}")),
        };
        Some((format!("line {}", n + 1), row))
    })
}

/// Works on several items at a time, and prints the results in input order.
async fn print<T, F: Future<Output = Value>>(
    out: &mut dyn Write,
    jobs: u16,
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> F,
) -> anyhow::Result<()> {
    let mut results = std::pin::pin!(stream::iter(items).map(work).buffered(jobs.into()));
    while let Some(value) = results.next().await {
        writeln!(out, "{value}")?;
    }
    Ok(())
}

/// One document must not end the run, whatever it does to a parser.
fn gave_up(name: &str) -> Value {
    json!({"file": name, "error": "a parser gave up on this document"})
}

/// Reads files like the crawl reads fetched documents.
struct Files {
    url: Option<WebUrl>,
    source: Arc<Source>,
    parser: Parser,
}

impl Files {
    fn new(args: &FilesArgs, kind: Option<SourceKind>) -> anyhow::Result<Self> {
        let url = args.url.as_deref().map(WebUrl::parse).transpose().context("--url")?;
        let address = url.clone().map_or_else(|| WebUrl::parse("http://localhost/"), Ok)?;
        let id = SourceId::parse("inspect").context("no id")?;
        let source = Arc::new(Source { kind, ..Source::plain(id, "inspect".to_owned(), address) });
        let parser = Parser::new(Arc::new(CpuPool::with_threads(args.jobs.into())?));
        Ok(Self { url, source, parser })
    }

    fn reader(&self) -> Reader<'_> {
        Reader::offline(&self.parser, Arc::clone(&self.source))
    }

    fn document(&self, path: &Path) -> Result<Document, String> {
        Ok(Document { url: self.url.clone(), content_type: None, at: Utc::now(), body: read(path).map_err(|e| e.to_string())? })
    }

    async fn extract(&self, path: &Path, explain: bool) -> Value {
        let file = path.display().to_string();
        let fields = if explain { self.explain(path).await } else { Value::Null };
        let article = match self.document(path) {
            Ok(document) => self.reader().article(document).await.map_err(|e| e.to_string()),
            Err(e) => Err(e),
        };
        match article {
            Ok(a) => json!({
                "confidence": a.confidence, "candidates": fields,
                "file": file, "url": self.url, "title": a.title, "author": a.author, "publisher": a.publisher,
                "published_at": a.published_at.map(|d| d.to_rfc3339()), "language": a.language, "charset": a.charset,
                "text": a.text, "html": a.html, "image": a.image, "attachments": a.attachments, "next": a.next, "warnings": a.warnings,
            }),
            Err(e) => json!({"file": file, "error": e, "candidates": fields}),
        }
    }

    /// Returns the candidates of a page's fields.
    async fn explain(&self, path: &Path) -> Value {
        let Ok(document) = self.document(path) else { return Value::Null };
        let url = self.url.clone();
        let read = move || {
            let text = charset::decode(&document.body, None, None).text;
            let context = extract::Context { url: url.as_ref(), selectors: &ArticleSelectors::default(), clock: clock() };
            extract::fields::Fields::of(&Tree::parse(&text), &text, &context).explain()
        };
        self.parser.cpu(read).await.unwrap_or_default()
    }

    async fn list(&self, path: &Path) -> Value {
        let file = path.display().to_string();
        let found = match self.document(path) {
            Ok(document) => self.reader().listing(document, None, FurtherPages::Skip).await.map_err(|e| e.to_string()),
            Err(e) => Err(e),
        };
        match found {
            Ok(found) => {
                let entry = |e: &Entry| json!({"url": e.url, "title": e.title, "published_at": e.published_at.map(|d| d.to_rfc3339())});
                json!({"file": file, "entries": found.entries.iter().map(entry).collect::<Vec<_>>(), "layout": found.selector_path, "next": found.next, "warnings": warnings(&found.limits)})
            }
            Err(e) => json!({"file": file, "error": e}),
        }
    }

    /// Returns the content of a feed, including entries without an address.
    async fn feed(&self, path: &Path) -> Value {
        let (file, url) = (path.display().to_string(), self.url.clone());
        let document = match self.document(path) {
            Ok(document) => document,
            Err(e) => return json!({"file": file, "error": e}),
        };
        let name = file.clone();
        let read = move || match feed::read(&charset::decode(&document.body, None, None).text, url.as_ref(), &clock()) {
            Ok(feed) => {
                json!({"file": name, "title": feed.title, "entries": feed.entries.iter().map(feed_entry).collect::<Vec<_>>(), "repaired": feed.repaired, "warnings": warnings(&feed.limits)})
            }
            Err(e) => json!({"file": name, "error": e.to_string()}),
        };
        self.parser.cpu(read).await.unwrap_or_else(|| gave_up(&file))
    }
}

/// Returns what was not read of a document.
pub(super) fn warnings(limits: &[LimitReached]) -> Vec<String> {
    limits.iter().map(ToString::to_string).collect()
}

fn feed_entry(e: &feed::FeedEntry) -> Value {
    let content = e.content_html.as_deref().map(|h| extract::sanitise(h, e.url.as_ref()));
    json!({"id": e.id, "url": e.url, "title": e.title, "published_at": e.published_at.map(|d| d.to_rfc3339()), "summary": e.summary, "content_html": content})
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_FILE).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn clock() -> Clock {
    Clock::new(chrono_tz::Asia::Shanghai, Utc::now())
}
