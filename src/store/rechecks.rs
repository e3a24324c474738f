//! Printed articles that are looked at again: what is due, and what a look found.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::fetch::Validators;
use crate::model::{ArticleId, Edition, EditionId, WebUrl};
use crate::rechecks::{Difference, FindingState, Plan, WINDOW, message};
use crate::store::entries::{PENDING_ENTRY_COLUMNS, read_open};
use crate::store::fetch_log::log_recheck;
use crate::store::notification_queue::{Subject, raise};
use crate::store::{FetchRecord, PendingEntry, Result, Store, invalid_value};

/// Versions kept of an article; older ones go first.
const MAX_VERSIONS: i64 = 20;
/// What looks gone, or may be read badly, is looked at again after this; only a look at least so much later confirms it.
const CONFIRM_AFTER: TimeDelta = TimeDelta::hours(6);
const CONFIRM_AT_LEAST: TimeDelta = TimeDelta::hours(3);
/// Looks in a row without an answer before the next planned one is waited for.
const MAX_TRIES: u32 = 4;
/// How long a source counts as one that changes what it published.
const OFTEN: TimeDelta = TimeDelta::days(180);

/// A printed article whose look is due.
#[derive(Debug, Clone)]
pub struct DueRecheck {
    pub article: ArticleId,
    pub printed: DateTime<Utc>,
    /// As listed.
    pub entry: PendingEntry,
    /// Where it was found, and as what: the last version, or the article as printed.
    pub url: WebUrl,
    pub title: String,
    pub text: String,
    /// Whether this is the article as it was fetched first.
    pub is_first: bool,
    pub validators: Validators,
    /// Whether other articles of its source changed.
    pub often: bool,
}

/// What one look found.
#[derive(Debug, Clone)]
pub enum LookResult {
    Unchanged(Validators),
    /// No answer, a wall, a page of maintenance: looked at again.
    NoAnswer,
    /// The host or the whole network rests until then; this is no attempt.
    Postponed(DateTime<Utc>),
    /// The page is gone, or says so. Told once it is confirmed.
    Gone,
    /// Told if a later look brings the same text, and the text can be believed.
    Doubtful(SeenArticle, bool),
    Changed(SeenArticle, Validators),
}

/// An article as it is now, and what differs.
#[derive(Debug, Clone)]
pub struct SeenArticle {
    pub title: String,
    pub text: String,
    pub url: WebUrl,
    pub difference: Difference,
}

impl SeenArticle {
    fn hash(&self) -> String {
        format!("{:016x}", xxhash_rust::xxh3::xxh3_64(format!("{}\n{}\n{}", self.url, self.title, self.text).as_bytes()))
    }
}

/// The stored state of an article's looks.
struct Looks {
    printed: DateTime<Utc>,
    tries: u32,
    gone_since: Option<DateTime<Utc>>,
    doubtful: Option<String>,
}

/// SQL: when an issue was printed, which is when its mails were due. Those of the first release have no such time.
const PRINTED: &str = "coalesce((SELECT max(n.due) FROM notification n WHERE n.edition_id = e.id AND n.kind = 'issue'
    AND n.round = json_extract(e.payload, '$.signing.round')), e.built)";
/// SQL: whether an issue is final and was made here.
const IS_PRINTED: &str = "json_extract(e.payload, '$.finalised') AND coalesce(json_extract(e.payload, '$.made_by') <> 'import', 1)";

