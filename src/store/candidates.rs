//! The articles of one edition's window, as the choice of its items reads them.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use crate::issue::Archive;
use crate::model::{ArticleId, Headline};
use crate::store::search::MAX_LABEL_SCAN;
use crate::store::{Result, Store};

/// The judged articles that came or were published since a moment.
#[derive(Clone, Copy)]
pub struct Window<'a> {
    /// Where they are.
    pub store: &'a Store,
    /// The moment.
    pub since: DateTime<Utc>,
}

/// What came late but is still worth telling.
const LATE_DAYS: i64 = 31;
/// Most of the late ones that are read.
const MAX_LATE_SCAN: i64 = 2_000;

impl Window<'_> {
    /// What came in the window but is older than it, newest first, one of each story: no issue could choose it, because its
    /// source was down, or tells late. Nothing whose story was known before.
    ///
    /// # Errors
    /// Those of the database.
    pub fn late(&self, wanted: impl Fn(&Headline) -> bool, most: usize) -> Result<Vec<Headline>> {
        // the labels: what `Classification::on_topic` asks, so that what is off topic takes no place among those read
        let rest = "WHERE a.id > (SELECT max(id) FROM article) - ?1 AND a.fetched >= ?2 AND +a.effective < ?2 AND +a.effective >= ?3
              AND (json_array_length(a.judgement, '$.industries') > 0 OR json_array_length(a.judgement, '$.themes') > 0)
              AND NOT EXISTS (SELECT 1 FROM article b WHERE b.story_id = a.story_id AND (b.id < a.id OR b.effective >= ?2))
            ORDER BY a.effective DESC, a.id LIMIT ?4";
        let oldest = self.since - TimeDelta::days(LATE_DAYS);
        let mut out = Vec::new();
        self.store.each_headline(rest, params![MAX_LABEL_SCAN, self.since.timestamp(), oldest.timestamp(), MAX_LATE_SCAN], |h| {
            if out.len() < most && wanted(&h) {
                out.push(h);
            }
            Ok(())
        })?;
        Ok(out)
    }
}

impl Archive for Window<'_> {
    type Error = crate::store::StoreError;

    fn each(&self, take: &mut dyn FnMut(&Headline)) -> Result<()> {
        let rest = "WHERE a.effective >= ?1 AND a.judgement IS NOT NULL ORDER BY a.effective DESC, a.id";
        self.store.each_headline(rest, params![self.since.timestamp()], |h| {
            take(&h);
            Ok(())
        })
    }

    fn headline(&self, id: ArticleId) -> Result<Headline> {
        self.store.headline(id)
    }

    fn text(&self, id: ArticleId) -> Result<String> {
        self.store.text(id)
    }
}
