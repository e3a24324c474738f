//! Which days the archive has, for 一周综述: what is not archived is not compared, and not mailed.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::store::review_counts::DAY;
use crate::store::trends::Span;
use crate::store::{Result, Store};

/// What the archive holds.
pub(super) struct Archive {
    /// When its first article was fetched.
    begun: i64,
}

impl Archive {
    pub(super) fn read(c: &Connection) -> Result<Self> {
        let begun = c.query_row("SELECT fetched FROM article ORDER BY id LIMIT 1", [], |r| r.get(0)).optional()?;
        Ok(Self { begun: begun.unwrap_or(i64::MAX) })
    }

    /// Returns whether it has all whole days of a span. From its first day on, a day without articles is a quiet day. Of before, it has
    /// what sources still showed: only days with articles count.
    pub(super) fn has(&self, c: &Connection, span: &Span) -> Result<bool> {
        let days = (span.until.min(self.begun) - span.from) / DAY;
        let mut s = c.prepare_cached("SELECT count(DISTINCT (effective - ?1) / ?3) FROM article WHERE effective >= ?1 AND effective < ?2")?;
        let found: i64 = s.query_row(params![span.from, span.from + days * DAY, DAY], |r| r.get(0))?;
        Ok(found >= days)
    }
}

impl Store {
    /// Returns whether the archive has all days of a period and, soon after a start, what sources published meanwhile.
    pub fn is_ready_for_review(&self, (from, until): (DateTime<Utc>, DateTime<Utc>), is_starting: bool, now: DateTime<Utc>) -> Result<bool> {
        if is_starting && self.has_unpolled(until, now)? {
            return Ok(false);
        }
        self.read(|c| Archive::read(c)?.has(c, &Span { from: from.timestamp(), until: until.timestamp() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds an article of a day, fetched on a day.
    fn add(t: &Connection, day: i64, fetched: i64) -> Result<()> {
        t.execute("INSERT OR IGNORE INTO source (id, name, url) VALUES ('s', 's', 'https://a.cn/')", [])?;
        let id: i64 = t.query_row("SELECT coalesce(max(id), 0) + 1 FROM article", [], |r| r.get(0))?;
        t.execute(
            "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 's', ?1, ?1, 'https://a.cn/', '题', 'done', 0)",
            [id],
        )?;
        t.execute(
            "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html)
             VALUES (?1, ?1, 's', ?1, 'https://a.cn/', '题', ?2, ?3, '', '')",
            params![id, day * DAY + 3_600, fetched * DAY + 3_600],
        )?;
        Ok(())
    }

    #[test]
    fn a_week_before_the_first_crawl_needs_articles_on_each_day() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let has = |from: i64, days: i64| {
            let at = |day: i64| DateTime::from_timestamp(day * DAY, 0).unwrap();
            store.is_ready_for_review((at(from), at(from + days)), false, at(from + days)).unwrap()
        };
        assert!(!has(100, 7), "no archive");
        // the first crawl is on day 120; feeds show articles of days 110 to 119, and one of day 50
        store.write(|t| [50].into_iter().chain(110..120).try_for_each(|day| add(t, day, 120))).unwrap();
        assert!(has(110, 7) && has(113, 7), "all days");
        assert!(!has(108, 7) && !has(50, 7), "some days");
        assert!(has(120, 7) && has(150, 7), "an empty week since is a quiet one");
        assert!(has(115, 10), "it began on the sixth day");
        assert!(has(60, 0), "a period that began some hours ago");
    }

    #[test]
    fn a_review_waits_for_sources_after_a_start() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let at = |hours: i64| DateTime::from_timestamp(107 * DAY + hours * 3_600, 0).unwrap();
        let ready = |is_starting| store.is_ready_for_review((at(-7 * 24), at(0)), is_starting, at(8)).unwrap();
        let plan = |last_look: Option<i64>, next_due: i64| {
            let last_look = last_look.map(|hours| at(hours).timestamp());
            store.write(|t| Ok(t.execute("UPDATE source SET last_look = ?1, next_due = ?2", params![last_look, at(next_due).timestamp()])?)).unwrap();
        };
        store.write(|t| add(t, 90, 90)).unwrap();
        plan(None, 8);
        assert!(ready(false) && !ready(true), "never polled");
        plan(Some(-1), 8);
        assert!(!ready(true), "not polled since the week ended");
        plan(Some(1), 8);
        assert!(ready(true));
        plan(Some(-1), 20);
        assert!(ready(true), "a source that is polled daily is not due");
    }
}
