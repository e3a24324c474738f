//! The outbox. A message's bytes are stored before anything is sent, and its state changes with every step.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use crate::config::settings::AmbiguousDeliveryPolicy;
use crate::model::{Edition, EditionId, NotificationText, OutboxId};
use crate::store::notification_queue::{Subject, raise};
use crate::store::{Result, Store};

/// A message to queue.
#[derive(Debug)]
pub struct OutgoingMessage {
    /// Bare address.
    pub recipient: String,
    /// Fixed before the first attempt, and the same in later ones.
    pub message_id: String,
    pub message: Vec<u8>,
}

/// The state of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// Waits for its next attempt.
    Queued,
    /// An attempt has started; the content was not sent yet.
    Sending,
    /// The content is being sent: it may have been accepted.
    Transmitting,
    /// Accepted.
    Sent,
    /// Refused permanently.
    Failed,
    /// May have been accepted; waits for an operator.
    Uncertain,
    /// Too old to send.
    Expired,
    /// Cancelled by an operator.
    Cancelled,
}

impl DeliveryState {
    const WORDS: [(Self, &'static str); 8] = [
        (Self::Queued, "queued"),
        (Self::Sending, "sending"),
        (Self::Transmitting, "handing"),
        (Self::Sent, "sent"),
        (Self::Failed, "failed"),
        (Self::Uncertain, "uncertain"),
        (Self::Expired, "expired"),
        (Self::Cancelled, "cancelled"),
    ];

    pub(super) fn parse(word: &str) -> Self {
        Self::WORDS.iter().find(|w| w.1 == word).map_or(Self::Queued, |w| w.0)
    }

    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|w| w.0 == self).map_or("queued", |w| w.1)
    }
}

/// The content of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageContent {
    /// A draft, or a notice to operators.
    Draft,
    /// A final issue, for this time that it was final.
    Final(u32),
    /// A notice about an issue.
    Notice,
}

/// A letter in the outbox.
#[derive(Debug, Clone)]
pub struct OutboxMessage {
    pub id: OutboxId,
    /// `None` for a notice to operators.
    pub edition: Option<EditionId>,
    pub content: MessageContent,
    /// Bare address.
    pub recipient: String,
    pub message_id: String,
    pub message: Vec<u8>,
    pub state: DeliveryState,
    pub attempts: u32,
    /// Number of attempts with unknown result. If greater than zero, the recipient may get the mail twice.
    pub ambiguous_attempts: u32,
    /// Time of the next attempt.
    pub next_attempt: i64,
    /// Last answer of the server.
    pub reply: Option<String>,
}

impl OutboxMessage {
    /// A message that is sent at once and not recorded.
    pub fn test_copy(letter: OutgoingMessage) -> Self {
        let OutgoingMessage { recipient, message_id, message } = letter;
        let state = DeliveryState::Queued;
        Self {
            id: OutboxId(0),
            edition: None,
            content: MessageContent::Draft,
            recipient,
            message_id,
            message,
            state,
            attempts: 0,
            ambiguous_attempts: 0,
            next_attempt: 0,
            reply: None,
        }
    }
}

/// What the reply of a letter says that was cancelled because its issue was called back.
pub const CALLED_BACK: &str = "the issue was called back";

const COLUMNS: &str = "id, edition_id, recipient, message_id, message, state, tries, doubts, next_try, reply, final, notice_id";

impl Store {
    /// Queues messages; one already queued for this edition and recipient stays as it is. Returns the number of new ones. Queues
    /// none of a final issue that was withdrawn meanwhile.
    pub fn queue_messages(&self, edition: &Edition, letters: &[OutgoingMessage], now: DateTime<Utc>, expires: DateTime<Utc>) -> Result<usize> {
        self.write(|t| queue_issue(t, edition, letters, now, expires))
    }

    /// Queues messages that belong to no issue, each once.
    pub fn queue_letters(&self, letters: &[OutgoingMessage], now: DateTime<Utc>, expires: DateTime<Utc>) -> Result<usize> {
        self.write(|t| queue_plain(t, letters, now, expires))
    }

