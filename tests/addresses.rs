//! What tells entries apart, and that none is lost between two polls: the real binary against a site that changes.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

/// Pages by path and query; what has none is an article whose text is made of its path.
#[derive(Clone, Default)]
struct Pages {
    pages: Arc<Mutex<HashMap<String, (u16, String)>>>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Pages {
    fn put(&self, path: &str, body: impl Into<String>) {
        self.pages.lock().unwrap().insert(path.to_owned(), (200, body.into()));
    }

    fn fail(&self, path: &str, status: u16) {
        self.pages.lock().unwrap().insert(path.to_owned(), (status, String::new()));
    }

    /// Paths asked for since the last call, that begin so.
    fn asked(&self, start: &str) -> Vec<String> {
        self.log.lock().unwrap().drain(..).filter(|p| p.starts_with(start)).collect()
    }
}

async fn answer(State(site): State<Pages>, headers: HeaderMap, uri: Uri) -> Response {
    let path = uri.path_and_query().map_or("", |p| p.as_str()).to_owned();
    let known = headers.contains_key(header::IF_NONE_MATCH);
    site.log.lock().unwrap().push(if known { format!("{path} if none match") } else { path.clone() });
    if path == "/robots.txt" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let page = site.pages.lock().unwrap().get(&path).cloned();
    let (status, body) = page.unwrap_or_else(|| (200, article(uri.path())));
    if known {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let kind = if body.starts_with("<rss") { "application/rss+xml" } else { "text/html; charset=utf-8" };
    (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, kind), (header::ETAG, "\"v\"")], body).into_response()
}

fn article(name: &str) -> String {
    let said = format!("许昌市有关部门介绍，{name}的企业今年前十个月出口额同比增长，订单充足，下一步将继续扩大生产和销售。");
    format!(
        "<html><head><title>关于{name}的消息</title></head><body><h1>关于{name}的消息</h1><div><p>{said}</p><p>{said}负责人这样说。</p></div></body></html>"
    )
}

/// A list of rows at these addresses, newest first, and what stands below it.
fn list(addresses: &[String], below: &str) -> String {
    let row = |(i, a): (usize, &String)| {
        let digits: String = a.chars().filter(char::is_ascii_digit).collect();
        format!("<li><a href='{a}'>许昌市发布第{digits}号重要产业消息</a><span>2026-11-{:02}</span></li>", 27 - i % 25)
    };
    format!("<html><body><ul class=list>{}</ul>{below}</body></html>", addresses.iter().enumerate().map(row).collect::<String>())
}

fn addresses(numbers: impl Iterator<Item = u32>, form: &str) -> Vec<String> {
    numbers.map(|n| form.replace("{}", &n.to_string())).collect()
}

struct Site {
    pages: Pages,
    base: String,
    dir: tempfile::TempDir,
}

impl Site {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (base, pages) = (format!("http://{}", listener.local_addr().unwrap()), Pages::default());
        let app = Router::new().fallback(answer).with_state(pages.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\nmax_entries = 30\n").unwrap();
        Self { pages, base, dir }
    }

    /// One pass over one source with these settings.
    async fn once(&self, path: &str, settings: &str) -> String {
        let source = format!("[[source]]\nid = \"s\"\nname = \"样例\"\nurl = \"{}{path}\"\nallow_private = true\n{settings}\n", self.base);
        std::fs::write(self.dir.path().join("sources.toml"), source).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        command.arg("once").current_dir(self.dir.path()).env_remove("RUST_LOG");
        let o = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
    }

    fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir.path().join("data/qingbao.db")).unwrap()
    }

    fn count(&self, what: &str) -> u32 {
        self.sql().query_row(&format!("SELECT count(*) FROM {what}"), [], |r| r.get(0)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parameter_that_may_be_a_tracker_tells_entries_apart() {
    for name in ["sid", "source", "channel", "ref", "from", "share"] {
        let site = Site::start().await;
        site.pages.put("/list/", list(&addresses(100..106, &format!("/view.asp?{name}={{}}")), ""));
        for n in 100..106 {
            site.pages.put(&format!("/view.asp?{name}={n}"), article(&format!("第{n}号")));
        }
        let told = site.once("/list/", "").await;
        assert!(told.contains("entries    6 new") && told.contains("articles   6 new"), "{name}: {told}");
        assert!(site.once("/list/", "").await.contains("entries    0 new"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parameter_is_ignored_once_one_article_came_with_two_values() {
    let site = Site::start().await;
    let rows = |value: &str, numbers: std::ops::Range<u32>| list(&addresses(numbers, &format!("/n/{{}}.html?from={value}")), "");
    site.pages.put("/list/", rows("a", 1..6));
    site.once("/list/", "").await;
    site.pages.asked("/n/");
    // the next list names all of them anew: one page shows that they are the same
    site.pages.put("/list/", rows("b", 1..6));
    site.once("/list/", "list = { item = \"li\" }").await;
    assert!(site.pages.asked("/n/").len() < 5);
    assert_eq!((site.count("article"), site.count("url_parameter WHERE name = 'from' AND ignored = 1")), (5, 1));
    site.pages.put("/list/", rows("c", 1..7));
    let told = site.once("/list/", "").await;
    assert!(told.contains("entries    1 new"), "{told}");
    assert_eq!((site.pages.asked("/n/").len(), site.count("article")), (1, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_release_stored_without_parameters_is_not_fetched_again() {
    let site = Site::start().await;
    site.pages.put("/list/", list(&addresses(1..6, "/n/{}.html?from=rss"), ""));
    site.once("/list/", "").await;
    let strip = "identity = replace(identity, '?from=rss', ''), canonical = replace(canonical, '?from=rss', '')";
    let sql = format!("UPDATE entry SET {strip}; UPDATE article SET canonical = replace(canonical, '?from=rss', ''); UPDATE source SET etag = NULL;");
    site.sql().execute_batch(&sql).unwrap();
    site.pages.asked("");
    site.pages.put("/list/", list(&addresses(1..7, "/n/{}.html?from=rss"), ""));
    let told = site.once("/list/", "").await;
    assert!(told.contains("entries    1 new"), "{told}");
    assert_eq!((site.pages.asked("/n/"), site.count("entry")), (vec!["/n/6.html?from=rss".to_owned()], 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_within_a_page_tell_entries_apart_and_the_setting_they_need_is_told() {
    let site = Site::start().await;
    site.pages.put("/list/", list(&addresses(1..5, "/detail.html#/news/{}"), ""));
    let told = site.once("/list/", "").await;
    assert!(told.contains("entries    4 new") && told.contains("render = true"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_that_share_a_link_are_entries_by_their_ids() {
    let site = Site::start().await;
    let item = |n: u32| {
        let text = format!("某设备在第{n}日恢复运行，运行参数正常，").repeat(6);
        format!(
            "<item><title>设备状态更新第{n}条</title><link>{}/status.html</link><guid isPermaLink='false'>s{n}</guid><description>{text}</description></item>",
            site.base
        )
    };
    site.pages.put("/feed", format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", (1..5).map(item).collect::<String>()));
    let told = site.once("/feed", "").await;
    assert!(told.contains("entries    1 new") && told.contains("3 items share their link"), "{told}");
    // the one that is there already has its title, so it is not taken twice
    let told = site.once("/feed", "identity = \"guid\"").await;
    assert!(told.contains("entries    3 new") && told.contains("articles   3 new"), "{told}");
    let site_texts: Vec<String> = {
        let sql = site.sql();
        let mut s = sql.prepare("SELECT DISTINCT text FROM article").unwrap();
        s.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(site_texts.len(), 4, "{site_texts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_poll_reads_on_until_it_reaches_what_is_known() {
    let site = Site::start().await;
    let page = |numbers: std::ops::Range<u32>, next: &str| list(&addresses(numbers.rev(), "/n/{}.html"), &format!("<a href='{next}'>下一页</a>"));
    site.pages.put("/list/", page(1..7, ""));
    site.once("/list/", "").await;
    // a minute ago: a gap is told by seconds
    site.sql().execute_batch("UPDATE source SET etag = NULL; UPDATE entry SET first_seen = first_seen - 60").unwrap();
    // eighteen new rows, and then the known ones; the third page cannot be had at first
    site.pages.put("/list/", page(19..25, "/list/2.html"));
    site.pages.put("/list/2.html", page(13..19, "/list/3.html"));
    site.pages.fail("/list/3.html", 500);
    site.pages.put("/list/4.html", page(1..7, "/list/5.html"));
    let told = site.once("/list/", "").await;
    assert!(told.contains("entries    12 new"), "{told}");
    site.pages.put("/list/3.html", page(7..13, "/list/4.html"));
    site.pages.asked("");
    let told = site.once("/list/", "").await;
    assert!(told.contains("entries    6 new"), "{told}");
    assert_eq!(site.pages.asked("/list/"), ["/list/", "/list/2.html", "/list/3.html", "/list/4.html"]);
    // all are known: nothing but the list is asked for
    site.once("/list/", "").await;
    assert_eq!(site.pages.asked("/"), ["/list/ if none match"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_settings_read_an_unchanged_list_anew() {
    let site = Site::start().await;
    let other = "<div><p class=r><a href='/other/1.html'>另一处的第一条消息标题</a></p></div>";
    site.pages.put("/list/", list(&addresses(1..5, "/n/{}.html"), other));
    assert!(site.once("/list/", "").await.contains("entries    4 new"));
    assert!(site.once("/list/", "").await.contains("(1 unchanged)"));
    let selectors = "list = { item = \"p.r\" }";
    let told = site.once("/list/", selectors).await;
    assert!(told.contains("entries    1 new"), "{told}");
    assert!(site.once("/list/", selectors).await.contains("(1 unchanged)"));
    for setting in ["charset = \"gb18030\"", "identity = \"title\"", "article = { body = \"div\" }", "kind = \"list\""] {
        let told = site.once("/list/", &format!("{selectors}\n{setting}")).await;
        assert!(told.contains("(0 unchanged)"), "{setting}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_feed_that_begins_with_the_oldest_the_newest_are_taken() {
    let site = Site::start().await;
    let item = |n: u32| {
        let date = format!("{:02} Nov 2026 08:00:00 +0800", 1 + n / 4);
        format!("<item><title>第{n}条消息的标题</title><link>{}/n/{n}.html</link><pubDate>{date}</pubDate></item>", site.base)
    };
    let feed = |to: u32| format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", (0..to).map(item).collect::<String>());
    site.pages.put("/feed", feed(80));
    assert!(site.once("/feed", "").await.contains("entries    30 new"));
    assert_eq!((site.count("entry WHERE url LIKE '%/n/50.html'"), site.count("entry WHERE url LIKE '%/n/49.html'")), (1, 0));
    site.pages.put("/feed", feed(84));
    let told = site.once("/feed", "timezone = \"Asia/Tokyo\"").await;
    assert!(told.contains("entries    4 new"), "{told}");
}
