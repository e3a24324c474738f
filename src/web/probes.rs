//! Health for machines: `/healthz` (the loops go round), `/readyz` (the work can be done), `/metrics` (Prometheus text format).
//! The last two are for this machine, and for others by token.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::crawl::dispatch::nats::{ClusterStatus, WorkerStatus};
use crate::health::{Component, HealthState};
use crate::store::Gauges;
use crate::web::access;
use crate::web::api::ApiClient;
use crate::web::response::stored;
use crate::web::{AppState, Console};

/// Asked from this machine, without a proxy between, or by a token.
pub(super) struct LocalOrToken;

impl FromRequestParts<AppState> for LocalOrToken {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &AppState) -> Result<Self, Response> {
        if access::is_local(parts) { Ok(Self) } else { ApiClient::from_request_parts(parts, console).await.map(|_| Self) }
    }
}

/// Whether every loop goes round; says nothing else, so anybody may ask.
pub(super) async fn alive(State(console): State<AppState>) -> Response {
    let pipeline = console.pipeline();
    if pipeline.health().stalled().is_empty() { "ok\n".into_response() } else { (StatusCode::SERVICE_UNAVAILABLE, "stuck\n").into_response() }
}

/// Whether the work can be done: the store takes writes, there is room, nobody must look at it first.
pub(super) async fn ready(State(console): State<AppState>, _: LocalOrToken) -> Response {
    let pipeline = console.pipeline();
    let health = pipeline.health();
    let (stuck, alarms) = (health.stalled(), health.alarms());
    let well = stuck.is_empty() && alarms.is_empty();
    let loops: serde_json::Map<_, _> =
        Component::ALL.iter().map(|(component, name, _)| ((*name).to_owned(), json!(health.time_since_heartbeat(*component).as_secs()))).collect();
    let body = json!({
        "ready": well, "stuck": stuck, "alarms": alarms.iter().map(|(a, words)| (a.as_str(), words.clone())).collect::<std::collections::BTreeMap<_, _>>(),
        "silent_seconds": loops,
    });
    (if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body)).into_response()
}

pub(super) async fn metrics(State(console): State<AppState>, _: LocalOrToken) -> Response {
    let gauges = match stored(console.store.run(|s| s.gauges(Utc::now())).await) {
        Ok(g) => g,
        Err(answer) => return answer,
    };
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], write(&console, console.pipeline().health(), &gauges)).into_response()
}

/// A page of metrics, family by family.
#[derive(Default)]
struct MetricsWriter(String);

impl MetricsWriter {
    fn family(&mut self, name: &str, kind: &str, help: &str) -> &mut Self {
        self.0.push_str(&format!("# HELP qingbao_{name} {help}\n# TYPE qingbao_{name} {kind}\n"));
        self
    }

    /// `labels` as they stand between braces; their values are words of ours, or [`escaped`].
    fn value(&mut self, name: &str, labels: &str, value: f64) -> &mut Self {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        self.0.push_str(&format!("qingbao_{name}{labels} {value}\n"));
        self
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, "gauge", help).value(name, "", value);
    }

    fn moment(&mut self, name: &str, help: &str, at: Option<DateTime<Utc>>) {
        self.gauge(name, help, at.map_or(0.0, |t| t.timestamp() as f64));
    }
}

