//! Checks of workers and NATS, for `doctor` and `worker --check`.

use crate::cli::report::{Level, Report};
use crate::config::settings::CrawlSettings;
use crate::crawl::dispatch::nats;
use crate::crawl::dispatch::nats::{ClusterStatus, GONE_AFTER, WorkerSettings};

/// Dead letters shown.
const MAX_DEAD_LETTERS: usize = 10;

/// Checks that workers are connected, that none is missing, the queue and the dead letters.
pub(super) async fn check_cluster(report: &mut Report, crawl: &CrawlSettings) {
    let status = Box::pin(nats::cluster_status(crawl)).await;
    let words = |c: &ClusterStatus| format!("{} tasks wait or are in work, {} results wait", c.tasks, c.reports);
    let Some(status) = report.require("nats", status, words) else { return };
    let names = |workers: Option<String>| workers.unwrap_or_default();
    let alive = names(ClusterStatus::names(status.alive(), usize::MAX));
    report.check(!alive.is_empty(), "workers", &alive, "nobody works: start `qingbao worker --nats URL` on some machine");
    let gone = names(ClusterStatus::names(status.gone(), usize::MAX));
    let hint = format!("went without a word: {gone}; look at their machines, or remove them in the console");
    report.check(gone.is_empty(), "gone", "no worker is missing", &hint);
    let old = names(ClusterStatus::names(status.outdated(), usize::MAX));
    report.check(
        old.is_empty(),
        "worker age",
        "all understand every task",
        &format!("leave watched pages and figures to newer ones, update them: {old}"),
    );
    if let Some(new) = ClusterStatus::names(status.newer(), usize::MAX) {
        report.line(Level::Warning, "worker age", &format!("newer than this program, their results wait; update this machine: {new}"));
    }
    let stuck = status.stuck_minutes();
    let waits = format!("a task has been waiting for {} minutes: more workers, or look why they stand still", stuck.unwrap_or_default());
    report.check(stuck.is_none(), "queue", &format!("{} tasks wait for a worker", status.queued), &waits);
    let n = status.dead_count;
    report.check(n == 0, "dead letters", "none", &format!("{n} tasks were given up within a month; the console tries them again. The last ones:"));
    for (_, letter) in status.dead_letters.into_iter().take(MAX_DEAD_LETTERS) {
        report.detail(&format!("         {} {} {}: {}", letter.at.format("%F %R"), letter.worker, letter.url, letter.reason));
    }
}

/// Checks that a worker with these settings could work.
pub(super) async fn check_worker(report: &mut Report, settings: &WorkerSettings) {
    let found = Box::pin(nats::check(settings)).await;
    let Some(found) = report.require("nats", found, |r| format!("{}: login, streams and permissions are right", r.server)) else { return };
    match found.coordinator {
        Some((silent, version)) => report.check(
            silent < GONE_AFTER,
            "coordinator",
            &format!("version {version}, here is {}", env!("CARGO_PKG_VERSION")),
            &format!("silent for {} s: does `qingbao serve` run on its machine?", silent.as_secs()),
        ),
        None => report.line(Level::Warning, "coordinator", "gives no sign of life: never there, or of an older version"),
    }
    let policy = format!("{:?} between two requests to a host, as \"{}\"", found.policy.host_delay, found.policy.user_agent);
    report.line(Level::Ok, "politeness", &policy);
    report.check(
        found.namesake.is_none(),
        "name",
        &settings.name,
        &format!("{} is the name of a worker that runs, or ran until now; each needs a name of its own (--name)", settings.name),
    );
}
