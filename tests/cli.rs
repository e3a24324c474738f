//! The real binary against a loopback news world.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

#[path = "support/ports/mod.rs"]
mod ports;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use qingbao::demo::{self, DemoWorld};
use qingbao::model::{MailAddress, RuleDraft, RuleEffect, RuleKind, SubscriberDraft};
use qingbao::store::Store;

fn qingbao(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_qingbao")).args(args).current_dir(dir).env_remove("RUST_LOG").output().unwrap()
}

fn stdout(o: &Output) -> String {
    String::from_utf8_lossy(&o.stdout).into_owned()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

/// A served world with `sources.toml` and a fast `qingbao.toml` beside it.
struct Site {
    dir: tempfile::TempDir,
    server: demo::Server,
    _runtime: tokio::runtime::Runtime,
}

impl Site {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let world = DemoWorld::at(chrono::Utc::now());
        let server = runtime.block_on(demo::start(world.clone())).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("sources.toml"), world.sources(&server.base)).unwrap();
        std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n[publication]\nwindow = \"5d\"\n").unwrap();
        Self { dir, server, _runtime: runtime }
    }

    fn run(&self, args: &[&str]) -> Output {
        qingbao(self.dir.path(), args)
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

#[test]
fn the_demo_leaves_mail_page_and_document() {
    let dir = tempfile::tempdir().unwrap();
    let o = qingbao(dir.path(), &["demo"]);
    assert!(o.status.success(), "{}", stderr(&o));
    let text = stdout(&o);
    assert!(text.contains("9 ok (0 unchanged), 1 failed") && text.contains("68 new, 0 known already, 0 lost"), "{text}");
    assert!(text.contains("9 copies merged"), "{text}");
    let endings: Vec<String> = std::fs::read_dir(dir.path().join("out"))
        .unwrap()
        .filter_map(|e| Some(e.unwrap().path().extension()?.to_string_lossy().into_owned()))
        .collect();
    for wanted in ["eml", "html", "docx"] {
        assert!(endings.iter().any(|e| e == wanted), "{endings:?}");
    }
    let again = qingbao(dir.path(), &["demo"]);
    assert!(again.status.success(), "a second demo starts afresh: {}", stderr(&again));
}

#[test]
fn the_demo_prints_the_briefing_of_the_settings() {
    let dir = tempfile::tempdir().unwrap();
    let settings = "[publication]\nname = \"长葛产业参考\"\norganiser = \"长葛市科技信息中心\"\ncolumns = [{ name = \"财经数据\", quota = 2 }, { name = \"行业动态\", quota = 3 }]\n\
        [publication.imprint]\nsigner = \"张所长\"\n";
    std::fs::write(dir.path().join("other.toml"), settings).unwrap();
    let o = qingbao(dir.path(), &["--config", "other.toml", "demo"]);
    assert!(o.status.success(), "{}", stderr(&o));
    let files: Vec<std::path::PathBuf> = std::fs::read_dir(dir.path().join("out")).unwrap().map(|e| e.unwrap().path()).collect();
    let of = |ending: &str| std::fs::read(files.iter().find(|p| p.extension().is_some_and(|e| e == ending)).unwrap()).unwrap();
    let page = String::from_utf8(of("html")).unwrap();
    assert!(page.contains("长葛产业参考") && page.contains("长葛市科技信息中心") && !page.contains("许昌竞争情报快递"), "{page}");
    assert!(page.find("财经数据") < page.find("行业动态") && !page.contains("金融要点"), "its columns, in its order: {page}");
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(of("docx"))).unwrap();
    let mut document = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("word/document.xml").unwrap(), &mut document).unwrap();
    assert!(document.contains("张所长"), "{document}");
    let text = stdout(&o);
    assert!(text.contains("  财经数据  2") && text.contains("  行业动态  3"), "{text}");
}

