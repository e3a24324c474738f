//! Names and creation of streams, buckets and consumers.

use std::collections::HashSet;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::object_store::ObjectStore;
use async_nats::jetstream::stream::{self, DiscardPolicy, RetentionPolicy};
use async_nats::jetstream::{Context, kv, object_store};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;

use crate::crawl::dispatch::nats::NatsError;

/// Streams and their subjects.
pub(super) const TASKS: &str = "QINGBAO_TASKS";
pub(super) const RESULTS: &str = "QINGBAO_OUTCOMES";
pub(super) const DEAD: &str = "QINGBAO_DEAD";
pub(super) const RESULT_SUBJECT: &str = "qingbao.outcomes";
pub(super) const DEAD_SUBJECT: &str = "qingbao.dead";
/// Buckets.
const SITE_KV: &str = "qingbao-lore";
const HEARTBEAT_KV: &str = "qingbao-pulse";
const PAYLOAD_STORE: &str = "qingbao-large";
/// Keys beside robots.txt files and cookies: the coordinator's heartbeat, the last loss of the streams, and the fetch settings.
pub(super) const COORDINATOR_KEY: &str = "coordinator";
const LOSS_KEY: &str = "loss";
pub(super) const POLICY_KEY: &str = "terms";

/// A task whose worker has not extended its lease for this long goes to another worker.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// A result is delivered again if the coordinator neither acknowledged it nor extended its lease for this long.
pub(super) const RESULT_ACK_WAIT: Duration = Duration::from_secs(10);
/// How long message ids are remembered, to drop duplicates.
const DUPLICATE_WINDOW: Duration = Duration::from_mins(10);
/// How long a killed worker is remembered as missing.
const HEARTBEAT_TTL: Duration = Duration::from_hours(24);
const DEAD_AGE: Duration = Duration::from_hours(24 * 30);
const PAYLOAD_TTL: Duration = Duration::from_hours(24 * 7);
/// Running tasks of all workers.
const MAX_TASK_ACKS: i64 = 65_536;
/// Results being stored at once.
const MAX_RESULT_ACKS: i64 = 4_096;
/// Streams, buckets and consumers. They are only names, so they stay valid when the streams are created again.
#[derive(Clone)]
pub struct JetStreamHandles {
    pub(super) js: Context,
    /// Fetch settings, robots.txt files, cookies.
    pub(super) sites: kv::Store,
    /// Heartbeats, and how often a task crashed its worker.
    pub(super) heartbeats: kv::Store,
    pub(super) payloads: ObjectStore,
    pub(super) tasks: PullConsumer,
    pub(super) results: PullConsumer,
    /// Of the task stream.
    replicas: usize,
}

impl JetStreamHandles {
    /// Creates streams, buckets and consumers, or updates them to these settings.
    ///
    /// # Errors
    /// One cannot be created.
    pub(super) async fn create(js: &Context, replicas: usize) -> Result<Self, NatsError> {
        for config in streams(replicas) {
            let what = if config.name == TASKS { "the stream of tasks" } else { "a stream" };
            js.create_or_update_stream(config).await.map_err(NatsError::unavailable(what))?;
        }
        for config in [bucket(SITE_KV, Duration::ZERO, replicas), bucket(HEARTBEAT_KV, HEARTBEAT_TTL, replicas)] {
            js.create_or_update_stream(config).await.map_err(NatsError::unavailable("a bucket"))?;
        }
        if js.get_object_store(PAYLOAD_STORE).await.is_err() {
            let config =
                object_store::Config { bucket: PAYLOAD_STORE.to_owned(), max_age: PAYLOAD_TTL, num_replicas: replicas, ..Default::default() };
            js.create_object_store(config).await.map_err(NatsError::unavailable("the object store"))?;
        }
        for (stream, config) in
            [(TASKS, consumer("workers", LEASE, MAX_TASK_ACKS)), (RESULTS, consumer("coordinator", RESULT_ACK_WAIT, MAX_RESULT_ACKS))]
        {
            let stream = js.get_stream(stream).await.map_err(NatsError::unavailable("a stream"))?;
            stream.create_consumer(config).await.map_err(NatsError::unavailable("a consumer"))?;
        }
        Self::open(js).await
    }

    /// Returns when the task stream was created: another time is another stream. `None` if a stream, bucket or consumer is
    /// missing.
    ///
    /// # Errors
    /// NATS does not answer.
    pub(super) async fn created(js: &Context) -> Result<Option<DateTime<Utc>>, NatsError> {
        let names: HashSet<String> = js.stream_names().try_collect().await.map_err(NatsError::unavailable("the list of streams"))?;
        let wanted = [TASKS, RESULTS, DEAD].map(str::to_owned).into_iter().chain([SITE_KV, HEARTBEAT_KV].map(|b| format!("KV_{b}")));
        if !wanted.chain([format!("OBJ_{PAYLOAD_STORE}")]).all(|name| names.contains(&name)) {
            return Ok(None);
        }
        let mut created = None;
        for (name, consumer) in [(RESULTS, "coordinator"), (TASKS, "workers")] {
            let Ok(stream) = js.get_stream(name).await else { return Ok(None) };
            if stream.consumer_info(consumer).await.is_err() {
                return Ok(None);
            }
            created = Some(stream.cached_info().created);
        }
        Ok(created)
    }

