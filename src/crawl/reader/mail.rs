//! A mail → what it brings, read in a child process like every document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use crate::crawl::reader::parser::{Kind, ParseFailure, ParseInput};
use crate::crawl::reader::{Document, Reader};
use crate::extract::ExtractError;
use crate::inbox::{self, Mail, MailFile};
use crate::model::Extracted;

impl Reader<'_> {
    /// Reads a mail; `None` if it is none, or crashed its parser.
    ///
    /// # Errors
    /// The parser was killed; the mail may be sound.
    pub(crate) async fn mail(&self, raw: Vec<u8>) -> Result<Option<Mail>, ExtractError> {
        let document = Document { url: None, content_type: None, at: Utc::now(), body: raw };
        match self.parse(Kind::Mail, document).await {
            Ok(mail) => Ok(mail),
            Err(ParseFailure::Crashed(_)) => Ok(None),
            Err(e @ ParseFailure::Interrupted(_)) => Err(e.into()),
        }
    }

    /// Reads a file of a mail as an article.
    ///
    /// # Errors
    /// It has no text, crashed its parser, or the parser was killed ([`ExtractError::Interrupted`]).
    pub(crate) async fn mail_file(&self, file: &MailFile, at: DateTime<Utc>) -> Result<Extracted, ExtractError> {
        let body = STANDARD.decode(&file.content).map_err(|_| ExtractError::GaveUp)?;
        self.extract(Document { url: None, content_type: None, at, body }).await
    }
}

/// Reads a mail: the child's part.
pub(super) fn mail(input: &ParseInput) -> Option<Mail> {
    inbox::read(&input.document.body)
}
