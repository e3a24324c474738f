//! Who may use the console: accounts, sessions, and the log of what they did.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::store::audit::audit;
use crate::store::{Result, Store};

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Work on issues, search the archive.
    Editor,
    /// All of it: sources, letters, accounts.
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

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// As shown.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Editor => "编辑",
            Self::Admin => "管理员",
        }
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Row.
    pub id: i64,
    /// Name, as it signs in.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Hash of the password, PHC string.
    pub password: String,
    /// Whether it may sign in.
    pub disabled: bool,
}

/// Somebody signed in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// What each of its forms must bring along.
    pub csrf: String,
}

/// A line of the log.
#[derive(Debug, Clone)]
pub struct AuditLine {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub target: String,
}

fn account(r: &rusqlite::Row<'_>) -> rusqlite::Result<Account> {
    let role = Role::parse(&r.get::<_, String>(2)?).unwrap_or(Role::Editor);
    Ok(Account { id: r.get(0)?, name: r.get(1)?, role, password: r.get(3)?, disabled: r.get(4)? })
}

const ACCOUNT: &str = "SELECT id, name, role, password, disabled FROM account";

impl Store {
    /// Makes an account, or gives one a new password and role; its sessions end.
    pub fn put_account(&self, name: &str, role: Role, password: &str, who: &str, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.execute(
                "INSERT INTO account (name, role, password, created) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET role = ?2, password = ?3, disabled = 0",
                params![name, role.as_str(), password, now.timestamp()],
            )?;
            t.execute("DELETE FROM session WHERE account_id = (SELECT id FROM account WHERE name = ?1)", [name])?;
            audit(t, who, "设置账号", name, now)
        })
    }

    /// Lets an account in or keeps it out; gives whether it exists.
    pub fn disable_account(&self, name: &str, disabled: bool, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let n = t.execute("UPDATE account SET disabled = ?2 WHERE name = ?1", params![name, disabled])?;
            t.execute("DELETE FROM session WHERE account_id = (SELECT id FROM account WHERE name = ?1)", [name])?;
            audit(t, who, if disabled { "停用账号" } else { "启用账号" }, name, now)?;
            Ok(n > 0)
        })
    }

    /// An account by its name.
    pub fn account(&self, name: &str) -> Result<Option<Account>> {
        self.read(|c| Ok(c.prepare_cached(&format!("{ACCOUNT} WHERE name = ?1"))?.query_row([name], account).optional()?))
    }

    /// All accounts.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        self.read(|c| Ok(c.prepare(&format!("{ACCOUNT} ORDER BY name"))?.query_map([], account)?.collect::<rusqlite::Result<_>>()?))
    }

    /// Opens a session; `token` is the hash of what the browser holds.
    pub fn open_session(&self, token: &[u8], account: &Account, csrf: &str, now: DateTime<Utc>, lasts: TimeDelta) -> Result<()> {
        self.write(|t| {
            t.execute("DELETE FROM session WHERE expires <= ?1", [now.timestamp()])?;
            t.execute(
                "INSERT INTO session (token, account_id, csrf, expires) VALUES (?1, ?2, ?3, ?4)",
                params![token, account.id, csrf, (now + lasts).timestamp()],
            )?;
            audit(t, &account.name, "登录", "", now)
        })
    }

    /// The session of a token, if it is still open.
    pub fn session(&self, token: &[u8], now: DateTime<Utc>) -> Result<Option<Session>> {
        self.read(|c| {
            let sql = "SELECT a.name, a.role, s.csrf FROM session s JOIN account a ON a.id = s.account_id WHERE s.token = ?1 AND s.expires > ?2 AND NOT a.disabled";
            let found = c.prepare_cached(sql)?.query_row(params![token, now.timestamp()], |r| {
                Ok(Session { name: r.get(0)?, role: Role::parse(&r.get::<_, String>(1)?).unwrap_or(Role::Editor), csrf: r.get(2)? })
            });
            Ok(found.optional()?)
        })
    }

    /// Ends a session.
    pub fn close_session(&self, token: &[u8]) -> Result<()> {
        self.write(|t| Ok(t.execute("DELETE FROM session WHERE token = ?1", [token]).map(|_| ())?))
    }

    /// Writes into the log.
    pub fn audit(&self, who: &str, what: &str, subject: &str, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| audit(t, who, what, subject, now))
    }

    /// The log, newest first.
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
