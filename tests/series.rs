//! Figures over time (`kind = "series"`) by the real binary: base line, a new month, a revision, another unit, an issue with table and chart.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;

type Served = Arc<Mutex<String>>;

async fn answer(State(served): State<Served>) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], served.lock().unwrap().clone()).into_response()
}

/// An installation with one series.
struct Installation {
    dir: tempfile::TempDir,
    served: Served,
}

impl Installation {
    async fn start(more: &str) -> Self {
        let served = Served::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/export", axum::routing::get(answer)).with_state(Arc::clone(&served));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let dir = tempfile::tempdir().unwrap();
        let source = format!(
            "[[source]]\nid = \"export\"\nname = \"云鹭海关统计\"\nurl = \"http://{address}/export\"\nkind = \"series\"\nallow_private = true\n\
             series = {{ name = \"云鹭市发制品出口额\"{more} }}\n"
        );
        std::fs::write(dir.path().join("sources.toml"), source).unwrap();
        std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
        Self { dir, served }
    }

    async fn run(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        command.args(args).current_dir(self.dir.path()).env_remove("RUST_LOG").stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    }

    /// Polls the document, with these months and figures.
    async fn poll(&self, unit: &str, rows: &[(&str, &str)]) -> String {
        let rows: String = rows.iter().map(|(month, value)| format!("<tr><td>{month}</td><td>{value}</td></tr>")).collect();
        *self.served.lock().unwrap() = format!("<h1>发制品出口</h1><table><tr><th>月份</th><th>出口额（{unit}）</th></tr>{rows}</table>");
        self.run(&["once"]).await
    }

    fn change(&self, sql: &str) {
        Connection::open(self.dir.path().join("data/qingbao.db")).unwrap().execute_batch(sql).unwrap();
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        let db = Connection::open(self.dir.path().join("data/qingbao.db")).unwrap();
        let mut s = db.prepare(sql).unwrap();
        s.query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }
}

const BASE: [(&str, &str); 14] = [
    ("2025年9月", "11.2"),
    ("2025年10月", "11.8"),
    ("2025年11月", "12.1"),
    ("2025年12月", "12.9"),
    ("2026年1月", "11.0"),
    ("2026年2月", "9.8"),
    ("2026年3月", "10.9"),
    ("2026年4月", "11.5"),
    ("2026年5月", "11.9"),
    ("2026年6月", "12.2"),
    ("2026年7月", "12.4"),
    ("2026年8月", "12.0"),
    ("2026年9月", "12.45"),
    ("2026年10月", "…"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_new_month_and_a_revision_become_articles_and_an_item_with_table_and_chart() {
    let it = Installation::start("").await;
    it.poll("亿元", &BASE).await;
    assert!(it.texts("SELECT title FROM entry").is_empty(), "the first reading tells nothing");
    let mut rows = BASE;
    rows[13].1 = "12.3";
    // the first run made today's issue, empty
    it.change("DELETE FROM outbox; DELETE FROM edition");
    it.poll("亿元", &rows).await;
    let title = "2026年10月云鹭市发制品出口额：12.3 亿元，同比增长 4.2%，环比下降 1.2%";
    assert_eq!(it.texts("SELECT title FROM article"), [title]);
    assert_eq!(it.texts("SELECT judgement ->> '$.column' FROM article"), ["财经数据"]);
    rows[12].1 = "12.6";
    it.poll("亿元", &rows).await;
    it.poll("亿元", &rows).await;
    assert_eq!(it.texts("SELECT title FROM article ORDER BY id"), [title, "2026年9月云鹭市发制品出口额修订为 12.6 亿元（原 12.45 亿元）"]);
    assert_eq!(it.texts("SELECT period FROM series_revision"), ["2026-09"]);

    // another currency is not taken, and told
    it.poll("亿美元", &rows).await;
    assert_eq!(it.texts("SELECT error_code FROM source"), ["odd-figures"]);
    assert!(it.texts("SELECT last_error_zh FROM source")[0].contains("单位从“亿元”变成“亿美元”"));

    let html = it.run(&["digest", "export", &it.texts("SELECT CAST(max(id) AS TEXT) FROM edition")[0], "--format", "html"]).await;
    assert!(html.contains("同比增长 4.2%，环比下降 1.2%") && html.contains("数据来源：云鹭海关统计"), "{html}");
    let alt = "alt=\"云鹭市发制品出口额（亿元）走势图：从 2025年10月 11.8 到 2026年10月 12.3，最高 2025年12月 12.9，最低 2026年2月 9.8\"";
    assert!(html.contains(alt) && html.contains("2026年10月，云鹭市发制品出口额：12.3 亿元"), "{html}");
    if let Ok(to) = std::env::var("SERIES_KEEP") {
        let _ = Command::new("cp").args(["-r", &it.dir.path().display().to_string(), &to]).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_is_stored_and_waits_for_an_editor() {
    let it = Installation::start(", jump = \"20%\"").await;
    it.poll("亿元", &BASE).await;
    let mut rows = BASE;
    rows[13].1 = "123";
    it.poll("亿元", &rows).await;
    assert!(it.texts("SELECT title FROM article")[0].starts_with("【待核】2026年10月"));
    assert_eq!(it.texts("SELECT CAST(confidence ->> '$.is_doubtful_figure' AS TEXT) FROM article"), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_shows_what_would_be_taken() {
    let it = Installation::start("").await;
    *it.served.lock().unwrap() = "月份,出口额(亿元),进口额\n2026-10,12.3,3\n".to_owned();
    let said = it.run(&["sources", "test", "export"]).await;
    assert!(said.contains("several columns may hold the value: 出口额(亿元)、进口额; set series.value"), "{said}");
    *it.served.lock().unwrap() = "月份,出口额(亿元)\n2026-10,12.3\n".to_owned();
    let said = it.run(&["sources", "test", "export"]).await;
    assert!(said.contains("\"unit\":\"亿元\"") && said.contains("\"period\":\"2026-10\""), "{said}");
}
