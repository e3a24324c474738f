//! Whoever dies and whatever is cut: processes killed at random, a wire that carries nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::mock_hosts::{self, DemoWorld, Farm, Random, What};
use crate::nats::{Killed, Nats};
use crate::wire::Wire;
use crate::{archived, coordinator, set_up, worker};

/// `FARM=400x50 CUT=60 ODDS=10 RESTARTS=5` and `QINGBAO_BINARY` make it long: each three seconds, a worker and the coordinator die
/// with one chance in `ODDS`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn whoever_dies_and_whatever_is_cut_every_page_is_stored_once_and_no_host_is_hurried() {
    let size = std::env::var("FARM").unwrap_or_else(|_| "40x10".to_owned());
    let (hosts, pages) = size.split_once('x').map(|(h, p)| (h.parse().unwrap(), p.parse().unwrap())).unwrap();
    let cut = Duration::from_secs(std::env::var("CUT").map_or(25, |c| c.parse().unwrap()));
    let odds = std::env::var("ODDS").map_or(3, |o| o.parse().unwrap());
    let most_restarts = std::env::var("RESTARTS").map_or(2, |o| o.parse().unwrap());
    let farm = Farm::start(DemoWorld { hosts, pages, size: 8_000, latency: Duration::from_millis(10) }).await;
    let kept = set_up(&farm, "host_delay = \"1s\"");
    let dir = kept.path();
    let mut nats = Nats::start(dir);
    let wire = Wire::to(nats.port).await;
    let url = |n: usize| if n == 0 { wire.url() } else { format!("nats://127.0.0.1:{}", nats.port) };
    let urls = [url(0), url(1), url(2)];
    let start = |n: usize| worker(dir, &format!("w{n}"), &urls[n]);
    let mut workers = [start(0), start(1), start(2)];
    let mut coordinating = coordinator(dir, &nats.url());
    let (mut random, begun) = (Random::new(9), Instant::now());
    let (mut killed, mut coordinators, mut restarts, mut healed) = (0, 0, 0, None);
    let all = hosts * pages;
    loop {
        tokio::time::sleep(Duration::from_millis(1_500 + random.below(2_000) as u64)).await;
        let (stored, _) = archived(dir);
        if healed.is_none() && stored > all / 10 {
            wire.cut(true);
            healed = Some(Instant::now() + cut);
        }
        if healed.is_some_and(|at| at <= Instant::now()) {
            wire.cut(false);
        }
        if restarts < most_restarts && stored > all * (restarts + 1) / (most_restarts + 2) {
            nats.again();
            restarts += 1;
        }
        // the wire's worker lives through the cut
        let n = 1 + random.below(2);
        match random.below(odds) {
            0 if stored < all * 3 / 4 => {
                workers[n] = start(n);
                killed += 1;
            }
            1 if stored < all * 3 / 4 => {
                coordinating = coordinator_again(coordinating, dir, &nats.url());
                coordinators += 1;
            }
            _ => {
                if coordinating.0.try_wait().unwrap().is_some() {
                    if stored == all && healed.is_some_and(|at| at <= Instant::now()) {
                        break;
                    }
                    coordinating = coordinator(dir, &nats.url());
                }
            }
        }
        if begun.elapsed() > Duration::from_secs(120 + u64::from(all)) {
            stuck(kept, stored, all);
        }
    }
    println!("{all} pages in {:?}: {killed} workers and {coordinators} coordinators killed, NATS restarted {restarts} times", begun.elapsed());
    assert_eq!(archived(dir), (all, all));
    let db = rusqlite::Connection::open(dir.join("data/qingbao.db")).unwrap();
    let open: u32 = db.query_row("SELECT count(*) FROM entry WHERE state <> 'done'", [], |r| r.get(0)).unwrap();
    let sound: String = db.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!((open, sound.as_str()), (0, "ok"));
    let log = farm.take_log();
    let requests = mock_hosts::count(&log, |s| matches!(s.what, What::Page(_)));
    println!("{requests} requests for {all} pages, shortest gap {:?}", mock_hosts::shortest_gap(&log));
    no_host_was_hurried(&log, kept);
}

/// Fails, with all that helps to find out why.
fn stuck(kept: tempfile::TempDir, stored: u32, all: u32) -> ! {
    let dir = kept.keep();
    let db = rusqlite::Connection::open(dir.join("data/qingbao.db")).unwrap();
    let mut open = db.prepare("SELECT url || ' ' || state || ' ' || tries || ' ' || coalesce(error, '') FROM entry WHERE state <> 'done'").unwrap();
    let open: Vec<String> = open.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    let tail = |name: &str| {
        let log = std::fs::read_to_string(dir.join(name)).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!("{name}:\n{}", lines[lines.len().saturating_sub(40)..].join("\n"))
    };
    let logs = ["coordinator.log", "w0.log", "w1.log", "w2.log", "nats.log"].map(tail).join("\n");
    panic!("{stored} of {all}, logs in {}; open:\n{}\n{logs}", dir.display(), open.join("\n"));
}

/// Results of tasks that the one before gave out come in while the next one begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn a_coordinator_that_falls_and_comes_back_again_and_again_hurries_no_host() {
    let farm = Farm::start(DemoWorld { hosts: 150, pages: 12, size: 4_000, latency: Duration::from_millis(10) }).await;
    let kept = set_up(&farm, "host_delay = \"1s\"");
    let dir = kept.path();
    let nats = Nats::start(dir);
    let _workers = ["w1", "w2"].map(|name| worker(dir, name, &nats.url()));
    let mut coordinating = coordinator(dir, &nats.url());
    for n in 0..12 {
        tokio::time::sleep(Duration::from_millis(2_500 + 110 * n)).await;
        coordinating = coordinator_again(coordinating, dir, &nats.url());
    }
    drop(coordinating);
    let log = farm.take_log();
    let asked = mock_hosts::count(&log, |_| true);
    println!("{asked} requests, shortest gap {:?}", mock_hosts::shortest_gap(&log));
    assert!(asked > 1_000, "{asked}");
    no_host_was_hurried(&log, kept);
}

fn no_host_was_hurried(log: &mock_hosts::Log, kept: tempfile::TempDir) {
    let hurried: Vec<String> = log.iter().filter_map(|(host, seen)| hurried(*host, seen)).collect();
    if !hurried.is_empty() {
        let kept = kept.keep();
        panic!("hurried; logs in {}:\n{}", kept.display(), hurried.join("\n"));
    }
    assert_eq!(mock_hosts::most_in_flight(log), 1);
}

/// Requests that came too soon after the one before, with the time of day.
fn hurried(host: std::net::Ipv4Addr, seen: &[mock_hosts::Seen]) -> Option<String> {
    let now = (Instant::now(), chrono::Utc::now());
    let at = |t: Instant| (now.1 - now.0.duration_since(t)).format("%H:%M:%S%.3f");
    let pair = seen.windows(2).find(|pair| pair[1].begin < pair[0].end + Duration::from_secs(1))?;
    Some(format!("{host}: {:?} {}–{}, {:?} {}", pair[0].what, at(pair[0].begin), at(pair[0].end), pair[1].what, at(pair[1].begin)))
}

fn coordinator_again(before: Killed, dir: &Path, url: &str) -> Killed {
    drop(before);
    coordinator(dir, url)
}
