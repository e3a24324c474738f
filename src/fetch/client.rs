//! The client itself: one GET with everything around it.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use reqwest::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

use super::error::FetchError;
use super::guard::{GuardedResolver, PrivateOnly, is_public, literal};
use super::queue::Queue;
use crate::config::settings::FetchSettings;
use crate::model::{RateKey, Source, WebUrl};

const MAX_REDIRECTS: usize = 5;
/// A site may ask us to wait, but not for ever.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);
/// Wait where the site asks for one without saying how long.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_mins(1);

/// What proves that our copy is current, exactly as the site sent it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, byte for byte.
    pub etag: Option<String>,
    /// `Last-Modified`, byte for byte.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether a conditional request can be made.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// One question to a source.
#[derive(Debug)]
pub struct Request<'a> {
    /// Where.
    pub url: &'a WebUrl,
    /// For whom: politeness, guard and ports are the source's.
    pub source: &'a Source,
    /// What we hold already.
    pub validators: &'a Validators,
    /// Most bytes, decompressed.
    pub max_bytes: usize,
}

/// A document as it arrived.
#[derive(Debug, Clone)]
pub struct Page {
    /// After redirects.
    pub url: WebUrl,
    /// `Content-Type`, if sent.
    pub content_type: Option<String>,
    /// Validators for the next time.
    pub validators: Validators,
    /// Decompressed.
    pub body: Vec<u8>,
    /// Where the site says the document lives now for good (301, 308).
    pub moved: Option<WebUrl>,
}

/// An answer.
#[derive(Debug)]
pub enum Fetched {
    /// Our copy is current.
    NotModified,
    /// A new document.
    Page(Box<Page>),
}

/// The client of the whole process.
pub struct Fetcher {
    guarded: Client,
    open: Client,
    queue: Queue,
    settings: FetchSettings,
}

impl Fetcher {
    /// Sets the client up; fails only where TLS cannot be initialised.
    pub fn new(settings: &FetchSettings) -> Result<Self, reqwest::Error> {
        let builder = || {
            Client::builder()
                .user_agent(&settings.user_agent)
                .redirect(Policy::none())
                .connect_timeout(settings.connect_timeout)
                .read_timeout(settings.timeout)
                .timeout(settings.timeout)
                .pool_max_idle_per_host(1)
                .referer(false)
                .no_proxy()
                .default_headers(default_headers())
        };
        Ok(Self {
            guarded: builder().dns_resolver(GuardedResolver).build()?,
            open: builder().build()?,
            queue: Queue::new(settings.at_once, settings.host_delay),
            settings: settings.clone(),
        })
    }

    /// Asks once, in turn, following redirects.
    pub async fn get(&self, request: &Request<'_>) -> Result<Fetched, FetchError> {
        let mut turn = match self.queue.turn(&rate_key(request)).await {
            Ok(turn) => turn,
            // asked for patience before; the host is left alone until then
            Err(after) => return Err(FetchError::Busy { status: StatusCode::SERVICE_UNAVAILABLE.as_u16(), after }),
        };
        let result = tokio::time::timeout(self.settings.timeout, self.follow(request)).await;
        let result = result.unwrap_or(Err(FetchError::Timeout(self.settings.timeout)));
        if let Err(FetchError::Busy { after, .. }) = &result {
            turn.pause(*after);
        }
        result
    }

    async fn follow(&self, request: &Request<'_>) -> Result<Fetched, FetchError> {
        let mut url = request.url.clone();
        let mut moved: Option<WebUrl> = None;
        let mut only_permanent = true;
        let mut chain = BTreeSet::new();
        for _ in 0..=MAX_REDIRECTS {
            check_address(&url, request.source)?;
            chain.insert(url.to_string());
            let response = self.ask(&url, request).await?;
            let status = response.status();
            if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                let moved = moved.filter(|_| only_permanent);
                return self.receive(response, url, moved, request).await;
            }
            only_permanent &= matches!(status.as_u16(), 301 | 308);
            url = redirect_target(&url, &response)?;
            moved = Some(url.clone());
        }
        Err(FetchError::RedirectLoop(chain.into_iter().collect::<Vec<_>>().join(" → ")))
    }

    async fn ask(&self, url: &WebUrl, request: &Request<'_>) -> Result<Response, FetchError> {
        let client = if request.source.allow_private { &self.open } else { &self.guarded };
        let mut builder = client.get(url.as_url().clone());
        let pairs = [(IF_NONE_MATCH, &request.validators.etag), (IF_MODIFIED_SINCE, &request.validators.last_modified)];
        for (name, value) in pairs {
            if let Some(v) = value {
                builder = builder.header(name, v);
            }
        }
        builder.send().await.map_err(|e| self.explain(&e, url))
    }

    async fn receive(&self, response: Response, url: WebUrl, moved: Option<WebUrl>, request: &Request<'_>) -> Result<Fetched, FetchError> {
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED {
            return if request.validators.is_empty() { Err(FetchError::UnaskedNotModified) } else { Ok(Fetched::NotModified) };
        }
        if let Some(after) = retry_after(status, response.headers(), SystemTime::now()) {
            return Err(FetchError::Busy { status: status.as_u16(), after });
        }
        if status != StatusCode::OK {
            return Err(FetchError::Status(status.as_u16()));
        }
        let text = |name: HeaderName| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let content_type = text(CONTENT_TYPE);
        let validators = Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) };
        let body = self.read_body(response, &url, request.max_bytes).await?;
        Ok(Fetched::Page(Box::new(Page { url, content_type, validators, body, moved })))
    }

    async fn read_body(&self, mut response: Response, url: &WebUrl, max: usize) -> Result<Vec<u8>, FetchError> {
        if response.content_length().is_some_and(|n| n > max as u64) {
            return Err(FetchError::TooLarge(max));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.explain(&e, url))? {
            if body.len() + chunk.len() > max {
                return Err(FetchError::TooLarge(max));
            }
            body.extend_from_slice(&chunk);
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(FetchError::Empty);
        }
        Ok(body)
    }

    fn explain(&self, e: &reqwest::Error, url: &WebUrl) -> FetchError {
        let mut causes = Vec::new();
        let mut source = e.source();
        while let Some(s) = source {
            if s.is::<PrivateOnly>() {
                return FetchError::Private(url.host().to_owned());
            }
            causes.push(s.to_string());
            source = s.source();
        }
        let host = url.authority();
        let all = causes.join(": ");
        let cause = causes.pop().unwrap_or_else(|| e.to_string());
        if e.is_timeout() {
            FetchError::Timeout(self.settings.timeout)
        } else if all.contains("dns error") || all.contains("failed to lookup") {
            FetchError::Dns(url.host().to_owned())
        } else if e.is_connect() && ["certificate", "tls", "TLS", "handshake"].iter().any(|w| all.contains(w)) {
            FetchError::Tls { host, cause }
        } else if e.is_connect() {
            FetchError::Connect { host, cause }
        } else {
            FetchError::Incomplete(cause)
        }
    }
}

