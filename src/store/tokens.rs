//! Tokens for other programs that read issues and articles.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::model::{Article, ArticleId, AuditAction, PublicationScope};
use crate::store::audit::audit;
use crate::store::publication_scopes::{TOKEN_SCOPE, read_scope, with_limit};
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
    /// The publications whose issues it reads.
    pub scope: PublicationScope,
}

impl Store {
    /// Stores a token's hash, and the publications whose issues it reads; replaces an earlier token of that name.
    pub fn put_token(&self, name: &str, hash: &[u8], scope: &PublicationScope, who: &str, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.execute("INSERT OR REPLACE INTO token (name, hash, created) VALUES (?1, ?2, ?3)", params![name, hash, now.timestamp()])?;
            t.execute("DELETE FROM token_publication WHERE token = ?1", [name])?;
            for publication in scope.names() {
                t.prepare_cached("INSERT INTO token_publication (token, publication) VALUES (?1, ?2)")?.execute([name, publication])?;
            }
            audit(t, who, AuditAction::SetToken, &with_limit(name, scope), now)
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
            let mut s = c.prepare(&format!("SELECT name, created, used, {TOKEN_SCOPE} FROM token k ORDER BY name"))?;
            let at = |t: i64| DateTime::from_timestamp(t, 0).unwrap_or_default();
            let rows = s.query_map([], |r| {
                let scope = read_scope(&r.get::<_, String>(3)?);
                Ok(Token { name: r.get(0)?, created: at(r.get(1)?), used: r.get::<_, Option<i64>>(2)?.map(at), scope })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns the publications whose issues a token reads; `None` if there is no such token. Records its use.
    pub fn scope_of_token(&self, hash: &[u8], now: DateTime<Utc>) -> Result<Option<PublicationScope>> {
        let found: Option<(Option<i64>, String)> = self.read(|c| {
            let mut s = c.prepare_cached(&format!("SELECT used, {TOKEN_SCOPE} FROM token k WHERE hash = ?1"))?;
            let mut rows = s.query([hash])?;
            Ok(rows.next()?.map(|r| Ok::<_, rusqlite::Error>((r.get(0)?, r.get(1)?))).transpose()?)
        })?;
        let Some((used, names)) = found else { return Ok(None) };
        if used.is_none_or(|at| at + LAST_USED_RESOLUTION <= now.timestamp()) {
            self.write(|t| Ok(t.execute("UPDATE token SET used = ?2 WHERE hash = ?1", params![hash, now.timestamp()]).map(|_| ())?))?;
        }
        Ok(Some(read_scope(&names)))
    }

    /// Returns classified articles after an id, in the order of arrival, so that another system can keep up.
    pub fn articles_after(&self, id: ArticleId, most: usize) -> Result<Vec<Article>> {
        let rest = "WHERE a.id > ?1 AND a.judgement IS NOT NULL ORDER BY a.id LIMIT ?2";
        self.articles(rest, params![id.0, i64::try_from(most).unwrap_or(i64::MAX)])
    }
}
