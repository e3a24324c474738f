//! Health of the sources: details for admins, problems for editors.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, Row, params};

use crate::config::settings::SourceScope;
use crate::model::{ProblemReason, SourceId, SourceProblem, WEEKS};
use crate::schedule::poll_interval::ChangeRate;
use crate::store::sightings::weeks_of;
use crate::store::source_state::{moment, read_rhythm};
use crate::store::{Result, Store};
use crate::wall::Wall;

/// How long a changed layout is reported.
const LAYOUT_NEWS: TimeDelta = TimeDelta::days(3);

/// Health of one source; `?2`: now, `?3`: start of the period for counting polls.
pub(super) const HEALTH_SQL: &str =
    "SELECT looks, changes, watched, last_new, last_ok, next_due, interval, failures, failing_since, error_code, last_error,
      last_error_zh, moved_to, resting, insecure,
      (SELECT max(until) FROM pause p WHERE p.lane = s.lane AND p.until > ?2),
      (SELECT count(*) FROM fetch_log f WHERE f.source_id = s.id AND f.at > ?3 AND f.listing = 1),
      (SELECT count(*) FROM fetch_log f WHERE f.source_id = s.id AND f.at > ?3 AND f.listing = 1 AND f.code NOT IN ('ok', 'not-modified')),
      layout_changed, layout_before, layout, articles, newest, quiet, wall
    FROM source s WHERE id = ?1";

/// Health of a source, for admins.
#[derive(Debug, Clone)]
pub struct SourceHealth {
    pub last_ok: Option<DateTime<Utc>>,
    pub next_due: Option<DateTime<Utc>>,
    /// Current interval.
    pub interval: Option<Duration>,
    /// In a row.
    pub failures: u32,
    /// Start of the failures.
    pub failing_since: Option<DateTime<Utc>>,
    /// Code of the last error.
    pub error_code: Option<String>,
    /// In English.
    pub last_error: Option<String>,
    /// In Chinese.
    pub last_error_zh: Option<String>,
    /// New address after a permanent redirect; the admin must write it into `sources.toml`.
    pub moved_to: Option<String>,
    /// Why it is not polled any more.
    pub disabled_reason: Option<String>,
    /// End of its host's back-off.
    pub backed_off_until: Option<DateTime<Utc>>,
    /// Its certificate is not checked.
    pub insecure: bool,
    /// When its list changed layout, and the old and new layout.
    pub layout_changed: Option<(DateTime<Utc>, String, String)>,
    /// Observed changes.
    pub change_rate: ChangeRate,
    /// Articles that it had, also those that another source had before.
    pub articles: u32,
    /// Date of the newest.
    pub newest: Option<DateTime<Utc>>,
    /// Articles in each of the last weeks, oldest first.
    pub weeks: [u32; WEEKS],
    /// At the last poll the source had been without articles for longer than its rhythm explains, or never had one.
    quiet: bool,
    /// The wall that its article pages showed last.
    pub page_wall: Option<Wall>,
    /// Polls in the last thirty days, and failed ones.
    pub polls: (u32, u32),
}

/// Since when a source brings no articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Date of the last one.
    Since(DateTime<Utc>),
    /// It never brought one.
    Never,
}

impl SourceHealth {
    /// Returns since when a source answers without bringing articles, by [`crate::schedule::silence`].
    pub fn silence(&self) -> Option<Silence> {
        let answers = self.failures == 0 && self.disabled_reason.is_none();
        (answers && self.quiet).then(|| self.newest.map_or(Silence::Never, Silence::Since))
    }

    /// Articles per week, over the last four.
    pub fn articles_a_week(&self) -> f64 {
        f64::from(self.weeks.iter().rev().take(4).sum::<u32>()) / 4.0
    }

    /// Whether the list page answers, but has lost the entries that it had.
    pub fn has_lost_its_layout(&self) -> bool {
        self.error_code.as_deref() == Some("no-entries") && self.change_rate.last_new.is_some()
    }

    /// Share of failed polls, 0–1.
    pub fn failed_share(&self) -> f64 {
        if self.polls.0 == 0 { 0.0 } else { f64::from(self.polls.1) / f64::from(self.polls.0) }
    }
}

