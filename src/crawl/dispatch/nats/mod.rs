//! Workers on other machines, over NATS JetStream.
//!
//! The coordinator (with the store) publishes tasks to a work queue that holds at most one message per host: NATS refuses a
//! second one until the first is acknowledged, whoever publishes it. A worker acknowledges a task once its result is in the
//! result stream; the coordinator acknowledges a result once it is in the database. So each side may crash at any moment: tasks
//! and results are repeated, and duplicates are recognised by id.

mod cluster_status;
mod codec;
mod connection;
mod coordinator;
mod dispatcher;
mod hosts;
mod in_progress;
mod results;
mod site_store;
mod stale;
mod status;
mod streams;
mod worker;

use crate::fetch::ClientError;
pub use codec::VERSION;

pub use cluster_status::{ClusterStatus, DeadLetter, GONE_AFTER, Heartbeat, WorkerStatus};
pub use dispatcher::NatsDispatcher;
pub use status::{cluster_status, is_name};
pub use worker::{RUN_TASK, WorkerReport, WorkerSettings, check, run_task, work};

/// Errors of NATS and its messages.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// No connection.
    #[error("no connection to NATS at {url}: {cause}; {}", connect_hint(cause))]
    Connect { url: String, cause: String },
    /// A file with credentials or certificates is unreadable.
    #[error("{path} cannot be read: {cause}; see [crawl] in the settings")]
    File { path: String, cause: String },
    /// A stream or bucket cannot be created or found.
    #[error("{what} cannot be had: {cause}; {}", stream_hint(cause))]
    Stream { what: &'static str, cause: String },
    /// A message cannot be encoded or decoded.
    #[error("message {what}: {cause}")]
    Message { what: &'static str, cause: String },
    /// A large message cannot be stored in or read from the object store.
    #[error("a message too large for NATS cannot pass by the object store: {0}")]
    ObjectStore(String),
    /// NATS is still not ready after the timeout.
    #[error("{0}")]
    NotReady(String),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The machine has no threads left.
    #[error("no thread can be started: {0}; look at the limits of the service (TasksMax, ulimit -u)")]
    Threads(#[from] std::io::Error),
}

/// Returns what to do if there is no connection.
fn connect_hint(cause: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|w| cause.contains(w));
    if says(&["uthorization", "uthentication"]) {
        "user and password_file in [crawl] must be those that the server knows"
    } else if says(&["InvalidContentType", "tls not supported"]) {
        "this server speaks no TLS: write nats:// in place of tls://, or give it a certificate (qingbao-nats-setup)"
    } else if says(&["UnknownIssuer", "certificate", "NotValidForName", "TLS", "tls"]) {
        "ca_file in [crawl] must be the authority that signed the server's certificate, and the address one that it names (qingbao-nats-setup makes both)"
    } else {
        "is nats-server running there, and may this machine reach it?"
    }
}

/// Returns what to do if streams are missing.
fn stream_hint(cause: &str) -> &'static str {
    if cause.contains("not found") || cause.contains("has not told them") {
        "the coordinator makes it: start `qingbao serve --crawl nats://…` first"
    } else if cause.contains("timed out") {
        "nats-server may not grant this user what it asks for (is it the login of the right role?), or runs without JetStream (-js)"
    } else {
        "nats-server must run with JetStream (-js), 2.9 or later, and grant it to this user"
    }
}

impl NatsError {
    /// Returns a conversion for `map_err`: `what` cannot be created or found.
    fn unavailable<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |cause| Self::Stream { what, cause: cause.to_string() }
    }
}
