//! Console accounts, sessions, and the audit log.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::model::{AuditAction, PublicationScope, SigningStep};
use crate::store::audit::audit;
use crate::store::publication_scopes::{ACCOUNT_SCOPE, MAY_WORK_ON, read_scope};
use crate::store::{Result, Store};
use crate::text::normalize::fold_width_and_case;

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Issues and the archive.
    Editor,
    /// Everything: also sources, mail, accounts.
    Admin,
}

impl Role {
    /// Reads `editor` or `admin`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "editor" => Some(Self::Editor),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Account {
    pub id: i64,
    pub name: String,
    pub role: Role,
    /// PHC string.
    pub password: String,
    pub disabled: bool,
    /// Signing steps it may take.
    pub duties: Vec<SigningStep>,
    /// The publications it is limited to while it is no admin.
    pub limit: PublicationScope,
}

#[derive(Debug, Clone)]
pub struct Session {
    pub name: String,
    pub role: Role,
    /// The publications that it may see and change.
    pub scope: PublicationScope,
    /// The publication whose pages it chose to see.
    pub shown_publication: Option<String>,
    /// Its forms must carry this token.
    pub csrf: String,
    /// Unless it is renewed.
    pub expires: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct AuditLine {
    pub at: DateTime<Utc>,
    pub actor: String,
    /// Code of the action; of earlier versions, its words.
    pub action: String,
    pub target: String,
}

fn account(r: &rusqlite::Row<'_>) -> rusqlite::Result<Account> {
    let role = Role::parse(&r.get::<_, String>(2)?).unwrap_or(Role::Editor);
    let (duties, limit) = (read_duties(&r.get::<_, String>(5)?), read_scope(&r.get::<_, String>(6)?));
    Ok(Account { id: r.get(0)?, name: r.get(1)?, role, password: r.get(3)?, disabled: r.get(4)?, duties, limit })
}

/// Parses duties separated by commas; returns them in the order of the steps.
fn read_duties(words: &str) -> Vec<SigningStep> {
    let mut duties: Vec<SigningStep> = words.split(',').filter_map(SigningStep::parse).collect();
    duties.sort_unstable();
    duties
}

/// Duties of an account, separated by commas.
const DUTIES: &str = "(SELECT coalesce(group_concat(step), '') FROM account_duty WHERE account_id = a.id)";

/// Returns the duties of an account that may sign in, for issues of a publication; none if there is no such account, or if it is limited
/// to other publications.
pub(super) fn duties_of(c: &rusqlite::Connection, name: &str, publication: &str) -> Result<Vec<SigningStep>> {
    let sql = format!("SELECT {DUTIES} FROM account a WHERE name = ?1 AND NOT disabled AND {MAY_WORK_ON}");
    let words: Option<String> = c.prepare_cached(&sql)?.query_row([name, publication], |r| r.get(0)).optional()?;
    Ok(read_duties(&words.unwrap_or_default()))
}

/// Ends the sessions of an account, except the one with the token `keep`.
fn end_sessions(t: &rusqlite::Connection, name: &str, keep: Option<&[u8]>) -> Result<()> {
    let sql = "DELETE FROM session WHERE account_id = (SELECT id FROM account WHERE name = ?1) AND token IS NOT ?2";
    t.execute(sql, params![name, keep])?;
    Ok(())
}

fn select_accounts(which: &str) -> String {
    format!("SELECT id, name, role, password, disabled, {DUTIES}, {ACCOUNT_SCOPE} FROM account a {which}")
}

/// Longest account name.
const MAX_NAME_CHARS: usize = 40;
/// Names in the log that are not people.
const RESERVED_NAMES: [&str; 4] = ["命令行", "系统", "程序", "root"];

/// Whether a text can be an account name: letters, digits and a few signs inside, as displayed, so that nobody can imitate
/// another.
pub fn is_account_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() && fold_width_and_case(c) == c.to_ascii_lowercase();
    (1..=MAX_NAME_CHARS).contains(&name.chars().count())
        && name.starts_with(plain)
        && name.chars().all(|c| plain(c) || "-_.·@ ".contains(c))
        && !name.ends_with(' ')
        && !RESERVED_NAMES.contains(&name)
}

/// The outcome of a change to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    Done,
    /// There is no such account.
    Unknown,
    /// No admin would be left.
    LastAdmin,
    /// Admins work on every publication.
    NoLimitForAdmins,
}

