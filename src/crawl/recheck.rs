//! Printed articles: looks at them again, compares them with what was printed, and stores what their sources changed.
//!
//! Looks use the crawl's own fetcher, so robots.txt, delays and back-offs of hosts hold for them too. They are made in this process,
//! also where workers crawl: they are few.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;

use crate::config::SourceList;
use crate::crawl::executor::{TaskReport, TaskResult};
use crate::crawl::poll_source::OUTAGE_RETRY;
use crate::crawl::reader::{Document, Reader};
use crate::crawl::{Crawler, MANUAL_SOURCE, Result};
use crate::extract::ExtractError;
use crate::fetch::{DocumentKind, FetchError, FetchResponse, Fetched, Page, Request, Validators, host_key};
use crate::model::{Extracted, Source, WebUrl};
use crate::rechecks::{Comparison, Copy, Difference, allowance, compare, leads_away, same_address, says_withdrawn};
use crate::schedule::poll_interval::to_time_delta;
use crate::store::{DueRecheck, FetchRecord, LookResult, SeenArticle};

/// Looks taken from the store at once, and hosts looked at side by side.
const BATCH: usize = 64;
const AT_ONCE: usize = 8;
/// Shortest rest of a host that asks for one.
const SHORTEST_REST: TimeDelta = TimeDelta::minutes(1);

/// What a batch of looks did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecheckSummary {
    pub looks: usize,
    /// Those of which editors are told.
    pub told: usize,
}

