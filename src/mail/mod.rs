//! Editions → messages → outbox → mail server or files. Nothing else in the crate speaks SMTP.

mod delivery;
mod message;
mod notice;
mod reply_hint;
mod sender;
mod smtp;
mod step;
mod transport;
mod words;

pub use delivery::{DeliveryResult, PasswordError, TransportError};
pub use message::{ComposeError, compose, compose_review, compose_text};
pub use notice::{notice_to_reader, notification};
pub use reply_hint::hint;
pub use sender::{SendSummary, explain, send_due};
pub use transport::{Transport, try_login};
pub use words::{delivery_state, message_content};