impl Store {
    /// Adds an account; returns false if one with the same letters, in any case, exists.
    pub fn add_account(&self, name: &str, role: Role, password: &str, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let sql = "INSERT INTO account (name, role, password, created) SELECT ?1, ?2, ?3, ?4
                       WHERE NOT EXISTS (SELECT 1 FROM account WHERE lower(name) = lower(?1))";
            let new = t.execute(sql, params![name, role.as_str(), password, now.timestamp()])? > 0;
            if new {
                audit(t, who, AuditAction::AddAccount, name, now)?;
            }
            Ok(new)
        })
    }

    /// Sets a new password and ends the sessions, except the one with the token `keep`. Returns false if there is no such
    /// account.
    pub fn set_password(&self, name: &str, password: &str, keep: Option<&[u8]>, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let n = t.execute("UPDATE account SET password = ?2 WHERE name = ?1", params![name, password])?;
            end_sessions(t, name, keep)?;
            audit(t, who, if keep.is_some() { AuditAction::ChangePassword } else { AuditAction::ResetPassword }, name, now)?;
            Ok(n > 0)
        })
    }

    /// Changes an account's role.
    pub fn set_role(&self, name: &str, role: Role, who: &str, now: DateTime<Utc>) -> Result<AccountChange> {
        let update = "UPDATE account SET role = ?2 WHERE name = ?1";
        let subject = format!("{name} → {}", role.as_str());
        self.change_account(name, role == Role::Admin, who, (AuditAction::SetRole, &subject), now, |t| {
            Ok(t.execute(update, params![name, role.as_str()])?)
        })
    }

    /// Replaces an account's duties.
    pub fn set_duties(&self, name: &str, duties: &[SigningStep], who: &str, now: DateTime<Utc>) -> Result<AccountChange> {
        self.write(|t| {
            let id: Option<i64> = t.query_row("SELECT id FROM account WHERE name = ?1", [name], |r| r.get(0)).optional()?;
            let Some(id) = id else { return Ok(AccountChange::Unknown) };
            t.execute("DELETE FROM account_duty WHERE account_id = ?1", [id])?;
            for step in duties {
                t.prepare_cached("INSERT OR IGNORE INTO account_duty (account_id, step) VALUES (?1, ?2)")?.execute(params![id, step.as_str()])?;
            }
            let words: Vec<&str> = duties.iter().map(|d| d.as_str()).collect();
            audit(t, who, AuditAction::SetDuties, &format!("{name} → {}", words.join(", ")), now)?;
            Ok(AccountChange::Done)
        })
    }

    /// Enables or disables an account and ends its sessions.
    pub fn disable_account(&self, name: &str, disabled: bool, who: &str, now: DateTime<Utc>) -> Result<AccountChange> {
        let action = if disabled { AuditAction::DisableAccount } else { AuditAction::EnableAccount };
        self.change_account(name, !disabled, who, (action, name), now, |t| {
            end_sessions(t, name, None)?;
            Ok(t.execute("UPDATE account SET disabled = ?2 WHERE name = ?1", params![name, disabled])?)
        })
    }

    /// Removes an account and its sessions; the audit log keeps what it did.
    pub fn remove_account(&self, name: &str, who: &str, now: DateTime<Utc>) -> Result<AccountChange> {
        self.change_account(name, false, who, (AuditAction::RemoveAccount, name), now, |t| {
            end_sessions(t, name, None)?;
            Ok(t.execute("DELETE FROM account WHERE name = ?1", [name])?)
        })
    }

    /// Makes a change unless it removes the last admin. `keeps_admin`: an admin stays an admin who may sign in.
    fn change_account(
        &self,
        name: &str,
        keeps_admin: bool,
        who: &str,
        (action, subject): (AuditAction, &str),
        now: DateTime<Utc>,
        change: impl FnOnce(&rusqlite::Connection) -> Result<usize>,
    ) -> Result<AccountChange> {
        self.write(|t| {
            let sql = "SELECT role = 'admin' AND NOT disabled, EXISTS (SELECT 1 FROM account WHERE role = 'admin' AND NOT disabled AND name <> ?1)
                       FROM account WHERE name = ?1";
            let found: Option<(bool, bool)> = t.query_row(sql, [name], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            match found {
                None => return Ok(AccountChange::Unknown),
                Some((true, false)) if !keeps_admin => return Ok(AccountChange::LastAdmin),
                Some(_) => {}
            }
            change(t)?;
            audit(t, who, action, subject, now)?;
            Ok(AccountChange::Done)
        })
    }

    /// Returns the last sign-in of each account that the log still has.
    pub fn last_logins(&self) -> Result<HashMap<String, DateTime<Utc>>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT who, max(at) FROM audit WHERE what IN ('sign-in', '登录') GROUP BY who")?;
            let rows = s.query_map([], |r| Ok((r.get(0)?, DateTime::from_timestamp(r.get(1)?, 0).unwrap_or_default())))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    pub fn account(&self, name: &str) -> Result<Option<Account>> {
        self.read(|c| Ok(c.prepare_cached(&select_accounts("WHERE name = ?1"))?.query_row([name], account).optional()?))
    }

    pub fn accounts(&self) -> Result<Vec<Account>> {
        self.read(|c| Ok(c.prepare(&select_accounts("ORDER BY name"))?.query_map([], account)?.collect::<rusqlite::Result<_>>()?))
    }

    /// Opens a session; `token` is the hash of the browser's token.
    pub fn open_session(&self, token: &[u8], account: &Account, csrf: &str, now: DateTime<Utc>, lasts: TimeDelta) -> Result<()> {
        self.write(|t| {
            t.execute("DELETE FROM session WHERE expires <= ?1", [now.timestamp()])?;
            t.execute(
                "INSERT INTO session (token, account_id, csrf, expires) VALUES (?1, ?2, ?3, ?4)",
                params![token, account.id, csrf, (now + lasts).timestamp()],
            )?;
            audit(t, &account.name, AuditAction::SignIn, "", now)
        })
    }

    /// Returns the session of a token, if it is still open.
    pub fn session(&self, token: &[u8], now: DateTime<Utc>) -> Result<Option<Session>> {
        self.read(|c| {
            let sql = format!(
                "SELECT a.name, a.role, s.csrf, s.expires, {ACCOUNT_SCOPE}, a.shown_publication FROM session s JOIN account a ON a.id = s.account_id
                 WHERE s.token = ?1 AND s.expires > ?2 AND NOT a.disabled"
            );
            let found = c.prepare_cached(&sql)?.query_row(params![token, now.timestamp()], |r| {
                let role = Role::parse(&r.get::<_, String>(1)?).unwrap_or(Role::Editor);
                let expires = DateTime::from_timestamp(r.get(3)?, 0).unwrap_or_default();
                // who may change every setting is kept from no publication
                let scope = if role == Role::Admin { PublicationScope::All } else { read_scope(&r.get::<_, String>(4)?) };
                Ok(Session { name: r.get(0)?, role, scope, shown_publication: r.get(5)?, csrf: r.get(2)?, expires })
            });
            Ok(found.optional()?)
        })
    }

    /// Extends an open session.
    pub fn renew_session(&self, token: &[u8], expires: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.execute("UPDATE session SET expires = ?2 WHERE token = ?1 AND expires > ?3", params![token, expires.timestamp(), now.timestamp()])?;
            Ok(())
        })
    }

    pub fn close_session(&self, token: &[u8]) -> Result<()> {
        self.write(|t| Ok(t.execute("DELETE FROM session WHERE token = ?1", [token]).map(|_| ())?))
    }

    /// Writes into the log.
    pub fn audit(&self, who: &str, action: AuditAction, subject: &str, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| audit(t, who, action, subject, now))
    }

    /// Returns the audit log, newest first.
    pub fn audit_log(&self, most: usize) -> Result<Vec<AuditLine>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT at, who, what, subject FROM audit ORDER BY id DESC LIMIT ?1")?;
            let rows = s.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |r| {
                Ok(AuditLine {
                    at: DateTime::from_timestamp(r.get(0)?, 0).unwrap_or_default(),
                    actor: r.get(1)?,
                    action: r.get(2)?,
                    target: r.get(3)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_as_it_looks() {
        for good in ["张三", "ed1", "wang.wu@x", "阿卜杜拉·买买提", "李 四", "é"] {
            assert!(is_account_name(good), "{good}");
        }
        for bad in ["", "-x", "ｅｄ１", "ed1\u{200b}", "\u{202e}abc", "x\u{2028}y", "e\u{301}", "a\nb", "命令行", "甲 ", "<b>"] {
            assert!(!is_account_name(bad), "{bad:?}");
        }
        assert!(!is_account_name(&"长".repeat(41)));
    }
}
