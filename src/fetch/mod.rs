//! The polite HTTP client: one request at a time per host, robots.txt, validators, limits while streaming, an address filter.
//!
//! In: an address and what we know of it. Out: bytes with their headers, "not modified", or an error that an editor understands,
//! and the cost of the request. Nothing else in the crate connects to a source. `outgoing.rs` sends requests that are no crawling: to a
//! language model, to chat robots.

mod body;
mod browser;
pub mod charset;
mod client;
mod client_pool;
mod cookies;
mod error;
mod gzip;
mod headers;
mod host;
pub mod imap;
mod limited_buffer;
mod outgoing;
mod proxy;
mod rate_limit;
mod redirect;
mod reqwest_error;
pub mod robots;
mod ssrf;

pub use browser::find_browser;
pub use client::{DocumentKind, FetchResponse, Fetched, Fetcher, HostScope, Page, Request, RequestStats, Validators};
pub use error::{ClientError, FetchError};
pub use headers::retry_after;
pub use outgoing::{OutgoingAnswer, OutgoingClient, OutgoingError, OutgoingRequest};
pub use rate_limit::host_key;
pub(crate) use rate_limit::{MAX_HOST_WAIT, jitter};
pub use redirect::Redirect;
pub use robots::{NoopSiteStore, RobotsRecord, SiteStore};
