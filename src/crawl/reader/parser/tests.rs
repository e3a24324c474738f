use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::Utc;

use crate::crawl::reader::parser::*;
use crate::crawl::reader::testing::script;
use crate::model::{EntryId, SourceId, WebUrl};

/// The data folder of the process that [`a_parser_that_aborts_leaves_its_marker`] starts.
const FOLDER: &str = "QINGBAO_TEST_ABORT_IN";

fn parser(folder: &Path) -> Parser {
    Parser::new(Arc::new(CpuPool::new().unwrap())).with_markers(Markers::open(folder.to_owned()))
}

fn document(body: &[u8]) -> ParseInput {
    let url = WebUrl::parse("https://a.example/1").unwrap();
    let source = Arc::new(Source::plain(SourceId::parse("a").unwrap(), "甲".to_owned(), url.clone()));
    let document = Document { url: Some(url), content_type: None, at: Utc::now(), body: body.to_owned() };
    ParseInput { kind: Kind::Page, source, document }
}

/// Whose body is the folder of the markers: gives how many there are.
fn count_markers(input: ParseInput) -> usize {
    let folder = PathBuf::from(String::from_utf8(input.document.body).unwrap());
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

fn aborts(_: ParseInput) -> usize {
    std::process::abort()
}

fn panics(_: ParseInput) -> usize {
    panic!("on purpose")
}

fn must_not_run(_: ParseInput) -> usize {
    panic!("a suspect is parsed in this process")
}

fn page() -> Subject {
    Subject::Page(EntryId(7))
}

fn marked() -> Isolation {
    Isolation::Marker(page())
}

#[tokio::test]
async fn a_document_is_marked_while_it_is_parsed_in_this_process() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("parsing");
    let body = folder.to_str().unwrap().as_bytes();
    let parser = parser(&folder);
    assert!(matches!(parser.parse(&marked(), document(body), count_markers).await, Parsed::Done(1)));
    assert!(matches!(parser.parse(&marked(), document(body), panics).await, Parsed::Panicked));
    assert_eq!(count_markers(document(body)), 0);
}

/// A real abort, in a process of its own: this same test.
#[tokio::test]
async fn a_parser_that_aborts_leaves_its_marker() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        parser(Path::new(&folder)).parse(&marked(), document(b""), aborts).await;
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crawl::reader::parser::tests::a_parser_that_aborts_leaves_its_marker"]).env(FOLDER, dir.path());
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
        let parser = parser(&folder).with_program(script(dir.path(), line));
        let parsed = match parser.parse(&Isolation::Marker(listing.clone()), document(b"x"), must_not_run).await {
            Parsed::Done(n) => {
                assert_eq!(n, 42);
                "done"
            }
            Parsed::Panicked => "panicked",
            Parsed::Crashed(_) => "crashed",
            Parsed::Interrupted(_) => "interrupted",
        };
        assert_eq!(parsed, judged, "{line}");
        // others are parsed here
        assert!(matches!(parser.parse(&marked(), document(folder.to_str().unwrap().as_bytes()), count_markers).await, Parsed::Done(2)));
        parser.markers().settle(&listing);
    }
    assert!(!suspect());
}
