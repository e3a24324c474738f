//! The real binary against a loopback farm: pages per second, CPU and memory, and what the farm saw of its manners.
//!
//! `cargo bench --bench fetch` runs 200 hosts of a feed and 20 pages of 40 KB; other sizes are given as `HOSTSxPAGES`, the
//! delay per host as `delay=1s`: `cargo bench --bench fetch -- 100x1 1000x1 10000x1`. The farm is a process of its own,
//! so its CPU time is not counted. CPU is read from the kernel's account of ended children, memory from `VmHWM`.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

#[path = "../tests/farm/mod.rs"]
mod farm;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use farm::{Farm, What, World};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if args.first().is_some_and(|a| a == "farm") {
        return serve(&args);
    }
    let delay = args.iter().find_map(|a| a.strip_prefix("delay=")).unwrap_or("0s");
    let sizes: Vec<(u32, u32)> =
        args.iter().filter_map(|a| a.split_once('x')).filter_map(|(h, p)| Some((h.parse().ok()?, p.parse().ok()?))).collect();
    println!("{:>13} {:>5} {:>8} {:>9} {:>9} {:>9} {:>8}  farm saw", "hosts x pages", "pass", "wall s", "CPU s", "CPU/1000", "pages/s", "peak MB");
    for (hosts, pages) in if sizes.is_empty() { vec![(200, 20)] } else { sizes } {
        run(hosts, pages, delay);
    }
}

fn run(hosts: u32, pages: u32, delay: &str) {
    let dir = tempfile::tempdir().unwrap();
    let mut farm = Remote::start(hosts, pages);
    std::fs::write(dir.path().join("sources.toml"), farm.ask("sources").replace('\u{1}', "\n")).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), format!("[fetch]\nhost_delay = \"{delay}\"\n")).unwrap();
    for pass in 1..=2 {
        let used = crawl(dir.path());
        let stats = farm.ask("stats");
        let fetched = if pass == 1 { hosts * pages } else { hosts };
        let each = |x: f64| x * 1000.0 / f64::from(fetched);
        println!(
            "{:>13} {pass:>5} {:>8.1} {:>9.2} {:>9.2} {:>9.0} {:>8.0}  {stats}",
            format!("{hosts} x {pages}"),
            used.wall.as_secs_f64(),
            used.cpu,
            each(used.cpu),
            f64::from(fetched) / used.wall.as_secs_f64(),
            used.peak_kb as f64 / 1024.0
        );
    }
}

struct Used {
    wall: Duration,
    /// Seconds, user and system.
    cpu: f64,
    peak_kb: u64,
}

fn crawl(dir: &Path) -> Used {
    let (start, before) = (Instant::now(), children_cpu());
    let log = std::fs::File::create(dir.join("log.txt")).unwrap();
    let mut child =
        Command::new(env!("CARGO_BIN_EXE_qingbao")).arg("once").current_dir(dir).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let mut peak_kb = 0;
    let status = loop {
        peak_kb = peak_kb.max(high_water(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let wall = start.elapsed();
    assert!(status.success(), "{}", std::fs::read_to_string(dir.join("log.txt")).unwrap());
    Used { wall, cpu: children_cpu() - before, peak_kb }
}

/// CPU seconds of all children that ended, by proc(5); the clock ticks 100 times a second on every Linux.
fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[13..15].iter().map(|t| t.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

fn high_water(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

/// The farm in a process of its own, asked by lines.
struct Remote {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Remote {
    fn start(hosts: u32, pages: u32) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.args(["farm", &hosts.to_string(), &pages.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, to, from }
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.to, "{what}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(args: &[String]) {
    let number = |n: usize| args.get(n).and_then(|a| a.parse().ok()).unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = World { hosts: number(1), pages: number(2), size: 40_000, latency: Duration::ZERO };
    let farm = runtime.block_on(Farm::start(world));
    for line in std::io::stdin().lines().map_while(Result::ok) {
        match line.as_str() {
            "sources" => println!("{}", farm.sources().replace('\n', "\u{1}")),
            _ => println!("{}", stats(&farm)),
        }
    }
}

fn stats(farm: &Farm) -> String {
    let log = farm.take_log();
    format!(
        "hosts {} robots {} feeds {} unchanged {} pages {} | most at once per host {} | shortest gap {:.0} ms",
        log.len(),
        farm::count(&log, |s| s.what == What::Robots),
        farm::count(&log, |s| s.what == What::Feed),
        farm::count(&log, |s| s.status == 304),
        farm::count(&log, |s| matches!(s.what, What::Page(_)) && s.status == 200),
        farm::most_in_flight(&log),
        farm::shortest_gap(&log).unwrap_or_default().as_secs_f64() * 1000.0,
    )
}
