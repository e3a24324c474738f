//! The log of who did what, shown to admins.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use crate::store::Result;

/// What a wrong password is called in the log.
pub const LOGIN_FAILED: &str = "登录失败";
/// Longest name and subject kept, in characters: strangers may give any.
const MAX_NAME: usize = 64;
const MAX_SUBJECT: usize = 300;

/// Adds one line to the log of who did what.
pub(super) fn audit(t: &Connection, who: &str, what: &str, subject: &str, now: DateTime<Utc>) -> Result<()> {
    let (who, subject) = (cut(who, MAX_NAME), cut(subject, MAX_SUBJECT));
    t.prepare_cached("INSERT INTO audit (at, who, what, subject) VALUES (?1, ?2, ?3, ?4)")?.execute(params![now.timestamp(), who, what, subject])?;
    Ok(())
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
