//! The only room with SQL: one SQLite file in WAL mode, one writer, parallel readers.
//!
//! Everything here is synchronous and short; async callers use [`Store::run`].

mod accounts;
mod alert_hits;
mod alert_rules;
mod alert_targets;
mod archive_export;
mod archive_import;
mod archive_kinds;
mod articles;
mod audit;
mod backup;
mod candidates;
mod crashes;
mod crawl_queue;
mod decisions;
mod deliveries;
mod disk_usage;
mod dropped;
mod edition_revision;
mod editions;
mod entries;
mod error;
mod event_assignment;
mod events;
mod feedback;
mod fetch_log;
mod firms;
mod grades;
mod imported_issues;
mod item_files;
mod kv;
mod labels;
mod metrics;
mod migrations;
mod notices;
mod notification_queue;
mod notifications;
mod open;
mod organisation_changes;
mod organisation_facts;
mod organisations;
mod outgoing_messages;
mod overview;
mod page_versions;
mod recheck_findings;
mod rechecks;
mod retention;
mod review;
mod review_archive;
mod review_counts;
mod review_news;
mod rule_preview;
mod rules;
mod search;
mod series;
mod sightings;
mod signing;
mod source_health;
mod source_state;
mod stories;
mod subscribers;
mod tokens;
mod topic_articles;
mod topic_uses;
mod topics;
mod trends;
mod upgrade;
mod url_parameters;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

pub use accounts::{Account, AccountChange, AuditLine, Role, Session, is_account_name};
pub use alert_hits::{AlertLine, AlertSignal, AlertTally};
pub use alert_rules::AlertEdit;
pub use archive_export::ArchiveError;
pub use archive_import::ImportedArchive;
pub use articles::Classified;
pub use backup::{BACKUP_MAX_AGE, DatabaseSummary, check as check_backup, restore};
pub use candidates::{CandidateRange, Window};
pub use crashes::CrashedDocument;
pub use crawl_queue::HostBackoff;
pub use decisions::{DecisionAction, StoredRanking};
pub use deliveries::{AttemptEnd, Delivery, OutletState};
pub use disk_usage::{DiskUsage, available_space};
pub use dropped::DroppedItem;
pub use edition_revision::{Direction, EditResult};
pub use editions::{Announce, EditionRow};
pub use entries::{NewArticle, PendingEntry, RawPage};
pub(crate) use error::invalid_value;
pub use error::{Result, StoreError};
pub use events::{EventChange, EventIssue, EventRow};
pub use feedback::{Feedback, OwnFeedback, ReaderRemark};
pub use fetch_log::FetchRecord;
pub use imported_issues::{Clashes, ImportResult, ImportedFile, ImportedItem};
pub use item_files::MAX_EDITION_FILES;
pub use metrics::Gauges;
pub use notices::PendingNotice;
pub use notifications::{OutletText, PendingNotification, Takers};
pub use organisation_changes::{OrganisationChange, OrganisationResult};
pub use organisation_facts::{OrganisationFacts, OrganisationPage, OrganisationRow};
pub use organisations::{JoinedBy, Organisation, OrganisationName};
pub use outgoing_messages::{CALLED_BACK, DeliveryOutcome, DeliveryState, MessageContent, OperatorReport, OutboxMessage, OutgoingMessage};
pub use overview::{FetchLogEntry, Overview};
pub use page_versions::{PageLook, PageVersionRow, StoredPageVersion};
pub use recheck_findings::{ArticleVersion, Finding};
pub use rechecks::{DueRecheck, LookResult, SeenArticle};
pub use retention::RetentionReport;
pub use review::ReviewRequest;
pub use rule_preview::{DraftWithHits, RuleHit, RulePreview};
pub use rules::RuleEdit;
pub use search::Filter;
pub use series::{SeriesHistory, SeriesPoll, StoredEntry, StoredRevision};
pub use signing::SigningResult;
pub use source_health::{Silence, SourceHealth};
pub use source_state::{FailureRecord, PollPlan, SourceState};
pub use subscribers::{MAX_SUBSCRIBERS, SubscriberEdit};
pub use tokens::Token;
pub use topic_articles::{TopicItem, TopicPreview};
pub use topic_uses::{LabelCounts, TopicUses, TrialArticle};
pub use topics::{TopicClosing, TopicEdit, TopicRow};
pub use trends::TermBurst;

