//! Second stage: the page behind an entry, the article in it, its judgement.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::look::{HICCUP, NETWORK};
use super::{Pipeline, Result, pdf};
use crate::classify::Hints;
use crate::config::SourceList;
use crate::dedup::fingerprint::Sketch;
use crate::dedup::stories::comparable;
use crate::extract::{self, Context, ExtractError};
use crate::fetch::{Expect, FetchError, Fetched, Page, Request, Validators, charset};
use crate::model::{Entry, EntryId, Extracted, Source, WebUrl};
use crate::schedule::rhythm::delta;
use crate::store::{FetchRecord, NewArticle, OpenEntry, RawPage, StoreError, StoredPage};
use crate::text::dates::Clock;
use crate::text::words::Words;

/// Interrupted pages taken from the store at a time.
const BATCH: usize = 64;
/// Times a page may be taken up after a crash before it is given up.
const MAX_CRASHES: u32 = 6;
/// First wait after a page failed for a passing reason; doubled each time.
const RETRY: TimeDelta = TimeDelta::minutes(10);
const MAX_RETRY: TimeDelta = TimeDelta::hours(12);

/// What came of one entry.
#[derive(Debug)]
pub(super) enum Got {
    Article,
    Duplicate,
    /// With the reason, and whether it is tried again within moments.
    Lost {
        url: WebUrl,
        reason: String,
        soon: bool,
    },
    /// Nothing to do: somebody else was quicker, or its source is gone.
    Nothing,
}

impl Pipeline {
    /// Extracts what an interrupted run had fetched.
    pub(super) async fn finish_fetched(self: &Arc<Self>, list: &SourceList, mut each: impl FnMut(Got)) -> Result<()> {
        loop {
            let open = self.store.run(|s| s.fetched(BATCH)).await?;
            if open.is_empty() {
                return Ok(());
            }
            for entry in open {
                let got = match list.get(&entry.source) {
                    _ if entry.tries >= MAX_CRASHES => {
                        self.lose(&entry, "this page ended the program several times; it is left out", None, None).await?
                    }
                    Some(source) => self.extract_stored(&entry, source).await?,
                    None => self.lose(&entry, "its source is no longer in sources.toml", None, None).await?,
                };
                each(got);
            }
        }
    }

    /// Fetches the page of an entry and makes its article.
    pub(super) async fn fetch_page(self: &Arc<Self>, id: EntryId, list: &SourceList, keep: bool) -> Result<Got> {
        let Some(entry) = self.store.run(move |s| s.pending_entry(id)).await? else { return Ok(Got::Nothing) };
        let Some(source) = list.get(&entry.source).filter(|s| s.enabled) else { return Ok(Got::Nothing) };
        let none = Validators::default();
        let request = Request { url: &entry.entry.url, source, validators: &none, expect: Expect::Page, keep };
        let answer = self.fetcher.get(&request).await;
        let log = self.record(&request, &answer);
        let down = self.network_down(source, &entry.entry.url, &answer);
        match answer.result {
            Ok(Fetched::Page(page)) => {
                let page = self.keep_page(entry.id, *page, log).await?;
                match page {
                    Some(page) => self.make_article(&entry, source, page).await,
                    None => self.lose(&entry, "the page cannot be compressed", None, None).await,
                }
            }
            Ok(Fetched::NotModified { .. }) => self.lose(&entry, "answered 304 to a first request", Some(Utc::now() + RETRY), Some(log)).await,
            Err(e) => self.page_failed(&entry, source, &e, down, log).await,
        }
    }

    /// The page is on disk before anything is made of it.
    async fn keep_page(self: &Arc<Self>, id: EntryId, page: Page, log: FetchRecord) -> Result<Option<StoredPage>> {
        let fetched = Utc::now();
        let compressed = self.cpu(move || {
            let raw = RawPage::compress(&page.url, page.content_type.as_deref(), &page.body);
            (page, raw)
        });
        let Some((page, raw)) = compressed.await else { return Ok(None) };
        let raw = raw?;
        self.store.run(move |s| s.commit_page(id, &raw, &log, fetched)).await?;
        Ok(Some(StoredPage { url: page.url, content_type: page.content_type, body: page.body, fetched }))
    }

