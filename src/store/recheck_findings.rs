//! What sources changed in printed articles: versions for the page of an article, findings for the page of an issue.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::model::{ArticleId, AuditAction, EditionId};
use crate::rechecks::{Difference, FindingState};
use crate::store::audit::audit;
use crate::store::{Result, Store, invalid_value};

/// A version of a printed article.
#[derive(Debug, Clone)]
pub struct ArticleVersion {
    pub id: i64,
    pub seen: DateTime<Utc>,
    pub title: String,
    /// Empty: withdrawn.
    pub text: String,
    pub difference: Difference,
}

/// A version, and an issue that printed the article.
#[derive(Debug, Clone)]
pub struct Finding {
    pub id: i64,
    pub article: ArticleId,
    pub seen: DateTime<Utc>,
    pub difference: Difference,
    pub state: FindingState,
    /// Who answered it, and why there is no 更正.
    pub who: Option<String>,
    pub reason: String,
}

impl Store {
    /// Returns the versions of an article, newest first.
    pub fn article_versions(&self, article: ArticleId) -> Result<Vec<ArticleVersion>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT id, seen, title, text, difference FROM article_version WHERE article_id = ?1 ORDER BY id DESC")?;
            let mut rows = s.query([article.0])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let (seen, difference) = (time(r, 1)?, read_difference(r, 4)?);
                out.push(ArticleVersion { id: r.get(0)?, seen, title: r.get(2)?, text: r.get(3)?, difference });
            }
            Ok(out)
        })
    }

    /// Returns what sources changed in the articles of an issue, oldest first.
    pub fn findings_of(&self, edition: EditionId) -> Result<Vec<Finding>> {
        self.read(|c| {
            let sql = "SELECT f.id, v.article_id, v.seen, v.difference, f.state, f.who, f.reason FROM recheck_finding f
                       JOIN article_version v ON v.id = f.version_id WHERE f.edition_id = ?1 ORDER BY f.id";
            let mut s = c.prepare_cached(sql)?;
            let mut rows = s.query([edition.0])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                out.push(Finding {
                    id: r.get(0)?,
                    article: ArticleId(r.get(1)?),
                    seen: time(r, 2)?,
                    difference: read_difference(r, 3)?,
                    state: FindingState::parse(&r.get::<_, String>(4)?).ok_or("not a state").map_err(invalid_value("finding"))?,
                    who: r.get(5)?,
                    reason: r.get(6)?,
                });
            }
            Ok(out)
        })
    }

    /// Records that there is no 更正 for what a source changed; `false` if it is answered already.
    pub fn dismiss_finding(&self, edition: EditionId, finding: i64, reason: &str, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            if !answer_finding(t, edition, finding, FindingState::Dismissed, reason, who, now)? {
                return Ok(false);
            }
            let title: String = t.query_row(
                "SELECT a.title FROM recheck_finding f JOIN article_version v ON v.id = f.version_id JOIN article a ON a.id = v.article_id WHERE f.id = ?1",
                [finding],
                |r| r.get(0),
            )?;
            audit(t, who, AuditAction::DismissChange, &format!("《{title}》 #{edition}：{reason}"), now)?;
            Ok(true)
        })
    }
}

/// Answers a finding of an issue, if it is open.
pub(super) fn answer_finding(
    t: &Connection,
    edition: EditionId,
    finding: i64,
    state: FindingState,
    reason: &str,
    who: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let open: Option<i64> = t
        .prepare_cached("SELECT id FROM recheck_finding WHERE id = ?1 AND edition_id = ?2 AND state = 'open'")?
        .query_row([finding, edition.0], |r| r.get(0))
        .optional()?;
    if open.is_none() {
        return Ok(false);
    }
    t.prepare_cached("UPDATE recheck_finding SET state = ?2, reason = ?3, who = ?4, at = ?5 WHERE id = ?1")?.execute(params![
        finding,
        state.as_str(),
        reason,
        who,
        now.timestamp()
    ])?;
    Ok(true)
}

fn time(r: &Row<'_>, column: usize) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp(r.get(column)?, 0).ok_or("out of range").map_err(invalid_value("time of a version"))
}

fn read_difference(r: &Row<'_>, column: usize) -> Result<Difference> {
    serde_json::from_str(&r.get::<_, String>(column)?).map_err(invalid_value("difference"))
}
