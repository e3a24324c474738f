//! An address that an editor pastes is read as the crawl reads pages.

use axum::Router;
use axum::http::{Uri, header};
use axum::response::IntoResponse;

use super::{Browser, Service, field, order};

const PARTS: [&str; 3] = [
    "鄢陵县一家苗木企业今年新建智能温室，每年可育苗三千万株，产品销往十多个省份。",
    "企业负责人介绍，温室采用水肥一体化技术，比过去节约用水四成，用工减少一半。",
    "当地农业部门表示，明年还将支持十家企业改造温室，推动花木产业转型升级。",
];

/// An article over three pages, and a PDF.
async fn site(uri: Uri) -> impl IntoResponse {
    if let Some(fault) = uri.path().strip_prefix("/fault/") {
        return ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], format!("<title>fault-{fault}</title><p>{}</p>", PARTS[0]).into_bytes());
    }
    if uri.path() == "/notice.pdf" {
        return ([(header::CONTENT_TYPE, "application/pdf")], include_bytes!("../data/notice.pdf").to_vec());
    }
    let n: usize = uri.path().trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(1);
    let next = if n < PARTS.len() { format!("<a href='/a_{}.html'>下一页</a>", n + 1) } else { String::new() };
    let body = PARTS.get(n - 1).map_or("", |part| part);
    let page = format!(
        "<html><head><title>鄢陵苗木企业建起智能温室</title></head><body><h1>鄢陵苗木企业建起智能温室</h1>\
         <div>2026-11-20 10:30</div><div class=content><p>{body}</p></div><div class=pages>{next}</div></body></html>"
    );
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.into_bytes())
}

/// The site's address, and an editor who may paste it.
async fn start(service: &Service) -> (String, Browser) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(site)).await });
    let editor = service.sign_in("", "甲编辑").await;
    service.until_reloaded(&editor).await;
    (base, editor)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pasted_article_is_stored_with_all_its_pages_and_a_pdf_with_its_text() {
    let (service, _site) = Service::with_site().await;
    let (base, editor) = start(&service).await;
    for (path, texts) in [("/a_1.html", PARTS.as_slice()), ("/notice.pdf", &["有关事项通知如下"])] {
        let version = field(&editor.page("/draft/1").await, "version");
        let url = format!("{base}{path}");
        let pasted = editor.post("/draft/1", &[("do", "paste"), ("url", &url), ("column", "行业动态"), ("version", &version)]).await;
        assert_eq!(pasted.status(), reqwest::StatusCode::SEE_OTHER, "{path}: {}", pasted.text().await.unwrap());
        let id = order(&editor.page("/draft/1").await).pop().unwrap();
        let article = editor.page(&format!("/articles/{id}")).await;
        for text in texts {
            assert_eq!(article.matches(text).count(), 1, "{path}: {text}\n{article}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_ends_its_parser_is_refused_and_the_service_goes_on() {
    let (service, _site) = Service::with_site().await;
    let (base, editor) = start(&service).await;
    for fault in ["abort", "panic", "memory"] {
        let version = field(&editor.page("/draft/1").await, "version");
        let url = format!("{base}/fault/{fault}");
        let pasted = editor.post("/draft/1", &[("do", "paste"), ("url", &url), ("column", "行业动态"), ("version", &version)]).await;
        let (status, told) = (pasted.status(), pasted.text().await.unwrap());
        assert!(status.is_client_error() && told.contains("会使解析程序异常退出"), "{fault}: {status} {told}");
    }
    let admin = service.sign_in("", "管理员").await;
    let tried = admin.post("/sources", &[("do", "try"), ("url", &format!("{base}/fault/abort"))]).await;
    let told = tried.text().await.unwrap();
    assert!(told.contains("会使解析程序异常退出"), "{told}");
}
