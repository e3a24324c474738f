//! The background service: crawls, drafts and mails until it is told to stop.
//!
//! The scheduler crate only wakes the loops; what is due is read from the clock and the store each time, so a tick that
//! comes twice, late or not at all does no harm. Crawling, drafting and mailing run beside each other.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use chrono::Utc;
use tokio::sync::{Notify, watch};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::config::settings::Publication;
use crate::config::sources::Vocabulary;
use crate::config::{ConfigError, SourceList};
use crate::console;
use crate::pipeline::{Pipeline, PipelineError, Reach, Silent};

/// Every twenty seconds, in UTC: zones and work days are judged by ourselves.
const WAKE: &str = "*/20 * * * * *";
/// How long a stop waits for what is under way.
const STOP: Duration = Duration::from_secs(8);

/// What can stop the service.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The scheduler.
    #[error("the scheduler cannot be started: {0}")]
    Scheduler(#[from] JobSchedulerError),
    /// Signals.
    #[error("signals cannot be waited for: {0}")]
    Signal(#[from] std::io::Error),
}

/// The source list in force, and the file it came from.
pub struct Sources {
    path: PathBuf,
    vocabulary: Vocabulary,
    current: RwLock<(Arc<SourceList>, Option<SystemTime>)>,
}

impl Sources {
    /// Loads the list; a broken file is an error now, and kept out later.
    pub fn load(path: &Path, vocabulary: Vocabulary) -> Result<Self, ConfigError> {
        let list = SourceList::load(path, &vocabulary)?;
        Ok(Self { path: path.to_owned(), vocabulary, current: RwLock::new((Arc::new(list), modified(path))) })
    }

    /// The list in force.
    pub fn get(&self) -> Arc<SourceList> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Takes the file over if it changed and is right; otherwise the last good list stays and the reason is logged.
    pub fn refresh(&self, force: bool) {
        let now = modified(&self.path);
        if !force && now == self.current.read().unwrap_or_else(PoisonError::into_inner).1 {
            return;
        }
        let loaded = SourceList::load(&self.path, &self.vocabulary);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.1 = now;
        match loaded {
            Ok(list) => {
                tracing::info!(sources = list.sources.len(), "sources.toml taken over");
                current.0 = Arc::new(list);
            }
            Err(e) => {
                tracing::error!("sources.toml is not taken over, the last good list of {} sources stays in force:\n{e}", current.0.sources.len());
            }
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}

/// Runs until SIGTERM or SIGINT.
pub async fn serve(pipeline: Arc<Pipeline>, sources: Arc<Sources>, file: PathBuf, vocabulary: Vocabulary, data: PathBuf) -> Result<(), ServiceError> {
    let (stop, stopped) = watch::channel(false);
    let bells = [Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new())];
    let mut scheduler = start_bells(&bells).await?;
    let [crawl_bell, draft_bell, mail_bell] = bells;
    let mut loops = tokio::task::JoinSet::new();
    loops.spawn(crawl_loop(Arc::clone(&pipeline), Arc::clone(&sources), crawl_bell, stopped.clone()));
    loops.spawn(draft_loop(Arc::clone(&pipeline), Arc::clone(&sources), draft_bell, Arc::clone(&mail_bell), stopped.clone()));
    let mut told = stopped.clone();
    let console = console::serve(Arc::clone(&pipeline), Arc::clone(&sources), file, vocabulary, async move {
        let _ = told.wait_for(|s| *s).await;
    });
    loops.spawn(async move {
        // crawling and mailing go on without it
        if let Err(e) = console.await {
            tracing::error!("the console cannot be served: {e}; is [console] listen taken by another program?");
        }
    });
    loops.spawn(mail_loop(Arc::clone(&pipeline), data.join("outbox"), mail_bell, stopped));
    tracing::info!(sources = sources.get().sources.len(), "service started");
    wait_for_stop(&sources).await?;
    tracing::info!("stopping: no new work, what is under way is finished or left for the next start");
    let _ = stop.send(true);
    if tokio::time::timeout(STOP, async { while loops.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!("some work was still under way after {STOP:?}; it goes on at the next start");
        loops.abort_all();
    }
    pipeline.close().await;
    if let Err(e) = scheduler.shutdown().await {
        tracing::debug!("scheduler: {e}");
    }
    tracing::info!("stopped");
    Ok(())
}

async fn start_bells(bells: &[Arc<Notify>; 3]) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    for bell in bells {
        let bell = Arc::clone(bell);
        bell.notify_one();
        scheduler.add(Job::new(WAKE, move |_, _| bell.notify_one())?).await?;
    }
    scheduler.start().await?;
    Ok(scheduler)
}

#[cfg(unix)]
async fn wait_for_stop(sources: &Sources) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut int, mut hup) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?);
    loop {
        tokio::select! {
            _ = term.recv() => return Ok(()),
            _ = int.recv() => return Ok(()),
            _ = hup.recv() => sources.refresh(true),
        }
    }
}

