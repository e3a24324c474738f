//! What alert rules found, each event once; `alert_targets.rs` has whom it is told.

#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{AlertCondition, AlertHitId, AlertMode, AlertRule, AlertRuleId, AlertTarget, ArticleId, Classification, SourceId, TopicId};
use crate::store::alert_rules::{enabled_rules, version};
use crate::store::topic_articles::with_other_names;
use crate::store::{Result, Store};
use crate::topics::{Matcher, TopicMatch};

/// An article published longer before it came is no news: a new source brings its archive.
const NEWS: TimeDelta = TimeDelta::hours(72);
/// Characters of an evidence.
const MAX_EVIDENCE: usize = 60;

/// The compiled rules with their version.
pub(super) type CachedAlerts = Option<(Option<String>, Arc<CompiledAlerts>)>;

/// All enabled rules, compiled.
pub(super) struct CompiledAlerts {
    rules: Vec<AlertRule>,
    matcher: Matcher<AlertRuleId>,
}

impl CompiledAlerts {
    fn new(rules: Vec<AlertRule>) -> Self {
        let filters = rules.iter().filter_map(|r| match &r.draft.condition {
            AlertCondition::Articles(filter) => Some((r.id, filter.clone())),
            _ => None,
        });
        // without it, articles would stop coming: what is wrong is logged instead
        let matcher = Matcher::new(filters).unwrap_or_else(|e| {
            tracing::error!("the alert rules cannot be compiled: {e}");
            Matcher::default()
        });
        Self { rules, matcher }
    }
}

/// A new article, as alert rules see it.
pub(super) struct NewsArticle<'a> {
    pub(super) id: ArticleId,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) labels: &'a Classification,
    pub(super) topics: &'a [TopicMatch],
}

/// Something that is no article: a burst, or a silent source.
#[derive(Debug, Clone)]
pub struct AlertSignal {
    /// The same subject is told once.
    pub subject: String,
    pub title: String,
    pub detail: String,
    /// The silent source; `None`: a burst.
    pub source: Option<SourceId>,
}

/// A hit in a list.
#[derive(Debug, Clone)]
pub struct AlertLine {
    pub id: AlertHitId,
    pub title: String,
    pub detail: String,
    pub at: DateTime<Utc>,
    /// Its first report.
    pub article: Option<ArticleId>,
    pub reports: usize,
    /// Names of its rules.
    pub rules: Vec<String>,
    /// Who was told, and who will be.
    pub told: Vec<AlertTarget>,
    pub waiting: Vec<AlertTarget>,
}

/// What a rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertTally {
    pub rule: AlertRuleId,
    /// In the last thirty days.
    pub hits: usize,
    pub last: Option<DateTime<Utc>>,
}

