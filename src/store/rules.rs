//! Rules of editors on what is never chosen automatically (不再报道). `rule_preview.rs` tries them on the archive.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, Row, params};

use crate::exclusions::{NamedRule, RuleSet};
use crate::model::{AuditAction, Rule, RuleDraft, RuleEffect, RuleId, RuleKind, RuleState, SourceId};
use crate::store::audit::audit;
use crate::store::{Result, Store, invalid_value, kv};

const COLUMNS: &str = "id, kind, effect, text, source, column_name, publication, reason, author, created, expires, enabled";
/// Most names of an organisation.
const MAX_NAMES: i64 = 200;
/// Its key: a random value that changes with every change of a rule.
const VERSION: &str = "exclusions";

/// The outcome of adding or changing a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleEdit {
    Saved(RuleId),
    /// This rule says the same.
    Known(RuleId),
    /// Another editor changed it meanwhile: what is stored.
    Conflict(Box<Rule>),
    Missing,
}

impl Store {
    /// Returns all rules, the newest first.
    pub fn rules(&self) -> Result<Vec<Rule>> {
        self.read(all)
    }

    pub fn rule(&self, id: RuleId) -> Result<Option<Rule>> {
        self.read(|c| load(c, id))
    }

    /// Returns every source that has articles or is polled, by name: a rule may be on one that was removed.
    pub fn source_names(&self) -> Result<Vec<(SourceId, String)>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT id, name FROM source ORDER BY name, id")?;
            let rows = s.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get(1)?)))?;
            let read = |row: rusqlite::Result<(String, String)>| {
                let (id, name) = row?;
                Ok((SourceId::parse(&id).ok_or("not an id").map_err(invalid_value("source"))?, name))
            };
            rows.map(read).collect()
        })
    }

    /// Returns a value that changes with every change of a rule.
    pub fn rules_version(&self) -> Result<String> {
        self.read(|c| Ok(kv::version(c, VERSION)?.unwrap_or_default()))
    }

    /// Returns the rules of a publication that apply on a day, compiled.
    pub fn rule_set(&self, publication: &str, today: NaiveDate) -> Result<RuleSet> {
        let mut rules = self.rules()?;
        rules.retain(|r| r.state(today) == RuleState::Active && r.draft.publication.as_deref().is_none_or(|p| p == publication));
        self.compile(rules.into_iter().rev().map(|r| (r.id, r.draft)))
    }

    pub(super) fn compile(&self, rules: impl Iterator<Item = (RuleId, RuleDraft)>) -> Result<RuleSet> {
        let named = rules.map(|(id, draft)| {
            let names = if draft.kind == RuleKind::Organisation { self.names_of_organisation(&draft.text)? } else { Vec::new() };
            Ok(NamedRule { id, draft, names })
        });
        Ok(RuleSet::new(named.collect::<Result<Vec<_>>>()?))
    }

    /// Returns all names of the organisation that has this name.
    fn names_of_organisation(&self, name: &str) -> Result<Vec<String>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT n.name FROM organisation o JOIN organisation n ON n.id = coalesce(o.main_id, o.id) OR n.main_id = coalesce(o.main_id, o.id)
                 WHERE o.name = ?1 LIMIT ?2",
            )?;
            let names = s.query_map(params![name, MAX_NAMES], |r| r.get(0))?;
            Ok(names.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Adds a rule, unless one that is switched on says the same.
    pub fn add_rule(&self, draft: &RuleDraft, who: &str, now: DateTime<Utc>) -> Result<RuleEdit> {
        self.write(|t| {
            if let Some(known) = saying_the_same(t, draft, None)? {
                return Ok(RuleEdit::Known(known));
            }
            let sql = "INSERT INTO rule (kind, effect, text, reason, author, created) VALUES ('words', 'exclude', '', '', ?1, ?2)";
            t.execute(sql, params![who, now.timestamp()])?;
            let id = RuleId(t.last_insert_rowid());
            put(t, id, draft)?;
            audit(t, who, AuditAction::AddRule, &subject(id, draft), now)?;
            Ok(RuleEdit::Saved(id))
        })
    }

    /// Changes a rule of which the editor saw a version, unless another one that is switched on says the same.
    pub fn edit_rule(&self, id: RuleId, draft: &RuleDraft, seen: &str, who: &str, now: DateTime<Utc>) -> Result<RuleEdit> {
        self.write(|t| {
            let Some(before) = load(t, id)? else { return Ok(RuleEdit::Missing) };
            if before.draft == *draft {
                return Ok(RuleEdit::Saved(id));
            }
            if before.draft.version() != seen {
                return Ok(RuleEdit::Conflict(Box::new(before)));
            }
            if let Some(known) = saying_the_same(t, draft, Some(id))? {
                return Ok(RuleEdit::Known(known));
            }
            put(t, id, draft)?;
            audit(t, who, AuditAction::EditRule, &subject(id, draft), now)?;
            Ok(RuleEdit::Saved(id))
        })
    }

    /// Switches a rule on or off; returns false if there is no such rule.
    pub fn enable_rule(&self, id: RuleId, enabled: bool, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(rule) = load(t, id)? else { return Ok(false) };
            if rule.is_enabled != enabled {
                t.execute("UPDATE rule SET enabled = ?2 WHERE id = ?1", params![id.0, enabled])?;
                kv::new_version(t, VERSION)?;
                let action = if enabled { AuditAction::EnableRule } else { AuditAction::DisableRule };
                audit(t, who, action, &subject(id, &rule.draft), now)?;
            }
            Ok(true)
        })
    }

    /// Deletes a rule; returns false if there is no such rule.
    pub fn delete_rule(&self, id: RuleId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(rule) = load(t, id)? else { return Ok(false) };
            t.execute("DELETE FROM rule WHERE id = ?1", [id.0])?;
            kv::new_version(t, VERSION)?;
            audit(t, who, AuditAction::DeleteRule, &subject(id, &rule.draft), now)?;
            Ok(true)
        })
    }
}