#[test]
fn a_second_pass_asks_conditionally_and_adds_nothing() {
    let site = Site::new();
    let first = stdout(&site.run(&["once"]));
    assert!(first.contains("articles   68 new"), "{first}");
    let second = stdout(&site.run(&["once"]));
    assert!(second.contains("9 ok (9 unchanged)") && second.contains("articles   0 new, 0 known already, 0 lost"), "{second}");
    assert!(second.contains("was mailed before"), "{second}");
    let list = stdout(&site.run(&["digest", "list"]));
    assert!(list.contains("1/1 letters sent") && list.lines().count() == 1, "{list}");
}

#[test]
fn an_interrupted_pass_goes_on_where_it_stopped() {
    let site = Site::new();
    let mut killed = 0;
    for wait in [20, 60, 120, 200] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_qingbao"))
            .arg("once")
            .current_dir(site.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        killed += usize::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        let _ = child.wait();
    }
    let o = site.run(&["once"]);
    assert!(o.status.success(), "{}", stderr(&o));
    let export = stdout(&site.run(&["articles", "export"]));
    let mut urls: Vec<String> =
        export.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["url"].as_str().unwrap().to_owned()).collect();
    let all = urls.len();
    urls.sort();
    urls.dedup();
    assert_eq!((all, urls.len()), (68, 68), "after {killed} kills every page is there once");
}

#[test]
fn the_archive_is_searched_by_short_words_and_exported() {
    let site = Site::new();
    site.run(&["once"]);
    let found = stdout(&site.run(&["articles", "search", "假发"]));
    assert!(found.lines().count() >= 3 && found.contains("发制品"), "{found}");
    assert_eq!(stdout(&site.run(&["articles", "search", "\"OR (NEAR", "*"])), "", "query syntax is text");
    let csv = stdout(&site.run(&["articles", "export", "--format", "csv"]));
    assert!(csv.starts_with("\u{feff}id,source,url,title"), "Excel knows UTF-8 by its mark");
    let future = stdout(&site.run(&["articles", "export", "--since", "2999-01-01"]));
    assert_eq!(future, "");
}

#[test]
fn events_and_organisations_are_listed_and_shown() {
    let site = Site::new();
    site.run(&["once"]);
    let lines = |text: &str| text.lines().map(|l| serde_json::from_str(l).unwrap()).collect::<Vec<serde_json::Value>>();
    let events = lines(&stdout(&site.run(&["events", "list", "--days", "366"])));
    assert!(events.iter().all(|e| e["title"].is_string() && e["sources"].as_i64().unwrap() > 0), "{events:?}");
    let articles = lines(&stdout(&site.run(&["events", "show", "1"])));
    assert!(articles.iter().all(|a| a["event_confidence"].as_f64().unwrap() > 0.4) && !articles.is_empty(), "{articles:?}");
    let missing = site.run(&["events", "show", "999999"]);
    assert!(missing.status.code() == Some(1) && stderr(&missing).contains("events list"), "{}", stderr(&missing));

    let all = lines(&stdout(&site.run(&["organisations", "list"])));
    let first = all.iter().max_by_key(|o| o["recent"].as_i64()).unwrap();
    let id = first["id"].to_string();
    let shown = lines(&stdout(&site.run(&["organisations", "show", &id])));
    assert!(shown.len() == 1 && shown[0]["name"] == first["name"] && shown[0]["articles"].is_array(), "{shown:?}");
    let name = first["name"].as_str().unwrap();
    let found = lines(&stdout(&site.run(&["organisations", "list", name, "--limit", "1"])));
    assert!(found.len() == 1 && found[0]["name"].as_str().unwrap().contains(name), "{found:?}");
    for args in [&["organisations", "list", "--format", "csv"][..], &["organisations", "show", &id, "--format", "csv"]] {
        let csv = stdout(&site.run(args));
        assert!(csv.starts_with('\u{feff}') && csv.contains(name), "{args:?}: {csv}");
    }
    assert_eq!(site.run(&["organisations", "show", "999999"]).status.code(), Some(1));
}

