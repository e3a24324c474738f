//! The publications that accounts and tokens are limited to, as SQL reads them.

use rusqlite::OptionalExtension as _;

use crate::model::{PublicationScope, RuleId, SubscriberId};
use crate::store::{Result, Store};

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
    names.collect::<serde_json::Value>().to_string()
}

/// Returns a name with its limit, for the log: 甲 → 快报, 专报.
pub(super) fn with_limit(name: &str, scope: &PublicationScope) -> String {
    let names: Vec<&str> = scope.names().collect();
    if names.is_empty() { name.to_owned() } else { format!("{name} → {}", names.join(", ")) }
}

impl Store {
    /// Returns the publication of a rule; the inner `None`: all.
    pub fn publication_of_rule(&self, id: RuleId) -> Result<Option<Option<String>>> {
        self.read(|c| Ok(c.prepare_cached("SELECT publication FROM rule WHERE id = ?1")?.query_row([id.0], |r| r.get(0)).optional()?))
    }

    /// Returns the publication of a subscriber.
    pub fn publication_of_subscriber(&self, id: SubscriberId) -> Result<Option<String>> {
        self.read(|c| Ok(c.prepare_cached("SELECT publication FROM subscriber WHERE id = ?1")?.query_row([id.0], |r| r.get(0)).optional()?))
    }
}
