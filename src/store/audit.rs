//! The audit log, shown to admins. Its lines are chained by hashes, which reveals later changes by hand.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use crate::model::AuditAction;
use crate::store::{Result, Store};
use crate::text::hex;

/// What a wrong password was called in the log before actions had codes.
const FORMER_SIGN_IN_FAILED: &str = "登录失败";
/// SQL: whether a line tells of a wrong password.
pub(super) const IS_FAILED_SIGN_IN: &str = "what IN ('sign-in-failed', '登录失败')";

fn is_failed_sign_in(what: &str) -> bool {
    what == AuditAction::SignInFailed.as_str() || what == FORMER_SIGN_IN_FAILED
}
/// Longest name and subject kept, in characters: strangers may give any.
const MAX_NAME: usize = 64;
const MAX_SUBJECT: usize = 300;

/// State of the chain: the last id before it began, the hash before the oldest line kept, and the hash of the newest line.
const UNCHAINED: &str = "audit_unchained";
const START: &str = "audit_start";
const TIP: &str = "audit_tip";

/// The hashed content of a line.
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
pub(super) fn audit(t: &Connection, who: &str, action: AuditAction, subject: &str, now: DateTime<Utc>) -> Result<()> {
    let what = action.as_str();
    let (who, subject) = (cut(who, MAX_NAME), cut(subject, MAX_SUBJECT));
    let line = Line { at: now.timestamp(), who: &who, what, subject: &subject };
    // failed sign-ins are pruned one by one, and stand beside the chain
    let chained = if action == AuditAction::SignInFailed {
        None
    } else {
        let previous = last_hash(t)?.unwrap_or_default();
        let hash = line.hash(&previous);
        put_fact(t, TIP, &hex(&hash))?;
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
    /// Returns the first line that was changed, added or removed by hand: its time, if known, and what it says. A person who can
    /// write the database can also rebuild the chain: compare [`audit_hash`](Self::audit_hash) with the one in an earlier weekly
    /// report.
    pub fn audit_damage(&self) -> Result<Option<(DateTime<Utc>, String)>> {
        self.read(|c| {
            let fact =
                |name: &str| c.prepare_cached("SELECT value FROM fact WHERE name = ?1")?.query_row([name], |r| r.get::<_, String>(0)).optional();
            let unchained: i64 = fact(UNCHAINED)?.and_then(|v| v.parse().ok()).unwrap_or(0);
            let (mut before, tip) = (fact(START)?.unwrap_or_default(), fact(TIP)?.unwrap_or_default());
            let mut statement = c.prepare("SELECT id, at, who, what, subject, previous, hash FROM audit ORDER BY id")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (id, at, who, what, subject): (i64, i64, String, String, String) =
                    (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
                let (previous, hash): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.get(5)?, row.get(6)?);
                let line = Line { at, who: &who, what: &what, subject: &subject };
                let right = match (&previous, &hash) {
                    (None, None) => id <= unchained || is_failed_sign_in(&what),
                    (Some(previous), Some(hash)) => line.hash(previous) == *hash && hex(previous) == before,
                    _ => false,
                };
                if !right {
                    return Ok(Some((DateTime::from_timestamp(at, 0).unwrap_or_default(), format!("{who} {what} {subject}"))));
                }
                before = hash.map_or(before, |h| hex(&h));
            }
            Ok((before != tip).then(|| (Utc::now(), "the newest lines are gone".to_owned())))
        })
    }

    /// Stores the new start of the chain after the oldest lines were pruned.
    pub(super) fn audit_pruned(&self) -> Result<()> {
        self.write(|t| {
            let first: Option<Vec<u8>> =
                t.query_row("SELECT previous FROM audit WHERE hash IS NOT NULL ORDER BY id LIMIT 1", [], |r| r.get(0)).optional()?;
            if first.is_none() {
                put_fact(t, TIP, "")?;
            }
            put_fact(t, START, &hex(&first.unwrap_or_default()))
        })
    }

    /// Returns the hash of the newest line, in hexadecimal; empty without lines.
    pub fn audit_hash(&self) -> Result<String> {
        self.read(|c| Ok(hex(&last_hash(c)?.unwrap_or_default())))
    }
}

fn put_fact(t: &Connection, name: &str, value: &str) -> Result<()> {
    t.prepare_cached("INSERT OR REPLACE INTO fact (name, value) VALUES (?1, ?2)")?.execute([name, value])?;
    Ok(())
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

    /// Changes a log with SQL and returns the damage that is found.
    fn log(change: &str) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        for n in 0..5 {
            store.audit("甲", AuditAction::Finalise, &n.to_string(), Utc::now()).unwrap();
            store.audit("乙", AuditAction::SignInFailed, "127.0.0.1", Utc::now()).unwrap();
        }
        assert_eq!(store.audit_damage().unwrap(), None);
        Connection::open(dir.path().join("qingbao.db")).unwrap().execute_batch(change).unwrap();
        store.audit_damage().unwrap().map(|(_, line)| line)
    }

    #[test]
    fn what_is_pruned_is_no_damage() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        for n in 0..5 {
            store.audit("甲", AuditAction::Finalise, &n.to_string(), Utc::now()).unwrap();
        }
        for gone in ["subject < '2'", "true"] {
            Connection::open(dir.path().join("qingbao.db")).unwrap().execute(&format!("DELETE FROM audit WHERE {gone}"), []).unwrap();
            store.audit_pruned().unwrap();
            assert_eq!(store.audit_damage().unwrap(), None, "{gone}");
        }
    }

    #[test]
    fn a_line_that_was_changed_or_removed_is_found() {
        let table = [
            ("", None),
            ("UPDATE audit SET who = '丙' WHERE subject = '2'", Some("丙 finalise 2")),
            ("UPDATE audit SET at = at + 1 WHERE subject = '0'", Some("甲 finalise 0")),
            ("DELETE FROM audit WHERE subject = '2'", Some("甲 finalise 3")),
            (
                "INSERT INTO audit (id, at, who, what, subject, previous, hash) SELECT 99, at, who, what, '9', previous, hash FROM audit WHERE subject = '4'",
                Some("甲 finalise 9"),
            ),
            ("DELETE FROM audit WHERE subject = '0'", Some("甲 finalise 1")),
            ("DELETE FROM audit WHERE subject = '4'", Some("the newest lines are gone")),
            ("DELETE FROM audit", Some("the newest lines are gone")),
            ("INSERT INTO audit (at, who, what, subject) VALUES (1, '丙', '定稿', '9')", Some("丙 定稿 9")),
            ("UPDATE audit SET hash = NULL, previous = NULL WHERE subject IN ('0', '1')", Some("甲 finalise 0")),
            ("DELETE FROM audit WHERE what = 'sign-in-failed'", None),
        ];
        for (change, found) in table {
            assert_eq!(log(change).as_deref(), found, "{change}");
        }
    }
}
