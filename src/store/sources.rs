//! What is known of each source between two looks.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Result, Store};
use crate::discover::Discovered;
use crate::fetch::{Validators, Visit, lane};
use crate::model::{Source, SourceId, SourceTrouble, TlsTrust, WebUrl};
use crate::schedule::rhythm::Rhythm;

/// The stored side of a source.
#[derive(Debug, Clone, Default)]
pub struct SourceState {
    /// Validators of the last document whose entries are committed.
    pub validators: Validators,
    /// When it is to be looked at again.
    pub next_due: i64,
    /// Last look, whatever came of it.
    pub last_look: Option<DateTime<Utc>>,
    /// Last success.
    pub last_ok: Option<DateTime<Utc>>,
    /// Failures since.
    pub failures: u32,
    /// Since when it fails.
    pub failing_since: Option<DateTime<Utc>>,
    /// What was observed of its changes.
    pub rhythm: Rhythm,
    /// How its list was laid out when it was read last.
    pub layout: Option<String>,
}

/// How long a changed layout is told of.
const LAYOUT_NEWS: TimeDelta = TimeDelta::days(3);

/// How a source stands, for admins.
#[derive(Debug, Clone)]
pub struct SourceHealth {
    /// Last success.
    pub last_ok: Option<DateTime<Utc>>,
    /// Next look.
    pub next_due: Option<DateTime<Utc>>,
    /// Interval in force.
    pub interval: Option<Duration>,
    /// Failures in a row.
    pub failures: u32,
    /// Since when.
    pub failing_since: Option<DateTime<Utc>>,
    /// Stable word for the last error.
    pub error_code: Option<String>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// The same in Chinese.
    pub last_error_zh: Option<String>,
    /// Where the site says it moved to for good: to be written into `sources.toml` by the admin.
    pub moved_to: Option<String>,
    /// Why it is not asked any more.
    pub resting: Option<String>,
    /// Until when its lane is left alone.
    pub paused_until: Option<DateTime<Utc>>,
    /// Its certificate is not judged.
    pub insecure: bool,
    /// When its list was found laid out otherwise than before, and how it was and is.
    pub layout_changed: Option<(DateTime<Utc>, String, String)>,
    /// Changes observed.
    pub rhythm: Rhythm,
    /// Articles a week, over the last four.
    pub articles_a_week: f64,
    /// Looks within the last thirty days, and how many of them failed.
    pub looks: (u32, u32),
}

impl SourceHealth {
    /// Answers, but nothing new came for much longer than usual.
    pub fn is_silent(&self, now: DateTime<Utc>) -> bool {
        self.failures == 0 && self.resting.is_none() && self.rhythm.is_silent(now)
    }

    /// The list page answers, but no entries are found where there were some.
    pub fn has_lost_its_layout(&self) -> bool {
        self.error_code.as_deref() == Some("no-entries") && self.rhythm.last_new.is_some()
    }

    /// Share of failed looks, 0–1.
    pub fn failed_share(&self) -> f64 {
        if self.looks.0 == 0 { 0.0 } else { f64::from(self.looks.1) / f64::from(self.looks.0) }
    }
}

/// One line of the fetch log.
#[derive(Debug, Clone)]
pub struct FetchRecord {
    /// Source.
    pub source: SourceId,
    /// Address asked.
    pub url: WebUrl,
    /// A look at the source, or the page of an entry.
    pub listing: bool,
    /// `ok`, `not-modified` or the error's stable word.
    pub code: &'static str,
    /// The same in words.
    pub outcome: String,
    /// Bytes of the body, decompressed.
    pub bytes: usize,
    /// What the visit cost.
    pub visit: Visit,
    /// Whether validators were sent.
    pub conditional: bool,
}

/// What is planned after a look that brought an answer.
#[derive(Debug, Clone, Copy)]
pub struct Looked {
    /// Observed so far, this look included.
    pub rhythm: Rhythm,
    /// Next look.
    pub next_due: DateTime<Utc>,
    /// Interval in force.
    pub interval: Duration,
}