impl Store {
    /// Plans the looks at articles that were printed meanwhile; returns their number.
    pub fn plan_rechecks(&self, days: &[u32], now: DateTime<Utc>) -> Result<usize> {
        let since = (now - WINDOW).timestamp();
        let rows: Vec<(i64, i64)> = self.read(|c| {
            // the articles of watched pages are changes themselves, and the page is watched anyway; a mail cannot change
            let unplanned =
                "item i JOIN article a ON a.id = i.article_id JOIN entry x ON x.id = a.entry_id LEFT JOIN recheck r ON r.article_id = a.id
                             WHERE r.article_id IS NULL AND x.identity NOT LIKE 'page-change:%' AND x.identity NOT LIKE 'series:%'
                             AND x.identity NOT LIKE 'inbox-mail:%'";
            // the payload of an issue is read once, and only if something of it is not planned
            let sql = format!(
                "WITH issue AS MATERIALIZED (SELECT e.id, {PRINTED} AS at FROM edition e WHERE e.date >= date(?1, 'unixepoch', '-2 days')
                   AND EXISTS (SELECT 1 FROM {unplanned} AND i.edition_id = e.id) AND {IS_PRINTED})
                 SELECT a.id, min(issue.at) FROM issue JOIN {unplanned} AND i.edition_id = issue.id AND issue.at BETWEEN ?1 AND ?2 GROUP BY a.id"
            );
            let mut s = c.prepare_cached(&sql)?;
            let rows = s.query_map([since, now.timestamp()], |r| Ok((r.get(0)?, r.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        if rows.is_empty() {
            return Ok(0);
        }
        self.write(|t| {
            let mut insert =
                t.prepare_cached("INSERT INTO recheck (article_id, printed, due) VALUES (?1, ?2, ?3) ON CONFLICT (article_id) DO NOTHING")?;
            for (article, printed) in &rows {
                let at = DateTime::from_timestamp(*printed, 0).unwrap_or(now);
                // of issues printed long ago only the looks to come are made
                let due = Plan { days, often: changed_before(t, *article, now)? }.next(at, at.max(now - TimeDelta::days(1)));
                insert.execute(params![article, printed, due.map(|d| d.timestamp())])?;
            }
            Ok(rows.len())
        })
    }

    /// Returns the articles whose look is due, longest due first.
    pub fn due_rechecks(&self, now: DateTime<Utc>, most: usize) -> Result<Vec<DueRecheck>> {
        self.read(|c| {
            let sql = format!(
                "SELECT {PENDING_ENTRY_COLUMNS}, a.id, r.printed, coalesce(v.url, a.url), coalesce(v.title, a.title), coalesce(v.text, a.text), v.id IS NULL,
                   r.etag, r.last_modified
                 FROM (SELECT * FROM recheck WHERE due <= ?1 ORDER BY due, article_id LIMIT ?2) r JOIN article a ON a.id = r.article_id
                 JOIN entry e ON e.id = a.entry_id
                 LEFT JOIN article_version v ON v.id = (SELECT max(id) FROM article_version w WHERE w.article_id = a.id AND w.text <> '')
                 ORDER BY r.due, r.article_id"
            );
            let mut s = c.prepare_cached(&sql)?;
            let mut rows = s.query(params![now.timestamp(), i64::try_from(most).unwrap_or(i64::MAX)])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let mut due = read_due(r)?;
                due.often = changed_before(c, due.article.0, now)?;
                out.push(due);
            }
            Ok(out)
        })
    }

    /// Counts the requests between two moments: those of the crawl, and those of looks.
    pub fn requests_between(&self, since: DateTime<Utc>, until: DateTime<Utc>) -> Result<(u64, u64)> {
        self.read(|c| {
            let sql = "SELECT coalesce(sum(iif(recheck, 0, requests)), 0), coalesce(sum(iif(recheck, requests, 0)), 0) FROM fetch_log WHERE at > ?1 AND at <= ?2";
            let count = |r: &Row<'_>, i| Ok::<_, rusqlite::Error>(u64::try_from(r.get::<_, i64>(i)?).unwrap_or(0));
            Ok(c.prepare_cached(sql)?.query_row([since.timestamp(), until.timestamp()], |r| Ok((count(r, 0)?, count(r, 1)?)))?)
        })
    }

    /// Returns until when a host asked to be left alone.
    pub fn backed_off_until(&self, host_key: &str) -> Result<Option<DateTime<Utc>>> {
        let at: Option<i64> = self.read(|c| Ok(c.query_row("SELECT until FROM pause WHERE lane = ?1", [host_key], |r| r.get(0)).optional()?))?;
        Ok(at.and_then(|t| DateTime::from_timestamp(t, 0)))
    }

    /// Stores what a look found: the version, its findings and notifications, the next look and the line in the fetch log, all or none.
    /// Returns whether something is told.
    pub fn commit_recheck(&self, of: &DueRecheck, result: &LookResult, days: &[u32], log: Option<&FetchRecord>, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            if let Some(log) = log {
                log_recheck(t, log, now)?;
            }
            let Some(looks) = looks_of(t, of.article)? else { return Ok(false) };
            let planned = Plan { days, often: of.often }.next(looks.printed, now);
            let soon = |at: DateTime<Utc>| Some(planned.map_or(at, |p| p.min(at)));
            match result {
                LookResult::Unchanged(validators) => settle(t, of.article, planned, validators, now)?,
                LookResult::Postponed(until) => set_due(t, of.article, Some(*until), looks.tries)?,
                LookResult::NoAnswer if looks.tries + 1 >= MAX_TRIES => set_due(t, of.article, planned, 0)?,
                LookResult::NoAnswer => set_due(t, of.article, soon(now + CONFIRM_AFTER), looks.tries + 1)?,
                LookResult::Gone => match looks.gone_since {
                    Some(since) if now - since >= CONFIRM_AT_LEAST => {
                        let (title, url) = (of.title.clone(), of.url.clone());
                        let seen = SeenArticle { title, text: String::new(), url, difference: Difference::withdrawn() };
                        settle(t, of.article, None, &Validators::default(), now)?;
                        return insert_version(t, of, &seen, now);
                    }
                    Some(since) => set_due(t, of.article, Some(since + CONFIRM_AFTER), looks.tries)?,
                    None => {
                        t.prepare_cached("UPDATE recheck SET gone_since = ?2, due = ?3 WHERE article_id = ?1")?.execute(params![
                            of.article.0,
                            now.timestamp(),
                            (now + CONFIRM_AFTER).timestamp()
                        ])?;
                    }
                },
                LookResult::Doubtful(seen, believable) => {
                    let hash = seen.hash();
                    if *believable && looks.doubtful.as_deref() == Some(&hash) {
                        settle(t, of.article, planned, &Validators::default(), now)?;
                        return insert_version(t, of, seen, now);
                    }
                    // what stays unbelievable waits for the next planned look
                    let again = if looks.doubtful.as_deref() == Some(&hash) { planned } else { soon(now + CONFIRM_AFTER) };
                    t.prepare_cached("UPDATE recheck SET doubtful = ?2, due = ?3, looked = ?4 WHERE article_id = ?1")?.execute(params![
                        of.article.0,
                        hash,
                        again.map(|d| d.timestamp()),
                        now.timestamp()
                    ])?;
                }
                LookResult::Changed(seen, validators) => {
                    // from now on it counts among those that change
                    let next = Plan { days, often: true }.next(looks.printed, now);
                    settle(t, of.article, next, validators, now)?;
                    return insert_version(t, of, seen, now);
                }
            }
            Ok(false)
        })
    }
}

fn read_due(r: &Row<'_>) -> Result<DueRecheck> {
    Ok(DueRecheck {
        entry: read_open(r)?,
        article: ArticleId(r.get(10)?),
        printed: moment(r.get(11)?),
        url: WebUrl::parse(&r.get::<_, String>(12)?).map_err(invalid_value("article address"))?,
        title: r.get(13)?,
        text: r.get(14)?,
        is_first: r.get(15)?,
        validators: Validators { etag: r.get(16)?, last_modified: r.get(17)? },
        often: false,
    })
}

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

fn looks_of(t: &Connection, article: ArticleId) -> Result<Option<Looks>> {
    let sql = "SELECT printed, tries, gone_since, doubtful FROM recheck WHERE article_id = ?1";
    let read = |r: &Row<'_>| {
        let gone: Option<i64> = r.get(2)?;
        Ok(Looks { printed: moment(r.get(0)?), tries: r.get(1)?, gone_since: gone.map(moment), doubtful: r.get(3)? })
    };
    Ok(t.prepare_cached(sql)?.query_row([article.0], read).optional()?)
}

