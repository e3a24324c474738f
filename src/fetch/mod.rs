//! One polite HTTP client: one request at a time per host, validators, limits while streaming, an address guard.
//!
//! In: an address with what is known of it. Out: bytes with their headers, "not modified", or an error that says what
//! happened in words an editor understands. Nothing else in the crate opens a connection to a source.

pub mod charset;
mod client;
mod error;
mod guard;
mod queue;

pub use client::{Fetched, Fetcher, Page, Request, Validators};
pub use error::FetchError;
