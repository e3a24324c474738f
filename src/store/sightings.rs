//! Sightings: which sources had an article. An article belongs to the first source that had it; the statistics of each source
//! count its sightings.

use chrono::{DateTime, NaiveDate, Offset as _, TimeZone as _, Utc};
use chrono_tz::Tz;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{ArticleId, EntryId, SourceId, WEEKS};
use crate::schedule::silence::MAX_DAYS;
use crate::store::{Result, Store};

/// Other sources shown for an article.
const MAX_NAMED: usize = 20;

/// One article at one source, counted on its publication day. If that is unknown, or lies days before a later poll found it (old
/// papers put online late), it counts on the day when it was found. What the first poll finds is as old as it says.
const INSERT_SQL: &str = "INSERT OR IGNORE INTO sighting (article_id, source_id, dated)
    SELECT a.id, e.source_id,
      CASE WHEN e.first_seen - a.effective > 259200 AND e.first_seen > (SELECT min(f.first_seen) FROM entry f WHERE f.source_id = e.source_id) THEN e.first_seen
           ELSE min(a.effective, e.first_seen) END
    FROM article a, entry e WHERE a.id = ?1 AND e.id = ?2 RETURNING source_id, dated";

/// The article at an address, or the one from an entry with this address.
const KNOWN_SQL: &str = "SELECT coalesce((SELECT id FROM article WHERE canonical = ?1),
    (SELECT a.id FROM entry e JOIN article a ON a.entry_id = e.id WHERE e.canonical = ?1 LIMIT 1))";

const WEEKS_SQL: &str =
    "SELECT (?2 - dated) / 604800, count(*) FROM sighting WHERE source_id = ?1 AND dated > ?2 - 604800 * ?3 AND dated <= ?2 GROUP BY 1";

/// Steps by index from one day to the day before.
const DAYS_SQL: &str = "WITH RECURSIVE day (number) AS (
      SELECT (max(dated) + ?2) / 86400 FROM sighting WHERE source_id = ?1
      UNION ALL
      SELECT (SELECT (max(dated) + ?2) / 86400 FROM sighting WHERE source_id = ?1 AND dated < number * 86400 - ?2) FROM day
      WHERE number IS NOT NULL LIMIT ?3)
    SELECT number FROM day WHERE number IS NOT NULL";

const ALSO_IN_SQL: &str = "SELECT s.name FROM sighting g JOIN article a ON a.id = g.article_id JOIN source s ON s.id = g.source_id
    WHERE g.article_id = ?1 AND g.source_id <> a.source_id ORDER BY g.source_id LIMIT ?2";

const NEWEST_SQL: &str =
    "SELECT a.id, a.title FROM sighting g JOIN article a ON a.id = g.article_id WHERE g.source_id = ?1 ORDER BY g.dated DESC LIMIT 1";

