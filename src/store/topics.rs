//! Topics (关注课题): what editors say of them. `topic_articles.rs` matches articles.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::model::{ArticleId, AuditAction, EditionId, MailAddress, Topic, TopicAnswer, TopicDraft, TopicFilter, TopicId, TopicKind, TopicRequest};
use crate::store::audit::audit;
use crate::store::{Result, Store, invalid_value};

/// How far back the archive is searched for a new or changed topic.
const ARCHIVE: TimeDelta = TimeDelta::days(90);
/// Its key: a random value that changes with every change of what topics match.
const VERSION: &str = "topics";

const COLUMNS: &str = "t.id, t.title, t.question, t.kind, t.expression, t.industries, t.places, t.organisations, t.recipients, t.owner, t.due, t.asked_by, \
     t.asked_on, t.answer, t.answer_edition, t.answer_article, t.created, t.closed, t.search_before IS NOT NULL";

/// A topic in a list, for one editor.
#[derive(Debug, Clone)]
pub struct TopicRow {
    pub topic: Topic,
    /// Its articles, without dismissed ones.
    pub articles: usize,
    /// Those that came since the editor's last visit.
    pub unseen: usize,
    /// Time of the newest article.
    pub newest: Option<DateTime<Utc>>,
}

impl Store {
    /// Returns all topics, the newest first; `account` sees what is new to it.
    pub fn topics(&self, account: &str) -> Result<Vec<TopicRow>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!(
                "SELECT {COLUMNS}, (SELECT count(*) FROM topic_article m WHERE m.topic_id = t.id AND m.dismissed = 0),
                 (SELECT count(*) FROM topic_article m WHERE m.topic_id = t.id AND m.news AND NOT m.dismissed AND m.number > coalesce(v.seen, 0)),
                 (SELECT max(m.effective) FROM topic_article m WHERE m.topic_id = t.id AND m.dismissed = 0)
                 FROM topic t LEFT JOIN topic_visit v ON v.topic_id = t.id AND v.account_id = (SELECT id FROM account WHERE name = ?1) ORDER BY t.id DESC"
            ))?;
            let mut rows = s.query([account])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let count = |n: i64| usize::try_from(n).unwrap_or(0);
                let newest = r.get::<_, Option<i64>>(21)?.and_then(|t| DateTime::from_timestamp(t, 0));
                out.push(TopicRow { topic: read_topic(r)?, articles: count(r.get(19)?), unseen: count(r.get(20)?), newest });
            }
            Ok(out)
        })
    }

    pub fn topic(&self, id: TopicId) -> Result<Option<Topic>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!("SELECT {COLUMNS} FROM topic t WHERE t.id = ?1"))?;
            let mut rows = s.query([id.0])?;
            rows.next()?.map(read_topic).transpose()
        })
    }

    /// Adds a topic; the archive is searched for it by [`Store::search_archive_for_topics`].
    pub fn add_topic(&self, draft: &TopicDraft, who: &str, now: DateTime<Utc>) -> Result<TopicId> {
        self.write(|t| {
            t.execute(
                "INSERT INTO topic (title, question, kind, expression, industries, places, organisations, recipients, owner, created)
                 VALUES ('', '', 'decision', '', '[]', '[]', '[]', '[]', '', ?1)",
                [now.timestamp()],
            )?;
            let id = TopicId(t.last_insert_rowid());
            put(t, id, draft)?;
            restart_search(t, id, now)?;
            audit(t, who, AuditAction::AddTopic, &draft.title, now)?;
            Ok(id)
        })
    }

    /// Changes a topic; returns false if there is none. If other articles match it now, the archive is searched again.
    pub fn edit_topic(&self, id: TopicId, draft: &TopicDraft, who: &str, now: DateTime<Utc>) -> Result<bool> {
        let Some(before) = self.topic(id)? else { return Ok(false) };
        self.write(|t| {
            put(t, id, draft)?;
            if before.draft.filter != draft.filter {
                restart_search(t, id, now)?;
            }
            audit(t, who, AuditAction::EditTopic, &draft.title, now)?;
            Ok(true)
        })
    }

    /// Closes a topic with its answer; returns false if there is none. Its articles stay.
    pub fn close_topic(&self, id: TopicId, answer: Option<&TopicAnswer>, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(title) = title(t, id)? else { return Ok(false) };
            t.execute(
                "UPDATE topic SET closed = ?2, search_before = NULL, answer = ?3, answer_edition = ?4, answer_article = ?5 WHERE id = ?1",
                params![
                    id.0,
                    now.timestamp(),
                    answer.map(|a| &a.text),
                    answer.and_then(|a| a.edition).map(|e| e.0),
                    answer.and_then(|a| a.article).map(|a| a.0)
                ],
            )?;
            new_version(t)?;
            audit(t, who, AuditAction::CloseTopic, &title, now)?;
            Ok(true)
        })
    }

    /// Opens a closed topic again; the articles that came meanwhile are searched.
    pub fn reopen_topic(&self, id: TopicId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(title) = title(t, id)? else { return Ok(false) };
            t.execute("UPDATE topic SET closed = NULL WHERE id = ?1", [id.0])?;
            restart_search(t, id, now)?;
            audit(t, who, AuditAction::ReopenTopic, &title, now)?;
            Ok(true)
        })
    }

    /// Deletes a topic with its matches; the articles stay in the archive.
    pub fn delete_topic(&self, id: TopicId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(title) = title(t, id)? else { return Ok(false) };
            t.execute("DELETE FROM topic WHERE id = ?1", [id.0])?;
            new_version(t)?;
            audit(t, who, AuditAction::DeleteTopic, &title, now)?;
            Ok(true)
        })
    }
}

