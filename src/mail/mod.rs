//! Editions → letters → the outbox → the mail server, or files. Nothing else in the crate speaks SMTP.

mod address;
mod message;
mod outbox;
mod transport;

pub use address::{AddressError, MailAddress};
pub use message::{Attachment, ComposeError, Parts, compose};
pub use outbox::{Report, send_due};
pub use transport::{Outcome, SecretError, Transport, TransportError};