/// Returns a rule that is switched on and says the same, other than one.
fn saying_the_same(c: &Connection, draft: &RuleDraft, except: Option<RuleId>) -> Result<Option<RuleId>> {
    let says_same = |r: &&Rule| {
        let same = RuleDraft { reason: r.draft.reason.clone(), expires: r.draft.expires, ..draft.clone() };
        Some(r.id) != except && r.is_enabled && r.draft == same && (r.draft.expires.is_none() || r.draft.expires == draft.expires)
    };
    Ok(all(c)?.iter().find(says_same).map(|r| r.id))
}

/// Returns a rule as the audit log names it.
fn subject(id: RuleId, d: &RuleDraft) -> String {
    let parts = [Some(d.text.as_str()).filter(|t| !t.is_empty()), d.source.as_ref().map(SourceId::as_str), d.column.as_deref()];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    format!("{id} {}：{}", d.kind.chinese(), parts.join(" "))
}

fn put(t: &Connection, id: RuleId, draft: &RuleDraft) -> Result<()> {
    t.execute(
        "UPDATE rule SET kind = ?2, effect = ?3, text = ?4, source = ?5, column_name = ?6, publication = ?7, reason = ?8, expires = ?9 WHERE id = ?1",
        params![
            id.0,
            draft.kind.as_str(),
            draft.effect.as_str(),
            draft.text,
            draft.source.as_ref().map(SourceId::as_str),
            draft.column,
            draft.publication,
            draft.reason,
            draft.expires.map(|d| d.to_string()),
        ],
    )?;
    kv::new_version(t, VERSION)
}

fn all(c: &Connection) -> Result<Vec<Rule>> {
    let mut s = c.prepare_cached(&format!("SELECT {COLUMNS} FROM rule ORDER BY id DESC"))?;
    let mut rows = s.query([])?;
    let mut out = Vec::new();
    while let Some(r) = rows.next()? {
        out.push(read(r)?);
    }
    Ok(out)
}

fn load(c: &Connection, id: RuleId) -> Result<Option<Rule>> {
    let mut s = c.prepare_cached(&format!("SELECT {COLUMNS} FROM rule WHERE id = ?1"))?;
    let mut rows = s.query([id.0])?;
    rows.next()?.map(read).transpose()
}

