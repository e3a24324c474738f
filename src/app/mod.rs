//! The background service: crawls, drafts and mails until it is stopped.
//!
//! Crawling, drafting and mailing run beside each other. What is due is read from the clock and the store in each round; when
//! the next round comes, `alarm_clock.rs` says.

mod alarm_clock;
mod cluster_alarms;
mod inbox_loop;
mod outlet_loop;
mod recheck_loop;
mod signals;
mod supervisor;
mod training;
mod weekly_report;
mod weekly_review;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_cron_scheduler::{JobScheduler, JobSchedulerError};

use crate::config::SourceList;
use crate::config::settings::{Publication, Recipient};
use crate::crawl::{CrawlMode, NoProgress};
use crate::health::{Alarm, Component};
use crate::model::Edition;
use crate::pipeline::{ConfigHandle, Pipeline, PipelineError, columns_without_topic, recipients};
use crate::store::{Announce, Store};
use crate::web;

use alarm_clock::AlarmClock;
use signals::Signals;

/// Shortest time between two crawls, except on request: each crawl starts with the whole source list.
const CRAWL_INTERVAL: TimeDelta = TimeDelta::seconds(20);
/// How long a draft waits for the first crawl after a start.
const FIRST_CRAWL_TIMEOUT: Duration = Duration::from_mins(10);
/// How often an issue without recipients is rebuilt.
const EMPTY_ISSUE_REBUILD: TimeDelta = TimeDelta::minutes(15);
/// How long a stop waits for running work.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(8);

/// 2026-01-01: an earlier clock was never set.
const MIN_VALID_CLOCK: i64 = 1_767_225_600;

