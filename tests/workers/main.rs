//! A crawl on many machines: coordinator and workers as real processes about a real nats-server, judged by what the servers saw
//! and what the archive holds.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

mod crashes;
mod faults;
mod messages;
#[path = "../support/mock_hosts/mod.rs"]
mod mock_hosts;
#[path = "../support/nats/mod.rs"]
mod nats;
mod outages;
mod trust;
mod wire;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use mock_hosts::{DemoWorld, Farm, What};
use nats::{Killed, Nats};

const LOG: &str = "info,qingbao::crawl::dispatch=debug";

fn program() -> PathBuf {
    std::env::var_os("QINGBAO_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_qingbao").into(), PathBuf::from)
}

fn worker(dir: &Path, name: &str, url: &str) -> Killed {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join(format!("{name}.log"))).unwrap();
    let mut command = Command::new(program());
    // a folder of its own: nothing of the coordinator's is at hand
    let own = dir.join(name);
    std::fs::create_dir_all(&own).unwrap();
    command
        .args(["worker", "--nats", url, "--name", name])
        .current_dir(own)
        .env("RUST_LOG", LOG)
        .env("QINGBAO_TEST_FAULTS", "1")
        .stdin(Stdio::null());
    Killed(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
}

fn coordinator(dir: &Path, url: &str) -> Killed {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("coordinator.log")).unwrap();
    let mut command = Command::new(program());
    command.args(["once", "--crawl", url]).current_dir(dir).env("RUST_LOG", LOG).stdin(Stdio::null());
    Killed(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
}

/// The service, with its console on this port.
fn serve(dir: &Path, url: &str) -> (Killed, u16) {
    let port = nats::free_port();
    let mut settings = std::fs::OpenOptions::new().append(true).open(dir.join("qingbao.toml")).unwrap();
    writeln!(settings, "[console]\nlisten = \"127.0.0.1:{port}\"").unwrap();
    let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("coordinator.log")).unwrap();
    let mut command = Command::new(program());
    command.args(["serve", "--crawl", url]).current_dir(dir).env("RUST_LOG", LOG).stdin(Stdio::null());
    (Killed(command.stdout(Stdio::null()).stderr(log).spawn().unwrap()), port)
}

fn set_up(farm: &Farm, fetch: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sources.toml"), farm.sources()).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), format!("[fetch]\n{fetch}\n")).unwrap();
    dir
}

/// Articles, and how many addresses they have.
fn archived(dir: &Path) -> (u32, u32) {
    let Ok(db) = rusqlite::Connection::open_with_flags(dir.join("data/qingbao.db"), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY) else {
        return (0, 0);
    };
    db.query_row("SELECT count(*), count(DISTINCT canonical) FROM article", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap_or((0, 0))
}

async fn ended(process: &mut Killed) -> bool {
    loop {
        if let Some(status) = process.0.try_wait().unwrap() {
            return status.success();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn two_workers_keep_the_order_and_the_pause_of_every_host() {
    let world = DemoWorld { hosts: 60, pages: 3, size: 4_000, latency: Duration::from_millis(20) };
    let farm = Farm::start(world).await;
    let dir = set_up(&farm, "host_delay = \"1s\"");
    let nats = Nats::start(dir.path());
    let _workers = ["w1", "w2"].map(|name| worker(dir.path(), name, &nats.url()));
    let log = || std::fs::read_to_string(dir.path().join("coordinator.log")).unwrap_or_default();
    assert!(ended(&mut coordinator(dir.path(), &nats.url())).await, "{}", log());
    assert_eq!(archived(dir.path()), (180, 180), "{}", log());
    let seen = farm.take_log();
    assert_eq!((seen.len(), mock_hosts::most_in_flight(&seen)), (60, 1));
    assert!(mock_hosts::shortest_gap(&seen).unwrap() >= Duration::from_secs(1));
    for (host, seen) in &seen {
        let what: Vec<What> = seen.iter().map(|s| s.what).collect();
        assert_eq!(what, [What::Robots, What::Feed, What::Page(0), What::Page(1), What::Page(2)], "{host}");
    }
    // validators are the coordinator's, robots.txt files are shared
    assert!(ended(&mut coordinator(dir.path(), &nats.url())).await, "{}", log());
    let seen = farm.take_log();
    assert_eq!((mock_hosts::count(&seen, |s| s.status == 304), mock_hosts::count(&seen, |_| true)), (60, 60));
    for name in ["w1", "w2"] {
        let files: Vec<_> = std::fs::read_dir(dir.path().join(name)).unwrap().collect();
        assert!(files.is_empty(), "a worker keeps nothing: {files:?}");
    }
}
