//! A watched page in the console: added by its address, its versions and their difference, its settings.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use reqwest::StatusCode;

use super::browser::{enter, picture, shape, violations, visit};
use super::{Browser, Service};

type Shared = Arc<Mutex<String>>;

fn price_list(price: &str, more: &str) -> String {
    let rows = [("YL-100 型", "4,800"), ("YL-300 型", price), ("YL-500 型", "39,000")];
    let rows: String = rows.iter().map(|(name, price)| format!("<tr><td>{name}烘干机</td><td>{price} 元</td><td>两周</td></tr>")).collect();
    format!(
        "<html><head><title>价目表</title></head><body><h1>烘干机价目表</h1><table><tr><th>型号</th><th>价格</th><th>交货</th></tr>{rows}</table>{more}\
         <p>价格含税，运费另计。</p><p>服务范围：云溪市及周边各县</p><p>浏览次数：100</p></body></html>"
    )
}

/// Serves one page; returns its address.
async fn site(html: Shared) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/price", listener.local_addr().unwrap());
    let page = async |State(html): State<Shared>| Html(html.lock().unwrap().clone());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(page).with_state(html)).await });
    address
}

/// Adds the page, and waits for its base line; returns the source's id.
async fn watched(service: &Service, admin: &Browser, html: &Shared) -> String {
    let address = site(Arc::clone(html)).await;
    service.until_reloaded(admin).await;
    let page = admin.post("/sources", &[("do", "try"), ("url", &address), ("as", "page")]).await.text().await.unwrap();
    assert!(page.contains("单页监测：") && page.contains("YL-300 型烘干机") && !page.contains("<ol></ol>"), "{page}");
    let page = admin.post_then_get("/sources", &[("do", "add"), ("url", &address), ("name", "云鹭价目表"), ("kind", "单页监测")]).await;
    assert!(page.contains("已加入来源“云鹭价目表”"), "{page}");
    assert!(service.sources().contains("kind = \"page\""), "{}", service.sources());
    let id = "127-0-0-1".to_owned();
    until(admin, &format!("/sources/{id}/versions"), "没有出文章（底稿").await;
    id
}

/// Looks again, and waits until the page of the versions says these words.
async fn look(admin: &Browser, id: &str, words: &str) -> String {
    assert_eq!(admin.post("/sources", &[("do", "look"), ("id", id)]).await.status(), StatusCode::SEE_OTHER);
    until(admin, &format!("/sources/{id}/versions"), words).await
}

async fn until(admin: &Browser, path: &str, words: &str) -> String {
    let mut page = String::new();
    for _ in 0..100 {
        page = admin.page(path).await;
        if page.contains(words) {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    let source = admin.page(path.trim_end_matches("/versions")).await;
    let log = source.split("抓取记录").nth(1).unwrap_or_default();
    panic!("{path} never says {words}: {page}\n{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_added_and_its_versions_are_compared() {
    let (service, _site) = Service::with_site().await;
    let admin = service.sign_in("", "管理员").await;
    let html: Shared = Arc::new(Mutex::new(price_list("12,800", "")));
    let id = watched(&service, &admin, &html).await;

    *html.lock().unwrap() = price_list("11,900", "");
    let page = look(&admin, &id, "有变化：YL-300 型烘干机 价格 12,800 元 → 11,900 元").await;
    assert!(page.contains("<del>12,800 元</del>") && page.contains("<ins>11,900 元</ins>"), "{page}");
    *html.lock().unwrap() = price_list("11,900", "<p>年底前下单免运费。</p>");
    let page = look(&admin, &id, "新增“年底前下单免运费。”").await;
    assert!(page.contains("<ins>年底前下单免运费。</ins>") && !page.contains("<del>12,800 元</del>"), "the newest change: {page}");

    // any two, in any order
    let ids: Vec<&str> = page.split("name=\"old\" value=\"").skip(1).filter_map(|r| r.split('"').next()).collect();
    assert_eq!(ids.len(), 3, "{page}");
    let both = admin.page(&format!("/sources/{id}/versions?old={}&new={}", ids[0], ids[2])).await;
    assert!(both.contains("<del>12,800 元</del>") && both.contains("<ins>年底前下单免运费。</ins>"), "{both}");
    assert!(admin.page(&format!("/sources/{id}/versions?old=x&new=999999")).await.contains("<ins>年底前"), "the newest two");

    // its settings: what to leave out, one per line
    let address = super::field(&admin.page(&format!("/sources/{id}")).await, "url");
    let form = [
        ("do", "save"),
        ("name", "云鹭价目表"),
        ("url", &address),
        ("kind", "page"),
        ("select", "table"),
        ("ignore", ".ad\n交货"),
        ("min_change", "4"),
    ];
    assert_eq!(admin.post(&format!("/sources/{id}"), &form).await.status(), StatusCode::SEE_OTHER);
    let file = service.sources();
    assert!(file.contains("select = \"table\"") && file.contains("ignore = [\".ad\", \"交货\"]") && file.contains("min_change = 4"), "{file}");
    let wrong = [("do", "save"), ("name", "云鹭价目表"), ("url", &address), ("kind", "page"), ("min_change", "多")];
    let refused = admin.post(&format!("/sources/{id}"), &wrong).await;
    assert!(refused.status() == StatusCode::UNPROCESSABLE_ENTITY && refused.text().await.unwrap().contains("没有保存"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn versions_are_readable_on_a_phone() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let (service, _site) = Service::with_site().await;
    let admin = service.sign_in("", "管理员").await;
    let html: Shared = Arc::new(Mutex::new(price_list("12,800", "<p>冬季优惠到期日期：2026年12月10日</p>")));
    let id = watched(&service, &admin, &html).await;
    *html.lock().unwrap() = price_list("11,900", "<p>年底前下单免运费，偏远地区除外，具体以合同为准，解释权归本公司。</p>");
    look(&admin, &id, "11,900 元").await;
    let (mut browser, page) = enter(&service, "管理员").await;
    for path in [format!("/sources/{id}/versions"), format!("/sources/{id}")] {
        for width in [390, 1440] {
            shape(&page, width, 1000, "light").await;
            visit(&page, &service, &path).await;
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{path} at {width}: {wide} wide");
            page.evaluate(axe.as_str()).await.unwrap();
            assert_eq!(violations(&page).await, "", "{path} at {width}");
            picture(&page, &format!("page-watch-{}-{width}", path.rsplit('/').next().unwrap_or_default())).await;
        }
    }
    browser.close().await.unwrap();
}
