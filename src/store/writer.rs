//! The single writer: waiting transactions share one sync to disk.
//!
//! Each caller runs its work in a savepoint. If others wait, the transaction stays open for the next of them; the last one
//! commits for all. A caller returns only after its transaction is synced. A single writer pays one fsync; sixty concurrent
//! writers share one.
//!
//! Deferred work of all pieces runs just before the commit, outside any savepoint: the full-text index starts a new segment with
//! each savepoint after a write of its own (SQLite's `fts5SavepointMethod`), and merging a segment for each article costs more
//! than everything else in storing it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use crate::store::{Result, StoreError};

/// Most pieces of work in one transaction, and longest time it stays open.
const MAX_BATCH: usize = 128;
const MAX_BATCH_TIME: Duration = Duration::from_millis(30);

/// Work that a piece defers until just before the commit. If it fails, the whole transaction is lost, so only the disk may make
/// it fail.
pub(super) type BeforeCommit = Box<dyn FnOnce(&Connection) -> Result<()> + Send>;

struct State {
    connection: Connection,
    put_off: Vec<BeforeCommit>,
    /// Start of the open transaction.
    open_since: Option<Instant>,
    batch: u64,
    /// Pieces of work in it.
    pieces: usize,
}

/// Finished batches, and which of them failed.
#[derive(Default)]
struct CompletedBatches {
    last: u64,
    failed: Vec<(u64, String)>,
}

pub(super) struct Writer {
    /// The disk refused a write.
    broken: AtomicBool,
    state: Mutex<State>,
    waiting: AtomicUsize,
    ended: Mutex<CompletedBatches>,
    signal: Condvar,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        let state = State { connection, put_off: Vec::new(), open_since: None, batch: 0, pieces: 0 };
        Self {
            broken: AtomicBool::new(false),
            state: Mutex::new(state),
            waiting: AtomicUsize::new(0),
            ended: Mutex::default(),
            signal: Condvar::new(),
        }
    }

    /// Whether the disk refused a write.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::SeqCst)
    }

    /// Runs a piece of work, all or nothing; returns when it is on disk.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.write_with_hook(|c| Ok((work(c)?, None)))
    }

    /// The same for a piece with deferred work, which is also on disk when this returns.
    pub(super) fn write_with_hook<T>(&self, work: impl FnOnce(&Connection) -> Result<(T, Option<BeforeCommit>)>) -> Result<T> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        if state.open_since.is_none() {
            state.connection.execute_batch("BEGIN IMMEDIATE")?;
            state.open_since = Some(Instant::now());
            state.batch += 1;
            state.pieces = 0;
        }
        state.pieces += 1;
        let batch = state.batch;
        // a panic in one piece must not leave the others' transaction open
        let outcome = catch_unwind(AssertUnwindSafe(|| piece(&mut state.connection, work))).map(|done| {
            done.map(|(value, put_off)| {
                state.put_off.extend(put_off);
                value
            })
        });
        let young = state.pieces < MAX_BATCH && state.open_since.is_some_and(|t| t.elapsed() < MAX_BATCH_TIME);
        // some errors (a full disk) make SQLite roll back the whole transaction: it is over for everybody in it
        let go_on = young && self.waiting.load(Ordering::SeqCst) > 0 && !state.connection.is_autocommit();
        let committed = if go_on {
            drop(state);
            self.wait_for(batch)
        } else {
            let result = commit(&mut state);
            if let Err(StoreError::Sql(e)) = &result
                && e.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
            {
                // nobody knows what reached the disk (a failed fsync is not repeated): SQLite's files must be reopened
                self.broken.store(true, Ordering::SeqCst);
            }
            // before the next batch can start: if results came out of order, a failed batch would look like a later success
            self.publish_result(batch, &result);
            drop(state);
            result
        };
        match outcome {
            Ok(value) => committed.and(value),
            Err(panic) => resume_unwind(panic),
        }
    }

    fn wait_for(&self, batch: u64) -> Result<()> {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        while ended.last < batch {
            ended = self.signal.wait(ended).unwrap_or_else(PoisonError::into_inner);
        }
        match ended.failed.iter().find(|(b, _)| *b == batch) {
            Some((_, cause)) => Err(StoreError::Commit(cause.clone())),
            None => Ok(()),
        }
    }

    fn publish_result(&self, batch: u64, result: &Result<()>) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.last = batch;
        if let Err(e) = result {
            ended.failed.push((batch, e.to_string()));
            // all who waited for an older one have read it long ago
            if ended.failed.len() > 64 {
                ended.failed.remove(0);
            }
        }
        drop(ended);
        self.signal.notify_all();
    }
}

fn piece<T>(connection: &mut Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let savepoint = connection.savepoint()?;
    let value = work(&savepoint)?;
    savepoint.commit()?;
    Ok(value)
}

