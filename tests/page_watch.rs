//! A watched page (`kind = "page"`) by the real binary: base line, furniture, changes, an error page.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;

/// The page as served, and how often it was not modified.
#[derive(Default)]
struct Served {
    html: String,
    not_modified: usize,
}

type Shared = Arc<Mutex<Served>>;

async fn answer(State(served): State<Shared>, headers: HeaderMap) -> Response {
    let mut served = served.lock().unwrap();
    let tag = format!("\"{}\"", served.html.len() + served.html.chars().map(|c| c as usize).sum::<usize>());
    if headers.get(header::IF_NONE_MATCH).is_some_and(|t| t.as_bytes() == tag.as_bytes()) {
        served.not_modified += 1;
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (header::ETAG, tag)], served.html.clone()).into_response()
}

/// An installation that watches one page.
struct Watch {
    dir: tempfile::TempDir,
    served: Shared,
}

impl Watch {
    async fn start(more: &str) -> Self {
        let served = Shared::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/price", axum::routing::get(answer)).with_state(Arc::clone(&served));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let dir = tempfile::tempdir().unwrap();
        let source = format!(
            "[[source]]\nid = \"price\"\nname = \"云鹭价目表\"\nurl = \"http://{address}/price\"\nkind = \"page\"\nallow_private = true\n{more}"
        );
        std::fs::write(dir.path().join("sources.toml"), source).unwrap();
        std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
        Self { dir, served }
    }

    async fn run(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        command.args(args).current_dir(self.dir.path()).env_remove("RUST_LOG").stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // a crawl of one source that fails ends with an error
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || errors.contains("every source failed"), "{args:?}: {text}{errors}");
        text
    }

    /// Looks at the page in this form; returns the titles of all articles.
    async fn look(&self, html: &str) -> Vec<String> {
        html.clone_into(&mut self.served.lock().unwrap().html);
        // entries are named by the second of the look
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        self.run(&["once"]).await;
        texts(&self.db(), "SELECT title FROM article ORDER BY id")
    }

    fn db(&self) -> Connection {
        Connection::open(Path::new(self.dir.path()).join("data/qingbao.db")).unwrap()
    }
}

fn texts(db: &Connection, sql: &str) -> Vec<String> {
    let mut s = db.prepare(sql).unwrap();
    s.query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn count(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |r| r.get(0)).unwrap()
}

fn price_list(price: &str, hits: u32) -> String {
    format!(
        "<html><head><title>价目表</title></head><body><ul class=nav><li><a href=/>首页</a></li></ul><h1>烘干机价目表</h1><p>浏览次数：{hits}</p>\
         <table><tr><th>型号</th><th>价格</th><th>交货</th></tr><tr><td>YL-100 型</td><td>4,800 元</td><td>现货</td></tr>\
         <tr><td>YL-300 型</td><td>{price} 元</td><td>两周</td></tr></table><p>价格含税，运费另计。</p><p>联系电话：0374-1234567</p>\
         <p>服务范围：云溪市及周边各县</p><div class=footer>版权所有</div></body></html>"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_a_page_becomes_an_article_and_furniture_does_not() {
    let watch = Watch::start("").await;
    assert!(watch.look(&price_list("12,800", 100)).await.is_empty(), "the base line");
    assert!(watch.look(&price_list("12,800", 177)).await.is_empty(), "a counter");
    assert!(watch.look(&price_list("12,800", 177)).await.is_empty());
    assert_eq!(watch.served.lock().unwrap().not_modified, 1, "asked conditionally");

    // the first run made today's issue, empty
    watch.db().execute_batch("DELETE FROM outbox; DELETE FROM edition").unwrap();
    let first = "《云鹭价目表》有变化：YL-300 型 价格 12,800 元 → 11,900 元";
    assert_eq!(watch.look(&price_list("11,900", 201)).await, [first]);
    let db = watch.db();
    assert_eq!(count(&db, "SELECT count(*) FROM candidate c JOIN article a ON a.id = c.article_id"), 1, "it reaches the candidates");
    let text = texts(&db, "SELECT text FROM article").remove(0);
    assert!(text.contains("YL-300 型 价格：12,800 元 → 11,900 元") && !text.contains("201"), "{text}");
    let (url, published) = (texts(&db, "SELECT url FROM article").remove(0), texts(&db, "SELECT published_at FROM article").remove(0));
    assert!(url.ends_with("/price") && published.ends_with("+08:00"), "{url} {published}");

    // the next change is news of its own, though it reads alike
    let second = "《云鹭价目表》有变化：YL-300 型 价格 11,900 元 → 11,500 元";
    assert_eq!(watch.look(&price_list("11,500", 230)).await, [first, second]);
    let db = watch.db();
    assert_eq!(count(&db, "SELECT count(DISTINCT story_id) + count(DISTINCT event_id) FROM article"), 4);
    assert_eq!(count(&db, "SELECT count(*) FROM page_version"), 3);
    assert_eq!(count(&db, "SELECT quiet FROM source"), 0, "a page that stays is not silent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_page_is_a_problem_and_no_change() {
    let watch = Watch::start("").await;
    watch.look(&price_list("12,800", 100)).await;
    assert!(watch.look("<html><body><h1>系统维护</h1><p>请稍后再来</p></body></html>").await.is_empty());
    assert_eq!(texts(&watch.db(), "SELECT error_code FROM source"), ["odd-page"]);
    assert!(watch.look("<html><body></body></html>").await.is_empty());
    assert_eq!(texts(&watch.db(), "SELECT error_code FROM source"), ["empty-page"]);
    assert!(watch.look(&price_list("12,800", 100)).await.is_empty());
    assert_eq!(count(&watch.db(), "SELECT failures FROM source"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_selected_part_is_watched_and_shown() {
    let watch = Watch::start("select = \"table\"\nignore = [\"交货\"]\n").await;
    watch.served.lock().unwrap().html = price_list("12,800", 100);
    let shown = watch.run(&["sources", "test", "price"]).await;
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].contains("\"kind\":\"page\"") && lines[0].contains("\"blocks\":2"), "{shown}");
    assert!(lines[2].contains("YL-300 型\\t12,800 元\\t两周") && lines[2].contains("\"row\""), "{shown}");
    assert!(watch.run(&["sources", "check"]).await.contains('1'));
}
