//! `[ocr]`: recognising the text of scans.

use crate::config::reader::Section;

/// How the text of scanned pages is recognised (文字识别).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcrSettings {
    pub enabled: bool,
    /// Most pages of one document.
    pub max_pages: usize,
}

impl Default for OcrSettings {
    fn default() -> Self {
        Self { enabled: true, max_pages: 20 }
    }
}

pub(super) fn read(s: &Section<'_>, settings: &mut OcrSettings) {
    s.deny_unknown_keys(&["enabled", "max_pages"]);
    settings.enabled = s.bool("enabled").unwrap_or(settings.enabled);
    let pages = s.integer("max_pages", 1..101).and_then(|n| usize::try_from(n).ok());
    settings.max_pages = pages.unwrap_or(settings.max_pages);
}
