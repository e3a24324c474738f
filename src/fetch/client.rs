//! The client itself: one visit with everything around it.

mod ask_robots;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE, ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::body::Body;
use super::browser::Browser;
use super::clients::{Clients, watching};
use super::error::FetchError;
use super::explain::explain;
use super::guard::check_address;
use super::headers::{freshness, redirect_target, retry_after};
use super::jars::Jars;
use super::queue::{Pace, Queue, lane};
use super::robots::{Robots, SiteStore};
use super::trail::{Hop, Trail, meta_refresh};
use crate::config::settings::FetchSettings;
use crate::model::{Source, WebUrl};

/// robots.txt files kept parsed in memory; the store has the others.
const PARSED: usize = 512;

/// What proves that our copy is current, exactly as the site sent it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// What kind of document is asked for: each has its own bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Something that lists entries.
    Listing,
    /// An article.
    Page,
}

/// One question to a source.
#[derive(Debug)]
pub struct Request<'a> {
    /// Where.
    pub url: &'a WebUrl,
    /// For whom: politeness, guard, ports, headers and cookies are the source's.
    pub source: &'a Source,
    /// What we hold already.
    pub validators: &'a Validators,
    /// What we hope for.
    pub expect: Expect,
    /// Whether more will be asked of this host soon: otherwise the connection is given back at once.
    pub keep: bool,
    /// Where other processes ask other lanes at the same time.
    pub within: Option<HostScope<'a>>,
}

/// A visit that must not leave its lane: who asks in the others is not known here.
#[derive(Debug, Clone, Copy)]
pub struct HostScope<'a> {
    /// The lane.
    pub lane: &'a str,
    /// Redirects that were followed already, by whomever.
    pub hops: &'a [Hop],
    /// Somebody else may have asked in this lane a moment ago: a full pause comes first.
    pub cold: bool,
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
    /// How long the site says its answer is fresh.
    pub fresh: Option<Duration>,
}

/// An answer.
#[derive(Debug)]
pub enum Fetched {
    /// Our copy is current.
    NotModified {
        /// As of [`Page::moved`].
        moved: Option<WebUrl>,
        /// As of [`Page::fresh`].
        fresh: Option<Duration>,
    },
    /// A new document.
    Page(Box<Page>),
    /// A redirect led into another lane, where the visit is to go on; only where [`Request::within`] says so.
    CrossHostRedirect(Vec<Hop>),
}

/// What one visit cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Bytes of bodies over the wire.
    pub wire: u64,
    /// Time spent asking; waiting for one's turn does not count.
    pub millis: u64,
    /// Requests made, redirects and robots.txt included.
    pub requests: u32,
    /// Whether the last request used a connection that stood already.
    pub reused: bool,
    /// Last status.
    pub status: Option<u16>,
}

/// What came of a question.
#[derive(Debug)]
pub struct Answer {
    /// The document, or why there is none.
    pub result: Result<Fetched, FetchError>,
    /// What it cost.
    pub visit: Visit,
}

/// Rules by site, with the moment they expire.
type Parsed = HashMap<String, (DateTime<Utc>, Arc<Robots>)>;

enum Step {
    Done(Fetched),
    Redirect { to: WebUrl, permanent: bool },
}

/// The client of the whole process.
pub struct Fetcher {
    clients: Clients,
    queue: Queue,
    shelf: Arc<dyn SiteStore>,
    parsed: Mutex<Parsed>,
    jars: Jars,
    browser: Browser,
    settings: FetchSettings,
}

impl Fetcher {
    /// Sets the client up; fails only where TLS cannot be initialised.
    pub fn new(settings: &FetchSettings, shelf: Arc<dyn SiteStore>) -> Result<Self, reqwest::Error> {
        Ok(Self {
            clients: Clients::new(settings)?,
            queue: Queue::new(settings.at_once, settings.host_delay),
            shelf,
            parsed: Mutex::default(),
            jars: Jars::default(),
            browser: Browser::new(settings),
            settings: settings.clone(),
        })
    }

    /// Asks once, in turn, following redirects.
    pub async fn get(&self, request: &Request<'_>) -> Answer {
        let mut visit = Visit::default();
        let jar = self.jars.open(request.source, &self.shelf).await.map(|jar| (Arc::clone(&jar), jar.bytes()));
        let result = self.follow(request, &mut visit).await;
        Jars::close(request.source, jar, &self.shelf).await;
        Answer { result, visit }
    }

