//! Articles: builds fetch tasks for entries and applies their results.

mod figure;
mod page_change;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::classify::SourceHints;
use crate::config::SourceList;
use crate::crawl::dispatch::TaskMeta;
use crate::crawl::executor::{Task, TaskKind, TaskReport, TaskResult};
use crate::crawl::poll_source::{OUTAGE_RETRY, QUICK_RETRY};
use crate::crawl::reader::Reader;
use crate::crawl::{Crawler, Result, wanted};
use crate::dedup::fingerprint::MinHashSignature;
use crate::dedup::stories::dedup_text;
use crate::extract::ExtractError;
use crate::fetch::{FetchError, Redirect};
use crate::model::{EntryId, Extracted, Source, WebUrl};
use crate::schedule::poll_interval::to_time_delta;
use crate::store::{FetchRecord, NewArticle, PendingEntry, StoreError};
use crate::text::segment::Segmented;

/// Interrupted pages read from the store per batch.
const RESUME_BATCH: usize = 64;
/// First delay after a transient failure; doubles each time.
const FIRST_RETRY: TimeDelta = TimeDelta::minutes(10);
const MAX_RETRY: TimeDelta = TimeDelta::hours(12);

/// The outcome for one entry.
#[derive(Debug)]
pub(super) enum ArticleResult {
    Article,
    Duplicate,
    /// Reason, and whether a retry follows within moments.
    Failed {
        url: WebUrl,
        reason: String,
        retry_soon: bool,
    },
    /// Nothing to do: another task stored the article first, or its source is gone.
    Skipped,
}

/// The next step for an entry.
pub(super) enum ArticleStep {
    Fetch(Task),
    Done(ArticleResult),
}

impl Crawler {
    /// Extracts pages that an interrupted run had fetched. However often that happens, it never counts against a page.
    pub(super) async fn resume_fetched(self: &Arc<Self>, list: &SourceList, mut each: impl FnMut(ArticleResult)) -> Result<()> {
        let mut behind = EntryId(0);
        loop {
            let open = self.store.run(move |s| s.fetched(behind, RESUME_BATCH)).await?;
            let Some(last) = open.last() else { break };
            behind = last.id;
            for entry in open {
                let got = match list.get(&entry.source) {
                    Some(source) => self.extract_stored_page(&entry, source).await?,
                    None => self.mark_failed(&entry, "its source is no longer in sources.toml", None, None).await?,
                };
                each(got);
            }
        }
        Ok(())
    }

    /// Builds the task for an entry. There is none if the entry is done, its source is gone, or the feed has the whole text.
    pub(super) async fn article_task(self: &Arc<Self>, id: EntryId, list: &SourceList, keep: bool, redirects: Vec<Redirect>) -> Result<ArticleStep> {
        let skipped = ArticleStep::Done(ArticleResult::Skipped);
        let Some(entry) = self.store.run(move |s| s.pending_entry(id)).await? else { return Ok(skipped) };
        let Some(source) = list.get(&entry.source).filter(|s| s.enabled) else { return Ok(skipped) };
        if source.is_series() {
            return Ok(ArticleStep::Done(self.store_figure(&entry, source).await?));
        }
        if source.is_page() {
            return Ok(ArticleStep::Done(self.store_page_change(&entry, source).await?));
        }
        if entry.is_part_of_page() {
            let reason = "its page tells of several entries, and its feed too little of this one";
            return Ok(ArticleStep::Done(self.fall_back_to_feed(&entry, source, reason, Utc::now(), None).await?));
        }
        if entry.entry.url.is_route_of(&source.url) && !source.render {
            let reason = ExtractError::ScriptRoute.to_string();
            return Ok(ArticleStep::Done(self.fall_back_to_feed(&entry, source, &reason, Utc::now(), None).await?));
        }
        let ask = TaskKind::Article { entry: id };
        Ok(ArticleStep::Fetch(Task {
            source: Arc::clone(source),
            url: entry.entry.url,
            kind: ask,
            keep_alive: keep,
            host_key: None,
            redirects,
            initial_delay: false,
        }))
    }

