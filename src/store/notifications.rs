//! Mail and outlets take notifications from the queue (`notification_queue.rs`): their letters and messages are queued in one
//! transaction.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::model::{AlertTarget, Edition, EditionId, NotificationId, NotificationKind, NotificationText};
use crate::store::notices::PendingNotice;
use crate::store::outgoing_messages::{self, cancel_stale};
use crate::store::{OutgoingMessage, Result, Store, invalid_value};

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

impl Store {
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
                queued += outgoing_messages::queue_notice(t, (notice.edition, notice.id), letters, now, expires)?;
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
}