/// A look that failed.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// Stable word.
    pub code: &'static str,
    /// In English, for the log and admins.
    pub english: String,
    /// In Chinese, for editors.
    pub chinese: String,
    /// Next look.
    pub next_due: DateTime<Utc>,
    /// Whether it counts against the source; a fault of our own network does not.
    pub counts: bool,
    /// Why the source is not asked any more, if so.
    pub resting: Option<String>,
}

impl Store {
    /// Takes the list over: new sources are added, known ones brought up to date, missing ones retired (their articles
    /// stay). A changed address wakes a source that rests, and forgets the validators of the old one.
    pub fn sync_sources(&self, sources: &[Arc<Source>]) -> Result<()> {
        self.write(|t| {
            t.execute("UPDATE source SET retired = 1 WHERE retired = 0", [])?;
            let mut upsert = t.prepare(
                "INSERT INTO source (id, name, url, region, lane, enabled, insecure, weight) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (id) DO UPDATE SET name = ?2, region = ?4, lane = ?5, enabled = ?6, insecure = ?7, weight = ?8, retired = 0,
                   etag = CASE WHEN url = ?3 THEN etag END, last_modified = CASE WHEN url = ?3 THEN last_modified END,
                   moved_to = CASE WHEN url = ?3 THEN moved_to END, next_due = CASE WHEN url = ?3 THEN next_due ELSE 0 END,
                   resting = CASE WHEN url = ?3 THEN resting END, failures = CASE WHEN url = ?3 THEN failures ELSE 0 END,
                   failing_since = CASE WHEN url = ?3 THEN failing_since END, url = ?3",
            )?;
            for s in sources {
                let insecure = s.tls == TlsTrust::Insecure;
                upsert.execute(params![s.id.as_str(), s.name, s.url.as_str(), s.region, lane(s, &s.url), s.enabled, insecure, s.weight])?;
            }
            Ok(())
        })
    }

    /// What is known of a source.
    pub fn source_state(&self, id: &SourceId) -> Result<SourceState> {
        self.read(|c| {
            let row = c
                .prepare_cached(
                    "SELECT looks, changes, watched, last_new, usual_gap, gaps, etag, last_modified, next_due, last_look, last_ok, failures, failing_since, layout
                     FROM source WHERE id = ?1",
                )?
                .query_row([id.as_str()], |r| {
                    Ok(SourceState {
                        rhythm: read_rhythm(r)?,
                        validators: Validators { etag: r.get(6)?, last_modified: r.get(7)? },
                        next_due: r.get(8)?,
                        last_look: moment(r, 9)?,
                        last_ok: moment(r, 10)?,
                        failures: r.get(11)?,
                        failing_since: moment(r, 12)?,
                        layout: r.get(13)?,
                    })
                })
                .optional()?;
            Ok(row.unwrap_or_default())
        })
    }