    /// Applies the result for an entry.
    pub(super) async fn apply_article(
        self: &Arc<Self>,
        id: EntryId,
        source: &Arc<Source>,
        about: &TaskMeta,
        report: TaskReport,
    ) -> Result<ArticleResult> {
        let log = self.log_report(about, &report);
        let down = self.network_down(source, &about.url, &report);
        // a duplicate is already done
        let Some(entry) = self.store.run(move |s| s.pending_entry(id)).await? else { return Ok(ArticleResult::Skipped) };
        if let TaskResult::Failed(FetchError::Wall(wall)) = report.result {
            let (source, log) = (source.id.clone(), report.page_stored.then(|| log.clone()));
            self.store.run(move |s| s.page_is_wall(&source, wall, log.as_ref())).await?;
        }
        let log = (!report.page_stored).then_some(log);
        if let Some(how) = report.crash {
            self.store.run(move |s| s.entry_crashed(id, &how)).await?;
        }
        match report.result {
            TaskResult::Article { url, extracted } => self.classify_and_store(&entry, source, url, *extracted, report.at, log).await,
            TaskResult::NoArticle(reason) => self.fall_back_to_feed(&entry, source, &reason, report.at, log).await,
            TaskResult::NotModified { .. } => self.mark_failed(&entry, "answered 304 to a first request", Some(Utc::now() + FIRST_RETRY), log).await,
            TaskResult::Failed(e) => self.article_fetch_failed(&entry, source, &e, down, log).await,
            TaskResult::Interrupted => self.interrupted(&entry, log).await,
            TaskResult::DeadLettered(reason) => self.mark_failed(&entry, &reason, None, log).await,
            TaskResult::Entries { .. }
            | TaskResult::Watched { .. }
            | TaskResult::Figures { .. }
            | TaskResult::ParseFailed(_)
            | TaskResult::Redirected(_) => self.mark_failed(&entry, "an answer to another question came", Some(Utc::now() + FIRST_RETRY), log).await,
        }
    }

    async fn article_fetch_failed(
        self: &Arc<Self>,
        entry: &PendingEntry,
        source: &Arc<Source>,
        e: &FetchError,
        down: bool,
        log: Option<FetchRecord>,
    ) -> Result<ArticleResult> {
        let now = Utc::now();
        // a site that asks for a delay costs the page no attempt
        if let Some(after) = e.retry_after() {
            self.back_off_host(source, &entry.entry.url, after, e).await?;
            let (id, due) = (entry.id, now + to_time_delta(after));
            self.store.run(move |s| s.entry_postponed(id, due, log.as_ref(), now)).await?;
            let soon = after <= crate::fetch::MAX_HOST_WAIT;
            return Ok(ArticleResult::Failed { url: entry.entry.url.clone(), reason: e.to_string(), retry_soon: soon });
        }
        // nor does our own network
        if down {
            let (id, due) = (entry.id, now + OUTAGE_RETRY);
            self.store.run(move |s| s.entry_postponed(id, due, log.as_ref(), now)).await?;
            return Ok(ArticleResult::Failed { url: entry.entry.url.clone(), reason: e.to_string(), retry_soon: false });
        }
        let last = !e.is_transient() || entry.attempts + 1 >= self.settings.fetch.tries;
        if last && entry.entry.content_html.is_some() {
            return self.fall_back_to_feed(entry, source, &e.to_string(), now, log).await;
        }
        let due = match () {
            () if last => None,
            () if entry.attempts == 0 => Some(now + QUICK_RETRY),
            () => Some(now + (FIRST_RETRY * (1 << entry.attempts.min(8))).min(MAX_RETRY)),
        };
        self.mark_failed(entry, &e.to_string(), due, log).await
    }

    async fn extract_stored_page(self: &Arc<Self>, entry: &PendingEntry, source: &Arc<Source>) -> Result<ArticleResult> {
        let id = entry.id;
        match self.store.run(move |s| s.page(id)).await {
            Ok(Some(page)) => {
                let (url, fetched) = (page.url.clone(), page.fetched);
                match self.page_reader(source).article(page.into()).await {
                    Ok(extracted) => self.classify_and_store(entry, source, url, extracted, fetched, None).await,
                    Err(ExtractError::Interrupted(_)) => self.interrupted(entry, None).await,
                    Err(ExtractError::Wall(wall)) => self.article_fetch_failed(entry, source, &FetchError::Wall(wall), false, None).await,
                    Err(e) => {
                        if let Some(how) = e.crash().map(str::to_owned) {
                            self.store.run(move |s| s.entry_crashed(id, &how)).await?;
                        }
                        self.fall_back_to_feed(entry, source, &e.to_string(), fetched, None).await
                    }
                }
            }
            Ok(None) => self.mark_failed(entry, "its page is gone from the store; it is fetched again", Some(Utc::now()), None).await,
            // one bad row must not stop the others
            Err(StoreError::Value { cause, .. }) => {
                let reason = format!("its page cannot be read in the store ({cause}); it is fetched again");
                self.mark_failed(entry, &reason, Some(Utc::now()), None).await
            }
            Err(e) => Err(e.into()),
        }
    }

