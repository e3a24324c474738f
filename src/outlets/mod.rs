//! Sends notifications to chat robots, webhooks and ntfy, one file per vendor. Pure but for sending: each vendor has a function that
//! makes the request and one that judges the answer.
//!
//! Queue, retries and pauses belong to the caller: a [`SendResult`] says whether a message may have arrived, and [`Outlet::pace`] how
//! many the vendor accepts.

mod answer;
mod dingtalk;
mod feishu;
mod ntfy;
mod plain;
mod secret;
mod webhook;
mod wecom;

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::config::settings::{OutletKind, OutletSettings};
use crate::fetch::{ClientError, OutgoingAnswer, OutgoingClient, OutgoingError, OutgoingRequest};
pub use crate::model::Paragraph;
use crate::model::{NotificationKind, WebUrl};
use crate::outlets::secret::{Secret, read_secret};

/// Answers are a few hundred bytes; more is not read.
const MAX_ANSWER: usize = 64 << 10;

/// A message for an outlet. Texts may come from hostile pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutletMessage {
    /// The same for each attempt.
    pub id: String,
    pub kind: NotificationKind,
    pub title: String,
    pub paragraphs: Vec<Paragraph>,
    /// The page of the console, or the article.
    pub url: Option<WebUrl>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// An earlier attempt may have arrived; the title says 重发.
    pub repeated: bool,
}

/// What became of a message. `reply` is for people, in Chinese, and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendResult {
    Accepted,
    /// Not accepted; the vendor asks for a pause.
    Throttled {
        retry_after: Duration,
        reply: String,
    },
    /// Not accepted, and it will not be: wrong key, signature, keyword, a message that the vendor does not allow.
    Refused {
        reply: String,
    },
    /// Not accepted; a later attempt may succeed.
    Unavailable {
        reply: String,
    },
    /// It may have been accepted.
    Unknown {
        reply: String,
    },
}

/// At most this many messages in this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub messages: u32,
    pub per: Duration,
}

