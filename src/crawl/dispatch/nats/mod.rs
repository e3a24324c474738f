//! Work done by workers on other machines, by way of NATS JetStream.
//!
//! The coordinator (the one with the store) publishes tasks to a work queue that holds at most one message per host: NATS itself
//! refuses a second one until the first is acknowledged, whoever publishes it. A worker acknowledges a task once its outcome is
//! stored in the stream of outcomes; the coordinator acknowledges an outcome once it is in the database. So each side may die at
//! any moment: a task is done again, an outcome comes again, and what comes twice is known by its id.

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

pub use dispatcher::NatsDispatcher;
pub use status::{ClusterStatus, DeadLetter, Heartbeat, WorkerStatus, cluster_status};
pub use worker::{RUN_TASK, WorkerReport, WorkerSettings, check, run_task, work};

/// What keeps us from NATS, or from what came by it.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// No connection.
    #[error("no connection to NATS at {url}: {cause}; is nats-server running there, and may this machine reach it?")]
    Connect {
        /// The address.
        url: String,
        /// Cause.
        cause: String,
    },
    /// A file of the connection.
    #[error("{path} cannot be read: {cause}; see [crawl] in qingbao.toml")]
    File {
        /// The file.
        path: String,
        /// Cause.
        cause: String,
    },
    /// A stream or bucket cannot be made or found.
    #[error("{what} cannot be had: {cause}; nats-server must run with JetStream (-js), 2.9 or later, and grant it to this user")]
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

impl NatsError {
    fn stream(what: &'static str) -> impl FnOnce(&dyn std::fmt::Display) -> Self {
        move |cause| Self::Stream { what, cause: cause.to_string() }
    }
}
