//! The articles from which an edition is chosen.
//!
//! Every article is a candidate of one edition of a publication: the first made after it was stored. So none falls between two
//! editions, however many days lie between them, and late articles are candidates like any other.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::config::settings::Publication;
use crate::grades::JudgedGrade;
use crate::issue::Archive;
use crate::model::{ArticleId, Figures, GradeMark, Headline};
use crate::store::{Result, Store};

/// Older articles are not even listed for editors.
const LATE_DAYS: i64 = 31;
/// Late articles that are read.
const MAX_LATE_SCAN: i64 = 5_000;

/// Ids of articles: after the first, up to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandidateRange {
    /// The last candidate of the previous edition.
    pub after: ArticleId,
    /// The last candidate of this one.
    pub until: ArticleId,
}

/// The candidates of an edition.
#[derive(Clone, Copy)]
pub struct Window<'a> {
    pub store: &'a Store,
    pub range: CandidateRange,
    /// Articles published before this are left out.
    pub oldest: DateTime<Utc>,
}

impl Store {
    /// Returns the candidates of the edition of a day, made now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn candidates(&self, publication: &Publication, date: NaiveDate, now: DateTime<Utc>) -> Result<Window<'_>> {
        let day = date.to_string();
        let (before, behind, last, first_look) = self.read(|c| {
            let neighbour = |sql: &str| -> Result<Option<i64>> {
                let found = c.prepare_cached(sql)?.query_row(params![publication.name, day], |r| r.get::<_, Option<i64>>(0)).optional()?;
                Ok(found.flatten())
            };
            let before =
                neighbour("SELECT candidates_until FROM edition WHERE publication = ?1 AND date < ?2 AND scheduled ORDER BY date DESC LIMIT 1")?;
            let behind = neighbour("SELECT candidates_after FROM edition WHERE publication = ?1 AND date > ?2 AND scheduled ORDER BY date LIMIT 1")?;
            // an unclassified article, and those after it, are candidates of the next edition
            let unjudged: Option<i64> = c
                .prepare_cached("SELECT id FROM article WHERE judgement IS NULL AND id > ?1 ORDER BY id LIMIT 1")?
                .query_row([before.unwrap_or(0)], |r| r.get(0))
                .optional()?;
            let last: i64 = c.prepare_cached("SELECT coalesce(max(id), 0) FROM article")?.query_row([], |r| r.get(0))?;
            // of a new publication: when its first article was fetched
            let is_new: bool = c
                .prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM edition WHERE publication = ?1 AND date < ?2 AND scheduled)")?
                .query_row(params![publication.name, day], |r| r.get(0))?;
            let first: Option<i64> = c.prepare_cached("SELECT fetched FROM article ORDER BY id LIMIT 1")?.query_row([], |r| r.get(0)).optional()?;
            Ok((before, behind, unjudged.map_or(last, |id| id - 1), first.filter(|_| is_new)))
        })?;
        let back = |from: DateTime<Utc>, reach: std::time::Duration| from - TimeDelta::from_std(reach).unwrap_or(TimeDelta::days(LATE_DAYS));
        // everything since the first poll is news, even if holidays precede the first edition
        let since = first_look.and_then(|s| DateTime::from_timestamp(s, 0)).map_or(now, |first| first.min(now));
        let oldest =
            if before.is_some() { back(now, publication.max_age) } else { back(since, publication.window).max(back(now, publication.max_age)) };
        Ok(Window {
            store: self,
            range: CandidateRange { after: ArticleId(before.unwrap_or(0)), until: ArticleId(behind.map_or(last, |id| id.min(last))) },
            oldest,
        })
    }

    /// Returns all articles as candidates.
    pub fn whole_archive(&self) -> Window<'_> {
        let range = CandidateRange { after: ArticleId(0), until: ArticleId(i64::MAX) };
        Window { store: self, range, oldest: DateTime::UNIX_EPOCH }
    }
}

impl Window<'_> {
    /// Late articles: newer in the archive than the window but published before it, newest first. One per story, excluding
    /// stories already known.
    ///
    /// # Errors
    /// Those of the database.
    pub fn late(&self, wanted: impl Fn(&Headline) -> bool, most: usize) -> Result<Vec<Headline>> {
        // the test of `Classification::on_topic`, so that irrelevant articles do not use up the scan
        let rest = "WHERE a.id > ?1 AND a.id <= ?2 AND +a.effective < ?3 AND +a.effective >= ?4
              AND iif(a.judgement ->> '$.on_topic' IS NULL OR (a.judgement ->> '$.by_hand' AND a.judgement ->> '$.on_topic' = 0),
                json_array_length(a.judgement, '$.industries') > 0 OR json_array_length(a.judgement, '$.themes') > 0,
                a.judgement ->> '$.on_topic')
              AND NOT EXISTS (SELECT 1 FROM article b WHERE b.story_id = a.story_id AND (b.id < a.id OR b.effective >= ?3))
            ORDER BY a.effective DESC, a.id LIMIT ?5";
        let earliest = self.oldest - TimeDelta::days(LATE_DAYS);
        let (after, until) = (self.range.after.0, self.range.until.0);
        let mut out = Vec::new();
        self.store.each_headline(rest, params![after, until, self.oldest.timestamp(), earliest.timestamp(), MAX_LATE_SCAN], |h| {
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
        let rest = "WHERE a.id > ?1 AND a.id <= ?2 AND +a.effective >= ?3 AND a.judgement IS NOT NULL ORDER BY a.id";
        self.store.each_headline(rest, params![self.range.after.0, self.range.until.0, self.oldest.timestamp()], |h| {
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

    fn grade(&self, id: ArticleId, now: DateTime<Utc>) -> Result<Option<GradeMark>> {
        Ok(self.store.current_grades(&[id], now)?.get(&id).map(JudgedGrade::mark))
    }

    fn figures(&self, id: ArticleId) -> Result<Option<Figures>> {
        self.store.figures_of(id)
    }
}
