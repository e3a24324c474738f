use std::path::Path;

use chrono::Utc;

use crate::crawl::reader::parser::*;
use crate::crawl::reader::testing::script;
use crate::model::{SourceId, WebUrl};

fn document(body: &[u8]) -> ParseInput {
    let url = WebUrl::parse("https://a.example/1").unwrap();
    let source = Arc::new(Source::plain(SourceId::parse("a").unwrap(), "甲".to_owned(), url.clone()));
    let document = Document { url: Some(url), content_type: None, at: Utc::now(), body: body.to_owned() };
    ParseInput { kind: Kind::Page, source, document }
}

/// Parses a document with this program as parser; returns the result and the number of starts.
async fn parse(line: &str) -> (Result<u32, ParseFailure>, usize) {
    let dir = tempfile::tempdir().unwrap();
    let starts = dir.path().join("starts");
    let parser =
        Parser::new(Arc::new(CpuPool::with_threads(1).unwrap())).with_program(script(dir.path(), &format!("echo >> '{}'\n{line}", starts.display())));
    let parsed = parser.parse(&document(b"x"), Waiting::Crawl).await;
    (parsed, std::fs::read(starts).unwrap().len())
}

#[tokio::test]
async fn a_document_that_crashes_its_process_is_tried_twice() {
    assert!(matches!(parse("kill -ABRT $$").await, (Err(ParseFailure::Crashed(how)), 2) if how == "SIGABRT"));
    assert!(matches!(parse("kill -XCPU $$").await, (Err(ParseFailure::Crashed(_)), 1)), "it would use up its time again");
    assert!(matches!(parse("kill -KILL $$").await, (Err(ParseFailure::Interrupted(_)), 1)));
    let broken = parse("echo 'error: src/data/made_up.toml is broken' >&2; exit 78").await;
    assert!(matches!(broken, (Err(ParseFailure::Interrupted(why)), 1) if why.contains("made_up.toml")), "a broken table is not the document's fault");
    assert!(matches!(parse(r"printf '\003\000\000\000xyz'; cat").await, (Err(ParseFailure::Interrupted(_)), 1)));
    assert!(matches!(parse(r"printf '\002\000\000\00042'; cat").await, (Ok(42), 1)));
}

#[tokio::test]
async fn one_process_parses_one_document_after_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let process_id =
        "n=$(printf %07d $$); printf '\\007\\000\\000\\000%s' \"1${n#?}\"; printf '\\007\\000\\000\\000%s' \"1${n#?}\"; sleep 3; kill -KILL $$";
    let parser = Parser::new(Arc::new(CpuPool::with_threads(1).unwrap())).with_program(script(dir.path(), process_id));
    let mut seen = Vec::new();
    for _ in 0..2 {
        seen.push(parser.parse::<u32>(&document(b"x"), Waiting::Crawl).await.unwrap());
    }
    assert_eq!(seen[0], seen[1]);
    assert!(matches!(parser.parse::<u32>(&document(b"x"), Waiting::Crawl).await, Err(ParseFailure::Interrupted(_))), "it was killed meanwhile");
    assert_ne!(parser.parse::<u32>(&document(b"x"), Waiting::Crawl).await.unwrap(), seen[0], "another has taken its place");
}

#[tokio::test]
async fn who_waits_is_not_held_up_by_what_the_crawl_parses() {
    let dir = tempfile::tempdir().unwrap();
    // the first one never answers
    let line = format!("mkdir '{}' && exec sleep 60; printf '\\002\\000\\000\\00042'; cat", dir.path().join("first").display());
    let parser = Parser::new(Arc::new(CpuPool::with_threads(1).unwrap())).with_program(script(dir.path(), &line));
    let input = document(b"x");
    let crawl = parser.parse::<u32>(&input, Waiting::Crawl);
    let person = async {
        while !dir.path().join("first").exists() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        parser.parse::<u32>(&input, Waiting::Person).await
    };
    tokio::select! {
        answer = crawl => panic!("the crawl has no end: {answer:?}"),
        answer = person => assert_eq!(answer.unwrap(), 42),
        () = tokio::time::sleep(std::time::Duration::from_secs(30)) => panic!("held up"),
    }
}

#[test]
fn the_program_is_found_after_its_file_was_replaced() {
    let parser = Parser::new(Arc::new(CpuPool::with_threads(1).unwrap()));
    assert_eq!(parser.program().unwrap(), Path::new("/proc/self/exe"));
}