#[cfg(not(unix))]
async fn wait_for_stop(_: &Sources) -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Waits for the bell; false when the service stops.
async fn next(bell: &Notify, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        biased;
        _ = stopped.wait_for(|s| *s) => false,
        () = bell.notified() => true,
    }
}

async fn crawl_loop(pipeline: Arc<Pipeline>, sources: Arc<Sources>, bell: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    if let Err(e) = pipeline.spread_start(&sources.get()).await {
        tracing::error!("start: {e}");
    }
    let in_force = {
        let sources = Arc::clone(&sources);
        move || {
            sources.refresh(false);
            sources.get()
        }
    };
    while next(&bell, &mut stopped).await {
        // every step of a crawl is a commit of its own: dropping it half way loses nothing
        tokio::select! {
            _ = stopped.wait_for(|s| *s) => return,
            result = pipeline.pass(&in_force, Reach::Due, &Silent) => match result {
                Ok(r) if r.sources() + r.articles + r.lost_count + r.judged > 0 => tracing::info!(
                    changed = r.changed, unchanged = r.unchanged, failed = r.failed.len(), entries = r.new_entries,
                    articles = r.articles, lost = r.lost_count, seconds = r.elapsed.as_secs(), "pass done"
                ),
                Ok(_) => {}
                Err(e) => tracing::error!("pass: {e}"),
            },
        }
    }
}

async fn draft_loop(pipeline: Arc<Pipeline>, sources: Arc<Sources>, bell: Arc<Notify>, mail: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    while next(&bell, &mut stopped).await {
        for publication in pipeline.settings().publications() {
            match draft_if_due(&pipeline, publication, &sources).await {
                Ok(true) => mail.notify_one(),
                Ok(false) => {}
                Err(e) => tracing::error!("draft of {}: {e}", publication.name),
            }
        }
    }
}

/// Makes and queues today's draft if its time has come and no letter of it exists yet.
async fn draft_if_due(pipeline: &Arc<Pipeline>, p: &Publication, sources: &Sources) -> Result<bool, PipelineError> {
    let now = Utc::now();
    let Some(day) = p.calendar.due(now, p.at, p.catch_up) else { return Ok(false) };
    let name = p.name.clone();
    let store = pipeline.store();
    if let Some(id) = store.run(move |s| s.edition_of(&name, day)).await?
        && !store.run(move |s| s.letters_of(id)).await?.is_empty()
    {
        return Ok(false);
    }
    let enabled = sources.get().enabled().count();
    let edition = pipeline.draft(p, day, enabled, now).await?;
    let letters = pipeline.queue(&edition, now).await?;
    tracing::info!(issue = %edition.issue_label(), items = edition.item_count(), letters, "draft queued");
    Ok(true)
}

async fn mail_loop(pipeline: Arc<Pipeline>, outbox: PathBuf, bell: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    while next(&bell, &mut stopped).await {
        match pipeline.send(outbox.clone(), Utc::now()).await {
            Ok(r) => {
                for sent in r.sent {
                    tracing::info!("letter sent: {sent}");
                }
                for (to, why) in r.later {
                    tracing::warn!("letter to {to} stays queued: {why}");
                }
                for (to, why) in r.failed {
                    tracing::error!("letter to {to} given up: {why}");
                }
            }
            Err(e) => tracing::error!("outbox: {e}"),
        }
    }
}
