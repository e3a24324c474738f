//! 提醒: the rules of editors on what they want to be told. `alert_hits.rs` has what the rules found.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, params};

use crate::model::{AlertCondition, AlertDraft, AlertMode, AlertRule, AlertRuleId, AlertTarget, AuditAction, SourceId, TopicFilter, TopicId};
use crate::store::audit::audit;
use crate::store::{Result, Store, invalid_value, kv};

const COLUMNS: &str = "id, name, kind, topic_id, expression, industries, places, organisations, source, mode, targets, author, created, enabled";
/// Its key: a random value that changes with every change of a rule.
const VERSION: &str = "alerts";

/// The outcome of changing an alert rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertEdit {
    Saved(AlertRuleId),
    /// Another rule has this name.
    NameTaken,
    /// Another editor changed it meanwhile: what is stored.
    Conflict(Box<AlertRule>),
    Missing,
}

impl Store {
    /// Returns all alert rules by name.
    pub fn alert_rules(&self) -> Result<Vec<AlertRule>> {
        self.read(|c| all(c, "ORDER BY enabled DESC, name, id"))
    }

    pub fn alert_rule(&self, id: AlertRuleId) -> Result<Option<AlertRule>> {
        self.read(|c| load(c, id))
    }

    /// Adds an alert rule.
    pub fn add_alert_rule(&self, draft: &AlertDraft, who: &str, now: DateTime<Utc>) -> Result<AlertEdit> {
        self.write(|t| {
            if is_taken(t, &draft.name, AlertRuleId(0))? {
                return Ok(AlertEdit::NameTaken);
            }
            let sql = "INSERT INTO alert_rule (name, kind, mode, targets, author, created) VALUES ('', 'burst', 'at-once', '[]', ?1, ?2)";
            t.execute(sql, params![who, now.timestamp()])?;
            let id = AlertRuleId(t.last_insert_rowid());
            put(t, id, draft)?;
            audit(t, who, AuditAction::AddAlert, &draft.name, now)?;
            Ok(AlertEdit::Saved(id))
        })
    }

    /// Changes an alert rule of which the editor saw a version.
    pub fn edit_alert_rule(&self, id: AlertRuleId, draft: &AlertDraft, seen: &str, who: &str, now: DateTime<Utc>) -> Result<AlertEdit> {
        self.write(|t| {
            let Some(before) = load(t, id)? else { return Ok(AlertEdit::Missing) };
            if before.draft == *draft {
                return Ok(AlertEdit::Saved(id));
            }
            if before.draft.version() != seen {
                return Ok(AlertEdit::Conflict(Box::new(before)));
            }
            if is_taken(t, &draft.name, id)? {
                return Ok(AlertEdit::NameTaken);
            }
            put(t, id, draft)?;
            audit(t, who, AuditAction::EditAlert, &draft.name, now)?;
            Ok(AlertEdit::Saved(id))
        })
    }

    /// Switches an alert rule on or off; returns false if there is no such rule.
    pub fn enable_alert_rule(&self, id: AlertRuleId, enabled: bool, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(rule) = load(t, id)? else { return Ok(false) };
            if rule.is_enabled != enabled {
                t.execute("UPDATE alert_rule SET enabled = ?2 WHERE id = ?1", params![id.0, enabled])?;
                kv::new_version(t, VERSION)?;
                audit(t, who, if enabled { AuditAction::EnableAlert } else { AuditAction::DisableAlert }, &rule.draft.name, now)?;
            }
            Ok(true)
        })
    }

    /// Deletes an alert rule; returns false if there is no such rule.
    pub fn delete_alert_rule(&self, id: AlertRuleId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(rule) = load(t, id)? else { return Ok(false) };
            t.execute("DELETE FROM alert_rule WHERE id = ?1", [id.0])?;
            kv::new_version(t, VERSION)?;
            audit(t, who, AuditAction::DeleteAlert, &rule.draft.name, now)?;
            Ok(true)
        })
    }
}

