//! The queue of what people are to be told. A notification is raised in the transaction of what it tells, so a kill loses none;
//! `notifications.rs` has those who take it.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{AlertTarget, EditionId, NotificationId, NotificationKind, NotificationText};
use crate::store::{Result, Store, invalid_value};

/// What is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    Draft(EditionId),
    /// A final issue, and for which time it is final.
    Issue(EditionId, u32),
    /// A notice about an issue, by its row.
    Notice(EditionId, i64),
    /// What a source changed in an article of an issue, to its editors.
    Recheck {
        edition: EditionId,
        key: &'a str,
        text: &'a NotificationText,
    },
    /// A text to operators; the same key is told once.
    Report {
        key: &'a str,
        text: &'a NotificationText,
    },
    /// An alert to one outlet or address.
    Alert {
        key: &'a str,
        text: &'a NotificationText,
        target: &'a AlertTarget,
    },
}

impl Subject<'_> {
    fn kind(self) -> NotificationKind {
        match self {
            Self::Draft(_) => NotificationKind::Draft,
            Self::Issue(..) => NotificationKind::Issue,
            Self::Notice(..) => NotificationKind::Notice,
            Self::Recheck { .. } => NotificationKind::Recheck,
            Self::Report { .. } => NotificationKind::Report,
            Self::Alert { .. } => NotificationKind::Alert,
        }
    }

    /// Returns the key under which it is told once.
    fn key(self) -> String {
        let kind = self.kind().as_str();
        match self {
            Self::Draft(id) => format!("{kind}:{id}"),
            Self::Issue(id, round) => format!("{kind}:{id}:{round}"),
            Self::Notice(_, notice) => format!("{kind}:{notice}"),
            Self::Recheck { key, .. } | Self::Report { key, .. } | Self::Alert { key, .. } => format!("{kind}:{key}"),
        }
    }
}

/// Raises a notification that becomes due at a moment; returns its id, or `None` if it was raised before.
pub(super) fn raise(t: &Connection, subject: Subject<'_>, now: DateTime<Utc>, due: DateTime<Utc>) -> Result<Option<NotificationId>> {
    let (edition, round, notice, text, target) = match subject {
        Subject::Draft(id) => (Some(id), 0, None, None, None),
        Subject::Issue(id, round) => (Some(id), round, None, None, None),
        Subject::Notice(id, notice) => (Some(id), 0, Some(notice), None, None),
        Subject::Recheck { edition, text, .. } => (Some(edition), 0, None, Some(text), None),
        Subject::Report { text, .. } => (None, 0, None, Some(text), None),
        Subject::Alert { text, target, .. } => (None, 0, None, Some(text), Some(target)),
    };
    let text = text.map(serde_json::to_string).transpose().map_err(invalid_value("notification"))?;
    let sql = "INSERT INTO notification (kind, key, edition_id, round, notice_id, content, target, raised, due)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (key) DO NOTHING";
    let inserted = t.prepare_cached(sql)?.execute(params![
        subject.kind().as_str(),
        subject.key(),
        edition.map(|e| e.0),
        round,
        notice,
        text,
        target.map(AlertTarget::to_word),
        now.timestamp(),
        due.timestamp()
    ])?;
    Ok((inserted > 0).then(|| NotificationId(t.last_insert_rowid())))
}

/// Lets a draft that was built again be told once more: it had nothing to tell before, or no recipients. Letters and deliveries that
/// exist are not made twice.
pub(super) fn raise_draft(t: &Connection, id: EditionId, now: DateTime<Utc>) -> Result<()> {
    if raise(t, Subject::Draft(id), now, now)?.is_none() {
        t.prepare_cached("UPDATE notification SET taken = NULL WHERE key = ?1")?.execute([Subject::Draft(id).key()])?;
    }
    Ok(())
}

/// Takes back what was raised about a final issue, if nobody has taken it.
pub(super) fn cancel_issue(t: &Connection, id: EditionId, now: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE notification SET taken = ?2 WHERE edition_id = ?1 AND kind = 'issue' AND taken IS NULL";
    t.prepare_cached(sql)?.execute(params![id.0, now.timestamp()])?;
    Ok(())
}

/// SQL: whether the letters of the final issue `e` wait for the end of the time for 撤回.
pub(super) const WAITS: &str = "EXISTS (SELECT 1 FROM notification n WHERE n.edition_id = e.id AND n.kind = 'issue' AND n.taken IS NULL)";

impl Store {
    /// Tells operators; the same key is told once.
    pub fn raise_report(&self, key: &str, text: &NotificationText, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| raise(t, Subject::Report { key, text }, now, now).map(|_| ()))
    }

    /// Raises a message that tries out an outlet or address.
    pub fn raise_test(&self, target: &AlertTarget, text: &NotificationText, now: DateTime<Utc>) -> Result<()> {
        let key = format!("test:{}:{}", target.to_word(), now.timestamp_millis());
        self.write(|t| raise(t, Subject::Alert { key: &key, text, target }, now, now).map(|_| ()))
    }

    /// Returns final issues whose letters have been due for so long.
    pub fn letters_overdue(&self, now: DateTime<Utc>, by: TimeDelta) -> Result<Vec<EditionId>> {
        self.read(|c| {
            let mut s =
                c.prepare_cached("SELECT edition_id FROM notification WHERE kind = 'issue' AND taken IS NULL AND due <= ?1 ORDER BY edition_id")?;
            let rows = s.query_map([(now - by).timestamp()], |r| r.get(0).map(EditionId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns when the letters of a final issue are queued, if they are not yet.
    pub fn letters_due_at(&self, id: EditionId) -> Result<Option<DateTime<Utc>>> {
        self.read(|c| {
            let sql = "SELECT due FROM notification WHERE edition_id = ?1 AND kind = 'issue' AND taken IS NULL";
            let due: Option<i64> = c.prepare_cached(sql)?.query_row([id.0], |r| r.get(0)).optional()?;
            Ok(due.and_then(|t| DateTime::from_timestamp(t, 0)))
        })
    }
}
