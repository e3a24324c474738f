//! A page or document → its article.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use crate::crawl::reader::parser::{Kind, ParseFailure, ParseInput};
use crate::crawl::reader::{Document, Reader, pdf};
use crate::documents::{self, Format};
use crate::extract::{self, Context, ExtractError, Foreign};
use crate::fetch::charset;
use crate::libreoffice::{self, PdfError};
use crate::model::{Entry, Extracted, Source};
use crate::series::{self, Table};
use crate::text::dates::Clock;

/// Most rows read of a sheet: longer ones are data, no notice.
const MAX_SHEET_ROWS: usize = 500;

impl Reader<'_> {
    /// Reads the article of a page, with its further pages.
    ///
    /// # Errors
    /// The page has no article, or the parser was killed ([`ExtractError::Interrupted`]).
    pub async fn article(&self, page: Document) -> Result<Extracted, ExtractError> {
        let url = page.url.clone();
        let article = self.extract(page).await?;
        self.append_further_pages(article, url).await
    }

    /// Reads the article of a page or document, without its further pages.
    pub(super) async fn extract(&self, page: Document) -> Result<Extracted, ExtractError> {
        match Format::of(&page.body) {
            Some(Format::Pdf) => Box::pin(self.pdf(page)).await,
            Some(Format::Docx | Format::Xlsx) => self.parse::<Result<_, _>>(Kind::Office, page).await?,
            Some(Format::OldWord | Format::Rtf) => Box::pin(self.old_document(page)).await,
            Some(Format::Png | Format::Jpeg | Format::Webp) => Box::pin(self.picture(page)).await,
            _ => {
                let about = page.without_body();
                let article = self.parse::<Result<Extracted, ExtractError>>(Kind::Page, page).await??;
                let article = Box::pin(self.read_pictures(article, &about)).await?;
                Box::pin(self.read_attachments(article, &about)).await
            }
        }
    }

    async fn pdf(&self, page: Document) -> Result<Extracted, ExtractError> {
        let text = pdf::text(self.parser, &page.body).await?;
        if extract::pdf::is_scan(&text) {
            let pages = self.recognise_pdf(&page).await?;
            return self.recognised(&page, &pages).await;
        }
        self.article_of_text(&page, text).await
    }

    /// Builds the article of a text that has no markup.
    pub(super) async fn article_of_text(&self, page: &Document, text: String) -> Result<Extracted, ExtractError> {
        let (source, about) = (Arc::clone(&self.source), page.without_body());
        let article = self.parser.cpu(move || extract::pdf::article(&text, &context(&about, &source))).await;
        article.unwrap_or(Err(ExtractError::GaveUp))
    }

    /// Reads a .doc, .wps or .rtf: LibreOffice makes a .docx of it.
    async fn old_document(&self, page: Document) -> Result<Extracted, ExtractError> {
        let failed = |reason: String| ExtractError::Unconverted { what: Foreign::OldDocument, reason };
        let docx = libreoffice::docx_of_doc(&page.body, &self.parser.converters().pdf).await.map_err(|e| match e {
            PdfError::NotInstalled => ExtractError::MissingProgram(Foreign::OldDocument),
            PdfError::Busy => ExtractError::Interrupted(e.to_string()),
            e => failed(e.to_string()),
        })?;
        self.parse::<Result<_, _>>(Kind::Office, Document { body: docx, ..page }).await?
    }

    /// Reads the article from the feed, for a page that is unavailable; `None` if the feed has no text.
    ///
    /// # Errors
    /// The parser crashed, or was killed.
    pub(crate) async fn article_from_feed(&self, entry: &Entry, at: DateTime<Utc>) -> Result<Option<Extracted>, ExtractError> {
        if entry.content_html.is_none() {
            return Ok(None);
        }
        let document = Document { url: entry.url.clone().into(), content_type: None, at, body: Vec::new() };
        Ok(self.parse(Kind::FeedEntry(Box::new(entry.clone())), document).await?)
    }

    pub(super) async fn parse<T: DeserializeOwned>(&self, kind: Kind, document: Document) -> Result<T, ParseFailure> {
        self.parser.parse(&ParseInput { kind, source: Arc::clone(&self.source), document }, self.waiting).await
    }
}

impl From<ParseFailure> for ExtractError {
    fn from(failure: ParseFailure) -> Self {
        match failure {
            ParseFailure::Crashed(how) => Self::Crashed(how),
            ParseFailure::Interrupted(reason) => Self::Interrupted(reason),
        }
    }
}

/// Extracts the article of an HTML page.
pub(super) fn page(input: ParseInput) -> Result<Extracted, ExtractError> {
    let ParseInput { source, document, .. } = input;
    if let Some(format) = Format::of(&document.body) {
        return Err(ExtractError::NotHtml(format.name().into()));
    }
    let decoded = charset::decode(&document.body, document.content_type.as_deref(), source.charset);
    let mut article = extract::extract(&decoded.text, &context(&document, &source))?;
    if decoded.garbled {
        article.warnings.push(format!("many characters cannot be read as {}; the source may need its charset set", decoded.charset));
    }
    article.charset = decoded.charset;
    Ok(article)
}

/// Reads an office document.
pub(super) fn office(input: &ParseInput) -> Result<Extracted, ExtractError> {
    let body = &input.document.body;
    let html = match Format::of(body) {
        Some(Format::Xlsx) => series::sheets(body).map(|sheets| html_of_sheets(&sheets)).map_err(|e| e.to_string()),
        _ => documents::html_of_docx(body).map_err(|e| e.to_string()),
    };
    let html = html.map_err(ExtractError::Document)?;
    extract::document::article(&html, &context(&input.document, &input.source))
}

/// Writes the sheets of a workbook as tables, each below its name. The first rows of most sheets are a title, which stays a row.
fn html_of_sheets(sheets: &[Table]) -> String {
    let mut html = String::new();
    for Table { caption, rows } in sheets.iter().filter(|t| !t.rows.is_empty()) {
        if sheets.len() > 1 {
            html.push_str(&format!("<h2>{}</h2>", ammonia::clean_text(caption)));
        }
        html.push_str("<table>");
        for row in rows.iter().take(MAX_SHEET_ROWS) {
            let cells: String = row.iter().map(|cell| format!("<td>{}</td>", ammonia::clean_text(cell))).collect();
            html.push_str(&format!("<tr>{cells}</tr>"));
        }
        html.push_str("</table>");
    }
    html
}

/// Extracts the article of a feed entry.
pub(super) fn feed_entry(input: ParseInput) -> Option<Extracted> {
    let ParseInput { kind: Kind::FeedEntry(entry), source, document } = input else { return None };
    let mut article = extract::from_fragment(entry.content_html.as_deref()?, &context(&document, &source))?;
    article.title = Some(entry.title).filter(|t| !t.is_empty());
    article.published_at = entry.published_at;
    article.warnings.push("taken from the feed: the page could not be had".to_owned());
    Some(article)
}

fn context<'a>(page: &'a Document, source: &'a Source) -> Context<'a> {
    Context { url: page.url.as_ref(), selectors: &source.article, clock: Clock::new(source.timezone, page.at) }
}
