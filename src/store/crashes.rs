//! Documents that crashed their parser and are skipped.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::model::EntryId;
use crate::store::source_state::moment;
use crate::store::{Result, Store};

/// A document that crashed its parser.
#[derive(Debug, Clone)]
pub struct CrashedDocument {
    /// When it was listed, or since when its source fails.
    pub at: Option<DateTime<Utc>>,
    pub source: String,
    pub url: String,
    /// How the parser crashed.
    pub how: String,
}

impl Store {
    /// Records that the page of an entry crashed its parser.
    pub fn entry_crashed(&self, entry: EntryId, how: &str) -> Result<()> {
        self.write(|t| {
            t.prepare_cached("UPDATE entry SET crash = ?2 WHERE id = ?1")?.execute(params![entry.0, how])?;
            Ok(())
        })
    }

    /// Returns documents that are skipped because they crashed their parser: listings first, then pages, newest first.
    pub fn crashed_documents(&self, most: usize) -> Result<Vec<CrashedDocument>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT * FROM (SELECT failing_since, name, url, last_error FROM source WHERE retired = 0 AND enabled = 1 AND error_code = 'crashed' ORDER BY id)
                 UNION ALL
                 SELECT * FROM (SELECT e.first_seen, coalesce(s.name, e.source_id), e.url, e.crash FROM entry e LEFT JOIN source s ON s.id = e.source_id
                                WHERE e.crash IS NOT NULL ORDER BY e.id DESC)
                 LIMIT ?1",
            )?;
            let rows = s.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |r| {
                Ok(CrashedDocument { at: moment(r, 0)?, source: r.get(1)?, url: r.get(2)?, how: r.get(3)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
