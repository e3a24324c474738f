//! The client: one request with robots.txt, rate limit, redirects, cookies and limits.

mod fetch_robots;
mod receive;
mod request;
mod response;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::header::{COOKIE, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use reqwest::{RequestBuilder, Response, StatusCode};

use crate::config::settings::FetchSettings;
use crate::fetch::browser::Browser;
use crate::fetch::client_pool::{ClientPool, with_connect_tracking};
use crate::fetch::cookies::CookieJars;
use crate::fetch::error::{ClientError, FetchError};
use crate::fetch::headers::redirect_target;
use crate::fetch::rate_limit::{DelayPolicy, HostLimiter, HostPermit, host_key};
use crate::fetch::redirect::{Redirect, RedirectChain};
use crate::fetch::reqwest_error::explain;
use crate::fetch::robots::SiteStore;
use crate::fetch::ssrf::check_address;
use crate::model::WebUrl;

use fetch_robots::RobotsCache;
pub use request::{DocumentKind, HostScope, Request, Validators};
pub use response::{FetchResponse, Fetched, Page, RequestStats};

/// What one request of a chain of redirects came to.
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
    ) -> Result<HostPermit<'_>, FetchError> {
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
}
