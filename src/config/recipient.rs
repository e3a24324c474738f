//! Recipients of a publication, and `[[publication.subscriber]]`: those of them who get a part of each issue.

use crate::config::column::ColumnQuota;
use crate::config::localized::localized;
use crate::config::mail::read_address;
use crate::config::reader::Section;
use crate::model::MailAddress;

/// A recipient of the draft, and the parts to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub address: MailAddress,
    /// Only items of these columns; empty: all.
    pub columns: Vec<String>,
    /// Only items of these industries or themes; empty: all.
    pub industries: Vec<String>,
    /// Also items of these topics (关注课题), by title.
    pub topics: Vec<String>,
    /// Also items that name these organisations.
    pub organisations: Vec<String>,
}

impl From<MailAddress> for Recipient {
    fn from(address: MailAddress) -> Self {
        Self { address, columns: Vec::new(), industries: Vec::new(), topics: Vec::new(), organisations: Vec::new() }
    }
}

impl Recipient {
    /// Whether it is all items.
    pub fn gets_all(&self) -> bool {
        self.selection().iter().all(|l| l.is_empty())
    }

    /// Whether two recipients want the same items.
    pub fn wants_the_same(&self, other: &Self) -> bool {
        self.selection() == other.selection()
    }

    fn selection(&self) -> [&Vec<String>; 4] {
        [&self.columns, &self.industries, &self.topics, &self.organisations]
    }
}

/// Reads a `[[publication.subscriber]]` of the publication of this name, which has these columns.
pub(super) fn read_subscriber(s: &Section<'_>, publication: &str, columns_of_it: &[ColumnQuota]) -> Option<Recipient> {
    s.deny_unknown_keys(&["address", "columns", "industries", "topics", "organisations"]);
    let Some(t) = s.text("address") else {
        s.error(None, localized("a subscriber needs an address", "订阅人要写邮箱 address"));
        return None;
    };
    let columns = s.strings("columns");
    for c in columns.iter().filter(|c| columns_of_it.iter().all(|q| q.name != **c)) {
        s.error(None, localized(format!("{c:?} is no column of {publication}"), format!("《{publication}》没有“{c}”这个栏目")));
    }
    Some(Recipient {
        address: read_address(s, &t)?,
        columns,
        industries: s.strings("industries"),
        topics: s.strings("topics"),
        organisations: s.strings("organisations"),
    })
}
