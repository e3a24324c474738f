//! Workers about a NATS server: pages per second by their number, and what coordinator, workers and NATS cost.
//!
//! `cargo bench --bench scale` runs 200 hosts of a feed and 20 pages of 40 KB, each answer 50 ms late, first in one process and then
//! with 1, 2 and 4 workers, and each time a second pass, in which nothing is new; `HOSTSxPAGES`, `delay=`, `late=`
//! (milliseconds) and `at-once=` are given as arguments. It needs `nats-server` on the PATH.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

#[path = "../tests/support/mock_hosts/mod.rs"]
mod mock_hosts;
#[path = "../tests/support/nats/mod.rs"]
mod nats;
mod remote;

use std::path::Path;
use std::process::Command;

use nats::{Killed, Nats};
use remote::{Args, Remote, Used};

fn main() {
    let Some(args) = Args::take() else { return };
    for size in args.sizes() {
        let (delay, late, at_once) = (args.named("delay", "0s"), args.named("late", "50"), args.named("at-once", "16"));
        println!("{} hosts x {} pages, {late} ms late, pause {delay}, {at_once} tasks at once per worker", size.0, size.1);
        println!(
            "{:>7} {:>5} {:>7} {:>6} | ms of CPU each: {:>11} {:>7} {:>5} | MB: {:>11} {:>6} | KB each: {:>7} {:>8} | farm saw",
            "workers", "pass", "wall s", "/s", "coordinator", "workers", "NATS", "coordinator", "worker", "to NATS", "from it"
        );
        for workers in [0, 1, 2, 4] {
            run(size, &delay, &late, &at_once, workers);
        }
    }
}

/// What everybody used so far.
#[derive(Default)]
struct Account {
    workers: f64,
    nats: f64,
    bytes: (f64, f64),
}

fn account(crew: &[Killed], nats: Option<&Nats>) -> (Account, f64) {
    let theirs: Vec<Used> = crew.iter().filter_map(|w| remote::used(w.0.id())).collect();
    let server = nats.and_then(|n| remote::used(n.server.as_ref()?.0.id())).unwrap_or_default();
    let account = Account { workers: theirs.iter().map(|t| t.cpu).sum(), nats: server.cpu, bytes: nats.map_or((0.0, 0.0), Nats::bytes) };
    (account, theirs.iter().map(|t| t.peak_mb).fold(0.0, f64::max))
}

fn run((hosts, pages): (u32, u32), delay: &str, late: &str, at_once: &str, workers: usize) {
    let dir = tempfile::tempdir().unwrap();
    let mut farm = Remote::start((hosts, pages), late);
    std::fs::write(dir.path().join("sources.toml"), farm.sources()).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), format!("[fetch]\nhost_delay = \"{delay}\"\nat_once = {at_once}\n")).unwrap();
    let nats = (workers > 0).then(|| Nats::start(dir.path()));
    let url = nats.as_ref().map_or_else(|| "local".to_owned(), Nats::url);
    let crew: Vec<Killed> =
        (0..workers).map(|n| Killed::silent(qingbao(dir.path()).args(["worker", "--nats", &url, "--name", &format!("w{n}")]))).collect();
    let mut before = Account::default();
    for pass in 1..=2 {
        let (wall, used) = remote::pass(dir.path(), &["--crawl", &url]);
        let each = f64::from(if pass == 1 { hosts * pages } else { hosts });
        let (now, worker_mb) = account(&crew, nats.as_ref());
        println!(
            "{workers:>7} {pass:>5} {wall:>7.1} {:>6.0} | {:>28.1} {:>7.1} {:>5.1} | {:>15.0} {worker_mb:>6.0} | {:>16.1} {:>8.1} | {} articles, {}",
            each / wall,
            used.cpu * 1000.0 / each,
            (now.workers - before.workers) * 1000.0 / each,
            (now.nats - before.nats) * 1000.0 / each,
            used.peak_mb,
            (now.bytes.0 - before.bytes.0) / 1024.0 / each,
            (now.bytes.1 - before.bytes.1) / 1024.0 / each,
            stored(dir.path()),
            farm.stats()
        );
        before = now;
    }
}

fn qingbao(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    command.current_dir(dir);
    command
}

fn stored(dir: &Path) -> u32 {
    let db = rusqlite::Connection::open(dir.join("data/qingbao.db")).unwrap();
    db.query_row("SELECT count(*) FROM article", [], |r| r.get(0)).unwrap()
}
