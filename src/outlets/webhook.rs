//! A signed JSON message for any program. docs/admin.md says how to check the signature.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use crate::fetch::{OutgoingAnswer, OutgoingRequest};
use crate::model::WebUrl;
use crate::outlets::answer::by_status;
use crate::outlets::plain::{cut, fit};
use crate::outlets::secret::Secret;
use crate::outlets::{OutletMessage, Pace, SendResult};
use crate::text::hex;
use crate::text::hmac::sign;
use crate::text::normalize::collapse_whitespace;

pub(super) const PACE: Pace = Pace { messages: 60, per: Duration::from_mins(1) };
/// For all paragraphs, in bytes.
const MAX_PARAGRAPHS: usize = 256 << 10;
/// In bytes.
const MAX_TITLE: usize = 1_000;
const PARAGRAPH_BYTES: usize = 40;

pub(super) fn request(url: &WebUrl, secret: Option<&Secret>, message: &OutletMessage, now: DateTime<Utc>) -> OutgoingRequest {
    let fitted = fit(&message.paragraphs, MAX_PARAGRAPHS, PARAGRAPH_BYTES, collapse_whitespace);
    let paragraphs: Vec<_> = fitted.paragraphs.iter().map(|p| json!({ "text": p.text, "url": p.url.as_ref().map(WebUrl::as_str) })).collect();
    let body = json!({
        "id": message.id,
        "kind": message.kind.as_str(),
        "title": cut(&collapse_whitespace(&message.title), MAX_TITLE),
        "paragraphs": paragraphs,
        "left_out": fitted.left_out,
        "url": message.url.as_ref().map(WebUrl::as_str),
        "at": message.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        "repeated": message.repeated,
    })
    .to_string();
    let timestamp = now.timestamp().to_string();
    // a header holds visible ASCII only
    let id: String = message.id.chars().filter(char::is_ascii_graphic).collect();
    let mut headers = vec![("X-Qingbao-Id", id), ("X-Qingbao-Timestamp", timestamp.clone())];
    if let Some(secret) = secret {
        let code = sign(secret.text().as_bytes(), format!("{timestamp}.{body}").as_bytes());
        headers.push(("X-Qingbao-Signature", format!("sha256={}", hex(&code))));
    }
    OutgoingRequest { url: url.clone(), headers, body }
}

/// Any success is one: programs answer as they like.
pub(super) fn verdict(answer: &OutgoingAnswer, now: DateTime<Utc>) -> SendResult {
    by_status(answer, now).unwrap_or(SendResult::Accepted)
}
