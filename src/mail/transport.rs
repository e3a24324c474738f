//! How a letter leaves: as a file, or by SMTP in a transaction of its own.

use std::path::PathBuf;

use lettre::Address;

use crate::config::settings::{MailSettings, SmtpSettings};
use crate::mail::message::address;
use crate::mail::smtp::Smtp;
use crate::store::OutboxMessage;

/// Where the password was looked for.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The file.
    #[error("password file {path} cannot be read: {source}; check path, owner and mode")]
    File {
        /// The file.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// A user name without a password.
    #[error(
        "no password for mail user {0}: write it into /etc/qingbao/credentials/smtp_password, or set password_file, the systemd credential smtp_password, or QINGBAO_SMTP_PASSWORD"
    )]
    Missing(String),
}

/// A transport that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Password.
    #[error(transparent)]
    Secret(#[from] PasswordError),
    /// TLS.
    #[error("mail server settings: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryResult {
    /// Accepted, with the server's words or the file's name.
    Accepted(String),
    /// Not now; with the reason.
    Later(String),
    /// Never; with the reason.
    Refused(String),
    /// The login was refused: no letter can leave.
    LoginRefused(String),
    /// The connection broke when the content was on its way.
    Uncertain(String),
}

/// A way out.
pub enum Transport {
    /// One `.eml` per letter in this folder.
    Files(PathBuf),
    /// An SMTP server.
    Smtp(Box<Smtp>),
}

impl Transport {
    /// Sets up what the settings say; `folder` takes the files where no server is set.
    ///
    /// # Errors
    /// A password or certificate that cannot be read.
    pub fn new(settings: &MailSettings, folder: PathBuf) -> Result<Self, TransportError> {
        match &settings.smtp {
            None => Ok(Self::Files(folder)),
            Some(s) => Ok(Self::Smtp(Box::new(Smtp::new(s, &address(&settings.from))?))),
        }
    }

    /// Keeps what is said with the server, for [`Transport::steps`].
    #[must_use]
    pub fn with_transcript(mut self) -> Self {
        if let Self::Smtp(s) = &mut self {
            s.steps = Some(Vec::new());
        }
        self
    }

    /// What was said with the server so far.
    pub fn steps(&self) -> &[String] {
        match self {
            Self::Smtp(s) => s.steps.as_deref().unwrap_or_default(),
            Self::Files(_) => &[],
        }
    }

    /// Connects and logs in, where there is a server.
    ///
    /// # Errors
    /// What the server or the network said.
    pub async fn greet(&mut self) -> Result<(), DeliveryResult> {
        match self {
            Self::Smtp(server) => server.connect().await,
            Self::Files(_) => Ok(()),
        }
    }

    /// Goes as far as possible without handing the content over.
    ///
    /// # Errors
    /// What came of it, where it cannot be handed over.
    pub async fn begin(&mut self, letter: &OutboxMessage) -> Result<(), DeliveryResult> {
        let Self::Smtp(server) = self else { return Ok(()) };
        match letter.recipient.parse::<Address>() {
            Ok(to) => server.mail_and_rcpt(&to).await,
            Err(_) => Err(DeliveryResult::Refused(format!("{:?} is no mail address", letter.recipient))),
        }
    }

    /// Hands the content over; only after [`Transport::begin`].
    pub async fn hand_over(&mut self, letter: &OutboxMessage) -> DeliveryResult {
        match self {
            Self::Files(folder) => write_file(folder.clone(), letter.clone()).await,
            Self::Smtp(server) => server.data(&letter.message).await,
        }
    }

    /// Both steps, for a letter that is not recorded.
    pub async fn send(&mut self, letter: &OutboxMessage) -> DeliveryResult {
        match self.begin(letter).await {
            Ok(()) => self.hand_over(letter).await,
            Err(outcome) => outcome,
        }
    }

    /// Says goodbye to the server.
    pub async fn close(&mut self) {
        if let Self::Smtp(s) = self {
            s.close().await;
        }
    }
}

/// From the file, the systemd credential, or the environment; blanks that copying adds are dropped.
pub(super) fn password(s: &SmtpSettings, user: &str) -> Result<String, PasswordError> {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|d| PathBuf::from(d).join("smtp_password")).filter(|p| p.exists());
    let text = match s.password_file.clone().or(credential) {
        Some(path) => std::fs::read_to_string(&path).map_err(|source| PasswordError::File { path: path.display().to_string(), source })?,
        None => std::env::var("QINGBAO_SMTP_PASSWORD").map_err(|_| PasswordError::Missing(user.to_owned()))?,
    };
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}');
    // the installation leaves an empty file where the password is to go
    if text.is_empty() { Err(PasswordError::Missing(user.to_owned())) } else { Ok(text.to_owned()) }
}

/// Written beside and renamed: a reader of the folder never sees half a letter.
async fn write_file(folder: PathBuf, letter: OutboxMessage) -> DeliveryResult {
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
        Ok(Ok(path)) => DeliveryResult::Accepted(path.display().to_string()),
        Ok(Err(e)) => DeliveryResult::Later(format!("the .eml file cannot be written: {e}")),
        Err(_) => DeliveryResult::Later("writing was cancelled".to_owned()),
    }
}
