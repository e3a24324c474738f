//! Plain data types shared by all stages.
//!
//! Identifiers, addresses and times are never bare strings here: a [`SourceId`] or a [`WebUrl`] is valid by construction, so later
//! stages need not check again.

mod alert;
mod article;
mod audit;
pub mod canonical_url;
mod crawl_health;
mod edition;
mod figures;
mod grade;
mod ids;
mod imprint;
mod item;
mod mail_address;
mod notification;
mod organisation;
mod period;
mod publication_scope;
mod rule;
mod series_settings;
mod signing;
mod source;
mod subscriber;
mod topic;

pub use alert::{AlertCondition, AlertDraft, AlertMode, AlertRule, AlertTarget};
pub use article::{Alias, Article, Attachment, Classification, Confidence, Entry, EventMember, Extracted, Firm, Headline, Label, StoredPage};
pub use audit::AuditAction;
pub use crawl_health::{Health, ProblemReason, SourceProblem};
pub use edition::{ColumnItems, Edition, Layout, MadeBy, Series, Trend, WEEKS, issue_label};
pub use figures::{FigureChange, FigureRow, Figures, printed};
pub use grade::{Credibility, GradeFloor, GradeMark, PrintedGrades, Reliability};
pub use ids::{
    AlertHitId, AlertRuleId, ArticleId, DeliveryId, EditionId, EntryId, EventId, FileId, MAX_URL_BYTES, NotificationId, OutboxId, RuleId, SourceId,
    StoryId, SubscriberId, TopicId, UrlError, WebUrl,
};
pub use imprint::Imprint;
pub use item::{Copy, Item, ItemFile, Picture, Print};
pub use mail_address::{AddressError, MailAddress};
pub use notification::{NotificationKind, NotificationText, Paragraph};
pub use organisation::OrganisationKind;
pub use period::{Frequency, Period};
pub use publication_scope::PublicationScope;
pub use rule::{Rule, RuleDraft, RuleEffect, RuleEvidence, RuleKind, RuleState};
pub use series_settings::{Choice, SeriesSettings};
pub use signing::{EditionState, Remark, Signature, Signing, SigningStep};
pub use source::{ArticleSelectors, Identity, IgnoredPart, ListSelectors, Mailbox, MailboxTls, PageWatch, RateKey, Source, SourceKind, TlsTrust};
pub use subscriber::{Subscriber, SubscriberDraft};
pub use topic::{QUIET_DAYS, Snippet, Topic, TopicAnswer, TopicArticle, TopicDraft, TopicEvidence, TopicFilter, TopicKind, TopicRequest, TopicState};
