//! The state of each source between two polls.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::discover::{self, Discovered};
use crate::fetch::{Validators, host_key};
use crate::model::{Source, SourceId, TlsTrust, WebUrl};
use crate::schedule::poll_interval::ChangeRate;
use crate::store::entries::{Inserted, insert_entry};
use crate::store::fetch_log::{FetchRecord, correct_fetch, log_fetch};
use crate::store::{Result, Store, invalid_value};
use crate::wall::Wall;

/// The state of a source.
#[derive(Debug, Clone, Default)]
pub struct SourceState {
    /// Of the last document whose entries are committed.
    pub validators: Validators,
    pub next_due: i64,
    /// Whatever the outcome.
    pub last_poll: Option<DateTime<Utc>>,
    pub last_ok: Option<DateTime<Utc>>,
    /// In a row.
    pub failures: u32,
    /// Start of the failures.
    pub failing_since: Option<DateTime<Utc>>,
    /// Observed changes.
    pub change_rate: ChangeRate,
    /// Layout of its list at the last poll.
    pub selector_path: Option<String>,
}

/// The plan after a successful poll.
#[derive(Debug, Clone, Copy)]
pub struct PollPlan {
    /// Including this poll.
    pub change_rate: ChangeRate,
    pub next_due: DateTime<Utc>,
    /// Current interval.
    pub interval: Duration,
    /// Without articles for longer than its rhythm explains, or never had one.
    pub quiet: bool,
}

/// A failed poll.
#[derive(Debug, Clone)]
pub struct FailureRecord {
    /// A stable code.
    pub code: &'static str,
    /// For the log and admins.
    pub english: String,
    /// For editors.
    pub chinese: String,
    /// Next poll.
    pub next_due: DateTime<Utc>,
    /// Counts against the source; a failure of our own network does not.
    pub counts: bool,
    /// Why the source is disabled, if it is.
    pub disabled_reason: Option<String>,
}

impl Store {
    /// Applies the source list: adds new sources, updates known ones, retires missing ones (their articles stay). A changed
    /// address enables a disabled source. If the address or another setting that affects reading changed, the validators are
    /// deleted and the source is polled soon, so that the next poll reads it in full. An older release stored no settings.
    pub fn sync_sources(&self, sources: &[Arc<Source>]) -> Result<()> {
        self.write(|t| {
            t.execute("UPDATE source SET retired = 1 WHERE retired = 0", [])?;
            let mut upsert = t.prepare(
                "INSERT INTO source (id, name, url, region, lane, enabled, insecure, weight, settings) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (id) DO UPDATE SET name = ?2, region = ?4, lane = ?5, enabled = ?6, insecure = ?7, weight = ?8, retired = 0,
                   etag = CASE WHEN url = ?3 AND coalesce(settings, ?9) = ?9 THEN etag END,
                   last_modified = CASE WHEN url = ?3 AND coalesce(settings, ?9) = ?9 THEN last_modified END,
                   next_due = CASE WHEN url = ?3 AND coalesce(settings, ?9) = ?9 THEN next_due ELSE 0 END, settings = ?9,
                   moved_to = CASE WHEN url = ?3 THEN moved_to END, gap_since = CASE WHEN url = ?3 THEN gap_since END,
                   resting = CASE WHEN url = ?3 THEN resting END, failures = CASE WHEN url = ?3 THEN failures ELSE 0 END,
                   failing_since = CASE WHEN url = ?3 THEN failing_since END, url = ?3",
            )?;
            for s in sources {
                let insecure = s.tls == TlsTrust::Insecure;
                upsert.execute(params![
                    s.id.as_str(),
                    s.name,
                    s.url.as_str(),
                    s.region,
                    host_key(s, &s.url),
                    s.enabled,
                    insecure,
                    s.weight,
                    reading_settings(s)?
                ])?;
            }
            Ok(())
        })
    }

    pub fn source_state(&self, id: &SourceId) -> Result<SourceState> {
        self.read(|c| {
            let row = c
                .prepare_cached(
                    "SELECT looks, changes, watched, last_new, etag, last_modified, next_due, last_look, last_ok, failures, failing_since, layout, gap_since IS NULL
                     FROM source WHERE id = ?1",
                )?
                .query_row([id.as_str()], |r| {
                    // a source with missing further pages is read in full, changed or not
                    let validators = if r.get(12)? { Validators { etag: r.get(4)?, last_modified: r.get(5)? } } else { Validators::default() };
                    Ok(SourceState {
                        change_rate: read_rhythm(r)?,
                        validators,
                        next_due: r.get(6)?,
                        last_poll: moment(r, 7)?,
                        last_ok: moment(r, 8)?,
                        failures: r.get(9)?,
                        failing_since: moment(r, 10)?,
                        selector_path: r.get(11)?,
                    })
                })
                .optional()?;
            Ok(row.unwrap_or_default())
        })
    }

