//! Words of mails.

use serde::Deserialize;

use crate::knowledge::Words;

/// `inbox.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InboxWords {
    pub(crate) unsubscribe: Words,
    pub(crate) view_online: Words,
    pub(crate) machines: Words,
    pub(crate) bounce_subjects: Words,
    pub(crate) reply_subjects: Words,
}
