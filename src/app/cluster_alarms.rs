//! Alarms about workers and NATS.

use std::time::Duration;

use crate::crawl::dispatch::nats::ClusterStatus;
use crate::health::{Alarm, HealthState};

/// Workers may connect this long after the start.
const WORKER_GRACE: Duration = Duration::from_mins(1);
/// An outage of NATS shorter than this raises no alarm.
const NATS_GRACE: Duration = Duration::from_secs(10);
const MAX_NAMED: usize = 3;

/// In Chinese for the console, in English for the log.
type Words = Option<(String, String)>;

/// Raises or clears the alarms about NATS, the workers and the queue.
pub(super) fn update(health: &HealthState, status: &ClusterStatus) {
    let up = health.uptime();
    let nats = nats(status).filter(|_| up > NATS_GRACE);
    // without NATS nothing is known of the workers: leave their alarms as they are
    let known = status.error.is_none();
    set(health, Alarm::Nats, nats);
    if known {
        set(health, Alarm::Workers, workers(status).filter(|_| up > WORKER_GRACE));
        set(health, Alarm::WorkerGone, worker_gone(status));
        set(health, Alarm::WorkerVersion, worker_version(status));
        set(health, Alarm::Queue, queue(status));
        set(health, Alarm::DeadLetters, dead_letters(status));
    }
}

fn set(health: &HealthState, alarm: Alarm, words: Words) {
    let (chinese, english) = words.map_or((None, None), |(chinese, english)| (Some(chinese), Some(english)));
    if health.alarm(alarm, chinese)
        && let Some(english) = english
    {
        tracing::error!("{english}");
    }
}

fn nats(status: &ClusterStatus) -> Words {
    let error = status.error.as_ref()?;
    let chinese = format!("消息服务器（NATS）不能用，抓取暂停，编辑和邮件照常；原因：{error}");
    Some((chinese, format!("nothing is fetched: {error}")))
}

fn workers(status: &ClusterStatus) -> Words {
    if status.alive().next().is_some() {
        return None;
    }
    let chinese = "没有抓取节点在工作：请检查各工作机上的 qingbao-worker 服务".to_owned();
    Some((chinese, "no worker is there: start `qingbao worker --nats URL`, and see `qingbao doctor`".to_owned()))
}

fn worker_gone(status: &ClusterStatus) -> Words {
    let names = ClusterStatus::names(status.gone(), MAX_NAMED)?;
    let chinese = format!("抓取节点 {names} 失去联系：请检查那台机器；不再使用的，请在“运行”页移除");
    Some((chinese, format!("workers went without a word: {names}; look at their machines, or remove them in the console")))
}

fn worker_version(status: &ClusterStatus) -> Words {
    if let Some(names) = ClusterStatus::names(status.newer(), MAX_NAMED) {
        let chinese = format!("抓取节点 {names} 的程序比本机新，它们的结果在等待：请升级本机");
        return Some((chinese, format!("workers are newer than this coordinator: {names}; their results wait, update the coordinator")));
    }
    if status.newer_results {
        let chinese = "有抓取结果是更新的版本写的，本机读不了，正在等待：请升级本机".to_owned();
        return Some((chinese, "some results only a newer version can read: they wait, update the coordinator".to_owned()));
    }
    // they do all other tasks
    status.stuck_minutes()?;
    let names = ClusterStatus::names(status.outdated(), MAX_NAMED)?;
    let chinese = format!("有任务无人领取，而抓取节点 {names} 的程序较旧，网页监测、数据序列的任务领不了：请升级");
    Some((chinese, format!("tasks wait, and workers leave watched pages and figures to newer ones: {names}; update them")))
}

fn queue(status: &ClusterStatus) -> Words {
    let minutes = status.stuck_minutes()?;
    let chinese = format!("有抓取任务排队 {minutes} 分钟无人领取：抓取节点太少，或停住了");
    Some((chinese, format!("a task has been waiting for {minutes} minutes: too few workers, or they stand still")))
}

fn dead_letters(status: &ClusterStatus) -> Words {
    let n = status.dead_count;
    let chinese = format!("有 {n} 个抓取任务屡次使抓取节点中断，已搁置：请在“运行”页选择重试或不再抓取");
    (n > 0).then(|| (chinese, format!("{n} tasks were given up; the console and `qingbao doctor` name them")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::dispatch::nats::{Heartbeat, VERSION, WorkerStatus};

    fn worker(name: &str, protocol_version: u32, silent: u64) -> WorkerStatus {
        let heartbeat = Heartbeat::of_test(name, protocol_version);
        WorkerStatus { heartbeat, last_seen: Duration::from_secs(silent), tasks_per_second: 0.0 }
    }

    fn raised(status: &ClusterStatus) -> Vec<Alarm> {
        let health = HealthState::default();
        update(&health, status);
        health.alarms().into_keys().collect()
    }

    #[test]
    fn each_thing_that_is_wrong_has_its_alarm() {
        let well = || ClusterStatus { workers: vec![worker("a", VERSION, 3)], ..ClusterStatus::default() };
        assert_eq!(raised(&well()), []);
        let mut status = well();
        status.workers.push(worker("b", VERSION, 100));
        assert_eq!(raised(&status), [Alarm::WorkerGone]);
        let of_version =
            |version, waiting| ClusterStatus { workers: vec![worker("c", version, 3)], oldest_queued: Duration::from_mins(waiting), ..well() };
        assert_eq!(raised(&of_version(VERSION + 1, 0)), [Alarm::WorkerVersion]);
        assert_eq!(raised(&of_version(VERSION - 1, 0)), [], "it does the other tasks");
        assert_eq!(raised(&of_version(VERSION - 1, 6)), [Alarm::WorkerVersion, Alarm::Queue]);
        assert_eq!(raised(&ClusterStatus { oldest_queued: Duration::from_mins(6), ..well() }), [Alarm::Queue]);
        assert_eq!(raised(&ClusterStatus { dead_count: 2, ..well() }), [Alarm::DeadLetters]);
    }

    #[test]
    fn what_was_told_of_workers_stands_while_nats_is_away() {
        let health = HealthState::default();
        update(&health, &ClusterStatus { dead_count: 1, workers: vec![worker("a", VERSION, 0)], ..ClusterStatus::default() });
        update(&health, &ClusterStatus { error: Some("away".into()), ..ClusterStatus::default() });
        assert_eq!(health.alarms().into_keys().collect::<Vec<_>>(), [Alarm::DeadLetters]);
    }
}
