//! Kinds of pages beside the plain article: PDFs, articles over several pages or in a script's data, attachments.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::process::Command;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;

const PARAGRAPH: &str = "许昌市超硬材料检测中心本月投入使用，可提供一百余项检测服务，检测周期由十天缩短到三天，企业不必再把样品送到外地。";

fn article(title: &str, rest: &str) -> String {
    format!(
        "<html><head><title>{title}</title></head><body><h1>{title}</h1><div>2026-11-20 10:30 来源：示例日报</div>\
         <div class=content><p>{title}。{PARAGRAPH}</p><p>负责人说，明年还将增加设备，覆盖发制品、中药材等产业。</p></div>{rest}</body></html>"
    )
}

fn pager(next: &str) -> String {
    format!("<div class=pages><a href='split.html'>上一页</a> <a href='{next}'>下一页</a></div>")
}

async fn page(uri: Uri) -> impl IntoResponse {
    let html = |body: String| (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], body.into_bytes());
    match uri.path() {
        "/feed.xml" => {
            let item =
                |(path, title): (&str, &str)| format!("<item><title>{title}</title><link>{path}</link><pubDate>2026-11-19 09:00</pubDate></item>");
            let items = [
                ("/undated.html", "没有日期"),
                ("/long_1.html", "长文"),
                ("/notice.pdf", "通知"),
                ("/split.html", "分页"),
                ("/script.html", "脚本"),
                ("/files.html", "附件"),
                ("/bad.pdf", "坏文件"),
            ];
            html(format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", items.map(item).concat()))
        }
        "/notice.pdf" => (StatusCode::OK, [(header::CONTENT_TYPE, "application/pdf")], include_bytes!("data/notice.pdf").to_vec()),
        "/bad.pdf" => (StatusCode::OK, [(header::CONTENT_TYPE, "application/pdf")], b"%PDF-1.7\n1 0 obj <</Length 99999999999>> stream".to_vec()),
        "/split.html" => html(article("分页文章第一部分", &pager("split_2.html"))),
        "/split_2.html" => html(article("分页文章第二部分", &pager("split_3.html"))),
        // the last page points to itself, as many sites have it
        "/split_3.html" => html(article("分页文章第三部分", &pager("split_3.html"))),
        "/undated.html" => html(article("没有日期的文章", "").replace("2026-11-20 10:30", "")),
        path if path.starts_with("/long_") => {
            let n: u32 = path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
            html(article(&format!("长文第{n}页"), &pager(&format!("long_{}.html", n + 1))))
        }
        "/script.html" => {
            let data = serde_json::json!({"article": {"title": "数据里的文章", "publishTime": "2026-11-21 08:00", "content": format!("<p>{PARAGRAPH}</p><p>{PARAGRAPH}</p>")}});
            html(format!("<html><body><div id=app></div><script>window.__INITIAL_STATE__ = {data};</script></body></html>"))
        }
        "/files.html" => html(article("带附件的通知", "<p>附件：<a href='/f/1.docx'>申报书.docx</a></p><img src='/pic/a.jpg'>")),
        _ => (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html")], Vec::new()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_page_becomes_an_article() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(page)).await });
    let dir = tempfile::tempdir().unwrap();
    let source = format!("[[source]]\nid = \"a\"\nname = \"示例\"\nurl = \"{base}/feed.xml\"\nallow_private = true\n");
    std::fs::write(dir.path().join("sources.toml"), source).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
    let path = dir.path().to_owned();
    let run = move |args: &'static [&'static str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        command.args(args).current_dir(&path);
        tokio::task::spawn_blocking(move || String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned())
    };
    let start = Instant::now();
    let told = run(&["once"]).await.unwrap();
    assert!(told.contains("articles   6 new") && told.contains("bad.pdf"), "{told}");
    assert!(start.elapsed() < Duration::from_mins(1));
    let export = run(&["articles", "export"]).await.unwrap();
    let articles: Vec<serde_json::Value> = export.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of = |path: &str| articles.iter().find(|a| a["url"].as_str().unwrap().ends_with(path)).unwrap_or_else(|| panic!("{path}: {export}"));

    assert_eq!(of("notice.pdf")["title"], "关于组织申报本年度科技项目的通知");
    assert!(of("notice.pdf")["text"].as_str().unwrap().contains("有关事项通知如下"));
    let split = of("split.html")["text"].as_str().unwrap();
    assert!(["第一部分", "第二部分", "第三部分"].iter().all(|p| split.matches(p).count() == 1), "{split}");
    assert_eq!(of("script.html")["title"], "数据里的文章");
    assert!(of("script.html")["published_at"].as_str().unwrap().starts_with("2026-11-21T08:00"));
    assert_eq!(of("files.html")["attachments"][0]["name"], "申报书.docx");

    // what a source would bring, and what a file holds, is read in the same way
    let json = |lines: &str| lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect::<Vec<serde_json::Value>>();
    let tested = json(&run(&["sources", "test", "a", "--articles", "9"]).await.unwrap());
    let previewed: Vec<&serde_json::Value> = tested.iter().filter(|l| !l["text"].is_null()).collect();
    assert_eq!(previewed.len(), articles.len(), "{tested:?}");
    for article in previewed {
        let stored = of(article["article"].as_str().unwrap());
        for key in ["text", "title", "published_at", "attachments"] {
            assert_eq!(article[key], stored[key], "{key} of {}", stored["url"]);
        }
    }
    let previewed = |path: &str| tested.iter().find(|l| l["article"].as_str().is_some_and(|a| a.ends_with(path))).unwrap();
    assert!(previewed("/undated.html")["published_at"].as_str().unwrap().starts_with("2026-11-19T09:00"), "the feed's time");
    let warnings = previewed("/long_1.html")["warnings"].to_string();
    assert!(warnings.contains("long_13.html, which is not read: an article has at most 12 pages"), "{warnings}");
    let bad = tested.iter().find(|l| !l["error"].is_null()).unwrap();
    assert!(bad["article"].as_str().unwrap().ends_with("/bad.pdf"), "{bad}");
    std::fs::write(dir.path().join("notice.pdf"), include_bytes!("data/notice.pdf")).unwrap();
    std::fs::write(dir.path().join("split.html"), article("分页文章第一部分", &pager("split_2.html"))).unwrap();
    let inspected =
        json(&run(&["inspect", "extract", "--jobs", "2", "--url", "https://a.example/split.html", "notice.pdf", "split.html"]).await.unwrap());
    assert_eq!((&inspected[0]["text"], &inspected[0]["charset"]), (&of("notice.pdf")["text"], &"pdf".into()));
    assert_eq!(inspected[1]["next"], "https://a.example/split_2.html");
    assert!(inspected[1]["warnings"][0].as_str().unwrap().starts_with("it goes on at https://a.example/split_2.html"), "{}", inspected[1]);
}

/// A PDF of one page that shows the same megabyte of blanks so many times.
fn pdf_bomb(times: usize) -> Vec<u8> {
    let blanks = " ".repeat(1 << 20);
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents[{}]/Resources<<>>>>", "4 0 R ".repeat(times)),
        format!("<</Length {}>>\nstream\n{blanks}\nendstream", blanks.len()),
    ];
    let (mut out, mut rows) = ("%PDF-1.5\n".to_owned(), String::new());
    for (n, object) in (1..).zip(objects) {
        rows.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{n} 0 obj\n{object}\nendobj\n"));
    }
    let table = out.len();
    format!("{out}xref\n0 5\n0000000000 65535 f \n{rows}trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n").into_bytes()
}

#[test]
fn a_pdf_that_needs_too_much_memory_is_told_and_costs_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bomb.pdf"), pdf_bomb(700)).unwrap();
    std::fs::write(dir.path().join("notice.pdf"), include_bytes!("data/notice.pdf")).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_qingbao")).args(["inspect", "extract", "bomb.pdf", "notice.pdf"]).current_dir(dir.path()).output();
    let lines: Vec<serde_json::Value> = String::from_utf8(run.unwrap().stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines[0]["error"], "is a PDF that ends its reader (it needs more than 208 MB of memory); it is left out");
    assert!(lines[1]["text"].as_str().is_some_and(|t| t.contains("有关事项通知如下")), "{}", lines[1]);
}
