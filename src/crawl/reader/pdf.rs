//! Reads PDFs in a child process: what the parser does to time, memory or stack on a hostile file ends there.

use tokio::sync::Semaphore;

use crate::crawl::reader::Parser;
use crate::crawl::reader::process::{self, Failure, MemoryLimit, Process};
use crate::extract::ExtractError;

/// The subcommand of this program that reads a PDF from standard input and answers with its text.
pub const READ_PDF: &str = "read-pdf";

/// For any PDF.
const MAX_MEMORY: MemoryLimit = MemoryLimit(512);

/// Returns the limit for this PDF. Honest ones take far less: one of 7 MB with 900,000 letters takes 110 MB, including the
/// program.
fn memory(pdf: &[u8]) -> MemoryLimit {
    let megabytes = pdf.len() as u64 >> 20;
    MemoryLimit(200 + 8 * megabytes).min(MAX_MEMORY)
}

/// One PDF at a time: two at the limit would not fit into the systemd unit beside the service.
static TURN: Semaphore = Semaphore::const_new(1);

/// Returns the text of a PDF.
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

/// The child: answers with the text of the PDF.
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
