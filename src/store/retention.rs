//! Retention: deletes old data in small pieces, so that the file shrinks. Articles, editions and delivery results stay.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use crate::config::settings::StoreSettings;
use crate::store::audit::IS_FAILED_SIGN_IN;
use crate::store::{Result, Store};

/// Rows deleted per transaction: editors wait no longer than that takes.
const DELETE_BATCH: i64 = 500;
/// Free pages returned to the disk per transaction.
const PAGES: i64 = 2_000;
/// How long the candidates of an edition are kept: longer than the ranking looks back.
const CANDIDATES: TimeDelta = TimeDelta::days(400);
/// How long revisions of a finished edition are kept.
const STATES: TimeDelta = TimeDelta::days(90);
/// Wrong passwords kept in the audit log.
const MAX_FAILED_LOGINS: i64 = 10_000;
/// For the audit log.
const AUDIT: TimeDelta = TimeDelta::days(730);

/// For sightings; each source's count and last date stay.
const SIGHTINGS: TimeDelta = TimeDelta::days(400);

/// For alerts and reports that were told, and what alert rules found.
const TOLD: TimeDelta = TimeDelta::days(180);
/// For versions of watched pages; the newest of each stays.
const PAGE_VERSIONS: TimeDelta = TimeDelta::days(400);

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionReport {
    /// Fetched pages.
    pub pages: usize,
    /// Lines of the fetch log.
    pub visits: usize,
    /// Messages whose bytes were deleted.
    pub letters: usize,
    /// Bytes returned to the disk.
    pub bytes: u64,
}

