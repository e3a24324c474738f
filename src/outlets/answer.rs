//! What answers mean, as far as vendors agree.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::Value;

use crate::fetch::{OutgoingAnswer, retry_after};
use crate::outlets::SendResult;
use crate::text::normalize::{collapse_whitespace, truncate};

/// Longest reply that is shown, in characters.
const MAX_REPLY: usize = 200;

/// What a vendor's error code means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    /// Pause for this long.
    Throttled(Duration),
    Refused,
    Unavailable,
}

/// A vendor's error code, its meaning, and what people can do.
pub(super) struct ErrorCode(pub(super) i64, pub(super) Meaning, pub(super) &'static str);

/// Judges an answer whose body has a code, 0 for success. Vendors answer 200 to messages that they refuse, so the status alone is no
/// success. A code that is not in the table was not accepted, but may be one of a passing fault: another attempt is made.
pub(super) fn by_code(answer: &OutgoingAnswer, now: DateTime<Utc>, code: &str, words: &str, table: &[ErrorCode]) -> SendResult {
    let json: Option<Value> = serde_json::from_slice(&answer.body).ok().filter(|_| answer.is_complete);
    let number = json.as_ref().and_then(|j| j.get(code)?.as_i64());
    let reply = || {
        let said = json.as_ref().and_then(|j| j.get(words)?.as_str()).unwrap_or_default();
        format!("{code} {} {}", number.unwrap_or_default(), shown(said))
    };
    match number {
        Some(0) => by_status(answer, now).unwrap_or(SendResult::Accepted),
        Some(n) => match table.iter().find(|c| c.0 == n) {
            Some(ErrorCode(_, Meaning::Throttled(pause), advice)) => SendResult::Throttled {
                retry_after: pause_of(answer, now).unwrap_or_default().max(*pause),
                reply: format!("{}（{advice}）", reply()),
            },
            Some(ErrorCode(_, Meaning::Refused, advice)) => SendResult::Refused { reply: format!("{}（{advice}）", reply()) },
            Some(ErrorCode(_, Meaning::Unavailable, advice)) => SendResult::Unavailable { reply: format!("{}（{advice}）", reply()) },
            None => match pause_of(answer, now) {
                Some(retry_after) => SendResult::Throttled { retry_after, reply: reply() },
                None => SendResult::Unavailable { reply: reply() },
            },
        },
        None => {
            by_status(answer, now).unwrap_or_else(|| SendResult::Unknown { reply: format!("HTTP {}，但答复里没有 {code}", answer.status) })
        }
    }
}

/// Judges a status that is no success.
pub(super) fn by_status(answer: &OutgoingAnswer, now: DateTime<Utc>) -> Option<SendResult> {
    let reply = || {
        let said = shown(&String::from_utf8_lossy(&answer.body));
        format!("HTTP {} {said}", answer.status).trim_end().to_owned()
    };
    if let Some(retry_after) = pause_of(answer, now) {
        return Some(SendResult::Throttled { retry_after, reply: reply() });
    }
    match answer.status {
        200..300 => None,
        300..400 => Some(SendResult::Refused { reply: format!("HTTP {}：要转到别的地址，不跟随；请检查 url_file", answer.status) }),
        408 | 425 => Some(SendResult::Unavailable { reply: reply() }),
        400..500 => Some(SendResult::Refused { reply: reply() }),
        // the fault may have happened behind the gateway, or after the message was taken
        500 | 502 | 504 => Some(SendResult::Unknown { reply: reply() }),
        _ => Some(SendResult::Unavailable { reply: reply() }),
    }
}

/// Returns the pause that a status asks for.
fn pause_of(answer: &OutgoingAnswer, now: DateTime<Utc>) -> Option<Duration> {
    retry_after(StatusCode::from_u16(answer.status).ok()?, &answer.headers, SystemTime::from(now))
}

/// Returns a vendor's words on one line.
fn shown(text: &str) -> String {
    truncate(&collapse_whitespace(text), MAX_REPLY)
}