fn default_headers() -> HeaderMap {
    use reqwest::header::HeaderValue;
    let mut headers = HeaderMap::new();
    let accept = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/json;q=0.9,application/xml;q=0.9,*/*;q=0.5";
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("zh-CN,zh;q=0.9,en;q=0.5"));
    headers
}

fn check_address(url: &WebUrl, source: &Source) -> Result<(), FetchError> {
    let port = url.as_url().port_or_known_default().unwrap_or(0);
    let written = source.url.as_url().port_or_known_default();
    if !matches!(port, 80 | 443) && Some(port) != written {
        return Err(FetchError::Port(port));
    }
    let is_private_literal = literal(url.host()).is_some_and(|ip| !is_public(ip));
    let is_local_name = url.host().trim_end_matches('.').eq_ignore_ascii_case("localhost");
    if !source.allow_private && (is_private_literal || is_local_name) {
        return Err(FetchError::Private(url.host().to_owned()));
    }
    Ok(())
}

fn redirect_target(from: &WebUrl, response: &Response) -> Result<WebUrl, FetchError> {
    let raw = response.headers().get(LOCATION).ok_or_else(|| FetchError::BadRedirect("no Location header".to_owned()))?;
    // Chinese sites send raw UTF-8 here; anything else is refused
    let text = std::str::from_utf8(raw.as_bytes()).map_err(|_| FetchError::BadRedirect("Location is not UTF-8".to_owned()))?;
    from.join(text).map_err(|e| FetchError::BadRedirect(e.to_string()))
}

/// The wait asked for by 429, or by 503 with `Retry-After` (RFC 9110 §10.2.3: seconds or a date).
fn retry_after(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok());
    match (status, value) {
        (StatusCode::TOO_MANY_REQUESTS, None) => Some(DEFAULT_RETRY_AFTER),
        (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(v)) => Some(read_retry_after(v.trim(), now)),
        _ => None,
    }
}

fn read_retry_after(value: &str, now: SystemTime) -> Duration {
    let wait = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        value.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else if let Ok(date) = DateTime::parse_from_rfc2822(value) {
        (date.with_timezone(&Utc) - DateTime::<Utc>::from(now)).to_std().unwrap_or_default()
    } else {
        DEFAULT_RETRY_AFTER
    };
    wait.min(MAX_RETRY_AFTER)
}

fn rate_key(request: &Request<'_>) -> String {
    match request.source.rate_key {
        RateKey::Host => request.url.authority(),
        RateKey::Source => format!("source {}", request.source.id),
        RateKey::Domain => registrable(request.url.host()).to_owned(),
    }
}

/// The registrable domain, near enough for politeness: two labels, three below the public second levels of .cn.
fn registrable(host: &str) -> &str {
    const SECOND: [&str; 8] = ["com", "gov", "org", "net", "edu", "ac", "co", "mil"];
    if literal(host).is_some() {
        return host;
    }
    let labels: Vec<&str> = host.rsplit('.').take(3).collect();
    let keep = match labels.as_slice() {
        [top, second, _] if top.len() == 2 && SECOND.contains(second) => 3,
        _ => 2,
    };
    let bytes = labels.iter().take(keep).map(|l| l.len() + 1).sum::<usize>().saturating_sub(1);
    host.get(host.len().saturating_sub(bytes)..).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_or_date_and_capped() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(498_744); // 2026-11-24T00:00:00Z
        let table = [
            ("120", 120),
            ("99999999999999999999999", 86_400),
            ("Tue, 24 Nov 2026 00:01:00 GMT", 60),
            ("Mon, 23 Nov 2026 00:00:00 GMT", 0),
            ("-5", 60),
            ("soon", 60),
        ];
        for (value, seconds) in table {
            assert_eq!(read_retry_after(value, now).as_secs(), seconds, "{value}");
        }
    }

    #[test]
    fn registrable_domains_know_the_second_levels_of_cn() {
        let table = [("www.kjt.henan.gov.cn", "henan.gov.cn"), ("a.b.21xc.com", "21xc.com"), ("localhost", "localhost"), ("127.0.0.1", "127.0.0.1")];
        for (host, expected) in table {
            assert_eq!(registrable(host), expected);
        }
    }
}