/// Reads [`COLUMNS`].
fn read(r: &Row<'_>) -> Result<Rule> {
    let source: Option<String> = r.get(4)?;
    let source = source.map(|id| SourceId::parse(&id).ok_or("not an id").map_err(invalid_value("rule's source"))).transpose()?;
    let expires: Option<String> = r.get(10)?;
    Ok(Rule {
        id: RuleId(r.get(0)?),
        draft: RuleDraft {
            kind: RuleKind::parse(&r.get::<_, String>(1)?).ok_or("not a kind").map_err(invalid_value("rule's kind"))?,
            effect: RuleEffect::parse(&r.get::<_, String>(2)?).ok_or("not an effect").map_err(invalid_value("rule's effect"))?,
            text: r.get(3)?,
            source,
            column: r.get(5)?,
            publication: r.get(6)?,
            reason: r.get(7)?,
            expires: expires.map(|d| d.parse()).transpose().map_err(invalid_value("rule's date"))?,
        },
        author: r.get(8)?,
        created_at: DateTime::from_timestamp(r.get(9)?, 0).unwrap_or_default(),
        is_enabled: r.get(11)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(kind: RuleKind, text: &str) -> RuleDraft {
        RuleDraft {
            kind,
            effect: RuleEffect::Exclude,
            text: text.to_owned(),
            source: SourceId::parse("daily"),
            column: Some("行业动态".into()),
            publication: Some("许昌快递".into()),
            reason: "太多".into(),
            expires: "2026-12-01".parse().ok(),
        }
    }

    #[test]
    fn a_rule_is_stored_once_switched_off_and_on_and_deleted_with_a_line_in_the_log() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let now: DateTime<Utc> = "2026-11-30T00:00:00Z".parse().unwrap();
        let RuleEdit::Saved(id) = store.add_rule(&draft(RuleKind::Keyword, "彩票"), "甲", now).unwrap() else { panic!("it is new") };
        assert_eq!(store.add_rule(&draft(RuleKind::Keyword, "彩票"), "乙", now).unwrap(), RuleEdit::Known(id), "pressed twice");
        let expected = Rule { id, draft: draft(RuleKind::Keyword, "彩票"), author: "甲".into(), created_at: now, is_enabled: true };
        assert_eq!(store.rules().unwrap(), [expected]);
        let applies = |publication: &str, day: &str| !store.rule_set(publication, day.parse().unwrap()).unwrap().is_empty();
        assert!(applies("许昌快递", "2026-12-01") && !applies("许昌快递", "2026-12-02") && !applies("别的", "2026-12-01"));
        let before = store.rules_version().unwrap();
        assert!(store.enable_rule(id, false, "乙", now).unwrap());
        assert!(!applies("许昌快递", "2026-12-01") && store.rules_version().unwrap() != before);
        assert!(store.enable_rule(id, true, "乙", now).unwrap() && applies("许昌快递", "2026-12-01"));
        let other = RuleDraft { text: "体彩".into(), ..draft(RuleKind::Keyword, "彩票") };
        let seen = draft(RuleKind::Keyword, "彩票").version();
        assert_eq!(store.edit_rule(id, &other, &seen, "乙", now).unwrap(), RuleEdit::Saved(id));
        assert_eq!(store.edit_rule(id, &other, &seen, "乙", now).unwrap(), RuleEdit::Saved(id), "pressed twice");
        let late = store.edit_rule(id, &draft(RuleKind::Keyword, "福彩"), &seen, "甲", now).unwrap();
        assert!(matches!(late, RuleEdit::Conflict(stored) if stored.draft == other), "of an older version");
        assert_eq!(store.edit_rule(id, &draft(RuleKind::Keyword, "彩票"), &other.version(), "乙", now).unwrap(), RuleEdit::Saved(id));
        assert_eq!(store.edit_rule(RuleId(99), &other, "", "乙", now).unwrap(), RuleEdit::Missing);
        assert!(store.delete_rule(id, "乙", now).unwrap() && !store.delete_rule(id, "乙", now).unwrap());
        let log: Vec<String> = store.audit_log(9).unwrap().into_iter().map(|l| format!("{} {}", l.action, l.target)).collect();
        let of = |(action, word): (&str, &str)| format!("{action} {id} 关键词：{word} daily 行业动态");
        let edits = [("edit-rule", "彩票"), ("edit-rule", "体彩")];
        assert_eq!(
            log,
            [("delete-rule", "彩票"), edits[0], edits[1], ("enable-rule", "彩票"), ("disable-rule", "彩票"), ("add-rule", "彩票")].map(of)
        );
    }
}
