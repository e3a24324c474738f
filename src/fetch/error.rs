//! Errors of a fetch: English for the log, Chinese for editors, a stable code for programs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::wall::Wall;

/// TLS cannot be initialised.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct ClientError(#[from] reqwest::Error);

/// Why a fetch brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum FetchError {
    /// No address for the host name.
    #[error("host name {host} does not resolve ({cause}); check the spelling or the DNS server")]
    Dns {
        host: String,
        /// From the resolver.
        cause: String,
        /// The resolver failed, so the name may exist.
        temporary: bool,
    },
    /// The port is closed, or the network is down.
    #[error("no connection to {host}: {cause}")]
    Connect { host: String, cause: String },
    /// The certificate is not trusted.
    #[error("certificate of {host} is not trusted: {cause}; if the site is known to be so, set tls = \"insecure\" for this source")]
    Certificate { host: String, cause: String },
    /// The handshake failed before the certificate was checked.
    #[error(
        "TLS handshake with {host} failed: {cause}; servers that know only TLS 1.0 or 1.1, or of TLS 1.2 only RSA key exchange or CBC ciphers, cannot be read over https: try http:// or a proxy"
    )]
    Tls { host: String, cause: String },
    /// Total time.
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    /// No bytes for this long.
    #[error("not a byte came for {0:?}")]
    Idle(Duration),
    /// An error status.
    #[error("answered with status {0}")]
    Status(u16),
    /// The site asked for a delay.
    #[error("asked us to wait (status {status}), retry after {} s", after.as_secs())]
    Busy {
        /// 429 or 503.
        status: u16,
        after: Duration,
    },
    /// Unusable headers.
    #[error("answer is no HTTP, or its headers are too many or too long: {0}")]
    BadAnswer(String),
    /// Decompressed.
    #[error("body is larger than {0} bytes; raise max_page_mb, max_feed_mb or max_pdf_mb if that is right")]
    TooLarge(usize),
    /// A decompression bomb.
    #[error("body grows more than {0}-fold when decompressed; taken for a decompression bomb")]
    Bomb(u64),
    /// The connection ended before the body did.
    #[error("body ended early or is damaged: {0}")]
    Incomplete(String),
    /// Cannot be decompressed.
    #[error("body cannot be decompressed: {0}")]
    Coding(String),
    /// An empty body.
    #[error("body is empty")]
    Empty,
    /// A picture, film or sound.
    #[error("is {0}, nothing to read")]
    NotText(String),
    /// Too many redirects, or a loop.
    #[error("redirects lead in a circle: {0}")]
    RedirectLoop(String),
    /// To something that is not a web address.
    #[error("redirects to an address that cannot be used: {0}")]
    BadRedirect(String),
    /// Refused by the address filter.
    #[error("{0} is a private or loopback address; set allow_private = true for this source if that is meant")]
    Private(String),
    /// Refused by the address filter.
    #[error("port {0} is not 80, 443 or the one written in sources.toml; if it is a port of the source's own host, set ports = [{0}]")]
    Port(u16),
    /// "Not modified" for an unconditional request.
    #[error("answered 304 though nothing was asked conditionally")]
    UnaskedNotModified,
    /// robots.txt forbids it.
    #[error("robots.txt of {0} disallows this address; leave it out, or set robots_exempt = \"REASON\" if the site's owner agreed")]
    Robots(String),
    /// An unreadable robots.txt forbids everything (RFC 9309 §2.3.1.4).
    #[error("robots.txt of {host} cannot be had ({cause}), so the site is left alone; asked again in {after:?}")]
    RobotsUnreachable {
        /// Scheme, host and port.
        host: String,
        /// Status 5xx or 429, or the cause.
        cause: String,
        /// Until the next attempt.
        after: Duration,
    },
    /// A captcha, a sign-in form or the like, with any status.
    #[error(transparent)]
    Wall(Wall),
    /// Rendering failed.
    #[error("browser: {0}")]
    Browser(String),
    /// A setting of this source does not work.
    #[error("{0}")]
    Setting(String),
}

