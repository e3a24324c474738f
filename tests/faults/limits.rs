//! Too little of something: memory, file handles, a log, answering sources.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::fixture::{ARTICLES, Office};

/// The binary under a limit that a shell sets.
fn under(office: &Office, limits: &str, args: &str) -> Command {
    let mut c = Command::new("sh");
    c.args(["-c", &format!("{limits}; exec {} {args}", env!("CARGO_BIN_EXE_qingbao"))]).current_dir(office.path());
    c.env("MALLOC_ARENA_MAX", "2").env_remove("NOTIFY_SOCKET");
    c
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_megabytes_of_memory_are_enough() {
    let office = Office::new().await;
    let o = tokio::task::block_in_place(|| under(&office, "ulimit -d 204800", "once").output().unwrap());
    assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stderr));
    assert_eq!((office.count("article"), office.inboxes()), (ARTICLES, 2));
    office.holds();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_few_file_handles_less_is_done_and_nothing_is_lost() {
    let office = Office::new().await;
    for handles in [24, 32, 64] {
        let o = tokio::task::block_in_place(|| under(&office, &format!("ulimit -n {handles}"), "once").output().unwrap());
        assert!(!String::from_utf8_lossy(&o.stderr).contains("panicked"), "{handles}: {}", String::from_utf8_lossy(&o.stderr));
        if office.db().exists() {
            office.holds();
        }
    }
    let (o, told) = office.run(&["once"]);
    assert!(o.status.success(), "{told}");
    assert_eq!((office.count("article"), office.inboxes()), (ARTICLES, 2), "{told}");
    office.holds();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_nobody_takes_stops_nothing() {
    let office = Office::new().await;
    let mut child = under(&office, "exec 2>&- >&-", "serve").spawn().unwrap();
    for _ in 0..400 {
        if office.db().exists() && office.count("outbox WHERE state = 'sent'") == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(child.try_wait().unwrap().is_none(), "it lives");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(office.inboxes(), 2);
    office.holds();
}

/// Ten thousand connections, all of them silent: far more than the console lets in, and than the service has handles.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs python3"]
async fn ten_thousand_silent_connections_keep_nobody_from_his_work() {
    let office = Office::new().await;
    std::fs::rename(office.path().join("sources.toml"), office.path().join("later.toml")).unwrap();
    let none = "[[source]]\nid = \"x\"\nname = \"x\"\nurl = \"https://x.example/\"\nenabled = false\n";
    std::fs::write(office.path().join("sources.toml"), none).unwrap();
    let service = office.serve_by(under(&office, "ulimit -n 512", "serve"));
    let port = service.base().await.rsplit(':').next().unwrap().to_owned();
    // by a process of its own, whose handles may be as many as the system gives
    let holder = "import socket, sys, time\nheld = []\nfor n in range(10000):\n  try:\n    s = socket.socket(); s.setblocking(False); s.connect_ex(('127.0.0.1', int(sys.argv[1]))); held.append(s)\n  except OSError:\n    break\nprint(len(held), flush=True)\ntime.sleep(600)\n";
    let mut many = Command::new("sh");
    many.args(["-c", "ulimit -n $(ulimit -Hn); exec python3 -c \"$0\" $1", holder, &port]).stdout(Stdio::piped());
    let mut many = many.spawn().unwrap();
    let mut told = String::new();
    BufReader::new(many.stdout.as_mut().unwrap()).read_line(&mut told).unwrap();
    println!("{} connections asked for", told.trim());
    assert!(told.trim().parse::<u32>().unwrap() > 900, "{told}");
    std::fs::rename(office.path().join("later.toml"), office.path().join("sources.toml")).unwrap();
    service.until("crawled and mailed beside them", || office.count("article") == ARTICLES && office.inboxes() == 2).await;
    let open = std::fs::read_dir(format!("/proc/{}/fd", service.pid())).unwrap().count();
    many.kill().unwrap();
    many.wait().unwrap();
    assert!(open < 400, "{open} handles");
    assert_eq!(service.ask("/healthz").await.0, 200, "and the console is there again");
    office.holds();
}

/// Nobody answers: it is the network that is blamed, and when it is back all is fetched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_sources_are_down_and_come_back() {
    let office = Office::new().await;
    let text = std::fs::read_to_string(office.path().join("sources.toml")).unwrap();
    // a port of its own for each, that nobody listens on
    let mut down = String::new();
    for (port, part) in (40_000..).zip(text.split(&office.site.base)) {
        if port > 40_000 {
            down.push_str(&format!("http://127.0.0.1:{port}"));
        }
        down.push_str(part);
    }
    std::fs::write(office.path().join("sources.toml"), &down).unwrap();
    let service = office.serve();
    service.says("the network seems to be down").await;
    let (status, ready) = service.ask("/readyz").await;
    assert!(status == 503 && ready.contains("\"network\""), "{ready}");
    std::fs::write(office.path().join("sources.toml"), &text).unwrap();
    service.says("sources.toml taken over").await;
    office.sql().execute_batch("UPDATE source SET next_due = 0; DELETE FROM pause").unwrap();
    service.until("fetched", || office.count("article") == ARTICLES).await;
    service.until("the alarm is over", || office.count("source WHERE failures > 1") <= 1).await;
    assert_eq!(service.ask("/readyz").await.0, 200);
    office.holds();
}

/// Names that do not exist: each source says so, the others go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_not_found_are_told_source_by_source() {
    let office = Office::new().await;
    let mut text = std::fs::read_to_string(office.path().join("sources.toml")).unwrap();
    text.push_str("\n[[source]]\nid = \"lost\"\nname = \"没有这个域名\"\nurl = \"https://no-such-host.invalid/\"\n");
    std::fs::write(office.path().join("sources.toml"), text).unwrap();
    let (o, told) = office.run(&["once"]);
    assert!(o.status.success() && told.contains("lost:"), "{told}");
    assert_eq!(office.count("article"), ARTICLES);
    office.holds();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_missing_is_asked_for_and_nothing_goes_out_without() {
    let office = Office::with("", &["editor@b.example"]).await;
    let config = office.path().join("qingbao.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("tls = \"none\"", "tls = \"none\"\nuser = \"qingbao\"\npassword_file = \"secret\"")).unwrap();
    for content in [None, Some(""), Some(" \n")] {
        if let Some(c) = content {
            std::fs::write(office.path().join("secret"), c).unwrap();
        }
        let (_, told) = office.run(&["once"]);
        assert!(told.contains("secret") || told.contains("no password for mail user qingbao"), "{content:?}: {told}");
        let (o, told) = office.run(&["doctor"]);
        assert!(o.status.code() == Some(1) && told.contains("error    password"), "{told}");
    }
    assert_eq!(office.inboxes(), 0);
    std::fs::write(office.path().join("secret"), "canary-7731").unwrap();
    let (_, told) = office.run(&["once"]);
    assert!(!told.contains("canary-7731"), "secrets are never printed");
    for file in ["data/qingbao.db", "data/qingbao.db-wal"] {
        let bytes = std::fs::read(office.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(11).any(|w| w == b"canary-7731"), "{file}");
    }
}
