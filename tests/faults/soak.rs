//! Days in minutes: the service at fifty times the speed of the clock, with its memory, handles and threads watched.
//! `SOAK_SECONDS=3600 cargo test --test faults soak -- --ignored --nocapture` is two days and two hours.

use std::time::{Duration, Instant};

use super::clock::serve_at;
use super::fixture::{Office, Service};

struct Sample {
    resident_kib: u64,
    handles: usize,
    threads: usize,
}

fn sample(service: &Service) -> Sample {
    let text = std::fs::read_to_string(format!("/proc/{}/status", service.pid())).unwrap();
    let figure = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)).unwrap().split_whitespace().next().unwrap().parse::<u64>().unwrap();
    let handles = std::fs::read_dir(format!("/proc/{}/fd", service.pid())).unwrap().count();
    Sample { resident_kib: figure("VmRSS:"), handles, threads: usize::try_from(figure("Threads:")).unwrap() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs faketime"]
async fn soak() {
    let seconds = std::env::var("SOAK_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(50u64);
    let office = Office::with("[store]\nraw_pages = \"1d\"\n", &["editor@b.example", "second@b.example"]).await;
    if let Ok(list) = std::env::var("SOAK_SOURCES") {
        std::fs::copy(list, office.path().join("sources.toml")).unwrap();
    }
    let file = office.path().join("time");
    std::fs::write(&file, "+0 x50\n").unwrap();
    let service = serve_at(&office, &file, true);
    service.says("service started").await;
    let (start, mut samples) = (Instant::now(), Vec::new());
    while start.elapsed() < Duration::from_secs(seconds) {
        tokio::time::sleep(Duration::from_secs((seconds / 60).max(1))).await;
        let s = sample(&service);
        println!("{:>5} s  {:>6.1} MB  {} handles  {} threads", start.elapsed().as_secs(), s.resident_kib as f64 / 1024.0, s.handles, s.threads);
        samples.push(s);
    }
    let (status, took) = service.stop().await;
    assert!(status.success(), "{status:?} {took:?}");
    office.holds();
    let quarter = &samples[samples.len() / 4..samples.len() / 2];
    let last = &samples[samples.len() * 3 / 4..];
    let most = |part: &[Sample], f: fn(&Sample) -> u64| part.iter().map(f).max().unwrap();
    let (early, late) = (most(quarter, |s| s.resident_kib), most(last, |s| s.resident_kib));
    assert!(late < early + early / 4 + 8_192, "memory grows: {early} KiB, later {late} KiB");
    let (early, late) = (most(quarter, |s| s.handles as u64), most(last, |s| s.handles as u64));
    assert!(late < early + 40, "handles leak: {early}, later {late}");
    assert!(most(last, |s| s.threads as u64) <= most(quarter, |s| s.threads as u64) + 4);
    let issues = office.count("edition");
    println!("{issues} issues, {} letters, {} articles", office.stub.accepted.lock().unwrap().len(), office.count("article"));
    assert!(issues >= 1);
    assert_eq!(office.inboxes(), office.stub.accepted.lock().unwrap().len(), "each letter once");
}
