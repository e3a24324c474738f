//! Copies of the whole database: made while the service runs, checked, and restored.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::store::error::classify;
use crate::store::migrations::MIGRATIONS;
use crate::store::{Result, Store, StoreError, connect, disk_usage, is_whole, lock};

/// Content of a database, shown after a backup and before a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseSummary {
    pub articles: i64,
    pub editions: i64,
    pub letters: i64,
    pub bytes: u64,
}

/// Key of the last backup's time.
const LAST_BACKUP: &str = "backup";

/// `doctor` warns of an older backup.
pub const BACKUP_MAX_AGE: TimeDelta = TimeDelta::days(2);

impl Store {
    /// Copies the current database into a new file (`VACUUM INTO`, which blocks neither readers nor the writer), checks the copy,
    /// and records the time. An existing file is replaced only after the copy was found sound.
    pub fn backup(&self, to: &Path, now: DateTime<Utc>) -> Result<DatabaseSummary> {
        let beside = sibling_path(to, "new");
        remove(&beside)?;
        let copied = self.read(|c| copy(c, &beside)).and_then(|()| check(&beside));
        let contents = copied.inspect_err(|_| drop(std::fs::remove_file(&beside)))?;
        std::fs::File::open(&beside).and_then(|f| f.sync_all()).and_then(|()| std::fs::rename(&beside, to)).map_err(|e| failed(to, e))?;
        self.put_kv(LAST_BACKUP, &now.timestamp().to_string())?;
        Ok(contents)
    }

    /// Returns the time of the last backup.
    pub fn last_backup(&self) -> Result<Option<DateTime<Utc>>> {
        Ok(self.kv(LAST_BACKUP)?.and_then(|t| DateTime::from_timestamp(t.parse().ok()?, 0)))
    }

    /// Returns the result of `PRAGMA integrity_check`: empty if all is well.
    pub fn damage(&self) -> Result<Vec<String>> {
        self.read(damage)
    }
}

/// Replaces the database of a folder by a backup and keeps the old one beside it; nothing else may use the folder. Mail of the
/// restored database waits for an operator, because it may have been sent after the backup.
///
/// # Errors
/// The backup is damaged or made by a newer version, or there is a database and `replace` is false.
pub fn restore(from: &Path, folder: &Path, replace: bool, now: DateTime<Utc>) -> Result<(DatabaseSummary, Option<PathBuf>)> {
    let contents = check(from)?;
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let _lock = lock(folder)?;
    let target = folder.join("qingbao.db");
    if target.exists() && !replace {
        return Err(StoreError::TargetExists(target.display().to_string()));
    }
    let coming = sibling_path(&target, "restored");
    remove(&coming)?;
    // not `fs::copy`, which would also copy the mode
    let copied = std::fs::File::open(from).and_then(|mut f| std::io::copy(&mut f, &mut std::fs::File::create(&coming)?));
    copied.map_err(|e| failed(&coming, e))?;
    let incoming = connect(&coming, false)?;
    // check the copy itself, because the original may have been replaced meanwhile
    refuse_programs(&incoming, from).inspect_err(|_| drop(std::fs::remove_file(&coming)))?;
    incoming.execute(
        "INSERT OR REPLACE INTO fact (name, value) VALUES ('held', ?1)",
        [format!("restored at {}: letters queued since the backup may have been sent", now.format("%F %H:%M UTC"))],
    )?;
    incoming.execute_batch("PRAGMA journal_mode = DELETE")?;
    incoming.close().map_err(|(_, e)| e)?;
    std::fs::File::open(&coming).and_then(|f| f.sync_all()).map_err(|e| failed(&coming, e))?;
    let kept = target.exists().then(|| sibling_path(&target, &format!("before-{}", now.format("%Y%m%d-%H%M%S"))));
    if let Some(kept) = &kept {
        // the write-ahead log is part of the kept database
        for end in ["", "-wal", "-shm"] {
            let (old, new) = (with_end(&target, end), with_end(kept, end));
            if old.exists() {
                std::fs::rename(&old, &new).map_err(|e| failed(&new, e))?;
            }
        }
    }
    std::fs::rename(&coming, &target).map_err(|e| failed(&target, e))?;
    Ok((contents, kept))
}

/// Makes a copy before a schema upgrade.
pub(super) fn before_upgrade(connection: &Connection, path: &Path, version: i64) -> Result<PathBuf> {
    let to = sibling_path(path, &format!("schema-{version}"));
    let bytes = std::fs::metadata(path).map_err(|e| failed(path, e))?.len();
    let (free, _) = disk_usage::available_space(path).map_err(|e| failed(path, e))?;
    if free < bytes + bytes / 4 {
        return Err(StoreError::NoRoom { path: to.display().to_string(), needed: bytes + bytes / 4, free });
    }
    remove(&to)?;
    copy(connection, &to).and_then(|()| check(&to)).inspect_err(|_| drop(std::fs::remove_file(&to)))?;
    Ok(to)
}

