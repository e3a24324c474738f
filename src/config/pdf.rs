//! `[pdf]`: the program that makes PDFs of documents.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::reader::Section;

/// How PDFs are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdfSettings {
    /// LibreOffice; `None`: looked for on the PATH.
    pub soffice: Option<PathBuf>,
    /// Longest work on one document.
    pub timeout: Duration,
}

impl Default for PdfSettings {
    fn default() -> Self {
        Self { soffice: None, timeout: Duration::from_secs(90) }
    }
}

pub(super) fn read(s: &Section<'_>, settings: &mut PdfSettings) {
    s.deny_unknown_keys(&["soffice", "timeout"]);
    settings.soffice = s.string("soffice").map(PathBuf::from);
    settings.timeout = s.duration("timeout", Duration::from_secs(5)..Duration::from_mins(10)).unwrap_or(settings.timeout);
}