fn commit(state: &mut State) -> Result<()> {
    state.open_since = None;
    let put_off = std::mem::take(&mut state.put_off);
    let finish = || {
        if !state.connection.is_autocommit() {
            put_off.into_iter().try_for_each(|last| last(&state.connection))?;
        }
        Ok(state.connection.execute_batch("COMMIT")?)
    };
    // a panic here would leave the transaction open for the next caller
    let result = catch_unwind(AssertUnwindSafe(finish)).unwrap_or(Err(StoreError::Cancelled));
    if result.is_err() && !state.connection.is_autocommit() {
        let _ = state.connection.execute_batch("ROLLBACK");
    }
    result
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn writer(dir: &tempfile::TempDir) -> Arc<Writer> {
        let c = Connection::open(dir.path().join("db")).unwrap();
        c.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER PRIMARY KEY)").unwrap();
        Arc::new(Writer::new(c))
    }

    fn count(dir: &tempfile::TempDir) -> i64 {
        Connection::open(dir.path().join("db")).unwrap().query_row("SELECT count(*) FROM t", [], |r| r.get(0)).unwrap()
    }

    #[test]
    fn what_returned_is_committed_and_failures_take_nobody_with_them() {
        let dir = tempfile::tempdir().unwrap();
        let w = writer(&dir);
        let threads: Vec<_> = (0..16i64)
            .map(|t| {
                let w = Arc::clone(&w);
                std::thread::spawn(move || {
                    for n in 0..50 {
                        let row = t * 50 + n;
                        let result = w.write(|c| {
                            c.execute("INSERT INTO t VALUES (?1)", [row])?;
                            if n % 10 == 9 { Err(StoreError::Cancelled) } else { Ok(()) }
                        });
                        assert_eq!(result.is_ok(), n % 10 != 9);
                    }
                })
            })
            .collect();
        for t in threads {
            t.join().unwrap();
        }
        assert_eq!(count(&dir), 16 * 45);
        assert!(w.state.lock().unwrap().open_since.is_none());
    }

    #[test]
    fn a_panic_in_one_piece_leaves_the_others_alone() {
        let dir = tempfile::tempdir().unwrap();
        let w = writer(&dir);
        let threads: Vec<_> = (0..8i64)
            .map(|t| {
                let w = Arc::clone(&w);
                std::thread::spawn(move || {
                    w.write(|c| {
                        c.execute("INSERT INTO t VALUES (?1)", [t])?;
                        assert!(t != 3, "on purpose");
                        Ok(())
                    })
                })
            })
            .collect();
        let ok = threads.into_iter().filter_map(|t| t.join().ok()).flatten().count();
        assert_eq!((ok, count(&dir)), (7, 7));
    }

    /// Inserts `n` at once and `n + 100` deferred.
    fn twice(w: &Writer, n: i64, fails: bool) -> Result<()> {
        w.write_with_hook(|c| {
            c.execute("INSERT INTO t VALUES (?1)", [n])?;
            let last: BeforeCommit = Box::new(move |c| Ok(c.execute("INSERT INTO t VALUES (?1)", [n + 100]).map(drop)?));
            if fails { Err(StoreError::Cancelled) } else { Ok(((), Some(last))) }
        })
    }

    #[test]
    fn what_is_put_off_is_committed_with_its_piece_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let w = writer(&dir);
        twice(&w, 1, false).unwrap();
        assert_eq!(count(&dir), 2);
        assert!(twice(&w, 2, true).is_err());
        assert_eq!(count(&dir), 2, "a piece that failed puts nothing off");
        // 101 already exists: nothing of this transaction may stay
        w.write(|c| Ok(c.execute("DELETE FROM t WHERE n = 1", [])?)).unwrap();
        assert!(twice(&w, 1, false).is_err());
        assert_eq!(count(&dir), 1);
        let panics: BeforeCommit = Box::new(|_| panic!("on purpose"));
        assert!(w.write_with_hook(|c| Ok((c.execute("INSERT INTO t VALUES (3)", [])?, Some(panics)))).is_err());
        twice(&w, 4, false).unwrap();
        assert_eq!(count(&dir), 3, "the next one finds the way free");
    }

    #[test]
    fn a_transaction_that_sqlite_gave_up_is_over_for_all_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let w = writer(&dir);
        // as if another caller waited behind the first
        w.waiting.fetch_add(1, Ordering::SeqCst);
        let first = std::thread::spawn({
            let w = Arc::clone(&w);
            move || twice(&w, 1, false)
        });
        while w.state.lock().unwrap().put_off.is_empty() {
            std::thread::yield_now();
        }
        w.waiting.fetch_sub(1, Ordering::SeqCst);
        assert!(w.write(|c| Ok(c.execute("INSERT OR ROLLBACK INTO t VALUES (1)", [])?)).is_err());
        assert!(first.join().unwrap().is_err());
        assert_eq!(count(&dir), 0, "nothing put off is done after it");
        twice(&w, 1, false).unwrap();
        assert_eq!(count(&dir), 2);
    }

    #[test]
    fn a_commit_that_fails_fails_for_all_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let w = writer(&dir);
        w.write(|c| Ok(c.execute_batch("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE k (p INTEGER REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED); PRAGMA foreign_keys = ON")?)).unwrap();
        w.state.lock().unwrap().connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        assert!(w.write(|c| Ok(c.execute("INSERT INTO k VALUES (1)", [])?)).is_err(), "a deferred constraint fails at commit");
        w.write(|c| Ok(c.execute("INSERT INTO t VALUES (1)", [])?)).unwrap();
        assert_eq!(count(&dir), 1);
    }
}
