//! Whole crawls of many hosts by the real binary, judged by what the servers saw and what the archive holds.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

#[path = "support/mock_hosts/mod.rs"]
mod mock_hosts;

use std::collections::HashSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mock_hosts::{DemoWorld, Farm, Random, What};

fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    command.arg("once").current_dir(dir).env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

fn set_up(farm: &Farm, fetch: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sources.toml"), farm.sources()).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), format!("[fetch]\n{fetch}\n")).unwrap();
    dir
}

/// Runs to the end; gives what was printed.
async fn finish(dir: &Path) -> String {
    let mut command = command(dir);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Addresses of all articles in the archive, in order.
fn archived(dir: &Path) -> Vec<String> {
    let db = rusqlite::Connection::open(dir.join("data/qingbao.db")).unwrap();
    let sound: String = db.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let mut urls = db.prepare("SELECT url FROM article ORDER BY url").unwrap();
    urls.query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_host_sees_one_request_at_a_time_in_order_and_with_its_pause() {
    let world = DemoWorld { hosts: 150, pages: 2, size: 4_000, latency: Duration::from_millis(20) };
    let farm = Farm::start(world).await;
    let dir = set_up(&farm, "host_delay = \"1s\"");
    finish(dir.path()).await;
    let log = farm.take_log();
    assert_eq!((log.len(), mock_hosts::most_in_flight(&log)), (150, 1));
    let gap = mock_hosts::shortest_gap(&log).unwrap();
    assert!(gap >= Duration::from_secs(1), "{gap:?}");
    for (host, seen) in &log {
        let what: Vec<What> = seen.iter().map(|s| s.what).collect();
        assert_eq!(what.first_chunk(), Some(&[What::Robots, What::Feed]), "{host}");
        let pages: HashSet<u32> = what.iter().filter_map(|w| if let What::Page(n) = w { Some(*n) } else { None }).collect();
        assert_eq!((what.len(), pages.len()), (4, 2), "{host}: {what:?}");
    }
    // the second pass asks each feed once, conditionally, and robots.txt not again
    finish(dir.path()).await;
    let log = farm.take_log();
    assert_eq!((mock_hosts::count(&log, |s| s.status == 304), mock_hosts::count(&log, |_| true)), (150, 150));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crawl_killed_twenty_times_stores_every_page_once() {
    let world = DemoWorld { hosts: 100, pages: 20, size: 3_000, latency: Duration::from_millis(2) };
    let farm = Farm::start(world).await;
    let dir = set_up(&farm, "host_delay = \"0s\"");
    let mut random = Random::new(u64::from(farm.port));
    let mut kills = 0;
    while kills < 20 {
        let wanted = farm.served() + 20 + random.below(140);
        let mut child = command(dir.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while farm.served() < wanted && running(&mut child) {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.below(60) as u64)).await;
        assert!(running(&mut child), "the crawl ended before it was killed {kills} times: {} served", farm.served());
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    finish(dir.path()).await;
    let urls = archived(dir.path());
    let different: HashSet<&String> = urls.iter().collect();
    let pages = mock_hosts::count(&farm.take_log(), |s| matches!(s.what, What::Page(_)));
    assert_eq!((urls.len(), different.len()), (2000, 2000), "after {kills} kills; pages served: {pages}");
    // only what was under way at a kill may be asked again
    assert!(pages <= 2000 + kills * 64, "{pages} pages were served");
}

fn running(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_none()
}