    /// How a source stands; nothing where it was never looked at.
    pub fn source_health(&self, id: &SourceId, now: DateTime<Utc>) -> Result<Option<SourceHealth>> {
        let days = |n: i64| now.timestamp() - n * 86_400;
        self.read(|c| {
            let health = c
                .prepare_cached(
                    "SELECT looks, changes, watched, last_new, usual_gap, gaps, last_ok, next_due, interval, failures, failing_since, error_code, last_error,
                       last_error_zh, moved_to, resting, insecure,
                       (SELECT max(until) FROM pause p WHERE p.lane = s.lane AND p.until > ?2),
                       (SELECT count(*) FROM article a WHERE a.source_id = s.id AND a.effective > ?3),
                       (SELECT count(*) FROM fetch_log f WHERE f.source_id = s.id AND f.at > ?4 AND f.listing = 1),
                       (SELECT count(*) FROM fetch_log f WHERE f.source_id = s.id AND f.at > ?4 AND f.listing = 1 AND f.code NOT IN ('ok', 'not-modified')),
                       layout_changed, layout_before, layout
                     FROM source s WHERE id = ?1",
                )?
                .query_row(params![id.as_str(), now.timestamp(), days(28), days(30)], |r| {
                    Ok(SourceHealth {
                        rhythm: read_rhythm(r)?,
                        last_ok: moment(r, 6)?,
                        next_due: moment(r, 7)?,
                        interval: r.get::<_, Option<i64>>(8)?.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs),
                        failures: r.get(9)?,
                        failing_since: moment(r, 10)?,
                        error_code: r.get(11)?,
                        last_error: r.get(12)?,
                        last_error_zh: r.get(13)?,
                        moved_to: r.get(14)?,
                        resting: r.get(15)?,
                        insecure: r.get(16)?,
                        paused_until: moment(r, 17)?,
                        articles_a_week: r.get::<_, i64>(18)? as f64 / 4.0,
                        looks: (r.get(19)?, r.get(20)?),
                        layout_changed: match (moment(r, 21)?, r.get(22)?, r.get(23)?) {
                            (Some(at), Some(before), Some(after)) => Some((at, before, after)),
                            _ => None,
                        },
                    })
                })
                .optional()?;
            Ok(health)
        })
    }

    /// Notes that a source's document is unchanged.
    pub fn source_unchanged(&self, id: &SourceId, moved: Option<&WebUrl>, looked: &Looked, log: &FetchRecord, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            well(t, id, moved, looked, now)?;
            log_fetch(t, log, now)
        })
    }

    /// Commits what a look at a source brought: entries, the validators that vouch for them, what was observed and the
    /// line in the log, or none of it. `plan` is told whether anything was new. Gives the number of new entries.
    pub fn commit_entries(
        &self,
        source: &Source,
        (found, validators, moved): (&Discovered, &Validators, Option<&WebUrl>),
        most: usize,
        now: DateTime<Utc>,
        plan: impl FnOnce(bool) -> Looked,
        log: &FetchRecord,
    ) -> Result<usize> {
        self.write(|t| {
            let mut new = 0;
            for (place, entry) in (0i64..).zip(found.entries.iter().take(most)) {
                new += super::entries::insert_entry(t, source, entry, place, now)?;
            }
            let Validators { etag, last_modified } = validators;
            // the right-hand sides see the row as it was
            t.prepare_cached(
                "UPDATE source SET etag = ?2, last_modified = ?3, kind = ?4, layout = coalesce(?5, layout),
                   layout_before = CASE WHEN layout <> ?5 THEN layout ELSE layout_before END, layout_changed = CASE WHEN layout <> ?5 THEN ?6 ELSE layout_changed END
                 WHERE id = ?1",
            )?
            .execute(params![
                source.id.as_str(),
                etag,
                last_modified,
                found.kind.map(crate::model::SourceKind::as_str),
                found.layout,
                now.timestamp()
            ])?;
            well(t, &source.id, moved, &plan(new > 0), now)?;
            log_fetch(t, log, now)?;
            Ok(new)
        })
    }

    /// Notes a failure; what was collected stays.
    pub fn source_failed(&self, id: &SourceId, trouble: &Trouble, log: Option<&FetchRecord>, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.prepare_cached(
                "UPDATE source SET failures = failures + ?6, failing_since = CASE WHEN ?6 THEN coalesce(failing_since, ?2) ELSE failing_since END,
                   last_error = ?3, last_error_zh = ?4, error_code = ?7, next_due = ?5, last_look = ?2, resting = ?8 WHERE id = ?1",
            )?
            .execute(params![
                id.as_str(),
                now.timestamp(),
                trouble.english,
                trouble.chinese,
                trouble.next_due.timestamp(),
                trouble.counts,
                trouble.code,
                trouble.resting
            ])?;
            log.map_or(Ok(()), |l| log_fetch(t, l, now))
        })
    }

    /// Has a source looked at as soon as its lane is free.
    pub fn look_now(&self, id: &SourceId) -> Result<bool> {
        self.write(|t| Ok(t.execute("UPDATE source SET next_due = 0 WHERE id = ?1 AND resting IS NULL", [id.as_str()])? > 0))
    }

    /// Has a source asked again that was put to rest; gives whether it rested.
    pub fn wake_source(&self, id: &SourceId) -> Result<bool> {
        self.write(|t| {
            let n = t.execute(
                "UPDATE source SET resting = NULL, failures = 0, failing_since = NULL, last_error = NULL, last_error_zh = NULL, error_code = NULL, next_due = 0
                 WHERE id = ?1 AND resting IS NOT NULL",
                [id.as_str()],
            )?;
            Ok(n > 0)
        })
    }

    /// What editors should know of the sources: those that fail, rest, fell silent, or are read without a judged
    /// certificate.
    pub fn troubles(&self, zone: chrono_tz::Tz, now: DateTime<Utc>) -> Result<Vec<SourceTrouble>> {
        self.read(|c| {
            let mut s = c.prepare(
                "SELECT looks, changes, watched, last_new, usual_gap, gaps, name, coalesce(last_error_zh, ''), failing_since, failures, resting IS NOT NULL, insecure,
                   layout_changed
                 FROM source WHERE retired = 0 AND enabled = 1 ORDER BY failing_since IS NULL, failing_since, id",
            )?;
            let mut rows = s.query([])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let (rhythm, name): (Rhythm, String) = (read_rhythm(r)?, r.get(6)?);
                let (reason, since, failures): (String, _, u32) = (r.get(7)?, moment(r, 8)?, r.get(9)?);
                let (resting, insecure): (bool, bool) = (r.get(10)?, r.get(11)?);
                let relaid = moment(r, 12)?.filter(|t| now - *t < LAYOUT_NEWS);
                let mut tell = |reason: String, since: Option<DateTime<Utc>>| {
                    out.push(SourceTrouble { name: name.clone(), reason, since: since.map(|t| t.with_timezone(&zone).date_naive()) });
                };
                if resting {
                    tell(format!("{reason}，已停止抓取，请管理员核对地址"), since);
                } else if failures > 0 {
                    tell(reason, since);
                } else if rhythm.is_silent(now) {
                    tell("能打开，但很久没有新内容".to_owned(), rhythm.last_new);
                }
                if let Some(at) = relaid {
                    tell("列表版式变了，已自动改用新版式，请管理员核对".to_owned(), Some(at));
                }
                if insecure {
                    tell("证书未经核验（tls = \"insecure\"），内容可能被篡改".to_owned(), None);
                }
            }
            Ok(out)
        })
    }
}

