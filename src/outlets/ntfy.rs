//! ntfy (docs.ntfy.sh/publish, "Publish as JSON"): the address is that of the topic, the message goes to the server's root.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::fetch::{OutgoingAnswer, OutgoingRequest};
use crate::model::{NotificationKind, WebUrl};
use crate::outlets::answer::by_status;
use crate::outlets::plain::{MORE_BYTES, fit, headline, inert, link_target, more};
use crate::outlets::secret::Secret;
use crate::outlets::{OutletMessage, Pace, Paragraph, SendResult};

/// `visitor-request-limit-replenish` of the server's default settings: one in 5 seconds, after the first 60.
pub(super) const PACE: Pace = Pace { messages: 12, per: Duration::from_mins(1) };
/// Longer messages become attachments (docs.ntfy.sh/publish, "Limitations": 4,096 bytes).
const MAX_MESSAGE: usize = 4096;
/// Priorities of ntfy, from 1 to 5; 3 is the default.
const HIGH: u8 = 4;
const DEFAULT: u8 = 3;

/// Returns the topic of an address: the last part of its path.
pub(super) fn topic(url: &WebUrl) -> Option<String> {
    let last = url.as_url().path_segments()?.next_back()?;
    (!last.is_empty() && last.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))).then(|| last.to_owned())
}

/// Returns the address of the server.
fn root(url: &WebUrl) -> WebUrl {
    url.join("./").unwrap_or_else(|_| url.clone())
}

pub(super) fn request(url: &WebUrl, secret: Option<&Secret>, message: &OutletMessage) -> OutgoingRequest {
    // a line end before the address, and an empty line after it
    let fitted = fit(&message.paragraphs, MAX_MESSAGE - MORE_BYTES, 3, inert);
    let paragraph = |p: &Paragraph| match &p.url {
        Some(url) => format!("{}\n{}", p.text, link_target(url)),
        None => p.text.clone(),
    };
    let text = fitted.paragraphs.iter().map(paragraph).chain(more(fitted.left_out)).collect::<Vec<_>>().join("\n\n");
    let first = message.paragraphs.iter().find_map(|p| p.url.as_ref());
    let mut body = json!({
        "topic": topic(url),
        "title": headline(message, None),
        "message": text,
        "priority": if message.kind == NotificationKind::Alert { HIGH } else { DEFAULT },
    });
    if let (Some(click), Some(object)) = (message.url.as_ref().or(first), body.as_object_mut()) {
        object.insert("click".to_owned(), Value::from(click.as_str()));
    }
    let headers = secret.map(|s| ("Authorization", format!("Bearer {}", s.text()))).into_iter().collect();
    OutgoingRequest { url: root(url), headers, body: body.to_string() }
}

/// A success is the stored message with its id: a sign-in page of a network answers 200 too.
pub(super) fn verdict(answer: &OutgoingAnswer, now: DateTime<Utc>) -> SendResult {
    by_status(answer, now).unwrap_or_else(|| {
        let json: Option<Value> = serde_json::from_slice(&answer.body).ok().filter(|_| answer.is_complete);
        match json.and_then(|j| Some(!j.get("id")?.as_str()?.is_empty())) {
            Some(true) => SendResult::Accepted,
            _ => SendResult::Unknown { reply: format!("HTTP {}，但答复不是 ntfy 的", answer.status) },
        }
    })
}
