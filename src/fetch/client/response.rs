//! What the client answers: a page, "not modified" or an error, and what the request cost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fetch::client::Validators;
use crate::fetch::error::FetchError;
use crate::fetch::redirect::Redirect;
use crate::model::WebUrl;

#[derive(Debug, Clone)]
pub struct Page {
    /// After redirects.
    pub url: WebUrl,
    pub content_type: Option<String>,
    /// For the next request.
    pub validators: Validators,
    /// Decompressed.
    pub body: Vec<u8>,
    /// New address after a permanent redirect (301, 308).
    pub permanent_redirect: Option<WebUrl>,
    /// From `Cache-Control` and `Age`.
    pub fresh_for: Option<Duration>,
    /// The transfer ended early, but after the end of the document.
    pub cut_short: bool,
}

/// A successful answer.
#[derive(Debug)]
pub enum Fetched {
    /// Our copy is current.
    NotModified {
        /// See [`Page::permanent_redirect`].
        permanent_redirect: Option<WebUrl>,
        /// See [`Page::fresh_for`].
        fresh_for: Option<Duration>,
    },
    Page(Box<Page>),
    /// A redirect leads to another host key; only with [`Request::scope`](crate::fetch::Request::scope).
    CrossHostRedirect(Vec<Redirect>),
}

/// What one request cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestStats {
    /// Body bytes before decompression.
    #[serde(rename = "wire")]
    pub bytes_received: u64,
    /// Without the time spent waiting for the host's turn.
    pub millis: u64,
    /// Including redirects and robots.txt.
    pub requests: u32,
    /// The last request reused a pooled connection.
    pub reused: bool,
    /// Of the last response.
    pub status: Option<u16>,
}

#[derive(Debug)]
pub struct FetchResponse {
    pub result: Result<Fetched, FetchError>,
    pub stats: RequestStats,
}