impl Store {
    /// Returns the health of a source; `None` if it was never polled.
    pub fn source_health(&self, id: &SourceId, now: DateTime<Utc>) -> Result<Option<SourceHealth>> {
        self.read(|c| {
            let health = c
                .prepare_cached(HEALTH_SQL)?
                .query_row(params![id.as_str(), now.timestamp(), now.timestamp() - 30 * 86_400], |r| {
                    Ok(SourceHealth {
                        change_rate: read_rhythm(r)?,
                        last_ok: moment(r, 4)?,
                        next_due: moment(r, 5)?,
                        interval: r.get::<_, Option<i64>>(6)?.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs),
                        failures: r.get(7)?,
                        failing_since: moment(r, 8)?,
                        error_code: r.get(9)?,
                        last_error: r.get(10)?,
                        last_error_zh: r.get(11)?,
                        moved_to: r.get(12)?,
                        disabled_reason: r.get(13)?,
                        insecure: r.get(14)?,
                        backed_off_until: moment(r, 15)?,
                        polls: (r.get(16)?, r.get(17)?),
                        layout_changed: match (moment(r, 18)?, r.get(19)?, r.get(20)?) {
                            (Some(at), Some(before), Some(after)) => Some((at, before, after)),
                            _ => None,
                        },
                        articles: r.get(21)?,
                        newest: moment(r, 22)?,
                        quiet: r.get(23)?,
                        page_wall: read_wall(r, 24)?,
                        weeks: [0; WEEKS],
                    })
                })
                .optional()?;
            let weeks = weeks_of(c, id, now)?;
            Ok(health.map(|h| SourceHealth { weeks, ..h }))
        })
    }

    /// Returns what editors should know: sources that fail, are disabled, went quiet, or are read without checking the
    /// certificate.
    pub fn source_problems(&self, zone: chrono_tz::Tz, now: DateTime<Utc>) -> Result<Vec<SourceProblem>> {
        self.problems_of(&SourceScope::default(), zone, now)
    }

    /// Returns the problems of a publication's sources.
    pub fn problems_of(&self, scope: &SourceScope, zone: chrono_tz::Tz, now: DateTime<Utc>) -> Result<Vec<SourceProblem>> {
        self.read(|c| {
            let mut s = c.prepare(
                "SELECT name, coalesce(last_error_zh, ''), failing_since, failures, resting IS NOT NULL, insecure, layout_changed, quiet, newest, wall, id
                 FROM source WHERE retired = 0 AND enabled = 1 ORDER BY failing_since IS NULL, failing_since, id",
            )?;
            let mut rows = s.query([])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                if !scope.takes(&r.get::<_, String>(10)?) {
                    continue;
                }
                let (name, reason, since, failures): (String, String, _, u32) = (r.get(0)?, r.get(1)?, moment(r, 2)?, r.get(3)?);
                let (resting, insecure, quiet): (bool, bool, bool) = (r.get(4)?, r.get(5)?, r.get(7)?);
                let (newest, wall) = (moment(r, 8)?, read_wall(r, 9)?);
                let relaid = moment(r, 6)?.filter(|t| now - *t < LAYOUT_NEWS);
                let mut tell = |reason: ProblemReason, since: Option<DateTime<Utc>>| {
                    out.push(SourceProblem { name: name.clone(), reason, since: since.map(|t| t.with_timezone(&zone).date_naive()) });
                };
                if resting {
                    tell(ProblemReason::Disabled(reason), since);
                } else if failures > 0 {
                    tell(ProblemReason::Failing(reason), since);
                } else if let Some(wall) = wall {
                    tell(ProblemReason::ArticlesWalled(wall.code().to_owned()), newest);
                } else if quiet {
                    tell(if newest.is_some() { ProblemReason::Silent } else { ProblemReason::NoArticles }, newest);
                }
                if let Some(at) = relaid {
                    tell(ProblemReason::NewLayout, Some(at));
                }
                if insecure {
                    tell(ProblemReason::UncheckedCertificate, None);
                }
            }
            Ok(out)
        })
    }
}

/// Reads a wall; ignores a name from another version.
fn read_wall(r: &Row<'_>, column: usize) -> rusqlite::Result<Option<Wall>> {
    Ok(r.get::<_, Option<String>>(column)?.as_deref().and_then(Wall::of_code))
}
