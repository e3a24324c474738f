//! The fetcher against servers that are slow, broken, greedy or hostile, over real sockets: each visit ends within its
//! bound with an error that names what happened.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

mod hostile;
mod server;
mod trust;

use std::sync::Arc;
use std::time::Duration;

use qingbao::config::settings::FetchSettings;
use qingbao::fetch::{DocumentKind, FetchResponse, Fetched, Fetcher, NoopSiteStore, Request, Validators};
use qingbao::model::{RateKey, Source, SourceId, WebUrl};

/// Bounds that make a test short.
fn settings() -> FetchSettings {
    FetchSettings {
        timeout: Duration::from_secs(3),
        connect_timeout: Duration::from_secs(1),
        idle_timeout: Duration::from_millis(1500),
        host_delay: Duration::ZERO,
        max_page_bytes: 4 << 20,
        ..FetchSettings::default()
    }
}

fn fetcher() -> Fetcher {
    Fetcher::new(&settings(), Arc::new(NoopSiteStore)).unwrap()
}

/// A source at an address, with a lane of its own and no question about robots.txt.
fn source(id: &str, url: &str) -> Source {
    let mut source = Source::plain(SourceId::parse(id).unwrap(), id.to_owned(), WebUrl::parse(url).unwrap());
    (source.allow_private, source.rate_key, source.robots_exempt) = (true, RateKey::Source, Some("test".to_owned()));
    source
}

async fn get(fetcher: &Fetcher, source: &Source) -> FetchResponse {
    let none = Validators::default();
    fetcher.get(&Request { url: &source.url, source, validators: &none, kind: DocumentKind::Page, keep_alive: false, scope: None }).await
}

/// `ok` or the code of the error.
fn code(answer: &FetchResponse) -> &'static str {
    answer.result.as_ref().map_or_else(qingbao::fetch::FetchError::code, |_| "ok")
}

fn text(answer: &FetchResponse) -> String {
    match &answer.result {
        Ok(Fetched::Page(page)) => String::from_utf8_lossy(&page.body).into_owned(),
        other => format!("{other:?}"),
    }
}
