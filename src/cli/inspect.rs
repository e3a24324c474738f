//! `qingbao inspect`: the stages one by one, from files or standard input to JSON lines.

use std::io::{BufRead, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use chrono::Utc;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::classify::{Classifier, SourceHints};
use crate::config::{Settings, Taxonomy};
use crate::dedup::stories::StoryIndex;
use crate::discover::{feed, list};
use crate::extract::{self, Context};
use crate::fetch::charset;
use crate::issue::summarise;
use crate::model::{ArticleSelectors, Extracted, ListSelectors, WebUrl};
use crate::text::dates::Clock;

/// Largest file that is read.
const MAX_FILE: u64 = 64 << 20;

/// Which stage.
#[derive(Debug, Subcommand)]
pub enum Stage {
    /// Article pages: body, title, date, author, publisher
    Extract(FilesArgs),
    /// Feeds: entries, and what had to be repaired
    Feed(FilesArgs),
    /// List pages: entries and layout
    List(FilesArgs),
    /// JSON lines of {id, title, text}: industries, column, keywords, places, organisations
    Classify(JsonLinesArgs),
    /// JSON lines of {id, title, text}: the story each belongs to
    Cluster(JsonLinesArgs),
    /// JSON lines of {id, title, text}: a summary of the article's own sentences
    Summarise(JsonLinesArgs),
}

/// Files to read.
#[derive(Debug, Args)]
pub struct FilesArgs {
    /// Files to read; - is standard input
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// Address the files came from: resolves links
    #[arg(long)]
    url: Option<String>,
    /// Threads
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
}

/// Lines to read.
#[derive(Debug, Args)]
pub struct JsonLinesArgs {
    /// Threads
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
}

#[derive(Deserialize)]
struct ClassifyInput {
    id: Value,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
}

/// Runs a stage; results go to `out`, one JSON object per line, in input order.
pub fn run(stage: &Stage, settings: &Settings, out: &mut dyn Write) -> anyhow::Result<()> {
    match stage {
        Stage::Extract(f) => files(f, out, extract_file),
        Stage::Feed(f) => files(f, out, feed_file),
        Stage::List(f) => {
            anyhow::ensure!(f.url.is_some(), "inspect list needs --url: links on the page are resolved against it");
            files(f, out, list_file)
        }
        Stage::Classify(l) => {
            let classifier = Classifier::new(Taxonomy::load(settings.taxonomy.as_deref())?)?;
            rows(l, out, |r| {
                let j = classifier.classify(&r.title, &r.text, &SourceHints::default());
                json!({"id": r.id, "industries": j.industries, "themes": j.themes, "column": j.column, "keywords": j.keywords, "places": j.places, "organisations": j.all_organisations()})
            })
        }
        Stage::Summarise(l) => rows(l, out, |r| {
            let s = summarise::summarise(&r.title, &r.text, &settings.summarise.length);
            json!({"id": r.id, "summary": s.text, "sentences": s.sentences})
        }),
        Stage::Cluster(_) => cluster(out),
    }
}

/// Stories depend on what came before, so this stage reads in order.
fn cluster(out: &mut dyn Write) -> anyhow::Result<()> {
    let mut index = StoryIndex::default();
    for (n, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line.context("standard input cannot be read")?;
        if line.trim().is_empty() {
            continue;
        }
        let value = match serde_json::from_str::<ClassifyInput>(&line) {
            Ok(r) => json!({"id": r.id, "story": format!("s{}", index.add(&r.title, &r.text))}),
            Err(e) => json!({"file": format!("line {}", n + 1), "error": e.to_string()}),
        };
        writeln!(out, "{value}")?;
    }
    Ok(())
}

fn rows(lines: &JsonLinesArgs, out: &mut dyn Write, work: impl Fn(ClassifyInput) -> Value + Sync) -> anyhow::Result<()> {
    let stdin = std::io::stdin();
    let mut numbered = stdin.lock().lines().enumerate().filter(|(_, l)| l.as_ref().is_ok_and(|l| !l.trim().is_empty()));
    // chunks keep memory bounded however long the input is
    loop {
        let chunk: Vec<(usize, std::io::Result<String>)> = numbered.by_ref().take(1024).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        ordered(&chunk, lines.jobs, out, |(n, line)| {
            let place = format!("line {}", n + 1);
            let parsed = line.as_ref().map_err(ToString::to_string).and_then(|l| serde_json::from_str::<ClassifyInput>(l).map_err(|e| e.to_string()));
            match parsed {
                Ok(row) => guarded(&place, || work(row)),
                Err(e) => json!({"file": place, "error": e}),
            }
        })?;
    }
}

/// What a stage makes of one file: name, bytes, address.
type FileStage = fn(&str, &[u8], Option<&WebUrl>) -> Result<Value, String>;

fn files(files: &FilesArgs, out: &mut dyn Write, work: FileStage) -> anyhow::Result<()> {
    let url = files.url.as_deref().map(WebUrl::parse).transpose().context("--url")?;
    ordered(&files.paths, files.jobs, out, |path| {
        let name = path.display().to_string();
        let result =
            read(path).map(|bytes| guarded(&name, || work(&name, &bytes, url.as_ref()).unwrap_or_else(|e| json!({"file": name, "error": e}))));
        result.unwrap_or_else(|e| json!({"file": name, "error": e}))
    })
}

fn read(path: &PathBuf) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let result = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_FILE).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|f| f.take(MAX_FILE).read_to_end(&mut bytes))
    };
    result.map(|_| bytes).map_err(|e| e.to_string())
}

