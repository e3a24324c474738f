//! Recognises the text of scans (文字识别): pdftoppm draws the pages, a parser's process makes them straight and grey, tesseract reads
//! them.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::child::{Limits, RunError, WorkFolder, find_program};
use crate::crawl::reader::parser::Kind;
use crate::crawl::reader::{Document, Reader};
use crate::documents::ocr::{RecognisedPage, read_tsv};
use crate::documents::scan::CleanPage;
use crate::extract::{self, ExtractError, Foreign};
use crate::fetch::{DocumentKind, Fetched};
use crate::model::Extracted;

/// Resolution of the drawn pages, in dpi: of 150 to 300, tesseract's Chinese model reads it best.
const RESOLUTION: f64 = 240.0;
/// Long side of A4, and of the largest page drawn to its size, A3, in points of 1/72 inch. A larger page lacks a sensible resolution and
/// counts as A4.
const A4: f64 = 842.0;
const A3: f64 = 1_191.0;
/// Simplified Chinese.
const LANGUAGE: &str = "chi_sim";
/// One page takes 2 s and 200 MB.
const LIMITS: Limits = Limits { megabytes: 1 << 10, processor: Duration::from_mins(1), wall: Duration::from_mins(3) };
/// Further pages are left out after this time.
const MAX_TIME: Duration = Duration::from_secs(90);
/// Largest drawn page and largest table of words.
const MAX_PAGE: u64 = 100 << 20;
const MAX_TABLE: u64 = 16 << 20;
/// pdftoppm ends so if the document has fewer pages.
const NO_SUCH_PAGE: i32 = 99;
/// One scan at a time: it takes a processor, and nothing waits for it.
static TURN: Semaphore = Semaphore::const_new(1);

/// What was recognised of a document.
#[derive(Debug, Default)]
pub(super) struct Recognised {
    pages: Vec<RecognisedPage>,
    /// Whether the document goes on.
    is_cut: bool,
}

struct Programs {
    tesseract: PathBuf,
    pdftoppm: PathBuf,
    pdfinfo: PathBuf,
}

/// Returns the programs, `tesseract` first.
///
/// # Errors
/// One is missing.
fn programs() -> Result<Programs, ExtractError> {
    let find = |name| find_program(&[name]).ok_or(ExtractError::MissingProgram(Foreign::Scan));
    Ok(Programs { tesseract: find("tesseract")?, pdftoppm: find("pdftoppm")?, pdfinfo: find("pdfinfo")? })
}

/// Returns tesseract's program, if everything is installed.
///
/// # Errors
/// A program or tesseract's Chinese is missing.
pub fn recognition_language() -> Result<PathBuf, ExtractError> {
    let program = programs()?.tesseract;
    let languages = std::process::Command::new(&program).arg("--list-langs").output().map_err(|e| failed(&e))?;
    let has_chinese = String::from_utf8_lossy(&languages.stdout).lines().any(|l| l.trim() == LANGUAGE);
    if has_chinese { Ok(program) } else { Err(ExtractError::MissingProgram(Foreign::Scan)) }
}

/// Returns how many pixels the long side of a page is drawn with.
async fn long_side(folder: &WorkFolder, programs: &Programs, page: &str) -> u32 {
    let told = folder.run(&programs.pdfinfo, ["-f", page, "-l", page, "scan.pdf"], LIMITS).await;
    drawn_side(told.ok().and_then(|()| page_size(&folder.output())))
}

/// Reads `Page    1 size: 595 x 842 pts (A4)`; returns the longer side in points.
fn page_size(info: &str) -> Option<f64> {
    let (_, size) = info.lines().find(|l| l.starts_with("Page") && l.contains("size:"))?.split_once("size:")?;
    let sides = size.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).filter(|n| n.is_finite());
    sides.take(2).reduce(f64::max)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two and four thousand")]
fn drawn_side(points: Option<f64>) -> u32 {
    let side = points.filter(|p| (A4 / 2.0..=A3 * 1.05).contains(p)).unwrap_or(A4);
    (side / 72.0 * RESOLUTION) as u32
}

fn failed(e: &dyn std::fmt::Display) -> ExtractError {
    ExtractError::Unconverted { what: Foreign::Scan, reason: e.to_string() }
}

