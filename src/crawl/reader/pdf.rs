//! PDFs are read in a process of their own: what the parser does to time, memory or stack on a hostile file ends there.

use std::io::{Read as _, Write as _};

use tokio::sync::Semaphore;

use crate::crawl::reader::child::{End, MemoryLimit};
use crate::crawl::reader::{Parser, child};
use crate::extract::ExtractError;

/// The subcommand of this same program that reads a PDF from standard input and prints its text.
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
    match child::run(&program, READ_PDF, memory(bytes), &[bytes]).await {
        End::Well(output) => Ok(String::from_utf8_lossy(&output).into_owned()),
        End::Fault(how) => Err(ExtractError::PdfCrashed(how)),
        End::Interrupted(reason) => Err(ExtractError::Interrupted(reason)),
    }
}

/// The child's side: prints the text of the PDF on standard input.
///
/// # Errors
/// It cannot be read.
pub fn read_pdf() -> anyhow::Result<()> {
    child::limit_self(MAX_MEMORY)?;
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    child::limit_self(memory(&bytes))?;
    Ok(std::io::stdout().lock().write_all(crate::extract::pdf::text(&bytes)?.as_bytes())?)
}
