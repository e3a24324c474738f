//! Errors of the store, and what to do about them.

use std::path::Path;

use rusqlite::ErrorCode;

/// Errors of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or created.
    #[error("database {path} cannot be opened: {source}; check that the folder exists and may be written")]
    Open { path: String, source: rusqlite::Error },
    /// Another kind of file, or damaged.
    #[error("{0} is not a database of this program or is damaged; it was left untouched. Move it away or restore a backup")]
    InvalidDatabase(String),
    /// Written by a newer version.
    #[error("database {0} was made by a newer version of qingbao; install that version, or restore a backup made by this one")]
    TooNew(String),
    /// Another process uses it.
    #[error("{path} is in use by another qingbao (pid {pid}); stop that one first, or name another --data folder")]
    InUse {
        path: String,
        /// If known.
        pid: String,
    },
    /// The folder or lock file cannot be created.
    #[error("data folder {path} cannot be used: {source}")]
    Folder { path: String, source: std::io::Error },
    /// Pages or rows are damaged.
    #[error("database {path} is damaged: {first}; restore a backup (`qingbao restore FILE`), or save what can be read with sqlite3's .recover")]
    Damaged {
        path: String,
        /// The first damage found.
        first: String,
    },
    /// A backup contains SQL that would run by itself.
    #[error("backup {path} holds the {found:?}, which this program never makes; it was not restored. Use a backup that you made yourself")]
    ForeignSchema {
        path: String,
        /// Kind and name.
        found: String,
    },
    /// A restore would replace a database.
    #[error("{0} exists; stop the service and say --replace to put the backup in its place (the old one is kept beside)")]
    TargetExists(String),
    /// Not enough space for the copy before an upgrade.
    #[error("there is no room for the copy {path} that is made before the schema is brought up to date: {needed} bytes needed, {free} free")]
    NoRoom {
        /// The copy.
        path: String,
        /// In bytes.
        needed: u64,
        /// In bytes.
        free: u64,
    },
    #[error("the database schema cannot be brought up to date: {0}")]
    Migration(rusqlite_migration::Error),
    /// A statement failed.
    #[error("database: {0}")]
    Sql(#[from] rusqlite::Error),
    /// The sync to disk failed; the transaction is lost.
    #[error("database: the transaction could not be committed: {0}")]
    Commit(String),
    /// A stored value is invalid.
    #[error("stored {what} cannot be read: {cause}")]
    Value { what: &'static str, cause: String },
    /// The worker thread ended early.
    #[error("the database worker was cancelled")]
    Cancelled,
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

pub(crate) fn invalid_value<E: ToString>(what: &'static str) -> impl FnOnce(E) -> StoreError {
    move |e| StoreError::Value { what, cause: e.to_string() }
}

/// Converts an error while opening; recognises a damaged file.
pub(super) fn classify(path: &Path, source: rusqlite::Error) -> StoreError {
    let path = path.display().to_string();
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::InvalidDatabase(path),
        _ => StoreError::Open { path, source },
    }
}
