//! The IMAP client: reads a folder of a mailbox, waits for news, and moves mails that were read.
//!
//! `connect.rs` opens the connection behind the address filter, with TLS; `wire.rs` cuts what the server says into responses within
//! a budget of bytes, which imap-proto parses; `session.rs` has the commands; `names.rs` writes their arguments.

mod connect;
mod error;
mod names;
mod session;
mod wire;

pub use connect::connect;
pub use error::ImapError;
pub use session::{Folder, IdleEnd, MailHead, Session};
