//! What is known of each source between two looks.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use super::{Result, Store};
use crate::fetch::Validators;
use crate::model::{Source, SourceId, SourceTrouble, WebUrl};

/// The stored side of a source.
#[derive(Debug, Clone, Default)]
pub struct SourceState {
    /// Validators of the last document whose entries are committed.
    pub validators: Validators,
    /// When it is to be looked at again.
    pub next_due: i64,
    /// Last success.
    pub last_ok: Option<i64>,
    /// Failures since.
    pub failures: u32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Where the site says it moved to for good.
    pub moved_to: Option<String>,
    /// How its list page is laid out.
    pub layout: Option<String>,
}

/// One line of the fetch log.
#[derive(Debug, Clone)]
pub struct FetchRecord {
    /// Source.
    pub source: SourceId,
    /// Address asked.
    pub url: WebUrl,
    /// `ok`, `not modified` or the error.
    pub outcome: String,
    /// Bytes of the body, decompressed.
    pub bytes: usize,
    /// Time it took.
    pub millis: u64,
    /// Whether validators were sent.
    pub conditional: bool,
}

impl Store {
    /// Takes the list over: new sources are added, known ones renamed, missing ones retired (their articles stay).
    pub fn sync_sources(&self, sources: &[Source]) -> Result<()> {
        self.write(|t| {
            t.execute("UPDATE source SET retired = 1", [])?;
            let mut upsert = t.prepare(
                "INSERT INTO source (id, name, url, region) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET name = ?2, region = ?4, retired = 0,
                   etag = CASE WHEN url = ?3 THEN etag END, last_modified = CASE WHEN url = ?3 THEN last_modified END,
                   moved_to = CASE WHEN url = ?3 THEN moved_to END, next_due = CASE WHEN url = ?3 THEN next_due ELSE 0 END, url = ?3",
            )?;
            for s in sources {
                upsert.execute(params![s.id.as_str(), s.name, s.url.as_str(), s.region])?;
            }
            Ok(())
        })
    }

    /// What is known of a source.
    pub fn source_state(&self, id: &SourceId) -> Result<SourceState> {
        self.read(|c| {
            let row = c
                .query_row(
                    "SELECT etag, last_modified, next_due, last_ok, failures, last_error, moved_to, layout FROM source WHERE id = ?1",
                    [id.as_str()],
                    |r| {
                        Ok(SourceState {
                            validators: Validators { etag: r.get(0)?, last_modified: r.get(1)? },
                            next_due: r.get(2)?,
                            last_ok: r.get(3)?,
                            failures: r.get(4)?,
                            last_error: r.get(5)?,
                            moved_to: r.get(6)?,
                            layout: r.get(7)?,
                        })
                    },
                )
                .optional()?;
            Ok(row.unwrap_or_default())
        })
    }

    /// Notes that a source's document is unchanged.
    pub fn source_unchanged(&self, id: &SourceId, now: DateTime<Utc>, next_due: i64) -> Result<()> {
        self.write(|t| {
            t.execute(
                "UPDATE source SET last_ok = ?2, next_due = ?3, failures = 0, failing_since = NULL, last_error = NULL, last_error_zh = NULL WHERE id = ?1",
                params![id.as_str(), now.timestamp(), next_due],
            )?;
            Ok(())
        })
    }

    /// Notes a failure; what was collected stays.
    pub fn source_failed(&self, id: &SourceId, error: &str, chinese: &str, now: DateTime<Utc>, next_due: i64) -> Result<()> {
        self.write(|t| {
            t.execute(
                "UPDATE source SET failures = failures + 1, failing_since = coalesce(failing_since, ?2), last_error = ?3, last_error_zh = ?4, next_due = ?5
                 WHERE id = ?1",
                params![id.as_str(), now.timestamp(), error, chinese, next_due],
            )?;
            Ok(())
        })
    }

    /// Sources that fail now, by name.
    pub fn troubles(&self, zone: chrono_tz::Tz) -> Result<Vec<SourceTrouble>> {
        self.read(|c| {
            let mut s = c.prepare(
                "SELECT name, coalesce(last_error_zh, ''), failing_since FROM source WHERE failures > 0 AND retired = 0 ORDER BY failing_since, id",
            )?;
            let rows = s.query_map([], |r| {
                let since: Option<i64> = r.get(2)?;
                let since = since.and_then(|t| DateTime::from_timestamp(t, 0)).map(|t| t.with_timezone(&zone).date_naive());
                Ok(SourceTrouble { name: r.get(0)?, reason: r.get(1)?, since })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Adds to the fetch log.
    pub fn log_fetch(&self, record: &FetchRecord, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.execute(
                "INSERT INTO fetch_log (source_id, url, at, outcome, bytes, millis, conditional) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    record.source.as_str(),
                    record.url.as_str(),
                    now.timestamp(),
                    record.outcome,
                    i64::try_from(record.bytes).unwrap_or(i64::MAX),
                    i64::try_from(record.millis).unwrap_or(i64::MAX),
                    record.conditional
                ],
            )?;
            Ok(())
        })
    }
}