/// Returns the rules that are switched on, of one kind or of all.
pub(super) fn enabled_rules(c: &Connection) -> Result<Vec<AlertRule>> {
    all(c, "WHERE enabled ORDER BY id")
}

/// Returns the version of the rules.
pub(super) fn version(c: &Connection) -> Result<Option<String>> {
    kv::version(c, VERSION)
}

fn is_taken(c: &Connection, name: &str, except: AlertRuleId) -> Result<bool> {
    Ok(c.prepare_cached("SELECT 1 FROM alert_rule WHERE name = ?1 AND id <> ?2")?.exists(params![name, except.0])?)
}

fn put(t: &Connection, id: AlertRuleId, d: &AlertDraft) -> Result<()> {
    let json = |list: &[String]| serde_json::to_string(list).map_err(invalid_value("alert rule"));
    let none = TopicFilter::default();
    let (filter, topic, source) = match &d.condition {
        AlertCondition::Articles(filter) => (filter, None, None),
        AlertCondition::Topic(topic) => (&none, Some(topic.0), None),
        AlertCondition::Burst => (&none, None, None),
        AlertCondition::SilentSource(source) => (&none, None, source.as_ref().map(SourceId::as_str)),
    };
    let targets: Vec<String> = d.targets.iter().map(AlertTarget::to_word).collect();
    t.execute(
        "UPDATE alert_rule SET name = ?2, kind = ?3, topic_id = ?4, expression = ?5, industries = ?6, places = ?7, organisations = ?8, source = ?9,
         mode = ?10, targets = ?11 WHERE id = ?1",
        params![
            id.0,
            d.name,
            d.condition.kind(),
            topic,
            filter.expression,
            json(&filter.industries)?,
            json(&filter.places)?,
            json(&filter.organisations)?,
            source,
            d.mode.as_str(),
            json(&targets)?,
        ],
    )?;
    kv::new_version(t, VERSION)
}

fn all(c: &Connection, rest: &str) -> Result<Vec<AlertRule>> {
    let mut s = c.prepare_cached(&format!("SELECT {COLUMNS} FROM alert_rule {rest}"))?;
    let mut rows = s.query([])?;
    let mut out = Vec::new();
    while let Some(r) = rows.next()? {
        out.push(read(r)?);
    }
    Ok(out)
}

fn load(c: &Connection, id: AlertRuleId) -> Result<Option<AlertRule>> {
    let mut s = c.prepare_cached(&format!("SELECT {COLUMNS} FROM alert_rule WHERE id = ?1"))?;
    let mut rows = s.query([id.0])?;
    rows.next()?.map(read).transpose()
}

/// Reads [`COLUMNS`].
fn read(r: &Row<'_>) -> Result<AlertRule> {
    let list = |n: usize| -> Result<Vec<String>> { serde_json::from_str(&r.get::<_, String>(n)?).map_err(invalid_value("alert rule")) };
    let (kind, topic, source): (String, Option<i64>, Option<String>) = (r.get(2)?, r.get(3)?, r.get(8)?);
    let condition = match (kind.as_str(), topic) {
        ("topic", Some(topic)) => AlertCondition::Topic(TopicId(topic)),
        ("burst", _) => AlertCondition::Burst,
        ("silent-source", _) => AlertCondition::SilentSource(source.as_deref().and_then(SourceId::parse)),
        _ => {
            let (industries, places, organisations) = (list(5)?, list(6)?, list(7)?);
            AlertCondition::Articles(TopicFilter { expression: r.get(4)?, industries, places, organisations })
        }
    };
    Ok(AlertRule {
        id: AlertRuleId(r.get(0)?),
        draft: AlertDraft {
            name: r.get(1)?,
            condition,
            mode: AlertMode::parse(&r.get::<_, String>(9)?).ok_or("not a mode").map_err(invalid_value("alert rule's mode"))?,
            targets: list(10)?.iter().filter_map(|word| AlertTarget::parse(word)).collect(),
        },
        author: r.get(11)?,
        created_at: DateTime::from_timestamp(r.get(12)?, 0).unwrap_or_default(),
        is_enabled: r.get(13)?,
    })
}
