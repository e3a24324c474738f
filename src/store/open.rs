//! Opening the database: a complete file, for one process.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::store::error::classify;
use crate::store::{Result, StoreError};

/// How long to wait for a lock of another process.
const BUSY: Duration = Duration::from_secs(30);
/// Prepared statements cached per connection.
const STATEMENTS: usize = 128;

pub(super) fn inode(path: &Path) -> Option<u64> {
    std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(path).ok()?).into()
}

/// Whether a file is an SQLite database of the length in its header (file format, §1.3.3 and §1.3.8). SQLite itself would take an
/// empty file for a new database and notice a truncated one only later. With a write-ahead log the length may lag behind, because
/// the log completes an interrupted checkpoint.
pub(super) fn is_whole(path: &Path) -> bool {
    let mut header = [0u8; 100];
    // opening a pipe would wait for its writer
    if !path.is_file() {
        return false;
    }
    let read = File::open(path).and_then(|mut f| {
        f.read_exact(&mut header)?;
        f.metadata()
    });
    let Ok(metadata) = read else { return false };
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        n => u64::from(n),
    };
    let pages = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    let has_log = std::fs::metadata(path.with_extension("db-wal")).is_ok_and(|m| m.len() > 0);
    header.starts_with(b"SQLite format 3\0") && (has_log || metadata.len() >= page * pages)
}

/// Opens the file; a missing one is never silently created.
pub(super) fn connect(path: &Path, create: bool) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = if create { flags | OpenFlags::SQLITE_OPEN_CREATE } else { flags };
    let connection = Connection::open_with_flags(path, flags).map_err(|e| classify(path, e))?;
    connection.busy_timeout(BUSY)?;
    // the crawl alone uses more than the default 16, and compiling a statement costs more than running it
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;").map_err(|e| classify(path, e))?;
    Ok(connection)
}

pub(super) fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("qingbao.lock");
    let fail = |source| StoreError::Folder { path: folder.display().to_string(), source };
    let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(fail)?;
    if file.try_lock().is_err() {
        let mut pid = String::new();
        let _ = file.read_to_string(&mut pid);
        return Err(StoreError::InUse { path: folder.display().to_string(), pid: pid.trim().to_owned() });
    }
    file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(fail)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_second_process_on_the_same_folder_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let _first = Store::open(dir.path()).unwrap();
        assert!(matches!(Store::open(dir.path()), Err(StoreError::InUse { .. })));
        assert!(Store::open_beside(dir.path()).is_ok());
    }

    #[test]
    fn files_that_are_no_database_are_left_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qingbao.db");
        std::fs::write(&path, "这不是数据库，只是一段文字。".repeat(100)).unwrap();
        assert!(matches!(Store::open(dir.path()), Err(StoreError::InvalidDatabase(_))));
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("这不是数据库"));
    }

    #[test]
    fn empty_and_cut_databases_are_never_taken_for_new_ones() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qingbao.db");
        drop(Store::open(dir.path()).unwrap());
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 50, 100, whole.len() / 2] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(matches!(Store::open(dir.path()), Err(StoreError::InvalidDatabase(_))), "{length} bytes");
        }
        std::fs::write(&path, &whole).unwrap();
        assert!(Store::open(dir.path()).is_ok());
    }
}
