//! Limits an account to publications, and keeps the one whose pages it chose to see.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::model::{AuditAction, PublicationScope};
use crate::store::audit::audit;
use crate::store::publication_scopes::with_limit;
use crate::store::{AccountChange, Result, Role, Store};

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
}
