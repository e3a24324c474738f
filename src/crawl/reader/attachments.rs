//! Reads the files of a notice whose page says little more than that there are files.

use crate::crawl::reader::{Document, Reader};
use crate::documents::Format;
use crate::extract::ExtractError;
use crate::fetch::{DocumentKind, Fetched};
use crate::model::{Attachment, Extracted};

/// Most files read of one notice: the others stay links.
const MAX_FILES: usize = 3;
/// A page with more characters of its own says what its files are about.
const SHORT_PAGE: usize = 200;
/// Longest text of a notice with its files, in characters.
const MAX_TEXT: usize = 200_000;
/// Endings of files that can be read.
const READABLE: [&str; 8] = ["pdf", "doc", "docx", "wps", "rtf", "xls", "xlsx", "et"];

impl Reader<'_> {
    /// Appends the text of the attached files, if the page has hardly any text of its own. A file that cannot be read stays a link,
    /// with a warning.
    ///
    /// # Errors
    /// Only [`ExtractError::Interrupted`].
    pub(super) async fn read_attachments(&self, mut article: Extracted, page: &Document) -> Result<Extracted, ExtractError> {
        if article.text.chars().count() > SHORT_PAGE {
            return Ok(article);
        }
        let files: Vec<Attachment> = article.attachments.iter().filter(|a| is_readable(a)).take(MAX_FILES).cloned().collect();
        for file in files {
            let Some(response) = self.fetch(&file.url, DocumentKind::File).await else { break };
            let document = match response.result {
                Ok(Fetched::Page(document)) => Document { at: page.at, ..Document::from(*document) },
                Ok(_) => continue,
                Err(e) => {
                    self.file_not_read(&mut article, page, &file, &e);
                    continue;
                }
            };
            match self.file(document).await {
                Ok(text) => append(&mut article, &file, text),
                Err(e @ ExtractError::Interrupted(_)) => return Err(e),
                Err(e) => self.file_not_read(&mut article, page, &file, &e),
            }
        }
        Ok(article)
    }

    fn file_not_read(&self, article: &mut Extracted, page: &Document, file: &Attachment, why: &dyn std::fmt::Display) {
        let url = page.url.as_ref().map_or("", |u| u.as_str());
        tracing::warn!(source = %self.source.id, url, file = %file.url, "a file of this notice is not read and stays a link: it {why}");
        article.warnings.push(format!("its file {} is not read: it {why}", file.url));
    }

    /// Reads a file; a web page in its place is an error.
    async fn file(&self, document: Document) -> Result<Extracted, ExtractError> {
        match Format::of(&document.body) {
            Some(_) => self.extract(document).await,
            None => Err(ExtractError::NotHtml("no document".into())),
        }
    }
}

fn is_readable(file: &Attachment) -> bool {
    let ends = |name: &str| {
        name.rsplit_once('.').is_some_and(|(_, end)| READABLE.contains(&end.trim_end_matches([')', '）', ']']).to_ascii_lowercase().as_str()))
    };
    ends(file.url.as_url().path()) || ends(&file.name)
}

/// Appends the text of a file to its notice. From here on the text is as sure as that of the file.
fn append(article: &mut Extracted, file: &Attachment, read: Extracted) {
    let heading = file.labelled();
    if !article.text.contains(&heading) {
        article.text = format!("{}\n{heading}", article.text);
    }
    article.text = format!("{}\n{}", article.text, read.text).chars().take(MAX_TEXT).collect();
    article.html.push_str(&format!("<h3>{}</h3>", ammonia::clean_text(&heading)));
    if read.html.is_empty() {
        article.html.extend(read.text.lines().map(|line| format!("<p>{}</p>", ammonia::clean_text(line))));
    } else {
        article.html.push_str(&read.html);
    }
    article.confidence.body = read.confidence.body;
    article.confidence.ocr = match (article.confidence.ocr, read.confidence.ocr) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    article.published_at = article.published_at.or(read.published_at);
    article.warnings.extend(read.warnings);
}
