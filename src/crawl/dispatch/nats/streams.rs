//! The connection, and what lies behind it: streams, buckets and their names.

use std::path::Path;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::object_store::ObjectStore;
use async_nats::jetstream::stream::{self, DiscardPolicy, RetentionPolicy};
use async_nats::jetstream::{self, Context, kv, object_store};
use async_nats::{ConnectOptions, ServerAddr};

use crate::config::settings::CrawlSettings;
use crate::crawl::dispatch::nats::NatsError;

/// Streams and their subjects.
pub(super) const TASKS: &str = "QINGBAO_TASKS";
pub(super) const RESULTS: &str = "QINGBAO_OUTCOMES";
pub(super) const DEAD: &str = "QINGBAO_DEAD";
pub(super) const RESULT_SUBJECT: &str = "qingbao.outcomes";
pub(super) const DEAD_SUBJECT: &str = "qingbao.dead";
/// Buckets: what holds, and what passes.
const SITE_KV: &str = "qingbao-lore";
const HEARTBEAT_KV: &str = "qingbao-pulse";
const PAYLOAD_STORE: &str = "qingbao-large";
/// The key of the terms: the coordinator's settings of fetching.
pub(super) const POLICY_KEY: &str = "terms";

/// A task that nobody vouched for during so long is given to somebody else.
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// An outcome that is not in the database after so long is sent again.
const RESULT_ACK_WAIT: Duration = Duration::from_mins(5);
/// How long ids of messages are remembered, to know what is sent twice.
const DUPLICATE_WINDOW: Duration = Duration::from_mins(10);
/// A sign of life is forgotten after this.
const HEARTBEAT_TTL: Duration = Duration::from_secs(90);
const DEAD_AGE: Duration = Duration::from_hours(24 * 30);
const PAYLOAD_TTL: Duration = Duration::from_hours(24 * 7);
/// Tasks that may be in work at once, over all workers.
const MAX_TASK_ACKS: i64 = 65_536;
/// Outcomes on their way into the database at once.
const MAX_RESULT_ACKS: i64 = 4_096;
/// A connection that carries nothing is asked whether it stands.
const PING_INTERVAL: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// The connection with what it leads to.
#[derive(Clone)]
pub struct JetStreamHandles {
    pub(super) js: Context,
    /// What holds: terms, robots.txt files, cookies.
    pub(super) sites: kv::Store,
    /// What passes: signs of life, tries of tasks under suspicion.
    pub(super) heartbeats: kv::Store,
    pub(super) payloads: ObjectStore,
    pub(super) tasks: PullConsumer,
    pub(super) outcomes: PullConsumer,
}

/// Connects as the settings say.
///
/// # Errors
/// Nobody answers, or a file of the settings cannot be read.
pub async fn connect(settings: &CrawlSettings, name: &str) -> Result<Context, NatsError> {
    let failed = |cause: &dyn std::fmt::Display| NatsError::Connect { url: settings.nats.to_string(), cause: cause.to_string() };
    let file = |path: &Path, e: &dyn std::fmt::Display| NatsError::File { path: path.display().to_string(), cause: e.to_string() };
    let mut options =
        ConnectOptions::new().name(name).ping_interval(PING_INTERVAL).connection_timeout(REQUEST_TIMEOUT).request_timeout(Some(REQUEST_TIMEOUT));
    if let Some(path) = &settings.credentials_file {
        options = options.credentials_file(path).await.map_err(|e| file(path, &e))?;
    }
    if let (Some(user), Some(path)) = (&settings.user, &settings.password_file) {
        let password = tokio::fs::read_to_string(path).await.map_err(|e| file(path, &e))?;
        options = options.user_and_password(user.clone(), password.trim_end().to_owned());
        // answers to the coordinator hold tasks and outcomes: no other user is to listen to them
        options = options.custom_inbox_prefix(format!("_INBOX_{user}"));
    }
    if let Some(path) = &settings.ca_file {
        options = options.add_root_certificates(path.clone());
    }
    let servers: Result<Vec<ServerAddr>, _> = settings.nats.servers().map(str::parse).collect();
    let servers = servers.map_err(|e| failed(&e))?;
    options = options.require_tls(servers.iter().any(ServerAddr::tls_required));
    let client = options.connect(servers).await.map_err(|e| failed(&e))?;
    let mut js = jetstream::new(client);
    js.set_timeout(REQUEST_TIMEOUT);
    Ok(js)
}

