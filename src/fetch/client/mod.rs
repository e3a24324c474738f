//! The client: one request with robots.txt, rate limit, redirects, cookies and limits.

mod fetch_robots;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::config::settings::FetchSettings;
use crate::fetch::body::Body;
use crate::fetch::browser::Browser;
use crate::fetch::charset;
use crate::fetch::client_pool::{ClientPool, with_connect_tracking};
use crate::fetch::cookies::CookieJars;
use crate::fetch::error::{ClientError, FetchError};
use crate::fetch::headers::{freshness, header_text, redirect_target, refresh_target, retry_after};
use crate::fetch::rate_limit::{DelayPolicy, HostLimiter, host_key};
use crate::fetch::redirect::{Redirect, RedirectChain, page_redirect};
use crate::fetch::reqwest_error::explain;
use crate::fetch::robots::{Robots, SiteStore};
use crate::fetch::ssrf::check_address;
use crate::model::{Source, WebUrl};
use crate::wall::Wall;

/// Bytes read from an error page.
const MAX_REFUSAL: usize = 256 << 10;
/// Media types that contain no text.
const MEDIA: [&str; 4] = ["image/", "video/", "audio/", "font/"];
/// Parsed robots.txt files in memory; the store has the others.
const ROBOTS_CACHE_SIZE: usize = 512;

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
    /// A redirect leads to another host key; only with [`Request::scope`].
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

/// Rules per site, with their expiry.
type RobotsCache = HashMap<String, (DateTime<Utc>, Arc<Robots>)>;

enum HopResult {
    Done(Fetched),
    Redirect { to: WebUrl, permanent: bool },
}

/// The HTTP client; one per process.
pub struct Fetcher {
    clients: ClientPool,
    limiter: HostLimiter,
    site_store: Arc<dyn SiteStore>,
    robots_cache: Mutex<RobotsCache>,
    jars: CookieJars,
    browser: Browser,
    settings: FetchSettings,
}

impl Fetcher {
    /// Fails only if TLS cannot be initialised.
    pub fn new(settings: &FetchSettings, site_store: Arc<dyn SiteStore>) -> Result<Self, ClientError> {
        Ok(Self {
            clients: ClientPool::new(settings)?,
            limiter: HostLimiter::new(settings.at_once, settings.host_delay),
            site_store,
            robots_cache: Mutex::default(),
            jars: CookieJars::default(),
            browser: Browser::new(settings),
            settings: settings.clone(),
        })
    }

    /// Waits for the host's turn, sends the request and follows redirects.
    pub async fn get(&self, request: &Request<'_>) -> FetchResponse {
        let mut visit = RequestStats::default();
        let jar = self.jars.open(request.source, &self.site_store).await.map(|jar| (Arc::clone(&jar), jar.to_json()));
        let result = self.follow(request, &mut visit).await;
        CookieJars::close(request.source, jar, &self.site_store).await;
        FetchResponse { result, stats: visit }
    }

    /// Returns the delay until the host's next turn; `None` during a request.
    pub fn delay_until_free(&self, host_key: &str) -> Option<Duration> {
        self.limiter.delay_until_free(host_key)
    }

    /// Returns the delay until the host's next turn; during a request, the longest delay.
    pub fn remaining_delay(&self, host_key: &str) -> Duration {
        self.delay_until_free(host_key).unwrap_or_else(|| self.settings.longest_pause())
    }

    pub fn settings(&self) -> &FetchSettings {
        &self.settings
    }

    /// Closes the browser.
    pub async fn close(&self) {
        self.browser.close().await;
    }

    async fn follow(&self, request: &Request<'_>, visit: &mut RequestStats) -> Result<Fetched, FetchError> {
        let source = request.source;
        let mut url = request.url.clone();
        let mut chain = RedirectChain::new(url.clone(), source.cookies);
        let mut redirects = request.scope.map_or_else(Vec::new, |w| w.redirects.to_vec());
        for hop in &redirects {
            chain.follow(&hop.to, hop.permanent)?;
            url = hop.to.clone();
        }
        if request.scope.is_some_and(|w| host_key(source, &url) != w.host_key) {
            return Ok(Fetched::CrossHostRedirect(redirects));
        }
        let mut budget = self.settings.timeout;
        loop {
            check_address(&url, source)?;
            let robots = self.robots_for(&url, request, visit).await?;
            if !robots.allows(&url) {
                return Err(FetchError::Robots(url.origin()));
            }
            let crawl_delay = robots.crawl_delay().map(|d| d.min(self.settings.max_crawl_delay));
            let mut turn = self.acquire_host(request, &url, visit, crawl_delay).await?;
            let started = Instant::now();
            let step = if source.render { self.render(&url, request, budget).await } else { self.fetch_hop(&url, request, budget, visit).await };
            let elapsed = started.elapsed();
            visit.millis += u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            budget = budget.saturating_sub(elapsed);
            if let Err(FetchError::Busy { after, .. }) = &step {
                turn.back_off(*after);
            }
            drop(turn);
            match step? {
                HopResult::Redirect { to, permanent } => {
                    chain.follow(&to, permanent)?;
                    if let Some(within) = request.scope {
                        redirects.push(Redirect { to: to.clone(), permanent });
                        if host_key(source, &to) != within.host_key {
                            return Ok(Fetched::CrossHostRedirect(redirects));
                        }
                    }
                    url = to;
                }
                HopResult::Done(mut done) => {
                    match &mut done {
                        Fetched::NotModified { permanent_redirect: moved, .. } => *moved = chain.permanent_target(),
                        Fetched::Page(page) => page.permanent_redirect = chain.permanent_target(),
                        Fetched::CrossHostRedirect(_) => {}
                    }
                    return Ok(done);
                }
            }
        }
    }

