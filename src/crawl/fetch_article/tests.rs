use std::path::Path;

use rusqlite::{Connection, params};

use crate::config::{Settings, Taxonomy};
use crate::crawl::executor::TaskExecutor;
use crate::crawl::fetch_article::*;
use crate::crawl::reader::testing::script;
use crate::store::Store;

const PAGE: &str = "<html><head><title>许昌发制品出口增长</title></head><body><h1>许昌发制品出口增长</h1><div><p>许昌市今年前十月发制品出口增长一成，\
    当地企业负责人介绍，欧美和非洲市场的订单都有增加。</p><p>海关方面表示，将继续为企业提供便利，支持发制品产业发展。</p></div></body></html>";

fn sources() -> SourceList {
    let vocabulary = Settings::default().vocabulary(&Taxonomy::load(None).unwrap());
    SourceList::parse("sources.toml", "[[source]]\nid = \"a\"\nname = \"甲\"\nurl = \"https://a.example/\"\n", &vocabulary).unwrap()
}

/// As a process leaves it that ended while it parsed the page of entry 1: three pages are in the store.
fn leave_suspect(data: &Path) {
    let store = Store::open(data).unwrap();
    store.sync_sources(&sources().sources).unwrap();
    let c = Connection::open(data.join("qingbao.db")).unwrap();
    for n in 1..=3 {
        let url = WebUrl::parse(&format!("https://a.example/{n}")).unwrap();
        let page = zstd::bulk::compress(PAGE.replace("一成", &format!("{n}成")).as_bytes(), 1).unwrap();
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
    std::fs::create_dir_all(data.join("parsing")).unwrap();
    std::fs::write(data.join("parsing/page-1.0"), "").unwrap();
}

/// One start with this program for suspects; gives the states of the entries, and whether entry 1 still is a suspect.
async fn start(data: &Path, program: &str) -> (Vec<String>, bool) {
    let taxonomy = Taxonomy::load(None).unwrap();
    let mut crawler = Crawler::new(Store::open(data).unwrap(), Arc::default(), taxonomy, None).unwrap();
    let parser = Arc::new(crawler.executor.parser().with_program(script(data, program)));
    crawler.executor = Arc::new(TaskExecutor::new(Arc::clone(crawler.executor.fetcher()), parser));
    Arc::new(crawler).resume_fetched(&sources(), |_| ()).await.unwrap();
    let c = Connection::open(data.join("qingbao.db")).unwrap();
    let mut s = c.prepare("SELECT state || coalesce(': ' || error, '') FROM entry ORDER BY id").unwrap();
    let states = s.query_map([], |r| r.get(0)).unwrap().map(std::result::Result::unwrap).collect();
    (states, data.join("parsing/page-1.0").exists())
}

#[tokio::test]
async fn a_page_that_ends_its_child_is_given_up_at_once_and_costs_no_other() {
    let dir = tempfile::tempdir().unwrap();
    leave_suspect(dir.path());
    let (states, suspect) = start(dir.path(), "kill -ABRT $$").await;
    assert!(states[0].starts_with("failed: ends its parser (SIGABRT"), "{states:?}");
    assert_eq!((&states[1..], suspect), (["done".to_owned(), "done".to_owned()].as_slice(), false));
}

#[tokio::test]
async fn a_suspect_whose_child_is_killed_from_outside_stays_one_however_often() {
    let dir = tempfile::tempdir().unwrap();
    leave_suspect(dir.path());
    for line in ["kill -KILL $$"; 8] {
        assert_eq!(start(dir.path(), line).await, (["fetched", "done", "done"].map(str::to_owned).to_vec(), true));
    }
    let article = Extracted { text: "许昌市发制品出口增长。".to_owned(), ..Extracted::default() };
    let found = serde_json::to_string(&Ok::<_, String>(article)).unwrap();
    std::fs::write(dir.path().join("found"), found).unwrap();
    let line = format!("cat '{}'", dir.path().join("found").display());
    assert_eq!(start(dir.path(), &line).await, (vec!["done".to_owned(); 3], false));
}
