//! Captchas and sign-in pages in place of lists and articles, sources gone quiet, and two feeds of the same pages, by the real binary.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{TimeDelta, Utc};

const SIGN_IN: &str = "<html><title>登录</title><body><form><input name=u><input type=password name=p><button>登录</button></form></body></html>";
const CAPTCHA: &str = "<html><title>访问验证</title><body><p>请完成下方验证后继续访问</p><script src=/geetest.js></script></body></html>";
const CHALLENGE: &str = "<html><script>document.cookie='__jsl_clearance=1';location.href=location.pathname;</script></html>";

fn article(name: &str) -> String {
    let text = format!("{name}：市工业和信息化局今天公布了新一批技术改造项目，涉及装备制造和新材料，总投资超过三亿元。").repeat(5);
    format!("<html><title>{name}的消息</title><body><h1>{name}的消息</h1><p>{text}</p></body></html>")
}

/// A feed of articles that are so many days old.
fn feed(prefix: &str, ages: &[i64]) -> String {
    let item = |age: &i64| {
        let at = (Utc::now() - TimeDelta::days(*age)).to_rfc2822();
        format!("<item><title>{prefix}第{age}天前的消息</title><link>/{prefix}/{age}.html</link><pubDate>{at}</pubDate></item>")
    };
    format!("<?xml version='1.0'?><rss version='2.0'><channel><title>{prefix}</title>{}</channel></rss>", ages.iter().map(item).collect::<String>())
}

fn answer(path: &str) -> (u16, String) {
    match path {
        "/robots.txt" => (404, String::new()),
        "/sign-in/" => (200, SIGN_IN.to_owned()),
        "/challenge/" => (521, CHALLENGE.to_owned()),
        "/refused/" => (403, "<html><title>网站防火墙</title>您的请求带有不合法参数，已被拦截</html>".to_owned()),
        "/plain403/" => (403, "<html><title>403 Forbidden</title></html>".to_owned()),
        "/captcha-feed.xml" => (200, CAPTCHA.to_owned()),
        "/lively.xml" | "/second.xml" => (200, feed("lively", &[1, 2, 3, 4, 5, 6, 7, 8])),
        "/dead.xml" => (200, feed("dead", &[25, 26, 27, 28, 29, 30, 31, 32, 33])),
        "/walled.xml" => (200, feed("walled", &[1, 2, 3])),
        p if p.starts_with("/walled/") => (200, CAPTCHA.to_owned()),
        p => (200, article(p)),
    }
}

/// Serves until the test ends.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut lines = BufReader::new(&connection).lines().map_while(Result::ok);
            let path = lines.next().and_then(|l| l.split(' ').nth(1).map(str::to_owned)).unwrap_or_default();
            lines.find(String::is_empty);
            let (status, body) = answer(&path);
            let kind = if path.contains(".xml") { "application/xml" } else { "text/html; charset=utf-8" };
            let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = (&connection).write_all((head + &body).as_bytes());
        }
    });
    base
}

const SOURCES: [(&str, &str); 9] = [
    ("lively", "/lively.xml"),
    ("second", "/second.xml"),
    ("dead", "/dead.xml"),
    ("walled", "/walled.xml"),
    ("sign-in", "/sign-in/"),
    ("challenge", "/challenge/"),
    ("refused", "/refused/"),
    ("plain403", "/plain403/"),
    ("captcha-feed", "/captcha-feed.xml"),
];

fn run(dir: &Path, args: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_qingbao")).args(args).current_dir(dir).env_remove("RUST_LOG").stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn walls_silence_and_second_feeds_are_told_for_what_they_are() {
    let (dir, base) = (tempfile::tempdir().unwrap(), serve());
    let source = |(id, path): &(&str, &str)| format!("[[source]]\nid = \"{id}\"\nname = \"{id}\"\nurl = \"{base}{path}\"\n");
    let kind = |(id, path): &(&str, &str)| source(&(id, path)) + if path.contains(".xml") { "kind = \"feed\"\n" } else { "" };
    let list = format!("[defaults]\nallow_private = true\n\n{}", SOURCES.iter().map(kind).collect::<String>());
    std::fs::write(dir.path().join("sources.toml"), list).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
    run(dir.path(), &["once"]);
    // what the first poll listed is fetched: the second one judges
    run(dir.path(), &["once"]);

    let told = run(dir.path(), &["sources", "list"]);
    let line = |id: &str| told.lines().find(|l| l.starts_with(&format!("{id}\t"))).unwrap().to_owned();
    for (id, words) in [
        ("sign-in", "asks to sign in"),
        ("challenge", "shows its pages only to browsers that run scripts"),
        ("refused", "its firewall refuses us"),
        ("plain403", "answered with status 403"),
        ("captcha-feed", "shows a captcha"),
        ("walled", "its article pages cannot be read: its site shows a captcha"),
        ("walled", "never brought an article"),
        ("dead", "gone quiet: no article since "),
        ("dead", "9 articles, newest "),
        ("lively", "8 articles, newest "),
        ("second", "8 articles, newest "),
        ("second", "2.0 a week"),
    ] {
        assert!(line(id).contains(words), "{id}: {words}: {}", line(id));
    }
    assert!(!line("lively").contains("quiet") && !line("second").contains("quiet"), "{told}");

    let checked = run(dir.path(), &["sources", "check"]);
    for words in [
        "sign-in\t0 articles; failing",
        "dead\t9 articles, newest ",
        "; gone quiet",
        "walled\t0 articles; never brought an article",
        "lively\t8 articles",
    ] {
        assert!(checked.contains(words), "{words}: {checked}");
    }
    assert!(checked.lines().last().unwrap().ends_with("9 sources, 9 enabled, no problems"), "{checked}");

    let db = rusqlite::Connection::open(dir.path().join("data/qingbao.db")).unwrap();
    let number = |sql: &str| db.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap();
    assert_eq!(number("SELECT count(*) FROM article"), 17, "no wall is an article, and no article is stored twice");
    assert_eq!(number("SELECT count(*) FROM article WHERE source_id = 'walled'"), 0);
    assert_eq!(number("SELECT count(*) FROM fetch_log WHERE source_id = 'walled' AND listing = 0 AND code <> 'captcha'"), 0);
    assert_eq!(number("SELECT count(*) FROM sighting"), 25);
}
