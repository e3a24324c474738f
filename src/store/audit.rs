//! The log of who did what, shown to admins.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use crate::store::Result;

/// Adds one line to the log of who did what.
pub(super) fn audit(t: &Connection, who: &str, what: &str, subject: &str, now: DateTime<Utc>) -> Result<()> {
    t.prepare_cached("INSERT INTO audit (at, who, what, subject) VALUES (?1, ?2, ?3, ?4)")?.execute(params![now.timestamp(), who, what, subject])?;
    Ok(())
}
