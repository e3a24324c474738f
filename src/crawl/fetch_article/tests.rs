use std::path::Path;

use rusqlite::{Connection, params};

use crate::config::{Settings, Taxonomy};
use crate::crawl::executor::TaskExecutor;
use crate::crawl::fetch_article::*;
use crate::crawl::reader::testing::script;
use crate::crawl::reader::{CpuPool, Parser};
use crate::store::Store;

fn sources() -> SourceList {
    let vocabulary = Settings::default().vocabulary(&Taxonomy::load(None).unwrap());
    SourceList::parse("sources.toml", "[[source]]\nid = \"a\"\nname = \"甲\"\nurl = \"https://a.example/\"\n", &vocabulary).unwrap()
}

/// Stores three fetched pages, like a process that was killed before it parsed them.
fn leave_pages(data: &Path) {
    let store = Store::open(data).unwrap();
    store.sync_sources(&sources().sources).unwrap();
    let c = Connection::open(data.join("qingbao.db")).unwrap();
    for n in 1..=3 {
        let url = WebUrl::parse(&format!("https://a.example/{n}")).unwrap();
        let page = zstd::bulk::compress(format!("<p>page {n}").as_bytes(), 1).unwrap();
        c.execute(
            "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, tries, first_seen) VALUES (?1, 'a', ?2, ?2, ?2, '题', 'fetched', 5, 0)",
            params![n, url.as_str()],
        )
        .unwrap();
        c.execute(
            "INSERT INTO page (entry_id, url, content_type, body, fetched) VALUES (?1, ?2, 'text/html', ?3, 0)",
            params![n, url.as_str(), page],
        )
        .unwrap();
    }
}

/// Runs once with this program as parser; returns the states of the entries.
async fn start(data: &Path, program: &str) -> Vec<String> {
    let taxonomy = Taxonomy::load(None).unwrap();
    let mut crawler = Crawler::new(Store::open(data).unwrap(), Arc::default(), taxonomy, None).unwrap();
    let parser = Parser::new(Arc::new(CpuPool::with_threads(1).unwrap())).with_program(script(data, program));
    crawler.executor = Arc::new(TaskExecutor::new(Arc::clone(crawler.executor.fetcher()), Arc::new(parser)));
    Arc::new(crawler).resume_fetched(&sources(), |_| ()).await.unwrap();
    let c = Connection::open(data.join("qingbao.db")).unwrap();
    let mut s = c.prepare("SELECT state || coalesce(': ' || crash, '') FROM entry ORDER BY id").unwrap();
    s.query_map([], |r| r.get(0)).unwrap().map(std::result::Result::unwrap).collect()
}

#[tokio::test]
async fn a_page_that_ends_its_parser_is_left_out_and_named() {
    let dir = tempfile::tempdir().unwrap();
    leave_pages(dir.path());
    assert_eq!(start(dir.path(), "kill -ABRT $$").await, ["failed: SIGABRT"; 3]);
    let named = Store::open(dir.path()).unwrap().crashed_documents(2).unwrap();
    assert_eq!(
        named.iter().map(|d| (d.source.as_str(), d.url.as_str())).collect::<Vec<_>>(),
        [("甲", "https://a.example/3"), ("甲", "https://a.example/2")]
    );
}

#[tokio::test]
async fn a_page_whose_parser_is_killed_from_outside_waits_however_often() {
    let dir = tempfile::tempdir().unwrap();
    leave_pages(dir.path());
    for _ in 0..8 {
        assert_eq!(start(dir.path(), "kill -KILL $$").await, ["fetched"; 3]);
    }
    let article = Extracted { text: "许昌市发制品出口增长。".to_owned(), ..Extracted::default() };
    let found = serde_json::to_vec(&Ok::<_, String>(article)).unwrap();
    let mut frame = u32::try_from(found.len()).unwrap().to_le_bytes().to_vec();
    frame.extend(found);
    std::fs::write(dir.path().join("frame"), frame).unwrap();
    let line = format!("for i in 1 2 3; do cat '{}'; done; cat > /dev/null", dir.path().join("frame").display());
    assert_eq!(start(dir.path(), &line).await, ["done"; 3]);
}

#[tokio::test]
async fn a_part_of_the_list_page_that_a_script_makes_is_not_fetched_without_a_browser() {
    let dir = tempfile::tempdir().unwrap();
    leave_pages(dir.path());
    let c = Connection::open(dir.path().join("qingbao.db")).unwrap();
    c.execute("UPDATE entry SET state = 'pending', url = 'https://a.example/#/news/1' WHERE id = 1", []).unwrap();
    let crawler = Arc::new(Crawler::new(Store::open(dir.path()).unwrap(), Arc::default(), Taxonomy::load(None).unwrap(), None).unwrap());
    let mut rendered = sources();
    Arc::make_mut(&mut rendered.sources[0]).render = true;
    let step = crawler.article_task(EntryId(1), &rendered, false, Vec::new()).await.unwrap();
    assert!(matches!(step, ArticleStep::Fetch(_)), "a browser shows it");
    let step = crawler.article_task(EntryId(1), &sources(), false, Vec::new()).await.unwrap();
    assert!(matches!(step, ArticleStep::Done(ArticleResult::Failed { reason, .. }) if reason.contains("render = true")));
}

#[tokio::test]
async fn a_page_that_was_given_up_is_fetched_again_when_an_editor_says_so() {
    let dir = tempfile::tempdir().unwrap();
    leave_pages(dir.path());
    assert_eq!(start(dir.path(), "kill -ABRT $$").await, ["failed: SIGABRT"; 3]);
    let (store, source) = (Store::open(dir.path()).unwrap(), crate::model::SourceId::parse("a").unwrap());
    assert!(store.retry(&source, "https://a.example/2").unwrap());
    let states = || {
        let c = Connection::open(dir.path().join("qingbao.db")).unwrap();
        let mut s = c.prepare("SELECT state || tries || coalesce(crash, '') FROM entry ORDER BY id").unwrap();
        s.query_map([], |r| r.get(0)).unwrap().map(std::result::Result::unwrap).collect::<Vec<String>>()
    };
    assert_eq!(states()[1], "pending0");
    // a source's own address causes a poll; stored articles are left alone
    assert!(store.retry(&source, "https://a.example/").unwrap());
    Connection::open(dir.path().join("qingbao.db")).unwrap().execute("UPDATE entry SET state = 'done' WHERE id = 1", []).unwrap();
    store.retry(&source, "https://a.example/1").unwrap();
    assert!(states()[0].starts_with("done"));
}