impl Store {
    /// Records which alert rules a new article matches, in the transaction that stores it.
    pub(super) fn match_alerts(&self, t: &Connection, new: &NewsArticle<'_>, now: DateTime<Utc>) -> Result<()> {
        let alerts = self.compiled_alerts(t)?;
        if alerts.rules.is_empty() {
            return Ok(());
        }
        let sql = "SELECT effective, event_id, coalesce(story_id, id) FROM article WHERE id = ?1";
        let (effective, event, story): (i64, Option<i64>, i64) =
            t.prepare_cached(sql)?.query_row([new.id.0], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
        if now.timestamp() - effective > NEWS.num_seconds() {
            return Ok(());
        }
        let labels = with_other_names(t, &alerts.matcher, std::borrow::Cow::Borrowed(new.labels))?;
        let matched = alerts.matcher.find(new.title, new.text, &labels);
        let why = |m: &TopicMatch<AlertRuleId>| (m.topic, evidence(&m.evidence));
        let mut found: Vec<(AlertRuleId, String)> = matched.iter().map(why).collect();
        for rule in &alerts.rules {
            let AlertCondition::Topic(topic) = rule.draft.condition else { continue };
            found.extend(new.topics.iter().find(|m| m.topic == topic).map(|m| (rule.id, evidence(&m.evidence))));
        }
        let found: Vec<(&AlertRule, String)> =
            found.into_iter().filter_map(|(id, why)| Some((alerts.rules.iter().find(|r| r.id == id)?, why))).collect();
        if found.is_empty() {
            return Ok(());
        }
        let known = "SELECT h.hit_id FROM article a JOIN alert_hit_article h ON h.article_id = a.id WHERE a.event_id = ?1 ORDER BY h.hit_id LIMIT 1";
        let known: Option<i64> = t.prepare_cached(known)?.query_row([event], |r| r.get(0)).optional()?;
        let hit = match known {
            Some(id) => id,
            None => put_hit(t, &event.map_or_else(|| format!("story:{story}"), |e| format!("event:{e}")), new.title, "", now)?,
        };
        let sql = "INSERT INTO alert_hit_article (hit_id, story_id, article_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        t.prepare_cached(sql)?.execute([hit, story, new.id.0])?;
        put_rules(t, hit, &found)
    }

    fn compiled_alerts(&self, t: &Connection) -> Result<Arc<CompiledAlerts>> {
        let current = version(t)?;
        let mut cached = self.0.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, alerts)) = &*cached
            && *known == current
        {
            return Ok(Arc::clone(alerts));
        }
        let alerts = Arc::new(CompiledAlerts::new(enabled_rules(t)?));
        *cached = Some((current, Arc::clone(&alerts)));
        Ok(alerts)
    }

    /// Records bursts and silent sources that a rule waits for; each subject once.
    pub fn record_signals(&self, signals: &[AlertSignal], now: DateTime<Utc>) -> Result<()> {
        if signals.is_empty() {
            return Ok(());
        }
        self.write(|t| {
            let alerts = self.compiled_alerts(t)?;
            for signal in signals {
                let waits = |rule: &&AlertRule| match (&rule.draft.condition, &signal.source) {
                    (AlertCondition::Burst, None) => true,
                    (AlertCondition::SilentSource(wanted), Some(source)) => wanted.as_ref().is_none_or(|w| w == source),
                    _ => false,
                };
                let found: Vec<(&AlertRule, String)> = alerts.rules.iter().filter(waits).map(|rule| (rule, String::new())).collect();
                if !found.is_empty() {
                    let hit = put_hit(t, &signal.subject, &signal.title, &signal.detail, now)?;
                    put_rules(t, hit, &found)?;
                }
            }
            Ok(())
        })
    }

    /// Whether a rule that is switched on waits for bursts, and whether one waits for silent sources.
    pub fn awaited_signals(&self) -> Result<(bool, bool)> {
        let rules = self.read(enabled_rules)?;
        let has = |wanted: fn(&AlertCondition) -> bool| rules.iter().any(|r| wanted(&r.draft.condition));
        Ok((has(|c| matches!(c, AlertCondition::Burst)), has(|c| matches!(c, AlertCondition::SilentSource(_)))))
    }

    /// Returns the newest hits, of one rule or of all.
    pub fn alert_hits(&self, rule: Option<AlertRuleId>, most: usize) -> Result<Vec<AlertLine>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT h.id, h.title, h.detail, h.at, (SELECT min(a.article_id) FROM alert_hit_article a WHERE a.hit_id = h.id),
                   (SELECT count(*) FROM alert_hit_article a WHERE a.hit_id = h.id)
                 FROM alert_hit h WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM alert_hit_rule r WHERE r.hit_id = h.id AND r.rule_id = ?1)
                 ORDER BY h.id DESC LIMIT ?2",
            )?;
            let rows = s.query_map(params![rule.map(|r| r.0), i64::try_from(most).unwrap_or(i64::MAX)], |r| {
                Ok(AlertLine {
                    id: AlertHitId(r.get(0)?),
                    title: r.get(1)?,
                    detail: r.get(2)?,
                    at: DateTime::from_timestamp(r.get(3)?, 0).unwrap_or_default(),
                    article: r.get::<_, Option<i64>>(4)?.map(ArticleId),
                    reports: usize::try_from(r.get::<_, i64>(5)?).unwrap_or(0),
                    rules: Vec::new(),
                    told: Vec::new(),
                    waiting: Vec::new(),
                })
            })?;
            let mut lines: Vec<AlertLine> = rows.collect::<rusqlite::Result<_>>()?;
            lines.iter_mut().try_for_each(|line| fill(c, line))?;
            Ok(lines)
        })
    }

    /// Returns what each rule found lately.
    pub fn alert_tallies(&self, now: DateTime<Utc>) -> Result<Vec<AlertTally>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT r.rule_id, count(*) FILTER (WHERE h.at > ?1), max(h.at) FROM alert_hit_rule r JOIN alert_hit h ON h.id = r.hit_id GROUP BY r.rule_id",
            )?;
            let rows = s.query_map([(now - TimeDelta::days(30)).timestamp()], |r| {
                let (rule, hits, last): (i64, i64, Option<i64>) = (r.get(0)?, r.get(1)?, r.get(2)?);
                let last = last.and_then(|t| DateTime::from_timestamp(t, 0));
                Ok(AlertTally { rule: AlertRuleId(rule), hits: usize::try_from(hits).unwrap_or(0), last })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns the alert rules on a topic.
    pub fn alert_rules_of_topic(&self, topic: TopicId) -> Result<Vec<(AlertRuleId, String)>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT id, name FROM alert_rule WHERE topic_id = ?1 AND enabled ORDER BY id")?;
            let rows = s.query_map([topic.0], |r| Ok((AlertRuleId(r.get(0)?), r.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn fill(c: &Connection, line: &mut AlertLine) -> Result<()> {
    let mut s = c.prepare_cached("SELECT a.name FROM alert_hit_rule r JOIN alert_rule a ON a.id = r.rule_id WHERE r.hit_id = ?1 ORDER BY a.id")?;
    line.rules = s.query_map([line.id.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut s = c.prepare_cached("SELECT target, told IS NOT NULL FROM alert_target WHERE hit_id = ?1 ORDER BY target")?;
    let targets: Vec<(String, bool)> = s.query_map([line.id.0], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    for (word, is_told) in targets {
        if let Some(target) = AlertTarget::parse(&word) {
            if is_told { line.told.push(target) } else { line.waiting.push(target) }
        }
    }
    Ok(())
}

/// Makes a hit; returns its id, or that of the hit with this subject.
fn put_hit(t: &Connection, subject: &str, title: &str, detail: &str, now: DateTime<Utc>) -> Result<i64> {
    let sql = "INSERT INTO alert_hit (subject, title, detail, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (subject) DO NOTHING";
    t.prepare_cached(sql)?.execute(params![subject, title, detail, now.timestamp()])?;
    Ok(t.prepare_cached("SELECT id FROM alert_hit WHERE subject = ?1")?.query_row([subject], |r| r.get(0))?)
}

/// Adds the rules of a hit and their targets. Who was told already is not told again.
fn put_rules(t: &Connection, hit: i64, found: &[(&AlertRule, String)]) -> Result<()> {
    for (rule, why) in found {
        let sql = "INSERT INTO alert_hit_rule (hit_id, rule_id, evidence) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        t.prepare_cached(sql)?.execute(params![hit, rule.id.0, why])?;
        for target in &rule.draft.targets {
            let sql = "INSERT INTO alert_target (hit_id, target, at_once) VALUES (?1, ?2, ?3)
                       ON CONFLICT (hit_id, target) DO UPDATE SET at_once = max(at_once, excluded.at_once) WHERE told IS NULL";
            t.prepare_cached(sql)?.execute(params![hit, target.to_word(), rule.draft.mode == AlertMode::AtOnce])?;
        }
    }
    Ok(())
}

/// Returns the first reason, short.
fn evidence(all: &[crate::model::TopicEvidence]) -> String {
    let words = all.first().map(crate::model::TopicEvidence::words).unwrap_or_default();
    if words.chars().count() <= MAX_EVIDENCE { words } else { words.chars().take(MAX_EVIDENCE).chain(['…']).collect() }
}
