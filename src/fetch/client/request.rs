//! What is asked of the client: an address, what we know of it, and who else asks its host.

use serde::{Deserialize, Serialize};

use crate::fetch::redirect::Redirect;
use crate::model::{Source, WebUrl};

/// Cache validators, byte for byte as the site sent them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether a conditional request can be made.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// Each kind has its own size limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// A feed, list, sitemap or JSON list.
    Listing,
    /// An article page.
    Page,
    /// A file or picture that belongs to an article.
    File,
}

#[derive(Debug)]
pub struct Request<'a> {
    pub url: &'a WebUrl,
    /// Rate limit, ports, headers and cookies are the source's.
    pub source: &'a Source,
    pub validators: &'a Validators,
    pub kind: DocumentKind,
    /// Keep the connection open, because more requests to this host follow.
    pub keep_alive: bool,
    /// Set if other processes request other hosts at the same time.
    pub scope: Option<HostScope<'a>>,
}

/// A request that must stay with its host key, because another process is responsible for the others.
#[derive(Debug, Clone, Copy)]
pub struct HostScope<'a> {
    pub host_key: &'a str,
    /// Already followed.
    pub redirects: &'a [Redirect],
    /// Another process may have requested this host recently: wait one full delay first.
    pub initial_delay: bool,
}