fn write(console: &Console, health: &HealthState, g: &Gauges) -> String {
    let mut p = MetricsWriter::default();
    p.family("build_info", "gauge", "Version.").value("build_info", &format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), 1.0);
    p.gauge("uptime_seconds", "Since the start.", health.uptime().as_secs_f64());
    p.family("loop_silent_seconds", "gauge", "Since a loop last went round.");
    for (component, name, _) in Component::ALL {
        p.value("loop_silent_seconds", &format!("loop=\"{name}\""), health.time_since_heartbeat(component).as_secs_f64());
    }
    p.family("alarm", "gauge", "1 for each alarm that stands.");
    for alarm in health.alarms().keys() {
        p.value("alarm", &format!("kind=\"{}\"", alarm.as_str()), 1.0);
    }
    let right = console.live.is_valid();
    p.gauge("config_reload_success", "Whether the files in force are those on disk.", f64::from(u8::from(right)));
    p.moment("config_reloaded_timestamp_seconds", "When files were last taken over.", Some(console.live.reloaded()));
    let visits = health.fetch_stats();
    p.family("fetch_total", "counter", "Visits by outcome, since the start.");
    for (code, v) in &visits {
        p.value("fetch_total", &format!("result=\"{code}\""), v.count as f64);
    }
    p.family("fetch_seconds_total", "counter", "Time that visits took, by outcome.");
    for (code, v) in &visits {
        p.value("fetch_seconds_total", &format!("result=\"{code}\""), v.time.as_secs_f64());
    }
    let (articles, last) = health.articles();
    p.family("articles_total", "counter", "Articles stored since the start.").value("articles_total", "", articles as f64);
    p.moment("last_article_timestamp_seconds", "When the last one was stored, since the start.", last);
    p.family("sources", "gauge", "Sources by how they do.");
    for (state, n) in &g.sources {
        p.value("sources", &format!("state=\"{state}\""), *n as f64);
    }
    if let Some(status) = console.pipeline().crawler().dispatcher().cluster_status() {
        write_cluster(&mut p, &status);
    }
    p.gauge("due_looks", "Looks that are due.", g.due_looks as f64);
    p.gauge("pending_pages", "Pages to be fetched.", g.pending_pages as f64);
    p.family("outbox", "gauge", "Letters by state.");
    for (state, n) in &g.outbox {
        p.value("outbox", &format!("state=\"{}\"", state.as_str()), *n as f64);
    }
    p.gauge("outbox_oldest_seconds", "Age of the oldest letter that waits.", g.oldest_letter as f64);
    p.moment("last_issue_timestamp_seconds", "When the last issue was built.", g.last_issue);
    p.moment("backup_timestamp_seconds", "When the last backup was made; 0: never.", g.last_backup);
    if let Ok(space) = console.store.disk_usage() {
        p.gauge("db_bytes", "Database with its log.", space.database as f64);
        p.gauge("disk_free_bytes", "Room left on its disk.", space.free as f64);
    }
    p.family("process_resident_memory_bytes", "gauge", "Resident memory.");
    p.value("process_resident_memory_bytes", "", resident().unwrap_or(0) as f64);
    p.0
}

/// What a family tells of a worker.
type WorkerValue = fn(&WorkerStatus) -> f64;

/// Workers on other machines and the queue between them and us.
fn write_cluster(p: &mut MetricsWriter, c: &ClusterStatus) {
    p.gauge("nats_up", "1 while the NATS server can be used; the rest says nothing otherwise.", f64::from(u8::from(c.error.is_none())));
    p.gauge("workers", "Workers that work.", c.alive().count() as f64);
    p.gauge("workers_gone", "Workers that went without a word.", c.gone().count() as f64);
    let families: [(&str, &str, &str, WorkerValue); 4] = [
        ("worker_tasks_total", "counter", "Tasks done since the worker started.", |w| w.heartbeat.done as f64),
        ("worker_tasks_failed_total", "counter", "Of them, those whose page or list could not be had or read.", |w| w.heartbeat.failed as f64),
        ("worker_tasks_in_progress", "gauge", "Tasks in work.", |w| w.heartbeat.in_work as f64),
        ("worker_last_seen_seconds", "gauge", "Since the last sign of life.", |w| w.last_seen.as_secs_f64()),
    ];
    for (name, kind, help, value) in families {
        p.family(name, kind, help);
        for w in &c.workers {
            p.value(name, &format!("worker=\"{}\",version=\"{}\"", escaped(&w.heartbeat.name), escaped(&w.heartbeat.version)), value(w));
        }
    }
    p.gauge("queue_tasks", "Tasks that wait or are in work.", c.tasks as f64);
    p.gauge("queue_waiting_tasks", "Tasks that no worker has taken yet.", c.queued as f64);
    p.gauge("queue_oldest_seconds", "How long the first of them has been waiting.", c.oldest_queued.as_secs_f64());
    p.gauge("queue_results", "Results that wait for the coordinator.", c.reports as f64);
    p.gauge("dead_letters", "Tasks given up within a month.", c.dead_count as f64);
}

/// A label's value: workers name themselves.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Bytes resident, by `/proc`.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}
