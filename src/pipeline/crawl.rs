//! The crawl: keeps the frontier filled from the store, starts what is due, and takes in what comes back.
//!
//! Looks and pages run side by side, each lane one at a time; a slow host holds its own lane and nothing else. Every
//! job commits by itself, so the crawl may be dropped at any moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;

use super::look::PollResult;
use super::pages::ArticleResult;
use super::{CrawlSummary, Pipeline, Progress, Result};
use crate::config::SourceList;
use crate::engine::Completion;
use crate::fetch::{MAX_HOST_WAIT, Redirect, host_key};
use crate::model::{SourceId, WebUrl};
use crate::schedule::frontier::{FrontierWindow, Job, ReadyJob};
use crate::vitals::Organ;
use crate::work::TaskResult;

/// Lanes taken from the store at a time.
const LANES: usize = 256;
/// The frontier is filled again below this many jobs, and not more often than every [`PACE`].
const LOW: usize = 192;
const PACE: Duration = Duration::from_millis(40);
/// Longest time in which no task comes back although some run: an article of twelve pages on a site that asks for half a minute
/// between two may be the only one.
const STUCK: Duration = Duration::from_mins(15);

/// How far a crawl goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrawlMode {
    /// Until nothing is due and nothing will be within moments: one pass.
    Once,
    /// Until nothing is due: the service comes again.
    DueOnly,
}

/// Gives the source list in force, again and again: it may change while a crawl runs.
pub type SourcesFn<'a> = &'a (dyn Fn() -> Arc<SourceList> + Send + Sync);

enum JobResult {
    Polled(SourceId, PollResult),
    Article(ArticleResult),
    /// The way leads on in another lane.
    Redirected(String, Vec<Redirect>),
    /// The lane is held by a task of a crawl before this one, or is to rest for long.
    HostBusy,
}

struct Crawl<'a> {
    pipeline: &'a Arc<Pipeline>,
    sources: SourcesFn<'a>,
    list: Arc<SourceList>,
    frontier: FrontierWindow,
    tasks: JoinSet<(Option<ReadyJob>, Result<JobResult>)>,
    /// Redirects followed so far by jobs that go on in another lane.
    ways: HashMap<Job, Vec<Redirect>>,
    /// The last lane whose pages were taken from the store.
    cursor: String,
    filled: Option<Instant>,
    /// When something came back last.
    came_back: Instant,
    /// Something came back since the frontier was filled last.
    stirred: bool,
}

impl Pipeline {
    /// Crawls what is due.
    pub async fn crawl(self: &Arc<Self>, sources: SourcesFn<'_>, reach: CrawlMode, progress: &dyn Progress, report: &mut CrawlSummary) -> Result<()> {
        let list = sources();
        let known = Arc::clone(&list);
        self.store.run(move |s| s.sync_sources(&known.sources)).await?;
        if reach == CrawlMode::Once {
            self.store.run(|s| s.all_due(Utc::now())).await?;
        }
        progress.stage("unfinished pages", 0);
        self.finish_fetched(&list, |got| take_page(got, progress, report)).await?;
        progress.stage("sources and pages", 0);
        let mut crawl = Crawl {
            pipeline: self,
            sources,
            list,
            frontier: FrontierWindow::default(),
            tasks: JoinSet::new(),
            ways: HashMap::new(),
            cursor: String::new(),
            filled: None,
            came_back: Instant::now(),
            stirred: true,
        };
        crawl.run(reach, progress, report).await?;
        report.waiting = self.store.run(|s| s.pauses(Utc::now())).await?;
        Ok(())
    }
}

