//! Cookies of sources with `cookies = true`: one jar each, in memory, and in the site store if workers share them.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use cookie_store::serde::json;
use cookie_store::{CookieStore, RawCookie};
use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};

use crate::fetch::robots::SiteStore;
use crate::model::{Source, SourceId, WebUrl};

/// A site that sets more loses all its cookies.
const MAX_JAR_BYTES: usize = 64 << 10;

#[derive(Default)]
pub(super) struct CookieJars(Mutex<HashMap<SourceId, Arc<CookieJar>>>);

/// The cookies of one source.
#[derive(Default)]
pub(super) struct CookieJar(RwLock<CookieStore>);

impl CookieJars {
    /// Returns the jar of a source as the last request left it; `None` if it keeps no cookies.
    pub(super) async fn open(&self, source: &Source, site_store: &Arc<dyn SiteStore>) -> Option<Arc<CookieJar>> {
        if !source.cookies {
            return None;
        }
        let jar = self.jar_of(source)?;
        let (site_store, id) = (Arc::clone(site_store), source.id.clone());
        if let Some(bytes) = tokio::task::spawn_blocking(move || site_store.cookies(&id)).await.ok().flatten() {
            jar.load(&bytes);
        }
        Some(jar)
    }

    /// Returns the jar during a request.
    pub(super) fn jar_of(&self, source: &Source) -> Option<Arc<CookieJar>> {
        source.cookies.then(|| Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(source.id.clone()).or_default()))
    }

    /// Persists cookies that changed during the request.
    pub(super) async fn close(source: &Source, opened: Option<(Arc<CookieJar>, Vec<u8>)>, site_store: &Arc<dyn SiteStore>) {
        let Some((jar, before)) = opened else { return };
        let bytes = jar.to_json();
        if bytes != before {
            let (site_store, id) = (Arc::clone(site_store), source.id.clone());
            let _ = tokio::task::spawn_blocking(move || site_store.put_cookies(&id, &bytes)).await;
        }
    }
}

impl CookieJar {
    /// Returns the `Cookie` header for an address.
    pub(super) fn cookies(&self, url: &WebUrl) -> Option<HeaderValue> {
        let store = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let pairs: Vec<String> = store.get_request_values(url.as_url()).map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { None } else { HeaderValue::from_str(&pairs.join("; ")).ok() }
    }

    /// Stores the cookies of a response.
    pub(super) fn store_cookies(&self, headers: &HeaderMap, url: &WebUrl) {
        let cookie = |v: &HeaderValue| Some(RawCookie::parse(v.to_str().ok()?.to_owned()).ok()?.into_owned());
        let mut set = headers.get_all(SET_COOKIE).iter().filter_map(cookie).peekable();
        if set.peek().is_none() {
            return;
        }
        self.0.write().unwrap_or_else(PoisonError::into_inner).store_response_cookies(set, url.as_url());
        if self.to_json().len() > MAX_JAR_BYTES {
            tracing::warn!("the cookies of {} are more than {MAX_JAR_BYTES} bytes and are forgotten", url.host());
            self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// Returns all cookies as JSON, including session cookies.
    pub(super) fn to_json(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let store = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if json::save_incl_expired_and_nonpersistent(&store, &mut bytes).is_err() {
            bytes.clear();
        }
        bytes
    }

    fn load(&self, bytes: &[u8]) {
        match json::load_all(Cursor::new(bytes)) {
            Ok(store) => *self.0.write().unwrap_or_else(PoisonError::into_inner) = store,
            Err(e) => tracing::warn!("cookies that others kept cannot be read: {e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn cookies_go_back_to_their_site_alone_and_survive_the_shelf() {
        let (here, there) = (WebUrl::parse("https://a.cn/x").unwrap(), WebUrl::parse("https://b.cn/").unwrap());
        let jar = CookieJar::default();
        jar.store_cookies(&header("session=1; Path=/"), &here);
        jar.store_cookies(&header("kept=2; Path=/; Max-Age=3600"), &here);
        jar.store_cookies(&header("other=3; Domain=b.cn"), &here);
        let again = CookieJar::default();
        again.load(&jar.to_json());
        for jar in [&jar, &again] {
            let mut sent: Vec<String> = jar.cookies(&here).unwrap().to_str().unwrap().split("; ").map(str::to_owned).collect();
            sent.sort();
            assert_eq!(sent, ["kept=2", "session=1"]);
            assert!(jar.cookies(&there).is_none(), "a cookie for another site is not taken");
        }
        again.load(b"{]");
        assert!(again.cookies(&here).is_some(), "what cannot be read changes nothing");
    }

    #[test]
    fn a_site_that_floods_us_with_cookies_has_them_forgotten() {
        let url = WebUrl::parse("https://a.cn/x").unwrap();
        let jar = CookieJar::default();
        for n in 0..100 {
            jar.store_cookies(&header(&format!("c{n}={}; Path=/", "x".repeat(1_000))), &url);
            assert!(jar.to_json().len() <= MAX_JAR_BYTES);
        }
    }
}
