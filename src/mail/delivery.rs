//! The outcome of a delivery attempt, and why one was impossible.

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("password file {path} cannot be read: {source}; check path, owner and mode")]
    File { path: String, source: std::io::Error },
    /// A user name without a password.
    #[error(
        "no password for mail user {0}: write it into /etc/qingbao/credentials/smtp_password, or set password_file, the systemd credential smtp_password, or QINGBAO_SMTP_PASSWORD"
    )]
    Missing(String),
}

/// Why a transport cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    #[error(transparent)]
    Secret(#[from] PasswordError),
    #[error("mail server settings: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
}

/// The outcome of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryResult {
    /// With the server's answer or the file's name.
    Accepted(String),
    /// A temporary failure, with the reason.
    Later(String),
    /// A permanent failure, with the reason.
    Refused(String),
    /// No message can be sent.
    LoginRefused(String),
    /// The connection broke while the content was sent.
    Uncertain(String),
}

impl DeliveryResult {
    /// Returns the server's answer, or the reason.
    pub fn reply(&self) -> &str {
        let (Self::Accepted(reply) | Self::Later(reply) | Self::Refused(reply) | Self::LoginRefused(reply) | Self::Uncertain(reply)) = self;
        reply
    }
}
