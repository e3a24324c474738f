//! Second stage: the pages behind the entries, and the articles in them.

use std::collections::HashSet;
use std::sync::Arc;

use super::{PassReport, Pipeline, Progress, Result, bounded};
use crate::config::SourceList;
use crate::extract::{self, Context, ExtractError};
use crate::fetch::{Fetched, Request, Validators, charset};
use crate::model::{Entry, EntryId, Extracted, Source, WebUrl};
use crate::store::{NewArticle, OpenEntry, StoredPage};
use crate::text::dates::Clock;

/// Entries taken from the store at a time: memory does not grow with the backlog.
const BATCH: usize = 512;

/// What came of one entry.
enum Got {
    Article,
    Duplicate,
    /// With the reason, and whether trying again in this pass makes sense.
    Lost {
        entry: EntryId,
        url: WebUrl,
        reason: String,
        again: bool,
    },
}

impl Pipeline {
    /// Extracts what an interrupted pass had fetched.
    pub(super) async fn finish_fetched(self: &Arc<Self>, list: &SourceList, progress: &dyn Progress, report: &mut PassReport) -> Result<()> {
        loop {
            let open = self.store.run(|s| s.fetched(BATCH)).await?;
            if open.is_empty() {
                return Ok(());
            }
            progress.stage("unfinished pages", open.len());
            let start = |e: OpenEntry| {
                let (this, source) = (Arc::clone(self), list.get(e.source.as_str()).cloned());
                async move {
                    match source {
                        Some(s) => this.extract_stored(&e, &s).await,
                        None => this.lose(&e, "its source is no longer in sources.toml", true, false).await,
                    }
                }
            };
            bounded(open, extractors(), start, |got| take(got, progress, report)).await?;
        }
    }

    /// Fetches and extracts every entry that waits; what failed for a passing reason is tried once more at the end.
    pub(super) async fn fetch_pages(self: &Arc<Self>, list: &SourceList, progress: &dyn Progress, report: &mut PassReport) -> Result<()> {
        let tries = self.settings.fetch.tries;
        let mut passing: HashSet<EntryId> = HashSet::new();
        for last in [false, true] {
            let mut after = 0;
            loop {
                let open = self.store.run(move |s| s.pending(BATCH, tries, after)).await?;
                let Some(end) = open.last().map(|e| e.id.0) else { break };
                after = end;
                let wanted: Vec<(OpenEntry, Source)> = open
                    .into_iter()
                    .filter(|e| !last || passing.contains(&e.id))
                    .filter_map(|e| list.get(e.source.as_str()).filter(|s| s.enabled).cloned().map(|s| (e, s)))
                    .collect();
                progress.stage(if last { "pages, second try" } else { "pages" }, wanted.len());
                let start = |(e, s): (OpenEntry, Source)| {
                    let this = Arc::clone(self);
                    async move { this.fetch_one(&e, &s).await }
                };
                bounded(spread(wanted), self.settings.fetch.at_once, start, |got| match got {
                    Got::Lost { entry, again: true, .. } if !last => {
                        passing.insert(entry);
                    }
                    got => take(got, progress, report),
                })
                .await?;
            }
            if passing.is_empty() {
                break;
            }
        }
        Ok(())
    }

    async fn fetch_one(self: &Arc<Self>, entry: &OpenEntry, source: &Source) -> Result<Got> {
        let none = Validators::default();
        let request = Request { url: &entry.entry.url, source, validators: &none, max_bytes: self.settings.fetch.max_page_bytes };
        match self.fetch_logged(&request).await? {
            Ok(Fetched::Page(page)) => {
                let id = entry.id;
                self.store.run(move |s| s.commit_page(id, &page, chrono::Utc::now())).await?;
                self.extract_stored(entry, source).await
            }
            Ok(Fetched::NotModified) => self.lose(entry, "answered 304 to a first request", false, false).await,
            // the page was not refused: this pass leaves it, and it costs no try
            Err(e) if e.is_long_wait() => Ok(lost(entry, &e.to_string(), false)),
            Err(e) => {
                let last = !e.is_transient() || entry.tries + 1 >= self.settings.fetch.tries;
                if last && let Some(extracted) = from_feed(&entry.entry, source) {
                    return self.store_article(entry, entry.entry.url.clone(), extracted, chrono::Utc::now()).await;
                }
                self.lose(entry, &e.to_string(), last, e.is_transient()).await
            }
        }
    }