    async fn page_failed(self: &Arc<Self>, entry: &OpenEntry, source: &Arc<Source>, e: &FetchError, down: bool, log: FetchRecord) -> Result<Got> {
        let now = Utc::now();
        // a site that asks for patience costs the page no try
        if let Some(after) = e.asked_wait() {
            self.pause(source, &entry.entry.url, after, e).await?;
            let (id, due) = (entry.id, now + delta(after));
            self.store.run(move |s| s.entry_postponed(id, due, &log, now)).await?;
            let soon = after <= crate::fetch::PATIENCE;
            return Ok(Got::Lost { url: entry.entry.url.clone(), reason: e.to_string(), soon });
        }
        if down {
            return self.lose(entry, &e.to_string(), Some(now + NETWORK), Some(log)).await;
        }
        let last = !e.is_transient() || entry.tries + 1 >= self.settings.fetch.tries;
        if last && entry.entry.content_html.is_some() {
            let (listed, source_then) = (entry.entry.clone(), Arc::clone(source));
            if let Some(Some(extracted)) = self.cpu(move || from_feed(&listed, &source_then, now)).await {
                return self.judge_and_store(entry, source, entry.entry.url.clone(), extracted, now).await;
            }
        }
        let due = match () {
            () if last => None,
            () if entry.tries == 0 => Some(now + HICCUP),
            () => Some(now + (RETRY * (1 << entry.tries.min(8))).min(MAX_RETRY)),
        };
        self.lose(entry, &e.to_string(), due, Some(log)).await
    }

    async fn extract_stored(self: &Arc<Self>, entry: &OpenEntry, source: &Arc<Source>) -> Result<Got> {
        let id = entry.id;
        match self.store.run(move |s| s.page(id)).await {
            Ok(Some(page)) => self.make_article(entry, source, page).await,
            Ok(None) => self.lose(entry, "its page is gone from the store; it is fetched again", Some(Utc::now()), None).await,
            // one bad row must not stop all the others
            Err(StoreError::Value { cause, .. }) => {
                let reason = format!("its page cannot be read in the store ({cause}); it is fetched again");
                self.lose(entry, &reason, Some(Utc::now()), None).await
            }
            Err(e) => Err(e.into()),
        }
    }

    async fn make_article(self: &Arc<Self>, entry: &OpenEntry, source: &Arc<Source>, page: StoredPage) -> Result<Got> {
        let (url, fetched) = (page.url.clone(), page.fetched);
        let extracted = match self.extracted(source, page).await {
            Ok(first) => Ok(self.with_further_parts(source, first, &url).await),
            Err(e) => {
                let (listed, source_then) = (entry.entry.clone(), Arc::clone(source));
                self.cpu(move || from_feed(&listed, &source_then, fetched)).await.flatten().ok_or(e)
            }
        };
        match extracted {
            Ok(extracted) => self.judge_and_store(entry, source, url, extracted, fetched).await,
            Err(reason) => self.lose(entry, &reason, None, None).await,
        }
    }

    /// What a page says; a panic ends this page, not the crawl.
    pub(super) async fn extracted(self: &Arc<Self>, source: &Arc<Source>, page: StoredPage) -> std::result::Result<Extracted, String> {
        let source = Arc::clone(source);
        let made = if extract::foreign_format(&page.body) == Some("PDF") {
            let text = pdf::text(&page.body).await.map_err(|e| e.to_string())?;
            self.cpu(move || extract::pdf::article(&text, &context(&page, &source))).await
        } else {
            self.cpu(move || extract_page(&page, &source).map(|(article, _charset)| article)).await
        };
        made.unwrap_or(Err(ExtractError::GaveUp)).map_err(|e| e.to_string())
    }

