//! 钉钉 自定义机器人 (open.dingtalk.com/document/robots/custom-robot-access).

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::fetch::{OutgoingAnswer, OutgoingRequest};
use crate::model::WebUrl;
use crate::outlets::answer::{ErrorCode, Meaning, by_code};
use crate::outlets::plain::{headline, markdown};
use crate::outlets::secret::Secret;
use crate::outlets::{OutletMessage, Pace, SendResult};
use crate::text::hmac::sign_base64;

/// "每个机器人每分钟最多发送20条消息到群里，如果超过20条，会限流10分钟": fewer, because the penalty is long.
pub(super) const PACE: Pace = Pace { messages: 15, per: Duration::from_mins(1) };
/// The vendor accepts about 20,000 bytes; a chat message should be shorter.
const MAX_TEXT: usize = 8_000;
const PENALTY: Duration = Duration::from_mins(10);

/// Code 310000 covers keyword, signature, timestamp and address list.
const CODES: [ErrorCode; 6] = [
    ErrorCode(-1, Meaning::Unavailable, "钉钉忙"),
    ErrorCode(130_101, Meaning::Throttled(PENALTY), "每分钟最多 20 条，超过后停 10 分钟"),
    ErrorCode(90_030, Meaning::Throttled(Duration::from_hours(1)), "webhook 调用次数用完"),
    ErrorCode(300_001, Meaning::Refused, "地址里的 access_token 不对，或消息不合要求"),
    ErrorCode(300_005, Meaning::Refused, "地址里的 access_token 不对，或机器人已删除"),
    ErrorCode(310_000, Meaning::Refused, "安全设置不通过：请核对 keyword、secret_file、本机时间和钉钉里的 IP 名单"),
];

pub(super) fn request(url: &WebUrl, secret: Option<&Secret>, keyword: Option<&str>, message: &OutletMessage, now: DateTime<Utc>) -> OutgoingRequest {
    let title = headline(message, keyword);
    let body = json!({
        "msgtype": "markdown",
        "markdown": { "title": title, "text": markdown(message, &title, MAX_TEXT) },
        "at": { "isAtAll": false },
    });
    OutgoingRequest { url: secret.map_or_else(|| url.clone(), |s| signed(url, s, now)), headers: Vec::new(), body: body.to_string() }
}

/// Adds `timestamp` (milliseconds, at most an hour off) and `sign`.
fn signed(url: &WebUrl, secret: &Secret, now: DateTime<Utc>) -> WebUrl {
    let timestamp = now.timestamp_millis().to_string();
    let sign = sign_base64(secret.text().as_bytes(), format!("{timestamp}\n{}", secret.text()).as_bytes());
    let mut signed = url.as_url().clone();
    signed.query_pairs_mut().append_pair("timestamp", &timestamp).append_pair("sign", &sign);
    // an address that became too long goes unsigned, and is refused with a clear answer
    WebUrl::parse(signed.as_str()).unwrap_or_else(|_| url.clone())
}

pub(super) fn verdict(answer: &OutgoingAnswer, now: DateTime<Utc>) -> SendResult {
    by_code(answer, now, "errcode", "errmsg", &CODES)
}