    /// How long until a lane may be asked again; `None` while somebody asks.
    pub fn free_in(&self, lane: &str) -> Option<Duration> {
        self.queue.free_in(lane)
    }

    /// How long a lane is to rest by what is known here: where somebody asks there, as long as any pause.
    pub fn rest_of(&self, lane: &str) -> Duration {
        self.free_in(lane).unwrap_or_else(|| self.settings.longest_pause())
    }

    /// Ends what was started for rendering.
    pub async fn close(&self) {
        self.browser.close().await;
    }

    async fn follow(&self, request: &Request<'_>, visit: &mut Visit) -> Result<Fetched, FetchError> {
        let source = request.source;
        let mut url = request.url.clone();
        let mut trail = Trail::new(url.clone(), source.cookies);
        let mut hops = request.within.map_or_else(Vec::new, |w| w.hops.to_vec());
        for hop in &hops {
            trail.go(&hop.to, hop.permanent)?;
            url = hop.to.clone();
        }
        if request.within.is_some_and(|w| lane(source, &url) != w.lane) {
            return Ok(Fetched::CrossHostRedirect(hops));
        }
        let mut budget = self.settings.timeout;
        loop {
            check_address(&url, source)?;
            let robots = self.robots_of(&url, request, visit).await?;
            if !robots.allows(&url) {
                return Err(FetchError::Robots(url.origin()));
            }
            let crawl_delay = robots.crawl_delay().map(|d| d.min(self.settings.max_crawl_delay));
            let mut turn = self.turn(request, &url, visit, crawl_delay).await?;
            let started = Instant::now();
            let step = if source.render { self.render(&url, request, budget).await } else { self.step(&url, request, budget, visit).await };
            let elapsed = started.elapsed();
            visit.millis += u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            budget = budget.saturating_sub(elapsed);
            if let Err(FetchError::Busy { after, .. }) = &step {
                turn.pause(*after);
            }
            drop(turn);
            match step? {
                Step::Redirect { to, permanent } => {
                    trail.go(&to, permanent)?;
                    if let Some(within) = request.within {
                        hops.push(Hop { to: to.clone(), permanent });
                        if lane(source, &to) != within.lane {
                            return Ok(Fetched::CrossHostRedirect(hops));
                        }
                    }
                    url = to;
                }
                Step::Done(mut done) => {
                    match &mut done {
                        Fetched::NotModified { moved, .. } => *moved = trail.moved(),
                        Fetched::Page(page) => page.moved = trail.moved(),
                        Fetched::CrossHostRedirect(_) => {}
                    }
                    return Ok(done);
                }
            }
        }
    }

