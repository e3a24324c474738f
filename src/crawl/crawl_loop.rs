//! The crawl: refills the frontier from the store, starts due jobs, and stores results.
//!
//! Polls and pages run side by side, one at a time per host; a slow host delays only itself. Every job commits by itself, so the
//! crawl can be dropped at any moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;

use crate::config::SourceList;
use crate::crawl::dispatch::Completion;
use crate::crawl::executor::TaskResult;
use crate::crawl::fetch_article::{ArticleResult, ArticleStep};
use crate::crawl::poll_source::PollResult;
use crate::crawl::window::{FrontierWindow, Job, MAX_PER_HOST, MAX_QUEUED, ReadyJob};
use crate::crawl::{CrawlSummary, Crawler, Progress, Result};
use crate::fetch::{MAX_HOST_WAIT, Redirect, host_key};
use crate::health::Component;
use crate::model::{SourceId, WebUrl};

/// Hosts read from the store per refill.
const HOSTS_PER_REFILL: usize = 256;
/// Refill below this many jobs, but at most every [`MIN_REFILL_INTERVAL`].
const REFILL_THRESHOLD: usize = 192;
const MIN_REFILL_INTERVAL: Duration = Duration::from_millis(40);
/// The crawl counts as stuck if tasks run and none completes for this long. The only one may be an article of twelve pages on a
/// site that asks for half a minute between two.
const STALL_TIMEOUT: Duration = Duration::from_mins(15);

/// When a crawl ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrawlMode {
    /// Until nothing is due now or within moments: one pass.
    Once,
    /// Until nothing is due; the service runs the next crawl.
    DueOnly,
}

/// Returns the current source list, which may change during a crawl.
pub type SourcesFn<'a> = &'a (dyn Fn() -> Arc<SourceList> + Send + Sync);

enum JobResult {
    Polled(SourceId, PollResult),
    Article(ArticleResult),
    /// The response redirected to another host, so the job moves to that host's queue.
    Redirected(String, Vec<Redirect>),
    /// Another crawl still owns this host, or the host asked for a long back-off.
    HostBusy,
}

struct Crawl<'a> {
    crawler: &'a Arc<Crawler>,
    sources: SourcesFn<'a>,
    list: Arc<SourceList>,
    window: FrontierWindow,
    tasks: JoinSet<(Option<ReadyJob>, Result<JobResult>)>,
    /// Redirects followed so far by jobs that moved to another host.
    pending_redirects: HashMap<Job, Vec<Redirect>>,
    /// The last host read from the store.
    host_cursor: String,
    last_refill: Option<Instant>,
    last_completion: Instant,
    has_new_results: bool,
}

impl Crawler {
    pub async fn crawl(self: &Arc<Self>, sources: SourcesFn<'_>, reach: CrawlMode, progress: &dyn Progress, report: &mut CrawlSummary) -> Result<()> {
        let list = sources();
        let known = Arc::clone(&list);
        self.store.run(move |s| s.sync_sources(&known.sources)).await?;
        if reach == CrawlMode::Once {
            self.store.run(|s| s.mark_all_due(Utc::now())).await?;
        }
        progress.stage("unfinished pages", 0);
        self.resume_fetched(&list, |got| report_article(got, progress, report)).await?;
        progress.stage("sources and pages", 0);
        let mut crawl = Crawl {
            crawler: self,
            sources,
            list,
            window: FrontierWindow::default(),
            tasks: JoinSet::new(),
            pending_redirects: HashMap::new(),
            host_cursor: String::new(),
            last_refill: None,
            last_completion: Instant::now(),
            has_new_results: true,
        };
        crawl.run(reach, progress, report).await?;
        report.host_backoffs = self.store.run(|s| s.host_backoffs(Utc::now())).await?;
        Ok(())
    }
}