/// Whether an article of the same source changed after it was printed.
fn changed_before(c: &Connection, article: i64, now: DateTime<Utc>) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM article_version v JOIN article o ON o.id = v.article_id
               WHERE v.seen > ?2 AND o.source_id = (SELECT source_id FROM article WHERE id = ?1))";
    Ok(c.prepare_cached(sql)?.query_row(params![article, (now - OFTEN).timestamp()], |r| r.get(0))?)
}

/// Ends a look that was answered.
fn settle(t: &Connection, article: ArticleId, due: Option<DateTime<Utc>>, validators: &Validators, now: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE recheck SET due = ?2, looked = ?3, tries = 0, etag = ?4, last_modified = ?5, gone_since = NULL, doubtful = NULL WHERE article_id = ?1";
    let due = due.map(|d| d.timestamp());
    t.prepare_cached(sql)?.execute(params![article.0, due, now.timestamp(), validators.etag, validators.last_modified])?;
    Ok(())
}

fn set_due(t: &Connection, article: ArticleId, due: Option<DateTime<Utc>>, tries: u32) -> Result<()> {
    t.prepare_cached("UPDATE recheck SET due = ?2, tries = ?3 WHERE article_id = ?1")?.execute(params![
        article.0,
        due.map(|d| d.timestamp()),
        tries
    ])?;
    Ok(())
}