#[test]
fn a_column_without_its_topic_is_named_by_the_check_of_sources() {
    let site = Site::new();
    let config = "[fetch]\nhost_delay = \"0s\"\n[[publication.columns]]\nname = \"云鹭动态\"\nquota = 3\ntopic = \"云鹭\"\n";
    std::fs::write(site.path().join("qingbao.toml"), config).unwrap();
    let before = stdout(&site.run(&["sources", "check"]));
    assert!(!before.contains("云鹭"), "without a database nothing is known of topics: {before}");
    assert!(site.run(&["once"]).status.success());
    let told = stdout(&site.run(&["sources", "check"]));
    assert!(told.contains("warning: ") && told.contains("no open topic is called 云鹭"), "{told}");
}

#[test]
fn editions_are_shown_explained_exported_and_sent() {
    let site = Site::new();
    site.run(&["once"]);
    let why = stdout(&site.run(&["digest", "show", "--why"]));
    assert!(why.contains("●行业动态") && why.contains("入选理由") && why.contains("地域：许昌"), "{why}");
    for (format, magic) in [("docx", "PK"), ("html", "<!DOCTYPE html>"), ("txt", "许昌竞争情报快递"), ("json", "{"), ("eml", "From:")] {
        let o = site.run(&["digest", "export", "1", "--format", format]);
        assert!(o.status.success() && stdout(&o).contains(magic), "{format}: {}", stderr(&o));
    }
    let test_copy = site.run(&["digest", "send", "--to", "me@example.com"]);
    assert!(stdout(&test_copy).contains("test copy to me@example.com"), "{}", stderr(&test_copy));
    let missing = site.run(&["digest", "show", "99"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(stderr(&missing).contains("digest list"), "{}", stderr(&missing));
}

#[test]
fn without_a_mail_server_the_draft_stays_queued_and_says_so() {
    let site = Site::new();
    let port = ports::free();
    let config = format!("[fetch]\nhost_delay = \"0s\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\ntimeout = \"5s\"\n");
    std::fs::write(site.path().join("qingbao.toml"), config).unwrap();
    let o = site.run(&["once"]);
    assert!(o.status.success(), "{}", stderr(&o));
    assert!(stdout(&o).contains("stays queued and is tried again"), "{}", stdout(&o));
    assert!(stdout(&site.run(&["digest", "list"])).contains("0/1 letters sent"));
}

#[test]
fn broken_configuration_is_named_with_its_place_and_exit_code_two() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sources.toml"), "[[source]]\nid = \"a\"\nname = \"a\"\nurl = \"https://a.cn\"\nintervall = \"1h\"\n").unwrap();
    for args in [&["sources", "check"][..], &["once"], &["serve"]] {
        let o = qingbao(dir.path(), args);
        assert_eq!(o.status.code(), Some(2), "{args:?}");
        assert!(stderr(&o).contains("sources.toml:5:1: unknown key \"intervall\"; did you mean \"interval\"?"), "{}", stderr(&o));
    }
    let o = qingbao(dir.path(), &["--config", "missing.toml", "sources", "check"]);
    assert_eq!(o.status.code(), Some(2));
    assert!(stderr(&o).contains("missing.toml: does not exist"), "{}", stderr(&o));
    assert_eq!(qingbao(dir.path(), &["nonsense"]).status.code(), Some(2));
}

#[test]
fn an_error_names_its_cause_once_and_the_next_step() {
    let dir = tempfile::tempdir().unwrap();
    let o = qingbao(dir.path(), &["outbox", "list"]);
    assert_eq!(o.status.code(), Some(1));
    assert_eq!(stderr(&o).matches("there is no qingbao.db in it yet; run `qingbao once`").count(), 1, "{}", stderr(&o));
    let o = qingbao(dir.path(), &["once"]);
    assert_eq!(o.status.code(), Some(2));
    assert!(stderr(&o).contains("sources.toml: does not exist; create it, or name another one (--sources"), "{}", stderr(&o));
}

#[test]
fn one_source_is_tried_out_without_storing_anything() {
    let site = Site::new();
    let o = site.run(&["sources", "test", "gongxin"]);
    let text = stdout(&o);
    assert!(text.contains("\"kind\":\"list\"") && text.contains("许昌发制品产业集群调研报告"), "{text}");
    assert!(text.contains("\"publisher\":") && text.contains("\"charset\":\"gb18030\""), "{text}");
    let guarded = site.run(&["sources", "test", &format!("{}/keji/rss.xml", site.server.base)]);
    assert_eq!(guarded.status.code(), Some(1));
    assert!(stderr(&guarded).contains("allow_private"), "{}", stderr(&guarded));
    assert!(!site.path().join("data").exists());
}

