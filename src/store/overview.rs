//! Statistics of the archive.

use chrono::{DateTime, Days, NaiveDate, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use rusqlite::params;

use crate::model::{SourceId, Trend, WEEKS};
use crate::store::{Result, Store};

/// Days counted one by one.
pub const DAYS: usize = 28;
const DAY: i64 = 86_400;

/// Statistics of the archive.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// Articles by day, oldest first, today last.
    pub days: Vec<(NaiveDate, u32)>,
    /// Articles by industry and week, most first.
    pub industries: Vec<Trend>,
    /// Trending keywords.
    pub rising: Vec<String>,
    /// The stories of the last week with an industry or theme that most sources had: article, title, copies.
    pub stories: Vec<(i64, String, u32)>,
}

/// A request to a site.
#[derive(Debug, Clone)]
pub struct FetchLogEntry {
    pub at: DateTime<Utc>,
    /// The source's name.
    pub source: String,
    pub url: String,
    /// A stable code.
    pub code: String,
    /// In words.
    pub outcome: String,
    /// Before decompression.
    pub bytes: i64,
    /// Duration.
    pub millis: i64,
}

impl Store {
    /// Returns the last failed requests, newest first.
    pub fn failed_fetches(&self, most: usize) -> Result<Vec<FetchLogEntry>> {
        let which =
            "f.id > (SELECT coalesce(max(id), 0) FROM fetch_log) - 20000 AND f.code NOT IN ('ok', 'not-modified') ORDER BY f.id DESC LIMIT ?1";
        self.fetch_log(which, params![i64::try_from(most).unwrap_or(i64::MAX)])
    }

    /// Returns the last requests to a source and its articles, newest first.
    pub fn fetch_log_of(&self, source: &SourceId, most: usize) -> Result<Vec<FetchLogEntry>> {
        self.fetch_log("f.source_id = ?1 ORDER BY f.at DESC, f.id DESC LIMIT ?2", params![source.as_str(), i64::try_from(most).unwrap_or(i64::MAX)])
    }

    fn fetch_log(&self, which: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<FetchLogEntry>> {
        self.read(|c| {
            let head = "SELECT f.at, coalesce(s.name, f.source_id), f.url, f.outcome, f.wire, f.millis, f.code FROM fetch_log f LEFT JOIN source s ON s.id = f.source_id";
            let mut s = c.prepare_cached(&format!("{head} WHERE {which}"))?;
            let rows = s.query_map(params, |r| {
                let at = DateTime::from_timestamp(r.get(0)?, 0).unwrap_or_default();
                Ok(FetchLogEntry { at, source: r.get(1)?, url: r.get(2)?, outcome: r.get(3)?, bytes: r.get(4)?, millis: r.get(5)?, code: r.get(6)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

impl Store {
    /// Computes the statistics; reads the last eight weeks of the archive.
    pub fn overview(&self, zone: Tz, now: DateTime<Utc>) -> Result<Overview> {
        let offset = i64::from(zone.offset_from_utc_datetime(&now.naive_utc()).fix().local_minus_utc());
        let today = (now.timestamp() + offset) / DAY;
        let rising = self.rising_keywords(now, 12)?;
        self.read(|c| {
            let mut days = vec![0u32; DAYS];
            let since = (today - i64::try_from(DAYS).unwrap_or(28) + 1) * DAY - offset;
            let mut s = c.prepare_cached("SELECT (effective + ?1) / 86400 - ?2, count(*) FROM article WHERE effective >= ?3 GROUP BY 1")?;
            let mut rows = s.query(params![offset, today, since])?;
            while let Some(r) = rows.next()? {
                let back = usize::try_from(-r.get::<_, i64>(0)?).unwrap_or(DAYS);
                if let Some(day) = (DAYS - 1).checked_sub(back).and_then(|at| days.get_mut(at)) {
                    *day = r.get(1)?;
                }
            }
            let date = now.with_timezone(&zone).date_naive();
            let dated = |(i, n): (usize, u32)| Some((date.checked_sub_days(Days::new(u64::try_from(DAYS - 1 - i).ok()?))?, n));

            let mut industries: Vec<Trend> = Vec::new();
            let mut s = c.prepare_cached(
                "SELECT json_extract(judgement, '$.industries[0].name') AS name, (?1 - effective) / 604800, count(*) FROM article
                 WHERE effective > ?1 - 604800 * ?2 AND effective <= ?1 AND name IS NOT NULL GROUP BY 1, 2 ORDER BY 1",
            )?;
            let mut rows = s.query(params![now.timestamp(), i64::try_from(WEEKS).unwrap_or(8)])?;
            while let Some(r) = rows.next()? {
                let (industry, back): (String, usize) = (r.get(0)?, usize::try_from(r.get::<_, i64>(1)?).unwrap_or(WEEKS));
                if industries.last().is_none_or(|t| t.industry != industry) {
                    industries.push(Trend { industry, weeks: [0; WEEKS] });
                }
                if let Some(week) = industries.last_mut().and_then(|t| t.weeks.get_mut((WEEKS - 1).checked_sub(back)?)) {
                    *week = r.get(2)?;
                }
            }
            industries.sort_by_key(|t| std::cmp::Reverse(t.weeks.iter().sum::<u32>()));

            let week = (now - TimeDelta::days(7)).timestamp();
            let mut s = c.prepare_cached(
                "SELECT story_id, (SELECT title FROM article WHERE id = a.story_id), count(DISTINCT source_id) AS n FROM article a
                 WHERE effective >= ?1 AND story_id IS NOT NULL
                 AND coalesce(json_extract(judgement, '$.industries[0].name'), json_extract(judgement, '$.themes[0].name')) IS NOT NULL
                 GROUP BY story_id HAVING n > 1 ORDER BY n DESC, story_id DESC LIMIT 10",
            )?;
            let stories = s.query_map([week], |r| Ok((r.get(0)?, r.get::<_, Option<String>>(1)?.unwrap_or_default(), r.get(2)?)))?;
            let stories = stories.collect::<rusqlite::Result<_>>()?;

            Ok(Overview { days: days.into_iter().enumerate().filter_map(dated).collect(), industries, rising, stories })
        })
    }
}
