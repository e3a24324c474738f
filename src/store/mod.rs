//! The only place that knows SQL: one SQLite file in WAL mode, one writer, readers beside it.
//!
//! Everything here is synchronous and short; callers on async threads go through [`Store::run`].

mod accounts;
mod articles;
mod backup;
mod desk;
mod editions;
mod entries;
mod facts;
mod frontier;
mod gauges;
mod outbox;
mod overview;
mod search;
mod sources;
mod space;
mod stories;
mod tokens;
mod upkeep;
mod window;
mod writer;

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{M, Migrations};

pub use accounts::{Account, AuditLine, Role, Session};
pub use articles::Judged;
pub use backup::{Contents, check as check_backup, restore};
pub use desk::Changed;
pub use editions::EditionRow;
pub use entries::{NewArticle, OpenEntry, RawPage};
pub use frontier::Pause;
pub use gauges::Gauges;
pub use outbox::{Letter, LetterEnd, LetterState, OutboxRow};
pub use overview::{Overview, Visit};
pub use search::Filter;
pub use sources::{FetchRecord, Looked, SourceHealth, SourceState, Trouble};
pub use space::{Space, room};
pub use tokens::Token;
pub use upkeep::Upkeep;
pub use window::Window;

use writer::Writer;

const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("001_first.sql")),
    M::up(include_str!("002_frontier.sql")),
    M::up(include_str!("003_extras.sql")),
    M::up(include_str!("004_judgement.sql")),
    M::up(include_str!("005_letters.sql")),
    M::up(include_str!("006_console.sql")),
    M::up(include_str!("007_outlets.sql")),
    M::up(include_str!("008_upkeep.sql")),
];
/// How long another process may hold the file before we give up.
const BUSY: Duration = Duration::from_secs(30);
/// Idle read connections kept.
const READERS: usize = 4;

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or created.
    #[error("database {path} cannot be opened: {source}; check that the folder exists and may be written")]
    Open {
        /// The file.
        path: String,
        /// Cause.
        source: rusqlite::Error,
    },
    /// Something else, or damaged.
    #[error("{0} is not a database of this program or is damaged; it was left untouched. Move it away or restore a backup")]
    NotADatabase(String),
    /// Written by a newer version.
    #[error("database {0} was made by a newer version of qingbao; install that version, or restore a backup made by this one")]
    TooNew(String),
    /// A second process.
    #[error("{path} is in use by another qingbao (pid {pid}); stop that one first, or name another --data folder")]
    InUse {
        /// The data folder.
        path: String,
        /// Its process, if known.
        pid: String,
    },
    /// The folder or lock file cannot be made.
    #[error("data folder {path} cannot be used: {source}")]
    Folder {
        /// The folder.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// Pages or rows of it are wrong.
    #[error("database {path} is damaged: {first}; restore a backup (`qingbao restore FILE`), or save what can be read with sqlite3's .recover")]
    Damaged {
        /// The file.
        path: String,
        /// The first thing found.
        first: String,
    },
    /// A restore would replace a database.
    #[error("{0} exists; stop the service and say --replace to put the backup in its place (the old one is kept beside)")]
    Occupied(String),
    /// Not enough room for the copy before an upgrade.
    #[error("there is no room for the copy {path} that is made before the schema is brought up to date: {needed} bytes needed, {free} free")]
    NoRoom {
        /// The copy.
        path: String,
        /// Bytes it needs.
        needed: u64,
        /// Bytes there are.
        free: u64,
    },
    /// Migration.
    #[error("the database schema cannot be brought up to date: {0}")]
    Migration(rusqlite_migration::Error),
    /// A statement failed.
    #[error("database: {0}")]
    Sql(#[from] rusqlite::Error),
    /// The sync to disk failed; nothing of this transaction is there.
    #[error("database: the transaction could not be committed: {0}")]
    Commit(String),
    /// A stored value is not what it must be.
    #[error("stored {what} cannot be read: {cause}")]
    Value {
        /// Which value.
        what: &'static str,
        /// Cause.
        cause: String,
    },
    /// The worker thread ended early.
    #[error("the database worker was cancelled")]
    Cancelled,
}

/// Result of a store call.
pub type Result<T> = std::result::Result<T, StoreError>;

pub(crate) fn bad<E: ToString>(what: &'static str) -> impl FnOnce(E) -> StoreError {
    move |e| StoreError::Value { what, cause: e.to_string() }
}

struct Inner {
    path: PathBuf,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    /// The file's number on its disk.
    inode: u64,
    /// Held as long as the store lives: a second process on the same folder is refused.
    _lock: Option<File>,
}

/// The store; clones share one writer.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl Store {
    /// Opens or creates `DIR/qingbao.db` for this process alone.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder { path: folder.display().to_string(), source })?;
        let lock = lock(folder)?;
        Self::open_file(&folder.join("qingbao.db"), Some(lock))
    }

    /// Opens `DIR/qingbao.db` beside a running service: for commands that only read.
    pub fn open_beside(folder: &Path) -> Result<Self> {
        let path = folder.join("qingbao.db");
        if !path.exists() {
            let source =
                std::io::Error::new(std::io::ErrorKind::NotFound, "there is no qingbao.db in it yet; run `qingbao once` or `qingbao serve` first");
            return Err(StoreError::Folder { path: folder.display().to_string(), source });
        }
        if is_whole(&path) && !is_current(&path)? {
            // only whoever has the folder alone may change the schema
            drop(Self::open(folder)?);
        }
        Self::open_file(&path, None)
    }

    fn open_file(path: &Path, lock: Option<File>) -> Result<Self> {
        if !path.exists() {
            create(path)?;
        } else if !is_whole(path) {
            return Err(StoreError::NotADatabase(path.display().to_string()));
        }
        let mut writer = connect(path, false)?;
        writer.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;").map_err(|e| classify(path, e))?;
        upgrade(&mut writer, path)?;
        let inode = inode(path).unwrap_or_default();
        Ok(Self(Arc::new(Inner { path: path.to_owned(), writer: Writer::new(writer), readers: Mutex::default(), inode, _lock: lock })))
    }

    /// Whether a write failed in the disk itself: nothing more should be written before a new start.
    pub fn is_broken(&self) -> bool {
        self.0.writer.is_broken()
    }

    /// Whether the file still is the one that was opened.
    pub fn is_in_place(&self) -> bool {
        inode(&self.0.path) == Some(self.0.inode)
    }

    /// Runs a store call off the async threads.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store)).await.unwrap_or(Err(StoreError::Cancelled))
    }

    /// One piece of work, all or nothing, on disk when this returns.
    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.0.writer.write(work)
    }

    /// Reads on a connection of its own.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match idle {
            Some(r) => r,
            None => connect(&self.0.path, false)?,
        };
        let value = work(&reader);
        let mut readers = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(reader);
        }
        value
    }
}