impl Crawl<'_> {
    async fn run(&mut self, reach: CrawlMode, progress: &dyn Progress, report: &mut CrawlSummary) -> Result<()> {
        let dispatcher = Arc::clone(&self.crawler.dispatcher);
        let at_once = dispatcher.concurrency();
        loop {
            // start no new jobs when the disk is full or the settings were replaced; let running jobs finish
            let may = self.crawler.may_fetch();
            if !may && self.tasks.is_empty() {
                return Ok(());
            }
            if may && self.needs_refill() {
                self.refill(progress).await?;
            }
            while may
                && self.tasks.len() < at_once
                && let Some(ready) = self.window.pop(Instant::now())
            {
                self.start(ready);
            }
            if self.tasks.is_empty() && self.window.pending() == 0 && !self.has_new_results {
                match self.wait_for_next_due(reach).await? {
                    Some(wait) => {
                        tokio::time::sleep(wait).await;
                        self.has_new_results = true;
                    }
                    None => return Ok(()),
                }
                continue;
            }
            // every task has a time limit: if none completes for this long, something is stuck
            if self.tasks.is_empty() || self.last_completion.elapsed() < STALL_TIMEOUT || dispatcher.is_remote() {
                self.crawler.health.heartbeat(Component::Crawl);
            }
            let wake = self.next_wakeup();
            tokio::select! {
                Some(done) = self.tasks.join_next() => self.handle_completion(done, progress, report)?,
                back = dispatcher.next_orphaned() => self.adopt_orphan(back),
                () = tokio::time::sleep(wake) => {}
            }
        }
    }

    /// Returns how long nothing can happen unless a task completes.
    fn next_wakeup(&self) -> Duration {
        let until_ready = self.window.next_ready_at().map_or(MAX_HOST_WAIT, |at| at.saturating_duration_since(Instant::now()));
        let room = self.tasks.len() < self.crawler.dispatcher.concurrency();
        let until_ready = if room { until_ready } else { MAX_HOST_WAIT };
        let fill = if self.has_new_results && self.window.pending() < REFILL_THRESHOLD { MIN_REFILL_INTERVAL } else { Duration::from_secs(1) };
        until_ready.max(Duration::from_millis(1)).min(fill)
    }

    fn needs_refill(&self) -> bool {
        let rested = |pace| self.last_refill.is_none_or(|at| at.elapsed() >= pace);
        self.window.pending() < REFILL_THRESHOLD && (self.has_new_results && rested(MIN_REFILL_INTERVAL) || rested(Duration::from_secs(5)))
    }

    /// Reads work from the store: due polls, then pages, host by host from where the last refill stopped.
    async fn refill(&mut self, progress: &dyn Progress) -> Result<()> {
        let list = (self.sources)();
        if !Arc::ptr_eq(&list, &self.list) {
            let known = Arc::clone(&list);
            self.crawler.store.run(move |s| s.sync_sources(&known.sources)).await?;
            self.list = list;
        }
        let now = Utc::now();
        let mut added = 0;
        for (id, host_key) in self.crawler.store.run(move |s| s.due_polls(now, MAX_PER_HOST, MAX_QUEUED)).await? {
            added += usize::from(self.offer(&host_key, Job::Poll(id)));
        }
        added += self.refill_articles(now).await?;
        self.last_refill = Some(Instant::now());
        self.has_new_results = added > 0;
        progress.expect(added);
        Ok(())
    }

    async fn refill_articles(&mut self, now: DateTime<Utc>) -> Result<usize> {
        let (store, tries) = (&self.crawler.store, self.crawler.settings.fetch.tries);
        let behind = std::mem::take(&mut self.host_cursor);
        let hosts = store.run(move |s| s.hosts_with_pending_entries(&behind, HOSTS_PER_REFILL)).await?;
        // that was the last host: the next refill starts at the first
        if hosts.len() == HOSTS_PER_REFILL {
            self.host_cursor = hosts.last().cloned().unwrap_or_default();
        }
        let wanted: Vec<(String, usize)> =
            hosts.into_iter().map(|l| (self.window.room(&l), l)).filter(|(n, _)| *n > 0).map(|(n, l)| (l, n)).collect();
        // the store may return ids we already hold, so ask for twice as many
        let most = MAX_PER_HOST * 2;
        let found = store.run(move |s| {
            wanted
                .into_iter()
                .map(|(host_key, _)| Ok((s.due_entries(&host_key, now, tries, most)?, host_key)))
                .collect::<crate::store::Result<Vec<_>>>()
        });
        let mut added = 0;
        for (ids, host_key) in found.await? {
            added += ids.into_iter().filter(|id| self.offer(&host_key, Job::Fetch(*id))).count();
        }
        Ok(added)
    }

    fn offer(&mut self, host_key: &str, job: Job) -> bool {
        let free = self.crawler.dispatcher.delay_until_free(host_key);
        self.window.push(host_key, job, Instant::now() + free)
    }

    fn start(&mut self, ready: ReadyJob) {
        let (crawler, list) = (Arc::clone(self.crawler), Arc::clone(&self.list));
        // many hosts with one job each must not keep as many connections open
        let keep = ready.more || self.window.ready_hosts() < self.crawler.dispatcher.concurrency();
        let redirects = self.pending_redirects.remove(&ready.job).unwrap_or_default();
        self.tasks.spawn(async move {
            let done = crawler.run_job(&ready.job, &list, keep, redirects).await;
            (Some(ready), done)
        });
    }

    /// Applies the result of a task that an earlier crawl dispatched.
    fn adopt_orphan(&mut self, back: Completion) {
        let (crawler, list) = (Arc::clone(self.crawler), Arc::clone(&self.list));
        self.tasks.spawn(async move { (None, crawler.apply(back, &list).await) });
    }

    fn handle_completion(
        &mut self,
        done: std::result::Result<(Option<ReadyJob>, Result<JobResult>), tokio::task::JoinError>,
        progress: &dyn Progress,
        report: &mut CrawlSummary,
    ) -> Result<()> {
        // a job always returns a result, because the stages catch their panics
        let Ok((ready, done)) = done else { return Err(crate::crawl::CrawlError::Task) };
        self.has_new_results = true;
        self.last_completion = Instant::now();
        if let Some(ready) = &ready {
            self.release_host(ready);
        }
        progress.advance(1);
        match done? {
            JobResult::Polled(id, look) => report_poll(&id, look, progress, report),
            JobResult::Article(got) => report_article(got, progress, report),
            JobResult::Redirected(host_key, redirects) => {
                if let Some(ready) = ready
                    && self.offer(&host_key, ready.job.clone())
                {
                    self.pending_redirects.insert(ready.job, redirects);
                    progress.expect(1);
                }
            }
            JobResult::HostBusy => {}
        }
        Ok(())
    }

    /// Makes a host available again after its delay.
    fn release_host(&mut self, ready: &ReadyJob) {
        let free = self.crawler.dispatcher.delay_until_free(&ready.host_key);
        if free > MAX_HOST_WAIT.max(self.crawler.settings.fetch.host_delay * 2) {
            for job in self.window.clear(&ready.host_key) {
                self.pending_redirects.remove(&job);
            }
        }
        self.window.done(&ready.host_key, &ready.job, Instant::now() + free);
    }

    /// Returns how long to wait for jobs that are due soon; `None` if the crawl is over.
    async fn wait_for_next_due(&self, reach: CrawlMode) -> Result<Option<Duration>> {
        if reach == CrawlMode::DueOnly {
            return Ok(None);
        }
        let tries = self.crawler.settings.fetch.tries;
        let next = self.crawler.store.run(move |s| s.next_due(tries)).await?;
        // the store counts in seconds
        let wait = next.map(|at| (at - Utc::now()).to_std().unwrap_or_default() + Duration::from_millis(50));
        Ok(wait.filter(|w| *w <= MAX_HOST_WAIT + Duration::from_secs(2)))
    }
}