impl JetStreamHandles {
    /// Makes what is missing, as the coordinator does.
    ///
    /// # Errors
    /// What cannot be made.
    pub(super) async fn create(js: Context, replicas: usize) -> Result<Self, NatsError> {
        for config in streams(replicas) {
            let what = if config.name == TASKS { "the stream of tasks" } else { "a stream" };
            js.create_or_update_stream(config).await.map_err(|e| NatsError::stream(what)(&e))?;
        }
        for config in [bucket(SITE_KV, Duration::ZERO, replicas), bucket(HEARTBEAT_KV, HEARTBEAT_TTL, replicas)] {
            js.create_or_update_stream(config).await.map_err(|e| NatsError::stream("a bucket")(&e))?;
        }
        if js.get_object_store(PAYLOAD_STORE).await.is_err() {
            let config =
                object_store::Config { bucket: PAYLOAD_STORE.to_owned(), max_age: PAYLOAD_TTL, num_replicas: replicas, ..Default::default() };
            js.create_object_store(config).await.map_err(|e| NatsError::stream("the object store")(&e))?;
        }
        for (stream, config) in
            [(TASKS, consumer("workers", LEASE, MAX_TASK_ACKS)), (RESULTS, consumer("coordinator", RESULT_ACK_WAIT, MAX_RESULT_ACKS))]
        {
            let stream = js.get_stream(stream).await.map_err(|e| NatsError::stream("a stream")(&e))?;
            stream.create_consumer(config).await.map_err(|e| NatsError::stream("a consumer")(&e))?;
        }
        Self::open(js).await
    }

    /// Deletes a task that every worker is done with and that still holds its host: a server that was killed may find messages
    /// again that were deleted, and never deliver them. Tells whether there was one.
    pub(super) async fn purge_stale_message(&self, subject: &str) -> bool {
        let ghost = async {
            let stream = self.js.get_stream_no_info(TASKS).await.ok()?;
            let message = stream.get_last_raw_message_by_subject(subject).await.ok()?;
            let done = self.tasks.get_info().await.ok()?.ack_floor.stream_sequence;
            (message.sequence <= done).then_some(())?;
            stream.delete_message(message.sequence).await.ok()
        };
        let found = ghost.await.unwrap_or(false);
        if found {
            tracing::warn!("a task that was done came back with a restart of NATS and is deleted");
        }
        found
    }

    /// Whether a task came back after a later one was published at its host: a host holds one, so it was done. `None` where NATS
    /// does not answer.
    pub(super) async fn is_stale(&self, message: &jetstream::Message) -> Option<bool> {
        let stream = self.js.get_stream_no_info(TASKS).await.ok()?;
        let last = stream.get_last_raw_message_by_subject(&message.subject).await.ok()?;
        Some(last.sequence > message.info().ok()?.stream_sequence)
    }

    /// Finds what the coordinator made.
    ///
    /// # Errors
    /// What is not there.
    pub(super) async fn open(js: Context) -> Result<Self, NatsError> {
        let lore = js.get_key_value(SITE_KV).await.map_err(|e| NatsError::stream("the bucket qingbao-lore")(&e))?;
        let pulse = js.get_key_value(HEARTBEAT_KV).await.map_err(|e| NatsError::stream("the bucket qingbao-pulse")(&e))?;
        let large = js.get_object_store(PAYLOAD_STORE).await.map_err(|e| NatsError::stream("the object store qingbao-large")(&e))?;
        let tasks = js.get_consumer_from_stream("workers", TASKS).await.map_err(|e| NatsError::stream("the stream of tasks")(&e))?;
        let outcomes = js.get_consumer_from_stream("coordinator", RESULTS).await.map_err(|e| NatsError::stream("the stream of outcomes")(&e))?;
        Ok(Self { js, sites: lore, heartbeats: pulse, payloads: large, tasks, outcomes })
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

/// The stream behind a key-value bucket, as NATS lays it down (ADR-8). Made as a stream, because the library asks servers before
/// 2.10 for more of the account than they tell.
fn bucket(name: &str, max_age: Duration, num_replicas: usize) -> stream::Config {
    stream::Config {
        name: format!("KV_{name}"),
        subjects: vec![format!("$KV.{name}.>")],
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        max_age,
        duplicate_window: if max_age.is_zero() { DUPLICATE_WINDOW } else { max_age.min(DUPLICATE_WINDOW) },
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        num_replicas,
        ..Default::default()
    }
}

fn consumer(name: &str, ack_wait: Duration, max_ack_pending: i64) -> pull::Config {
    pull::Config { durable_name: Some(name.to_owned()), ack_policy: AckPolicy::Explicit, ack_wait, max_ack_pending, ..Default::default() }
}

/// The subject of a host's tasks.
pub(super) fn subject(host_key: &str) -> String {
    format!("qingbao.tasks.{:032x}", xxhash_rust::xxh3::xxh3_128(host_key.as_bytes()))
}
