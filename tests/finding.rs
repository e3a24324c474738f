//! Sources found by their address alone, lists of sources exchanged, lists that change their layout.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;

fn rows(from: u32, to: u32) -> String {
    (from..=to)
        .map(|n| format!("<li><a href='/news/{n}.html' title='许昌科技创新的第{n}条消息'>许昌科技创新的第{n}条消息</a><span>{}</span></li>", day(n)))
        .collect()
}

fn day(n: u32) -> String {
    (chrono::Utc::now() - chrono::TimeDelta::hours(i64::from(n))).format("%Y-%m-%d").to_string()
}

fn list(head: &str, rows: &str, rest: &str) -> String {
    format!(
        "<html><head><title>科技要闻_示例网</title>{head}</head><body><div class=nav><ul><li><a href='/a/'>政务公开栏目</a></li><li><a href='/b/'>办事服务栏目</a></li></ul></div>\
         <div class=main><ul class=news>{rows}</ul></div>{rest}<div class=footer><a href='/about.html'>关于我们网站</a></div></body></html>"
    )
}

fn feed(from: u32, to: u32) -> String {
    let date = chrono::Utc::now().to_rfc2822();
    let item = |n| format!("<item><title>许昌科技创新的第{n}条消息</title><link>/news/{n}.html</link><pubDate>{date}</pubDate></item>");
    format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", (from..=to).map(item).collect::<String>())
}

/// `relaid`: whether the list has been laid out anew.
async fn page(State(relaid): State<Arc<AtomicBool>>, headers: header::HeaderMap, uri: Uri) -> impl IntoResponse {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default().to_owned();
    let announce = "<link rel=alternate type='application/rss+xml' href='/feed.xml'>";
    let body = match uri.path() {
        // a column whose feed tells of the same articles
        "/column/" => list(announce, &rows(1, 6), ""),
        "/rss.xml" | "/feed.xml" if host.starts_with("localhost") => return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html")], String::new()),
        "/feed.xml" => feed(1, 8),
        // a column for which the site's one feed is no substitute
        "/other/" => list(announce, &rows(101, 108), ""),
        // a page without a list of its own
        "/app/" => "<html><head><title>应用</title></head><body><div id=app></div><script src=/app.js></script></body></html>".to_owned(),
        // a home page without list or feed, on a host of its own below
        "/home/" | "/" => "<html><head><title>示例局</title></head><body><a href='/column/'>新闻动态</a><a href='/paged/'>通知公告</a><a href='/zt/'>专题专栏</a></body></html>".to_owned(),
        "/based/" => "<html><head><base href='/sub/'><link rel=alternate title=RSS href=feed.xml></head></html>".to_owned(),
        "/sub/feed.xml" => feed(1, 8),
        "/frame/" => "<html><body><iframe src='/column/' width=100% height=900></iframe></body></html>".to_owned(),
        "/check/" => "<html><script>document.cookie='a=1;path=/';location.href=location.pathname;</script></html>".to_owned(),
        "/sent/" => "<html><body onload=\"window.location='/other/'\"></body></html>".to_owned(),
        "/rss.xml" => feed(1, 8),
        "/map/index.xml" => "<sitemapindex><sitemap><loc>{base}/map/old.xml</loc><lastmod>2020-01-01</lastmod></sitemap>\
            <sitemap><loc>{base}/map/news.xml</loc></sitemap></sitemapindex>"
            .replace("{base}", &format!("http://{host}")),
        "/map/news.xml" => {
            let row = |n: u32| {
                format!(
                    "<url><loc>http://{host}/news/{n}.html</loc><news><title>许昌科技创新的第{n}条消息</title><publication_date>{}</publication_date></news></url>",
                    day(n)
                )
            };
            format!("<urlset>{}</urlset>", (1..=6).map(row).collect::<String>())
        }
        "/paged/" if relaid.load(Ordering::SeqCst) => {
            list("", "", &format!("<div class=box><dl>{}</dl></div>", rows(1, 8).replace("<li>", "<dd>").replace("</li>", "</dd>")))
        }
        "/paged/" => list("", &rows(1, 5), "<a href='index_2.html'>下一页</a>"),
        "/paged/index_2.html" => list("", &rows(6, 10), "<a href='index_3.html'>下一页</a>"),
        "/paged/index_3.html" => list("", &rows(11, 15), "<a href='index_4.html'>下一页</a>"),
        "/paged/index_4.html" => list("", &rows(16, 20), ""),
        p if p.starts_with("/news/") => {
            let n = p.trim_matches(|c: char| !c.is_ascii_digit());
            format!(
                "<html><head><title>许昌科技创新的第{n}条消息</title></head><body><h1>许昌科技创新的第{n}条消息</h1><div><p>第{n}条消息说，许昌市的企业今年在超硬材料方面取得了新的进展，订单增加。</p><p>负责人介绍，第{n}条生产线明年投产，产品将销往海外。</p></div></body></html>"
            )
        }
        _ => return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html")], String::new()),
    };
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], body)
}

struct Site {
    base: String,
    relaid: Arc<AtomicBool>,
    dir: tempfile::TempDir,
}

