//! The message format: JSON in zstd. Its version is checked first. A body that is too large goes to the object store under the
//! task's id.

use std::io::Read as _;

use async_nats::HeaderMap;
use async_nats::jetstream::object_store::ObjectStore;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;

use crate::crawl::dispatch::TaskMeta;
use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::executor::{Task, TaskKind, TaskReport, TaskResult};
use crate::crawl::reader::ListingError;

/// The newest version of the message format that we read. Increase it whenever the previous version would misread a message.
pub const VERSION: u32 = 3;
/// The version of messages that release 1.0 reads.
const FIRST_VERSION: u32 = 1;
/// The version of messages about watched pages.
const WATCH_VERSION: u32 = 2;
/// The version of messages about figures over time.
const FIGURES_VERSION: u32 = 3;
/// Headers: the version, and a mark that the body is in the object store.
pub(super) const VERSION_HEADER: &str = "Qingbao-Version";
pub(super) const LARGE_HEADER: &str = "Qingbao-Object";
/// Largest message body; servers allow a megabyte by default.
const MAX_MESSAGE_BYTES: usize = 512 << 10;
/// Largest decompressed body.
const MAX_PAYLOAD_BYTES: u64 = 256 << 20;
const ZSTD_LEVEL: i32 = 3;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TaskMessage {
    /// The fetch id, unique to this attempt.
    pub(super) id: String,
    pub(super) task: Task,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReportMessage {
    pub(super) id: String,
    #[serde(rename = "lane")]
    pub(super) host_key: String,
    #[serde(rename = "about")]
    pub(super) meta: TaskMeta,
    #[serde(rename = "outcome")]
    pub(super) report: TaskReport,
    /// Milliseconds until the host may be requested again.
    #[serde(rename = "rest")]
    pub(super) host_delay_ms: u64,
}

/// A message that says which version of the format it needs, so that older programs read the others.
pub(super) trait Versioned {
    fn version(&self) -> u32;
}

impl Versioned for TaskMessage {
    fn version(&self) -> u32 {
        match self.task.kind {
            TaskKind::Figures { .. } => FIGURES_VERSION,
            TaskKind::Watch { .. } => WATCH_VERSION,
            TaskKind::Poll { .. } | TaskKind::Article { .. } => FIRST_VERSION,
        }
    }
}

impl Versioned for ReportMessage {
    fn version(&self) -> u32 {
        match self.report.result {
            TaskResult::Figures { .. } | TaskResult::ParseFailed(ListingError::Series(_)) => FIGURES_VERSION,
            TaskResult::Watched { .. } | TaskResult::ParseFailed(ListingError::Page(_)) => WATCH_VERSION,
            _ => FIRST_VERSION,
        }
    }
}

fn failed(what: &'static str) -> impl Fn(&dyn std::fmt::Display) -> NatsError {
    move |cause| NatsError::Message { what, cause: cause.to_string() }
}

/// Encodes a message; stores a large body in the object store first.
pub(super) async fn pack<T: Serialize + Versioned + Sync>(message: &T, id: &str, large: &ObjectStore) -> Result<(HeaderMap, Vec<u8>), NatsError> {
    let text = serde_json::to_vec(message).map_err(|e| failed("cannot be written")(&e))?;
    let bytes = zstd::bulk::compress(&text, ZSTD_LEVEL).map_err(|e| failed("cannot be written")(&e))?;
    let mut headers = HeaderMap::new();
    headers.insert(VERSION_HEADER, message.version().to_string());
    if bytes.len() <= MAX_MESSAGE_BYTES {
        return Ok((headers, bytes));
    }
    headers.insert(LARGE_HEADER, id);
    large.put(id, &mut bytes.as_slice()).await.map_err(|e| NatsError::ObjectStore(e.to_string()))?;
    Ok((headers, Vec::new()))
}

/// Returns the version of a message, and the key of its body if that is in the object store.
pub(super) fn header(message: &async_nats::Message) -> (Option<u32>, Option<String>) {
    let header = |name: &str| message.headers.as_ref().and_then(|h| h.get(name)).map(|v| v.as_str().to_owned());
    (header(VERSION_HEADER).and_then(|v| v.parse().ok()), header(LARGE_HEADER))
}

pub(super) async fn unpack<T: DeserializeOwned>(message: &async_nats::Message, large: &ObjectStore) -> Result<T, NatsError> {
    let Some(object) = header(message).1 else { return decode(&message.payload) };
    let mut object = large.get(&object).await.map_err(|e| NatsError::ObjectStore(e.to_string()))?;
    let mut bytes = Vec::new();
    object.read_to_end(&mut bytes).await.map_err(|e| NatsError::ObjectStore(e.to_string()))?;
    decode(&bytes)
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, NatsError> {
    let mut text = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(bytes).map_err(|e| failed("cannot be read")(&e))?;
    decoder.take(MAX_PAYLOAD_BYTES).read_to_end(&mut text).map_err(|e| failed("cannot be read")(&e))?;
    serde_json::from_slice(&text).map_err(|e| failed("cannot be read")(&e))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use chrono::Utc;

    use super::*;
    use crate::discover::KnownEntries;
    use crate::fetch::{FetchError, Redirect, RequestStats, Validators};
    use crate::model::{EntryId, Source, SourceId, WebUrl};

    fn again<T: Serialize + DeserializeOwned>(value: &T) -> T {
        decode(&zstd::bulk::compress(&serde_json::to_vec(value).unwrap(), ZSTD_LEVEL).unwrap()).unwrap()
    }

    #[test]
    fn tasks_and_results_arrive_as_they_were_sent() {
        let url = WebUrl::parse("https://a.cn/x").unwrap();
        let mut source = Source::plain(SourceId::parse("a").unwrap(), "甲".into(), url.clone());
        source.charset = Some(encoding_rs::GB18030);
        let ask = TaskKind::Poll {
            validators: Validators { etag: Some("\"x\"".into()), last_modified: None },
            previous_selector: Some("ul".into()),
            read_older_pages: true,
            known: KnownEntries::default(),
        };
        let redirects = vec![Redirect { to: url.clone(), permanent: true }];
        let task = Task {
            source: Arc::new(source),
            url: url.clone(),
            kind: ask,
            keep_alive: true,
            host_key: Some("a.cn:443".into()),
            redirects,
            initial_delay: true,
        };
        let back = again(&TaskMessage { id: "1".into(), task: task.clone() });
        assert_eq!(format!("{:?}", back.task), format!("{task:?}"));
        for came in [
            TaskResult::Failed(FetchError::Busy { status: 503, after: Duration::from_secs(9) }),
            TaskResult::NotModified { permanent_redirect: Some(url.clone()), fresh_for: None },
            TaskResult::ParseFailed(crate::crawl::reader::ListingError::Document(crate::discover::DiscoverError::WrongKind {
                expected: "feed".into(),
                beginning: "x".into(),
            })),
        ] {
            let about = TaskMeta { source: SourceId::parse("a").unwrap(), entry: Some(EntryId(7)), url: url.clone(), conditional: false };
            let report = TaskReport { stats: RequestStats::default(), at: Utc::now(), bytes: 3, page_stored: false, crash: None, result: came };
            let sent = ReportMessage { id: "1".into(), host_key: "l".into(), meta: about, report, host_delay_ms: 5 };
            assert_eq!(format!("{:?}", again(&sent)), format!("{sent:?}"));
        }
    }

    #[test]
    fn only_messages_about_watched_pages_and_figures_need_a_new_worker() {
        let url = WebUrl::parse("https://a.cn/x").unwrap();
        let source = Arc::new(Source::plain(SourceId::parse("a").unwrap(), "甲".into(), url.clone()));
        let task = |kind| Task {
            source: Arc::clone(&source),
            url: url.clone(),
            kind,
            keep_alive: true,
            host_key: None,
            redirects: Vec::new(),
            initial_delay: false,
        };
        let version = |kind| TaskMessage { id: "1".into(), task: task(kind) }.version();
        assert_eq!((version(TaskKind::Watch { validators: Validators::default() }), version(TaskKind::Article { entry: EntryId(1) })), (2, 1));
        let report = |result| {
            let report = TaskReport { stats: RequestStats::default(), at: Utc::now(), bytes: 3, page_stored: false, crash: None, result };
            let meta = TaskMeta { source: SourceId::parse("a").unwrap(), entry: None, url: url.clone(), conditional: false };
            ReportMessage { id: "1".into(), host_key: "l".into(), meta, report, host_delay_ms: 5 }
        };
        let blocks = vec![crate::page_watch::Block { kind: crate::page_watch::BlockKind::Row, text: "甲\t1".into() }];
        let page = crate::page_watch::WatchedPage { blocks, cut: false, garbled: None };
        let sent = report(TaskResult::Watched { page: Box::new(page), validators: Validators::default(), permanent_redirect: None, fresh_for: None });
        assert_eq!((sent.version(), format!("{:?}", again(&sent))), (2, format!("{sent:?}")));
        assert_eq!(report(TaskResult::ParseFailed(ListingError::Page(crate::page_watch::PageError::Empty))).version(), 2);
        assert_eq!(version(TaskKind::Figures { validators: Validators::default() }), 3);
        assert_eq!(report(TaskResult::ParseFailed(ListingError::Series(crate::series::SeriesError::NoTable))).version(), 3);
        assert_eq!(report(TaskResult::NotModified { permanent_redirect: None, fresh_for: None }).version(), 1);
    }

    /// If you change the format so that these can no longer be read, increase [`VERSION`].
    #[test]
    fn tasks_and_results_of_version_1_0_0_are_read() {
        for line in include_str!("fixtures/tasks-1.0.0.jsonl").lines() {
            let message: TaskMessage = serde_json::from_str(line).unwrap();
            assert!(message.task.host_key.is_some() && !message.id.is_empty());
        }
        let results: Vec<ReportMessage> = include_str!("fixtures/results-1.0.0.jsonl").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let read = |is: fn(&TaskResult) -> bool| results.iter().any(|r| is(&r.report.result));
        assert!(read(|r| matches!(r, TaskResult::Entries { .. })) && read(|r| matches!(r, TaskResult::Article { .. })));
        assert!(read(|r| matches!(r, TaskResult::Failed(_))));
    }

    #[test]
    fn a_damaged_message_is_an_error() {
        assert!(decode::<TaskMessage>(b"").is_err());
        assert!(decode::<TaskMessage>(&zstd::bulk::compress(b"{}", 3).unwrap()).is_err());
    }
}
