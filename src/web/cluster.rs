//! Remote workers on the page 运行: active workers, waiting tasks, dead letters.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use crate::crawl::dispatch::nats::{ClusterStatus, WorkerStatus};
use crate::model::{AuditAction, SourceId};
use crate::web::form::{AdminForm, actions};
use crate::web::response::stored;
use crate::web::{AppState, response};

/// State of the cluster, for the page.
pub(super) struct ClusterView {
    /// Why NATS is unreachable; the other fields are empty then.
    pub(super) error: Option<String>,
    pub(super) workers: Vec<WorkerRow>,
    pub(super) tasks: u64,
    pub(super) queued: u64,
    pub(super) oldest_queued: Option<String>,
    pub(super) reports: u64,
    pub(super) dead: Vec<DeadLetterRow>,
    pub(super) dead_count: u64,
}

pub(super) struct WorkerRow {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) since: String,
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) rate: String,
    pub(super) in_work: String,
    pub(super) last_seen: String,
    pub(super) gone: bool,
    pub(super) hint: &'static str,
}

pub(super) struct DeadLetterRow {
    pub(super) sequence: u64,
    pub(super) at: String,
    pub(super) source: String,
    pub(super) url: String,
    pub(super) reason: String,
}

impl ClusterView {
    pub(super) fn new(status: ClusterStatus, at: impl Fn(DateTime<Utc>) -> String) -> Self {
        let dead = status.dead_letters.into_iter().map(|(sequence, l)| DeadLetterRow {
            sequence,
            at: at(l.at),
            source: l.source,
            reason: format!("{}：{}", l.worker, l.reason),
            url: l.url,
        });
        Self {
            error: status.error,
            workers: status.workers.into_iter().map(|w| worker_row(w, &at)).collect(),
            tasks: status.tasks,
            queued: status.queued,
            oldest_queued: (status.queued > 0).then(|| duration(status.oldest_queued)),
            reports: status.reports,
            dead: dead.collect(),
            dead_count: status.dead_count,
        }
    }
}

fn worker_row(worker: WorkerStatus, at: impl Fn(DateTime<Utc>) -> String) -> WorkerRow {
    let (gone, outdated, newer) = (worker.is_gone(), worker.is_outdated(), worker.is_newer());
    let heartbeat = worker.heartbeat;
    WorkerRow {
        name: heartbeat.name,
        version: heartbeat.version,
        since: at(heartbeat.since),
        done: heartbeat.done,
        failed: heartbeat.failed,
        rate: format!("{:.1}", worker.tasks_per_second),
        in_work: if heartbeat.concurrency > 0 { format!("{} / {}", heartbeat.in_work, heartbeat.concurrency) } else { heartbeat.in_work.to_string() },
        last_seen: format!("{}前", duration(worker.last_seen)),
        gone,
        hint: match (gone, outdated, newer) {
            (true, ..) => "失去联系",
            (_, true, _) => "程序较旧，网页监测、数据序列的任务领不了",
            (.., true) => "程序比本机新，结果在等待",
            _ => "",
        },
    }
}

fn duration(d: Duration) -> String {
    let seconds = d.as_secs();
    match seconds {
        0..90 => format!("{seconds} 秒"),
        90..5_400 => format!("{} 分钟", (seconds + 30) / 60),
        _ => format!("{} 小时", (seconds + 1_800) / 3_600),
    }
}

actions! {
    /// What an admin does with a dead letter or a worker.
    ClusterAction { Retry = "retry", Drop = "drop", ForgetWorker = "forget" }
}

/// Retries or skips a dead letter, or forgets a worker that is gone.
pub(super) async fn change(State(console): State<AppState>, AdminForm(form): AdminForm) -> Response {
    let pipeline = console.pipeline();
    let dispatcher = pipeline.crawler().dispatcher();
    let asked = match form.action(&console) {
        Ok(action) => action,
        Err(answer) => return answer,
    };
    let (action, target) = match asked {
        ClusterAction::ForgetWorker => {
            let name = form.fields.text("name").to_owned();
            let status = dispatcher.cluster_status().unwrap_or_default();
            let refused = |words| response::refused(&console, &form.session, StatusCode::CONFLICT, words);
            match status.workers.iter().find(|w| w.heartbeat.name == name) {
                None => return refused("没有这个抓取节点"),
                Some(w) if !w.is_gone() => return refused("这个抓取节点还在工作：先停掉它的 qingbao-worker 服务"),
                Some(_) => {}
            }
            if let Err(e) = dispatcher.forget_worker(&name).await {
                return nats_failed(&console, &form, &e);
            }
            (AuditAction::ForgetWorker, name)
        }
        ClusterAction::Retry | ClusterAction::Drop => {
            let sequence = form.fields.number("sequence").unwrap_or(0);
            let letters = dispatcher.cluster_status().unwrap_or_default().dead_letters;
            let Some((_, letter)) = letters.into_iter().find(|(n, _)| *n == sequence) else {
                return response::refused(&console, &form.session, StatusCode::CONFLICT, "这个任务已经处理过了");
            };
            if asked == ClusterAction::Retry {
                let (source, url) = (SourceId::parse(&letter.source), letter.url.clone());
                let retried = console.store.run(move |s| source.map_or(Ok(false), |source| s.retry(&source, &url)));
                match stored(retried.await) {
                    Ok(true) => {}
                    Ok(false) => return response::refused(&console, &form.session, StatusCode::CONFLICT, "这个网页或来源已不在库中，或已经抓到"),
                    Err(answer) => return answer,
                }
            }
            // last, so that after an interruption the dead letter is still there
            if let Err(e) = dispatcher.remove_dead_letter(sequence).await {
                return nats_failed(&console, &form, &e);
            }
            (if asked == ClusterAction::Retry { AuditAction::RetryTask } else { AuditAction::DropTask }, letter.url)
        }
    };
    let who = form.session.name.clone();
    match stored(console.store.run(move |s| s.audit(&who, action, &target, Utc::now())).await) {
        Ok(()) => Redirect::to(&console.path("/operation")).into_response(),
        Err(answer) => answer,
    }
}

fn nats_failed(console: &AppState, form: &crate::web::form::Form, e: &dyn std::fmt::Display) -> Response {
    tracing::warn!("a task given up, or a worker, cannot be changed: {e}");
    response::refused(console, &form.session, StatusCode::SERVICE_UNAVAILABLE, "消息服务器（NATS）没有应答，请稍后再试")
}