use alert_hits::CachedAlerts;
use error::classify;
use open::{connect, inode, is_whole, lock};
use topic_articles::CachedMatcher;
use upgrade::{create, is_current, upgrade};
use writer::{BeforeCommit, Writer};

/// For the writing connection: keep savepoint journals in memory, not in a temporary file, and 32 MB of pages: a batch of articles changes
/// more than the 2 MB of SQLite's default, which would be written twice.
const WRITER_PRAGMAS: &str = "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32000;";

/// Idle read connections.
const READERS: usize = 4;

struct Inner {
    path: PathBuf,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    /// The compiled topics; shared with the writer's transactions.
    topics: Mutex<CachedMatcher>,
    /// The compiled alert rules, likewise.
    alerts: Mutex<CachedAlerts>,
    /// The file's inode.
    inode: u64,
    /// Held as long as the store lives, so that a second process on the same folder is refused.
    _lock: Option<File>,
}

/// The store; clones share one writer.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl Store {
    /// Opens or creates `DIR/qingbao.db` for this process alone.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder { path: folder.display().to_string(), source })?;
        let lock = lock(folder)?;
        Self::open_file(&folder.join("qingbao.db"), Some(lock))
    }

    /// Opens `DIR/qingbao.db` beside a running service, for commands that only read.
    pub fn open_beside(folder: &Path) -> Result<Self> {
        let path = folder.join("qingbao.db");
        if !path.exists() {
            let source =
                std::io::Error::new(std::io::ErrorKind::NotFound, "there is no qingbao.db in it yet; run `qingbao once` or `qingbao serve` first");
            return Err(StoreError::Folder { path: folder.display().to_string(), source });
        }
        if is_whole(&path) && !is_current(&path)? {
            // changing the schema needs exclusive access to the folder
            drop(Self::open(folder)?);
        }
        Self::open_file(&path, None)
    }

    fn open_file(path: &Path, lock: Option<File>) -> Result<Self> {
        if !path.exists() {
            create(path)?;
        } else if !is_whole(path) {
            return Err(StoreError::InvalidDatabase(path.display().to_string()));
        }
        let mut writer = connect(path, false)?;
        writer.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;").map_err(|e| classify(path, e))?;
        upgrade(&mut writer, path)?;
        // after the upgrade, which may sort more than fits into memory
        writer.execute_batch(WRITER_PRAGMAS).map_err(|e| classify(path, e))?;
        let inode = inode(path).unwrap_or_default();
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            writer: Writer::new(writer),
            readers: Mutex::default(),
            topics: Mutex::default(),
            alerts: Mutex::default(),
            inode,
            _lock: lock,
        })))
    }

    /// Whether the disk refused a write, so that nothing more should be written before a restart.
    pub fn is_broken(&self) -> bool {
        self.0.writer.is_broken()
    }

    /// Whether the path still leads to the file that was opened.
    pub fn is_in_place(&self) -> bool {
        inode(&self.0.path) == Some(self.0.inode)
    }

    /// Runs a store call off the async threads.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store)).await.unwrap_or(Err(StoreError::Cancelled))
    }

    /// Runs a transaction, which is on disk when this returns.
    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.0.writer.write(work)
    }

    /// Runs a transaction with a part that is deferred until just before the commit.
    fn write_with_hook<T>(&self, work: impl FnOnce(&Connection) -> Result<(T, Option<BeforeCommit>)>) -> Result<T> {
        self.0.writer.write_with_hook(work)
    }

    /// Reads on a separate connection.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match idle {
            Some(r) => r,
            None => connect(&self.0.path, false)?,
        };
        let value = work(&reader);
        let mut readers = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(reader);
        }
        value
    }
}
