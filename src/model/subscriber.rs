//! Subscribers that the console keeps. Others are in `qingbao.toml`.

use chrono::{DateTime, Utc};

use crate::model::{MailAddress, SubscriberId};

/// What an admin says of a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriberDraft {
    /// With the name that people read.
    pub address: MailAddress,
    /// Only items of these columns and industries; empty: all, unless topics or organisations are given.
    pub columns: Vec<String>,
    pub industries: Vec<String>,
    /// Also items of these topics (关注课题), by title, and of these organisations.
    pub topics: Vec<String>,
    pub organisations: Vec<String>,
}

impl SubscriberDraft {
    /// A subscriber of the whole issue.
    pub fn of_everything(address: MailAddress) -> Self {
        Self { address, columns: Vec::new(), industries: Vec::new(), topics: Vec::new(), organisations: Vec::new() }
    }
}

/// A subscriber of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    pub id: SubscriberId,
    pub publication: String,
    pub draft: SubscriberDraft,
    /// Whether he gets mail.
    pub is_active: bool,
    /// Account name.
    pub added_by: String,
    pub added_at: DateTime<Utc>,
}