fn inode(path: &Path) -> Option<u64> {
    std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(path).ok()?).into()
}

/// Makes a new database beside and renames it: a file of that name is whole from its first moment, whenever we are killed.
fn create(path: &Path) -> Result<()> {
    let beside = path.with_extension("db.new");
    let fail = |source| StoreError::Folder { path: beside.display().to_string(), source };
    if beside.exists() {
        std::fs::remove_file(&beside).map_err(fail)?;
    }
    let mut connection = connect(&beside, true)?;
    // must stand before the first table: the file can give room back
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    migrate(&mut connection, &beside)?;
    connection.close().map_err(|(_, e)| e)?;
    std::fs::rename(&beside, path).map_err(fail)
}

/// Whether the schema is the one of this version.
fn is_current(path: &Path) -> Result<bool> {
    let version: i64 = connect(path, false)?.query_row("PRAGMA user_version", [], |r| r.get(0)).map_err(|e| classify(path, e))?;
    Ok(version >= i64::try_from(MIGRATIONS.len()).unwrap_or(0))
}

/// Brings an older schema up to date; a checked copy of the file as it was is kept beside.
fn upgrade(connection: &mut Connection, path: &Path) -> Result<()> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |r| r.get(0)).map_err(|e| classify(path, e))?;
    if version >= i64::try_from(MIGRATIONS.len()).unwrap_or(0) {
        return migrate(connection, path);
    }
    let kept = backup::before_upgrade(connection, path, version)?;
    tracing::warn!("the database has schema {version} and is brought up to {}; as it was it is kept as {}", MIGRATIONS.len(), kept.display());
    migrate(connection, path)?;
    if connection.query_row("PRAGMA auto_vacuum", [], |r| r.get::<_, i64>(0))? == 0 {
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM")?;
    }
    Ok(())
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    use rusqlite_migration::{Error, MigrationDefinitionError};
    Migrations::from_slice(MIGRATIONS).to_latest(connection).map_err(|e| match e {
        Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => StoreError::TooNew(path.display().to_string()),
        e => StoreError::Migration(e),
    })
}