    /// Finds what the coordinator created.
    ///
    /// # Errors
    /// Something is missing.
    pub(super) async fn open(js: &Context) -> Result<Self, NatsError> {
        let sites = js.get_key_value(SITE_KV).await.map_err(NatsError::unavailable("the bucket qingbao-lore"))?;
        let heartbeats = js.get_key_value(HEARTBEAT_KV).await.map_err(NatsError::unavailable("the bucket qingbao-pulse"))?;
        let payloads = js.get_object_store(PAYLOAD_STORE).await.map_err(NatsError::unavailable("the object store qingbao-large"))?;
        let tasks = js.get_consumer_from_stream("workers", TASKS).await.map_err(NatsError::unavailable("the stream of tasks"))?;
        let results = js.get_consumer_from_stream("coordinator", RESULTS).await.map_err(NatsError::unavailable("the stream of results"))?;
        let stream = js.get_stream(TASKS).await.map_err(NatsError::unavailable("the stream of tasks"))?;
        let replicas = stream.cached_info().config.num_replicas;
        Ok(Self { js: js.clone(), sites, heartbeats, payloads, tasks, results, replicas })
    }

    /// Whether several servers remember which worker has which task, so that a restart of one does not forget it.
    pub(super) fn is_replicated(&self) -> bool {
        self.replicas > 1
    }

    /// Records that the streams were lost and created again: the tasks under way are unknown.
    pub(super) async fn note_loss(&self) -> Result<(), NatsError> {
        self.sites.put(LOSS_KEY, "".into()).await.map_err(NatsError::unavailable("the bucket qingbao-lore"))?;
        Ok(())
    }

    /// Whether the streams were lost and created again less than `age` ago, by the clock of NATS; false if unknown.
    pub(super) async fn lost_within(&self, age: Duration) -> bool {
        let at = async |key: &str| self.sites.entry(key).await.ok().flatten().map(|e| e.created);
        let Some(loss) = at(LOSS_KEY).await else { return false };
        // the coordinator sends a heartbeat every few seconds: that is "now"
        at(COORDINATOR_KEY).await.is_none_or(|now| (now - loss).to_std().is_ok_and(|since| since < age) || now < loss)
    }

    /// Returns the sequence number of the last published task.
    pub(super) async fn last_task(&self) -> Result<u64, NatsError> {
        let stream = self.js.get_stream(TASKS).await.map_err(NatsError::unavailable("the stream of tasks"))?;
        Ok(stream.cached_info().state.last_sequence)
    }
}

fn streams(num_replicas: usize) -> [stream::Config; 3] {
    let queue = |name: &str, subject: &str| stream::Config {
        name: name.to_owned(),
        subjects: vec![subject.to_owned()],
        retention: RetentionPolicy::WorkQueue,
        duplicate_window: DUPLICATE_WINDOW,
        num_replicas,
        ..Default::default()
    };
    [
        stream::Config {
            // one task per host; a second one is refused, whichever coordinator publishes it
            max_messages_per_subject: 1,
            discard: DiscardPolicy::New,
            discard_new_per_subject: true,
            ..queue(TASKS, "qingbao.tasks.*")
        },
        queue(RESULTS, RESULT_SUBJECT),
        stream::Config {
            name: DEAD.to_owned(),
            subjects: vec![DEAD_SUBJECT.to_owned()],
            max_age: DEAD_AGE,
            max_messages: 10_000,
            num_replicas,
            ..Default::default()
        },
    ]
}

/// The stream of a key-value bucket (NATS ADR-8). Created as a stream, because the library demands more of the account from
/// servers before 2.10 than they report.
fn bucket(name: &str, max_age: Duration, num_replicas: usize) -> stream::Config {
    stream::Config {
        name: format!("KV_{name}"),
        subjects: vec![format!("$KV.{name}.>")],
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        // no roll-up: a user who may write one key could empty the bucket with it, and we never purge keys
        allow_rollup: false,
        max_age,
        duplicate_window: if max_age.is_zero() { DUPLICATE_WINDOW } else { max_age.min(DUPLICATE_WINDOW) },
        deny_delete: true,
        allow_direct: true,
        num_replicas,
        ..Default::default()
    }
}

fn consumer(name: &str, ack_wait: Duration, max_ack_pending: i64) -> pull::Config {
    pull::Config { durable_name: Some(name.to_owned()), ack_policy: AckPolicy::Explicit, ack_wait, max_ack_pending, ..Default::default() }
}

/// Returns the subject of a host's tasks.
pub(super) fn subject(host_key: &str) -> String {
    format!("qingbao.tasks.{:032x}", xxhash_rust::xxh3::xxh3_128(host_key.as_bytes()))
}