/// Why an outlet cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutletError {
    /// The file of the address or the secret.
    #[error("{path}: {cause}; check path, owner and mode")]
    File { path: PathBuf, cause: std::io::Error },
    #[error("{0} is empty or too long; it holds one line")]
    Contents(PathBuf),
    /// Without the address itself, which is a secret.
    #[error("{0} holds no web address; copy the address of the robot into it, starting with https://")]
    NoAddress(PathBuf),
    #[error("{0} holds an http:// address: key and messages would travel in plain text; use https, or put the host into allow_hosts")]
    PlainText(PathBuf),
    #[error("the address in {path} leads to {host}, not to {expected}; if a proxy of your own is meant, put its host into allow_hosts")]
    ForeignHost { path: PathBuf, host: String, expected: &'static str },
    #[error("the address in {0} names no topic; write https://HOST/TOPIC")]
    NoTopic(PathBuf),
    #[error("mail goes through the outbox, not through this client")]
    Mail,
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl OutletError {
    /// Returns the message for the console.
    pub fn chinese(&self) -> String {
        match self {
            Self::File { path, cause } => format!("读不了 {}（{cause}）；请检查路径、属主和权限", path.display()),
            Self::Contents(path) => format!("{} 是空的或太长；里面应当只有一行", path.display()),
            Self::NoAddress(path) => format!("{} 里不是网址；请把机器人的地址（https:// 开头）存进去", path.display()),
            Self::PlainText(path) => format!("{} 里是 http:// 地址，密钥和消息会明文传输；请用 https，或把主机写进 allow_hosts", path.display()),
            Self::ForeignHost { path, host, expected } => {
                format!("{} 里的地址指向 {host}，不是 {expected}；如果是自己的代理，请把主机写进 allow_hosts", path.display())
            }
            Self::NoTopic(path) => format!("{} 里的地址没有主题；请写 https://主机/主题", path.display()),
            Self::Mail => "邮件经发件箱发送".to_owned(),
            Self::Client(e) => e.to_string(),
        }
    }
}

/// An outlet with its secrets, ready to send. Its `Debug` shows none of them.
pub struct Outlet {
    name: String,
    kind: OutletKind,
    url: WebUrl,
    secret: Option<Secret>,
    keyword: Option<String>,
    client: OutgoingClient,
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Outlet {
    /// Reads the files of an outlet and checks its address.
    pub fn open(settings: &OutletSettings) -> Result<Self, OutletError> {
        let path = settings.url_file.as_ref().filter(|_| settings.kind != OutletKind::Mail).ok_or(OutletError::Mail)?;
        let url = WebUrl::parse(read_secret(path)?.text()).map_err(|_| OutletError::NoAddress(path.clone()))?;
        let is_allowed = settings.allow_hosts.iter().any(|a| a.covers(&url));
        if !is_allowed && url.as_url().scheme() != "https" {
            return Err(OutletError::PlainText(path.clone()));
        }
        let hosts = vendor_hosts(settings.kind);
        if let Some(expected) = hosts.first().filter(|_| !is_allowed && !hosts.contains(&url.host())) {
            return Err(OutletError::ForeignHost { path: path.clone(), host: url.host().to_owned(), expected });
        }
        if settings.kind == OutletKind::Ntfy && ntfy::topic(&url).is_none() {
            return Err(OutletError::NoTopic(path.clone()));
        }
        let secret = settings.secret_file.as_deref().map(read_secret).transpose()?;
        let client = OutgoingClient::new(settings.timeout, MAX_ANSWER, &settings.allow_hosts)?;
        Ok(Self { name: settings.name.clone(), kind: settings.kind, url, secret, keyword: settings.keyword.clone(), client })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Host of the address, which is no secret.
    pub fn host(&self) -> &str {
        self.url.host()
    }

    /// Returns a message that says that the outlet works.
    pub fn test_message(&self, now: DateTime<Utc>) -> OutletMessage {
        OutletMessage {
            id: format!("test-{}", now.timestamp_millis()),
            kind: NotificationKind::Alert,
            title: "推送测试".to_owned(),
            paragraphs: vec![Paragraph::plain(format!("这是发到“{}”的测试消息。收到它，说明地址、签名和关键词都对。", self.name))],
            url: None,
            at: now,
            repeated: false,
        }
    }

    /// Sends a message once. `now` goes into the signature.
    pub async fn send(&self, message: &OutletMessage, now: DateTime<Utc>) -> SendResult {
        let result = match self.client.post(self.request(message, now)).await {
            Ok(answer) => verdict(self.kind, &answer, now),
            Err(e @ OutgoingError::Private(_)) => SendResult::Refused { reply: format!("地址被拒绝：{e}；内网主机请写进 allow_hosts") },
            Err(OutgoingError::NotSent(cause)) => SendResult::Unavailable { reply: format!("连不上：{cause}") },
            Err(OutgoingError::Unknown(cause)) => SendResult::Unknown { reply: format!("已发出，但没有收到答复：{cause}") },
        };
        self.without_secrets(result)
    }

    fn request(&self, message: &OutletMessage, now: DateTime<Utc>) -> OutgoingRequest {
        let (url, secret, keyword) = (&self.url, self.secret.as_ref(), self.keyword.as_deref());
        match self.kind {
            OutletKind::Wecom => wecom::request(url, message),
            OutletKind::Dingtalk => dingtalk::request(url, secret, keyword, message, now),
            OutletKind::Feishu => feishu::request(url, secret, keyword, message, now),
            OutletKind::Ntfy => ntfy::request(url, secret, message),
            // `open` refuses mail
            OutletKind::Webhook | OutletKind::Mail => webhook::request(url, secret, message, now),
        }
    }

    /// A vendor may repeat the address in its answer.
    fn without_secrets(&self, result: SendResult) -> SendResult {
        let hide = |reply: String| {
            let reply = secret::hide_address(&reply, &self.url);
            self.secret.iter().fold(reply, |r, s| s.hide(&r))
        };
        match result {
            SendResult::Accepted => SendResult::Accepted,
            SendResult::Throttled { retry_after, reply } => SendResult::Throttled { retry_after, reply: hide(reply) },
            SendResult::Refused { reply } => SendResult::Refused { reply: hide(reply) },
            SendResult::Unavailable { reply } => SendResult::Unavailable { reply: hide(reply) },
            SendResult::Unknown { reply } => SendResult::Unknown { reply: hide(reply) },
        }
    }

    /// Returns how many messages the vendor accepts.
    /// Lines of a digest that fit into one message with their links.
    pub fn max_lines(kind: OutletKind) -> usize {
        match kind {
            OutletKind::Wecom => 6,
            OutletKind::Dingtalk | OutletKind::Ntfy => 10,
            OutletKind::Feishu | OutletKind::Webhook | OutletKind::Mail => 30,
        }
    }

    /// Returns how many messages the vendor accepts.
    pub fn pace(kind: OutletKind) -> Pace {
        match kind {
            OutletKind::Wecom => wecom::PACE,
            OutletKind::Dingtalk => dingtalk::PACE,
            OutletKind::Feishu => feishu::PACE,
            OutletKind::Ntfy => ntfy::PACE,
            OutletKind::Webhook => webhook::PACE,
            // the outbox has its own pause between messages
            OutletKind::Mail => Pace { messages: 60, per: Duration::from_mins(1) },
        }
    }
}

fn verdict(kind: OutletKind, answer: &OutgoingAnswer, now: DateTime<Utc>) -> SendResult {
    match kind {
        OutletKind::Wecom => wecom::verdict(answer, now),
        OutletKind::Dingtalk => dingtalk::verdict(answer, now),
        OutletKind::Feishu => feishu::verdict(answer, now),
        OutletKind::Ntfy => ntfy::verdict(answer, now),
        OutletKind::Webhook | OutletKind::Mail => webhook::verdict(answer, now),
    }
}

/// The hosts of a vendor's robots; empty if anybody may run the service.
fn vendor_hosts(kind: OutletKind) -> &'static [&'static str] {
    match kind {
        OutletKind::Wecom => &["qyapi.weixin.qq.com"],
        OutletKind::Dingtalk => &["oapi.dingtalk.com", "api.dingtalk.com"],
        OutletKind::Feishu => &["open.feishu.cn", "open.larksuite.com"],
        OutletKind::Webhook | OutletKind::Ntfy | OutletKind::Mail => &[],
    }
}

#[cfg(test)]
mod tests;
