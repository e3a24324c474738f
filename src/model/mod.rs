//! Plain data types shared by all stages.
//!
//! Identifiers, addresses and times are never bare strings here: a [`SourceId`] or a [`WebUrl`] is valid by construction, so later
//! stages need not check again.

mod article;
mod audit;
pub mod canonical_url;
mod edition;
mod ids;
mod mail_address;
mod signing;
mod source;

pub use article::{Article, Attachment, Classification, Confidence, Entry, EventMember, Extracted, Firm, Headline, Label, StoredPage};
pub use audit::AuditAction;
pub use edition::{
    ColumnItems, Copy, Edition, Health, Imprint, Item, ItemFile, Layout, Picture, Print, Series, SourceProblem, Trend, WEEKS, issue_label,
};
pub use ids::{ArticleId, EditionId, EntryId, EventId, FileId, MAX_URL_BYTES, OutboxId, SourceId, StoryId, UrlError, WebUrl};
pub use mail_address::{AddressError, MailAddress};
pub use signing::{EditionState, Remark, Signature, Signing, SigningStep};
pub use source::{ArticleSelectors, Identity, ListSelectors, RateKey, Source, SourceKind, TlsTrust};
