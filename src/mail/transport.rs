//! Delivery of a message: to a file, or by SMTP in its own transaction.

use std::path::PathBuf;
use std::time::Duration;

use lettre::Address;

use crate::config::settings::MailSettings;
use crate::mail::delivery::{DeliveryResult, TransportError};
use crate::mail::message::address;
use crate::mail::reply_hint::hint;
use crate::mail::smtp::Smtp;
use crate::store::OutboxMessage;

/// Longest wait for a server that is tried.
const TRY_TIMEOUT: Duration = Duration::from_secs(20);

/// Connects to the server of the settings and logs in, with this password or the one that the settings name.
///
/// # Errors
/// Why it failed, for people.
pub async fn try_login(settings: &MailSettings, password: Option<&str>) -> Result<(), String> {
    let Some(smtp) = &settings.smtp else { return Ok(()) };
    let from = address(&settings.from);
    let server = match password {
        Some(password) => Smtp::with_password(smtp, &from, Some(password.to_owned())),
        None => Smtp::new(smtp, &from),
    };
    let mut server = server.map_err(|e| e.to_string())?;
    match tokio::time::timeout(TRY_TIMEOUT, server.connect()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(outcome)) => {
            let reply = outcome.reply();
            Err(hint(reply).map_or_else(|| reply.to_owned(), |h| format!("{reply}　{h}")))
        }
        Err(_) => Err(format!("{} 秒内没有应答", TRY_TIMEOUT.as_secs())),
    }
}

pub enum Transport {
    /// One `.eml` per message in this folder.
    Files(PathBuf),
    Smtp(Box<Smtp>),
}

impl Transport {
    /// Sets up the transport of the settings; without a server, messages are written into `folder`.
    ///
    /// # Errors
    /// A password or certificate is unreadable.
    pub fn new(settings: &MailSettings, folder: PathBuf) -> Result<Self, TransportError> {
        match &settings.smtp {
            None => Ok(Self::Files(folder)),
            Some(s) => Ok(Self::Smtp(Box::new(Smtp::new(s, &address(&settings.from))?))),
        }
    }

    /// Records the dialogue for [`Transport::steps`].
    #[must_use]
    pub fn with_transcript(mut self) -> Self {
        if let Self::Smtp(s) = &mut self {
            s.steps = Some(Vec::new());
        }
        self
    }

    /// Returns the dialogue so far.
    pub fn steps(&self) -> &[String] {
        match self {
            Self::Smtp(s) => s.steps.as_deref().unwrap_or_default(),
            Self::Files(_) => &[],
        }
    }

    /// Connects and logs in, if there is a server.
    ///
    /// # Errors
    /// The answer of the server or the network.
    pub async fn connect(&mut self) -> Result<(), DeliveryResult> {
        match self {
            Self::Smtp(server) => server.connect().await,
            Self::Files(_) => Ok(()),
        }
    }

    /// Runs a transaction up to the content.
    ///
    /// # Errors
    /// The outcome, if the server refuses.
    pub async fn mail_and_rcpt(&mut self, letter: &OutboxMessage) -> Result<(), DeliveryResult> {
        let Self::Smtp(server) = self else { return Ok(()) };
        match letter.recipient.parse::<Address>() {
            Ok(to) => server.mail_and_rcpt(&to).await,
            Err(_) => Err(DeliveryResult::Refused(format!("{:?} is no mail address", letter.recipient))),
        }
    }

    /// Sends the content; only after [`Transport::mail_and_rcpt`].
    pub async fn data(&mut self, letter: &OutboxMessage) -> DeliveryResult {
        match self {
            Self::Files(folder) => write_file(folder.clone(), letter.clone()).await,
            Self::Smtp(server) => server.data(&letter.message).await,
        }
    }

    /// Both steps, for a message without a record.
    pub async fn send(&mut self, letter: &OutboxMessage) -> DeliveryResult {
        match self.mail_and_rcpt(letter).await {
            Ok(()) => self.data(letter).await,
            Err(outcome) => outcome,
        }
    }

    /// Sends QUIT.
    pub async fn close(&mut self) {
        if let Self::Smtp(s) = self {
            s.close().await;
        }
    }
}

/// Writes a temporary file and renames it, so that nobody reads half a message.
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