    async fn extract_stored(self: &Arc<Self>, entry: &OpenEntry, source: &Source) -> Result<Got> {
        let id = entry.id;
        let Some(page) = self.store.run(move |s| s.page(id)).await? else {
            return self.lose(entry, "its page is gone from the store; it is fetched again", false, false).await;
        };
        let (source, listed, url, fetched) = (source.clone(), entry.entry.clone(), page.url.clone(), page.fetched);
        // a panic or an endless page ends this task, not the crawl
        let extracted =
            tokio::task::spawn_blocking(move || extract_page(&page, &source).or_else(|e| from_feed(&listed, &source).ok_or_else(|| e.to_string())))
                .await
                .unwrap_or_else(|_| Err("the extractor gave up on this page".to_owned()));
        match extracted {
            Ok(extracted) => self.store_article(entry, url, extracted, fetched).await,
            Err(reason) => self.lose(entry, &reason, true, false).await,
        }
    }

    async fn store_article(&self, entry: &OpenEntry, url: WebUrl, extracted: Extracted, fetched: chrono::DateTime<chrono::Utc>) -> Result<Got> {
        for w in &extracted.warnings {
            tracing::debug!(%url, "{w}");
        }
        let entry = entry.clone();
        let stored = self.store.run(move |s| s.commit_article(&NewArticle { entry: &entry, url: &url, extracted: &extracted, fetched })).await?;
        Ok(if stored.is_some() { Got::Article } else { Got::Duplicate })
    }

    async fn lose(&self, entry: &OpenEntry, reason: &str, last: bool, again: bool) -> Result<Got> {
        let (id, words) = (entry.id, reason.to_owned());
        self.store.run(move |s| s.entry_failed(id, &words, last)).await?;
        Ok(lost(entry, reason, again && !last))
    }
}

fn lost(entry: &OpenEntry, reason: &str, again: bool) -> Got {
    Got::Lost { entry: entry.id, url: entry.entry.url.clone(), reason: reason.to_owned(), again }
}

/// Extraction is CPU work: no more at once than there are processors.
fn extractors() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

fn take(got: Got, progress: &dyn Progress, report: &mut PassReport) {
    progress.advance(1);
    match got {
        Got::Article => report.articles += 1,
        Got::Duplicate => report.duplicates += 1,
        Got::Lost { url, reason, .. } => {
            progress.notice(&format!("page {url}: {reason}"));
            report.lost.push((url, reason));
        }
    }
}

fn extract_page(page: &StoredPage, source: &Source) -> std::result::Result<Extracted, ExtractError> {
    if let Some(format) = extract::foreign_format(&page.body) {
        return Err(ExtractError::NotHtml(format));
    }
    let decoded = charset::decode(&page.body, page.content_type.as_deref(), source.charset);
    let context = Context { url: Some(&page.url), selectors: &source.article, clock: Clock::new(source.timezone, page.fetched) };
    let mut a = extract::extract(&decoded.text, &context)?;
    if decoded.garbled {
        a.warnings.push(format!("many characters cannot be read as {}; set charset for source {}", decoded.charset, source.id));
    }
    Ok(a)
}

/// The article as the feed itself tells it, where the page cannot be had.
fn from_feed(entry: &Entry, source: &Source) -> Option<Extracted> {
    let context = Context { url: Some(&entry.url), selectors: &source.article, clock: Clock::new(source.timezone, chrono::Utc::now()) };
    let mut a = extract::from_fragment(entry.content_html.as_deref()?, &context)?;
    a.title = Some(entry.title.clone()).filter(|t| !t.is_empty());
    a.published_at = entry.published_at;
    a.warnings.push("taken from the feed: the page could not be had".to_owned());
    Some(a)
}

/// Orders entries so that hosts take turns: one slow host must not hold all places.
fn spread(entries: Vec<(OpenEntry, Source)>) -> Vec<(OpenEntry, Source)> {
    let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let mut keyed: Vec<(usize, (OpenEntry, Source))> = entries
        .into_iter()
        .map(|e| {
            let n = seen.entry(e.0.entry.url.authority()).or_default();
            *n += 1;
            (*n, e)
        })
        .collect();
    keyed.sort_by_key(|(n, (e, _))| (*n, e.id));
    keyed.into_iter().map(|(_, e)| e).collect()
}
