//! PDFs are read in a process of their own: what the parser does to time, memory or stack on a hostile file ends there.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::extract::ExtractError;

/// Longest time one PDF may take.
const TIME: Duration = Duration::from_secs(30);
/// Most bytes of text taken from one.
const MAX_TEXT: u64 = 4 << 20;
/// The subcommand of this same program that reads a PDF from standard input and prints its text.
pub const READ_PDF: &str = "read-pdf";

/// The text of a PDF.
pub(crate) async fn text(bytes: &[u8]) -> Result<String, ExtractError> {
    let failed = |e: &dyn std::fmt::Display| ExtractError::Pdf(format!("the reader does not start: {e}"));
    let program = std::env::current_exe().map_err(|e| failed(&e))?;
    let mut command = Command::new(program);
    command.arg(READ_PDF).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|e| failed(&e))?;
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else { return Err(failed(&"no pipes")) };
    let work = async {
        let mut out = Vec::new();
        let mut limited = from.take(MAX_TEXT);
        let write = async {
            // a reader that gave up closes its end; what it says counts, not the broken pipe
            let _ = to.write_all(bytes).await;
            drop(to);
        };
        let ((), read) = tokio::join!(write, limited.read_to_end(&mut out));
        read.map_err(|e| failed(&e))?;
        let status = child.wait().await.map_err(|e| failed(&e))?;
        if status.success() { Ok(String::from_utf8_lossy(&out).into_owned()) } else { Err(ExtractError::Pdf("the parser gave up".to_owned())) }
    };
    tokio::time::timeout(TIME, work).await.unwrap_or_else(|_| Err(ExtractError::Pdf(format!("it takes longer than {} s", TIME.as_secs()))))
}