fn copy(c: &Connection, to: &Path) -> Result<()> {
    let name = to.to_str().ok_or_else(|| failed(to, std::io::Error::new(std::io::ErrorKind::InvalidInput, "its name is no UTF-8")))?;
    c.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

/// Checks that a file is a sound database of ours; returns its content.
///
/// # Errors
/// It is not, or a newer version made it.
pub fn check(path: &Path) -> Result<DatabaseSummary> {
    std::fs::metadata(path).map_err(|e| failed(path, e))?;
    if !is_whole(path) {
        return Err(StoreError::InvalidDatabase(path.display().to_string()));
    }
    let c = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    c.execute_batch("PRAGMA trusted_schema = OFF")?;
    refuse_programs(&c, path)?;
    let version: i64 = c.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    if version > i64::try_from(MIGRATIONS.len()).unwrap_or(0) {
        return Err(StoreError::TooNew(path.display().to_string()));
    }
    let found = damage(&c)?;
    if let Some(first) = found.first() {
        return Err(StoreError::Damaged { path: path.display().to_string(), first: first.clone() });
    }
    let count = |table: &str| c.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0));
    let bytes = std::fs::metadata(path).map_err(|e| failed(path, e))?.len();
    Ok(DatabaseSummary { articles: count("article")?, editions: count("edition")?, letters: count("outbox")?, bytes })
}

/// Triggers and views run SQL of the file's author. Our schema has none.
fn refuse_programs(c: &Connection, path: &Path) -> Result<()> {
    let sql = "SELECT type || ' ' || name FROM sqlite_schema WHERE type NOT IN ('table', 'index') ORDER BY name LIMIT 1";
    match c.query_row(sql, [], |r| r.get::<_, String>(0)).optional().map_err(|e| classify(path, e))? {
        Some(found) => Err(StoreError::ForeignSchema { path: path.display().to_string(), found }),
        None => Ok(()),
    }
}

fn damage(c: &Connection) -> Result<Vec<String>> {
    let mut s = c.prepare("PRAGMA integrity_check(20)")?;
    let lines = s.query_map([], |r| r.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut out: Vec<String> = lines.into_iter().filter(|l| l != "ok").collect();
    let mut s = c.prepare("PRAGMA foreign_key_check")?;
    let mut rows = s.query([])?;
    while let Some(r) = rows.next()? {
        out.push(format!("a row of {} points to nothing", r.get::<_, String>(0)?));
    }
    Ok(out)
}

/// `qingbao.db` → `qingbao.db.END`
fn sibling_path(path: &Path, end: &str) -> PathBuf {
    with_end(path, &format!(".{end}"))
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(path, e)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Folder { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite_migration::Migrations;

    fn now() -> DateTime<Utc> {
        "2026-11-24T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_backup_is_checked_and_comes_back_with_its_letters_held() {
        let dir = tempfile::tempdir().unwrap();
        let (data, file) = (dir.path().join("data"), dir.path().join("copy.db"));
        let store = Store::open(&data).unwrap();
        store.put_kv("mark", "old").unwrap();
        assert!(store.last_backup().unwrap().is_none());
        store.backup(&file, now()).unwrap();
        assert_eq!(store.last_backup().unwrap(), Some(now()));
        store.put_kv("mark", "new").unwrap();
        assert!(matches!(restore(&file, &data, true, now()), Err(StoreError::InUse { .. })), "the service holds the folder");
        drop(store);
        assert!(matches!(restore(&file, &data, false, now()), Err(StoreError::TargetExists(_))));
        let (_, kept) = restore(&file, &data, true, now()).unwrap();
        let store = Store::open(&data).unwrap();
        assert_eq!((store.kv("mark").unwrap().as_deref(), store.damage().unwrap().len()), (Some("old"), 0));
        assert!(store.mail_hold().unwrap().is_some());
        assert!(kept.unwrap().exists(), "what was there is kept");
    }

    #[test]
    fn a_damaged_backup_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (data, file) = (dir.path().join("data"), dir.path().join("copy.db"));
        let store = Store::open(&data).unwrap();
        store.backup(&file, now()).unwrap();
        drop(store);
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(0x5a);
        std::fs::write(&file, &bytes).unwrap();
        assert!(restore(&file, &data, true, now()).is_err());
        assert!(Store::open(&data).is_ok());
        std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
        assert!(matches!(restore(&file, &data, true, now()), Err(StoreError::InvalidDatabase(_))));
    }

    #[test]
    fn a_backup_that_brings_sql_of_its_own_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let (data, file) = (dir.path().join("data"), dir.path().join("copy.db"));
        let store = Store::open(&data).unwrap();
        for sql in ["CREATE TRIGGER plant AFTER INSERT ON fact BEGIN DELETE FROM article; END", "CREATE VIEW plant AS SELECT 1"] {
            store.backup(&file, now()).unwrap();
            Connection::open(&file).unwrap().execute_batch(sql).unwrap();
            let words = restore(&file, &dir.path().join("new"), true, now()).unwrap_err().to_string();
            assert!(words.contains("plant") && words.contains("copy.db"), "{words}");
            assert!(!dir.path().join("new/qingbao.db").exists());
        }
    }

    #[test]
    fn an_upgrade_keeps_a_copy_of_what_was_and_a_copy_of_a_newer_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qingbao.db");
        let mut old = connect(&path, true).unwrap();
        Migrations::from_slice(MIGRATIONS).to_version(&mut old, 5).unwrap();
        drop(old);
        drop(Store::open(dir.path()).unwrap());
        let kept = dir.path().join("qingbao.db.schema-5");
        check(&kept).unwrap();
        let c = Connection::open(&kept).unwrap();
        assert_eq!(c.query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0)).unwrap(), 5);
        c.execute_batch("PRAGMA user_version = 99").unwrap();
        assert!(matches!(check(&kept), Err(StoreError::TooNew(_))));
        assert_eq!(
            Connection::open(&path).unwrap().query_row("PRAGMA auto_vacuum", [], |r| r.get::<_, i64>(0)).unwrap(),
            2,
            "an older file learns to shrink"
        );
    }
}