/// Whether a file is an SQLite database of the length its header says (file format, §1.3.3 and §1.3.8). SQLite itself
/// would take an empty file for a new database and notice a cut one only later. Beside a write-ahead log the length may lag
/// behind: an interrupted checkpoint is made good from the log.
fn is_whole(path: &Path) -> bool {
    let mut header = [0u8; 100];
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

/// Opens the file; one that vanished is never silently begun anew.
fn connect(path: &Path, create: bool) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = if create { flags | OpenFlags::SQLITE_OPEN_CREATE } else { flags };
    let connection = Connection::open_with_flags(path, flags).map_err(|e| classify(path, e))?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;").map_err(|e| classify(path, e))?;
    Ok(connection)
}

fn classify(path: &Path, source: rusqlite::Error) -> StoreError {
    let path = path.display().to_string();
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::NotADatabase(path),
        _ => StoreError::Open { path, source },
    }
}

fn lock(folder: &Path) -> Result<File> {
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

    #[test]
    fn migrations_are_sound() {
        Migrations::from_slice(MIGRATIONS).validate().unwrap();
    }

    #[test]
    fn letters_of_an_older_schema_come_along() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qingbao.db");
        let mut old = connect(&path, true).unwrap();
        Migrations::from_slice(MIGRATIONS).to_version(&mut old, 3).unwrap();
        old.execute_batch(
            "INSERT INTO edition (id, publication, date, year, number, total, built, payload) VALUES (7, 'p', '2026-11-24', 2026, 1, 1, 0, '{}');
             INSERT INTO outbox (edition_id, recipient, message_id, message, state, tries, queued) VALUES (7, 'a@b.cn', '<m@b.cn>', x'41', 'sending', 2, 1000);",
        )
        .unwrap();
        drop(old);
        let store = Store::open(dir.path()).unwrap();
        let letter = store.letters_of(crate::model::EditionId(7)).unwrap().remove(0);
        assert_eq!((letter.recipient.as_str(), letter.message.as_slice(), letter.tries, letter.doubts), ("a@b.cn", b"A".as_slice(), 2, 0));
        // of unknown fate: it goes out again, and this is told
        assert_eq!(store.recover_letters(crate::config::settings::OnUncertain::Resend).unwrap().len(), 1);
        assert_eq!(store.due_letters(chrono::Utc::now(), 9).unwrap()[0].doubts, 1);
    }

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
        assert!(matches!(Store::open(dir.path()), Err(StoreError::NotADatabase(_))));
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
            assert!(matches!(Store::open(dir.path()), Err(StoreError::NotADatabase(_))), "{length} bytes");
        }
        std::fs::write(&path, &whole).unwrap();
        assert!(Store::open(dir.path()).is_ok());
    }

    #[test]
    fn a_newer_database_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        drop(Store::open(dir.path()).unwrap());
        Connection::open(dir.path().join("qingbao.db")).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
        assert!(matches!(Store::open(dir.path()), Err(StoreError::TooNew(_))));
    }
}