    fn page_reader(&self, source: &Arc<Source>) -> Reader<'_> {
        Reader::new(self.executor.parser(), self.executor.fetcher(), Arc::clone(source))
    }

    /// Uses the article from the feed, if it has one, because the page has none.
    async fn fall_back_to_feed(
        self: &Arc<Self>,
        entry: &PendingEntry,
        source: &Arc<Source>,
        reason: &str,
        at: DateTime<Utc>,
        log: Option<FetchRecord>,
    ) -> Result<ArticleResult> {
        match self.page_reader(source).article_from_feed(&entry.entry, at).await {
            Ok(Some(extracted)) => self.classify_and_store(entry, source, entry.entry.url.clone(), extracted, at, log).await,
            Ok(None) => self.mark_failed(entry, reason, None, log).await,
            Err(ExtractError::Interrupted(_)) => self.interrupted(entry, log).await,
            Err(e) => self.mark_failed(entry, &e.to_string(), None, log).await,
        }
    }

    async fn classify_and_store(
        self: &Arc<Self>,
        entry: &PendingEntry,
        source: &Arc<Source>,
        url: WebUrl,
        extracted: Extracted,
        at: DateTime<Utc>,
        log: Option<FetchRecord>,
    ) -> Result<ArticleResult> {
        let (this, listed, source) = (Arc::clone(self), entry.clone(), Arc::clone(source));
        match self.cpu(move || this.prepare(&listed, &source, url, extracted, at)).await {
            Some(article) => self.store_article(article, log).await,
            None => self.mark_failed(entry, "the classifier gave up on this text", None, log).await,
        }
    }

    /// Prepares everything that the store keeps of an article: CPU work.
    pub(super) fn prepare(&self, listed: &PendingEntry, source: &Source, url: WebUrl, extracted: Extracted, fetched: DateTime<Utc>) -> NewArticle {
        for w in &extracted.warnings {
            tracing::debug!(%url, "{w}");
        }
        let mut extracted = extracted.or_listed(&listed.entry);
        let title = extracted.title.take().unwrap_or_default();
        let hints = SourceHints { column: source.column.as_deref(), industries: &source.industries };
        let (title_words, text_words) = (Segmented::new(&title), Segmented::new(&extracted.text));
        NewArticle {
            entry: listed.id,
            source: source.id.clone(),
            url,
            part: listed.is_part_of_page().then(|| listed.entry.id.clone()).flatten(),
            published_at: extracted.published_at,
            fetched,
            words: (title_words.fts_tokens(), text_words.fts_tokens()),
            classification: wanted(self.classifier.classify_segmented(&title_words, &text_words, &hints), source),
            signature: MinHashSignature::new(&dedup_text(&title, &extracted.text)),
            title,
            extracted,
        }
    }

    async fn store_article(&self, article: NewArticle, log: Option<FetchRecord>) -> Result<ArticleResult> {
        let stored = self.store.run(move |s| s.commit_article(&article, log.as_ref())).await?;
        if stored.is_some() {
            self.health.inc_articles(Utc::now());
        }
        Ok(if stored.is_some() { ArticleResult::Article } else { ArticleResult::Duplicate })
    }

    /// Postpones an entry whose parser was killed. The next crawl parses a stored page; another page is fetched again.
    async fn interrupted(&self, entry: &PendingEntry, log: Option<FetchRecord>) -> Result<ArticleResult> {
        let (id, now) = (entry.id, Utc::now());
        self.store.run(move |s| s.entry_postponed(id, now + OUTAGE_RETRY, log.as_ref(), now)).await?;
        Ok(ArticleResult::Skipped)
    }

    /// Records a failure; `due` is the time of the next attempt.
    async fn mark_failed(&self, entry: &PendingEntry, reason: &str, due: Option<DateTime<Utc>>, log: Option<FetchRecord>) -> Result<ArticleResult> {
        let (id, words, now) = (entry.id, reason.to_owned(), Utc::now());
        self.store.run(move |s| s.entry_failed(id, &words, due, log.as_ref(), now)).await?;
        let soon = due.is_some_and(|d| d - now <= QUICK_RETRY);
        Ok(ArticleResult::Failed { url: entry.entry.url.clone(), reason: reason.to_owned(), retry_soon: soon })
    }
}
