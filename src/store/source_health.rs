//! How the sources stand: for admins one by one, for editors what they should know.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::model::{SourceId, SourceProblem};
use crate::schedule::poll_interval::ChangeRate;
use crate::store::source_state::{moment, read_rhythm};
use crate::store::{Result, Store};

/// How long a changed layout is told of.
const LAYOUT_NEWS: TimeDelta = TimeDelta::days(3);

/// How a source stands, for admins.
#[derive(Debug, Clone)]
pub struct SourceHealth {
    /// Last success.
    pub last_ok: Option<DateTime<Utc>>,
    /// Next poll.
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
    pub disabled_reason: Option<String>,
    /// Until when its host is left alone.
    pub backed_off_until: Option<DateTime<Utc>>,
    /// Its certificate is not judged.
    pub insecure: bool,
    /// When its list was found laid out otherwise than before, and how it was and is.
    pub layout_changed: Option<(DateTime<Utc>, String, String)>,
    /// Changes observed.
    pub change_rate: ChangeRate,
    /// Articles a week, over the last four.
    pub articles_a_week: f64,
    /// Polls within the last thirty days, and how many of them failed.
    pub polls: (u32, u32),
}

impl SourceHealth {
    /// Answers, but nothing new came for much longer than usual.
    pub fn is_silent(&self, now: DateTime<Utc>) -> bool {
        self.failures == 0 && self.disabled_reason.is_none() && self.change_rate.is_stale(now)
    }

    /// The list page answers, but no entries are found where there were some.
    pub fn has_lost_its_layout(&self) -> bool {
        self.error_code.as_deref() == Some("no-entries") && self.change_rate.last_new.is_some()
    }

    /// Share of failed polls, 0–1.
    pub fn failed_share(&self) -> f64 {
        if self.polls.0 == 0 { 0.0 } else { f64::from(self.polls.1) / f64::from(self.polls.0) }
    }
}

impl Store {
    /// How a source stands; nothing where it was never polled.
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
                        change_rate: read_rhythm(r)?,
                        last_ok: moment(r, 6)?,
                        next_due: moment(r, 7)?,
                        interval: r.get::<_, Option<i64>>(8)?.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs),
                        failures: r.get(9)?,
                        failing_since: moment(r, 10)?,
                        error_code: r.get(11)?,
                        last_error: r.get(12)?,
                        last_error_zh: r.get(13)?,
                        moved_to: r.get(14)?,
                        disabled_reason: r.get(15)?,
                        insecure: r.get(16)?,
                        backed_off_until: moment(r, 17)?,
                        articles_a_week: r.get::<_, i64>(18)? as f64 / 4.0,
                        polls: (r.get(19)?, r.get(20)?),
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

    /// What editors should know of the sources: those that fail, rest, fell silent, or are read without a judged
    /// certificate.
    pub fn source_problems(&self, zone: chrono_tz::Tz, now: DateTime<Utc>) -> Result<Vec<SourceProblem>> {
        self.read(|c| {
            let mut s = c.prepare(
                "SELECT looks, changes, watched, last_new, usual_gap, gaps, name, coalesce(last_error_zh, ''), failing_since, failures, resting IS NOT NULL, insecure,
                   layout_changed
                 FROM source WHERE retired = 0 AND enabled = 1 ORDER BY failing_since IS NULL, failing_since, id",
            )?;
            let mut rows = s.query([])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let (change_rate, name): (ChangeRate, String) = (read_rhythm(r)?, r.get(6)?);
                let (reason, since, failures): (String, _, u32) = (r.get(7)?, moment(r, 8)?, r.get(9)?);
                let (resting, insecure): (bool, bool) = (r.get(10)?, r.get(11)?);
                let relaid = moment(r, 12)?.filter(|t| now - *t < LAYOUT_NEWS);
                let mut tell = |reason: String, since: Option<DateTime<Utc>>| {
                    out.push(SourceProblem { name: name.clone(), reason, since: since.map(|t| t.with_timezone(&zone).date_naive()) });
                };
                if resting {
                    tell(format!("{reason}，已停止抓取，请管理员核对地址"), since);
                } else if failures > 0 {
                    tell(reason, since);
                } else if change_rate.is_stale(now) {
                    tell("能打开，但很久没有新内容".to_owned(), change_rate.last_new);
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
