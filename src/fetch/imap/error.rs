//! Why a mailbox cannot be read: English for the log, Chinese for admins, a stable code for programs.

use std::time::Duration;

/// Errors of a mailbox.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    #[error("no password for {0}: set password_file in [source.mailbox], the credential imap_password, or QINGBAO_IMAP_PASSWORD")]
    NoPassword(String),
    #[error("{path} cannot be read: {cause}; check path, owner and mode")]
    File { path: String, cause: String },
    #[error("{0} is a private or loopback address; set allow_private = true for this source if that is meant")]
    Private(String),
    #[error("host name {host} does not resolve ({cause})")]
    Dns { host: String, cause: String },
    #[error("no connection to {host}: {cause}")]
    Connect { host: String, cause: String },
    #[error("TLS with {host} failed: {cause}; for a certificate of your own authority set ca_file in [source.mailbox]")]
    Tls { host: String, cause: String },
    #[error("the server offers no STARTTLS; nothing was sent in plain text")]
    NoStarttls,
    #[error("the server refuses user or password: {0}")]
    Login(String),
    #[error("the server has no folder {folder:?}: {cause}")]
    Folder { folder: String, cause: String },
    #[error("the server refuses {command}: {cause}")]
    Refused { command: &'static str, cause: String },
    #[error("the server says what is no IMAP: {0}")]
    Protocol(String),
    #[error("the server sends more than the {0} bytes that were asked for")]
    TooMuch(usize),
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    #[error("the connection broke: {0}")]
    Lost(String),
}

impl ImapError {
    /// Returns a stable code for programs and searches.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoPassword(_) | Self::File { .. } => "setting",
            Self::Private(_) => "private-address",
            Self::Dns { .. } => "dns-timeout",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } | Self::NoStarttls => "tls",
            Self::Login(_) => "login",
            Self::Folder { .. } => "folder",
            Self::Refused { .. } => "refused",
            Self::Protocol(_) => "bad-answer",
            Self::TooMuch(_) => "too-large",
            Self::Timeout(_) => "timeout",
            Self::Lost(_) => "incomplete",
        }
    }

    /// Returns the reason for the console.
    pub fn chinese(&self) -> String {
        match self {
            Self::NoPassword(user) => format!("没有 {user} 的密码：请在 [source.mailbox] 里写 password_file"),
            Self::File { path, .. } => format!("文件 {path} 读不出来，请检查路径和权限"),
            Self::Private(host) => format!("{host} 是内网地址；如确实要用，请为这个来源设置 allow_private = true"),
            Self::Dns { host, .. } => format!("找不到邮件服务器 {host}"),
            Self::Connect { host, .. } => format!("连接不上邮件服务器 {host}"),
            Self::Tls { host, .. } => format!("与 {host} 的加密连接没有建立：证书不受信任或协议不符；自己单位的证书请写 ca_file"),
            Self::NoStarttls => "邮件服务器不支持 STARTTLS，没有以明文登录".to_owned(),
            Self::Login(_) => "邮件服务器不接受用户名或密码；很多邮箱要开通 IMAP 并使用“授权码”".to_owned(),
            Self::Folder { folder, .. } => format!("邮箱里没有文件夹“{folder}”"),
            Self::Refused { .. } => "邮件服务器拒绝了操作".to_owned(),
            Self::Protocol(_) => "邮件服务器的应答不符合 IMAP".to_owned(),
            Self::TooMuch(_) => "邮件服务器发来的内容超出限制".to_owned(),
            Self::Timeout(_) => "邮件服务器没有及时应答".to_owned(),
            Self::Lost(_) => "与邮件服务器的连接中断".to_owned(),
        }
    }

    /// Whether it may be gone in a moment.
    pub fn is_flaky(&self) -> bool {
        matches!(self, Self::Dns { .. } | Self::Connect { .. } | Self::Timeout(_) | Self::Lost(_))
    }
}

impl From<std::io::Error> for ImapError {
    fn from(e: std::io::Error) -> Self {
        Self::Lost(e.to_string())
    }
}