    async fn acquire_host(
        &self,
        request: &Request<'_>,
        url: &WebUrl,
        visit: &RequestStats,
        crawl_delay: Option<Duration>,
    ) -> Result<crate::fetch::rate_limit::HostPermit<'_>, FetchError> {
        let initial_delay = visit.requests == 0 && request.scope.is_some_and(|w| w.initial_delay);
        let host_key = host_key(request.source, url);
        // keep a longer back-off that the host asked for earlier
        self.limiter
            .acquire(&host_key, DelayPolicy { crawl_delay, initial_delay })
            .await
            .map_err(|after| FetchError::Busy { status: StatusCode::SERVICE_UNAVAILABLE.as_u16(), after })
    }

    /// One request with a time limit.
    async fn fetch_hop(&self, url: &WebUrl, request: &Request<'_>, budget: Duration, visit: &mut RequestStats) -> Result<HopResult, FetchError> {
        let work = async {
            let response = self.send(url, request, visit).await?;
            let status = response.status();
            if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                let to = redirect_target(url, response.headers())?;
                return Ok(HopResult::Redirect { to, permanent: matches!(status.as_u16(), 301 | 308) });
            }
            self.receive(response, url, request, visit).await
        };
        tokio::time::timeout(budget, work).await.unwrap_or(Err(FetchError::Timeout(self.settings.timeout)))
    }

    async fn render(&self, url: &WebUrl, request: &Request<'_>, budget: Duration) -> Result<HopResult, FetchError> {
        let resolver = self.clients.resolver(url, request.source);
        let rendered = self.browser.render(url, request.source, resolver, budget).await?;
        let page = Page {
            url: rendered.url,
            content_type: Some("text/html; charset=utf-8".to_owned()),
            validators: Validators::default(),
            body: rendered.html.into_bytes(),
            permanent_redirect: None,
            fresh_for: None,
            cut_short: false,
        };
        Ok(HopResult::Done(Fetched::Page(Box::new(page))))
    }

    async fn send(&self, url: &WebUrl, request: &Request<'_>, visit: &mut RequestStats) -> Result<Response, FetchError> {
        let source = request.source;
        let mut builder = self.clients.get(url, source)?.get(url.as_url().clone());
        for (name, value) in [(IF_NONE_MATCH, &request.validators.etag), (IF_MODIFIED_SINCE, &request.validators.last_modified)] {
            if let Some(v) = value {
                builder = builder.header(name, v);
            }
        }
        // headers may be secret: send them only to the source's own origin
        if url.origin() == source.url.origin() {
            for (name, value) in &source.headers {
                builder = builder.header(name, value);
            }
        }
        let jar = self.jars.jar_of(source);
        if let Some(cookies) = jar.as_ref().and_then(|j| j.cookies(url)) {
            builder = builder.header(COOKIE, cookies);
        }
        if !request.keep_alive {
            builder = builder.header(reqwest::header::CONNECTION, "close");
        }
        let response = self.send_counted(builder, url, visit).await?;
        if let Some(jar) = jar {
            jar.store_cookies(response.headers(), url);
        }
        Ok(response)
    }

    async fn send_counted(&self, builder: RequestBuilder, url: &WebUrl, visit: &mut RequestStats) -> Result<Response, FetchError> {
        let (response, reused) = with_connect_tracking(builder.send()).await;
        visit.requests += 1;
        visit.reused = reused;
        let response = response.map_err(|e| explain(&e, url, &self.settings))?;
        visit.status = Some(response.status().as_u16());
        Ok(response)
    }

    async fn receive(&self, response: Response, url: &WebUrl, request: &Request<'_>, visit: &mut RequestStats) -> Result<HopResult, FetchError> {
        let status = response.status();
        let fresh = freshness(response.headers());
        if status == StatusCode::NOT_MODIFIED {
            let asked = !request.validators.is_empty();
            return if asked {
                Ok(HopResult::Done(Fetched::NotModified { permanent_redirect: None, fresh_for: fresh }))
            } else {
                Err(FetchError::UnaskedNotModified)
            };
        }
        if let Some(after) = retry_after(status, response.headers(), SystemTime::now()) {
            return Err(FetchError::Busy { status: status.as_u16(), after });
        }
        if !matches!(status, StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION) {
            return Err(self.refusal(response, url, visit).await);
        }
        let text = |name| header_text(response.headers(), name).map(str::to_owned);
        let content_type = text(CONTENT_TYPE);
        if let Some(to) = refresh_target(url, response.headers()) {
            return Ok(HopResult::Redirect { to, permanent: false });
        }
        let validators = Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) };
        let max = match request.kind {
            DocumentKind::Listing => self.settings.max_feed_bytes,
            DocumentKind::File => self.settings.max_pdf_bytes,
            DocumentKind::Page if content_type.as_deref().is_some_and(is_file) => self.settings.max_pdf_bytes,
            DocumentKind::Page => self.settings.max_page_bytes,
        };
        let (body, cut_short) = self.read_body(response, url, (request.kind, max), visit).await?;
        if let Some(to) = page_redirect(&body, url) {
            return Ok(HopResult::Redirect { to, permanent: false });
        }
        Ok(HopResult::Done(Fetched::Page(Box::new(Page {
            url: url.clone(),
            content_type,
            validators,
            body,
            permanent_redirect: None,
            fresh_for: fresh,
            cut_short,
        }))))
    }

    /// Returns the error for an error status; some of these pages are captchas and the like.
    async fn refusal(&self, mut response: Response, url: &WebUrl, visit: &mut RequestStats) -> FetchError {
        let header = |name| header_text(response.headers(), name).unwrap_or_default().to_owned();
        let (status, content_type, coding) = (response.status().as_u16(), header(CONTENT_TYPE), header(CONTENT_ENCODING));
        let Ok(mut body) = Body::new(&coding, MAX_REFUSAL) else { return FetchError::Status(status) };
        // the beginning is enough, however it ends
        let _ = self.stream(&mut response, url, &mut body, None, visit).await;
        let page = charset::decode(&body.prefix(), Some(&content_type), None).text;
        Wall::of_error(status, &page).map_or(FetchError::Status(status), FetchError::Wall)
    }

    /// Returns the body, and whether its transfer ended early.
    async fn read_body(
        &self,
        mut response: Response,
        url: &WebUrl,
        (kind, max): (DocumentKind, usize),
        visit: &mut RequestStats,
    ) -> Result<(Vec<u8>, bool), FetchError> {
        let coding = header_text(response.headers(), CONTENT_ENCODING).unwrap_or_default().to_owned();
        if response.content_length().is_some_and(|n| n > max as u64) {
            return Err(FetchError::TooLarge(max));
        }
        // some feeds are labelled as pictures
        let media = header_text(response.headers(), CONTENT_TYPE).filter(|t| MEDIA.iter().any(|m| t.starts_with(m)));
        let media = media.filter(|_| kind != DocumentKind::File).map(str::to_owned);
        let mut body = Body::new(&coding, max)?;
        let result = self.stream(&mut response, url, &mut body, media.as_deref(), visit).await;
        let cut_short = match result {
            // the transfer is incomplete, the document is not
            Err(FetchError::Incomplete(cause)) if body.looks_whole() => {
                tracing::warn!(%url, cause, "body ended early, but its document is whole");
                true
            }
            other => other.map(|()| false)?,
        };
        let bytes = body.finish()?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(FetchError::Empty);
        }
        Ok((bytes, cut_short))
    }

    /// Reads a body. One that is labelled as media must begin like text.
    async fn stream(
        &self,
        response: &mut Response,
        url: &WebUrl,
        body: &mut Body,
        media: Option<&str>,
        visit: &mut RequestStats,
    ) -> Result<(), FetchError> {
        while let Some(chunk) = response.chunk().await.map_err(|e| explain(&e, url, &self.settings))? {
            visit.bytes_received += chunk.len() as u64;
            body.push(&chunk)?;
            if let Some(media) = media.filter(|_| body.begins_as_text() == Some(false)) {
                return Err(FetchError::NotText(media.to_owned()));
            }
        }
        Ok(())
    }
}
/// Whether a content type is that of a PDF or an office document, which may be larger than a page.
fn is_file(content_type: &str) -> bool {
    const FILES: [&str; 6] =
        ["application/pdf", "application/msword", "application/vnd.", "application/octet-stream", "application/wps", "application/kswps"];
    FILES.iter().any(|t| content_type.starts_with(t))
}