impl Reader<'_> {
    /// Recognises the pages of a scanned PDF.
    ///
    /// # Errors
    /// Text recognition is off or not installed, or it failed.
    pub(super) async fn recognise_pdf(&self, pdf: &Document) -> Result<Recognised, ExtractError> {
        let (programs, most) = self.recognition()?;
        let _turn = TURN.acquire().await;
        let folder = WorkFolder::new("scan").map_err(|e| failed(&e))?;
        folder.write("scan.pdf", &pdf.body).await.map_err(|e| failed(&e))?;
        let (mut found, started) = (Recognised::default(), Instant::now());
        for page in 1..=most + 1 {
            let number = page.to_string();
            let side = long_side(&folder, &programs, &number).await.to_string();
            let arguments = ["-scale-to", &side, "-f", &number, "-l", &number, "-singlefile", "-png", "scan.pdf", "page"];
            match folder.run(&programs.pdftoppm, arguments, LIMITS).await {
                Err(RunError::Failed { status, .. }) if status.code() == Some(NO_SUCH_PAGE) && page > 1 => break,
                drawn => drawn.map_err(|e| failed(&e))?,
            }
            if page > most || started.elapsed() > MAX_TIME {
                found.is_cut = true;
                break;
            }
            let drawn = folder.read("page.png", MAX_PAGE).await.map_err(|e| failed(&e))?.ok_or_else(|| failed(&folder.words()))?;
            found.pages.extend(self.recognise(&folder, &programs, pdf, drawn).await?);
        }
        Ok(found)
    }

    /// Recognises the text of a picture.
    ///
    /// # Errors
    /// As [`recognise_pdf`](Self::recognise_pdf).
    async fn recognise_picture(&self, page: &Document, picture: Vec<u8>) -> Result<Recognised, ExtractError> {
        let (programs, _) = self.recognition()?;
        let _turn = TURN.acquire().await;
        let folder = WorkFolder::new("scan").map_err(|e| failed(&e))?;
        let pages = self.recognise(&folder, &programs, page, picture).await?.into_iter().collect();
        Ok(Recognised { pages, is_cut: false })
    }

    fn recognition(&self) -> Result<(Programs, usize), ExtractError> {
        let ocr = &self.parser.converters().ocr;
        if ocr.enabled { Ok((programs()?, ocr.max_pages)) } else { Err(ExtractError::OcrOff) }
    }

    /// Recognises one page: with and without what is red, and takes what was read with more confidence.
    async fn recognise(
        &self,
        folder: &WorkFolder,
        programs: &Programs,
        of: &Document,
        picture: Vec<u8>,
    ) -> Result<Option<RecognisedPage>, ExtractError> {
        let document = Document { body: picture, ..of.without_body() };
        let cleaned = self.parse::<Result<Option<CleanPage>, String>>(Kind::Scan, document).await;
        let Some(page) = cleaned.map_err(ExtractError::from)?.map_err(|e| failed(&e))? else { return Ok(None) };
        let mut best: Option<RecognisedPage> = None;
        for version in [page.grey, page.without_red] {
            if version.is_empty() {
                continue;
            }
            folder.write("clean.png", &version).await.map_err(|e| failed(&e))?;
            let arguments = ["clean.png", "words", "-l", LANGUAGE, "--psm", "3", "tsv"];
            folder.run(&programs.tesseract, arguments, LIMITS).await.map_err(|e| failed(&e))?;
            let table = folder.read("words.tsv", MAX_TABLE).await.map_err(|e| failed(&e))?.unwrap_or_default();
            let read = read_tsv(&String::from_utf8_lossy(&table));
            if best.as_ref().is_none_or(|b| read.confidence > b.confidence) {
                best = Some(read);
            }
        }
        Ok(best)
    }

    /// Builds the article of recognised pages.
    ///
    /// # Errors
    /// They hold hardly any text.
    pub(super) async fn recognised(&self, page: &Document, found: &Recognised) -> Result<Extracted, ExtractError> {
        let text = found.pages.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join("\n");
        if extract::pdf::is_scan(&text) {
            let (pages, rest) = (found.pages.len(), if found.is_cut { "; further pages were not tried" } else { "" });
            return Err(failed(&format_args!("hardly any text was recognised on {pages} pages{rest}")));
        }
        let article = self.article_of_text(page, text).await?;
        Ok(marked(article, found))
    }

    /// Reads a page that is a picture.
    pub(super) async fn picture(&self, page: Document) -> Result<Extracted, ExtractError> {
        let found = self.recognise_picture(&page, page.body.clone()).await?;
        self.recognised(&page, &found).await
    }

    /// Recognises the pictures of a notice that consists of pictures; other articles stay as they are.
    ///
    /// # Errors
    /// No picture can be read.
    pub(super) async fn read_pictures(&self, article: Extracted, page: &Document) -> Result<Extracted, ExtractError> {
        if article.pictures.is_empty() {
            return Ok(article);
        }
        let (mut found, mut first_error) = (Recognised::default(), None);
        for url in &article.pictures {
            let Some(response) = self.fetch(url, DocumentKind::File).await else { break };
            let Ok(Fetched::Page(picture)) = response.result else { continue };
            match self.recognise_picture(page, picture.body).await {
                Ok(read) => found.pages.extend(read.pages),
                Err(e @ ExtractError::Interrupted(_)) => return Err(e),
                Err(e) => first_error = first_error.or(Some(e)),
            }
        }
        if found.pages.is_empty() {
            return Err(first_error.unwrap_or(ExtractError::NoContent { letters: 0 }));
        }
        let text = self.recognised(page, &found).await?;
        let title = article.title.is_some();
        let mut article = marked(Extracted { text: text.text, language: text.language, ..article }, &found);
        if title {
            // the page shows it as text
            article.confidence.title = None;
        }
        Ok(article)
    }
}

/// Marks an article as recognised, with its confidence.
fn marked(mut article: Extracted, found: &Recognised) -> Extracted {
    let confidence = RecognisedPage::mean(&found.pages);
    // a title that the list or the page writes as text is better than a recognised one
    (article.confidence.ocr, article.confidence.body, article.confidence.title) = (Some(confidence), None, Some(0.5));
    article.pictures.clear();
    "ocr".clone_into(&mut article.charset);
    article.warnings.push(format!("text recognised on pictures, confidence {confidence:.2}"));
    if found.is_cut {
        article.warnings.push(format!("only the first {} pages were read", found.pages.len()));
    }
    article
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_drawn_by_its_size_if_that_is_a_size_of_paper() {
        assert_eq!(page_size("Title: x\nPage    3 size:   595.3 x 841.9 pts (A4)\n"), Some(841.9));
        assert_eq!(page_size("Pages: 3"), None);
        let sides = [Some(842.0), Some(1191.0), Some(1754.0), Some(10.0), None].map(drawn_side);
        assert_eq!(sides, [2806, 3970, 2806, 2806, 2806]);
    }
}
