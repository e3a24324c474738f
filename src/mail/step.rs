//! Steps of an SMTP dialogue and their timeouts.

use std::time::Duration;

use lettre::transport::smtp::Error;

/// A step: its name and its timeout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step(pub(super) &'static str, Duration);

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

// RFC 5321 §4.5.3.2 names most of these. Those before the content, and those after it, together stay below the 20 minutes after
// which the watchdog considers the mail loop dead (`health.rs`).
/// DNS, TCP, TLS, the greeting, EHLO.
pub(super) const CONNECT: Step = Step("the connection", minutes(5));
/// Two answers and a handshake.
pub(super) const STARTTLS: Step = Step("STARTTLS", minutes(2));
/// All challenges together.
pub(super) const LOGIN: Step = Step("the login", minutes(2));
pub(super) const MAIL_FROM: Step = Step("MAIL FROM", minutes(5));
pub(super) const RCPT_TO: Step = Step("RCPT TO", minutes(5));
pub(super) const DATA: Step = Step("DATA", minutes(2));
/// The content up to its final dot.
pub(super) const CONTENT: Step = Step("the content", minutes(5));
/// The server's final answer.
pub(super) const FINAL_DOT: Step = Step("the end of the content", minutes(10));
/// Nothing depends on it.
pub(super) const QUIT: Step = Step("QUIT", Duration::from_secs(5));

#[derive(Debug)]
pub(super) enum StepError {
    /// The server's answer, or a broken connection.
    Smtp(Error),
    /// No answer in time.
    Silent(Step, Duration),
}

impl Step {
    /// Runs the step; gives up after its timeout, or after `most` if that is shorter.
    pub(super) async fn run<T>(self, most: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, StepError> {
        let limit = self.1.min(most);
        tokio::time::timeout(limit, work).await.map_err(|_| StepError::Silent(self, limit))?.map_err(StepError::Smtp)
    }
}

impl StepError {
    /// Whether the server refused permanently; `None` if it gave no reliable answer.
    pub(super) fn is_permanent(&self) -> Option<bool> {
        match self {
            Self::Smtp(e) => e.status().map(|_| e.is_permanent()),
            Self::Silent(..) => None,
        }
    }

    /// Whether the server asks for a login, or for another one.
    pub(super) fn is_about_login(&self) -> bool {
        matches!(self, Self::Smtp(e) if e.status().is_some_and(|c| matches!(c.to_string().as_str(), "530" | "534" | "535")))
    }

    /// Returns the error with its causes.
    pub(super) fn explain(&self) -> String {
        match self {
            Self::Smtp(e) => chain(e),
            // minutes, because a number of three digits would look like a server's answer
            Self::Silent(step, limit) if limit.as_secs() >= 60 => {
                format!("timed out: no answer of the server to {} within {} min", step.0, limit.as_secs() / 60)
            }
            Self::Silent(step, limit) => format!("timed out: no answer of the server to {} within {} s", step.0, limit.as_secs()),
        }
    }
}

fn chain(e: &Error) -> String {
    use std::error::Error as _;
    let mut words = e.to_string();
    let mut source = e.source();
    while let Some(s) = source {
        words = format!("{words}: {s}");
        source = s.source();
    }
    words
}
