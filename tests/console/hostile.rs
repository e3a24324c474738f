//! Articles that attack whoever reads them.

use std::net::SocketAddr;

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use super::{Service, field, order};

const BODY: &str = "据悉，许昌发制品企业今年出口额同比增长12.5%，假发产品销往八十多个国家和地区，产业链不断延伸。";

/// A page with one of each attack around its news.
fn page() -> String {
    let title = format!("{}假发出口<b onmouseover=alert(1)>增长</b>\u{202E}\u{200B}", "许昌".repeat(3_000));
    let attacks = "<script>alert('A1')</script><img src=x onerror=alert('A2')><a href=\"javascript:alert('A3')\">点我</a>
        <a href=\" JaVa\tScRiPt:alert('A4')\">再点</a><svg><animate onbegin=alert('A5') attributeName=x dur=1s></svg>
        <math><annotation-xml encoding=\"text/html\"><script>alert('A6')</script></annotation-xml></math>
        <style>body{background:url(javascript:alert('A7'))}</style><iframe srcdoc=\"<script>alert('A8')</script>\"></iframe>
        <p style=\"position:fixed;top:0\" onclick=\"alert('A9')\">{{ x }}{% endblock %}</p><base href=\"https://evil.example/\">
        <form action=\"https://evil.example/\"><button>登录</button></form><object data=\"data:text/html,<script>alert('A10')</script>\"></object>";
    format!(
        "<html><head><title>{title}</title></head><body><h1>{title}</h1><div class=\"content\"><p>{BODY}</p>{attacks}<p>{BODY}</p><p>{BODY}</p></div></body></html>"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_hostile_article_reaches_its_readers() {
    let (service, _site) = Service::with_site().await;
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = format!("http://{}/a.html", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/a.html", get(|| async { Html(page()) }))).await });
    let editor = service.sign_in("", "甲编辑").await;
    service.until_reloaded(&editor).await;
    let version = field(&editor.page("/draft/1").await, "version");
    let pasted = editor.post("/draft/1", &[("do", "paste"), ("url", &address), ("column", "行业动态"), ("version", &version)]).await;
    assert_eq!(pasted.status(), reqwest::StatusCode::SEE_OTHER, "{}", pasted.text().await.unwrap());
    let id = order(&editor.page("/draft/1").await).pop().unwrap();
    for path in ["/draft/1", "/draft/1/mail", "/draft/1/pool", &format!("/articles/{id}"), "/articles?q=%E5%81%87%E5%8F%91"] {
        let page = editor.page(path).await;
        let scripts = page.matches("<script").count();
        let ours = ["console.js\" defer", "desk_keep.js\" data-user=\"甲编辑\"", "desk.js\" defer", "desk_pool.js\" defer"]
            .map(|script| page.matches(&format!("<script src=\"/{script}></script>")).count());
        assert!(ours.iter().all(|n| *n <= 1) && scripts == ours.iter().sum::<usize>(), "{path}");
        let low = page.to_lowercase();
        for attack in [
            "onerror=",
            "onbegin=",
            "onmouseover=a",
            "onclick=",
            "href=\"javascript",
            "srcdoc",
            "<iframe",
            "<object",
            "<math",
            "<base",
            "evil.example\"",
            "\u{202e}",
        ] {
            assert!(!low.contains(attack) || (attack == "<iframe" && path == "/draft/1"), "{path}: {attack}");
        }
        assert!(page.chars().count() < 400_000, "{path}");
    }
    let article = editor.page(&format!("/articles/{id}")).await;
    let title = article.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap();
    assert!(title.chars().count() <= 400 && article.contains("同比增长12.5%"), "{title}");
    // documents go by numbers: there is no path to walk
    for path in ["/draft/..%2f..%2fetc%2fpasswd/docx", "/draft/1%00/docx", "/articles/..%2F1", "/../../etc/passwd"] {
        let status = editor.get(path).await.status();
        assert!(status.is_client_error(), "{path}: {status}");
    }
    let document = editor.get("/draft/1/docx").await.bytes().await.unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(document)).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("word/document.xml").unwrap(), &mut text).unwrap();
    assert!(text.contains("同比增长12.5%") && !text.contains("alert(") && !text.contains('\u{202E}'));
}
