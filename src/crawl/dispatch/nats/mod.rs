//! Work done by workers on other machines, by way of NATS JetStream.
//!
//! The coordinator (the one with the store) publishes tasks to a work queue that holds at most one message per host: NATS itself
//! refuses a second one until the first is acknowledged, whoever publishes it. A worker acknowledges a task once its result is
//! in the stream of results; the coordinator acknowledges a result once it is in the database. So each side may die at any
//! moment: a task is done again, a result comes again, and what comes twice is known by its id.

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

/// What keeps us from NATS, or from what came by it.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// No connection.
    #[error("no connection to NATS at {url}: {cause}; {}", connect_hint(cause))]
    Connect {
        /// The address.
        url: String,
        /// Cause.
        cause: String,
    },
    /// A file of the connection.
    #[error("{path} cannot be read: {cause}; see [crawl] in the settings")]
    File {
        /// The file.
        path: String,
        /// Cause.
        cause: String,
    },
    /// A stream or bucket cannot be made or found.
    #[error("{what} cannot be had: {cause}; {}", stream_hint(cause))]
    Stream {
        /// Which one.
        what: &'static str,
        /// Cause.
        cause: String,
    },
    /// A message cannot be read or written.
    #[error("message {what}: {cause}")]
    Message {
        /// Which one.
        what: &'static str,
        /// Cause.
        cause: String,
    },
    /// What is too large for a message lies in the object store, and cannot be put there or had from there.
    #[error("a message too large for NATS cannot pass by the object store: {0}")]
    ObjectStore(String),
    /// NATS was waited for, and is not ready.
    #[error("{0}")]
    NotReady(String),
    /// The client cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The machine has no threads left.
    #[error("no thread can be started: {0}; look at the limits of the service (TasksMax, ulimit -u)")]
    Threads(#[from] std::io::Error),
}

/// What to do where no connection is made.
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

/// What to do where streams are missing.
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
    /// Returns what makes an error of a cause, for `map_err`: this cannot be had.
    fn stream<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |cause| Self::Stream { what, cause: cause.to_string() }
    }
}
