//! HTTP clients: one for each combination of address filter, certificate check and proxy that sources need.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Proxy};
use tower_layer::Layer;
use tower_service::Service;

use crate::config::settings::FetchSettings;
use crate::fetch::error::FetchError;
use crate::fetch::headers::default_headers;
use crate::fetch::ssrf::{Resolver, may_be_private};
use crate::model::{Source, TlsTrust, WebUrl};

/// Idle connections are closed after this: long enough for the next page of the same host, short enough that ten thousand hosts
/// do not keep ten thousand sockets.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(8);

/// Most headers of a response.
const MAX_HEADERS: usize = 256;

tokio::task_local! {
    /// Connections opened by the current task's request.
    static CONNECTS: Cell<u32>;
}

/// Runs a request and reports whether it reused a pooled connection.
pub(super) async fn with_connect_tracking<T>(request: impl Future<Output = T>) -> (T, bool) {
    CONNECTS
        .scope(Cell::new(0), async move {
            let answer = request.await;
            (answer, CONNECTS.with(Cell::get) == 0)
        })
        .await
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ClientKey {
    open: bool,
    insecure: bool,
    proxy: Option<String>,
}

/// Clients, created on first use.
pub(super) struct ClientPool {
    made: Mutex<HashMap<ClientKey, Client>>,
    resolver: Resolver,
    settings: FetchSettings,
}

impl ClientPool {
    /// Creates the standard client at once, so that a broken TLS set-up fails at start-up and not at night.
    pub(super) fn new(settings: &FetchSettings) -> Result<Self, reqwest::Error> {
        let this = Self { made: Mutex::default(), resolver: Resolver::new(), settings: settings.clone() };
        let usual = ClientKey { open: false, insecure: false, proxy: None };
        let client = this.build(&usual)?;
        this.made.lock().unwrap_or_else(PoisonError::into_inner).insert(usual, client);
        Ok(this)
    }

    /// Returns the resolver for an address of a source.
    pub(super) fn resolver(&self, url: &WebUrl, source: &Source) -> Resolver {
        if may_be_private(url, source) { self.resolver.open() } else { self.resolver.clone() }
    }

    /// Returns the client for an address of a source.
    pub(super) fn get(&self, url: &WebUrl, source: &Source) -> Result<Client, FetchError> {
        let profile = ClientKey { open: may_be_private(url, source), insecure: source.tls == TlsTrust::Insecure, proxy: source.proxy.clone() };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(&profile) {
            return Ok(client.clone());
        }
        let client = self.build(&profile).map_err(|e| FetchError::Setting(format!("no client for these settings: {e}")))?;
        made.insert(profile, client.clone());
        Ok(client)
    }

    fn build(&self, profile: &ClientKey) -> Result<Client, reqwest::Error> {
        let resolver = if profile.open { self.resolver.open() } else { self.resolver.clone() };
        let builder = Client::builder()
            .user_agent(&self.settings.user_agent)
            .redirect(Policy::none())
            .connect_timeout(self.settings.connect_timeout)
            .read_timeout(self.settings.idle_timeout)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .referer(false)
            .dns_resolver(resolver)
            .connector_layer(ConnectCounterLayer)
            .default_headers(default_headers())
            // accept the headers that browsers accept
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_max_headers(MAX_HEADERS)
            .tls_danger_accept_invalid_certs(profile.insecure);
        match &profile.proxy {
            // the proxy resolves names itself; address literals and ports were checked before
            Some(p) => builder.proxy(Proxy::all(p)?),
            None => builder.no_proxy(),
        }
        .build()
    }
}

/// Counts new connections.
#[derive(Debug, Clone, Copy)]
struct ConnectCounterLayer;

impl<S> Layer<S> for ConnectCounterLayer {
    type Service = ConnectCounter<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ConnectCounter(inner)
    }
}

#[derive(Debug, Clone)]
struct ConnectCounter<S>(S);

impl<S: Service<R>, R> Service<R> for ConnectCounter<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let _ = CONNECTS.try_with(|n| n.set(n.get() + 1));
        self.0.call(request)
    }
}
