//! The queue of what people are to be told. A notification is raised in the transaction of what it tells, so a kill loses none; mail
//! and outlets take it later.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{AlertTarget, Edition, EditionId, NotificationId, NotificationKind, NotificationText};
use crate::store::notices::PendingNotice;
use crate::store::outgoing_messages::{self, cancel_stale};
use crate::store::{OutgoingMessage, Result, Store, invalid_value};

/// What is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    Draft(EditionId),
    /// A final issue, and for which time it is final.
    Issue(EditionId, u32),
    /// A notice about an issue, by its row.
    Notice(EditionId, i64),
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
            Self::Report { key, .. } | Self::Alert { key, .. } => format!("{kind}:{key}"),
        }
    }
}

/// A notification that nobody has taken.
#[derive(Debug, Clone)]
pub struct PendingNotification {
    pub id: NotificationId,
    pub kind: NotificationKind,
    /// What a report or an alert is told once by.
    pub key: String,
    /// Of a draft, an issue or a notice.
    pub edition: Option<EditionId>,
    /// The row of a notice.
    pub notice: Option<i64>,
    /// Of a report or an alert.
    pub text: Option<NotificationText>,
    /// `None`: everybody who takes the kind.
    pub target: Option<AlertTarget>,
}

/// What takes a notification: its mails, and its messages to outlets.
#[derive(Debug, Default)]
pub struct Takers {
    /// Mails of a draft or a final issue.
    pub issue: Option<(Edition, Vec<OutgoingMessage>)>,
    /// Mails of a notice about an issue.
    pub notice: Option<(PendingNotice, Vec<OutgoingMessage>)>,
    /// Mails that belong to no issue: to operators, of alerts, of outlets that are mail.
    pub plain: Vec<OutgoingMessage>,
    pub outlets: Vec<OutletText>,
}

/// A message to one outlet.
#[derive(Debug, Clone)]
pub struct OutletText {
    pub outlet: String,
    pub text: NotificationText,
}

/// Raises a notification that becomes due at a moment; returns its id, or `None` if it was raised before.
pub(super) fn raise(t: &Connection, subject: Subject<'_>, now: DateTime<Utc>, due: DateTime<Utc>) -> Result<Option<NotificationId>> {
    let (edition, round, notice, text, target) = match subject {
        Subject::Draft(id) => (Some(id), 0, None, None, None),
        Subject::Issue(id, round) => (Some(id), round, None, None, None),
        Subject::Notice(id, notice) => (Some(id), 0, Some(notice), None, None),
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

    /// Returns what is due and not taken, oldest first. The notice of a withdrawal waits until it is known who has the issue.
    pub fn pending_notifications(&self, now: DateTime<Utc>) -> Result<Vec<PendingNotification>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT n.id, n.kind, n.key, n.edition_id, n.notice_id, n.content, n.target FROM notification n LEFT JOIN notice x ON x.id = n.notice_id
                 WHERE n.taken IS NULL AND n.due <= ?1 AND NOT (coalesce(x.kind, '') = 'withdrawal' AND EXISTS (SELECT 1 FROM outbox o
                   WHERE o.edition_id = x.edition_id AND o.final = x.round AND o.notice_id IS NULL AND o.state = 'handing')) ORDER BY n.id",
            )?;
            let mut rows = s.query([now.timestamp()])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let kind: String = r.get(1)?;
                let (text, target): (Option<String>, Option<String>) = (r.get(5)?, r.get(6)?);
                out.push(PendingNotification {
                    id: NotificationId(r.get(0)?),
                    kind: NotificationKind::parse(&kind).ok_or("not a kind").map_err(invalid_value("notification's kind"))?,
                    key: r.get(2)?,
                    edition: r.get::<_, Option<i64>>(3)?.map(EditionId),
                    notice: r.get(4)?,
                    text: text.map(|t| serde_json::from_str(&t)).transpose().map_err(invalid_value("notification"))?,
                    target: target.as_deref().and_then(AlertTarget::parse),
                });
            }
            Ok(out)
        })
    }

    /// Queues the letters and deliveries of a notification; returns the number of new letters. Does nothing if another process took
    /// it meanwhile, or if its issue was withdrawn.
    pub fn take_notification(&self, id: NotificationId, takers: &Takers, now: DateTime<Utc>, expires: DateTime<Utc>) -> Result<usize> {
        self.write(|t| {
            if t.prepare_cached("UPDATE notification SET taken = ?2 WHERE id = ?1 AND taken IS NULL")?.execute(params![id.0, now.timestamp()])? == 0 {
                return Ok(0);
            }
            for d in &takers.outlets {
                let sql = "INSERT INTO delivery (notification_id, outlet, content, state, queued, expires) VALUES (?1, ?2, ?3, 'queued', ?4, ?5)
                           ON CONFLICT (notification_id, outlet) DO NOTHING";
                let text = serde_json::to_string(&d.text).map_err(invalid_value("notification"))?;
                t.prepare_cached(sql)?.execute(params![id.0, d.outlet, text, now.timestamp(), expires.timestamp()])?;
            }
            let mut queued = outgoing_messages::queue_plain(t, &takers.plain, now, expires)?;
            if let Some((edition, letters)) = &takers.issue {
                queued += outgoing_messages::queue_issue(t, edition, letters, now, expires)?;
            }
            if let Some((notice, letters)) = &takers.notice {
                queued += outgoing_messages::queue_notice(t, notice, letters, now, expires)?;
            }
            cancel_stale(t)?;
            Ok(queued)
        })
    }

    /// Returns when the next notification is due; nothing while mail is held.
    pub fn next_notification(&self) -> Result<Option<DateTime<Utc>>> {
        if self.mail_hold()?.is_some() {
            return Ok(None);
        }
        let at: Option<i64> =
            self.read(|c| Ok(c.prepare_cached("SELECT min(due) FROM notification WHERE taken IS NULL")?.query_row([], |r| r.get(0))?))?;
        Ok(at.and_then(|t| DateTime::from_timestamp(t, 0)))
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
