//! A mail → what it brings, read in a child process like every document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use crate::crawl::reader::parser::{Kind, ParseFailure, ParseInput};
use crate::crawl::reader::{Document, Reader, pdf};
use crate::extract::{self, Context, ExtractError};
use crate::inbox::{self, FileKind, Mail, MailFile};
use crate::model::Extracted;
use crate::text::dates::Clock;

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
        let bytes = STANDARD.decode(&file.content).map_err(|_| ExtractError::GaveUp)?;
        let text = self.attachment_text(file.kind, &bytes).await?;
        let source = std::sync::Arc::clone(&self.source);
        let work = move || extract::pdf::article(&text, &Context { url: None, selectors: &source.article, clock: Clock::new(source.timezone, at) });
        self.parser.cpu(work).await.unwrap_or(Err(ExtractError::GaveUp))
    }

    /// Returns the text of a file, line by line: the one place that knows how a kind of file is read.
    async fn attachment_text(&self, kind: FileKind, bytes: &[u8]) -> Result<String, ExtractError> {
        match kind {
            FileKind::Pdf => pdf::text(self.parser, bytes).await,
        }
    }
}

/// Reads a mail: the child's part.
pub(super) fn mail(input: &ParseInput) -> Option<Mail> {
    inbox::read(&input.document.body)
}