impl Crawler {
    /// Looks at the printed articles that are due, as many as the budget allows. Each look is a commit: a kill loses none.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn recheck_due(self: &Arc<Self>, sources: &SourceList, now: DateTime<Utc>) -> Result<RecheckSummary> {
        let (days, share) = (self.settings.crawl.recheck_days.clone(), self.settings.crawl.recheck_share);
        let mut summary = RecheckSummary::default();
        if days.is_empty() || share == 0 {
            return Ok(summary);
        }
        self.store.run(move |s| s.plan_rechecks(&days, now)).await?;
        while self.may_fetch() {
            let read = self.store.run(move |s| {
                let (ordinary, again) = s.requests_between(now - TimeDelta::days(1), now)?;
                let most = usize::try_from(allowance(ordinary, again, share)).unwrap_or(usize::MAX).min(BATCH);
                if most == 0 { Ok(Vec::new()) } else { s.due_rechecks(now, most) }
            });
            let due = read.await?;
            if due.is_empty() {
                break;
            }
            let looks = futures_util::stream::iter(due).map(|due| self.recheck(due, sources, now)).buffer_unordered(AT_ONCE);
            for told in looks.collect::<Vec<Result<bool>>>().await {
                summary.looks += 1;
                summary.told += usize::from(told?);
            }
        }
        Ok(summary)
    }

    /// Looks at one article; returns whether editors are told something.
    async fn recheck(self: &Arc<Self>, due: DueRecheck, sources: &SourceList, now: DateTime<Utc>) -> Result<bool> {
        let by_hand = due.entry.source.as_str() == MANUAL_SOURCE.0;
        let source = match sources.get(&due.entry.source).filter(|s| s.enabled) {
            Some(source) => Some(Arc::clone(source)),
            None if by_hand => {
                let plain = Source::plain(due.entry.source.clone(), MANUAL_SOURCE.1.to_owned(), due.url.clone());
                Some(Arc::new(Source { allow_private: sources.allow_private, ..plain }))
            }
            None => None,
        };
        let (result, log) = match source {
            // what admins do not want to be asked any more rests, and so does an article of the feed's text alone
            Some(source) if !due.entry.is_part_of_page() => self.look(&due, &source, now).await?,
            _ => (LookResult::Unchanged(Validators::default()), None),
        };
        let days = self.settings.crawl.recheck_days.clone();
        let article = due.article;
        let told = self.store.run(move |s| s.commit_recheck(&due, &result, &days, log.as_ref(), now)).await?;
        if told {
            tracing::info!(article = article.0, "the source changed a printed article");
        }
        Ok(told)
    }

    async fn look(self: &Arc<Self>, due: &DueRecheck, source: &Arc<Source>, now: DateTime<Utc>) -> Result<(LookResult, Option<FetchRecord>)> {
        let host = host_key(source, &due.url);
        if let Some(until) = self.store.run(move |s| s.backed_off_until(&host)).await?.filter(|until| *until > now) {
            return Ok((LookResult::Postponed(until), None));
        }
        let request = Request { url: &due.url, source, validators: &due.validators, kind: DocumentKind::Page, keep_alive: false, scope: None };
        let FetchResponse { result, stats } = self.executor.fetcher().get(&request).await;
        let mut log = FetchRecord {
            source: source.id.clone(),
            url: due.url.clone(),
            listing: false,
            code: "ok",
            outcome: "looked at again".to_owned(),
            bytes: 0,
            stats,
            conditional: !due.validators.is_empty(),
        };
        let found = match result {
            Ok(Fetched::NotModified { permanent_redirect, .. }) => {
                log.code = "not-modified";
                let moved = permanent_redirect.filter(|url| !same_address(&due.url, url));
                moved.map_or_else(|| LookResult::Unchanged(due.validators.clone()), |url| moved_to(due, url))
            }
            Ok(Fetched::Page(page)) => {
                log.bytes = page.body.len();
                self.judge(due, source, *page).await?
            }
            // only with a scope
            Ok(Fetched::CrossHostRedirect(_)) => LookResult::NoAnswer,
            Err(e) => {
                (log.code, log.outcome) = (e.code(), e.to_string());
                self.not_reached(due, source, e, &log, now).await?
            }
        };
        self.health.record_fetch(log.code, std::time::Duration::from_millis(stats.millis));
        Ok((found, Some(log)))
    }

    /// A page that says "gone" is gone; any other failure says nothing of the article.
    async fn not_reached(&self, due: &DueRecheck, source: &Arc<Source>, e: FetchError, log: &FetchRecord, now: DateTime<Utc>) -> Result<LookResult> {
        if matches!(e, FetchError::Status(404 | 410)) {
            return Ok(LookResult::Gone);
        }
        if let Some(after) = e.retry_after() {
            self.back_off_host(source, &due.url, after, &e).await?;
            return Ok(LookResult::Postponed(now + to_time_delta(after).max(SHORTEST_REST)));
        }
        let report = TaskReport { stats: log.stats, at: now, bytes: 0, page_stored: false, crash: None, result: TaskResult::Failed(e) };
        let down = self.network_down(source, &due.url, &report);
        Ok(if down { LookResult::Postponed(now + OUTAGE_RETRY) } else { LookResult::NoAnswer })
    }

    /// Compares the article of a page with what was printed.
    async fn judge(self: &Arc<Self>, due: &DueRecheck, source: &Arc<Source>, page: Page) -> Result<LookResult> {
        if leads_away(&due.url, &page.url, &source.url) {
            return Ok(LookResult::Gone);
        }
        let (reached, validators) = (page.url.clone(), page.validators.clone());
        let reader = Reader::new(self.executor.parser(), self.executor.fetcher(), Arc::clone(source));
        let extracted = match reader.article(Document::from(page.clone())).await {
            Ok(extracted) => extracted.or_listed(&due.entry.entry),
            Err(ExtractError::Interrupted(_) | ExtractError::Wall(_)) => return Ok(LookResult::NoAnswer),
            Err(_) => return Ok(no_article(&reader, page).await),
        };
        // a short notice can pass for an article
        if says_withdrawn(&extracted.text) && extracted.text.chars().count() * 3 < due.text.chars().count() {
            return Ok(LookResult::Gone);
        }
        let moved = !same_address(&due.url, &reached);
        let compared = self.compare_with_printed(due, &reader, &extracted).await;
        let seen = |mut difference: Difference| {
            difference.moved_to = moved.then(|| reached.to_string());
            let title = extracted.title.clone().unwrap_or_default();
            SeenArticle { title, text: extracted.text.clone(), url: reached.clone(), difference }
        };
        Ok(match compared {
            Comparison::Same if moved => LookResult::Changed(seen(Difference::default()), validators),
            Comparison::Same => LookResult::Unchanged(validators),
            Comparison::Changed(difference) => LookResult::Changed(seen(difference), validators),
            // the redirect leads to another article
            Comparison::Doubtful(_) if moved => LookResult::Gone,
            Comparison::Doubtful(difference) => LookResult::Doubtful(seen(difference), !extracted.confidence.is_doubtful()),
        })
    }

    /// Compares with the article as printed. What differs is compared with today's reading of the page as it was fetched first: what the
    /// program reads otherwise now is no change of the source, and neither is a page whose article came from the feed.
    async fn compare_with_printed(self: &Arc<Self>, due: &DueRecheck, reader: &Reader<'_>, now: &Extracted) -> Comparison {
        let printed = Extracted { title: Some(due.title.clone()), text: due.text.clone(), ..Extracted::default() };
        let compared = self.compare_on_thread(printed, now).await;
        if compared == Comparison::Same || !due.is_first {
            return compared;
        }
        let id = due.entry.id;
        let Ok(Some(page)) = self.store.run(move |s| s.page(id)).await else { return compared };
        match reader.article(page.into()).await {
            Ok(first) => self.compare_on_thread(first.or_listed(&due.entry.entry), now).await,
            Err(_) => compared,
        }
    }

    async fn compare_on_thread(&self, printed: Extracted, now: &Extracted) -> Comparison {
        let now = now.clone();
        let compared = self.cpu(move || {
            let copy = |e: &Extracted| (e.title.clone().unwrap_or_default(), e.confidence.body);
            let ((old_title, _), (title, confidence)) = (copy(&printed), copy(&now));
            let printed = Copy { title: &old_title, text: &printed.text, confidence: None };
            compare(&printed, &Copy { title: &title, text: &now.text, confidence })
        });
        // a text that cannot be compared is not reported as changed
        compared.await.unwrap_or(Comparison::Same)
    }
}

/// The same text at another address.
fn moved_to(due: &DueRecheck, url: WebUrl) -> LookResult {
    let difference = Difference { moved_to: Some(url.to_string()), ..Difference::default() };
    LookResult::Changed(SeenArticle { title: due.title.clone(), text: due.text.clone(), url, difference }, due.validators.clone())
}

/// A page without an article: one that says that it was withdrawn, or one that says nothing.
async fn no_article(reader: &Reader<'_>, page: Page) -> LookResult {
    match reader.watched(page).await {
        Ok(page) => {
            let text: Vec<&str> = page.blocks.iter().map(|b| b.text.as_str()).collect();
            if says_withdrawn(&text.join("\n")) { LookResult::Gone } else { LookResult::NoAnswer }
        }
        Err(_) => LookResult::NoAnswer,
    }
}