    async fn turn(
        &self,
        request: &Request<'_>,
        url: &WebUrl,
        visit: &Visit,
        crawl_delay: Option<Duration>,
    ) -> Result<super::queue::Turn<'_>, FetchError> {
        let cold = visit.requests == 0 && request.within.is_some_and(|w| w.cold);
        let lane = lane(request.source, url);
        // a lane that asked for more patience before is left alone until then
        self.queue
            .turn(&lane, Pace { crawl_delay, cold })
            .await
            .map_err(|after| FetchError::Busy { status: StatusCode::SERVICE_UNAVAILABLE.as_u16(), after })
    }

    /// One request within a bound of time.
    async fn step(&self, url: &WebUrl, request: &Request<'_>, budget: Duration, visit: &mut Visit) -> Result<Step, FetchError> {
        let work = async {
            let response = self.send(url, request, visit).await?;
            let status = response.status();
            if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                let to = redirect_target(url, response.headers())?;
                return Ok(Step::Redirect { to, permanent: matches!(status.as_u16(), 301 | 308) });
            }
            self.receive(response, url, request, visit).await
        };
        tokio::time::timeout(budget, work).await.unwrap_or(Err(FetchError::Timeout(self.settings.timeout)))
    }

    async fn render(&self, url: &WebUrl, request: &Request<'_>, budget: Duration) -> Result<Step, FetchError> {
        let resolver = self.clients.resolver(url, request.source);
        let rendered = self.browser.render(url, request.source, resolver, budget).await?;
        let page = Page {
            url: rendered.url,
            content_type: Some("text/html; charset=utf-8".to_owned()),
            validators: Validators::default(),
            body: rendered.html.into_bytes(),
            moved: None,
            fresh: None,
        };
        Ok(Step::Done(Fetched::Page(Box::new(page))))
    }

    async fn send(&self, url: &WebUrl, request: &Request<'_>, visit: &mut Visit) -> Result<Response, FetchError> {
        let source = request.source;
        let mut builder = self.clients.get(url, source)?.get(url.as_url().clone());
        for (name, value) in [(IF_NONE_MATCH, &request.validators.etag), (IF_MODIFIED_SINCE, &request.validators.last_modified)] {
            if let Some(v) = value {
                builder = builder.header(name, v);
            }
        }
        // what may be secret goes to the source's own origin and nowhere else
        if url.origin() == source.url.origin() {
            for (name, value) in &source.headers {
                builder = builder.header(name, value);
            }
        }
        let jar = self.jars.of(source);
        if let Some(cookies) = jar.as_ref().and_then(|j| j.cookies(url)) {
            builder = builder.header(COOKIE, cookies);
        }
        if !request.keep {
            builder = builder.header(reqwest::header::CONNECTION, "close");
        }
        let response = self.sent(builder, url, visit).await?;
        if let Some(jar) = jar {
            jar.take(response.headers(), url);
        }
        Ok(response)
    }

    async fn sent(&self, builder: RequestBuilder, url: &WebUrl, visit: &mut Visit) -> Result<Response, FetchError> {
        let (response, reused) = watching(builder.send()).await;
        visit.requests += 1;
        visit.reused = reused;
        let response = response.map_err(|e| explain(&e, url, &self.settings))?;
        visit.status = Some(response.status().as_u16());
        Ok(response)
    }

    async fn receive(&self, response: Response, url: &WebUrl, request: &Request<'_>, visit: &mut Visit) -> Result<Step, FetchError> {
        let status = response.status();
        let fresh = freshness(response.headers());
        if status == StatusCode::NOT_MODIFIED {
            let asked = !request.validators.is_empty();
            return if asked { Ok(Step::Done(Fetched::NotModified { moved: None, fresh })) } else { Err(FetchError::UnaskedNotModified) };
        }
        if let Some(after) = retry_after(status, response.headers(), SystemTime::now()) {
            return Err(FetchError::Busy { status: status.as_u16(), after });
        }
        if !matches!(status, StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION) {
            return Err(FetchError::Status(status.as_u16()));
        }
        let text = |name: HeaderName| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let content_type = text(CONTENT_TYPE);
        if let Some(media) = content_type.as_deref().filter(|t| ["image/", "video/", "audio/", "font/"].iter().any(|m| t.starts_with(m))) {
            return Err(FetchError::NotText(media.to_owned()));
        }
        let validators = Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) };
        let max = match request.expect {
            Expect::Listing => self.settings.max_feed_bytes,
            Expect::Page if content_type.as_deref().is_some_and(|t| t.contains("application/pdf")) => self.settings.max_pdf_bytes,
            Expect::Page => self.settings.max_page_bytes,
        };
        let body = self.read_body(response, url, max, visit).await?;
        if let Some(to) = meta_refresh(&body, url) {
            return Ok(Step::Redirect { to, permanent: false });
        }
        Ok(Step::Done(Fetched::Page(Box::new(Page { url: url.clone(), content_type, validators, body, moved: None, fresh }))))
    }

    async fn read_body(&self, mut response: Response, url: &WebUrl, max: usize, visit: &mut Visit) -> Result<Vec<u8>, FetchError> {
        let coding = response.headers().get(CONTENT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        if response.content_length().is_some_and(|n| n > max as u64) {
            return Err(FetchError::TooLarge(max));
        }
        let mut body = Body::new(&coding, max)?;
        self.stream(&mut response, url, &mut body, visit).await?;
        let bytes = body.finish()?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(FetchError::Empty);
        }
        Ok(bytes)
    }

    /// Takes a body off the wire.
    async fn stream(&self, response: &mut Response, url: &WebUrl, body: &mut Body, visit: &mut Visit) -> Result<(), FetchError> {
        while let Some(chunk) = response.chunk().await.map_err(|e| explain(&e, url, &self.settings))? {
            visit.wire += chunk.len() as u64;
            body.push(&chunk)?;
        }
        Ok(())
    }
}
