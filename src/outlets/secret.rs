//! Secrets from files, which never appear in messages.

use std::io::Read as _;
use std::path::Path;

use crate::model::WebUrl;
use crate::outlets::OutletError;

/// Longest file, in bytes.
const MAX_FILE: u64 = 8 << 10;
/// Shorter parts of an address, such as `robot`, are not secret.
const MIN_SECRET: usize = 8;
const HIDDEN: &str = "（已隐去）";

/// A secret; its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Secret {
    #[cfg(test)]
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Returns a text without the secret.
    pub(super) fn hide(&self, text: &str) -> String {
        text.replace(&self.0, HIDDEN)
    }
}

/// Returns a text without an address, its query values and the last part of its path: each may be the key.
pub(super) fn hide_address(text: &str, url: &WebUrl) -> String {
    let values = url.as_url().query_pairs().map(|(_, v)| v.into_owned());
    let last = url.as_url().path_segments().and_then(|mut s| s.next_back()).map(str::to_owned);
    let keys = std::iter::once(url.as_str().to_owned()).chain(values).chain(last).filter(|k| k.len() >= MIN_SECRET);
    keys.fold(text.to_owned(), |text, key| text.replace(&key, HIDDEN))
}

/// Reads the line of a file.
pub(super) fn read_secret(path: &Path) -> Result<Secret, OutletError> {
    let failed = |cause| OutletError::File { path: path.to_owned(), cause };
    // opening a pipe would wait for its writer
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(std::io::ErrorKind::InvalidInput.into()));
    }
    let mut text = String::new();
    std::fs::File::open(path).map_err(failed)?.take(MAX_FILE).read_to_string(&mut text).map_err(failed)?;
    let line = text.trim_start_matches('\u{feff}').trim();
    if line.is_empty() || line.chars().any(char::is_control) || text.len() as u64 == MAX_FILE {
        return Err(OutletError::Contents(path.to_owned()));
    }
    Ok(Secret(line.to_owned()))
}
