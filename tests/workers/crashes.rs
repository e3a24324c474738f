//! Documents that end their parser on a worker, or the worker itself.

use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{Uri, header};

use crate::nats::Nats;
use crate::{archived, coordinator, ended, worker};

async fn site(uri: Uri) -> ([(header::HeaderName, &'static str); 1], String) {
    let folder = uri.path().trim_end_matches("/feed");
    let item = |n| format!("<item><title>第{n}号消息</title><link>{folder}/{n}.html</link></item>");
    match uri.path() {
        "/feed" | "/kills/feed" => (
            [(header::CONTENT_TYPE, "text/xml")],
            format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", (0..5).map(item).collect::<String>()),
        ),
        path => {
            let fault = match path {
                "/3.html" => "fault-abort",
                "/kills/3.html" => "fault-in-worker",
                _ => "",
            };
            let text = format!(
                "<title>许昌第{path}家企业扩建厂房</title><p>许昌第{path}家发制品企业近日扩建厂房，三百名职工参与，产值今年达到六亿元。{fault}</p>"
            );
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text)
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn a_page_that_ends_its_parser_costs_neither_worker_nor_other_pages() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(site)).await });
    let dir = tempfile::tempdir().unwrap();
    let source = |id: &str, path: &str| format!("[[source]]\nid = \"{id}\"\nname = \"{id}\"\nurl = \"{base}/{path}\"\nallow_private = true\n");
    std::fs::write(dir.path().join("sources.toml"), source("feed", "feed") + &source("list", "3.html")).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
    let nats = Nats::start(dir.path());
    let mut worker = worker(dir.path(), "w1", &nats.url());
    assert!(ended(&mut coordinator(dir.path(), &nats.url())).await);
    assert_eq!(archived(dir.path()), (4, 4));
    let db = rusqlite::Connection::open(dir.path().join("data/qingbao.db")).unwrap();
    let one = |sql: &str| db.query_row(sql, [], |r| r.get::<_, String>(0)).unwrap();
    assert_eq!(one("SELECT crash FROM entry WHERE crash IS NOT NULL"), "SIGABRT");
    assert_eq!(one("SELECT id FROM source WHERE error_code = 'crashed'"), "list");
    assert!(worker.0.try_wait().unwrap().is_none(), "the worker lives");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn a_page_that_ends_workers_ends_two_and_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(site)).await });
    let dir = tempfile::tempdir().unwrap();
    let source = format!("[[source]]\nid = \"s\"\nname = \"s\"\nurl = \"{base}/kills/feed\"\nallow_private = true\n");
    std::fs::write(dir.path().join("sources.toml"), source).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
    let nats = Nats::start(dir.path());
    let start = || worker(dir.path(), "w1", &nats.url());
    let (mut working, mut deaths, begun) = (start(), 0, Instant::now());
    let mut coordinating = coordinator(dir.path(), &nats.url());
    while coordinating.0.try_wait().unwrap().is_none() {
        if working.0.try_wait().unwrap().is_some() {
            deaths += 1;
            working = start();
        }
        assert!(begun.elapsed() < Duration::from_mins(2), "{deaths} deaths");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let log = std::fs::read_to_string(dir.path().join("w1.log")).unwrap();
    assert_eq!((deaths, archived(dir.path())), (2, (4, 4)), "{log}");
    assert!(log.contains("it ended 2 workers, and its own process: SIGABRT"), "{log}");
}