/// What holds after every look that brought an answer.
fn well(t: &Connection, id: &SourceId, moved: Option<&WebUrl>, looked: &Looked, now: DateTime<Utc>) -> Result<()> {
    let r = &looked.rhythm;
    t.prepare_cached(
        "UPDATE source SET last_ok = ?2, last_look = ?2, next_due = ?3, interval = ?4, moved_to = ?5, looks = ?6, changes = ?7, watched = ?8, last_new = ?9,
           usual_gap = ?10, gaps = ?11, failures = 0, failing_since = NULL, last_error = NULL, last_error_zh = NULL, error_code = NULL WHERE id = ?1",
    )?
    .execute(params![
        id.as_str(),
        now.timestamp(),
        looked.next_due.timestamp(),
        i64::try_from(looked.interval.as_secs()).unwrap_or(i64::MAX),
        moved.map(WebUrl::as_str),
        r.looks,
        r.changes,
        r.watched,
        r.last_new.map(|t| t.timestamp()),
        r.usual_gap,
        r.gaps
    ])?;
    Ok(())
}

/// Adds to the fetch log.
pub(super) fn log_fetch(t: &Connection, record: &FetchRecord, now: DateTime<Utc>) -> Result<()> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    t.prepare_cached(
        "INSERT INTO fetch_log (source_id, url, at, outcome, bytes, millis, conditional, code, wire, requests, reused, listing)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        record.source.as_str(),
        record.url.as_str(),
        now.timestamp(),
        record.outcome,
        number(record.bytes as u64),
        number(record.visit.millis),
        record.conditional,
        record.code,
        number(record.visit.wire),
        record.visit.requests,
        record.visit.reused,
        record.listing
    ])?;
    Ok(())
}

fn moment(r: &Row<'_>, column: usize) -> rusqlite::Result<Option<DateTime<Utc>>> {
    Ok(r.get::<_, Option<i64>>(column)?.and_then(|t| DateTime::from_timestamp(t, 0)))
}

/// The first six columns of a query.
fn read_rhythm(r: &Row<'_>) -> rusqlite::Result<Rhythm> {
    Ok(Rhythm { looks: r.get(0)?, changes: r.get(1)?, watched: r.get(2)?, last_new: moment(r, 3)?, usual_gap: r.get(4)?, gaps: r.get(5)? })
}
