//! Working the outbox off: every step is recorded before the next, so a killed process loses nothing and repeats only
//! a letter whose acceptance was not recorded yet.

use chrono::{DateTime, Utc};

use super::transport::{Outcome, Transport};
use crate::store::{LetterState, Result, Store};

/// Waits between tries, in minutes; the last repeats.
const BACK_OFF: [i64; 6] = [1, 5, 15, 60, 180, 360];
/// Tries before a letter is given up: about a week.
const MAX_TRIES: u32 = 32;
const BATCH: usize = 50;

/// What came of working the outbox off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Accepted.
    pub sent: Vec<String>,
    /// Still queued, with the reason.
    pub later: Vec<(String, String)>,
    /// Given up, with the reason.
    pub failed: Vec<(String, String)>,
}

/// Sends every letter that is due, one after the other.
pub async fn send_due(store: &Store, transport: &Transport, now: DateTime<Utc>) -> Result<Report> {
    let mut report = Report::default();
    let due = store.run(move |s| s.due_letters(now, BATCH)).await?;
    for letter in due {
        let id = letter.id;
        store.run(move |s| s.letter_begins(id)).await?;
        let outcome = transport.send(&letter).await;
        let tries = letter.tries + 1;
        let (state, reply, next_try) = match outcome {
            Outcome::Accepted(reply) => (LetterState::Sent, reply, 0),
            Outcome::Refused(reply) => (LetterState::Failed, reply, 0),
            Outcome::Later(reply) if tries >= MAX_TRIES => (LetterState::Failed, reply, 0),
            Outcome::Later(reply) => (LetterState::Queued, reply, now.timestamp() + 60 * wait(tries)),
        };
        let words = reply.clone();
        store.run(move |s| s.letter_ends(id, state, &words, next_try)).await?;
        match state {
            LetterState::Sent => report.sent.push(reply),
            LetterState::Failed => report.failed.push((letter.recipient, reply)),
            LetterState::Queued | LetterState::Sending => report.later.push((letter.recipient, reply)),
        }
    }
    Ok(report)
}

fn wait(tries: u32) -> i64 {
    let i = usize::try_from(tries.saturating_sub(1)).unwrap_or(0).min(BACK_OFF.len() - 1);
    BACK_OFF.get(i).copied().unwrap_or(360)
}