    /// Recovers messages of a killed process: those whose content was not sent are queued again, those of unknown fate as the
    /// policy says. Returns the latter, as they are now.
    pub fn recover_messages(&self, policy: AmbiguousDeliveryPolicy) -> Result<Vec<OutboxMessage>> {
        let unknown = self.messages(&format!("SELECT {COLUMNS} FROM outbox WHERE state = 'handing' ORDER BY id"), params![])?;
        self.write(|t| {
            t.execute("UPDATE outbox SET state = 'queued' WHERE state = 'sending'", [])?;
            let next = if policy == AmbiguousDeliveryPolicy::Resend { "queued" } else { "uncertain" };
            t.execute("UPDATE outbox SET state = ?1, doubts = doubts + 1, reply = 'the process ended before the answer was recorded' WHERE state = 'handing'", [next])?;
            cancel_stale(t)
        })?;
        let ids: Vec<String> = unknown.iter().map(|l| l.id.0.to_string()).collect();
        self.messages(&format!("SELECT {COLUMNS} FROM outbox WHERE id IN ({}) ORDER BY id", ids.join(",")), params![])
    }

    /// Gives up expired messages; returns them.
    pub fn expire_messages(&self, now: DateTime<Utc>) -> Result<Vec<OutboxMessage>> {
        let late =
            self.messages(&format!("SELECT {COLUMNS} FROM outbox WHERE state = 'queued' AND expires <= ?1 ORDER BY id"), params![now.timestamp()])?;
        self.write(|t| Ok(t.execute("UPDATE outbox SET state = 'expired' WHERE state = 'queued' AND expires <= ?1", [now.timestamp()])?))?;
        Ok(late)
    }

    /// Returns due messages, oldest first. Those that failed before come last, so that they delay nobody.
    pub fn due_messages(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<OutboxMessage>> {
        self.messages(
            &format!("SELECT {COLUMNS} FROM outbox WHERE state = 'queued' AND next_try <= ?1 ORDER BY tries, id LIMIT ?2"),
            params![now.timestamp(), i64::try_from(limit).unwrap_or(i64::MAX)],
        )
    }

    /// Returns when the next letter is to be tried or queued; nothing where none is, or all are held.
    pub fn next_delivery(&self) -> Result<Option<DateTime<Utc>>> {
        if self.mail_hold()?.is_some() {
            return Ok(None);
        }
        let sql = "SELECT min(at) FROM (SELECT next_try AS at FROM outbox WHERE state = 'queued'
                   UNION ALL SELECT due FROM notification WHERE taken IS NULL)";
        let at: Option<i64> = self.read(|c| Ok(c.prepare_cached(sql)?.query_row([], |r| r.get(0))?))?;
        Ok(at.and_then(|t| DateTime::from_timestamp(t, 0)))
    }

    /// Letters that are not done with, or went wrong, newest first; with `all` every letter.
    pub fn outbox(&self, all: bool, limit: usize) -> Result<Vec<OutboxMessage>> {
        let which = if all { "" } else { "WHERE state NOT IN ('sent', 'cancelled')" };
        self.messages(&format!("SELECT {COLUMNS} FROM outbox {which} ORDER BY id DESC LIMIT ?1"), params![i64::try_from(limit).unwrap_or(i64::MAX)])
    }