impl Site {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (base, relaid) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(AtomicBool::new(false)));
        let app = Router::new().fallback(page).with_state(Arc::clone(&relaid));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
        Self { base, relaid, dir }
    }

    async fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        command.args(args).current_dir(self.dir.path());
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    async fn add(&self, path: &str) -> Output {
        self.run(&["sources", "add", "--allow-private", &format!("{}{path}", self.base)]).await
    }

    fn sources(&self) -> String {
        read(&self.dir.path().join("sources.toml"))
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn out(o: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_enough_to_add_a_source() {
    let site = Site::start().await;
    for (path, url, kind) in
        [("/column/", "/feed.xml", true), ("/other/", "/other/", false), ("/app/", "/rss.xml", true), ("/map/index.xml", "/map/index.xml", false)]
    {
        let added = site.add(path).await;
        assert!(added.status.success(), "{path}: {}", out(&added));
        let table = site.sources();
        let last = table.rsplit("[[source]]").next().unwrap();
        assert!(last.contains(&format!("url = \"{}{url}\"", site.base)) && last.contains("kind = \"feed\"") == kind, "{path}: {last}");
    }
    let text = out(&site.add("/other/").await);
    assert!(text.contains("already"), "{text}");
    let shown = out(&site.run(&["sources", "test", &format!("{}/other/", site.base), "--allow-private"]).await);
    assert!(shown.contains("许昌科技创新的第101条消息") && !shown.contains("政务公开"), "{shown}");
    let shown = out(&site.run(&["sources", "test", &format!("{}/map/index.xml", site.base), "--allow-private"]).await);
    assert!(shown.contains("许昌科技创新的第6条消息"), "{shown}");
    let nothing = site.add("/nowhere/").await;
    assert!(!nothing.status.success() && out(&nothing).contains("404"), "{}", out(&nothing));
    let told = out(&site.run(&["once"]).await);
    assert!(told.contains("sources    4 ok") && told.contains("0 lost"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_go_over_to_other_readers_and_back() {
    let site = Site::start().await;
    let path = site.dir.path().join("sources.toml");
    std::fs::write(&path, "# kept\n[[source]]\nid = \"old\"\nname = \"旧 & 源\" # kept too\nurl = \"https://old.example/rss\"\nkind = \"feed\"\n")
        .unwrap();
    let opml = site.dir.path().join("in.opml");
    std::fs::write(&opml, "<opml version='2.0'><body><outline text='夹'><outline text='新源' xmlUrl='https://new.example/feed'/><outline text='x' xmlUrl='https://old.example/rss'/></outline></body></opml>").unwrap();
    let text = out(&site.run(&["sources", "import", "in.opml"]).await);
    assert!(text.contains("1 sources added") && text.contains("1 listed already"), "{text}");
    let file = site.sources();
    assert!(file.starts_with("# kept") && file.contains("# kept too") && file.contains("id = \"new-example\""), "{file}");
    let exported = out(&site.run(&["sources", "export", "-"]).await);
    assert!(exported.contains("xmlUrl=\"https://new.example/feed\"") && exported.contains("旧 &amp; 源"), "{exported}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_read_further_back_at_first_and_a_new_layout_is_told() {
    let site = Site::start().await;
    let source = format!("[[source]]\nid = \"paged\"\nname = \"分页\"\nurl = \"{}/paged/\"\nallow_private = true\n", site.base);
    std::fs::write(site.dir.path().join("sources.toml"), source).unwrap();
    let told = out(&site.run(&["once"]).await);
    assert!(told.contains("entries    15 new"), "{told}");
    site.relaid.store(true, Ordering::SeqCst);
    let told = out(&site.run(&["once"]).await);
    assert!(told.contains("sources    1 ok") && told.contains("entries    0 new"), "{told}");
    let listed = out(&site.run(&["sources", "list"]).await);
    assert!(listed.contains("list layout changed"), "{listed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_page_names_its_columns_and_pages_without_a_list_say_why() {
    let site = Site::start().await;
    // under this name the site has no feed at the usual places
    let home = site.base.replace("127.0.0.1", "localhost").replace("http://", "");
    let shown = out(&site.run(&["sources", "add", "--dry-run", "--allow-private", &home]).await);
    for column in ["\"entries\":6,\"list\":", "\"name\":\"新闻动态\"", "\"name\":\"通知公告\""] {
        assert!(shown.contains(column), "{shown}");
    }
    let based = out(&site.run(&["sources", "add", "--dry-run", "--allow-private", &format!("{}/based/", site.base)]).await);
    assert!(based.contains("/sub/feed.xml"), "{based}");
    for (path, words) in [("/frame/", "/column/"), ("/check/", "render = true"), ("/app/", "render = true"), ("/sent/", "许昌科技创新的第101条消息")]
    {
        let shown = out(&site.run(&["sources", "test", "--allow-private", &format!("{}{path}", site.base)]).await);
        assert!(shown.contains(words), "{path}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_any_charset_are_imported_and_what_is_left_out_is_named() {
    let site = Site::start().await;
    let text = "<?xml version='1.0' encoding='gb2312'?>\n<opml version='2.0'><body>\n<outline text='许昌新闻' xmlUrl='http://a.example/rss'/>\
        <outline text='又' xmlUrl='https://a.example/rss'/>\n<outline text='坏' xmlUrl='ftp://b.example/x'/></body></opml>";
    let utf16 = |text: &str| std::iter::once(0xfeff_u16).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (name, bytes) in [("gbk.opml", encoding_rs::GBK.encode(text).0.into_owned()), ("utf16.opml", utf16(&text.replace("a.example", "c.example")))]
    {
        std::fs::write(site.dir.path().join(name), bytes).unwrap();
        let told = out(&site.run(&["sources", "import", name]).await);
        assert!(told.contains("1 sources added") && told.contains("1 listed already"), "{told}");
        assert!(told.contains(&format!("{name}:4: ftp://b.example/x is left out")), "{told}");
    }
    assert_eq!(site.sources().matches("name = \"许昌新闻\"").count(), 2);
}
