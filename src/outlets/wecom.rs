//! 企业微信 群机器人 (developer.work.weixin.qq.com/document/path/91770). The key is in the address; nothing is signed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::fetch::{OutgoingAnswer, OutgoingRequest};
use crate::model::WebUrl;
use crate::outlets::answer::{ErrorCode, Meaning, by_code};
use crate::outlets::plain::{headline, markdown};
use crate::outlets::{OutletMessage, Pace, SendResult};

/// "每个机器人发送的消息不能超过20条/分钟".
pub(super) const PACE: Pace = Pace { messages: 20, per: Duration::from_mins(1) };
/// "markdown内容，最长不超过4096个字节，必须是utf8编码"; longer ones get code 40058.
const MAX_CONTENT: usize = 4096;

/// Codes of open.work.weixin.qq.com/devtool/query.
const CODES: [ErrorCode; 3] = [
    ErrorCode(45_009, Meaning::Throttled(Duration::from_mins(1)), "每分钟最多 20 条"),
    ErrorCode(93_000, Meaning::Refused, "地址里的 key 不对，或机器人已从群里移除"),
    ErrorCode(40_058, Meaning::Refused, "消息不合要求，例如太长"),
];

pub(super) fn request(url: &WebUrl, message: &OutletMessage) -> OutgoingRequest {
    let content = markdown(message, &headline(message, None), MAX_CONTENT);
    let body = json!({ "msgtype": "markdown", "markdown": { "content": content } }).to_string();
    OutgoingRequest { url: url.clone(), headers: Vec::new(), body }
}

pub(super) fn verdict(answer: &OutgoingAnswer, now: DateTime<Utc>) -> SendResult {
    by_code(answer, now, "errcode", "errmsg", &CODES)
}