/// One document must not end the run, whatever it does to a parser.
fn guarded(name: &str, work: impl FnOnce() -> Value) -> Value {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| json!({"file": name, "error": "a parser gave up on this document"}))
}

/// Works on `jobs` threads and writes in input order.
fn ordered<T: Sync>(items: &[T], jobs: u16, out: &mut dyn Write, work: impl Fn(&T) -> Value + Sync) -> anyhow::Result<()> {
    if jobs <= 1 {
        for item in items {
            writeln!(out, "{}", work(item))?;
        }
        return Ok(());
    }
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Value>>> = Mutex::new(items.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((i, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| items.get(i).map(|t| (i, t))) {
                    let value = work(item);
                    if let Some(slot) = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_mut(i) {
                        *slot = Some(value);
                    }
                }
            });
        }
    });
    for value in results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_iter().flatten() {
        writeln!(out, "{value}")?;
    }
    Ok(())
}

fn clock() -> Clock {
    Clock::new(chrono_tz::Asia::Shanghai, Utc::now())
}

fn extract_file(name: &str, bytes: &[u8], url: Option<&WebUrl>) -> Result<Value, String> {
    let selectors = ArticleSelectors::default();
    let context = Context { url, selectors: &selectors, clock: clock() };
    let decoded = match extract::foreign_format(bytes) {
        Some("PDF") => {
            let text = extract::pdf::text(bytes).map_err(|e| e.to_string())?;
            let a = extract::pdf::article(&text, &context).map_err(|e| e.to_string())?;
            return Ok(extracted(name, url, &a, "pdf"));
        }
        Some(format) => return Err(extract::ExtractError::NotHtml(format).to_string()),
        None => charset::decode(bytes, None, None),
    };
    let mut a = extract::extract(&decoded.text, &context).map_err(|e| e.to_string())?;
    if decoded.garbled {
        a.warnings.push(format!("many characters cannot be read as {}", decoded.charset));
    }
    Ok(extracted(name, url, &a, &decoded.charset))
}

fn extracted(name: &str, url: Option<&WebUrl>, a: &Extracted, charset: &str) -> Value {
    json!({
        "file": name, "url": url, "title": a.title, "author": a.author, "publisher": a.publisher,
        "published_at": a.published_at.map(|d| d.to_rfc3339()), "language": a.language, "charset": charset,
        "text": a.text, "html": a.html, "image": a.image, "attachments": a.attachments, "next": a.next, "warnings": a.warnings,
    })
}

fn feed_file(name: &str, bytes: &[u8], url: Option<&WebUrl>) -> Result<Value, String> {
    let decoded = charset::decode(bytes, None, None);
    let feed = feed::read(&decoded.text, url, &clock()).map_err(|e| e.to_string())?;
    let entries: Vec<Value> = feed
        .entries
        .iter()
        .map(|e| {
            json!({"id": e.id, "url": e.url, "title": e.title, "published_at": e.published_at.map(|d| d.to_rfc3339()), "summary": e.summary, "content_html": e.content_html.as_deref().map(|h| extract::sanitise(h, e.url.as_ref()))})
        })
        .collect();
    Ok(json!({"file": name, "title": feed.title, "entries": entries, "repaired": feed.repaired}))
}

fn list_file(name: &str, bytes: &[u8], url: Option<&WebUrl>) -> Result<Value, String> {
    let url = url.ok_or("no --url")?;
    let decoded = charset::decode(bytes, None, None);
    let found = list::read(&decoded.text, url, &ListSelectors::default(), None, &clock()).map_err(|e| e.to_string())?;
    let entries: Vec<Map<String, Value>> = found
        .entries
        .iter()
        .map(|e| {
            let mut m = Map::new();
            m.insert("url".to_owned(), json!(e.url));
            m.insert("title".to_owned(), json!(e.title));
            m.insert("published_at".to_owned(), json!(e.published_at.map(|d| d.to_rfc3339())));
            m
        })
        .collect();
    Ok(json!({"file": name, "entries": entries, "layout": found.selector_path}))
}
