//! How a letter leaves: as a file, or by SMTP in a transaction of its own.

use std::path::PathBuf;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::config::settings::{MailSettings, MailTls, SmtpSettings};
use crate::store::OutboxRow;

/// Where the password was looked for.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file.
    #[error("password file {path} cannot be read: {source}; check path, owner and mode")]
    File {
        /// The file.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// A user name without a password.
    #[error("no password for mail user {0}: set password_file, the systemd credential smtp_password, or QINGBAO_SMTP_PASSWORD")]
    Missing(String),
}

/// A transport that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Password.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// TLS.
    #[error("mail server settings: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted, with the server's words or the file's name.
    Accepted(String),
    /// Not now; with the reason.
    Later(String),
    /// Never; with the reason.
    Refused(String),
}

/// A way out.
pub enum Transport {
    /// One `.eml` per letter in this folder.
    Files(PathBuf),
    /// An SMTP server.
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>, Address),
}

impl Transport {
    /// Sets up what the settings say; `folder` takes the files where no server is set.
    pub fn new(settings: &MailSettings, folder: PathBuf) -> Result<Self, TransportError> {
        match &settings.smtp {
            None => Ok(Self::Files(folder)),
            Some(s) => Ok(Self::Smtp(Box::new(smtp(s)?), settings.from.address().clone())),
        }
    }

    /// Tries to hand a letter over.
    pub async fn send(&self, letter: &OutboxRow) -> Outcome {
        match self {
            Self::Files(folder) => write_file(folder.clone(), letter.clone()).await,
            Self::Smtp(server, from) => send_smtp(server, from, letter).await,
        }
    }
}

fn smtp(s: &SmtpSettings) -> Result<AsyncSmtpTransport<Tokio1Executor>, TransportError> {
    let tls = match s.tls {
        MailTls::Implicit => Tls::Wrapper(TlsParameters::new(s.host.clone())?),
        MailTls::Starttls => Tls::Required(TlsParameters::new(s.host.clone())?),
        MailTls::None => Tls::None,
    };
    // without a pool: letters go one after the other, as providers that refuse parallel logins want (421 HL:ICC)
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&s.host).port(s.port).tls(tls).timeout(Some(s.timeout));
    if let Some(user) = &s.user {
        builder = builder.credentials(Credentials::new(user.clone(), password(s, user)?));
    }
    Ok(builder.build())
}

/// From the file, the systemd credential, or the environment; blanks that copying adds are dropped.
fn password(s: &SmtpSettings, user: &str) -> Result<String, SecretError> {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|d| PathBuf::from(d).join("smtp_password")).filter(|p| p.exists());
    let text = match s.password_file.clone().or(credential) {
        Some(path) => std::fs::read_to_string(&path).map_err(|source| SecretError::File { path: path.display().to_string(), source })?,
        None => std::env::var("QINGBAO_SMTP_PASSWORD").map_err(|_| SecretError::Missing(user.to_owned()))?,
    };
    Ok(text.trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}').to_owned())
}

/// Written beside and renamed: a reader of the folder never sees half a letter.
async fn write_file(folder: PathBuf, letter: OutboxRow) -> Outcome {
    let written = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        let stem: String =
            letter.message_id.replace('@', "-").chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).collect();
        let path = folder.join(format!("{stem}.eml"));
        let beside = folder.join(format!(".{stem}.part"));
        std::fs::write(&beside, &letter.message)?;
        std::fs::File::open(&beside)?.sync_all()?;
        std::fs::rename(&beside, &path)?;
        Ok::<_, std::io::Error>(path)
    })
    .await;
    match written {
        Ok(Ok(path)) => Outcome::Accepted(path.display().to_string()),
        Ok(Err(e)) => Outcome::Later(format!("the .eml file cannot be written: {e}")),
        Err(_) => Outcome::Later("writing was cancelled".to_owned()),
    }
}

async fn send_smtp(server: &AsyncSmtpTransport<Tokio1Executor>, from: &Address, letter: &OutboxRow) -> Outcome {
    let envelope = letter.recipient.parse::<Address>().ok().and_then(|to| Envelope::new(Some(from.clone()), vec![to]).ok());
    let Some(envelope) = envelope else { return Outcome::Refused(format!("{:?} is no mail address", letter.recipient)) };
    match server.send_raw(&envelope, &letter.message).await {
        Ok(r) => Outcome::Accepted(r.message().collect::<Vec<_>>().join(" ")),
        Err(e) => {
            let words = explain(&e);
            // a refused login may be a typing error in the settings: it is tried again, slowly
            let login = e.status().is_some_and(|c| matches!(c.to_string().as_str(), "530" | "534" | "535"));
            if e.is_permanent() && !login { Outcome::Refused(words) } else { Outcome::Later(words) }
        }
    }
}

fn explain(e: &lettre::transport::smtp::Error) -> String {
    use std::error::Error as _;
    let mut words = e.to_string();
    let mut source = e.source();
    while let Some(s) = source {
        words = format!("{words}: {s}");
        source = s.source();
    }
    match e.status().map(|c| c.to_string()) {
        Some(c) if c == "535" => format!("{words} (QQ and 163 want the 授权码 instead of the login password)"),
        Some(c) if c == "553" || c == "501" => format!("{words} (the sender must be the login's own address)"),
        _ => words,
    }
}
