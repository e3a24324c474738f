//! The publications that accounts and tokens are limited to, and the one whose pages an account chose to see.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::model::{AuditAction, PublicationScope, RuleId, SubscriberId};
use crate::store::audit::audit;
use crate::store::{AccountChange, Result, Role, Store};

/// Names that account `a` is limited to, as a JSON list.
pub(super) const ACCOUNT_SCOPE: &str =
    "(SELECT coalesce(json_group_array(p.publication), '[]') FROM account_publication p WHERE p.account_id = a.id)";
/// Names that token `k` is limited to, as a JSON list.
pub(super) const TOKEN_SCOPE: &str = "(SELECT coalesce(json_group_array(p.publication), '[]') FROM token_publication p WHERE p.token = k.name)";
/// Whether account `a` may work on publication ?2.
pub(super) const MAY_WORK_ON: &str = "(a.role = 'admin' OR NOT EXISTS (SELECT 1 FROM account_publication p WHERE p.account_id = a.id)
    OR EXISTS (SELECT 1 FROM account_publication p WHERE p.account_id = a.id AND p.publication = ?2))";

/// Reads a JSON list of names.
pub(super) fn read_scope(names: &str) -> PublicationScope {
    PublicationScope::of_names(serde_json::from_str::<Vec<String>>(names).unwrap_or_default())
}

/// Returns names as a JSON list.
pub(super) fn json_list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(names).to_string()
}

/// Returns a name with its limit, for the log: 甲 → 许昌快递, 许昌专报.
pub(super) fn with_limit(name: &str, scope: &PublicationScope) -> String {
    let names: Vec<&str> = scope.names().collect();
    if names.is_empty() { name.to_owned() } else { format!("{name} → {}", names.join(", ")) }
}

impl Store {
    /// Limits an account to some publications, or to none. It counts from the next request of its sessions on.
    pub fn limit_account(&self, name: &str, scope: &PublicationScope, who: &str, now: DateTime<Utc>) -> Result<AccountChange> {
        self.write(|t| {
            let sql = "SELECT id, role FROM account WHERE name = ?1";
            let found: Option<(i64, String)> = t.query_row(sql, [name], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            let Some((id, role)) = found else { return Ok(AccountChange::Unknown) };
            if scope.is_limited() && Role::parse(&role) == Some(Role::Admin) {
                return Ok(AccountChange::NoLimitForAdmins);
            }
            t.execute("DELETE FROM account_publication WHERE account_id = ?1", [id])?;
            for publication in scope.names() {
                t.prepare_cached("INSERT INTO account_publication (account_id, publication) VALUES (?1, ?2)")?.execute(params![id, publication])?;
            }
            audit(t, who, AuditAction::LimitPublications, &with_limit(name, scope), now)?;
            Ok(AccountChange::Done)
        })
    }

    /// Keeps which publication's pages an account sees.
    pub fn show_publication(&self, name: &str, publication: &str) -> Result<()> {
        self.write(|t| Ok(t.execute("UPDATE account SET shown_publication = ?2 WHERE name = ?1", [name, publication]).map(|_| ())?))
    }

    /// Returns the publication of a rule; the inner `None`: all.
    pub fn publication_of_rule(&self, id: RuleId) -> Result<Option<Option<String>>> {
        self.read(|c| Ok(c.prepare_cached("SELECT publication FROM rule WHERE id = ?1")?.query_row([id.0], |r| r.get(0)).optional()?))
    }

    /// Returns the publication of a subscriber.
    pub fn publication_of_subscriber(&self, id: SubscriberId) -> Result<Option<String>> {
        self.read(|c| Ok(c.prepare_cached("SELECT publication FROM subscriber WHERE id = ?1")?.query_row([id.0], |r| r.get(0)).optional()?))
    }
}
