use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::settings::FetchSettings;
use crate::crawl::executor::document::*;
use crate::crawl::executor::testing::script;
use crate::crawl::executor::{CpuPool, Markers};
use crate::fetch::{Fetcher, NoopSiteStore};
use crate::model::{EntryId, SourceId};

/// The data folder of the process that [`a_parser_that_aborts_leaves_its_marker`] starts.
const FOLDER: &str = "QINGBAO_TEST_ABORT_IN";

fn executor(folder: &Path) -> TaskExecutor {
    let fetcher = Fetcher::new(&FetchSettings::default(), Arc::new(NoopSiteStore)).unwrap();
    TaskExecutor::new(Arc::new(fetcher), Arc::new(CpuPool::new().unwrap()), Arc::new(Markers::open(folder.to_owned())))
}

fn document(body: &[u8]) -> Document {
    let url = WebUrl::parse("https://a.example/1").unwrap();
    let source = Arc::new(Source::plain(SourceId::parse("a").unwrap(), "甲".to_owned(), url.clone()));
    Document { kind: Kind::Page, source, url, content_type: None, at: Utc::now(), body: body.to_owned() }
}

/// Whose body is the folder of the markers: gives how many there are.
fn count_markers(document: Document) -> usize {
    let folder = PathBuf::from(String::from_utf8(document.body).unwrap());
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

fn aborts(_: Document) -> usize {
    std::process::abort()
}

fn panics(_: Document) -> usize {
    panic!("on purpose")
}

fn must_not_run(_: Document) -> usize {
    panic!("a suspect is parsed in this process")
}

fn page() -> Subject {
    Subject::Page(EntryId(7))
}

#[tokio::test]
async fn a_document_is_marked_while_it_is_parsed_in_this_process() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("parsing");
    let body = folder.to_str().unwrap().as_bytes();
    let executor = executor(&folder);
    assert!(matches!(executor.parse(&page(), document(body), count_markers).await, Parsed::Done(1)));
    assert!(matches!(executor.parse(&page(), document(body), panics).await, Parsed::Panicked));
    assert_eq!(count_markers(document(body)), 0);
}

/// A real abort, in a process of its own: this same test.
#[tokio::test]
async fn a_parser_that_aborts_leaves_its_marker() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        executor(Path::new(&folder)).parse(&page(), document(b""), aborts).await;
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "work::document::tests::a_parser_that_aborts_leaves_its_marker"]).env(FOLDER, dir.path());
    assert_eq!(command.output().unwrap().status.signal(), Some(6));
    assert!(Markers::open(dir.path().to_owned()).is_suspect(&page()));
}

/// What an earlier process left when it ended while it parsed this.
fn leave_marker(folder: &Path, subject: &Subject) {
    std::mem::forget(Markers::open(folder.to_owned()).mark(subject));
}

#[tokio::test]
async fn a_suspect_is_judged_by_how_its_child_ends() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("parsing");
    let listing = Subject::Listing(SourceId::parse("a").unwrap());
    let suspect = || Markers::open(folder.clone()).is_suspect(&listing);
    leave_marker(&folder, &listing);
    for (line, judged) in [("kill -ABRT $$", "crashed"), ("kill -KILL $$", "interrupted"), ("echo nonsense", "interrupted"), ("echo 42", "done")] {
        assert!(suspect(), "until a child ends well: {line}");
        let executor = executor(&folder).with_program(script(dir.path(), line));
        let parsed = match executor.parse(&listing, document(b"x"), must_not_run).await {
            Parsed::Done(n) => {
                assert_eq!(n, 42);
                "done"
            }
            Parsed::Panicked => "panicked",
            Parsed::Crashed(_) => "crashed",
            Parsed::Interrupted => "interrupted",
        };
        assert_eq!(parsed, judged, "{line}");
        // others are parsed here
        assert!(matches!(executor.parse(&page(), document(folder.to_str().unwrap().as_bytes()), count_markers).await, Parsed::Done(2)));
        executor.markers().settle(&listing);
    }
    assert!(!suspect());
}
