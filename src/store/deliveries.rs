//! Deliveries to outlets: what the outbox is for mail. Each step is recorded before the next, so a killed process loses nothing and
//! repeats only a message whose acceptance it had not recorded.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{DeliveryId, NotificationId, NotificationKind, NotificationText};
use crate::store::notification_queue::{Subject, raise};
use crate::store::{Result, Store, invalid_value};

/// The state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutletState {
    /// Waits for its next attempt.
    Queued,
    /// An attempt has started.
    Sending,
    /// Accepted.
    Sent,
    /// Refused permanently.
    Failed,
    /// Too old to send.
    Expired,
    /// Cancelled by an operator, or its issue was withdrawn.
    Cancelled,
}

impl OutletState {
    /// Every state, as stored and as shown.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Queued, "queued", "待发"),
        (Self::Sending, "sending", "发送中"),
        (Self::Sent, "sent", "已发"),
        (Self::Failed, "failed", "被拒"),
        (Self::Expired, "expired", "过期未发"),
        (Self::Cancelled, "cancelled", "已取消"),
    ];

    fn parse(word: &str) -> Self {
        Self::ALL.iter().find(|s| s.1 == word).map_or(Self::Queued, |s| s.0)
    }

    /// Returns the stored word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|s| s.0 == self).map_or("queued", |s| s.1)
    }

    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|s| s.0 == self).map_or("待发", |s| s.2)
    }
}

/// A message to an outlet.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: DeliveryId,
    pub notification: NotificationId,
    pub kind: NotificationKind,
    pub outlet: String,
    pub text: NotificationText,
    pub state: OutletState,
    pub attempts: u32,
    /// Attempts of unknown result. If there are any, the message may come twice.
    pub ambiguous_attempts: u32,
    pub queued_at: DateTime<Utc>,
    /// Last answer.
    pub reply: Option<String>,
}

/// The end of an attempt.
#[derive(Debug, Clone)]
pub struct AttemptEnd {
    pub state: OutletState,
    pub reply: String,
    /// If it is queued again.
    pub next_try: DateTime<Utc>,
    /// It may have been accepted all the same.
    pub is_ambiguous: bool,
}

const COLUMNS: &str = "d.id, d.notification_id, n.kind, d.outlet, d.content, d.state, d.tries, d.doubts, d.queued, d.reply";
const FROM: &str = "delivery d JOIN notification n ON n.id = d.notification_id";

impl Store {
    /// Queues again what a killed process was sending; its acceptance is unknown.
    pub fn recover_deliveries(&self) -> Result<usize> {
        let sql = "UPDATE delivery SET state = 'queued', doubts = doubts + 1, reply = 'the process ended before the answer was recorded'
                   WHERE state = 'sending'";
        self.write(|t| Ok(t.execute(sql, [])?))
    }

    /// Gives up deliveries that are too old, and reports them to operators.
    pub fn expire_deliveries(&self, now: DateTime<Utc>) -> Result<()> {
        let late = self.deliveries("d.state = 'queued' AND d.expires <= ?1 ORDER BY d.id LIMIT 500", params![now.timestamp()])?;
        if late.is_empty() {
            return Ok(());
        }
        self.write(|t| {
            for d in &late {
                let sql = "UPDATE delivery SET state = 'expired', finished = ?2 WHERE id = ?1 AND state = 'queued'";
                if t.execute(sql, params![d.id.0, now.timestamp()])? > 0 {
                    report(t, d, OutletState::Expired, d.reply.as_deref().unwrap_or_default(), now)?;
                }
            }
            Ok(())
        })
    }

