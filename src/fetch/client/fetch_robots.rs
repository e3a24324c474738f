//! Gets a site's robots.txt before any other request: from memory, the store, or the site.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use reqwest::header::CONTENT_ENCODING;

use crate::fetch::body::Body;
use crate::fetch::client::{Fetcher, Request, RequestStats};
use crate::fetch::error::FetchError;
use crate::fetch::headers::{header_text, redirect_target, retry_after};
use crate::fetch::redirect::RedirectChain;
use crate::fetch::robots::{MAX_BYTES, Robots, RobotsRecord, RobotsState};
use crate::fetch::ssrf::check_address;
use crate::model::{Source, WebUrl};

/// Parsed robots.txt files in memory; the store has the others.
const ROBOTS_CACHE_SIZE: usize = 512;

/// Rules per site, with their expiry.
pub(super) type RobotsCache = HashMap<String, (DateTime<Utc>, Arc<Robots>)>;

impl Fetcher {
    /// Returns the rules for an address; fetches them if they are unknown.
    pub(super) async fn robots_for(&self, url: &WebUrl, request: &Request<'_>, visit: &mut RequestStats) -> Result<Arc<Robots>, FetchError> {
        if request.source.robots_exempt.is_some() {
            return Ok(Arc::new(Robots::allow_all()));
        }
        let (site, now) = (url.origin(), Utc::now());
        if let Some((expires, robots)) = self.robots_cache.lock().unwrap_or_else(PoisonError::into_inner).get(&site)
            && *expires > now
        {
            return Ok(Arc::clone(robots));
        }
        let (site_store, key) = (Arc::clone(&self.site_store), site.clone());
        let known = tokio::task::spawn_blocking(move || site_store.robots(&key)).await.ok().flatten();
        let record = match known {
            Some(record) if !matches!(record.state(now), RobotsState::TaskKind) => record,
            known => {
                let record = match self.fetch_robots(url, request, visit).await {
                    Ok(file) => RobotsRecord::good(file, now),
                    // the site is unreachable: report that, not a robots.txt problem
                    Err(e @ (FetchError::Connect { .. } | FetchError::Dns { .. } | FetchError::Private(_) | FetchError::Port(_))) => return Err(e),
                    Err(e @ (FetchError::Certificate { .. } | FetchError::Tls { .. } | FetchError::Setting(_))) => return Err(e),
                    Err(FetchError::Busy { status, after }) if known.is_none() => return Err(FetchError::Busy { status, after }),
                    Err(e) => RobotsRecord::failed(known, e.to_string(), now),
                };
                let (site_store, key, kept) = (Arc::clone(&self.site_store), site.clone(), record.clone());
                let _ = tokio::task::spawn_blocking(move || site_store.put_robots(&key, &kept)).await;
                record
            }
        };
        match record.state(now) {
            RobotsState::Rules(robots) => {
                let robots = Arc::new(robots);
                let mut robots_cache = self.robots_cache.lock().unwrap_or_else(PoisonError::into_inner);
                if robots_cache.len() >= ROBOTS_CACHE_SIZE {
                    robots_cache.clear();
                }
                robots_cache.insert(site, (record.expires, Arc::clone(&robots)));
                Ok(robots)
            }
            RobotsState::Closed { cause, after } => Err(FetchError::RobotsUnreachable { host: site, cause, after }),
            // a fresh record is never due
            RobotsState::TaskKind => Ok(Arc::new(Robots::allow_all())),
        }
    }

    /// Returns the file, or `None` if the site has none (4xx, or a redirect loop: RFC 9309 §2.3.1.2 and §2.3.1.3).
    async fn fetch_robots(&self, of: &WebUrl, request: &Request<'_>, visit: &mut RequestStats) -> Result<Option<Vec<u8>>, FetchError> {
        let source = request.source;
        let Ok(mut url) = of.join("/robots.txt") else { return Ok(None) };
        let mut chain = RedirectChain::new(url.clone(), false);
        loop {
            check_address(&url, source)?;
            let mut turn = self.acquire_host(request, &url, visit, None).await?;
            let work = self.fetch_robots_once(&url, source, visit);
            let step = tokio::time::timeout(self.settings.timeout, work).await.unwrap_or(Err(FetchError::Timeout(self.settings.timeout)));
            if let Err(FetchError::Busy { after, .. }) = &step {
                turn.back_off(*after);
            }
            drop(turn);
            match step {
                Ok(Ok(file)) => return Ok(file),
                Ok(Err(to)) if chain.follow(&to, false).is_ok() => url = to,
                Ok(Err(_)) | Err(FetchError::BadRedirect(_)) => return Ok(None),
                Err(e) => return Err(e),
            }
        }
    }

    /// Returns the file, or the address to which it moved.
    async fn fetch_robots_once(
        &self,
        url: &WebUrl,
        source: &Source,
        visit: &mut RequestStats,
    ) -> Result<Result<Option<Vec<u8>>, WebUrl>, FetchError> {
        let builder = self.clients.get(url, source)?.get(url.as_url().clone());
        let mut response = self.send_counted(builder, url, visit).await?;
        let status = response.status();
        if let Some(after) = retry_after(status, response.headers(), SystemTime::now()) {
            return Err(FetchError::Busy { status: status.as_u16(), after });
        }
        match status.as_u16() {
            301 | 302 | 303 | 307 | 308 => return Ok(Err(redirect_target(url, response.headers())?)),
            400..=499 => return Ok(Ok(None)),
            200..=299 => {}
            other => return Err(FetchError::Status(other)),
        }
        let coding = header_text(response.headers(), CONTENT_ENCODING).unwrap_or_default().to_owned();
        let mut body = Body::new(&coding, MAX_BYTES)?;
        match self.stream(&mut response, url, &mut body, None, visit).await {
            Ok(()) => body.finish().map(|file| Ok(Some(file))),
            Err(FetchError::TooLarge(_)) => Ok(Ok(Some(body.prefix()))),
            Err(e) => Err(e),
        }
    }
}
