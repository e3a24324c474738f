//! Editions → letters → the outbox → the mail server, or files. Nothing else in the crate speaks SMTP.

mod address;
mod hint;
mod message;
mod notice;
mod outbox;
mod smtp;
mod transport;

pub use address::{AddressError, MailAddress};
pub use hint::hint;
pub use message::{Attachment, CHART, ComposeError, RenderedIssue, compose, compose_text};
pub use notice::report;
pub use outbox::{SendSummary, explain, send_due};
pub use transport::{DeliveryResult, PasswordError, Transport, TransportError};
