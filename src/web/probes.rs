//! Monitoring: `/healthz` (the loops run), `/readyz` (the service can work), `/metrics` (Prometheus text format). Only this
//! machine, or others with a token, may read the last two.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use prometheus_client::encoding::{EncodeMetric, MetricEncoder, prometheus_text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::metrics::{MetricType, TypedMetric};
use prometheus_client::registry::Registry;
use serde_json::json;

use crate::crawl::dispatch::nats::{ClusterStatus, WorkerStatus};
use crate::health::{Component, HealthState};
use crate::store::Gauges;
use crate::web::access;
use crate::web::api::ApiClient;
use crate::web::response::{broken, stored};
use crate::web::{AppState, Console};

/// A request from this machine without a proxy, or with a token.
pub(super) struct LocalOrToken;

impl FromRequestParts<AppState> for LocalOrToken {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &AppState) -> Result<Self, Response> {
        if access::is_local(parts) { Ok(Self) } else { ApiClient::from_request_parts(parts, console).await.map(|_| Self) }
    }
}

/// Whether every loop runs. It reveals nothing else, so anybody may ask.
pub(super) async fn alive(State(console): State<AppState>) -> Response {
    let pipeline = console.pipeline();
    if pipeline.health().stalled().is_empty() { "ok\n".into_response() } else { (StatusCode::SERVICE_UNAVAILABLE, "stuck\n").into_response() }
}

/// Whether the service can work: the store accepts writes, the disk has room, no alarm needs a person.
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
    let mut page = String::new();
    match prometheus_text::encode(&mut page, &gather(&console, console.pipeline().health(), gauges)) {
        Ok(()) => ([(header::CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], page).into_response(),
        Err(e) => broken(&e),
    }
}

/// Values by label, in output order.
#[derive(Debug)]
struct Labelled<M>(Vec<(Labels, M)>);

type Labels = Vec<(&'static str, String)>;

impl<M: EncodeMetric + TypedMetric> EncodeMetric for Labelled<M> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|(labels, value)| value.encode(encoder.encode_family(labels)?))
    }

    fn metric_type(&self) -> MetricType {
        M::TYPE
    }
}

/// Returns values distinguished by one label.
fn labelled<L: Into<String>, M>(label: &'static str, values: impl IntoIterator<Item = (L, M)>) -> Labelled<M> {
    Labelled(values.into_iter().map(|(l, value)| (vec![(label, l.into())], value)).collect())
}

/// Returns a time as seconds since 1970; 0 if there is none.
fn moment(at: Option<DateTime<Utc>>) -> ConstGauge<i64> {
    ConstGauge::new(at.map_or(0, |t| t.timestamp()))
}

fn flag(on: bool) -> ConstGauge<i64> {
    ConstGauge::new(i64::from(on))
}