impl FetchError {
    /// Returns a stable code for programs and searches.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Dns { temporary: false, .. } => "dns-nxdomain",
            Self::Dns { temporary: true, .. } => "dns-timeout",
            Self::Connect { .. } => "connect",
            Self::Certificate { .. } => "certificate",
            Self::Tls { .. } => "tls",
            Self::Timeout(_) => "timeout",
            Self::Idle(_) => "idle",
            Self::Status(401 | 403) => "forbidden",
            Self::Status(404) => "not-found",
            Self::Status(410) => "gone",
            Self::Status(_) => "status",
            Self::Busy { .. } => "busy",
            Self::BadAnswer(_) => "bad-answer",
            Self::TooLarge(_) => "too-large",
            Self::Bomb(_) => "bomb",
            Self::Incomplete(_) => "incomplete-body",
            Self::Coding(_) => "coding",
            Self::Empty => "empty",
            Self::NotText(_) => "not-text",
            Self::RedirectLoop(_) => "redirect-loop",
            Self::BadRedirect(_) => "bad-redirect",
            Self::Private(_) => "private-address",
            Self::Port(_) => "port",
            Self::UnaskedNotModified => "unasked-304",
            Self::Robots(_) => "robots",
            Self::RobotsUnreachable { .. } => "robots-unreachable",
            Self::Wall(wall) => wall.code(),
            Self::Browser(_) => "browser",
            Self::Setting(_) => "setting",
        }
    }

    /// Whether a later attempt may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status(code) => *code >= 500 || matches!(code, 403 | 404 | 408 | 425 | 429),
            Self::Private(_)
            | Self::Port(_)
            | Self::BadRedirect(_)
            | Self::TooLarge(_)
            | Self::Bomb(_)
            | Self::Robots(_)
            | Self::Setting(_)
            | Self::NotText(_) => false,
            _ => true,
        }
    }

    /// Whether an attempt within seconds makes sense, because the error is flaky.
    pub fn is_flaky(&self) -> bool {
        matches!(self, Self::Incomplete(_) | Self::RedirectLoop(_) | Self::BadAnswer(_) | Self::Status(500 | 502 | 504))
    }

    /// Whether a broken network of ours looks like this.
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Dns { temporary: true, .. } | Self::Connect { .. })
    }

    /// Returns the delay that the site asked for.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { after, .. } | Self::RobotsUnreachable { after, .. } => Some(*after),
            _ => None,
        }
    }

    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::Dns { temporary: false, .. } => "域名不存在".to_owned(),
            Self::Dns { temporary: true, .. } => "域名暂时无法解析".to_owned(),
            Self::Connect { .. } => "连接不上网站".to_owned(),
            Self::Certificate { .. } => "网站证书不可信".to_owned(),
            Self::Tls { .. } => "网站加密方式过旧或有误".to_owned(),
            Self::Timeout(t) => format!("{} 秒内没有完整应答", t.as_secs()),
            Self::Idle(t) => format!("{} 秒没有任何数据", t.as_secs()),
            Self::Status(401 | 403) => "网站拒绝访问（403）".to_owned(),
            Self::Status(404) => "网页不存在（404），地址可能已变".to_owned(),
            Self::Status(410) => "网页已永久删除（410）".to_owned(),
            Self::Status(code) => format!("网站出错（{code}）"),
            Self::Busy { .. } => "网站繁忙，要求稍后再来".to_owned(),
            Self::BadAnswer(_) => "网站应答不合规范".to_owned(),
            Self::TooLarge(limit) => format!("内容超过上限 {} MB", limit >> 20),
            Self::Bomb(_) => "压缩内容异常膨胀，未予接收".to_owned(),
            Self::Incomplete(_) => "内容没有传完".to_owned(),
            Self::Coding(_) => "压缩内容无法解开".to_owned(),
            Self::Empty => "内容是空的".to_owned(),
            Self::NotText(_) => "不是文字内容".to_owned(),
            Self::RedirectLoop(_) => "网址来回跳转".to_owned(),
            Self::BadRedirect(_) => "跳转到了无法使用的地址".to_owned(),
            Self::Private(_) => "指向内网地址，未予访问".to_owned(),
            Self::Port(port) => format!("端口 {port} 不允许访问"),
            Self::UnaskedNotModified => "网站应答有误（304）".to_owned(),
            Self::Robots(_) => "网站的 robots.txt 不允许抓取".to_owned(),
            Self::RobotsUnreachable { .. } => "robots.txt 不可达，已暂停".to_owned(),
            Self::Wall(wall) => wall.chinese(),
            Self::Browser(_) => "浏览器渲染失败".to_owned(),
            Self::Setting(_) => "来源设置有误".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_the_cases_apart_that_need_other_hands() {
        let dns = |temporary| FetchError::Dns { host: "a.cn".into(), cause: "x".into(), temporary };
        assert_ne!(dns(true).code(), dns(false).code());
        assert!(dns(true).is_network() && !dns(false).is_network());
        assert_eq!((FetchError::Status(404).code(), FetchError::Status(410).code()), ("not-found", "gone"));
        assert!(!FetchError::Status(410).is_transient() && FetchError::Status(404).is_transient());
    }
}
