//! Label files: JSON lines, gzipped if the name ends in .gz.

use std::io::{BufRead as _, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::text::hex;

/// Cross-validation folds.
pub(super) const PARTS: usize = 5;

#[derive(Debug, Args)]
pub(super) struct TrainingFiles {
    /// Labelled articles
    #[arg(long, value_name = "FILE")]
    pub(super) labels: PathBuf,
    /// File for the model
    #[arg(long, value_name = "MODEL")]
    pub(super) out: PathBuf,
}

/// Decompressed.
const MAX_FILE: u64 = 1 << 30;

/// Returns the SHA-256 of bytes, in hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Reads the rows of a file, and its SHA-256.
pub(super) fn read_labels<T: DeserializeOwned>(path: &Path) -> anyhow::Result<(Vec<T>, String)> {
    let named = || format!("labels {}", path.display());
    let packed = std::fs::read(path).with_context(named)?;
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|e| e == "gz") {
        GzDecoder::new(packed.as_slice()).take(MAX_FILE).read_to_end(&mut bytes).with_context(named)?;
    } else {
        bytes.clone_from(&packed);
    }
    let mut out = Vec::new();
    for (n, line) in bytes.lines().enumerate() {
        let line = line.with_context(named)?;
        if !line.trim().is_empty() {
            out.push(serde_json::from_str(&line).with_context(|| format!("{}, line {}", named(), n + 1))?);
        }
    }
    anyhow::ensure!(!out.is_empty(), "{} has no labelled articles", path.display());
    Ok((out, sha256_hex(&packed)))
}
