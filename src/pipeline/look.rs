//! First stage: look at each source for new entries.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;

use super::{PassReport, Pipeline, Progress, Result, bounded};
use crate::discover::{self, Discovered};
use crate::fetch::{FetchError, Fetched, Page, Request};
use crate::model::{Source, WebUrl};
use crate::store::FetchRecord;
use crate::text::dates::Clock;

/// Failures double the interval up to this.
const MAX_BACK_OFF: Duration = Duration::from_hours(24);

/// What came of looking at one source.
enum Look {
    Unchanged,
    New(usize),
    /// Reason, and whether trying again at once makes sense.
    Failed(String, bool),
}

impl Pipeline {
    /// Looks at sources; those that only asked for a moment's patience are asked once more at the end.
    pub(super) async fn look_at(self: &Arc<Self>, sources: Vec<Source>, progress: &dyn Progress, report: &mut PassReport) -> Result<()> {
        progress.stage("sources", sources.len());
        let mut round = sources;
        for last in [false, true] {
            let mut again = Vec::new();
            let start = |s: Source| {
                let this = Arc::clone(self);
                async move { this.look(&s).await.map(|l| (s, l)) }
            };
            bounded(round, self.settings.fetch.at_once, start, |(source, look)| match look {
                Look::Failed(_, true) if !last => again.push(source),
                Look::Failed(reason, _) => {
                    progress.advance(1);
                    progress.notice(&format!("source {}: {reason}", source.id));
                    report.failed.push((source.id.to_string(), reason));
                }
                Look::Unchanged => {
                    progress.advance(1);
                    report.unchanged += 1;
                }
                Look::New(n) => {
                    progress.advance(1);
                    report.changed += 1;
                    report.new_entries += n;
                }
            })
            .await?;
            if again.is_empty() {
                break;
            }
            round = again;
        }
        report.failed.sort();
        Ok(())
    }

    async fn look(self: &Arc<Self>, source: &Source) -> Result<Look> {
        let id = source.id.clone();
        let state = self.store.run(move |s| s.source_state(&id)).await?;
        if source.render {
            return self
                .fail(
                    source,
                    state.failures,
                    "render = true needs a headless browser, which this version does not drive yet",
                    "需要浏览器渲染，暂不支持",
                    false,
                )
                .await;
        }
        let request = Request { url: &source.url, source, validators: &state.validators, max_bytes: self.settings.fetch.max_feed_bytes };
        let fetched = self.fetch_logged(&request).await?;
        match fetched {
            Ok(Fetched::NotModified) => {
                let (id, now) = (source.id.clone(), Utc::now());
                let due = now.timestamp() + seconds(source.interval);
                self.store.run(move |s| s.source_unchanged(&id, now, due)).await?;
                Ok(Look::Unchanged)
            }
            Ok(Fetched::Page(page)) => self.take_entries(source, *page, state.failures).await,
            Err(e) => {
                let again = !e.is_long_wait() && matches!(e, FetchError::Busy { .. } | FetchError::Incomplete(_) | FetchError::RedirectLoop(_));
                self.fail(source, state.failures, &e.to_string(), &e.chinese(), again).await
            }
        }
    }

    async fn take_entries(self: &Arc<Self>, source: &Source, page: Page, failures: u32) -> Result<Look> {
        let (now, source_then) = (Utc::now(), source.clone());
        let clock = Clock::new(source.timezone, now);
        // parsing is CPU work, and no document may take the crawl with it
        let parsed = tokio::task::spawn_blocking(move || {
            let found = discover::discover(&page.body, page.content_type.as_deref(), &page.url, &source_then, &clock);
            (page, found)
        })
        .await;
        let (page, found): (Page, Discovered) = match parsed {
            Ok((page, Ok(found))) => (page, found),
            Ok((_, Err(e))) => return self.fail(source, failures, &e.to_string(), &e.chinese(), false).await,
            Err(_) => return self.fail(source, failures, "the parser gave up on this document", "内容无法解析", false).await,
        };
        for note in &found.notes {
            tracing::debug!(source = %source.id, "repaired: {note}");
        }
        let (source, max, due) = (source.clone(), self.settings.fetch.max_entries, now.timestamp() + seconds(source.interval));
        let new = self.store.run(move |s| s.commit_entries(&source, &found, &page, max, now, due)).await?;
        Ok(Look::New(new))
    }

    async fn fail(&self, source: &Source, failures: u32, reason: &str, chinese: &str, again: bool) -> Result<Look> {
        let back_off = source.interval.saturating_mul(1 << failures.min(10)).min(MAX_BACK_OFF.max(source.interval));
        let (id, now) = (source.id.clone(), Utc::now());
        let (reason_then, chinese) = (reason.to_owned(), chinese.to_owned());
        let due = now.timestamp() + seconds(back_off);
        self.store.run(move |s| s.source_failed(&id, &reason_then, &chinese, now, due)).await?;
        Ok(Look::Failed(reason.to_owned(), again))
    }

    /// Asks, and writes the answer into the fetch log.
    pub(super) async fn fetch_logged(&self, request: &Request<'_>) -> Result<std::result::Result<Fetched, FetchError>> {
        let started = Instant::now();
        let result = self.fetcher.get(request).await;
        let (outcome, bytes) = match &result {
            Ok(Fetched::NotModified) => ("not modified".to_owned(), 0),
            Ok(Fetched::Page(p)) => ("ok".to_owned(), p.body.len()),
            Err(e) => (e.to_string(), 0),
        };
        let url: WebUrl = request.url.clone();
        tracing::debug!(source = %request.source.id, %url, %outcome, bytes, "fetched");
        let record = FetchRecord {
            source: request.source.id.clone(),
            url,
            outcome,
            bytes,
            millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            conditional: !request.validators.is_empty(),
        };
        self.store.run(move |s| s.log_fetch(&record, Utc::now())).await?;
        Ok(result)
    }
}

fn seconds(d: Duration) -> i64 {
    i64::try_from(d.as_secs()).unwrap_or(i64::MAX / 2)
}