    /// Records that a source's document is unchanged.
    pub fn source_unchanged(&self, id: &SourceId, moved: Option<&WebUrl>, looked: &PollPlan, log: &FetchRecord, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            record_success(t, id, moved, looked, now)?;
            log_fetch(t, log, now)
        })
    }

    /// Commits the result of a poll: entries, their validators, observations and the line in the fetch log, all or none. `plan`
    /// learns whether anything was new to this source. Returns the number of entries that are new to the archive.
    pub fn commit_entries(
        &self,
        source: &Source,
        (found, validators, moved): (&Discovered, &Validators, Option<&WebUrl>),
        most: usize,
        now: DateTime<Utc>,
        plan: impl FnOnce(bool) -> PollPlan,
        log: &FetchRecord,
    ) -> Result<usize> {
        self.write(|t| {
            crate::store::url_parameters::learn_from_list(t, &found.entries, now)?;
            let (mut new, mut changed) = (0, false);
            for (place, entry) in (0i64..).zip(discover::newest(&found.entries, most)) {
                let inserted = insert_entry(t, source, entry, place, now)?;
                new += usize::from(inserted == Inserted::New);
                changed |= inserted != Inserted::Listed;
            }
            let Validators { etag, last_modified } = validators;
            // the right-hand sides see the row before the update
            t.prepare_cached(
                "UPDATE source SET etag = ?2, last_modified = ?3, kind = ?4, layout = coalesce(?5, layout), gap_since = CASE WHEN ?7 THEN coalesce(gap_since, ?6) END,
                   layout_before = CASE WHEN layout <> ?5 THEN layout ELSE layout_before END, layout_changed = CASE WHEN layout <> ?5 THEN ?6 ELSE layout_changed END
                 WHERE id = ?1",
            )?
            .execute(params![
                source.id.as_str(),
                etag,
                last_modified,
                found.kind.map(crate::model::SourceKind::as_str),
                found.selector_path,
                now.timestamp(),
                found.incomplete
            ])?;
            record_success(t, &source.id, moved, &plan(changed), now)?;
            log_fetch(t, log, now)?;
            Ok(new)
        })
    }

    /// Records a failure; collected data stays.
    pub fn source_failed(&self, id: &SourceId, failure: &FailureRecord, log: Option<&FetchRecord>, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.prepare_cached(
                "UPDATE source SET failures = failures + ?6, failing_since = CASE WHEN ?6 THEN coalesce(failing_since, ?2) ELSE failing_since END,
                   last_error = ?3, last_error_zh = ?4, error_code = ?7, next_due = ?5, last_look = ?2, resting = ?8 WHERE id = ?1",
            )?
            .execute(params![
                id.as_str(),
                now.timestamp(),
                failure.english,
                failure.chinese,
                failure.next_due.timestamp(),
                failure.counts,
                failure.code,
                failure.disabled_reason
            ])?;
            log.map_or(Ok(()), |l| log_fetch(t, l, now))
        })
    }

    /// Records that an article page of a source is a wall; `log` is its line in the fetch log, if that is stored already and says
    /// "ok".
    pub fn page_is_wall(&self, id: &SourceId, wall: Wall, log: Option<&FetchRecord>) -> Result<()> {
        self.write(|t| {
            t.prepare_cached("UPDATE source SET wall = ?2 WHERE id = ?1")?.execute(params![id.as_str(), wall.code()])?;
            log.map_or(Ok(()), |l| correct_fetch(t, l))
        })
    }

    /// Polls a source as soon as its host is free.
    pub fn poll_now(&self, id: &SourceId) -> Result<bool> {
        self.write(|t| Ok(t.execute("UPDATE source SET next_due = 0 WHERE id = ?1 AND resting IS NULL", [id.as_str()])? > 0))
    }

    /// Enables a disabled source; returns whether it was disabled.
    pub fn reactivate_source(&self, id: &SourceId) -> Result<bool> {
        self.write(|t| {
            let n = t.execute(
                "UPDATE source SET resting = NULL, failures = 0, failing_since = NULL, last_error = NULL, last_error_zh = NULL, error_code = NULL, next_due = 0
                 WHERE id = ?1 AND resting IS NOT NULL",
                [id.as_str()],
            )?;
            Ok(n > 0)
        })
    }
}

/// A hash of the settings that decide what a poll finds and what happens with it.
pub(super) fn reading_settings(s: &Source) -> Result<String> {
    let settings = (s.kind, &s.charset, s.timezone, s.identity, s.render, s.cookies, &s.headers, &s.list, &s.article);
    let mut text = serde_json::to_vec(&settings).map_err(invalid_value("settings"))?;
    // other sources keep the hash that they have
    if s.is_page() {
        text.extend(serde_json::to_vec(&s.page).map_err(invalid_value("settings"))?);
    }
    if s.is_series() {
        text.extend(serde_json::to_vec(&s.series).map_err(invalid_value("settings"))?);
    }
    Ok(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&text)))
}

/// Records what follows every successful poll.
pub(super) fn record_success(t: &Connection, id: &SourceId, moved: Option<&WebUrl>, looked: &PollPlan, now: DateTime<Utc>) -> Result<()> {
    let r = &looked.change_rate;
    t.prepare_cached(
        "UPDATE source SET last_ok = ?2, last_look = ?2, next_due = ?3, interval = ?4, moved_to = ?5, looks = ?6, changes = ?7, watched = ?8, last_new = ?9,
           quiet = ?10, failures = 0, failing_since = NULL, last_error = NULL, last_error_zh = NULL, error_code = NULL WHERE id = ?1",
    )?
    .execute(params![
        id.as_str(),
        now.timestamp(),
        looked.next_due.timestamp(),
        i64::try_from(looked.interval.as_secs()).unwrap_or(i64::MAX),
        moved.map(WebUrl::as_str),
        r.polls,
        r.changes,
        r.observed_seconds,
        r.last_new.map(|t| t.timestamp()),
        looked.quiet
    ])?;
    Ok(())
}

pub(super) fn moment(r: &Row<'_>, column: usize) -> rusqlite::Result<Option<DateTime<Utc>>> {
    Ok(r.get::<_, Option<i64>>(column)?.and_then(|t| DateTime::from_timestamp(t, 0)))
}

/// Reads the first four columns of a query.
pub(super) fn read_rhythm(r: &Row<'_>) -> rusqlite::Result<ChangeRate> {
    Ok(ChangeRate { polls: r.get(0)?, changes: r.get(1)?, observed_seconds: r.get(2)?, last_new: moment(r, 3)? })
}
