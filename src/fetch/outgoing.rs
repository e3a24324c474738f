//! Requests that are no crawling: to chat robots, webhooks and a language model. Their addresses come from the settings, so there is
//! no robots.txt and no delay; the address filter of the crawl applies, with a list of hosts that may be private.

use std::error::Error as _;
use std::time::Duration;

use http::HeaderMap;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::redirect::Policy;

use crate::config::settings::AllowedHost;
use crate::fetch::ClientError;
use crate::fetch::ssrf::{NoPublicAddress, Resolver, is_private_host};
use crate::model::WebUrl;

/// For name server, connection and TLS. At most half of the whole timeout, so that a failure to connect is told apart from silence
/// after the request was sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no answer. The messages do not contain the address, because it may hold a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingError {
    /// The address filter refused it. Nothing was sent.
    #[error("{0} is a private address and not in the list of allowed hosts")]
    Private(String),
    /// Name server, connection or TLS failed. Nothing was sent.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The connection broke or timed out after the request was being sent. The receiver may have it.
    #[error("sent, but there is no answer: {0}")]
    Unknown(String),
}

/// A JSON request.
#[derive(Clone)]
pub struct OutgoingRequest {
    pub url: WebUrl,
    /// Besides `Content-Type`.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

/// An answer of any status.
#[derive(Debug)]
pub struct OutgoingAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    /// At most as many bytes as the client accepts.
    pub body: Vec<u8>,
    /// Whether the body is whole: neither too long nor cut off.
    pub is_complete: bool,
}

/// A client for one service.
#[derive(Clone)]
pub struct OutgoingClient {
    /// Reaches public addresses only.
    guarded: Client,
    /// For allowed hosts. It may use the proxy of the environment, because the filter does not apply.
    open: Client,
    allowed: Vec<AllowedHost>,
    max_answer: usize,
}

impl OutgoingClient {
    /// Creates a client that follows no redirects and reads at most `max_answer` bytes of an answer. Only hosts in `allowed` may have
    /// private addresses.
    ///
    /// # Errors
    /// TLS cannot be initialised.
    pub fn new(timeout: Duration, max_answer: usize, allowed: &[AllowedHost]) -> Result<Self, ClientError> {
        let builder = || {
            Client::builder()
                .timeout(timeout)
                .connect_timeout(CONNECT_TIMEOUT.min(timeout / 2))
                .redirect(Policy::none())
                // a reused connection may be closed already: then nobody knows whether the request arrived
                .pool_max_idle_per_host(0)
                .referer(false)
        };
        let resolver = Resolver::new();
        Ok(Self {
            guarded: builder().dns_resolver(resolver.clone()).no_proxy().build()?,
            open: builder().dns_resolver(resolver.open()).build()?,
            allowed: allowed.to_vec(),
            max_answer,
        })
    }

    /// Posts a request and returns the answer, whatever its status.
    pub async fn post(&self, request: OutgoingRequest) -> Result<OutgoingAnswer, OutgoingError> {
        let is_allowed = self.allowed.iter().any(|a| a.covers(&request.url));
        if !is_allowed && is_private_host(request.url.host()) {
            return Err(OutgoingError::Private(request.url.host().to_owned()));
        }
        let client = if is_allowed { &self.open } else { &self.guarded };
        let mut builder = client.post(request.url.as_url().clone()).header(CONTENT_TYPE, "application/json; charset=utf-8");
        builder = builder.header(USER_AGENT, concat!("qingbao/", env!("CARGO_PKG_VERSION")));
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let mut answer = builder.body(request.body).send().await.map_err(|e| explain(&e, request.url.host()))?;
        let (status, headers) = (answer.status().as_u16(), std::mem::take(answer.headers_mut()));
        let (mut body, mut is_complete) = (Vec::new(), true);
        loop {
            match answer.chunk().await {
                Ok(None) => break,
                Ok(Some(chunk)) if body.len() + chunk.len() <= self.max_answer => body.extend_from_slice(&chunk),
                // the status is known, so the caller can judge; what follows is not read
                Ok(Some(_)) | Err(_) => {
                    is_complete = false;
                    break;
                }
            }
        }
        Ok(OutgoingAnswer { status, headers, body, is_complete })
    }
}

fn explain(e: &reqwest::Error, host: &str) -> OutgoingError {
    let (mut cause, mut source) = (String::new(), e.source());
    while let Some(s) = source {
        if s.is::<NoPublicAddress>() {
            return OutgoingError::Private(host.to_owned());
        }
        cause = s.to_string();
        source = s.source();
    }
    if cause.is_empty() {
        cause = if e.is_timeout() { "timeout".to_owned() } else { "the connection broke".to_owned() };
    }
    // connecting includes the name server and TLS; a builder error is a header or address that cannot be sent
    if e.is_connect() || e.is_builder() { OutgoingError::NotSent(cause) } else { OutgoingError::Unknown(cause) }
}