impl Crawler {
    /// Runs one job: dispatches its task and applies the result.
    async fn run_job(self: &Arc<Self>, job: &Job, list: &SourceList, keep: bool, redirects: Vec<Redirect>) -> Result<JobResult> {
        let task = match job {
            Job::Poll(id) => match list.get(id) {
                Some(source) if source.mailbox.is_some() => return Ok(JobResult::Polled(id.clone(), self.poll_mailbox(source).await?)),
                Some(source) => self.poll_task(source, keep, redirects).await?,
                None => return Ok(JobResult::Article(ArticleResult::Skipped)),
            },
            Job::Fetch(id) => match self.article_task(*id, list, keep, redirects).await? {
                ArticleStep::Fetch(task) => task,
                ArticleStep::Done(result) => return Ok(JobResult::Article(result)),
            },
        };
        match self.dispatcher.dispatch(task).await? {
            Some(back) => self.apply(back, list).await,
            None => Ok(JobResult::HostBusy),
        }
    }

    /// Applies the result of a task, then acknowledges it.
    async fn apply(self: &Arc<Self>, back: Completion, list: &SourceList) -> Result<JobResult> {
        let Completion { meta: about, report, ack: receipt } = back;
        let done = match (list.get(&about.source), about.entry) {
            (None, _) => JobResult::Article(ArticleResult::Skipped),
            (Some(source), _) if let TaskResult::Redirected(redirects) = &report.result => {
                let onward = redirects.last().map_or(&about.url, |h| &h.to);
                JobResult::Redirected(host_key(source, onward), redirects.clone())
            }
            (Some(source), None) => JobResult::Polled(source.id.clone(), self.apply_poll(source, &about, report).await?),
            (Some(source), Some(id)) => JobResult::Article(self.apply_article(id, source, &about, report).await?),
        };
        receipt.ack().await;
        Ok(done)
    }
}

fn report_poll(id: &SourceId, look: PollResult, progress: &dyn Progress, report: &mut CrawlSummary) {
    match look {
        PollResult::Unchanged => {
            report.failed.remove(id.as_str());
            report.unchanged += 1;
        }
        PollResult::New(n, warnings) => {
            for warning in warnings {
                progress.notice(&format!("source {id}: {warning}"));
            }
            report.failed.remove(id.as_str());
            report.changed += 1;
            report.new_entries += n;
        }
        PollResult::Failed { reason, retry_soon: soon } => {
            if !soon {
                progress.notice(&format!("source {id}: {}", reason.english));
            }
            report.failed.insert(id.to_string(), reason);
        }
    }
}

fn report_article(got: ArticleResult, progress: &dyn Progress, report: &mut CrawlSummary) {
    match got {
        ArticleResult::Article => report.articles += 1,
        ArticleResult::Duplicate => report.duplicates += 1,
        ArticleResult::Failed { retry_soon: true, .. } | ArticleResult::Skipped => {}
        ArticleResult::Failed { url, reason, retry_soon: false } => {
            progress.notice(&format!("page {url}: {reason}"));
            report.record_failure(url, reason);
        }
    }
}

/// Failed pages listed in a report.
const MAX_REPORTED_FAILURES: usize = 100;

impl CrawlSummary {
    fn record_failure(&mut self, url: WebUrl, reason: String) {
        self.failed_pages += 1;
        if self.failures.len() < MAX_REPORTED_FAILURES {
            self.failures.push((url, reason));
        }
    }
}