pub(super) fn title(t: &Connection, id: TopicId) -> Result<Option<String>> {
    Ok(t.prepare_cached("SELECT title FROM topic WHERE id = ?1")?.query_row([id.0], |r| r.get(0)).optional()?)
}

/// Returns the version of what topics match.
pub(super) fn version(t: &Connection) -> Result<Option<String>> {
    Ok(t.prepare_cached("SELECT value FROM fact WHERE name = ?1")?.query_row([VERSION], |r| r.get(0)).optional()?)
}

/// Random, not counted: a number whose transaction was lost would be given twice.
fn new_version(t: &Connection) -> Result<()> {
    t.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?1, lower(hex(randomblob(8))))", [VERSION])?;
    Ok(())
}

/// Returns the filters of the open topics.
pub(super) fn open_filters(t: &Connection) -> Result<Vec<(TopicId, TopicFilter)>> {
    let mut s = t.prepare_cached(&format!("SELECT {COLUMNS} FROM topic t WHERE t.closed IS NULL ORDER BY t.id"))?;
    let mut rows = s.query([])?;
    let mut out = Vec::new();
    while let Some(r) = rows.next()? {
        let topic = read_topic(r)?;
        out.push((topic.id, topic.draft.filter));
    }
    Ok(out)
}

/// Has the archive searched from its newest article down.
fn restart_search(t: &Connection, id: TopicId, now: DateTime<Utc>) -> Result<()> {
    t.execute(
        "UPDATE topic SET revision = revision + 1, search_before = (SELECT coalesce(max(id), 0) + 1 FROM article), search_since = ?2 WHERE id = ?1",
        params![id.0, (now - ARCHIVE).timestamp()],
    )?;
    new_version(t)
}

fn put(t: &Connection, id: TopicId, d: &TopicDraft) -> Result<()> {
    let json = |list: &[String]| serde_json::to_string(list).map_err(invalid_value("topic"));
    let recipients: Vec<String> = d.recipients.iter().map(ToString::to_string).collect();
    t.execute(
        "UPDATE topic SET title = ?2, question = ?3, kind = ?4, expression = ?5, industries = ?6, places = ?7, organisations = ?8, recipients = ?9,
         owner = ?10, due = ?11, asked_by = ?12, asked_on = ?13 WHERE id = ?1",
        params![
            id.0,
            d.title,
            d.question,
            d.kind.as_str(),
            d.filter.expression,
            json(&d.filter.industries)?,
            json(&d.filter.places)?,
            json(&d.filter.organisations)?,
            json(&recipients)?,
            d.owner,
            d.due.map(|d| d.to_string()),
            d.request.as_ref().map(|r| &r.by),
            d.request.as_ref().map(|r| r.on.to_string())
        ],
    )?;
    Ok(())
}

/// Reads [`COLUMNS`].
fn read_topic(r: &Row<'_>) -> Result<Topic> {
    let list = |n: usize| -> Result<Vec<String>> { serde_json::from_str(&r.get::<_, String>(n)?).map_err(invalid_value("topic")) };
    let day = |n: usize| -> Result<Option<NaiveDate>> {
        r.get::<_, Option<String>>(n)?.map(|d| d.parse()).transpose().map_err(invalid_value("topic's date"))
    };
    let time = |t: i64| DateTime::from_timestamp(t, 0).unwrap_or_default();
    let recipients = list(8)?.iter().map(|a| MailAddress::parse(a)).collect::<std::result::Result<Vec<_>, _>>();
    let (asked_by, asked_on) = (r.get::<_, Option<String>>(11)?, day(12)?);
    let (answer, edition, article): (Option<String>, Option<i64>, Option<i64>) = (r.get(13)?, r.get(14)?, r.get(15)?);
    Ok(Topic {
        id: TopicId(r.get(0)?),
        draft: TopicDraft {
            title: r.get(1)?,
            question: r.get(2)?,
            kind: TopicKind::parse(&r.get::<_, String>(3)?).ok_or("not a kind").map_err(invalid_value("topic's kind"))?,
            filter: TopicFilter { expression: r.get(4)?, industries: list(5)?, places: list(6)?, organisations: list(7)? },
            owner: r.get(9)?,
            recipients: recipients.map_err(invalid_value("topic's recipient"))?,
            due: day(10)?,
            request: asked_by.zip(asked_on).map(|(by, on)| TopicRequest { by, on }),
        },
        answer: answer.map(|text| TopicAnswer { text, edition: edition.map(EditionId), article: article.map(ArticleId) }),
        created_at: time(r.get(16)?),
        closed_at: r.get::<_, Option<i64>>(17)?.map(time),
        is_searching: r.get(18)?,
    })
}