impl Crawl<'_> {
    async fn run(&mut self, reach: CrawlMode, progress: &dyn Progress, report: &mut CrawlSummary) -> Result<()> {
        let engine = Arc::clone(&self.pipeline.engine);
        let at_once = engine.at_once();
        loop {
            // without room on the disk, or by settings of yesterday, nothing new is begun, and what is under way ends
            let may = self.pipeline.may_fetch();
            if !may && self.tasks.is_empty() {
                return Ok(());
            }
            if may && self.wants_filling() {
                self.fill(progress).await?;
            }
            while may
                && self.tasks.len() < at_once
                && let Some(ready) = self.frontier.take(Instant::now())
            {
                self.start(ready);
            }
            if self.tasks.is_empty() && self.frontier.waiting() == 0 && !self.stirred {
                match self.later(reach).await? {
                    Some(wait) => {
                        tokio::time::sleep(wait).await;
                        self.stirred = true;
                    }
                    None => return Ok(()),
                }
                continue;
            }
            // tasks bound their own time: where none comes back for so long, something is stuck
            if self.tasks.is_empty() || self.came_back.elapsed() < STUCK || engine.is_remote() {
                self.pipeline.vitals.beat(Organ::Crawl);
            }
            let wake = self.wake();
            tokio::select! {
                Some(done) = self.tasks.join_next() => self.take_in(done, progress, report)?,
                back = engine.stray() => self.take_stray(back),
                () = tokio::time::sleep(wake) => {}
            }
        }
    }

    /// How long nothing can happen unless a task comes back.
    fn wake(&self) -> Duration {
        let lane = self.frontier.next_at().map_or(MAX_HOST_WAIT, |at| at.saturating_duration_since(Instant::now()));
        let room = self.tasks.len() < self.pipeline.engine.at_once();
        let lane = if room { lane } else { MAX_HOST_WAIT };
        let fill = if self.stirred && self.frontier.waiting() < LOW { PACE } else { Duration::from_secs(1) };
        lane.max(Duration::from_millis(1)).min(fill)
    }

    fn wants_filling(&self) -> bool {
        let rested = |pace| self.filled.is_none_or(|at| at.elapsed() >= pace);
        self.frontier.waiting() < LOW && (self.stirred && rested(PACE) || rested(Duration::from_secs(5)))
    }

    /// Takes work from the store: looks that are due, then pages, lane by lane from where it stopped last time.
    async fn fill(&mut self, progress: &dyn Progress) -> Result<()> {
        let list = (self.sources)();
        if !Arc::ptr_eq(&list, &self.list) {
            let known = Arc::clone(&list);
            self.pipeline.store.run(move |s| s.sync_sources(&known.sources)).await?;
            self.list = list;
        }
        let now = Utc::now();
        let mut added = 0;
        for (id, lane) in self.pipeline.store.run(move |s| s.due_looks(now)).await? {
            added += usize::from(self.offer(&lane, Job::Poll(id)));
        }
        added += self.fill_pages(now).await?;
        self.filled = Some(Instant::now());
        self.stirred = added > 0;
        progress.expect(added);
        Ok(())
    }

    async fn fill_pages(&mut self, now: DateTime<Utc>) -> Result<usize> {
        let (store, tries) = (&self.pipeline.store, self.pipeline.settings.fetch.tries);
        let behind = std::mem::take(&mut self.cursor);
        let lanes = store.run(move |s| s.page_lanes(&behind, LANES)).await?;
        // the end is reached: the next filling begins anew
        if lanes.len() == LANES {
            self.cursor = lanes.last().cloned().unwrap_or_default();
        }
        let wanted: Vec<(String, usize)> =
            lanes.into_iter().map(|l| (self.frontier.room(&l), l)).filter(|(n, _)| *n > 0).map(|(n, l)| (l, n)).collect();
        // ids that wait here already are among what the store gives, so it is asked for as many more
        let most = crate::schedule::frontier::PER_LANE * 2;
        let found = store.run(move |s| {
            wanted.into_iter().map(|(lane, _)| Ok((s.due_pages(&lane, now, tries, most)?, lane))).collect::<crate::store::Result<Vec<_>>>()
        });
        let mut added = 0;
        for (ids, lane) in found.await? {
            added += ids.into_iter().filter(|id| self.offer(&lane, Job::Fetch(*id))).count();
        }
        Ok(added)
    }

    fn offer(&mut self, lane: &str, job: Job) -> bool {
        let free = self.pipeline.engine.free_in(lane);
        self.frontier.offer(lane, job, Instant::now() + free)
    }

    fn start(&mut self, ready: ReadyJob) {
        let (pipeline, list) = (Arc::clone(self.pipeline), Arc::clone(&self.list));
        // many hosts of which each has one thing to ask must not leave as many connections open
        let keep = ready.more || self.frontier.lined_up() < self.pipeline.engine.at_once();
        let hops = self.ways.remove(&ready.job).unwrap_or_default();
        self.tasks.spawn(async move {
            let done = pipeline.attempt(&ready.job, &list, keep, hops).await;
            (Some(ready), done)
        });
    }

    /// What a crawl before this one had given out.
    fn take_stray(&mut self, back: Completion) {
        let (pipeline, list) = (Arc::clone(self.pipeline), Arc::clone(&self.list));
        self.tasks.spawn(async move { (None, pipeline.take(back, &list).await) });
    }

    fn take_in(
        &mut self,
        done: std::result::Result<(Option<ReadyJob>, Result<JobResult>), tokio::task::JoinError>,
        progress: &dyn Progress,
        report: &mut CrawlSummary,
    ) -> Result<()> {
        // a task ends only by coming back: panics of the stages are caught where they may happen
        let Ok((ready, done)) = done else { return Err(super::PipelineError::Task) };
        self.stirred = true;
        self.came_back = Instant::now();
        if let Some(ready) = &ready {
            self.free(ready);
        }
        progress.advance(1);
        match done? {
            JobResult::Polled(id, look) => take_look(&id, look, progress, report),
            JobResult::Article(got) => take_page(got, progress, report),
            JobResult::Redirected(lane, hops) => {
                if let Some(ready) = ready
                    && self.offer(&lane, ready.job.clone())
                {
                    self.ways.insert(ready.job, hops);
                    progress.expect(1);
                }
            }
            JobResult::HostBusy => {}
        }
        Ok(())
    }

    /// A lane may be asked again, after its pause.
    fn free(&mut self, ready: &ReadyJob) {
        let free = self.pipeline.engine.free_in(&ready.lane);
        if free > MAX_HOST_WAIT.max(self.pipeline.settings.fetch.host_delay * 2) {
            for job in self.frontier.clear(&ready.lane) {
                self.ways.remove(&job);
            }
        }
        self.frontier.done(&ready.lane, &ready.job, Instant::now() + free);
    }

    /// How long to wait for what is due soon; nothing where the crawl is at its end.
    async fn later(&self, reach: CrawlMode) -> Result<Option<Duration>> {
        if reach == CrawlMode::DueOnly {
            return Ok(None);
        }
        let tries = self.pipeline.settings.fetch.tries;
        let next = self.pipeline.store.run(move |s| s.next_due(tries)).await?;
        // seconds are what the store counts in
        let wait = next.map(|at| (at - Utc::now()).to_std().unwrap_or_default() + Duration::from_millis(50));
        Ok(wait.filter(|w| *w <= MAX_HOST_WAIT + Duration::from_secs(2)))
    }
}

