//! Topics (关注课题): what editors say of them. `topic_articles.rs` matches articles.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::model::{ArticleId, AuditAction, EditionId, MailAddress, Topic, TopicAnswer, TopicDraft, TopicFilter, TopicId, TopicKind, TopicRequest};
use crate::store::audit::audit;
use crate::store::{Result, Store, invalid_value, kv};

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
    /// Those that came since the editor's last visit, without copies of stories that he has seen.
    pub unseen: usize,
    /// Time of the newest article.
    pub newest: Option<DateTime<Utc>>,
}

/// The outcome of adding, changing or reopening a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicEdit {
    Saved(TopicId),
    /// There is no such topic.
    Missing,
    /// Another editor was faster; this is the stored topic.
    Conflict(Box<Topic>),
    /// Another open topic has the title.
    SameTitle(TopicId),
}

/// The outcome of closing a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicClosing {
    Closed,
    /// There is no such topic.
    Missing,
    /// Another editor was faster; the stored answer stays.
    AlreadyClosed,
    /// There is no such issue, or it has no such item.
    NoSuchPlace,
}

impl Store {
    /// Returns the open topics with their titles, the newest first.
    pub fn open_topic_titles(&self) -> Result<Vec<(TopicId, String)>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT id, title FROM topic WHERE closed IS NULL ORDER BY id DESC")?;
            let rows = s.query_map([], |r| Ok((TopicId(r.get(0)?), r.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns all topics, the newest first; `account` sees what is new to it.
    pub fn topics(&self, account: &str) -> Result<Vec<TopicRow>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!(
                "SELECT {COLUMNS}, (SELECT count(*) FROM topic_article m WHERE m.topic_id = t.id AND m.dismissed = 0),
                 (SELECT count(*) FROM topic_article m WHERE m.topic_id = t.id AND m.news AND NOT m.dismissed AND m.number > coalesce(v.seen, 0)
                   AND NOT EXISTS (SELECT 1 FROM article a JOIN article b ON b.story_id = a.story_id JOIN topic_article o ON o.topic_id = m.topic_id
                   AND o.article_id = b.id WHERE a.id = m.article_id AND NOT o.dismissed AND (o.number <= coalesce(v.seen, 0) OR NOT o.news))),
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
        self.read(|c| load(c, id))
    }

    /// Returns which of some titles no open topic has.
    pub fn titles_without_topic(&self, titles: &[&str]) -> Result<Vec<String>> {
        self.read(|c| {
            let mut out = Vec::new();
            for title in titles {
                if open_with_title(c, title, TopicId(0))?.is_none() {
                    out.push((*title).to_owned());
                }
            }
            Ok(out)
        })
    }

    /// Returns which of some organisations no article has named.
    pub fn unknown_organisations(&self, names: &[String]) -> Result<Vec<String>> {
        self.read(|c| {
            let mut known = c.prepare_cached("SELECT 1 FROM organisation WHERE name = ?1")?;
            let mut out = Vec::new();
            for name in names {
                if !known.exists([name])? {
                    out.push(name.clone());
                }
            }
            Ok(out)
        })
    }

    /// Adds a topic; the archive is searched for it by [`Store::search_archive_for_topics`].
    pub fn add_topic(&self, draft: &TopicDraft, who: &str, now: DateTime<Utc>) -> Result<TopicEdit> {
        self.write(|t| {
            if let Some(other) = open_with_title(t, &draft.title, TopicId(0))? {
                return Ok(TopicEdit::SameTitle(other));
            }
            t.execute(
                "INSERT INTO topic (title, question, kind, expression, industries, places, organisations, recipients, owner, created)
                 VALUES ('', '', 'decision', '', '[]', '[]', '[]', '[]', '', ?1)",
                [now.timestamp()],
            )?;
            let id = TopicId(t.last_insert_rowid());
            put(t, id, draft)?;
            restart_search(t, id, now)?;
            audit(t, who, AuditAction::AddTopic, &draft.title, now)?;
            Ok(TopicEdit::Saved(id))
        })
    }

    /// Changes a topic of which the editor saw a version. If other articles match it now, the archive is searched again.
    pub fn edit_topic(&self, id: TopicId, draft: &TopicDraft, seen: &str, who: &str, now: DateTime<Utc>) -> Result<TopicEdit> {
        self.write(|t| {
            let Some(before) = load(t, id)? else { return Ok(TopicEdit::Missing) };
            if before.draft.version() != seen {
                return Ok(TopicEdit::Conflict(Box::new(before)));
            }
            if before.closed_at.is_none()
                && let Some(other) = open_with_title(t, &draft.title, id)?
            {
                return Ok(TopicEdit::SameTitle(other));
            }
            put(t, id, draft)?;
            if before.draft.filter != draft.filter && before.closed_at.is_none() {
                restart_search(t, id, now)?;
            }
            audit(t, who, AuditAction::EditTopic, &draft.title, now)?;
            Ok(TopicEdit::Saved(id))
        })
    }

    /// Closes a topic with its answer. Its articles stay.
    pub fn close_topic(&self, id: TopicId, answer: Option<&TopicAnswer>, who: &str, now: DateTime<Utc>) -> Result<TopicClosing> {
        self.write(|t| {
            let Some(topic) = load(t, id)? else { return Ok(TopicClosing::Missing) };
            if topic.closed_at.is_some() {
                return Ok(TopicClosing::AlreadyClosed);
            }
            if !answer.map_or(Ok(true), |a| has_place(t, a))? {
                return Ok(TopicClosing::NoSuchPlace);
            }
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
            kv::new_version(t, VERSION)?;
            audit(t, who, AuditAction::CloseTopic, &topic.draft.title, now)?;
            Ok(TopicClosing::Closed)
        })
    }

    /// Opens a closed topic again; the articles that came meanwhile are searched.
    pub fn reopen_topic(&self, id: TopicId, who: &str, now: DateTime<Utc>) -> Result<TopicEdit> {
        self.write(|t| {
            let Some(title) = title(t, id)? else { return Ok(TopicEdit::Missing) };
            if let Some(other) = open_with_title(t, &title, id)? {
                return Ok(TopicEdit::SameTitle(other));
            }
            t.execute("UPDATE topic SET closed = NULL WHERE id = ?1", [id.0])?;
            restart_search(t, id, now)?;
            audit(t, who, AuditAction::ReopenTopic, &title, now)?;
            Ok(TopicEdit::Saved(id))
        })
    }

    /// Deletes a topic with its matches; the articles stay in the archive.
    pub fn delete_topic(&self, id: TopicId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(title) = title(t, id)? else { return Ok(false) };
            t.execute("DELETE FROM topic WHERE id = ?1", [id.0])?;
            kv::new_version(t, VERSION)?;
            audit(t, who, AuditAction::DeleteTopic, &title, now)?;
            Ok(true)
        })
    }
}

fn load(c: &Connection, id: TopicId) -> Result<Option<Topic>> {
    let mut s = c.prepare_cached(&format!("SELECT {COLUMNS} FROM topic t WHERE t.id = ?1"))?;
    let mut rows = s.query([id.0])?;
    rows.next()?.map(read_topic).transpose()
}

/// Returns another open topic with this title.
fn open_with_title(c: &Connection, title: &str, except: TopicId) -> Result<Option<TopicId>> {
    let sql = "SELECT id FROM topic WHERE title = ?1 AND id <> ?2 AND closed IS NULL ORDER BY id LIMIT 1";
    Ok(c.prepare_cached(sql)?.query_row(params![title, except.0], |r| r.get(0).map(TopicId)).optional()?)
}

/// Whether the issue of an answer exists, and has its item.
fn has_place(c: &Connection, answer: &TopicAnswer) -> Result<bool> {
    let exists = match (answer.edition, answer.article) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(e), None) => c.prepare_cached("SELECT 1 FROM edition WHERE id = ?1")?.exists([e.0])?,
        (Some(e), Some(a)) => c.prepare_cached("SELECT 1 FROM item WHERE edition_id = ?1 AND article_id = ?2")?.exists([e.0, a.0])?,
    };
    Ok(exists)
}

pub(super) fn title(t: &Connection, id: TopicId) -> Result<Option<String>> {
    Ok(t.prepare_cached("SELECT title FROM topic WHERE id = ?1")?.query_row([id.0], |r| r.get(0)).optional()?)
}

/// Returns the version of what topics match.
pub(super) fn version(t: &Connection) -> Result<Option<String>> {
    kv::version(t, VERSION)
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

/// Has the archive searched again for the open topics that ask for one of these organisations: an editor changed which names are one.
pub(super) fn search_again_for(t: &Connection, names: &BTreeSet<String>, now: DateTime<Utc>) -> Result<()> {
    for (topic, filter) in open_filters(t)? {
        if filter.organisations.iter().any(|o| names.contains(o)) {
            restart_search(t, topic, now)?;
        }
    }
    Ok(())
}

/// Has the archive searched from its newest article down.
fn restart_search(t: &Connection, id: TopicId, now: DateTime<Utc>) -> Result<()> {
    t.execute(
        "UPDATE topic SET revision = revision + 1, search_before = (SELECT coalesce(max(id), 0) + 1 FROM article), search_since = ?2 WHERE id = ?1",
        params![id.0, (now - ARCHIVE).timestamp()],
    )?;
    kv::new_version(t, VERSION)
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
