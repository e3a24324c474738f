//! The supervisor: reloads changed files, checks disk and database, runs retention once a day, and feeds the watchdog only while
//! every loop is alive.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sd_notify::NotifyState;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::{ConfigHandle, ServiceError, cluster_alarms, training, weekly_report, weekly_review};
use crate::health::{Alarm, Component, HealthState};
use crate::store::{Store, StoreError};

/// Time between two rounds.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// Rounds between two test writes.
const PROBE_EVERY: u32 = 4;
/// Rounds between two lines for `systemctl status`.
const STATUS_EVERY: u32 = 12;
/// Normally, and if disk space is low.
const RETENTION_INTERVAL: TimeDelta = TimeDelta::hours(24);
const RETENTION_INTERVAL_LOW_DISK: TimeDelta = TimeDelta::hours(1);
/// Key of the last run's time.
const LAST_RETENTION_KEY: &str = "upkeep";

/// Notifies systemd, if there is one.
pub(super) fn notify_systemd(states: &[NotifyState<'_>]) {
    if std::env::var_os("NOTIFY_SOCKET").is_some()
        && let Err(e) = sd_notify::notify(states)
    {
        tracing::warn!("the service manager cannot be told: {e}");
    }
}

/// The first check, before anything starts: a full disk must not be filled further, and held mail must not be sent.
pub(super) async fn initial_check(live: &Arc<ConfigHandle>) {
    let pipeline = live.pipeline();
    check_disk(pipeline.store(), pipeline.health(), pipeline.settings().store.min_free);
    write_probe(Arc::clone(live)).await;
}

/// Runs until the service stops.
///
/// # Errors
/// The disk refused to write: only a restart can tell what it has.
pub(super) async fn supervise(live: Arc<ConfigHandle>, mut stopped: watch::Receiver<bool>) -> Result<(), ServiceError> {
    let store = live.pipeline().store().clone();
    let (mut probe, mut upkeep): (Option<JoinHandle<()>>, Option<JoinHandle<()>>) = (None, None);
    let mut round = 0u32;
    loop {
        tokio::select! {
            biased;
            _ = stopped.wait_for(|s| *s) => return Ok(()),
            () = tokio::time::sleep(CHECK_INTERVAL) => {}
        }
        round = round.wrapping_add(1);
        let pipeline = live.pipeline();
        let health = pipeline.health();
        let this = Arc::clone(&live);
        // read files off the async threads
        let _ = tokio::task::spawn_blocking(move || this.refresh(false)).await;
        check_disk(&store, health, pipeline.settings().store.min_free);
        if let Some(status) = pipeline.crawler().dispatcher().cluster_status() {
            cluster_alarms::update(health, &status);
        }
        if pipeline.crawler().cpu_stalled_for() < CHECK_INTERVAL * 2 {
            health.heartbeat(Component::Cpu);
        }
        if store.is_broken() {
            return Err(ServiceError::Disk);
        }
        if round % PROBE_EVERY == 1 && probe.as_ref().is_none_or(JoinHandle::is_finished) {
            probe = Some(tokio::spawn(write_probe(Arc::clone(&live))));
        }
        if upkeep.as_ref().is_none_or(JoinHandle::is_finished) {
            upkeep = Some(tokio::spawn(run_maintenance(Arc::clone(&live))));
        }
        let stuck = health.stalled();
        if stuck.is_empty() {
            notify_systemd(&[NotifyState::Watchdog]);
        } else {
            tracing::error!("stuck: {}; the watchdog is not fed", stuck.join(", "));
        }
        if round % STATUS_EVERY == 1 {
            let (articles, _) = health.articles();
            let alarms: Vec<&str> = health.alarms().keys().map(|a| a.as_str()).collect();
            let alarms = if alarms.is_empty() { "no alarms".to_owned() } else { format!("alarms: {}", alarms.join(", ")) };
            notify_systemd(&[NotifyState::Status(&format!(
                "{} sources, {articles} articles since the start, {alarms}",
                live.sources().enabled().count()
            ))]);
        }
    }
}

/// Checks free space, and that the database is still the same file.
fn check_disk(store: &Store, health: &HealthState, min_free: u64) {
    match store.disk_usage() {
        Ok(space) => {
            let short = health.alarms().contains_key(&Alarm::Disk);
            // resume some way above the limit, so that fetching does not flicker
            let limit = if short { min_free + min_free / 10 } else { min_free };
            let mib = space.free >> 20;
            let words = (space.free < limit).then(|| format!("磁盘快满了：数据目录所在的磁盘只剩 {mib} MB，已暂停抓取；清出空间后自动恢复"));
            if health.alarm(Alarm::Disk, words) {
                if health.is_fetch_allowed() {
                    tracing::info!("there is room on the disk again ({mib} MB): fetching goes on");
                } else {
                    tracing::error!("only {mib} MB are left on the disk of the database: nothing is fetched until there is more room");
                }
            }
        }
        Err(e) => tracing::warn!("the disk cannot be asked for its room: {e}"),
    }
    let gone = !store.is_in_place();
    let words = gone.then(|| "数据库文件被移走或替换：请立即停止服务，把文件放回原处，或用备份恢复".to_owned());
    if health.alarm(Alarm::Database, words) && gone {
        tracing::error!("the database file was removed or replaced while it is in use; stop the service, put it back or restore a backup");
    }
}

/// Makes a write that reaches the disk. Errors are reported elsewhere; a write that never returns is the watchdog's case.
async fn write_probe(live: Arc<ConfigHandle>) {
    let pipeline = live.pipeline();
    let held = pipeline.store().run(|s| {
        s.put_kv("alive", &Utc::now().timestamp().to_string())?;
        s.mail_hold()
    });
    match held.await {
        Ok(held) => {
            let words = held.map(|why| format!("邮件已暂停发送（{why}）：核对后运行 qingbao outbox release"));
            if pipeline.health().alarm(Alarm::Held, words) {
                live.bells().mail.notify_one();
            }
        }
        Err(e) => tracing::error!("{e}"),
    }
    pipeline.health().heartbeat(Component::Store);
}

/// Runs daily retention, the weekly report and reviews, and the nightly training.
async fn run_maintenance(live: Arc<ConfigHandle>) {
    if let Err(e) = apply_retention(&live).await {
        tracing::error!("upkeep: {e}");
    }
    if let Err(e) = weekly_report::report_if_due(&live).await {
        tracing::error!("weekly report: {e}");
    }
    if let Err(e) = weekly_review::review_if_due(&live, Utc::now()).await {
        tracing::error!("weekly review: {e}");
    }
    training::train_if_due(&live.pipeline(), Utc::now()).await;
}

async fn apply_retention(live: &ConfigHandle) -> Result<(), StoreError> {
    let pipeline = live.pipeline();
    let (settings, now) = (pipeline.settings().store, Utc::now());
    let scarce = pipeline.health().alarms().contains_key(&Alarm::Disk);
    let every = if scarce { RETENTION_INTERVAL_LOW_DISK } else { RETENTION_INTERVAL };
    let done = pipeline.store().run(move |s| {
        let last = s.kv(LAST_RETENTION_KEY)?.and_then(|t| DateTime::from_timestamp(t.parse().ok()?, 0));
        // a clock that was ahead must not block this forever
        if last.is_some_and(|t| t <= now && now - t < every) {
            return Ok(None);
        }
        let done = s.apply_retention(&settings, now)?;
        s.put_kv(LAST_RETENTION_KEY, &now.timestamp().to_string())?;
        Ok(Some(done))
    });
    if let Some(d) = done.await? {
        tracing::info!(pages = d.pages, visits = d.visits, letters = d.letters, bytes = d.bytes, "upkeep done");
    }
    Ok(())
}
