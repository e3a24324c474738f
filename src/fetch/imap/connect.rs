//! Opens a connection to a mailbox: address filter, TLS, login.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};

use crate::fetch::imap::wire::{Stream, Wire};
use crate::fetch::imap::{ImapError, Session};
use crate::fetch::ssrf::{NoPublicAddress, Resolver, is_private_host};
use crate::model::{Mailbox, MailboxTls};

/// For each address, and for the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest password, in bytes.
const MAX_PASSWORD: u64 = 1000;

/// Connects to a mailbox and logs in. Private addresses are refused unless the source allows them.
pub async fn connect(mailbox: &Mailbox, allow_private: bool) -> Result<Session, ImapError> {
    let password = password(mailbox)?;
    let tls = if mailbox.tls == MailboxTls::None { None } else { Some(connector(mailbox)?) };
    let plain: Box<dyn Stream> = Box::new(open(mailbox, allow_private).await?);
    let mut session = match (&tls, mailbox.tls) {
        (Some(tls), MailboxTls::Implicit) => Session::greeted(Wire::new(encrypt(tls, mailbox, plain).await?)).await?,
        (Some(tls), _) => {
            let plain = Session::greeted(Wire::new(plain)).await?.starttls().await?;
            Session::unauthenticated(Wire::new(encrypt(tls, mailbox, plain).await?))
        }
        (None, _) => Session::greeted(Wire::new(plain)).await?,
    };
    session.login(&mailbox.user, &password).await?;
    Ok(session)
}

async fn open(mailbox: &Mailbox, allow_private: bool) -> Result<TcpStream, ImapError> {
    let host = &mailbox.server;
    if !allow_private && is_private_host(host) {
        return Err(ImapError::Private(host.clone()));
    }
    let resolver = if allow_private { Resolver::new().open() } else { Resolver::new() };
    let found = resolver.lookup(host).await.map_err(|e| {
        if e.is::<NoPublicAddress>() { ImapError::Private(host.clone()) } else { ImapError::Dns { host: host.clone(), cause: e.to_string() } }
    })?;
    let mut cause = "no address".to_owned();
    for address in found {
        match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(SocketAddr::new(address.ip(), mailbox.port))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(e)) => cause = e.to_string(),
            Err(_) => cause = format!("no answer within {CONNECT_TIMEOUT:?}"),
        }
    }
    Err(ImapError::Connect { host: host.clone(), cause })
}

async fn encrypt(tls: &TlsConnector, mailbox: &Mailbox, plain: Box<dyn Stream>) -> Result<Box<dyn Stream>, ImapError> {
    let failed = |cause: String| ImapError::Tls { host: mailbox.server.clone(), cause };
    let name = ServerName::try_from(mailbox.server.clone()).map_err(|e| failed(e.to_string()))?;
    let shaken = tokio::time::timeout(CONNECT_TIMEOUT, tls.connect(name, plain)).await;
    Ok(Box::new(shaken.map_err(|_| ImapError::Timeout(CONNECT_TIMEOUT))?.map_err(|e| failed(e.to_string()))?))
}

/// Returns TLS that trusts what the system trusts, and the mailbox's own authority.
fn connector(mailbox: &Mailbox) -> Result<TlsConnector, ImapError> {
    let failed = |cause: String| ImapError::Tls { host: mailbox.server.clone(), cause };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let own = mailbox.ca_file.as_deref().map(authority).transpose()?.unwrap_or_default();
    let verifier = Verifier::new_with_extra_roots(own, Arc::clone(&provider)).map_err(|e| failed(e.to_string()))?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|e| failed(e.to_string()))?;
    let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn authority(path: &Path) -> Result<Vec<CertificateDer<'static>>, ImapError> {
    let failed = |cause: String| ImapError::File { path: path.display().to_string(), cause };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|e| failed(e.to_string()))?;
    certificates.collect::<Result<_, _>>().map_err(|e| failed(e.to_string()))
}

/// Reads the password from the file, the systemd credential or the environment, without blanks at the ends.
fn password(mailbox: &Mailbox) -> Result<String, ImapError> {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|d| PathBuf::from(d).join("imap_password")).filter(|p| p.exists());
    let missing = || ImapError::NoPassword(mailbox.user.clone());
    let text = match mailbox.password_file.clone().or(credential) {
        Some(path) => {
            let failed = |cause: String| ImapError::File { path: path.display().to_string(), cause };
            if std::fs::metadata(&path).map_err(|e| failed(e.to_string()))?.len() > MAX_PASSWORD {
                return Err(failed("too long for a password".to_owned()));
            }
            std::fs::read_to_string(&path).map_err(|e| failed(e.to_string()))?
        }
        None => std::env::var("QINGBAO_IMAP_PASSWORD").map_err(|_| missing())?,
    };
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}');
    if text.is_empty() { Err(missing()) } else { Ok(text.to_owned()) }
}
