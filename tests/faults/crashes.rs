//! Documents that end their parser, that do not come to an end, and parsers that somebody else ends.

use std::process::Stdio;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use super::fixture::Office;

/// Switches on what documents of this test say; the release binary knows nothing of it.
const FAULTS: (&str, &str) = ("QINGBAO_TEST_FAULTS", "1");

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

/// A site: `/feed`, `/list` and `/items.json` name eight articles each, a word before them plants a fault in the document, as in
/// `/fault-abort/feed`; pages are made by `pages`.
async fn site(pages: fn(usize) -> String) -> String {
    let answer = move |uri: Uri| async move {
        let path = uri.path().trim_matches('/').to_owned();
        let (fault, name) = path.split_once('/').filter(|(f, _)| f.starts_with("fault-")).unwrap_or(("", &path));
        let typed = |kind: &str, text: String| ([(header::CONTENT_TYPE, kind.to_owned())], text.replace("FAULT", fault)).into_response();
        match name {
            "feed" => {
                let item = |n| format!("<item><title>第{n}号消息</title><link>/{n}.html</link></item>");
                typed("text/xml", format!("<rss version='2.0'><channel><title>FAULT</title>{}</channel></rss>", (0..8).map(item).collect::<String>()))
            }
            "list" => {
                let row = |n| format!("<li><a href='/{n}.html'>许昌第{n}家发制品企业扩建厂房的消息</a><span>2026-11-{:02}</span></li>", n + 1);
                typed("text/html; charset=utf-8", format!("<title>FAULT</title><ul>{}</ul>", (0..8).map(row).collect::<String>()))
            }
            "items.json" => {
                let items: Vec<_> =
                    (0..8).map(|n| serde_json::json!({"id": n, "url": format!("/{n}.html"), "title": format!("第{n}号消息")})).collect();
                let feed = serde_json::json!({"version": "https://jsonfeed.org/version/1.1", "title": "FAULT", "items": items});
                typed("application/feed+json", feed.to_string())
            }
            "notice.pdf" => {
                let pdf = [include_bytes!("../data/notice.pdf").as_slice(), b"\n%", fault.as_bytes()].concat();
                ([(header::CONTENT_TYPE, "application/pdf")], pdf).into_response()
            }
            name => match name.trim_end_matches(".html").parse() {
                Ok(n) => typed("text/html; charset=utf-8", format!("{}<!--FAULT-->", pages(n))),
                Err(_) => StatusCode::NOT_FOUND.into_response(),
            },
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(move |uri| async move { Response::from(answer(uri).await) })).await });
    base
}

/// A machine with these sources.
async fn office(base: &str, paths: &[&str]) -> Office {
    let office = Office::with("", &[]).await;
    let source =
        |(n, path): (usize, &&str)| format!("[[source]]\nid = \"s{n}\"\nname = \"来源{n}\"\nurl = \"{base}/{path}\"\nallow_private = true\n");
    std::fs::write(office.path().join("sources.toml"), paths.iter().enumerate().map(source).collect::<String>()).unwrap();
    office
}

fn run(office: &Office, args: &[&str]) -> (bool, String) {
    tokio::task::block_in_place(|| {
        let o = office.command(args).env(FAULTS.0, FAULTS.1).output().unwrap();
        (o.status.success(), format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr)))
    })
}

/// Pages 3 and 5 end their parser.
fn two_fatal(n: usize) -> String {
    match n {
        3 => format!("{}fault-abort", page(n)),
        5 => format!("{}fault-panic", page(n)),
        n => page(n),
    }
}

const FATAL: [&str; 4] = ["fault-abort/feed", "fault-abort/list", "fault-panic/items.json", "fault-memory/list"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_end_their_parser_are_left_out_and_cost_no_other() {
    let base = site(two_fatal).await;
    let office = office(&base, &[&["feed"], FATAL.as_slice()].concat()).await;
    let (ok, told) = run(&office, &["once"]);
    assert!(ok, "{told}");
    assert_eq!((office.count("article"), office.count("entry WHERE crash IS NOT NULL")), (6, 2), "{told}");
    assert_eq!(office.count("source WHERE error_code = 'crashed'"), 4, "{told}");
    let (_, doctor) = run(&office, &["doctor", "--no-network"]);
    for line in [
        "/fault-abort/feed: this document ends its parser (SIGABRT)",
        "/fault-memory/list: this document ends its parser (it needs more than",
        "/3.html: SIGABRT",
        "/5.html: panic",
    ] {
        assert!(doctor.contains(line), "{line}: {doctor}");
    }
    office.holds();
    // an address that is tried, and a PDF
    for (path, reason) in [("fault-abort/list", "ends its parser"), ("fault-panic/notice.pdf", "ends its parser")] {
        let (ok, told) = run(&office, &["sources", "test", "--allow-private", &format!("{base}/{path}")]);
        assert!(!ok && told.contains(reason), "{path}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_goes_on_while_documents_end_their_parser() {
    let base = site(two_fatal).await;
    let office = office(&base, &[&["feed"], FATAL.as_slice()].concat()).await;
    let mut command = office.command(&["serve"]);
    command.env(FAULTS.0, FAULTS.1);
    let service = office.serve_by(command);
    service.says("service started").await;
    service.until("all is read or left out", || office.count("article") == 6 && office.count("source WHERE error_code = 'crashed'") == 4).await;
    service.until("both pages are named", || office.count("entry WHERE crash IS NOT NULL") == 2).await;
    assert!(service.stop().await.0.success());
    office.holds();
}

/// As many as there are processors, or more: each has its time, and the others are read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_without_an_end_are_given_up() {
    let base = site(|n| if n < 2 { format!("{}fault-endless", page(n)) } else { page(n) }).await;
    let office = office(&base, &["feed"]).await;
    let (ok, told) = run(&office, &["once"]);
    assert!(ok, "{told}");
    assert_eq!(office.count("article"), 6, "{told}");
    assert_eq!(office.count("entry WHERE crash LIKE 'more than % s of processor time'"), 2, "{told}");
    office.holds();
}

/// Killed while pages are parsed, by signals that also look like the page's own doing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_were_being_parsed_when_the_process_was_killed_are_not_blamed() {
    let base = site(long).await;
    let office = office(&base, &["feed"]).await;
    let mut killed = 0;
    for (signal, millis) in
        ["-KILL", "-ABRT", "-SEGV", "-KILL", "-KILL", "-ABRT", "-KILL", "-KILL"].into_iter().zip([90, 150, 220, 300, 380, 460, 540, 640])
    {
        let mut child = office.command(&["once"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_millis(millis) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if child.try_wait().unwrap().is_none() {
            let pid = child.id().to_string();
            assert!(std::process::Command::new("sh").args(["-c", &format!("kill {signal} {pid}")]).status().unwrap().success());
            killed += 1;
        }
        child.wait().unwrap();
    }
    assert!(killed > 0, "no kill fell into a run");
    let (ok, told) = run(&office, &["once"]);
    assert!(ok, "{told}");
    assert_eq!((office.count("article"), office.count("entry WHERE state <> 'done' OR crash IS NOT NULL")), (8, 0), "{told}");
    office.holds();
}