/// Adds a version with a finding for each issue that printed the article, and tells the editors of each publication once.
fn insert_version(t: &Connection, of: &DueRecheck, seen: &SeenArticle, now: DateTime<Utc>) -> Result<bool> {
    let hash = seen.hash();
    let last: Option<String> = t
        .prepare_cached("SELECT hash FROM article_version WHERE article_id = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([of.article.0], |r| r.get(0))
        .optional()?;
    if last.as_ref() == Some(&hash) {
        return Ok(false);
    }
    let difference = serde_json::to_string(&seen.difference).map_err(invalid_value("article version"))?;
    t.prepare_cached("INSERT INTO article_version (article_id, seen, title, text, url, hash, difference) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![of.article.0, now.timestamp(), seen.title, seen.text, seen.url.as_str(), hash, difference])?;
    let version = t.last_insert_rowid();
    t.prepare_cached(
        "DELETE FROM article_version WHERE article_id = ?1 AND id NOT IN (SELECT id FROM article_version WHERE article_id = ?1 ORDER BY id DESC LIMIT ?2)",
    )?
    .execute(params![of.article.0, MAX_VERSIONS])?;
    tell(t, of, seen, version, now)?;
    Ok(true)
}

fn tell(t: &Connection, of: &DueRecheck, seen: &SeenArticle, version: i64, now: DateTime<Utc>) -> Result<()> {
    let sql = format!(
        "SELECT e.id, e.payload FROM item i JOIN edition e ON e.id = i.edition_id WHERE i.article_id = ?1 AND {IS_PRINTED} ORDER BY e.id DESC"
    );
    let issues: Vec<(i64, String)> =
        t.prepare_cached(&sql)?.query_map([of.article.0], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut told: Vec<String> = Vec::new();
    for (id, payload) in issues {
        let edition: Edition = serde_json::from_str(&payload).map_err(invalid_value("edition"))?;
        t.prepare_cached("INSERT INTO recheck_finding (version_id, edition_id, state) VALUES (?1, ?2, ?3)")?.execute(params![
            version,
            id,
            FindingState::Open.as_str()
        ])?;
        if told.contains(&edition.publication) {
            continue;
        }
        let item = edition.items().find(|i| i.article == of.article);
        let (title, publisher) = item.map_or((of.title.as_str(), ""), |i| (i.title.as_str(), i.publisher.as_str()));
        let text = message(title, publisher, &format!("{}{}", edition.publication, edition.issue_label()), &seen.difference);
        let key = format!("{version}:{id}");
        raise(t, Subject::Recheck { edition: EditionId(id), key: &key, text: &text }, now, now)?;
        told.push(edition.publication);
    }
    Ok(())
}
