//! The log of who did what, shown to admins. Its lines are chained by hashes: who changes the database by hand later is found out.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use crate::store::{Result, Store};

/// What a wrong password is called in the log.
pub const LOGIN_FAILED: &str = "登录失败";
/// Longest name and subject kept, in characters: strangers may give any.
const MAX_NAME: usize = 64;
const MAX_SUBJECT: usize = 300;

/// A line as it is hashed.
struct Line<'a> {
    at: i64,
    who: &'a str,
    what: &'a str,
    subject: &'a str,
}

impl Line<'_> {
    fn hash(&self, previous: &[u8]) -> Vec<u8> {
        let mut hasher = Sha256::new();
        hasher.update(self.at.to_le_bytes());
        for field in [previous, self.who.as_bytes(), self.what.as_bytes(), self.subject.as_bytes()] {
            hasher.update((field.len() as u64).to_le_bytes());
            hasher.update(field);
        }
        hasher.finalize().to_vec()
    }
}

/// Adds one line to the log of who did what.
pub(super) fn audit(t: &Connection, who: &str, what: &str, subject: &str, now: DateTime<Utc>) -> Result<()> {
    let (who, subject) = (cut(who, MAX_NAME), cut(subject, MAX_SUBJECT));
    let line = Line { at: now.timestamp(), who: &who, what, subject: &subject };
    // failed sign-ins are pruned one by one, and stand beside the chain
    let chained = if what == LOGIN_FAILED {
        None
    } else {
        let previous = last_hash(t)?.unwrap_or_default();
        let hash = line.hash(&previous);
        Some((previous, hash))
    };
    let (previous, hash) = chained.unzip();
    t.prepare_cached("INSERT INTO audit (at, who, what, subject, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        line.at,
        line.who,
        line.what,
        line.subject,
        previous,
        hash
    ])?;
    Ok(())
}

fn last_hash(c: &Connection) -> Result<Option<Vec<u8>>> {
    Ok(c.prepare_cached("SELECT hash FROM audit WHERE hash IS NOT NULL ORDER BY id DESC LIMIT 1")?.query_row([], |r| r.get(0)).optional()?)
}

impl Store {
    /// The first line of the log that is not as it was written, or before which one was removed: its time, and what it says.
    /// Removed lines at the end are not found so: compare [`audit_hash`](Self::audit_hash) with an earlier one.
    pub fn audit_damage(&self) -> Result<Option<(DateTime<Utc>, String)>> {
        self.read(|c| {
            let mut statement = c.prepare("SELECT at, who, what, subject, previous, hash FROM audit WHERE hash IS NOT NULL ORDER BY id")?;
            let mut rows = statement.query([])?;
            let mut before: Option<Vec<u8>> = None;
            while let Some(row) = rows.next()? {
                let (at, who, what, subject): (i64, String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                let (previous, hash): (Option<Vec<u8>>, Vec<u8>) = (row.get(4)?, row.get(5)?);
                let previous = previous.unwrap_or_default();
                let line = Line { at, who: &who, what: &what, subject: &subject };
                // the oldest lines are pruned: the first that is left is only compared with itself
                if line.hash(&previous) != hash || before.as_ref().is_some_and(|b| *b != previous) {
                    return Ok(Some((DateTime::from_timestamp(at, 0).unwrap_or_default(), format!("{who} {what} {subject}"))));
                }
                before = Some(hash);
            }
            Ok(None)
        })
    }

    /// The hash of the newest line of the log, in hexadecimal; empty where there is none.
    pub fn audit_hash(&self) -> Result<String> {
        self.read(|c| Ok(last_hash(c)?.unwrap_or_default().iter().map(|b| format!("{b:02x}")).collect()))
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store whose log has some lines, and the way to change it by hand.
    fn log(change: &str) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        for n in 0..5 {
            store.audit("甲", "定稿", &n.to_string(), Utc::now()).unwrap();
            store.audit("乙", LOGIN_FAILED, "127.0.0.1", Utc::now()).unwrap();
        }
        assert_eq!(store.audit_damage().unwrap(), None);
        Connection::open(dir.path().join("qingbao.db")).unwrap().execute_batch(change).unwrap();
        store.audit_damage().unwrap().map(|(_, line)| line)
    }

    #[test]
    fn a_line_that_was_changed_or_removed_is_found() {
        let table = [
            ("", None),
            ("UPDATE audit SET who = '丙' WHERE subject = '2'", Some("丙 定稿 2")),
            ("UPDATE audit SET at = at + 1 WHERE subject = '0'", Some("甲 定稿 0")),
            ("DELETE FROM audit WHERE subject = '2'", Some("甲 定稿 3")),
            (
                "INSERT INTO audit (id, at, who, what, subject, previous, hash) SELECT 99, at, who, what, '9', previous, hash FROM audit WHERE subject = '4'",
                Some("甲 定稿 9"),
            ),
            // as pruning does
            ("DELETE FROM audit WHERE subject IN ('0', '1'); DELETE FROM audit WHERE what = '登录失败'", None),
        ];
        for (change, found) in table {
            assert_eq!(log(change).as_deref(), found, "{change}");
        }
    }
}