/// Collects the current figures. The crate adds a full stop to each help text and `_total` to each counter name.
fn gather(console: &Console, health: &HealthState, g: Gauges) -> Registry {
    let mut p = Registry::with_prefix("qingbao");
    p.register("build", "Version", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
    p.register("uptime_seconds", "Since the start", ConstGauge::new(health.uptime().as_secs_f64()));
    let silent = Component::ALL.map(|(component, name, _)| (name, ConstGauge::new(health.time_since_heartbeat(component).as_secs_f64())));
    p.register("loop_silent_seconds", "Since a loop last went round", labelled("loop", silent));
    p.register("alarm", "1 for each alarm that stands", labelled("kind", health.alarms().keys().map(|a| (a.as_str(), flag(true)))));
    p.register("config_reload_success", "Whether the files in force are those on disk", flag(console.live.is_valid()));
    p.register("config_reloaded_timestamp_seconds", "When files were last taken over", moment(Some(console.live.reloaded())));
    let visits = health.fetch_stats();
    let counts = visits.iter().map(|(code, v)| (*code, ConstCounter::new(v.count)));
    p.register("fetch", "Visits by outcome, since the start", labelled("result", counts));
    let times = visits.iter().map(|(code, v)| (*code, ConstCounter::new(v.time.as_secs_f64())));
    p.register("fetch_seconds", "Time that visits took, by outcome", labelled("result", times));
    let (articles, last) = health.articles();
    p.register("articles", "Articles stored since the start", ConstCounter::new(articles));
    p.register("last_article_timestamp_seconds", "When the last one was stored, since the start", moment(last));
    p.register("sources", "Sources by how they do", labelled("state", g.sources.into_iter().map(|(state, n)| (state, ConstGauge::new(n)))));
    if let Some(status) = console.pipeline().crawler().dispatcher().cluster_status() {
        gather_cluster(&mut p, &status);
    }
    p.register("due_looks", "Looks that are due", ConstGauge::new(g.due_looks));
    p.register("pending_pages", "Pages to be fetched", ConstGauge::new(g.pending_pages));
    p.register("outbox", "Letters by state", labelled("state", g.outbox.into_iter().map(|(state, n)| (state.as_str(), ConstGauge::new(n)))));
    p.register("outbox_oldest_seconds", "Age of the oldest letter that waits", ConstGauge::new(g.oldest_letter));
    p.register("last_issue_timestamp_seconds", "When the last issue was built", moment(g.last_issue));
    p.register("backup_timestamp_seconds", "When the last backup was made; 0: never", moment(g.last_backup));
    if let Ok(space) = console.store.disk_usage() {
        p.register("db_bytes", "Database with its log", ConstGauge::new(space.database));
        p.register("disk_free_bytes", "Room left on its disk", ConstGauge::new(space.free));
    }
    p.register("process_resident_memory_bytes", "Resident memory", ConstGauge::new(resident().unwrap_or(0)));
    p
}

/// Collects the figures of remote workers and of their queue.
fn gather_cluster(p: &mut Registry, c: &ClusterStatus) {
    /// Returns one value per worker, labelled with the worker's own name.
    fn by_worker<M>(c: &ClusterStatus, value: impl Fn(&WorkerStatus) -> M) -> Labelled<M> {
        let labels = |w: &WorkerStatus| vec![("worker", w.heartbeat.name.clone()), ("version", w.heartbeat.version.clone())];
        Labelled(c.workers.iter().map(|w| (labels(w), value(w))).collect())
    }
    p.register("nats_up", "1 while the NATS server can be used; the rest says nothing otherwise", flag(c.error.is_none()));
    p.register("workers", "Workers that work", ConstGauge::new(c.alive().count()));
    p.register("workers_gone", "Workers that went without a word", ConstGauge::new(c.gone().count()));
    p.register("worker_tasks", "Tasks done since the worker started", by_worker(c, |w| ConstCounter::new(w.heartbeat.done)));
    let failed = by_worker(c, |w| ConstCounter::new(w.heartbeat.failed));
    p.register("worker_tasks_failed", "Of them, those whose page or list could not be had or read", failed);
    p.register("worker_tasks_in_progress", "Tasks in work", by_worker(c, |w| ConstGauge::new(w.heartbeat.in_work)));
    p.register("worker_last_seen_seconds", "Since the last sign of life", by_worker(c, |w| ConstGauge::new(w.last_seen.as_secs_f64())));
    p.register("queue_tasks", "Tasks that wait or are in work", ConstGauge::new(c.tasks));
    p.register("queue_waiting_tasks", "Tasks that no worker has taken yet", ConstGauge::new(c.queued));
    p.register("queue_oldest_seconds", "How long the first of them has been waiting", ConstGauge::new(c.oldest_queued.as_secs_f64()));
    p.register("queue_results", "Results that wait for the coordinator", ConstGauge::new(c.reports));
    p.register("dead_letters", "Tasks given up within a month", ConstGauge::new(c.dead_count));
}

/// Returns the resident set size in bytes, from `/proc`.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::crawl::dispatch::nats::Heartbeat;

    #[test]
    fn what_a_worker_calls_itself_cannot_forge_figures() {
        let heartbeat = Heartbeat::of_test("a\"} 1\nqingbao_nats_up 0\\", 1);
        let worker = WorkerStatus { heartbeat, last_seen: Duration::from_millis(1500), tasks_per_second: 0.0 };
        let mut registry = Registry::with_prefix("qingbao");
        gather_cluster(&mut registry, &ClusterStatus { workers: vec![worker], tasks: 7, ..ClusterStatus::default() });
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).unwrap();
        let labels = r#"{worker="a\"} 1\nqingbao_nats_up 0\\",version="1"}"#;
        for (name, kind, sample) in [
            ("nats_up", "gauge", " 1"),
            ("workers", "gauge", " 1"),
            ("workers_gone", "gauge", " 0"),
            ("worker_tasks_total", "counter", &format!("{labels} 0")),
            ("worker_tasks_failed_total", "counter", &format!("{labels} 0")),
            ("worker_tasks_in_progress", "gauge", &format!("{labels} 0")),
            ("worker_last_seen_seconds", "gauge", &format!("{labels} 1.5")),
            ("queue_tasks", "gauge", " 7"),
            ("queue_waiting_tasks", "gauge", " 0"),
            ("queue_oldest_seconds", "gauge", " 0.0"),
            ("queue_results", "gauge", " 0"),
            ("dead_letters", "gauge", " 0"),
        ] {
            assert!(text.contains(&format!("\n# TYPE qingbao_{name} {kind}\nqingbao_{name}{sample}\n")), "{name}: {text}");
        }
        assert_eq!(text.lines().count(), 36, "{text}");
    }
}
