//! PDFs are read in a process of their own: what the parser does to time, memory or stack on a hostile file ends there.

use tokio::sync::Semaphore;

use crate::crawl::reader::Parser;
use crate::crawl::reader::process::{self, Failure, MemoryLimit, Process};
use crate::extract::ExtractError;

/// The subcommand of this same program that reads a PDF from standard input and answers with its text.
pub const READ_PDF: &str = "read-pdf";

/// What any PDF may take.
const MAX_MEMORY: MemoryLimit = MemoryLimit(512);

/// What this PDF may take: honest ones take far less, one of 7 MB with 900,000 letters 110 MB, the program included.
fn memory(pdf: &[u8]) -> MemoryLimit {
    let megabytes = pdf.len() as u64 >> 20;
    MemoryLimit(200 + 8 * megabytes).min(MAX_MEMORY)
}

/// One PDF at a time: two that reach the limit would not fit beside the service into its unit.
static TURN: Semaphore = Semaphore::const_new(1);

/// The text of a PDF.
pub(super) async fn text(parser: &Parser, bytes: &[u8]) -> Result<String, ExtractError> {
    let program = parser.program().map_err(|e| ExtractError::Interrupted(e.to_string()))?;
    let _turn = TURN.acquire().await;
    let mut process = Process::start(&program, READ_PDF, memory(bytes)).map_err(failed)?;
    let text = process.ask(&[], bytes).await.map_err(failed)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn failed(failure: Failure) -> ExtractError {
    match failure {
        Failure::Crash(how) | Failure::Limit(how) => ExtractError::PdfCrashed(how),
        Failure::Interrupted(reason) => ExtractError::Interrupted(reason),
    }
}

/// The child's side: answers with the text of the PDF.
///
/// # Errors
/// It cannot be read.
pub fn read_pdf() -> anyhow::Result<()> {
    process::limit_self(MAX_MEMORY)?;
    process::serve(|_, bytes| {
        process::limit_self(memory(&bytes))?;
        Ok(crate::extract::pdf::text(&bytes)?.into_bytes())
    })
}
