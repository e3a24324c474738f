//! 飞书 自定义机器人 (open.feishu.cn/document/client-docs/bot-v3/add-custom-bot). Rich text (`post`), whose parts are typed: a text
//! cannot become a link or a mention.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::fetch::{OutgoingAnswer, OutgoingRequest};
use crate::model::WebUrl;
use crate::outlets::answer::{ErrorCode, Meaning, by_code};
use crate::outlets::plain::{MORE_BYTES, fit, headline, inert, link_target, more};
use crate::outlets::secret::Secret;
use crate::outlets::{OutletMessage, Pace, Paragraph, SendResult};
use crate::text::hmac::sign_base64;

/// "单租户单机器人 100 次/分钟，5 次/秒": one a second keeps both.
pub(super) const PACE: Pace = Pace { messages: 1, per: Duration::from_secs(1) };
/// "请求体的数据大小不能超过 20 KB"; a chat message should be shorter.
const MAX_CONTENT: usize = 8_000;
/// JSON around a paragraph.
const PARAGRAPH_BYTES: usize = 80;
/// Header of seconds until messages are accepted again (open.feishu.cn/document/server-docs/api-call-guide/frequency-control).
const RESET: &str = "x-ogw-ratelimit-reset";
const MAX_PAUSE: Duration = Duration::from_hours(1);

const CODES: [ErrorCode; 9] = [
    ErrorCode(2200, Meaning::Unavailable, "飞书内部错误"),
    ErrorCode(9499, Meaning::Refused, "消息不合要求，例如太长"),
    ErrorCode(11_232, Meaning::Throttled(Duration::from_mins(1)), "发送太频繁，或飞书在整点忙"),
    ErrorCode(99_991_400, Meaning::Throttled(Duration::from_mins(1)), "发送太频繁"),
    ErrorCode(19_001, Meaning::Refused, "地址不对，或机器人已删除"),
    ErrorCode(19_021, Meaning::Refused, "签名不对：请核对 secret_file 和本机时间"),
    ErrorCode(19_022, Meaning::Refused, "本机 IP 不在机器人的名单里"),
    ErrorCode(19_024, Meaning::Refused, "缺关键词：请在 keyword 里写机器人要求的词"),
    ErrorCode(19_036, Meaning::Refused, "消息太长"),
];

pub(super) fn request(url: &WebUrl, secret: Option<&Secret>, keyword: Option<&str>, message: &OutletMessage, now: DateTime<Utc>) -> OutgoingRequest {
    let text = |t: &str| json!({ "tag": "text", "text": t });
    let link = |t: &str, url: &WebUrl| json!({ "tag": "a", "text": t, "href": link_target(url) });
    let url_of_message = message.url.as_ref().filter(|u| link_target(u).len() <= MAX_CONTENT / 2);
    let room = MAX_CONTENT - MORE_BYTES - url_of_message.map_or(0, |u| link_target(u).len());
    let fitted = fit(&message.paragraphs, room, PARAGRAPH_BYTES, inert);
    let line = |p: &Paragraph| match &p.url {
        Some(url) => link(if p.text.is_empty() { "原文" } else { &p.text }, url),
        None => text(&p.text),
    };
    let lines = fitted.paragraphs.iter().map(line).chain(more(fitted.left_out).map(|m| text(&m))).chain(url_of_message.map(|u| link("打开查看", u)));
    let content: Vec<Vec<Value>> = lines.map(|l| vec![l]).collect();
    let mut body = json!({
        "msg_type": "post",
        "content": { "post": { "zh_cn": { "title": headline(message, keyword), "content": content } } },
    });
    if let (Some(secret), Some(object)) = (secret, body.as_object_mut()) {
        let timestamp = now.timestamp().to_string();
        object.insert("sign".to_owned(), Value::from(signature(secret, &timestamp)));
        object.insert("timestamp".to_owned(), Value::from(timestamp));
    }
    OutgoingRequest { url: url.clone(), headers: Vec::new(), body: body.to_string() }
}

/// The secret is part of the key; the message is empty.
fn signature(secret: &Secret, timestamp: &str) -> String {
    sign_base64(format!("{timestamp}\n{}", secret.text()).as_bytes(), b"")
}

pub(super) fn verdict(answer: &OutgoingAnswer, now: DateTime<Utc>) -> SendResult {
    let reset = answer.headers.get(RESET).and_then(|v| v.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
    match by_code(answer, now, "code", "msg", &CODES) {
        SendResult::Throttled { retry_after, reply } => {
            SendResult::Throttled { retry_after: retry_after.max(reset.unwrap_or_default().min(MAX_PAUSE)), reply }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_openssl() {
        // printf '' | openssl dgst -sha256 -hmac $'1599360473\ndemo' -binary | base64
        assert_eq!(signature(&Secret::new("demo"), "1599360473"), "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
    }
}
