//! How a letter leaves: as a file, or by SMTP in a transaction of its own.

use std::path::PathBuf;

use lettre::Address;

use crate::config::settings::MailSettings;
use crate::mail::delivery::{DeliveryResult, TransportError};
use crate::mail::message::address;
use crate::mail::smtp::Smtp;
use crate::store::OutboxMessage;

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
    pub async fn connect(&mut self) -> Result<(), DeliveryResult> {
        match self {
            Self::Smtp(server) => server.connect().await,
            Self::Files(_) => Ok(()),
        }
    }

    /// Goes as far as possible without handing the content over.
    ///
    /// # Errors
    /// What came of it, where it cannot be handed over.
    pub async fn mail_and_rcpt(&mut self, letter: &OutboxMessage) -> Result<(), DeliveryResult> {
        let Self::Smtp(server) = self else { return Ok(()) };
        match letter.recipient.parse::<Address>() {
            Ok(to) => server.mail_and_rcpt(&to).await,
            Err(_) => Err(DeliveryResult::Refused(format!("{:?} is no mail address", letter.recipient))),
        }
    }

    /// Hands the content over; only after [`Transport::mail_and_rcpt`].
    pub async fn data(&mut self, letter: &OutboxMessage) -> DeliveryResult {
        match self {
            Self::Files(folder) => write_file(folder.clone(), letter.clone()).await,
            Self::Smtp(server) => server.data(&letter.message).await,
        }
    }

    /// Both steps, for a letter that is not recorded.
    pub async fn send(&mut self, letter: &OutboxMessage) -> DeliveryResult {
        match self.mail_and_rcpt(letter).await {
            Ok(()) => self.data(letter).await,
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