    /// Applies an operator's decision to a message that is not being sent; returns whether that was possible.
    pub fn set_delivery_state(&self, id: OutboxId, state: DeliveryState, now: DateTime<Utc>, expires: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let from = if state == DeliveryState::Queued {
                "'failed', 'uncertain', 'expired', 'cancelled', 'queued'"
            } else {
                "'failed', 'uncertain', 'expired', 'queued'"
            };
            let n = t.execute(
                &format!("UPDATE outbox SET state = ?2, next_try = ?3, expires = ?4 WHERE id = ?1 AND state IN ({from}) AND (edition_id IS NULL OR NOT ({}))", stale_letter()),
                params![id.0, state.as_str(), now.timestamp(), expires.timestamp()],
            )?;
            Ok(n > 0)
        })
    }

    /// Returns the messages of an edition.
    pub fn messages_of(&self, edition: EditionId) -> Result<Vec<OutboxMessage>> {
        self.messages(&format!("SELECT {COLUMNS} FROM outbox WHERE edition_id = ?1 ORDER BY id"), params![edition.0])
    }

    fn messages(&self, sql: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<OutboxMessage>> {
        self.read(|c| {
            let mut s = c.prepare_cached(sql)?;
            let rows = s.query_map(params, |r| {
                let (round, notice): (u32, Option<i64>) = (r.get(10)?, r.get(11)?);
                Ok(OutboxMessage {
                    content: match (notice, round) {
                        (Some(_), _) => MessageContent::Notice,
                        (None, 0) => MessageContent::Draft,
                        (None, round) => MessageContent::Final(round),
                    },
                    id: OutboxId(r.get(0)?),
                    edition: r.get::<_, Option<i64>>(1)?.map(EditionId),
                    recipient: r.get(2)?,
                    message_id: r.get(3)?,
                    message: r.get(4)?,
                    state: DeliveryState::parse(&r.get::<_, String>(5)?),
                    attempts: r.get(6)?,
                    ambiguous_attempts: r.get(7)?,
                    next_attempt: r.get(8)?,
                    reply: r.get(9)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Records the start of an attempt, before the first byte is sent; returns false if the message was cancelled meanwhile.
    pub fn mark_sending(&self, id: OutboxId) -> Result<bool> {
        self.write(|t| Ok(t.execute("UPDATE outbox SET state = 'sending', tries = tries + 1 WHERE id = ?1 AND state = 'queued'", [id.0])? > 0))
    }

    /// Records that the content is about to be sent, before its first byte; returns false if the message was cancelled meanwhile.
    pub fn mark_transmitting(&self, id: OutboxId) -> Result<bool> {
        self.write(|t| Ok(t.execute("UPDATE outbox SET state = 'handing' WHERE id = ?1 AND state = 'sending'", [id.0])? > 0))
    }

    /// Records how an attempt ended (`end.doubt`: nobody knows), and queues `report` for the operators.
    pub fn finish_attempt(&self, id: OutboxId, end: &DeliveryOutcome, report: Option<&OperatorReport>, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.execute(
                "UPDATE outbox SET state = ?2, reply = ?3, next_try = ?4, doubts = doubts + ?5 WHERE id = ?1 AND state IN ('sending', 'handing')",
                params![id.0, end.state.as_str(), end.reply, end.next_try, end.doubt],
            )?;
            cancel_stale(t)?;
            let subject = report.map(|r| Subject::Report { key: &r.key, text: &r.text });
            subject.map_or(Ok(()), |subject| raise(t, subject, now, now).map(|_| ()))
        })
    }
}

/// Something that operators are told, once for its key.
#[derive(Debug, Clone)]
pub struct OperatorReport {
    pub key: String,
    pub text: NotificationText,
}

/// The end of an attempt.
#[derive(Debug, Clone)]
pub struct DeliveryOutcome {
    pub state: DeliveryState,
    pub reply: String,
    /// In seconds since 1970.
    pub next_try: i64,
    /// It may have been accepted all the same.
    pub doubt: bool,
}

/// Queues a message: of an issue with its round, of a notice about it, or to operators.
fn queue(
    t: &Connection,
    of: Option<(EditionId, u32)>,
    notice: Option<i64>,
    l: &OutgoingMessage,
    now: DateTime<Utc>,
    expires: DateTime<Utc>,
) -> Result<usize> {
    let sql = "INSERT INTO outbox (edition_id, final, notice_id, recipient, message_id, message, state, queued, expires)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'queued', ?7, ?8) ON CONFLICT DO NOTHING";
    let (edition, round) = (of.map(|o| o.0.0), of.map_or(0, |o| o.1));
    let params = params![edition, round, notice, l.recipient, l.message_id, l.message, now.timestamp(), expires.timestamp()];
    Ok(t.prepare_cached(sql)?.execute(params)?)
}

/// Queues the messages of an issue; none of an imported one, or of a final one that was withdrawn meanwhile.
pub(super) fn queue_issue(t: &Connection, e: &Edition, letters: &[OutgoingMessage], now: DateTime<Utc>, expires: DateTime<Utc>) -> Result<usize> {
    if e.is_imported() || (e.is_final && !is_final(t, e.id)?) {
        return Ok(0);
    }
    let round = if e.is_final { e.signing.round } else { 0 };
    letters.iter().map(|l| queue(t, Some((e.id, round)), None, l, now, expires)).sum()
}

/// Queues the messages of a notice about an issue.
pub(super) fn queue_notice(
    t: &Connection,
    (edition, notice): (EditionId, i64),
    letters: &[OutgoingMessage],
    now: DateTime<Utc>,
    expires: DateTime<Utc>,
) -> Result<usize> {
    letters.iter().map(|l| queue(t, Some((edition, 0)), Some(notice), l, now, expires)).sum()
}

/// Queues messages that belong to no issue: to operators, and alerts.
pub(super) fn queue_plain(t: &Connection, letters: &[OutgoingMessage], now: DateTime<Utc>, expires: DateTime<Utc>) -> Result<usize> {
    letters.iter().map(|l| queue(t, None, None, l, now, expires)).sum()
}

/// SQL: whether an edition is final, for the round that stands behind.
const FINAL_ROUND: &str = "(SELECT CASE WHEN json_extract(e.payload, '$.finalised') THEN json_extract(e.payload, '$.signing.round') ELSE 0 END
                           FROM edition e WHERE e.id = edition_id)";

/// SQL: whether a notice is out of date. A correction is about one version of the issue; a withdrawal holds until the next version.
fn stale_notice() -> String {
    format!("CASE kind WHEN 'correction' THEN round <> {FINAL_ROUND} ELSE {FINAL_ROUND} > 0 END")
}

/// SQL: whether a letter is out of date: its issue was called back, or its notice is.
fn stale_letter() -> String {
    let notice = format!("SELECT 1 FROM notice WHERE notice.id = outbox.notice_id AND {}", stale_notice());
    format!("CASE WHEN notice_id IS NULL THEN final > 0 AND final <> {FINAL_ROUND} ELSE EXISTS ({notice}) END")
}

/// SQL: whether a notification is about an issue or notice that is out of date.
fn stale_notification() -> String {
    let notice = format!("SELECT 1 FROM notice WHERE notice.id = notification.notice_id AND {}", stale_notice());
    format!("CASE kind WHEN 'issue' THEN round <> {FINAL_ROUND} WHEN 'notice' THEN EXISTS ({notice}) ELSE 0 END")
}

/// Cancels letters, notices and deliveries that are out of date and not under way: they are not tried again.
pub(super) fn cancel_stale(t: &Connection) -> Result<()> {
    let stale = stale_notification();
    t.prepare_cached(&format!("UPDATE notification SET taken = due WHERE taken IS NULL AND {stale}"))?.execute([])?;
    let sql = format!(
        "UPDATE delivery SET state = 'cancelled', reply = coalesce(reply || '; ', '') || '{CALLED_BACK}' WHERE state = 'queued'
         AND notification_id IN (SELECT id FROM notification WHERE {stale})"
    );
    t.prepare_cached(&sql)?.execute([])?;
    let sql = format!(
        "UPDATE outbox SET state = 'cancelled', reply = coalesce(reply || '; ', '') || '{CALLED_BACK}'
         WHERE state IN ('queued', 'sending', 'failed', 'uncertain', 'expired') AND edition_id IS NOT NULL AND {}",
        stale_letter()
    );
    t.prepare_cached(&sql)?.execute([])?;
    Ok(())
}

fn is_final(t: &Connection, id: EditionId) -> Result<bool> {
    let sql = "SELECT coalesce(json_extract(payload, '$.finalised'), 0) FROM edition WHERE id = ?1";
    Ok(t.query_row(sql, [id.0], |r| r.get(0))?)
}
