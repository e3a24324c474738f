//! Disk usage.

use std::path::Path;

use crate::store::Store;

/// In bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskUsage {
    /// The database with its write-ahead log.
    pub database: u64,
    /// Free bytes available to an unprivileged process (`f_bavail`).
    pub free: u64,
    /// The whole disk.
    pub total: u64,
}

impl Store {
    /// Returns the disk usage.
    ///
    /// # Errors
    /// The file or its disk is inaccessible.
    pub fn disk_usage(&self) -> std::io::Result<DiskUsage> {
        let path = &self.0.path;
        let log = std::fs::metadata(path.with_extension("db-wal")).map_or(0, |m| m.len());
        let (free, total) = available_space(path)?;
        Ok(DiskUsage { database: std::fs::metadata(path)?.len() + log, free, total })
    }
}

/// Returns free and total bytes of the disk of a path.
///
/// # Errors
/// There is no such path.
pub fn available_space(path: &Path) -> std::io::Result<(u64, u64)> {
    let disk = rustix::fs::statvfs(path)?;
    Ok((disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize)))
}
