//! NATS or the coordinator are away for a while: how soon everything goes on, and that nothing is lost, doubled or hurried.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::mock_hosts::{self, DemoWorld, Farm, What};
use crate::nats::{Cluster, Killed, Nats};
use crate::wire::Wire;
use crate::{archived, coordinator, ended, serve, set_up, worker};

/// So long after a fault the work stands still at most.
const STANDSTILL: Duration = Duration::from_secs(15);

fn world(pages: u32) -> DemoWorld {
    DemoWorld { hosts: 60, pages, size: 4_000, latency: Duration::from_millis(20) }
}

/// Waits until so many pages were asked for.
async fn asked(farm: &Farm, pages: usize) {
    let begun = Instant::now();
    while mock_hosts::count(&farm.log(), |s| matches!(s.what, What::Page(_))) < pages {
        assert!(begun.elapsed() < Duration::from_mins(2), "{pages} pages were never asked for");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits for the coordinator's end, and looks at what the sites saw; `faults` ended at these moments. Gives the longest standstill.
async fn all_went_on(name: &str, farm: &Farm, dir: &Path, mut coordinating: Killed, faults: &[Instant]) -> Duration {
    let log = || std::fs::read_to_string(dir.join("coordinator.log")).unwrap_or_default();
    let done = tokio::time::timeout(Duration::from_mins(3), ended(&mut coordinating)).await;
    assert!(matches!(done, Ok(true)), "{name}: {:?}\n{}", archived(dir), log());
    let log = farm.log();
    let mut begins: Vec<Instant> = log.values().flatten().map(|s| s.begin).collect();
    begins.sort_unstable();
    let standstill = faults.iter().filter_map(|at| Some(begins.iter().find(|b| *b > at)?.duration_since(*at))).max().unwrap_or_default();
    let requests = mock_hosts::count(&log, |s| matches!(s.what, What::Page(_)));
    println!(
        "{name}: {requests} requests for {:?} pages, standstill {standstill:?}, shortest gap {:?}",
        archived(dir),
        mock_hosts::shortest_gap(&log)
    );
    assert_eq!(mock_hosts::most_in_flight(&log), 1, "{name}");
    assert!(mock_hosts::shortest_gap(&log).unwrap() >= Duration::from_secs(1), "{name}");
    assert!(standstill < STANDSTILL, "{name}: {standstill:?}");
    standstill
}

fn signal(process: &Killed, signal: Signal) {
    kill_process(Pid::from_child(&process.0), signal).unwrap();
}

/// A crawl by two workers that has asked for sixty pages; the coordinator reaches NATS through a wire that can be cut.
struct UnderWay {
    coordinating: Killed,
    _workers: [Killed; 2],
    wire: Wire,
    _nats: Nats,
    kept: tempfile::TempDir,
    farm: Farm,
}

impl UnderWay {
    async fn start() -> Self {
        let farm = Farm::start(world(6)).await;
        let kept = set_up(&farm, "host_delay = \"1s\"");
        let nats = Nats::start(kept.path());
        let wire = Wire::to(nats.port).await;
        let workers = ["w1", "w2"].map(|name| worker(kept.path(), name, &nats.url()));
        let coordinating = coordinator(kept.path(), &wire.url());
        asked(&farm, 60).await;
        Self { coordinating, _workers: workers, wire, _nats: nats, kept, farm }
    }

    /// The fault ended just now.
    async fn goes_on(self, fault: &str) {
        all_went_on(fault, &self.farm, self.kept.path(), self.coordinating, &[Instant::now()]).await;
        assert_eq!(archived(self.kept.path()), (360, 360));
    }
}

/// `FREEZE` seconds, 12 unless told: longer than results wait for the coordinator.
fn freeze() -> Duration {
    Duration::from_secs(std::env::var("FREEZE").map_or(12, |s| s.parse().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn a_coordinator_that_was_cut_off_goes_on_at_once() {
    let work = UnderWay::start().await;
    work.wire.cut(true);
    tokio::time::sleep(freeze()).await;
    work.wire.cut(false);
    work.goes_on("cut off").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn a_coordinator_that_was_frozen_goes_on_at_once() {
    let work = UnderWay::start().await;
    signal(&work.coordinating, Signal::STOP);
    tokio::time::sleep(freeze()).await;
    signal(&work.coordinating, Signal::CONT);
    work.goes_on("frozen").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn nats_that_lost_everything_is_set_up_anew_and_tasks_are_given_out_again() {
    let farm = Farm::start(world(6)).await;
    let kept = set_up(&farm, "host_delay = \"1s\"");
    let mut nats = Nats::start(kept.path());
    let _workers = ["w1", "w2"].map(|name| worker(kept.path(), name, &nats.url()));
    let coordinating = coordinator(kept.path(), &nats.url());
    asked(&farm, 60).await;
    nats.server = None;
    std::fs::remove_dir_all(kept.path().join("nats")).unwrap();
    nats.again();
    // one that comes now must not ask where another, cut off, may still be asking
    let _late = worker(kept.path(), "w3", &nats.url());
    all_went_on("empty folder", &farm, kept.path(), coordinating, &[Instant::now()]).await;
    assert_eq!(archived(kept.path()), (360, 360));
    let log = std::fs::read_to_string(kept.path().join("coordinator.log")).unwrap();
    assert!(log.contains("are made anew"), "{log}");
    let late = std::fs::read_to_string(kept.path().join("w3.log")).unwrap();
    assert!(late.contains("NATS lost its streams a moment ago"), "{late}");
}

/// What `/readyz` says.
async fn ready(port: u16) -> Option<serde_json::Value> {
    let answer = reqwest::get(format!("http://127.0.0.1:{port}/readyz")).await.ok()?;
    serde_json::from_str(&answer.text().await.ok()?).ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn the_service_starts_without_nats_says_so_and_crawls_when_it_is_there() {
    let farm = Farm::start(DemoWorld { hosts: 5, pages: 2, size: 4_000, latency: Duration::ZERO }).await;
    let kept = set_up(&farm, "host_delay = \"1s\"");
    let mut nats = Nats::reserve(kept.path());
    let (service, port) = serve(kept.path(), &nats.url());
    let worker = worker(kept.path(), "w1", &nats.url());
    let alarm = async |kind: &str, stands: bool| {
        let begun = Instant::now();
        loop {
            let answer = ready(port).await;
            if answer.as_ref().is_some_and(|a| a["alarms"].get(kind).is_some() == stands) {
                return answer.unwrap();
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "{kind} {stands}: {answer:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let told = alarm("nats", true).await;
    assert!(told["alarms"]["nats"].as_str().unwrap().contains("Connection refused"), "{told}");
    // a server without JetStream is told as that
    nats.start_without_jetstream();
    let begun = Instant::now();
    while !alarm("nats", true).await["alarms"]["nats"].as_str().unwrap().contains("JetStream (-js)") {
        assert!(begun.elapsed() < Duration::from_mins(1));
    }
    nats.again();
    let back = Instant::now();
    alarm("nats", false).await;
    while archived(kept.path()) != (10, 10) {
        assert!(back.elapsed() < Duration::from_mins(1), "{:?}", archived(kept.path()));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("10 pages {:?} after NATS was there", back.elapsed());
    // a worker that is killed is missed, one that stops is not
    drop(worker);
    alarm("worker_gone", true).await;
    drop(service);
}

/// One server after the other is killed under load, and comes back. `KILLS` of them, one unless told: it takes a minute each until three servers are whole again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn of_three_servers_each_may_die() {
    let kills = std::env::var("KILLS").map_or(1, |s| s.parse().unwrap());
    let farm = Farm::start(world(5 + 5 * kills)).await;
    let kept = set_up(&farm, "host_delay = \"1s\"\n[crawl]\nreplicas = 3");
    let mut cluster = Cluster::start(kept.path()).await;
    let _workers = ["w1", "w2"].map(|name| worker(kept.path(), name, &cluster.url()));
    let coordinating = coordinator(kept.path(), &cluster.url());
    asked(&farm, 60).await;
    let mut faults = Vec::new();
    for n in 0..kills as usize {
        cluster.kill(n % 3);
        faults.push(Instant::now());
        tokio::time::sleep(Duration::from_secs(4)).await;
        cluster.again(n % 3);
        cluster.settled(&[("QINGBAO_TASKS", "workers"), ("QINGBAO_OUTCOMES", "coordinator")]).await;
    }
    all_went_on("three servers", &farm, kept.path(), coordinating, &faults).await;
    let all = 60 * (5 + 5 * kills);
    assert_eq!(archived(kept.path()), (all, all));
}
