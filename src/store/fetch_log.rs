//! The log of requests to sources, one line each.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use crate::fetch::RequestStats;
use crate::model::{SourceId, WebUrl};
use crate::store::Result;

/// A line of the fetch log.
#[derive(Debug, Clone)]
pub struct FetchRecord {
    pub source: SourceId,
    /// The requested address.
    pub url: WebUrl,
    /// A poll, or the page of an entry.
    pub listing: bool,
    /// `ok`, `not-modified` or the error's code.
    pub code: &'static str,
    pub outcome: String,
    /// Decompressed.
    pub bytes: usize,
    /// What the request cost.
    pub stats: RequestStats,
    /// Validators were sent.
    pub conditional: bool,
}

/// Adds a line.
pub(super) fn log_fetch(t: &Connection, record: &FetchRecord, now: DateTime<Utc>) -> Result<()> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    t.prepare_cached(
        "INSERT INTO fetch_log (source_id, url, at, outcome, bytes, millis, conditional, code, wire, requests, reused, listing)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        record.source.as_str(),
        record.url.as_str(),
        now.timestamp(),
        record.outcome,
        number(record.bytes as u64),
        number(record.stats.millis),
        record.conditional,
        record.code,
        number(record.stats.bytes_received),
        record.stats.requests,
        record.stats.reused,
        record.listing
    ])?;
    Ok(())
}

/// Adds a line of a look at a printed article; such lines count apart.
pub(super) fn log_recheck(t: &Connection, record: &FetchRecord, now: DateTime<Utc>) -> Result<()> {
    log_fetch(t, record, now)?;
    t.prepare_cached("UPDATE fetch_log SET recheck = 1 WHERE id = ?1")?.execute([t.last_insert_rowid()])?;
    Ok(())
}

/// Corrects the outcome in the last line of this source and address.
pub(super) fn correct_fetch(t: &Connection, record: &FetchRecord) -> Result<()> {
    t.prepare_cached(
        "UPDATE fetch_log SET code = ?3, outcome = ?4
         WHERE id = (SELECT id FROM fetch_log WHERE source_id = ?1 AND url = ?2 ORDER BY at DESC, id DESC LIMIT 1)",
    )?
    .execute(params![record.source.as_str(), record.url.as_str(), record.code, record.outcome])?;
    Ok(())
}