#[test]
fn inspect_prints_one_line_per_file_in_order_and_never_stops() {
    let dir = tempfile::tempdir().unwrap();
    let page = "<html><head><title>许昌科技新闻_某网</title></head><body><h1>许昌科技新闻</h1><p>2026-11-20 08:00 来源：许昌日报</p><p>正文第一段，说明事情的经过，有足够多的文字。</p><p>正文第二段，继续说明，也有足够多的文字。</p></body></html>";
    std::fs::write(dir.path().join("a.html"), page).unwrap();
    std::fs::write(dir.path().join("b.html"), "%PDF-1.7").unwrap();
    std::fs::write(dir.path().join("d.html"), "<div>".repeat(200_000)).unwrap();
    let o = qingbao(dir.path(), &["inspect", "extract", "--jobs", "2", "a.html", "b.html", "c.html", "d.html", "a.html"]);
    let rows: Vec<serde_json::Value> = stdout(&o).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let files: Vec<&str> = rows.iter().map(|r| r["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["a.html", "b.html", "c.html", "d.html", "a.html"]);
    assert_eq!(
        (rows[0]["title"].as_str(), rows[0]["publisher"].as_str(), rows[0]["published_at"].as_str()),
        (Some("许昌科技新闻"), Some("许昌日报"), Some("2026-11-20T08:00:00+08:00"))
    );
    assert!(rows[1..4].iter().all(|r| r["error"].is_string()), "{rows:?}");
}

#[test]
#[cfg(unix)]
fn the_service_crawls_keeps_the_last_good_list_and_stops_on_sigterm() {
    let site = Site::new();
    let log = std::fs::File::create(site.path().join("log")).unwrap();
    let mut child =
        Command::new(env!("CARGO_BIN_EXE_qingbao")).arg("serve").current_dir(site.path()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let log = || std::fs::read_to_string(site.path().join("log")).unwrap_or_default();
    let wait_for = |words: &str| {
        let start = Instant::now();
        while !log().contains(words) {
            assert!(start.elapsed() < Duration::from_mins(1), "no {words:?} in\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    wait_for("pass done");
    let second = qingbao(site.path(), &["once"]);
    assert!(stderr(&second).contains("in use by another qingbao"), "{}", stderr(&second));
    std::fs::write(site.path().join("sources.toml"), "[[source]]\nid = 1\n").unwrap();
    let signal = |name: &str, child: &std::process::Child| Command::new("sh").args(["-c", &format!("kill {name} {}", child.id())]).status().unwrap();
    signal("-HUP", &child);
    wait_for("the last good list of 10 sources stays in force");
    signal("-TERM", &child);
    let start = Instant::now();
    let status = child.wait().unwrap();
    assert!(status.success() && start.elapsed() < Duration::from_secs(10), "{status:?} {}", log());
    assert_eq!(stdout(&site.run(&["articles", "export"])).lines().count(), 68);
}

#[test]
fn a_line_that_is_no_utf8_gets_a_line_of_its_own_and_stops_nothing() {
    use std::io::Write as _;
    let input =
        b"{\"id\":1,\"title\":\"a\",\"text\":\"b\"}\n{\"id\":2,\"title\":\"\xff\",\"text\":\"b\"}\n\xfe\n{\"id\":3,\"title\":\"a\",\"text\":\"b\"}\n";
    for stage in ["classify", "cluster", "summarise"] {
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_qingbao")).args(["inspect", stage]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let o = child.wait_with_output().unwrap();
        let rows: Vec<serde_json::Value> = stdout(&o).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let named: Vec<&str> = rows.iter().map(|r| r["file"].as_str().unwrap_or_default()).collect();
        assert_eq!((o.status.success(), named), (true, vec!["", "line 2", "line 3", ""]), "{stage}: {rows:?}");
        assert!(rows[1..3].iter().all(|r| r["error"].is_string()) && rows[3]["id"] == 3, "{stage}: {rows:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_pipe_is_no_configuration_file_and_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Command::new("mkfifo").arg(dir.path().join("pipe")).status().unwrap().success());
    std::fs::write(dir.path().join("sources.toml"), "").unwrap();
    for args in [["--sources", "pipe"], ["--config", "pipe"], ["--sources", "/dev/zero"], ["--config", "/dev/null"]] {
        let o = qingbao(dir.path(), &[&args[..], &["sources", "check"]].concat());
        assert_eq!(o.status.code(), Some(2), "{args:?}");
        assert!(stderr(&o).contains("is no regular file"), "{args:?} {}", stderr(&o));
    }
    let o = qingbao(dir.path(), &["restore", "pipe"]);
    assert!(!o.status.success() && stderr(&o).contains("is not a database"), "{}", stderr(&o));
}

#[test]
#[cfg(unix)]
fn what_is_written_is_closed_to_other_users_and_doctor_tells_what_is_not() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::new();
    let config = "[fetch]\nhost_delay = \"0s\"\n[console]\nlisten = \"0.0.0.0:21900\"\n[mail.smtp]\nhost = \"192.0.2.1\"\ntls = \"none\"\n";
    site.run(&["once"]);
    let data = site.path().join("data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in ["", "outbox", "drafts"] {
        let folder = data.join(folder);
        assert_eq!(mode(&folder), 0o750, "{}", folder.display());
        for file in std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).filter(|f| f.is_file()) {
            assert_eq!(mode(&file) & 0o137, 0, "{}", file.display());
        }
    }
    let doctor = || stdout(&site.run(&["doctor", "--no-network"]));
    let well = doctor();
    assert!(well.contains("closed to other users") && well.contains("for this machine alone"), "{well}");
    std::fs::set_permissions(data.join("qingbao.db"), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(site.path().join("qingbao.toml"), config).unwrap();
    let told = doctor();
    for words in ["qingbao.db: chmod -R g-w,o-rwx data", "open to the network without https", "travel in plain text to 192.0.2.1"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn the_password_of_nats_is_printed_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sources.toml"), "[[source]]\nid = \"a\"\nname = \"a\"\nurl = \"https://a.cn\"\nenabled = false\n").unwrap();
    let port = ports::free();
    for url in [format!("nats://me:hidden@127.0.0.1:{port}"), format!("nats://hidden@127.0.0.1:{port}"), "http://me:hidden@x".to_owned()] {
        std::fs::write(dir.path().join("qingbao.toml"), format!("[crawl]\nengine = \"nats\"\nnats = \"{url}\"\n")).unwrap();
        for args in [&["-vv", "doctor"][..], &["-vv", "once"], &["-vv", "worker", "--check"]] {
            let o = qingbao(dir.path(), args);
            let all = format!("{}{}", stdout(&o), stderr(&o));
            assert!(!o.status.success() && all.contains("…@") && !all.contains("hidden"), "{args:?}: {all}");
        }
    }
}

#[test]
fn a_reader_that_closes_its_pipe_ends_every_listing_quietly() {
    let site = Site::new();
    site.run(&["once"]);
    site.run(&["token", "add", "monitor"]);
    std::fs::write(site.path().join("password"), "a long password").unwrap();
    site.run(&["user", "add", "甲编辑", "--password-file", "password"]);
    let listings: [&[&str]; 20] = [
        &["doctor", "--no-network"],
        &["sources", "list"],
        &["sources", "check"],
        &["sources", "export", "-"],
        &["articles", "search", "许昌"],
        &["articles", "export"],
        &["articles", "export", "--format", "csv"],
        &["digest", "list"],
        &["digest", "show"],
        &["digest", "show", "--why"],
        &["outbox", "list", "--all"],
        &["user", "list"],
        &["token", "list"],
        &["topics", "list"],
        &["events", "list"],
        &["organisations", "list"],
        &["rules", "list"],
        &["taxonomy", "print"],
        &["inspect", "--help"],
        &["completions", "bash"],
    ];
    for args in listings {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        let o = command.args(args).current_dir(site.path()).env_remove("RUST_LOG").stdout(Stdio::from(writer)).output().unwrap();
        let told = stderr(&o);
        assert!(!told.contains("panicked") && o.status.code() != Some(101), "{args:?}: {told}");
        // doctor's exit code tells what it found
        assert!(o.status.success() || args[0] == "doctor", "{args:?}: {told}");
    }
}

/// What readers of a publication get: sources of its articles, its letters with their recipients, and its problems.
fn read_by(store: &Store, publication: &str) -> (Vec<String>, Vec<String>, String) {
    let row = store.editions(10).unwrap().into_iter().find(|e| e.publication == publication).unwrap();
    let edition = store.edition(row.id).unwrap().unwrap();
    let articles = edition.items().flat_map(|i| std::iter::once(i.article).chain(i.copies.iter().chain(&i.reports).filter_map(|c| c.article)));
    let mut sources: Vec<String> = articles.map(|a| store.headline(a).unwrap().source.as_str().to_owned()).collect();
    sources.sort_unstable();
    sources.dedup();
    let letters = store.messages_of(row.id).unwrap().into_iter().map(|l| l.recipient).collect();
    (sources, letters, serde_json::to_string(&edition.health).unwrap())
}

#[test]
fn two_publications_over_one_archive_share_nothing_in_their_letters() {
    let site = Site::new();
    let publications = "[fetch]\nhost_delay = \"0s\"\n\
        [[publication]]\nname = \"产业快报\"\nwindow = \"5d\"\nrecipients = [\"a@a.example\"]\n\
        [[publication]]\nname = \"建材专刊\"\nwindow = \"5d\"\nrecipients = [\"b@b.example\"]\nsources = [\"jianhua\", \"fazhi\", \"guzhang\"]\n";
    std::fs::write(site.path().join("qingbao.toml"), publications).unwrap();
    let now = chrono::Utc::now();
    {
        // subscribers and rules of one publication before the first issue
        let store = Store::open(&site.path().join("data")).unwrap();
        let reader = SubscriberDraft::of_everything(MailAddress::parse("reader@a.example").unwrap());
        store.add_subscriber("产业快报", &reader, "测试", now).unwrap();
        let rule = |publication: &str, text: &str| RuleDraft {
            kind: RuleKind::Words,
            effect: RuleEffect::Exclude,
            text: text.to_owned(),
            source: None,
            column: None,
            publication: Some(publication.to_owned()),
            reason: "测试".to_owned(),
            expires: None,
        };
        store.add_rule(&rule("产业快报", "发制品 OR 建材 OR 化工 OR 水泥 OR 陶瓷"), "测试", now).unwrap();
        store.add_rule(&rule("建材专刊", "算力"), "测试", now).unwrap();
    }
    let o = site.run(&["once"]);
    assert!(o.status.success(), "{}", stderr(&o));
    let store = Store::open_beside(&site.path().join("data")).unwrap();
    let (general, special) = (read_by(&store, "产业快报"), read_by(&store, "建材专刊"));
    assert_eq!(special.0, ["fazhi", "jianhua"], "only its own");
    assert!(general.0.len() > 4 && !general.0.iter().any(|s| special.0.contains(s)), "{:?}", general.0);
    assert_eq!((general.1, special.1), (vec!["a@a.example".to_owned(), "reader@a.example".to_owned()], vec!["b@b.example".to_owned()]));
    assert!(!general.2.contains("示例故障网") && special.2.contains("示例故障网"), "{} {}", general.2, special.2);
    assert!(special.2.contains("\"sources\":3") && !general.2.contains("\"sources\":3"), "each counts its own sources: {} {}", general.2, special.2);
    let titles = |name: &str| -> String {
        let row = store.editions(10).unwrap().into_iter().find(|e| e.publication == name).unwrap();
        store.edition(row.id).unwrap().unwrap().items().map(|i| format!("{}{}", i.title, i.text)).collect()
    };
    let (general, special) = (titles("产业快报"), titles("建材专刊"));
    assert!(!general.contains("发制品") && special.contains("发制品"), "a rule of one is none of the other");
}
