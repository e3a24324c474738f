//! What came of handing a message over, and why it could not be tried.

/// Where the password was looked for.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The file.
    #[error("password file {path} cannot be read: {source}; check path, owner and mode")]
    File {
        /// The file.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// A user name without a password.
    #[error(
        "no password for mail user {0}: write it into /etc/qingbao/credentials/smtp_password, or set password_file, the systemd credential smtp_password, or QINGBAO_SMTP_PASSWORD"
    )]
    Missing(String),
}

/// A transport that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Password.
    #[error(transparent)]
    Secret(#[from] PasswordError),
    /// TLS.
    #[error("mail server settings: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryResult {
    /// Accepted, with the server's words or the file's name.
    Accepted(String),
    /// Not now; with the reason.
    Later(String),
    /// Never; with the reason.
    Refused(String),
    /// The login was refused: no letter can leave.
    LoginRefused(String),
    /// The connection broke when the content was on its way.
    Uncertain(String),
}
