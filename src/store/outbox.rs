//! Letters waiting to be sent. A letter's bytes are stored before anything is sent, and its state changes with every step.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::{Result, Store};
use crate::model::{EditionId, OutboxId};

/// A letter to be queued.
#[derive(Debug)]
pub struct Letter {
    /// Bare address.
    pub recipient: String,
    /// Fixed before the first try, the same in every later one.
    pub message_id: String,
    /// The whole message.
    pub message: Vec<u8>,
}

/// Where a letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterState {
    /// Waits for its next try.
    Queued,
    /// A try has begun and its end is not recorded.
    Sending,
    /// Accepted.
    Sent,
    /// Refused for good.
    Failed,
}

impl LetterState {
    fn parse(word: &str) -> Self {
        match word {
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "failed" => Self::Failed,
            _ => Self::Queued,
        }
    }

    /// As shown to people.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Queued => "待发",
            Self::Sending => "发送中",
            Self::Sent => "已发",
            Self::Failed => "失败",
        }
    }
}

/// A letter in the outbox.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// Row.
    pub id: OutboxId,
    /// Edition.
    pub edition: EditionId,
    /// Bare address.
    pub recipient: String,
    /// Message-ID.
    pub message_id: String,
    /// The whole message.
    pub message: Vec<u8>,
    /// State.
    pub state: LetterState,
    /// Tries so far.
    pub tries: u32,
    /// Last answer of the server.
    pub reply: Option<String>,
}

impl OutboxRow {
    /// A letter that is sent at once and not recorded.
    pub fn test_copy(edition: EditionId, letter: Letter) -> Self {
        let Letter { recipient, message_id, message } = letter;
        Self { id: OutboxId(0), edition, recipient, message_id, message, state: LetterState::Queued, tries: 0, reply: None }
    }
}

const COLUMNS: &str = "id, edition_id, recipient, message_id, message, state, tries, reply";

impl Store {
    /// Queues letters; one that is queued for this edition and recipient already stays as it is. Gives how many are new.
    pub fn queue_letters(&self, edition: EditionId, letters: &[Letter], now: DateTime<Utc>) -> Result<usize> {
        self.write(|t| {
            let mut new = 0;
            for l in letters {
                new += t.execute(
                    "INSERT INTO outbox (edition_id, recipient, message_id, message, state, queued) VALUES (?1, ?2, ?3, ?4, 'queued', ?5)
                     ON CONFLICT (edition_id, recipient) DO NOTHING",
                    params![edition.0, l.recipient, l.message_id, l.message, now.timestamp()],
                )?;
            }
            Ok(new)
        })
    }

    /// Letters whose try is due, oldest first. Letters left in `sending` by a killed process are among them: they go
    /// out again with the same Message-ID.
    pub fn due_letters(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<OutboxRow>> {
        self.letters(
            &format!("SELECT {COLUMNS} FROM outbox WHERE state IN ('queued', 'sending') AND next_try <= ?1 ORDER BY id LIMIT ?2"),
            params![now.timestamp(), i64::try_from(limit).unwrap_or(i64::MAX)],
        )
    }

    /// All letters of an edition.
    pub fn letters_of(&self, edition: EditionId) -> Result<Vec<OutboxRow>> {
        self.letters(&format!("SELECT {COLUMNS} FROM outbox WHERE edition_id = ?1 ORDER BY id"), params![edition.0])
    }

    fn letters(&self, sql: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<OutboxRow>> {
        self.read(|c| {
            let mut s = c.prepare_cached(sql)?;
            let rows = s.query_map(params, |r| {
                Ok(OutboxRow {
                    id: OutboxId(r.get(0)?),
                    edition: EditionId(r.get(1)?),
                    recipient: r.get(2)?,
                    message_id: r.get(3)?,
                    message: r.get(4)?,
                    state: LetterState::parse(&r.get::<_, String>(5)?),
                    tries: r.get(6)?,
                    reply: r.get(7)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A try begins: recorded before the first byte leaves.
    pub fn letter_begins(&self, id: OutboxId) -> Result<()> {
        self.write(|t| {
            t.execute("UPDATE outbox SET state = 'sending', tries = tries + 1 WHERE id = ?1", [id.0])?;
            Ok(())
        })
    }

    /// A try ended.
    pub fn letter_ends(&self, id: OutboxId, state: LetterState, reply: &str, next_try: i64) -> Result<()> {
        let word = match state {
            LetterState::Queued => "queued",
            LetterState::Sending => "sending",
            LetterState::Sent => "sent",
            LetterState::Failed => "failed",
        };
        self.write(|t| {
            t.execute("UPDATE outbox SET state = ?2, reply = ?3, next_try = ?4 WHERE id = ?1", params![id.0, word, reply, next_try])?;
            Ok(())
        })
    }
}
