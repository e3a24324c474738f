//! The connection to NATS. It reconnects by itself and reads passwords and credentials again each time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::{self, Context};
use async_nats::{Auth, AuthError, ConnectOptions, Event, ServerAddr};

use crate::config::settings::CrawlSettings;
use crate::crawl::dispatch::nats::NatsError;

/// Interval of the client's pings.
const PING_INTERVAL: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest delay between two attempts to connect.
const MAX_RECONNECT_DELAY: Duration = Duration::from_secs(2);
const FIRST_RECONNECT_DELAY: Duration = Duration::from_millis(100);

/// A connection, and why it is down if it is.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) js: Context,
    url: String,
    last_error: Arc<Mutex<Option<String>>>,
}

impl Connection {
    /// Connects by the settings; `name` appears in the server's list of connections.
    ///
    /// # Errors
    /// The server does not answer, or a file of the settings is unreadable.
    pub(super) async fn open(settings: &CrawlSettings, name: &str) -> Result<Self, NatsError> {
        let last_error = Arc::<Mutex<Option<String>>>::default();
        let heard = Arc::clone(&last_error);
        let mut options = auth_options(settings, Arc::clone(&last_error))?
            .name(name)
            .ping_interval(PING_INTERVAL)
            .connection_timeout(REQUEST_TIMEOUT)
            .request_timeout(Some(REQUEST_TIMEOUT))
            .reconnect_delay_callback(|attempts| {
                FIRST_RECONNECT_DELAY.saturating_mul(u32::try_from(attempts).unwrap_or(u32::MAX)).min(MAX_RECONNECT_DELAY)
            })
            .event_callback(move |event| {
                note(&heard, &event);
                std::future::ready(())
            });
        if let Some(user) = &settings.user {
            // replies to the coordinator contain tasks and results: no other user may listen to them
            options = options.custom_inbox_prefix(format!("_INBOX_{user}"));
        }
        if let Some(path) = &settings.ca_file {
            std::fs::read(path).map_err(|e| file_error(path, &e))?;
            options = options.add_root_certificates(path.clone());
        }
        let url = settings.nats.to_string();
        let failed = |cause: String| NatsError::Connect { url: url.clone(), cause };
        let servers: Vec<ServerAddr> =
            settings.nats.servers().map(str::parse).collect::<Result<_, _>>().map_err(|e: std::io::Error| failed(e.to_string()))?;
        options = options.require_tls(servers.iter().any(ServerAddr::tls_required));
        let client = options.connect(servers).await.map_err(|e| failed(cause_of(&e)))?;
        let mut js = jetstream::new(client);
        js.set_timeout(REQUEST_TIMEOUT);
        Ok(Self { js, url, last_error })
    }

    /// Returns why NATS is unreachable; `None` while connected.
    pub(super) fn error(&self) -> Option<NatsError> {
        if self.js.client().connection_state() == State::Connected {
            return None;
        }
        let cause = self.last_error().unwrap_or_else(|| "the connection broke off".to_owned());
        Some(NatsError::Connect { url: self.url.clone(), cause })
    }

    /// Returns the last error of server or client since the last connect.
    pub(super) fn last_error(&self) -> Option<String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Stores why a connection fails, and logs each reason once.
fn note(last_error: &Mutex<Option<String>>, event: &Event) {
    let mut last = last_error.lock().unwrap_or_else(PoisonError::into_inner);
    match event {
        Event::Connected => {
            tracing::info!("connected to NATS");
            *last = None;
        }
        Event::Disconnected => tracing::warn!("the connection to NATS broke off; it is tried again"),
        Event::ClientError(_) | Event::ServerError(_) => {
            let words = event.to_string();
            if last.as_ref() != Some(&words) {
                tracing::warn!("NATS: {words}");
                *last = Some(words);
            }
        }
        _ => {}
    }
}

/// Returns an error with its causes.
fn cause_of(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        source = cause.source();
    }
    words
}

fn file_error(path: &Path, cause: &dyn std::fmt::Display) -> NatsError {
    NatsError::File { path: path.display().to_string(), cause: cause.to_string() }
}

/// Reads the credentials and signs the server's challenge.
type ReadAuth = dyn Fn(&[u8]) -> Result<Auth, NatsError> + Send + Sync;

/// Returns options that read the credentials at every connect, so that a changed password needs no restart. Reads them once now
/// to report missing files.
fn auth_options(settings: &CrawlSettings, last_error: Arc<Mutex<Option<String>>>) -> Result<ConnectOptions, NatsError> {
    let read: Arc<ReadAuth> = match (settings.credentials_file.clone(), settings.user.clone().zip(settings.password_file.clone())) {
        (Some(path), _) => Arc::new(move |nonce| credentials(&path, nonce)),
        (None, Some((user, path))) => Arc::new(move |_| password(user.clone(), &path)),
        (None, None) => return Ok(ConnectOptions::new()),
    };
    read(b"")?;
    Ok(ConnectOptions::with_auth_callback(move |nonce| {
        let auth = read(&nonce).map_err(|e| {
            *last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(e.to_string());
            AuthError::new(e)
        });
        std::future::ready(auth)
    }))
}

fn password(user: String, path: &Path) -> Result<Auth, NatsError> {
    let password = std::fs::read_to_string(path).map_err(|e| file_error(path, &e))?;
    let mut auth = Auth::new();
    (auth.username, auth.password) = (Some(user), Some(password.trim_end().to_owned()));
    Ok(auth)
}

/// Returns token and signature from a credentials file of `nsc`: two blocks between dashed lines (NATS ADR-14).
fn credentials(path: &PathBuf, nonce: &[u8]) -> Result<Auth, NatsError> {
    let text = std::fs::read_to_string(path).map_err(|e| file_error(path, &e))?;
    let block = |begins: &str| {
        let lines = text.lines().map(str::trim).skip_while(|l| !(l.starts_with("---") && l.contains(begins)));
        lines.skip(1).find(|l| !l.is_empty()).map(str::to_owned)
    };
    let missing = || file_error(path, &"it holds no user token and key; make it with `nsc generate creds`");
    let (jwt, seed) = block("BEGIN NATS USER JWT").zip(block("BEGIN USER NKEY SEED")).ok_or_else(missing)?;
    let key = nkeys::KeyPair::from_seed(&seed).map_err(|_| missing())?;
    let mut auth = Auth::new();
    (auth.jwt, auth.signature) = (Some(jwt), Some(key.sign(nonce).map_err(|e| file_error(path, &e))?));
    Ok(auth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_and_credentials_are_read_and_what_is_missing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        assert!(password("u".into(), &path).err().unwrap().to_string().contains("/p cannot be read"));
        std::fs::write(&path, "geheim \n").unwrap();
        assert_eq!(password("u".into(), &path).unwrap().password.as_deref(), Some("geheim"));
        assert!(credentials(&path, b"n").err().unwrap().to_string().contains("no user token"));
        let seed = nkeys::KeyPair::new_user().seed().unwrap();
        let creds = format!(
            "-----BEGIN NATS USER JWT-----\nabc.def\n------END NATS USER JWT------\n\n*** IMPORTANT ***\n-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        std::fs::write(&path, creds).unwrap();
        let auth = credentials(&path, b"nonce").unwrap();
        assert_eq!(auth.jwt.as_deref(), Some("abc.def"));
        assert!(nkeys::KeyPair::from_seed(&seed).unwrap().verify(b"nonce", &auth.signature.unwrap()).is_ok());
    }
}