/// What can stop the service.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("the scheduler cannot be started: {0}")]
    Scheduler(#[from] JobSchedulerError),
    /// The disk refused a write.
    #[error("the disk refused to write the database; only a new start can tell what is there. Look at the kernel's log (dmesg)")]
    Disk,
    #[error("signals cannot be waited for: {0}")]
    Signal(#[from] std::io::Error),
}

/// Runs until SIGTERM or SIGINT, with the console at the address of the settings.
///
/// # Errors
/// The scheduler or the signal handlers cannot start, or the disk refuses to write.
pub async fn serve(live: Arc<ConfigHandle>, data: PathBuf) -> Result<(), ServiceError> {
    // before anybody can see the console: a SIGHUP without a handler would end the program
    let signals = Signals::install()?;
    // crawling and mailing go on without it
    let listener = web::listen(&live.pipeline().settings().console).await.unwrap_or_else(|e| {
        tracing::error!("the console cannot be served: {e}; is [console] listen taken by another program?");
        None
    });
    run(live, data, listener, signals).await
}

/// Runs until SIGTERM or SIGINT, with the console at an address that is open already.
///
/// # Errors
/// Those of [`serve`].
pub async fn serve_on(live: Arc<ConfigHandle>, data: PathBuf, listener: Option<TcpListener>) -> Result<(), ServiceError> {
    let signals = Signals::install()?;
    run(live, data, listener, signals).await
}

async fn run(live: Arc<ConfigHandle>, data: PathBuf, listener: Option<TcpListener>, mut signals: Signals) -> Result<(), ServiceError> {
    let (stop, stopped) = watch::channel(false);
    let mut scheduler = JobScheduler::new().await?;
    scheduler.start().await?;
    let bells = live.bells();
    bells.ring_all();
    supervisor::initial_check(&live).await;
    let mut loops = tokio::task::JoinSet::new();
    loops.spawn(crawl_loop(Arc::clone(&live), AlarmClock::new(&scheduler, &bells.crawl), stopped.clone()));
    loops.spawn(draft_loop(Arc::clone(&live), AlarmClock::new(&scheduler, &bells.draft), stopped.clone()));
    if let Some(listener) = listener {
        let mut told = stopped.clone();
        let console = web::serve(Arc::clone(&live), listener, async move {
            let _ = told.wait_for(|s| *s).await;
        });
        loops.spawn(console);
    }
    loops.spawn(mail_loop(Arc::clone(&live), data.join("outbox"), AlarmClock::new(&scheduler, &bells.mail), stopped.clone()));
    loops.spawn(outlet_loop::run(Arc::clone(&live), AlarmClock::new(&scheduler, &bells.outlets), stopped.clone()));
    loops.spawn(recheck_loop::run(Arc::clone(&live), stopped.clone()));
    loops.spawn(inbox_loop::run(Arc::clone(&live), stopped.clone()));
    let guard = tokio::spawn(supervisor::supervise(Arc::clone(&live), stopped));
    supervisor::notify_systemd(&[NotifyState::Ready, NotifyState::Status("started")]);
    tracing::info!(sources = live.sources().sources.len(), "service started");
    warn_of_columns(&live.pipeline()).await;
    let end = tokio::select! {
        () = signals.wait_for_stop(&live) => Ok(()),
        broken = guard => broken.unwrap_or(Ok(())),
    };
    supervisor::notify_systemd(&[NotifyState::Stopping]);
    tracing::info!("stopping: no new work, what is under way is finished or left for the next start");
    let _ = stop.send(true);
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, async { while loops.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!("some work was still under way after {SHUTDOWN_TIMEOUT:?}; it goes on at the next start");
        loops.abort_all();
    }
    live.pipeline().crawler().close().await;
    if let Err(e) = scheduler.shutdown().await {
        tracing::debug!("scheduler: {e}");
    }
    tracing::info!("stopped");
    end
}

/// Logs which columns for topics stay empty.
async fn warn_of_columns(pipeline: &Arc<Pipeline>) {
    let this = Arc::clone(pipeline);
    match pipeline.store().run(move |s| columns_without_topic(s, this.settings())).await {
        Ok(empty) => empty.iter().for_each(|sentence| tracing::warn!("{sentence}")),
        Err(e) => tracing::warn!("the topics of columns cannot be checked: {e}"),
    }
}

async fn crawl_loop(live: Arc<ConfigHandle>, mut clock: AlarmClock, mut stopped: watch::Receiver<bool>) {
    let mut pipeline = live.pipeline();
    if let Err(e) = pipeline.crawler().jitter_overdue(&live.sources()).await {
        tracing::error!("start: {e}");
    }
    let in_force = {
        let live = Arc::clone(&live);
        move || live.sources()
    };
    let mut due = None;
    while clock.wait(due, &mut stopped).await {
        let newest = live.pipeline();
        if !newest.crawler().same_fetcher(pipeline.crawler()) {
            // the new fetcher does not know when hosts were last requested
            tokio::time::sleep(pipeline.settings().fetch.host_delay).await;
            pipeline.crawler().close().await;
            newest.crawler().dispatcher().set_fetch_policy(&newest.settings().fetch);
        }
        pipeline = newest;
        pipeline.health().heartbeat(Component::Crawl);
        due = Some(Utc::now());
        if !pipeline.health().is_fetch_allowed() {
            // use the articles we already have
            pipeline.health().mark_first_crawl_done();
            continue;
        }
        // every step of a crawl is its own commit: dropping it loses nothing
        tokio::select! {
            _ = stopped.wait_for(|s| *s) => return,
            result = pipeline.crawler().run_once(&in_force, CrawlMode::DueOnly, &NoProgress) => match result {
                Ok(r) if r.sources() + r.articles + r.failed_pages + r.classified > 0 => tracing::info!(
                    changed = r.changed, unchanged = r.unchanged, failed = r.failed.len(), entries = r.new_entries,
                    articles = r.articles, lost = r.failed_pages, seconds = r.elapsed.as_secs(), "pass done"
                ),
                Ok(_) => {}
                Err(e) => tracing::error!("pass: {e}"),
            },
        }
        if !pipeline.health().first_crawl_done() {
            pipeline.health().mark_first_crawl_done();
            live.bells().draft.notify_one();
        }
        let tries = pipeline.settings().fetch.tries;
        if let Ok(next) = pipeline.store().run(move |s| s.next_due(tries)).await {
            due = next.map(|at| at.max(Utc::now() + CRAWL_INTERVAL));
        }
    }
}

async fn draft_loop(live: Arc<ConfigHandle>, mut clock: AlarmClock, mut stopped: watch::Receiver<bool>) {
    let mut due = None;
    while clock.wait(due, &mut stopped).await {
        live.pipeline().health().heartbeat(Component::Draft);
        due = make_due_drafts(&live).await;
    }
}

/// Makes the drafts that are due; returns when to come again.
async fn make_due_drafts(live: &ConfigHandle) -> Option<DateTime<Utc>> {
    let (pipeline, now) = (live.pipeline(), Utc::now());
    if now.timestamp() < MIN_VALID_CLOCK {
        tracing::error!("the clock says {now}: no issue is made until it is set");
        return None;
    }
    // a draft that is late already is not made of yesterday's news while today's comes in
    if !pipeline.health().first_crawl_done() && pipeline.health().uptime() < FIRST_CRAWL_TIMEOUT {
        return None;
    }
    // a new installation has nothing to print, and may still get its settings
    let is_new = live.sources().sources.is_empty() && pipeline.store().run(Store::article_count).await.is_ok_and(|n| n == 0);
    if is_new {
        return pipeline.settings().publications().filter_map(|p| p.calendar.next_moment(p.at, now)).min();
    }
    let mut failed = false;
    for publication in pipeline.settings().publications() {
        match draft_if_due(&pipeline, publication, &live.sources()).await {
            Ok(true) => {
                live.bells().mail.notify_one();
                live.bells().outlets.notify_one();
            }
            Ok(false) => {}
            Err(e) => {
                tracing::error!("draft of {}: {e}", publication.name);
                failed = true;
            }
        }
    }
    if failed { Some(now) } else { pipeline.settings().publications().filter_map(|p| p.calendar.next_moment(p.at, now)).min() }
}

/// Makes today's draft if it is due and has no messages yet. A draft without recipients is rebuilt every 15 minutes, because new articles
/// may have come.
async fn draft_if_due(pipeline: &Arc<Pipeline>, p: &Publication, sources: &SourceList) -> Result<bool, PipelineError> {
    let now = Utc::now();
    let Some(day) = p.calendar.due(now, p.at, p.catch_up) else { return Ok(false) };
    let name = p.name.clone();
    let store = pipeline.store();
    if let Some(id) = store.run(move |s| s.edition_of(&name, day)).await? {
        let publication = p.clone();
        let read = store.run(move |s| Ok((!s.messages_of(id)?.is_empty(), s.edition(id)?, recipients(s, &publication, false)?)));
        let (is_mailed, edition, readers) = read.await?;
        // one with a selection may get nothing of this issue
        let is_for_nobody = |e: &Edition| !readers.iter().any(Recipient::gets_all) || (e.item_count() == 0 && !p.mail_empty);
        let is_fresh = |e: &Edition| e.built_at.is_some_and(|at| (TimeDelta::zero()..EMPTY_ISSUE_REBUILD).contains(&(now - at)));
        if is_mailed || edition.is_some_and(|e| is_for_nobody(&e) && is_fresh(&e)) {
            return Ok(false);
        }
    }
    let enabled = sources.count_of(&p.sources);
    let edition = pipeline.issues().draft(p, day, enabled, Announce::Yes, now).await?;
    tracing::info!(issue = %edition.issue_label(), items = edition.item_count(), "draft made");
    Ok(true)
}

async fn mail_loop(live: Arc<ConfigHandle>, outbox: PathBuf, mut clock: AlarmClock, mut stopped: watch::Receiver<bool>) {
    let mut due = None;
    while clock.wait(due, &mut stopped).await {
        let pipeline = live.pipeline();
        pipeline.health().heartbeat(Component::Mail);
        let words = pipeline.queue_due(Utc::now()).await.err().map(|e| {
            tracing::error!("notifications: {e}");
            match e {
                PipelineError::NoPublication(name) => {
                    format!("《{name}》已定稿，邮件没有发出：设置里已经没有这个刊物，请在 qingbao.toml 里改回它的名称")
                }
                e => format!("已定稿的一期，邮件没有发出：{e}"),
            }
        });
        pipeline.health().alarm(Alarm::Letters, words);
        live.bells().outlets.notify_one();
        match pipeline.issues().send(outbox.clone(), Utc::now()).await {
            Ok(r) => {
                for sent in r.sent {
                    tracing::info!("letter sent: {sent}");
                }
                for (to, why) in r.deferred {
                    tracing::warn!("letter to {to} stays queued: {why}");
                }
                for (to, why) in r.failed {
                    tracing::error!("letter to {to} given up: {why}");
                }
            }
            Err(e) => tracing::error!("outbox: {e}"),
        }
        due = pipeline.store().run(Store::next_delivery).await.unwrap_or_else(|_| Some(Utc::now()));
    }
}