    async fn judge_and_store(
        self: &Arc<Self>,
        entry: &OpenEntry,
        source: &Arc<Source>,
        url: WebUrl,
        extracted: Extracted,
        at: DateTime<Utc>,
    ) -> Result<Got> {
        let (this, listed, source) = (Arc::clone(self), entry.clone(), Arc::clone(source));
        match self.cpu(move || this.prepare(&listed, &source, url, extracted, at)).await {
            Some(article) => self.store_article(article).await,
            None => self.lose(entry, "the classifier gave up on this text", None, None).await,
        }
    }

    /// Everything that the store will hold of an article: CPU work.
    pub(super) fn prepare(&self, listed: &OpenEntry, source: &Source, url: WebUrl, mut extracted: Extracted, fetched: DateTime<Utc>) -> NewArticle {
        for w in &extracted.warnings {
            tracing::debug!(%url, "{w}");
        }
        let title = extracted.title.take().filter(|t| !t.is_empty()).unwrap_or_else(|| listed.entry.title.clone());
        let hints = Hints { column: source.column.as_deref(), industries: &source.industries };
        let (title_words, text_words) = (Words::of(&title), Words::of(&extracted.text));
        NewArticle {
            entry: listed.id,
            source: source.id.clone(),
            url,
            published_at: extracted.published_at.or(listed.entry.published_at),
            fetched,
            words: (title_words.index_form(), text_words.index_form()),
            judgement: self.classifier.judge_words(&title_words, &text_words, &hints),
            sketch: Sketch::of(&comparable(&title, &extracted.text)),
            title,
            extracted,
        }
    }

    async fn store_article(&self, article: NewArticle) -> Result<Got> {
        let stored = self.store.run(move |s| s.commit_article(&article)).await?;
        if stored.is_some() {
            self.vitals.stored_article(Utc::now());
        }
        Ok(if stored.is_some() { Got::Article } else { Got::Duplicate })
    }

    /// Notes that an entry could not be had; `due` says when it is tried again.
    async fn lose(&self, entry: &OpenEntry, reason: &str, due: Option<DateTime<Utc>>, log: Option<FetchRecord>) -> Result<Got> {
        let (id, words, now) = (entry.id, reason.to_owned(), Utc::now());
        self.store.run(move |s| s.entry_failed(id, &words, due, log.as_ref(), now)).await?;
        let soon = due.is_some_and(|d| d - now <= HICCUP);
        Ok(Got::Lost { url: entry.entry.url.clone(), reason: reason.to_owned(), soon })
    }
}

/// What is known of a page of a source.
pub(super) fn context<'a>(page: &'a StoredPage, source: &'a Source) -> Context<'a> {
    Context { url: Some(&page.url), selectors: &source.article, clock: Clock::new(source.timezone, page.fetched) }
}

/// The article of an HTML page, and in which charset it was written.
pub(super) fn extract_page(page: &StoredPage, source: &Source) -> std::result::Result<(Extracted, String), ExtractError> {
    if let Some(format) = extract::foreign_format(&page.body) {
        return Err(ExtractError::NotHtml(format));
    }
    let decoded = charset::decode(&page.body, page.content_type.as_deref(), source.charset);
    let mut a = extract::extract(&decoded.text, &context(page, source))?;
    if decoded.garbled {
        a.warnings.push(format!("many characters cannot be read as {}; set charset for source {}", decoded.charset, source.id));
    }
    Ok((a, decoded.charset))
}

/// The article as the feed itself tells it, where the page cannot be had.
fn from_feed(entry: &Entry, source: &Source, now: DateTime<Utc>) -> Option<Extracted> {
    let context = Context { url: Some(&entry.url), selectors: &source.article, clock: Clock::new(source.timezone, now) };
    let mut a = extract::from_fragment(entry.content_html.as_deref()?, &context)?;
    a.title = Some(entry.title.clone()).filter(|t| !t.is_empty());
    a.published_at = entry.published_at;
    a.warnings.push("taken from the feed: the page could not be had".to_owned());
    Some(a)
}