impl Pipeline {
    /// One visit: has it made, and takes in what came.
    async fn attempt(self: &Arc<Self>, job: &Job, list: &SourceList, keep: bool, hops: Vec<Redirect>) -> Result<JobResult> {
        let task = match job {
            Job::Poll(id) => match list.get(id) {
                Some(source) => Some(self.look_task(source, keep, hops).await?),
                None => None,
            },
            Job::Fetch(id) => self.page_task(*id, list, keep, hops).await?,
        };
        let Some(task) = task else { return Ok(JobResult::Article(ArticleResult::Skipped)) };
        match self.engine.work(task).await? {
            Some(back) => self.take(back, list).await,
            None => Ok(JobResult::HostBusy),
        }
    }

    /// Takes in what came of a task; its receipt is settled once that is in the store.
    async fn take(self: &Arc<Self>, back: Completion, list: &SourceList) -> Result<JobResult> {
        let Completion { about, outcome, receipt } = back;
        let done = match (list.get(&about.source), about.entry) {
            (None, _) => JobResult::Article(ArticleResult::Skipped),
            (Some(source), _) if let TaskResult::Redirected(hops) = &outcome.came => {
                let onward = hops.last().map_or(&about.url, |h| &h.to);
                JobResult::Redirected(host_key(source, onward), hops.clone())
            }
            (Some(source), None) => JobResult::Polled(source.id.clone(), self.take_look(source, &about, outcome).await?),
            (Some(source), Some(id)) => JobResult::Article(self.take_page(id, source, &about, outcome).await?),
        };
        receipt.settle().await;
        Ok(done)
    }
}

fn take_look(id: &SourceId, look: PollResult, progress: &dyn Progress, report: &mut CrawlSummary) {
    match look {
        PollResult::Unchanged => {
            report.failed.remove(id.as_str());
            report.unchanged += 1;
        }
        PollResult::New(n) => {
            report.failed.remove(id.as_str());
            report.changed += 1;
            report.new_entries += n;
        }
        PollResult::Failed { reason, soon } => {
            if !soon {
                progress.notice(&format!("source {id}: {reason}"));
            }
            report.failed.insert(id.to_string(), reason);
        }
    }
}

fn take_page(got: ArticleResult, progress: &dyn Progress, report: &mut CrawlSummary) {
    match got {
        ArticleResult::Article => report.articles += 1,
        ArticleResult::Duplicate => report.duplicates += 1,
        ArticleResult::Failed { soon: true, .. } | ArticleResult::Skipped => {}
        ArticleResult::Failed { url, reason, soon: false } => {
            progress.notice(&format!("page {url}: {reason}"));
            report.lost(url, reason);
        }
    }
}

/// Pages named in a report.
const NAMED: usize = 100;

impl CrawlSummary {
    fn lost(&mut self, url: WebUrl, reason: String) {
        self.lost_count += 1;
        if self.lost.len() < NAMED {
            self.lost.push((url, reason));
        }
    }
}
