//! Tokens for other programs that read issues and articles.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::model::{Article, ArticleId, AuditAction};
use crate::store::audit::audit;
use crate::store::{Result, Store};

/// The time of last use has this resolution, because a read must not always be a write.
const LAST_USED_RESOLUTION: i64 = 3_600;

/// A token in a list.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its owner.
    pub name: String,
    pub created: DateTime<Utc>,
    /// To the hour.
    pub used: Option<DateTime<Utc>>,
}

impl Store {
    /// Stores a token's hash; replaces an earlier token of that name.
    pub fn put_token(&self, name: &str, hash: &[u8], who: &str, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.execute("INSERT OR REPLACE INTO token (name, hash, created) VALUES (?1, ?2, ?3)", params![name, hash, now.timestamp()])?;
            audit(t, who, AuditAction::SetToken, name, now)
        })
    }

    /// Revokes a token; returns false if there is none of that name.
    pub fn revoke_token(&self, name: &str, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let n = t.execute("DELETE FROM token WHERE name = ?1", [name])?;
            audit(t, who, AuditAction::RevokeToken, name, now)?;
            Ok(n > 0)
        })
    }

    /// Returns all tokens.
    pub fn tokens(&self) -> Result<Vec<Token>> {
        self.read(|c| {
            let mut s = c.prepare("SELECT name, created, used FROM token ORDER BY name")?;
            let at = |t: i64| DateTime::from_timestamp(t, 0).unwrap_or_default();
            let rows = s.query_map([], |r| Ok(Token { name: r.get(0)?, created: at(r.get(1)?), used: r.get::<_, Option<i64>>(2)?.map(at) }))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Whether there is such a token; records its use.
    pub fn token_is_known(&self, hash: &[u8], now: DateTime<Utc>) -> Result<bool> {
        let found: Option<Option<i64>> = self.read(|c| {
            let mut s = c.prepare_cached("SELECT used FROM token WHERE hash = ?1")?;
            let mut rows = s.query([hash])?;
            Ok(rows.next()?.map(|r| r.get(0)).transpose()?)
        })?;
        let Some(used) = found else { return Ok(false) };
        if used.is_none_or(|at| at + LAST_USED_RESOLUTION <= now.timestamp()) {
            self.write(|t| Ok(t.execute("UPDATE token SET used = ?2 WHERE hash = ?1", params![hash, now.timestamp()]).map(|_| ())?))?;
        }
        Ok(true)
    }

    /// Returns classified articles after an id, in the order of arrival, so that another system can keep up.
    pub fn articles_after(&self, id: ArticleId, most: usize) -> Result<Vec<Article>> {
        let rest = "WHERE a.id > ?1 AND a.judgement IS NOT NULL ORDER BY a.id LIMIT ?2";
        self.articles(rest, params![id.0, i64::try_from(most).unwrap_or(i64::MAX)])
    }
}
