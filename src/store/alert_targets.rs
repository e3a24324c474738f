//! Whom a hit of an alert rule is told, and what a message says of it.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::alerts::{HitFacts, HitReport, Waiting};
use crate::model::{AlertHitId, AlertTarget, ArticleId, NotificationText, WebUrl};
use crate::store::notification_queue::{Subject, raise};
use crate::store::{Result, Store, invalid_value};

/// Later reports of an event are told this long.
const FOLLOWED: TimeDelta = TimeDelta::days(30);
/// Characters of an article's text in a message.
const TEXT_CHARS: i64 = 400;

impl Store {
    /// Returns every target with something to be told, or with reports that came later.
    pub fn alert_targets(&self, now: DateTime<Utc>) -> Result<Vec<AlertTarget>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT target FROM alert_target WHERE told IS NULL
                 UNION SELECT x.target FROM alert_hit h JOIN alert_target x ON x.hit_id = h.id WHERE h.at > ?1 AND x.told IS NOT NULL
                   AND x.reports < (SELECT count(*) FROM alert_hit_article a WHERE a.hit_id = h.id)",
            )?;
            let rows = s.query_map([(now - FOLLOWED).timestamp()], |r| r.get::<_, String>(0))?;
            let words: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
            Ok(words.iter().filter_map(|w| AlertTarget::parse(w)).collect())
        })
    }

    /// Returns what waits to be told to a target, oldest first: of rules that are still switched on and still name it.
    pub fn alerts_waiting(&self, target: &AlertTarget) -> Result<Vec<Waiting>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT h.id, h.at, x.at_once FROM alert_target x JOIN alert_hit h ON h.id = x.hit_id WHERE x.target = ?1 AND x.told IS NULL
                 AND EXISTS (SELECT 1 FROM alert_hit_rule r JOIN alert_rule a ON a.id = r.rule_id, json_each(a.targets) j
                             WHERE r.hit_id = h.id AND a.enabled AND j.value = x.target) ORDER BY h.id",
            )?;
            let rows = s.query_map([target.to_word()], |r| {
                Ok(Waiting { hit: AlertHitId(r.get(0)?), at: DateTime::from_timestamp(r.get(1)?, 0).unwrap_or_default(), at_once: r.get(2)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns what was told to a target before a moment and has more reports now.
    pub fn alert_follow_ups(&self, target: &AlertTarget, told_before: DateTime<Utc>, now: DateTime<Utc>) -> Result<Vec<AlertHitId>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT h.id FROM alert_hit h JOIN alert_target x ON x.hit_id = h.id WHERE h.at > ?3 AND x.target = ?1 AND x.told < ?2
                 AND x.reports < (SELECT count(*) FROM alert_hit_article a WHERE a.hit_id = h.id) ORDER BY h.id",
            )?;
            let rows = s.query_map(params![target.to_word(), told_before.timestamp(), (now - FOLLOWED).timestamp()], |r| r.get(0).map(AlertHitId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns when alerts were told to a target since a moment, oldest first.
    pub fn alerts_told(&self, target: &AlertTarget, since: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT raised FROM notification WHERE target = ?1 AND raised > ?2 ORDER BY raised")?;
            let rows = s.query_map(params![target.to_word(), since.timestamp()], |r| r.get(0))?;
            let times: Vec<i64> = rows.collect::<rusqlite::Result<_>>()?;
            Ok(times.into_iter().filter_map(|t| DateTime::from_timestamp(t, 0)).collect())
        })
    }

    /// Returns what a message to a target says of a hit.
    pub fn hit_facts(&self, id: AlertHitId, target: &AlertTarget) -> Result<HitFacts> {
        self.read(|c| {
            let (title, detail): (String, String) =
                c.prepare_cached("SELECT title, detail FROM alert_hit WHERE id = ?1")?.query_row([id.0], |r| Ok((r.get(0)?, r.get(1)?)))?;
            let reports: usize = count(c, "SELECT count(*) FROM alert_hit_article WHERE hit_id = ?1", id)?;
            let told: Option<i64> = c
                .prepare_cached("SELECT reports FROM alert_target WHERE hit_id = ?1 AND target = ?2 AND told IS NOT NULL")?
                .query_row(params![id.0, target.to_word()], |r| r.get(0))
                .optional()?;
            let mut s = c.prepare_cached(
                "SELECT a.name, r.evidence FROM alert_hit_rule r JOIN alert_rule a ON a.id = r.rule_id WHERE r.hit_id = ?1 AND a.enabled
                 AND EXISTS (SELECT 1 FROM json_each(a.targets) j WHERE j.value = ?2) ORDER BY a.id",
            )?;
            let rules = s.query_map(params![id.0, target.to_word()], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            Ok(HitFacts {
                title,
                detail,
                report: first_report(c, id)?,
                more_reports: reports.saturating_sub(1),
                new_reports: told.map_or(0, |t| reports.saturating_sub(usize::try_from(t).unwrap_or(0))),
                rules,
            })
        })
    }

    /// Raises the messages to a target that tell some hits, unless another process raised them meanwhile.
    pub fn raise_alert(&self, target: &AlertTarget, hits: &[AlertHitId], texts: &[NotificationText], now: DateTime<Utc>) -> Result<bool> {
        let ids: Vec<i64> = hits.iter().map(|h| h.0).collect();
        let list = serde_json::to_string(&ids).map_err(invalid_value("hits"))?;
        self.write(|t| {
            let key = format!("{}:{}:{}", target.to_word(), now.timestamp(), ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
            let mut notification = None;
            for (part, text) in texts.iter().enumerate() {
                notification = raise(t, Subject::Alert { key: &format!("{key}:{part}"), text, target }, now, now)?;
            }
            let Some(notification) = notification else { return Ok(false) };
            let sql = "UPDATE alert_target SET told = ?3, notification_id = ?4, reports = (SELECT count(*) FROM alert_hit_article a WHERE a.hit_id = alert_target.hit_id)
                       WHERE target = ?1 AND hit_id IN (SELECT value FROM json_each(?2))";
            t.prepare_cached(sql)?.execute(params![target.to_word(), list, now.timestamp(), notification.0])?;
            Ok(true)
        })
    }
}

fn count(c: &Connection, sql: &str, id: AlertHitId) -> Result<usize> {
    Ok(c.prepare_cached(sql)?.query_row([id.0], |r| r.get::<_, i64>(0)).map(|n| usize::try_from(n).unwrap_or(0))?)
}

fn first_report(c: &Connection, id: AlertHitId) -> Result<Option<HitReport>> {
    let sql = format!(
        "SELECT a.id, a.title, coalesce(nullif(a.publisher, ''), s.name), a.url, a.effective, substr(a.text, 1, {TEXT_CHARS})
         FROM alert_hit_article h JOIN article a ON a.id = h.article_id JOIN source s ON s.id = a.source_id WHERE h.hit_id = ?1 ORDER BY a.id LIMIT 1"
    );
    let mut s = c.prepare_cached(&sql)?;
    let mut rows = s.query([id.0])?;
    let read = |r: &rusqlite::Row<'_>| -> Result<HitReport> {
        Ok(HitReport {
            article: ArticleId(r.get(0)?),
            title: r.get(1)?,
            publisher: r.get(2)?,
            url: WebUrl::parse(&r.get::<_, String>(3)?).map_err(invalid_value("article address"))?,
            at: DateTime::from_timestamp(r.get(4)?, 0).unwrap_or_default(),
            text: r.get(5)?,
        })
    };
    rows.next()?.map(read).transpose()
}
