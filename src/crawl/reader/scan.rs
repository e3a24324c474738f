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
use crate::extract::{ExtractError, Foreign};
use crate::fetch::{DocumentKind, Fetched};
use crate::model::Extracted;

/// Resolution of the drawn pages, in dpi: of 150 to 300, tesseract's Chinese model reads it best.
const RESOLUTION: &str = "240";
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
}

/// Returns the programs, `tesseract` first.
///
/// # Errors
/// One is missing.
fn programs() -> Result<Programs, ExtractError> {
    let find = |name| find_program(&[name]).ok_or(ExtractError::MissingProgram(Foreign::Scan));
    Ok(Programs { tesseract: find("tesseract")?, pdftoppm: find("pdftoppm")? })
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

fn failed(e: &dyn std::fmt::Display) -> ExtractError {
    ExtractError::Unconverted { what: Foreign::Scan, reason: e.to_string() }
}

impl Reader<'_> {
    /// Recognises the pages of a scanned PDF.
    ///
    /// # Errors
    /// Text recognition is off or not installed, or it failed.
    pub(super) async fn recognise_pdf(&self, pdf: &[u8]) -> Result<Recognised, ExtractError> {
        let (programs, most) = self.recognition()?;
        let _turn = TURN.acquire().await;
        let folder = WorkFolder::new("scan").map_err(|e| failed(&e))?;
        folder.write("scan.pdf", pdf).await.map_err(|e| failed(&e))?;
        let (mut found, started) = (Recognised::default(), Instant::now());
        for page in 1..=most + 1 {
            let number = page.to_string();
            let arguments = ["-r", RESOLUTION, "-f", &number, "-l", &number, "-singlefile", "-png", "scan.pdf", "page"];
            match folder.run(&programs.pdftoppm, arguments, LIMITS).await {
                Err(RunError::Failed { status, .. }) if status.code() == Some(NO_SUCH_PAGE) && page > 1 => break,
                drawn => drawn.map_err(|e| failed(&e))?,
            }
            if page > most || started.elapsed() > MAX_TIME {
                found.is_cut = true;
                break;
            }
            let drawn = folder.read("page.png", MAX_PAGE).await.map_err(|e| failed(&e))?.ok_or_else(|| failed(&folder.words()))?;
            found.pages.extend(self.recognise(&folder, &programs, drawn).await?);
        }
        Ok(found)
    }

    /// Recognises the text of a picture.
    ///
    /// # Errors
    /// As [`recognise_pdf`](Self::recognise_pdf).
    async fn recognise_picture(&self, picture: Vec<u8>) -> Result<Recognised, ExtractError> {
        let (programs, _) = self.recognition()?;
        let _turn = TURN.acquire().await;
        let folder = WorkFolder::new("scan").map_err(|e| failed(&e))?;
        let pages = self.recognise(&folder, &programs, picture).await?.into_iter().collect();
        Ok(Recognised { pages, is_cut: false })
    }

    fn recognition(&self) -> Result<(Programs, usize), ExtractError> {
        let ocr = &self.parser.converters().ocr;
        if ocr.enabled { Ok((programs()?, ocr.max_pages)) } else { Err(ExtractError::OcrOff) }
    }

    /// Recognises one page: with and without what is red, and takes what was read with more confidence.
    async fn recognise(&self, folder: &WorkFolder, programs: &Programs, picture: Vec<u8>) -> Result<Option<RecognisedPage>, ExtractError> {
        let document = Document { url: None, content_type: None, at: chrono::Utc::now(), body: picture };
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
        let article = self.article_of_text(page, text).await?;
        Ok(marked(article, found))
    }

    /// Reads a page that is a picture.
    pub(super) async fn picture(&self, page: Document) -> Result<Extracted, ExtractError> {
        let found = self.recognise_picture(page.body.clone()).await?;
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
            match self.recognise_picture(picture.body).await {
                Ok(read) => found.pages.extend(read.pages),
                Err(e @ ExtractError::Interrupted(_)) => return Err(e),
                Err(e) => first_error = first_error.or(Some(e)),
            }
        }
        match self.recognised(page, &found).await {
            Ok(text) => Ok(marked(Extracted { text: text.text, language: text.language, ..article }, &found)),
            Err(_) => Err(first_error.unwrap_or(ExtractError::NoContent { letters: 0 })),
        }
    }
}

/// Marks an article as recognised, with its confidence.
fn marked(mut article: Extracted, found: &Recognised) -> Extracted {
    let confidence = RecognisedPage::mean(&found.pages);
    (article.confidence.ocr, article.confidence.body) = (Some(confidence), None);
    article.pictures.clear();
    "ocr".clone_into(&mut article.charset);
    article.warnings.push(format!("text recognised on pictures, confidence {confidence:.2}"));
    if found.is_cut {
        article.warnings.push(format!("only the first {} pages were read", found.pages.len()));
    }
    article
}
