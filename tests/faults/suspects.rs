//! Pages that end the process which parses them, and pages that were only being parsed when somebody else ended it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{StatusCode, Uri};

use super::fixture::Office;

/// Overflows the stack of a parser that goes down into elements by calling itself. A parser that does not reads it like any other.
fn deep() -> String {
    format!("</p =\">{}", "<div>".repeat(6_000))
}

fn page(n: usize) -> String {
    let title = format!("许昌第{n}家发制品企业扩建厂房");
    format!(
        "<html><head><title>{title}</title></head><body><h1>{title}</h1><div><p>许昌第{n}家发制品企业近日扩建厂房，涉及资金{}万元，{}名职工参与。</p>\
         <p>当地负责人介绍，产值今年达到{}亿元，扩建之后产品将销往更多地区。</p></div></body></html>",
        n * 37 + 11,
        n * 13 + 7,
        n + 3
    )
}

/// A page that takes a parser long, with the article of the others.
fn long(n: usize) -> String {
    let paragraph = format!("<p>第{n}号长文的一段，讲的是产业、订单和厂房，数字是{}。</p>", n * 91);
    page(n).replace("</div>", &format!("{}</div>", paragraph.repeat(6_000)))
}

/// A machine with these sources, on a site whose feed has `pages` and whose list is one of the deep pages.
async fn office(pages: fn(usize) -> String, count: usize, list: bool) -> Office {
    let site = Router::new().fallback(move |uri: Uri| async move {
        let item = |n| format!("<item><title>第{n}号消息</title><link>/{n}.html</link></item>");
        let text = match uri.path().trim_matches('/').trim_end_matches(".html") {
            "feed" => Ok(format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", (0..count).map(item).collect::<String>())),
            "list" => Ok(deep()),
            n => n.parse().map(pages).map_err(|_| StatusCode::NOT_FOUND),
        };
        text.map(|text| ([("content-type", "text/html; charset=utf-8")], text))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, site).await });
    let office = Office::with("", &[]).await;
    let source = |id: &str, path: &str| format!("[[source]]\nid = \"{id}\"\nname = \"{id}\"\nurl = \"{base}/{path}\"\nallow_private = true\n");
    let list = if list { source("list", "list") } else { String::new() };
    std::fs::write(office.path().join("sources.toml"), source("feed", "feed") + &list).unwrap();
    office
}

fn markers(office: &Office) -> usize {
    std::fs::read_dir(office.path().join("data/parsing"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|f| f.file_name().to_string_lossy().starts_with("page-"))
        .count()
}

/// The service survives hostile documents, at the cost of one start for each at most, and all others are read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_overflows_the_stack_costs_one_start_at_most_and_no_other_page() {
    let pages = |n| if n == 2 { deep() } else { page(n) };
    let office = office(pages, 8, true).await;
    let (mut ends, mut told) = (0, String::new());
    while !{
        let (o, text) = office.run(&["once"]);
        told.push_str(&text);
        o.status.success()
    } {
        ends += 1;
        assert!(ends <= 2, "one for the page, one for the list: {told}");
    }
    println!("{ends} processes ended");
    assert_eq!(office.count("article"), 7, "{told}");
    assert_eq!((office.count("entry WHERE state = 'failed'"), markers(&office)), (1, 0), "{told}");
    office.holds();
    for _ in 0..2 {
        office.sql().execute_batch("UPDATE source SET next_due = 0").unwrap();
        let (o, told) = office.run(&["once"]);
        assert!(o.status.success(), "it is not tried again in the service's own process: {told}");
    }
}

/// Killed exactly while pages are being parsed, from outside, by signals that also look like the page's own doing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_were_being_parsed_when_the_process_was_killed_are_not_blamed() {
    let office = office(long, 3, false).await;
    let mut caught = 0;
    for signal in ["-KILL", "-ABRT", "-SEGV", "-KILL", "-KILL", "-ABRT", "-KILL", "-KILL"] {
        let mut child = office.command(&["once"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // what is left from before does not count: those pages are parsed elsewhere
        let (before, start) = (markers(&office), Instant::now());
        while markers(&office) <= before && child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(20) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if child.try_wait().unwrap().is_none() {
            let pid = child.id().to_string();
            assert!(std::process::Command::new("sh").args(["-c", &format!("kill {signal} {pid}")]).status().unwrap().success());
        }
        child.wait().unwrap();
        caught += usize::from(markers(&office) > before);
    }
    let (o, told) = office.run(&["once"]);
    assert!(o.status.success(), "{told}");
    assert!(caught > 0, "no kill fell into a parse");
    assert_eq!((office.count("article"), office.count("entry WHERE state <> 'done'"), markers(&office)), (3, 0, 0), "{told}");
    office.holds();
}
