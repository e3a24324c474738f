//! A mail → what it brings: an article, files, links. Pure, and run in the parser's child process, because anybody may send a mail.
//!
//! `read.rs` reads a mail; `kind.rs` finds mails that are no news; `body.rs` makes the text; `links.rs` finds its links;
//! `sender.rs` tells whether the sender is who it says (RFC 8601); `key.rs` tells mails apart.

mod body;
mod key;
mod kind;
mod links;
mod read;
mod sender;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use crate::model::WebUrl;

pub use body::paragraphs_of_lines;
pub use key::message_key;
pub use read::{read, read_head};
pub use sender::{MailSender, is_from_editor, names_editor};

/// Most files of a mail that become articles.
pub const MAX_FILES: usize = 10;
/// Most links of an editor's mail that are fetched.
pub const MAX_LINKS: usize = 20;

/// Why a mail brings nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailSkip {
    /// This program sent it.
    Own,
    AutoReply,
    Bounce,
    Invitation,
    /// Neither text, file nor link.
    Empty,
    /// Larger than the mailbox allows.
    TooLarge,
    /// It crashed its parser, or is no mail.
    Unreadable,
}

impl MailSkip {
    /// Every reason.
    pub const ALL: [Self; 7] = [Self::Own, Self::AutoReply, Self::Bounce, Self::Invitation, Self::Empty, Self::TooLarge, Self::Unreadable];

    /// Returns the word in the database and the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::AutoReply => "auto-reply",
            Self::Bounce => "bounce",
            Self::Invitation => "invitation",
            Self::Empty => "empty",
            Self::TooLarge => "too-large",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A file of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailFile {
    /// Clean, without folders.
    pub name: String,
    /// base64.
    pub content: String,
}

/// What stands in a mail's header.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailHeader {
    pub subject: String,
    pub sender: MailSender,
    pub sent: Option<DateTime<FixedOffset>>,
}

/// A mail that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub header: MailHeader,
    /// Why it brings nothing; `None`: the rest says what it brings.
    pub skip: Option<MailSkip>,
    /// Its text as HTML, not yet sanitised.
    pub html: Option<String>,
    /// The letter as a page that everybody may see.
    pub page: Option<WebUrl>,
    /// Pages that it links to, for an editor's mail.
    pub links: Vec<WebUrl>,
    pub files: Vec<MailFile>,
    /// What was left out.
    pub notes: Vec<String>,
}