    /// Returns the outlets that have something due.
    pub fn outlets_due(&self, now: DateTime<Utc>) -> Result<Vec<String>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT DISTINCT outlet FROM delivery WHERE state = 'queued' AND next_try <= ?1 ORDER BY outlet")?;
            Ok(s.query_map([now.timestamp()], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns when the next delivery is due; nothing while mail is held.
    pub fn next_outlet_delivery(&self) -> Result<Option<DateTime<Utc>>> {
        if self.mail_hold()?.is_some() {
            return Ok(None);
        }
        let at: Option<i64> =
            self.read(|c| Ok(c.prepare_cached("SELECT min(next_try) FROM delivery WHERE state = 'queued'")?.query_row([], |r| r.get(0))?))?;
        Ok(at.and_then(|t| DateTime::from_timestamp(t, 0)))
    }

    /// Returns the oldest due delivery of an outlet, and records that an attempt begins.
    pub fn begin_delivery(&self, outlet: &str, now: DateTime<Utc>) -> Result<Option<Delivery>> {
        // one that failed again and again holds up no others
        let rest = "d.outlet = ?1 AND d.state = 'queued' AND d.next_try <= ?2 ORDER BY d.tries > 3, d.id LIMIT 1";
        let Some(due) = self.deliveries(rest, params![outlet, now.timestamp()])?.pop() else { return Ok(None) };
        let sql = "UPDATE delivery SET state = 'sending', tries = tries + 1 WHERE id = ?1 AND state = 'queued'";
        let begun = self.write(|t| Ok(t.prepare_cached(sql)?.execute([due.id.0])? > 0))?;
        Ok(begun.then(|| Delivery { attempts: due.attempts + 1, ..due }))
    }

    /// Returns the most attempts of a message that waits for an outlet: how long it has accepted nothing.
    pub fn most_attempts(&self, outlet: &str) -> Result<u32> {
        let sql = "SELECT coalesce(max(tries), 0) FROM delivery WHERE outlet = ?1 AND state IN ('queued', 'sending')";
        self.read(|c| Ok(c.prepare_cached(sql)?.query_row([outlet], |r| r.get(0))?))
    }

    /// Records how an attempt ended. Operators are told what an outlet refused.
    pub fn finish_delivery(&self, d: &Delivery, end: &AttemptEnd, now: DateTime<Utc>) -> Result<()> {
        let finished = (end.state != OutletState::Queued).then(|| now.timestamp());
        self.write(|t| {
            let sql =
                "UPDATE delivery SET state = ?2, reply = ?3, next_try = ?4, doubts = doubts + ?5, finished = ?6 WHERE id = ?1 AND state = 'sending'";
            t.prepare_cached(sql)?.execute(params![d.id.0, end.state.as_str(), end.reply, end.next_try.timestamp(), end.is_ambiguous, finished])?;
            if end.state == OutletState::Failed { report(t, d, end.state, &end.reply, now) } else { Ok(()) }
        })
    }

    /// Lets what waits for an outlet leave: it accepts messages again.
    pub fn release_outlet(&self, outlet: &str, now: DateTime<Utc>) -> Result<()> {
        let sql = "UPDATE delivery SET next_try = ?2 WHERE outlet = ?1 AND state = 'queued' AND next_try > ?2 AND tries <= 3";
        self.write(|t| Ok(t.prepare_cached(sql)?.execute(params![outlet, now.timestamp()]).map(|_| ())?))
    }

    /// Makes an outlet wait: it is down, or asked for a pause.
    pub fn postpone_outlet(&self, outlet: &str, until: DateTime<Utc>) -> Result<()> {
        let sql = "UPDATE delivery SET next_try = max(next_try, ?2) WHERE outlet = ?1 AND state = 'queued'";
        self.write(|t| Ok(t.prepare_cached(sql)?.execute(params![outlet, until.timestamp()]).map(|_| ())?))
    }

    /// Sends a delivery that was given up once more, or cancels one that waits; returns whether that was possible.
    pub fn change_delivery(&self, id: DeliveryId, retry: bool, now: DateTime<Utc>, expires: DateTime<Utc>) -> Result<bool> {
        let sql = if retry {
            "UPDATE delivery SET state = 'queued', next_try = ?2, expires = ?3, finished = NULL WHERE id = ?1 AND state IN ('queued', 'failed', 'expired', 'cancelled')"
        } else {
            "UPDATE delivery SET state = 'cancelled', finished = ?2, expires = ?3 WHERE id = ?1 AND state IN ('queued', 'failed', 'expired')"
        };
        self.write(|t| Ok(t.execute(sql, params![id.0, now.timestamp(), expires.timestamp()])? > 0))
    }

    /// Returns the newest deliveries; without `all` those that are not done with, or went wrong.
    pub fn recent_deliveries(&self, all: bool, most: usize) -> Result<Vec<Delivery>> {
        let which = if all { "TRUE" } else { "d.state NOT IN ('sent', 'cancelled')" };
        self.deliveries(&format!("{which} ORDER BY d.id DESC LIMIT ?1"), params![i64::try_from(most).unwrap_or(i64::MAX)])
    }

    /// Returns the last delivery to an outlet that was accepted, and the last that was not.
    pub fn outlet_record(&self, outlet: &str) -> Result<(Option<DateTime<Utc>>, Option<Delivery>)> {
        let at: Option<i64> = self.read(|c| {
            let sql = "SELECT finished FROM delivery WHERE outlet = ?1 AND state = 'sent' ORDER BY id DESC LIMIT 1";
            Ok(c.prepare_cached(sql)?.query_row([outlet], |r| r.get(0)).optional()?)
        })?;
        let open =
            self.deliveries("d.outlet = ?1 AND d.state IN ('queued', 'sending', 'failed', 'expired') ORDER BY d.id DESC LIMIT 1", params![outlet])?;
        Ok((at.and_then(|t| DateTime::from_timestamp(t, 0)), open.into_iter().next()))
    }

    fn deliveries(&self, rest: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<Delivery>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!("SELECT {COLUMNS} FROM {FROM} WHERE {rest}"))?;
            let mut rows = s.query(params)?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let kind: String = r.get(2)?;
                out.push(Delivery {
                    id: DeliveryId(r.get(0)?),
                    notification: NotificationId(r.get(1)?),
                    kind: NotificationKind::parse(&kind).ok_or("not a kind").map_err(invalid_value("notification's kind"))?,
                    outlet: r.get(3)?,
                    text: serde_json::from_str(&r.get::<_, String>(4)?).map_err(invalid_value("delivery"))?,
                    state: OutletState::parse(&r.get::<_, String>(5)?),
                    attempts: r.get(6)?,
                    ambiguous_attempts: r.get(7)?,
                    queued_at: DateTime::from_timestamp(r.get(8)?, 0).unwrap_or_default(),
                    reply: r.get(9)?,
                });
            }
            Ok(out)
        })
    }
}

/// Tells operators of a delivery that was given up, once a day for each outlet. There are no reports about reports.
fn report(t: &Connection, d: &Delivery, state: OutletState, reply: &str, now: DateTime<Utc>) -> Result<()> {
    if d.kind == NotificationKind::Report {
        return Ok(());
    }
    let title = format!("【情报快递】发往“{}”的消息{}", d.outlet, state.chinese());
    let lines = [
        format!("消息：{}", d.text.title),
        format!("答复：{reply}"),
        "处理好原因以后，在控制台的“提醒”页重发。同一天同一出口的其他失败不再另发通知。".to_owned(),
    ];
    let text = NotificationText { title, paragraphs: lines.into_iter().map(crate::model::Paragraph::plain).collect(), url: None };
    let key = format!("delivery:{}:{}", d.outlet, now.timestamp().div_euclid(TimeDelta::days(1).num_seconds()));
    raise(t, Subject::Report { key: &key, text: &text }, now, now).map(|_| ())
}
