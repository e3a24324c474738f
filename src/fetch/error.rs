//! What can go wrong with a fetch, in English for the log and in Chinese for editors.

use std::time::Duration;

/// A fetch that brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// No address for the host name.
    #[error("host name {0} does not resolve; check the spelling or the DNS server")]
    Dns(String),
    /// Nobody listens, or the network is down.
    #[error("no connection to {host}: {cause}")]
    Connect {
        /// Host and port.
        host: String,
        /// Cause as the system says.
        cause: String,
    },
    /// Certificate or handshake.
    #[error("TLS with {host} failed: {cause}")]
    Tls {
        /// Host and port.
        host: String,
        /// Cause.
        cause: String,
    },
    /// Too slow.
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    /// Answered with an error status.
    #[error("answered with status {0}")]
    Status(u16),
    /// Asked to come back later.
    #[error("asked us to wait (status {status}), retry after {after:?}")]
    Busy {
        /// 429 or 503.
        status: u16,
        /// How long.
        after: Duration,
    },
    /// Larger than allowed, decompressed.
    #[error("body is larger than {0} bytes; raise max_page_mb or max_feed_mb if that is right")]
    TooLarge(usize),
    /// The connection ended before the body did.
    #[error("body ended early or is damaged: {0}")]
    Incomplete(String),
    /// Nothing in it.
    #[error("body is empty")]
    Empty,
    /// Too many redirects, or one back to itself.
    #[error("redirects lead in a circle: {0}")]
    RedirectLoop(String),
    /// A redirect to something that is no web address.
    #[error("redirects to an address that cannot be used: {0}")]
    BadRedirect(String),
    /// Guarded.
    #[error("{0} is a private or loopback address; set allow_private = true for this source if that is meant")]
    Private(String),
    /// Guarded.
    #[error("port {0} is not 80, 443 or the one written in sources.toml")]
    Port(u16),
    /// "Not modified" to a question that named no copy.
    #[error("answered 304 though nothing was asked conditionally")]
    UnaskedNotModified,
}

impl FetchError {
    /// Whether a later try may well succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status(code) => *code >= 500 || matches!(code, 403 | 404 | 408 | 425 | 429),
            Self::Private(_) | Self::Port(_) | Self::BadRedirect(_) | Self::TooLarge(_) => false,
            _ => true,
        }
    }

    /// Whether the site asked for more patience than a pass has.
    pub fn is_long_wait(&self) -> bool {
        matches!(self, Self::Busy { after, .. } if *after > super::queue::PATIENCE)
    }

    /// The reason as an editor reads it.
    pub fn chinese(&self) -> String {
        match self {
            Self::Dns(_) => "域名无法解析".to_owned(),
            Self::Connect { .. } => "连接不上网站".to_owned(),
            Self::Tls { .. } => "网站证书或加密有问题".to_owned(),
            Self::Timeout(t) => format!("{} 秒内没有完整应答", t.as_secs()),
            Self::Status(401 | 403) => "网站拒绝访问（403）".to_owned(),
            Self::Status(404 | 410) => "网页不存在（404），地址可能已变".to_owned(),
            Self::Status(code) => format!("网站出错（{code}）"),
            Self::Busy { .. } => "网站繁忙，要求稍后再来".to_owned(),
            Self::TooLarge(limit) => format!("内容超过上限 {} MB", limit >> 20),
            Self::Incomplete(_) => "内容没有传完".to_owned(),
            Self::Empty => "内容是空的".to_owned(),
            Self::RedirectLoop(_) => "网址来回跳转".to_owned(),
            Self::BadRedirect(_) => "跳转到了无法使用的地址".to_owned(),
            Self::Private(_) => "指向内网地址，未予访问".to_owned(),
            Self::Port(port) => format!("端口 {port} 不允许访问"),
            Self::UnaskedNotModified => "网站应答有误（304）".to_owned(),
        }
    }
}
