//! The persistent frontier: due work, per-host back-off, robots.txt.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, Row, params};

use crate::fetch::{RobotsRecord, SiteStore};
use crate::model::{EntryId, SourceId};
use crate::store::entries::{PENDING_ENTRY_COLUMNS, read_open};
use crate::store::{PendingEntry, Result, Store, invalid_value};

/// How soon a poll must be due to be waited for.
const SOON: TimeDelta = TimeDelta::hours(1);
const ACTIVE_SOURCE: &str = "enabled = 1 AND retired = 0 AND resting IS NULL";

/// A host that asked for a delay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostBackoff {
    pub host_key: String,
    /// End of the delay.
    pub until: DateTime<Utc>,
    pub reason: String,
    /// Articles and sources that wait for it.
    pub waiting: usize,
}

impl Store {
    /// Returns due sources, a few per host, longest due first, without hosts that are backed off.
    pub fn due_polls(&self, now: DateTime<Utc>, per_host: usize, limit: usize) -> Result<Vec<(SourceId, String)>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!(
                "SELECT id, lane FROM (
                   SELECT id, lane, next_due, row_number() OVER (PARTITION BY lane ORDER BY next_due, id) AS turn FROM source
                   WHERE {ACTIVE_SOURCE} AND next_due <= ?1 AND lane NOT IN (SELECT lane FROM pause WHERE until > ?1))
                 WHERE turn <= {per_host} ORDER BY turn, next_due, id LIMIT {limit}"
            ))?;
            let mut rows = s.query([now.timestamp()])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                out.push((SourceId::parse(&r.get::<_, String>(0)?).ok_or("not an id").map_err(invalid_value("source id"))?, r.get(1)?));
            }
            Ok(out)
        })
    }

    /// Returns hosts with articles to fetch, in the order of their names after `behind`, at most `most`.
    pub fn hosts_with_pending_entries(&self, behind: &str, most: usize) -> Result<Vec<String>> {
        self.read(|c| {
            let mut next = c.prepare_cached("SELECT min(lane) FROM entry WHERE state = 'pending' AND lane > ?1")?;
            let mut out: Vec<String> = Vec::new();
            while out.len() < most {
                let behind = out.last().map_or(behind, String::as_str);
                let Some(host_key) = next.query_row([behind], |r| r.get::<_, Option<String>>(0))? else { break };
                out.push(host_key);
            }
            Ok(out)
        })
    }

    /// Returns due articles of a host by their place in the list, so that the sources of a host share it and the newest come
    /// first.
    pub fn due_entries(&self, host_key: &str, now: DateTime<Utc>, tries: u32, most: usize) -> Result<Vec<EntryId>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT e.id FROM entry e JOIN source s ON s.id = e.source_id
                 WHERE e.state = 'pending' AND e.lane = ?1 AND e.due <= ?2 AND e.tries < ?3 AND s.enabled = 1 AND s.retired = 0
                   AND NOT EXISTS (SELECT 1 FROM pause p WHERE p.lane = ?1 AND p.until > ?2)
                 ORDER BY e.place, e.id LIMIT ?4",
            )?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let rows = s.query_map(params![host_key, now.timestamp(), tries, most], |r| r.get(0).map(EntryId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns an entry that has no article yet.
    pub fn pending_entry(&self, id: EntryId) -> Result<Option<PendingEntry>> {
        self.read(|c| {
            let mut s =
                c.prepare_cached(&format!("SELECT {PENDING_ENTRY_COLUMNS} FROM entry e WHERE e.id = ?1 AND e.state IN ('pending', 'fetched')"))?;
            let mut rows = s.query([id.0])?;
            rows.next()?.map(read_open).transpose()
        })
    }

    /// Returns when the next poll or article is due, back-off included; `None` if nothing is.
    pub fn next_due(&self, tries: u32) -> Result<Option<DateTime<Utc>>> {
        self.read(|c| {
            let look: Option<i64> = c.query_row(
                &format!("SELECT min(max(next_due, coalesce(until, 0))) FROM source s LEFT JOIN pause p ON p.lane = s.lane WHERE {ACTIVE_SOURCE}"),
                [],
                |r| r.get(0),
            )?;
            let page: Option<i64> = c.query_row(
                "SELECT min(max(e.due, coalesce(p.until, 0))) FROM entry e JOIN source s ON s.id = e.source_id LEFT JOIN pause p ON p.lane = e.lane
                 WHERE e.state = 'pending' AND e.tries < ?1 AND s.enabled = 1 AND s.retired = 0",
                [tries],
                |r| r.get(0),
            )?;
            Ok(look.into_iter().chain(page).min().and_then(|t| DateTime::from_timestamp(t, 0)))
        })
    }

    /// Returns whether a source that is due soon was not polled since a time. Soon, because overdue polls are spread after a start.
    pub fn has_unpolled(&self, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<bool> {
        self.read(|c| {
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM source WHERE {ACTIVE_SOURCE} AND coalesce(last_look, 0) < ?1 AND next_due <= ?2
                   AND lane NOT IN (SELECT lane FROM pause WHERE until > ?3))"
            );
            Ok(c.query_row(&sql, params![since.timestamp(), (now + SOON).timestamp(), now.timestamp()], |r| r.get(0))?)
        })
    }

    /// Makes every active source due now, for a full pass.
    pub fn mark_all_due(&self, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.execute(&format!("UPDATE source SET next_due = ?1 WHERE {ACTIVE_SOURCE} AND next_due > ?1"), [now.timestamp()])?;
            t.execute("UPDATE entry SET due = 0 WHERE state = 'pending' AND due > ?1", [now.timestamp()])?;
            Ok(())
        })
    }

    /// Spreads polls that became due while nothing ran: one per second, over at most `most` seconds, so that they do not all
    /// start at once. Sources that were never polled stay due. Returns the number of polls.
    pub fn jitter_overdue(&self, now: DateTime<Utc>, most: i64) -> Result<usize> {
        self.write(|t| {
            let mut select = t.prepare(&format!("SELECT id FROM source WHERE {ACTIVE_SOURCE} AND next_due <= ?1 AND last_look IS NOT NULL"))?;
            let ids: Vec<String> = select.query_map([now.timestamp()], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            let window = i64::try_from(ids.len()).unwrap_or(most).min(most);
            let mut update = t.prepare("UPDATE source SET next_due = ?2 WHERE id = ?1")?;
            for id in &ids {
                let share = crate::fetch::jitter(id, 0);
                #[allow(clippy::cast_possible_truncation)] // at most a window of seconds
                let later = (share * window as f64) as i64;
                update.execute(params![id, now.timestamp() + later])?;
            }
            Ok(ids.len())
        })
    }

    /// Blocks a host until a moment; never shortens an earlier back-off.
    pub fn back_off_host(&self, host_key: &str, until: DateTime<Utc>, reason: &str) -> Result<()> {
        self.write(|t| {
            t.execute(
                "INSERT INTO pause (lane, until, reason) VALUES (?1, ?2, ?3)
                 ON CONFLICT (lane) DO UPDATE SET until = max(until, ?2), reason = ?3",
                params![host_key, until.timestamp(), reason],
            )?;
            Ok(())
        })
    }

    /// Returns backed-off hosts and how much waits for them; deletes expired back-offs.
    pub fn host_backoffs(&self, now: DateTime<Utc>) -> Result<Vec<HostBackoff>> {
        self.write(|t| {
            t.execute("DELETE FROM pause WHERE until <= ?1", [now.timestamp()])?;
            let mut s = t.prepare(
                "SELECT p.lane, p.until, p.reason,
                   (SELECT count(*) FROM entry e WHERE e.state = 'pending' AND e.lane = p.lane) + (SELECT count(*) FROM source s WHERE s.lane = p.lane AND s.next_due <= ?1)
                 FROM pause p ORDER BY p.until, p.lane",
            )?;
            let mut rows = s.query([now.timestamp()])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let held: i64 = r.get(3)?;
                out.push(HostBackoff { host_key: r.get(0)?, until: moment(r.get(1)?)?, reason: r.get(2)?, waiting: usize::try_from(held).unwrap_or(0) });
            }
            Ok(out)
        })
    }

    fn robots_record(&self, site: &str) -> Result<Option<RobotsRecord>> {
        self.read(|c| {
            let row = c
                .prepare_cached("SELECT expires, good_at, file, failing_since, failures, cause FROM robots WHERE site = ?1")?
                .query_row([site], |r| Ok(read_robots(r)))
                .optional()?;
            row.transpose()
        })
    }

    fn keep_robots(&self, site: &str, r: &RobotsRecord) -> Result<()> {
        self.write(|t| {
            let seconds = |t: Option<DateTime<Utc>>| t.map(|t| t.timestamp());
            t.prepare_cached(
                "INSERT OR REPLACE INTO robots (site, expires, good_at, file, failing_since, failures, cause) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![site, r.expires.timestamp(), seconds(r.good_at), r.file, seconds(r.failing_since), r.failures, r.cause])?;
            Ok(())
        })
    }
}

impl SiteStore for Store {
    fn robots(&self, site: &str) -> Option<RobotsRecord> {
        self.robots_record(site).unwrap_or_else(|e| {
            tracing::warn!("robots.txt of {site} is not remembered and asked for anew: {e}");
            None
        })
    }

    fn put_robots(&self, site: &str, record: &RobotsRecord) {
        if let Err(e) = self.keep_robots(site, record) {
            tracing::warn!("robots.txt of {site} cannot be remembered: {e}");
        }
    }
}

fn moment(seconds: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0).ok_or("out of range").map_err(invalid_value("time"))
}

fn read_robots(r: &Row<'_>) -> Result<RobotsRecord> {
    let optional = |i| -> Result<Option<DateTime<Utc>>> { r.get::<_, Option<i64>>(i)?.map(moment).transpose() };
    Ok(RobotsRecord {
        expires: moment(r.get(0)?)?,
        good_at: optional(1)?,
        file: r.get(2)?,
        failing_since: optional(3)?,
        failures: r.get(4)?,
        cause: r.get(5)?,
    })
}