impl Store {
    /// Deletes what is older than the settings say, and returns the space to the disk.
    pub fn apply_retention(&self, settings: &StoreSettings, now: DateTime<Utc>) -> Result<RetentionReport> {
        let before = |age: std::time::Duration| (now - TimeDelta::from_std(age).unwrap_or(TimeDelta::days(3_650))).timestamp();
        let pages = "DELETE FROM page WHERE entry_id IN (SELECT p.entry_id FROM page p JOIN entry e ON e.id = p.entry_id
                     WHERE p.fetched < ?1 AND e.state <> 'fetched' ORDER BY p.fetched LIMIT ?2)";
        // ids ascend with time
        let visits = "DELETE FROM fetch_log WHERE id IN (SELECT id FROM (SELECT id, at FROM fetch_log ORDER BY id LIMIT ?2) WHERE at < ?1)";
        let letters = "UPDATE outbox SET message = x'' WHERE id IN (SELECT id FROM outbox
                       WHERE queued < ?1 AND state IN ('sent', 'expired', 'cancelled') AND octet_length(message) > 0 LIMIT ?2)";
        let audit = "DELETE FROM audit WHERE id IN (SELECT id FROM (SELECT id, at FROM audit ORDER BY id LIMIT ?2) WHERE at < ?1)";
        let failed_logins = format!("DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id <= ?1 AND {IS_FAILED_SIGN_IN} LIMIT ?2)");
        let states =
            "DELETE FROM edition_state WHERE edition_id IN (SELECT DISTINCT s.edition_id FROM edition_state s JOIN edition e ON e.id = s.edition_id
                      WHERE e.built < ?1 AND json_extract(e.payload, '$.finalised') LIMIT ?2)";
        let mut done = RetentionReport {
            pages: self.in_batches(pages, before(settings.raw_pages))?,
            visits: self.in_batches(visits, before(settings.fetch_log))?,
            letters: self.in_batches(letters, before(settings.letters))?,
            bytes: 0,
        };
        let candidates = "DELETE FROM candidate WHERE (edition_id, article_id) IN
                          (SELECT c.edition_id, c.article_id FROM edition e CROSS JOIN candidate c ON c.edition_id = e.id WHERE e.built < ?1 LIMIT ?2)";
        self.in_batches(candidates, (now - CANDIDATES).timestamp())?;
        self.in_batches(states, (now - STATES).timestamp())?;
        self.in_batches(&failed_logins, self.last_failed_login_to_drop((now - STATES).timestamp())?)?;
        if self.in_batches(audit, (now - AUDIT).timestamp())? > 0 {
            self.audit_pruned()?;
        }
        let sightings = "DELETE FROM sighting WHERE (article_id, source_id) IN
                         (SELECT g.article_id, g.source_id FROM source s CROSS JOIN sighting g ON g.source_id = s.id AND g.dated < ?1 LIMIT ?2)";
        self.in_batches(sightings, (now - SIGHTINGS).timestamp())?;
        let versions = "DELETE FROM page_version WHERE id IN (SELECT id FROM page_version v WHERE seen_at < ?1
                        AND id < (SELECT max(id) FROM page_version n WHERE n.source_id = v.source_id) LIMIT ?2)";
        self.in_batches(versions, (now - PAGE_VERSIONS).timestamp())?;
        self.delete_unused_names()?;
        let told =
            "DELETE FROM notification WHERE id IN (SELECT n.id FROM notification n WHERE n.taken < ?1 AND n.kind IN ('alert', 'report', 'recheck')
                    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.notification_id = n.id AND d.state IN ('queued', 'sending')) LIMIT ?2)";
        self.in_batches(told, (now - TOLD).timestamp())?;
        self.in_batches("DELETE FROM alert_hit WHERE id IN (SELECT id FROM alert_hit WHERE at < ?1 LIMIT ?2)", (now - TOLD).timestamp())?;
        self.write(|t| {
            t.execute("DELETE FROM session WHERE expires <= ?1", [now.timestamp()])?;
            t.execute("DELETE FROM robots WHERE expires < ?1", [(now - STATES).timestamp()])?;
            Ok(())
        })?;
        done.bytes = self.shrink()?;
        Ok(done)
    }

    /// Deletes names of organisations that no article has any more, unless the taxonomy or an editor knows them.
    fn delete_unused_names(&self) -> Result<()> {
        let unnamed = "NOT EXISTS (SELECT 1 FROM article_organisation x WHERE x.organisation_id = o.id)";
        let alias = format!(
            "DELETE FROM organisation WHERE ?1 > 0 AND id IN (SELECT o.id FROM organisation o WHERE o.joined_by IN ('text', 'taxonomy') AND {unnamed}
             AND NOT EXISTS (SELECT 1 FROM organisation m JOIN article_organisation x ON x.organisation_id = m.id WHERE m.id = o.head_id)
             AND NOT EXISTS (SELECT 1 FROM organisation m WHERE m.id = o.head_id AND (m.listed OR m.watched IS NOT NULL OR m.note <> '' OR m.joined_by = 'editor'))
             LIMIT ?2)"
        );
        let main = format!(
            "DELETE FROM organisation WHERE ?1 > 0 AND id IN (SELECT o.id FROM organisation o WHERE o.main_id IS NULL AND o.joined_by <> 'editor'
             AND NOT o.listed AND o.watched IS NULL AND o.note = '' AND {unnamed}
             AND NOT EXISTS (SELECT 1 FROM organisation m WHERE m.main_id = o.id) LIMIT ?2)"
        );
        self.in_batches(&alias, 1)?;
        self.in_batches(&main, 1)?;
        Ok(())
    }

    /// Strangers' wrong passwords are kept for a while, and limited in number, so that they push nothing else out.
    fn last_failed_login_to_drop(&self, before: i64) -> Result<i64> {
        let sql = format!(
            "SELECT max(coalesce((SELECT max(id) FROM audit WHERE {IS_FAILED_SIGN_IN} AND at < ?1), 0),
                        coalesce((SELECT id FROM audit WHERE {IS_FAILED_SIGN_IN} ORDER BY id DESC LIMIT 1 OFFSET ?2), 0))"
        );
        self.read(|c| Ok(c.query_row(&sql, params![before, MAX_FAILED_LOGINS], |r| r.get(0))?))
    }

    fn in_batches(&self, sql: &str, before: i64) -> Result<usize> {
        let mut gone = 0;
        loop {
            let n = self.write(|t| Ok(t.prepare_cached(sql)?.execute(params![before, DELETE_BATCH])?))?;
            gone += n;
            if n == 0 {
                return Ok(gone);
            }
        }
    }

    /// Returns free pages to the disk; returns the bytes.
    fn shrink(&self) -> Result<u64> {
        let count = |name: &str| self.read(|c| Ok(c.query_row(&format!("PRAGMA {name}"), [], |r| r.get::<_, i64>(0))?));
        let (size, before) = (count("page_size")?, count("freelist_count")?);
        let mut left = before;
        while left > 0 {
            self.write(|t| {
                let mut s = t.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
                let mut rows = s.query([])?;
                while rows.next()?.is_some() {}
                Ok(())
            })?;
            let now = count("freelist_count")?;
            if now >= left {
                break;
            }
            left = now;
        }
        Ok(u64::try_from((before - left) * size).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AuditAction;
    use rusqlite::Connection;

    #[test]
    fn the_log_of_changes_stays_small_whatever_strangers_type() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let now: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
        store.audit(&"名".repeat(1 << 20), AuditAction::SignInFailed, &"x".repeat(1 << 20), now).unwrap();
        let line = store.audit_log(1).unwrap().remove(0);
        assert!(line.actor.chars().count() == 65 && line.target.len() < 400);
        let fill = |t: &Connection| {
            t.execute("INSERT INTO audit (at, who, what, subject) VALUES (?1, '', '登录', '')", [now.timestamp() - 800 * 86_400])?;
            for n in 0..12_000i64 {
                t.execute(
                    "INSERT INTO audit (at, who, what, subject) VALUES (?1, '', ?2, '')",
                    params![now.timestamp() - n / 2_000, AuditAction::SignInFailed.as_str()],
                )?;
            }
            t.execute("INSERT INTO audit (at, who, what, subject) VALUES (?1, '', '登录', '')", [now.timestamp() - 86_400])?;
            Ok(())
        };
        store.write(fill).unwrap();
        store.apply_retention(&StoreSettings::default(), now).unwrap();
        let log = store.audit_log(20_000).unwrap();
        let failed = log.iter().filter(|l| l.action == AuditAction::SignInFailed.as_str()).count();
        assert_eq!((failed, log.len() - failed), (10_000, 1));
    }

    #[test]
    fn candidates_of_old_editions_go_and_the_edition_stays() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let now: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
        let fill = |t: &Connection| {
            for (id, days) in [(1i64, 401i64), (2, 399)] {
                let edition =
                    "INSERT INTO edition (id, publication, date, year, number, total, built, payload) VALUES (?1, '甲', ?1, 2026, ?1, ?1, ?2, '{}')";
                t.execute(edition, params![id, now.timestamp() - days * 86_400])?;
                for article in 1..=700i64 {
                    let candidate = "INSERT INTO candidate (edition_id, article_id, rank, was_proposed, features) VALUES (?1, ?2, ?2, 0, '{}')";
                    t.execute(candidate, [id, article])?;
                }
            }
            Ok(())
        };
        store.write(fill).unwrap();
        store.apply_retention(&StoreSettings::default(), now).unwrap();
        let count = |sql: &str| store.read(|c| Ok(c.query_row(sql, [], |r| r.get::<_, i64>(0))?)).unwrap();
        assert_eq!(count("SELECT count(*) FROM candidate WHERE edition_id = 1"), 0);
        assert_eq!(count("SELECT count(*) FROM candidate WHERE edition_id = 2"), 700);
        assert_eq!(count("SELECT count(*) FROM edition"), 2);
    }

    #[test]
    fn old_pages_and_visits_go_and_the_file_shrinks() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let now: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
        let fill = |t: &Connection| {
            t.execute("INSERT INTO source (id, name, url) VALUES ('a', '甲', 'https://a.cn/')", [])?;
            for n in 0..1_200i64 {
                let state = if n == 0 { "fetched" } else { "done" };
                let entry = "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, 'https://a.cn/', '题', ?2, 0)";
                t.execute(entry, params![n + 1, state])?;
                let at = now.timestamp() - if n < 1_100 { 40 * 86_400 } else { 86_400 };
                t.execute("INSERT INTO page (entry_id, url, body, fetched) VALUES (?1, 'https://a.cn/', randomblob(4000), ?2)", params![n + 1, at])?;
                let log = "INSERT INTO fetch_log (source_id, url, at, outcome, bytes, millis, conditional) VALUES ('a', '', ?1, '', 0, 0, 0)";
                t.execute(log, [now.timestamp() - (1_200 - n) * 86_400 / 6])?;
            }
            Ok(())
        };
        store.write(fill).unwrap();
        let done = store.apply_retention(&StoreSettings::default(), now).unwrap();
        assert_eq!((done.pages, done.visits), (1_099, 660), "the page that waits for extraction stays");
        assert!(done.bytes > 4_000_000, "{done:?}");
        assert_eq!(store.apply_retention(&StoreSettings::default(), now).unwrap(), RetentionReport::default());
    }
}