/// Records that the source of this entry had the article.
pub(super) fn record_sighting(t: &Connection, article: ArticleId, entry: EntryId) -> Result<()> {
    let seen: Option<(String, i64)> =
        t.prepare_cached(INSERT_SQL)?.query_row(params![article.0, entry.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    if let Some((source, dated)) = seen {
        t.prepare_cached("UPDATE source SET articles = articles + 1, newest = max(coalesce(newest, ?2), ?2), quiet = 0 WHERE id = ?1")?
            .execute(params![source, dated])?;
    }
    Ok(())
}

/// Records a new article for every source that lists the address of this entry.
pub(super) fn record_sightings(t: &Connection, article: ArticleId, entry: EntryId) -> Result<()> {
    let listed: Vec<i64> = t
        .prepare_cached("SELECT e.id FROM entry o JOIN entry e ON e.canonical = o.canonical WHERE o.id = ?1")?
        .query_map([entry.0], |r| r.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    listed.into_iter().try_for_each(|e| record_sighting(t, article, EntryId(e)))
}

/// Records that a source lists an address whose article another source brought, if it is already stored.
pub(super) fn record_known(t: &Connection, entry: EntryId, canonical: &str) -> Result<()> {
    let article: Option<i64> = t.prepare_cached(KNOWN_SQL)?.query_row([canonical], |r| r.get(0))?;
    article.map_or(Ok(()), |article| record_sighting(t, ArticleId(article), entry))
}

/// Counts articles of a source in each of the last weeks, oldest first.
pub(super) fn weeks_of(c: &Connection, source: &SourceId, now: DateTime<Utc>) -> Result<[u32; WEEKS]> {
    let mut weeks = [0; WEEKS];
    let mut s = c.prepare_cached(WEEKS_SQL)?;
    let mut rows = s.query(params![source.as_str(), now.timestamp(), i64::try_from(WEEKS).unwrap_or(8)])?;
    while let Some(r) = rows.next()? {
        let back = usize::try_from(r.get::<_, i64>(0)?).unwrap_or(WEEKS);
        if let Some(week) = (WEEKS - 1).checked_sub(back).and_then(|at| weeks.get_mut(at)) {
            *week = r.get(1)?;
        }
    }
    Ok(weeks)
}

impl Store {
    /// Returns the newest days on which a source had articles, newest first: one index step for each, however many articles a day
    /// has.
    pub fn article_days(&self, source: &SourceId, zone: Tz) -> Result<Vec<NaiveDate>> {
        let offset = i64::from(zone.offset_from_utc_datetime(&Utc::now().naive_utc()).fix().local_minus_utc());
        self.read(|c| {
            let mut s = c.prepare_cached(DAYS_SQL)?;
            let numbers = s.query_map(params![source.as_str(), offset, i64::try_from(MAX_DAYS).unwrap_or(30)], |r| r.get::<_, i64>(0))?;
            let numbers = numbers.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(numbers.into_iter().filter_map(|n| Some(DateTime::from_timestamp(n.checked_mul(86_400)?, 0)?.date_naive())).collect())
        })
    }

    /// Returns the newest article of a source, with its title.
    pub fn newest_article(&self, source: &SourceId) -> Result<Option<(ArticleId, String)>> {
        self.read(|c| Ok(c.prepare_cached(NEWEST_SQL)?.query_row([source.as_str()], |r| Ok((ArticleId(r.get(0)?), r.get(1)?))).optional()?))
    }

    /// Returns the names of the other sources that had an article.
    pub fn also_in(&self, article: ArticleId) -> Result<Vec<String>> {
        self.read(|c| {
            let mut s = c.prepare_cached(ALSO_IN_SQL)?;
            let names = s.query_map(params![article.0, i64::try_from(MAX_NAMED).unwrap_or(20)], |r| r.get(0))?;
            Ok(names.collect::<rusqlite::Result<_>>()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Asia::Shanghai;

    const DAY: i64 = 86_400;
    const NOW: i64 = 1_790_000_000;

    /// Adds entries of one address: source, and when its source listed it. The article is published at `published`, if known, and
    /// fetched now.
    fn fill(store: &Store, entries: &[(&str, i64)], published: Option<i64>) {
        let work = |t: &Connection| {
            for (source, seen) in entries {
                t.execute("INSERT OR IGNORE INTO source (id, name, url) VALUES (?1, '来源' || ?1, 'https://a.cn/')", [source])?;
                let sql = "INSERT INTO entry (source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, ?2, 'https://a.cn/1', 'https://a.cn/1', '题', 'done', ?2)";
                t.execute(sql, params![source, seen])?;
            }
            let sql = "INSERT INTO article (entry_id, source_id, canonical, url, title, published_at, effective, fetched, text, html)
                       SELECT id, source_id, canonical, url, title, iif(?1 IS NULL, NULL, ''), coalesce(?1, ?2), ?2, '', '' FROM entry ORDER BY id DESC LIMIT 1";
            t.execute(sql, params![published, NOW])?;
            let (article, entry) = t.query_row("SELECT id, entry_id FROM article", [], |r| Ok((ArticleId(r.get(0)?), EntryId(r.get(1)?))))?;
            record_sightings(t, article, entry)?;
            // a second call changes nothing
            record_sightings(t, article, entry)
        };
        store.write(work).unwrap();
    }

    fn dated(store: &Store, source: &str) -> Option<i64> {
        let sql = "SELECT newest FROM source WHERE id = ?1 AND articles = 1 AND newest = (SELECT dated FROM sighting WHERE source_id = ?1)";
        store.read(|c| Ok(c.query_row(sql, [source], |r| r.get(0)).optional()?)).unwrap()
    }

    #[test]
    fn an_article_counts_for_every_source_that_lists_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        fill(&store, &[("a", NOW - 5 * DAY), ("b", NOW - 4 * DAY)], Some(NOW - 6 * DAY));
        assert_eq!((dated(&store, "a"), dated(&store, "b")), (Some(NOW - 6 * DAY), Some(NOW - 6 * DAY)));
        assert_eq!(store.also_in(ArticleId(1)).unwrap(), ["来源a"], "it belongs to b");
        let id = SourceId::parse("a").unwrap();
        let week = store.read(|c| weeks_of(c, &id, DateTime::from_timestamp(NOW, 0).unwrap())).unwrap();
        assert_eq!(week, [0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(store.article_days(&id, Shanghai).unwrap().len(), 1);
        assert_eq!(store.newest_article(&id).unwrap(), Some((ArticleId(1), "题".to_owned())), "one that another source had counts");
    }

    #[test]
    fn the_first_poll_finds_what_is_old_and_later_ones_what_is_new() {
        let cases = [
            ("old, at the first poll", NOW, None, Some(NOW - 90 * DAY), NOW - 90 * DAY),
            ("old, at a later poll", NOW, Some(NOW - 9 * DAY), Some(NOW - 90 * DAY), NOW),
            ("of yesterday, at a later poll", NOW, Some(NOW - 9 * DAY), Some(NOW - DAY), NOW - DAY),
            ("without a date", NOW - DAY, Some(NOW - 9 * DAY), None, NOW - DAY),
        ];
        for (what, seen, first_poll, published, expected) in cases {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(dir.path()).unwrap();
            let earlier = |t: &Connection| {
                t.execute("INSERT INTO source (id, name, url) VALUES ('a', 'a', 'https://a.cn/')", [])?;
                let sql = "INSERT INTO entry (source_id, identity, canonical, url, title, state, first_seen) SELECT 'a', 'x', 'x', 'https://a.cn/0', '', 'failed', ?1 WHERE ?1 IS NOT NULL";
                Ok(t.execute(sql, [first_poll])?)
            };
            store.write(earlier).unwrap();
            fill(&store, &[("a", seen)], published);
            assert_eq!(dated(&store, "a"), Some(expected), "{what}");
        }
    }

    #[test]
    fn days_are_local_and_each_is_given_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        fill(&store, &[("a", NOW)], None);
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap().timestamp();
        let more = |t: &Connection| {
            t.execute("UPDATE sighting SET dated = ?1", [at("2026-11-24T16:00:00Z")])?;
            for (n, text) in (2..).zip(["2026-11-24T15:59:59Z", "2026-11-24T02:00:00Z", "2026-11-01T00:00:00Z"]) {
                let sql = "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html) VALUES (?1, ?2, 'a', ?1, '', '', 0, 0, '', '')";
                let entry = "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, '', '', 'done', 0)";
                t.execute(entry, [n])?;
                t.execute(sql, [n, n])?;
                t.execute("INSERT INTO sighting VALUES (?1, 'a', ?2)", [n, at(text)])?;
            }
            Ok(())
        };
        store.write(more).unwrap();
        let days = store.article_days(&SourceId::parse("a").unwrap(), Shanghai).unwrap();
        assert_eq!(days, ["2026-11-25", "2026-11-24", "2026-11-01"].map(|d| d.parse().unwrap()));
    }

    #[test]
    fn no_query_of_the_source_list_scans_a_table() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        for sql in [WEEKS_SQL, DAYS_SQL, NEWEST_SQL, ALSO_IN_SQL, KNOWN_SQL, INSERT_SQL, crate::store::source_health::HEALTH_SQL] {
            let plan = |c: &Connection| {
                let mut s = c.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let steps = s.raw_query();
                Ok(steps.mapped(|r| r.get::<_, String>("detail")).collect::<rusqlite::Result<Vec<_>>>()?)
            };
            let plan = store.read(plan).unwrap();
            // the recursive days are not a table
            assert!(plan.iter().all(|step| !step.starts_with("SCAN") || step == "SCAN day" || step == "SCAN CONSTANT ROW"), "{sql}\n{plan:#?}");
        }
    }
}
