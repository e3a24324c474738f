//! Pages that scripts make, in a real Chromium.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;
use qingbao::config::settings::FetchSettings;
use qingbao::fetch::{DocumentKind, FetchResponse, Fetched, Fetcher, NoopSiteStore, Request, Validators};
use qingbao::model::{Source, SourceId, WebUrl};
use tokio::net::TcpListener;

const LIST: &str = "<html><head><title>要闻</title></head><body><div id=app></div><script>
    fetch('/list.json').then(r => r.json()).then(list => setTimeout(() => {
        document.getElementById('app').innerHTML = '<ul>' + list.map(i => `<li><a href='/news/${i.id}.html'>${i.title}</a><span>2026-11-2${i.id}</span></li>`).join('') + '</ul>';
    }, 300));</script></body></html>";
const ARTICLE: &str = "<html><head><title>脚本写成的新闻</title></head><body><div id=app></div><script>
    const n = location.pathname.match(/\\d/)[0];
    document.getElementById('app').innerHTML = `<h1>脚本写成的第${n}条新闻标题</h1><p>许昌市第${n}家超硬材料企业的新生产线本月投产，设计年产能三百万克拉，产品用于精密加工和散热元件。</p>` +
        `<p>企业负责人介绍，第${n}条生产线采用自主研制的六面顶压机，单位能耗比上一代设备低两成，明年还将扩建检测中心。</p>`;</script></body></html>";

/// One browser at a time: each takes a hundred megabytes.
static TURN: LazyLock<tokio::sync::Mutex<()>> = LazyLock::new(tokio::sync::Mutex::default);

async fn page(State(secret): State<String>, uri: Uri) -> impl IntoResponse {
    let html = |text: &str| (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text.to_owned());
    match uri.path() {
        "/" => html(LIST),
        "/list.json" => {
            let item = |n: u32| format!(r#"{{"id":{n},"title":"脚本写成的第{n}条新闻标题"}}"#);
            html(&format!("[{}]", (1..=3).map(item).collect::<Vec<_>>().join(",")))
        }
        p if p.starts_with("/news/") => html(ARTICLE),
        "/busy" => html("<p>wait</p><script>while (true) {}</script>"),
        "/grows" => html(
            "<p>more</p><script>const t = 'x'.repeat(100000); setInterval(() => { const p = document.createElement('p'); p.textContent = t; document.body.append(p); }, 1)</script>",
        ),
        "/alert" => html("<p>before</p><script>alert('请登录'); document.body.append('after')</script>"),
        "/leaves" => html("<script>location = 'http://169.254.169.254/latest/'</script>"),
        "/spies" => html(&format!(
            "<p>page</p><script>fetch('{secret}').then(r => r.text()).then(t => document.body.append(t)); new Image().src = '{secret}'; new WebSocket('{secret}'.replace('http', 'ws'))</script>"
        )),
        _ => (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html")], String::new()),
    }
}

/// The site, and a service beside it that must see nothing; gives both addresses and the count of its visitors.
async fn serve() -> (String, Arc<AtomicUsize>) {
    let visitors = Arc::new(AtomicUsize::new(0));
    let secret = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let secret_at = format!("http://{}/", secret.local_addr().unwrap());
    let seen = Arc::clone(&visitors);
    tokio::spawn(async move {
        while secret.accept().await.is_ok() {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(page).with_state(secret_at)).await });
    (base, visitors)
}

fn source(url: &str) -> Source {
    let mut source = Source::plain(SourceId::parse("rendered").unwrap(), "脚本站".to_owned(), WebUrl::parse(url).unwrap());
    (source.render, source.allow_private) = (true, true);
    source
}

async fn get(fetcher: &Fetcher, url: &str) -> (FetchResponse, Duration) {
    let (source, none) = (source(url), Validators::default());
    let start = Instant::now();
    let answer = fetcher
        .get(&Request { url: &source.url, source: &source, validators: &none, kind: DocumentKind::Page, keep_alive: false, scope: None })
        .await;
    (answer, start.elapsed())
}

/// Processes of the browser of a process.
fn browsers(of: u32) -> usize {
    let sign = format!("qingbao-browser-{of}/");
    let lines = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|p| std::fs::read(p.path().join("cmdline")).ok());
    lines.filter(|l| String::from_utf8_lossy(l).contains(&sign)).count()
}

fn set_up(dir: &Path, base: &str) -> Command {
    let sources = format!("[[source]]\nid = \"js\"\nname = \"脚本站\"\nurl = \"{base}/\"\nkind = \"list\"\nrender = true\nallow_private = true\n");
    std::fs::write(dir.join("sources.toml"), sources).unwrap();
    std::fs::write(dir.join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    command.arg("once").current_dir(dir).stdin(Stdio::null());
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn a_site_made_by_scripts_is_read_like_any_other() {
    let _turn = TURN.lock().await;
    let (base, _) = serve().await;
    let dir = tempfile::tempdir().unwrap();
    let mut command = set_up(dir.path(), &base);
    let (output, pid) = tokio::task::spawn_blocking(move || {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = child.id();
        (child.wait_with_output().unwrap(), pid)
    })
    .await
    .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("articles   3 new"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(browsers(pid), 0, "nothing of the browser is left");
    assert!(!std::env::temp_dir().join(format!("qingbao-browser-{pid}")).exists(), "nor of its profile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn hostile_pages_end_in_their_bounds_and_reach_nothing_beside() {
    let _turn = TURN.lock().await;
    let (base, visitors) = serve().await;
    let settings = FetchSettings { timeout: Duration::from_secs(6), host_delay: Duration::ZERO, max_page_bytes: 4 << 20, ..FetchSettings::default() };
    let fetcher = Fetcher::new(&settings, Arc::new(NoopSiteStore)).unwrap();
    // the first start of the browser is not what is measured
    let _ = get(&fetcher, &format!("{base}/news/1.html")).await;
    for (path, expected) in [("busy", "timeout"), ("grows", "too-large"), ("leaves", "private-address"), ("alert", "ok"), ("spies", "ok")] {
        let (answer, took) = get(&fetcher, &format!("{base}/{path}")).await;
        let code = answer.result.as_ref().map_or_else(qingbao::fetch::FetchError::code, |_| "ok");
        assert_eq!(code, expected, "{path}: {:?}", answer.result);
        assert!(took < Duration::from_secs(30), "{path}: {took:?}");
        if let Ok(Fetched::Page(page)) = answer.result {
            let wanted = if path == "alert" { "before" } else { "page" };
            assert!(String::from_utf8_lossy(&page.body).contains(wanted), "{path}");
        }
    }
    assert_eq!(visitors.load(Ordering::SeqCst), 0, "a script reached a service of this machine");
    // after all that an ordinary page is still read
    assert!(get(&fetcher, &format!("{base}/news/2.html")).await.0.result.is_ok());
    fetcher.close().await;
    assert_eq!(browsers(std::process::id()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn the_browser_dies_with_a_killed_service() {
    let _turn = TURN.lock().await;
    let (base, _) = serve().await;
    let dir = tempfile::tempdir().unwrap();
    let mut command = set_up(dir.path(), &format!("{base}/busy"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let pid = child.id();
    let wait = |wanted: fn(usize) -> bool| async move {
        let start = Instant::now();
        while !wanted(browsers(pid)) && start.elapsed() < Duration::from_mins(1) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        browsers(pid)
    };
    assert!(wait(|n| n > 2).await > 2, "the browser started");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(wait(|n| n == 0).await, 0);
}
