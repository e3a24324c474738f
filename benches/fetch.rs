//! The real binary against a loopback farm: pages per second, CPU and memory, and what the farm saw of its manners.
//!
//! `cargo bench --bench fetch` runs 200 hosts of a feed and 20 pages of 40 KB; other sizes are given as `HOSTSxPAGES`, the
//! delay per host as `delay=1s`: `cargo bench --bench fetch -- 100x1 1000x1 10000x1`.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

#[path = "../tests/support/mock_hosts/mod.rs"]
mod mock_hosts;
mod remote;

use remote::{Args, Remote};

fn main() {
    let Some(args) = Args::take() else { return };
    println!("{:>13} {:>5} {:>8} {:>9} {:>9} {:>9} {:>8}  farm saw", "hosts x pages", "pass", "wall s", "CPU s", "CPU/1000", "pages/s", "peak MB");
    for size in args.sizes() {
        run(size, &args.named("delay", "0s"));
    }
}

fn run((hosts, pages): (u32, u32), delay: &str) {
    let dir = tempfile::tempdir().unwrap();
    let mut farm = Remote::start((hosts, pages), "0");
    std::fs::write(dir.path().join("sources.toml"), farm.sources()).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), format!("[fetch]\nhost_delay = \"{delay}\"\n")).unwrap();
    for pass in 1..=2 {
        let (wall, used) = remote::pass(dir.path(), &[]);
        let stats = farm.stats();
        let fetched = f64::from(if pass == 1 { hosts * pages } else { hosts });
        println!(
            "{:>13} {pass:>5} {wall:>8.1} {:>9.2} {:>9.2} {:>9.0} {:>8.0}  {stats}",
            format!("{hosts} x {pages}"),
            used.cpu,
            used.cpu * 1000.0 / fetched,
            fetched / wall,
            used.peak_mb
        );
    }
}
