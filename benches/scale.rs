//! Workers about a NATS server: pages per second by their number, and what coordinator, workers and NATS cost.
//!
//! `cargo bench --bench scale` runs 200 hosts of a feed and 20 pages of 40 KB, each answer 50 ms late, first in one process and then
//! with 1, 2 and 4 workers; `HOSTSxPAGES`, `delay=`, `late=` (milliseconds) and `at-once=` are given as arguments. It needs
//! `nats-server` on the PATH. CPU and memory are read from proc(5).
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

#[path = "../tests/farm/mod.rs"]
mod farm;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use farm::{Farm, What, World};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if args.first().is_some_and(|a| a == "farm") {
        return serve(&args);
    }
    let named = |key: &str| args.iter().find_map(|a| a.strip_prefix(key)).map(str::to_owned);
    let (hosts, pages) =
        args.iter().filter_map(|a| a.split_once('x')).find_map(|(h, p)| Some((h.parse().ok()?, p.parse().ok()?))).unwrap_or((200, 20));
    let (delay, late) = (named("delay=").unwrap_or_else(|| "0s".into()), named("late=").unwrap_or_else(|| "50".into()));
    let at_once = named("at-once=").unwrap_or_else(|| "16".into());
    println!("{hosts} hosts x {pages} pages, {late} ms late, pause {delay}, {at_once} tasks at once per worker");
    println!(
        "{:>8} {:>7} {:>8} | CPU ms a page: {:>11} {:>7} {:>5} | MB: {:>11} {:>7} | farm saw",
        "workers", "wall s", "pages/s", "coordinator", "workers", "NATS", "coordinator", "worker"
    );
    for workers in [0, 1, 2, 4] {
        run((hosts, pages), &delay, &late, &at_once, workers);
    }
}

/// A process of ours, ended with its handle.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// CPU seconds, user and system, and most megabytes resident.
    fn used(&self) -> (f64, f64) {
        let id = self.0.id();
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let ticks: f64 = stat.rsplit_once(')').map_or(0.0, |s| s.1.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum());
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok()).unwrap_or(0.0);
        (ticks / 100.0, peak / 1024.0)
    }
}

fn run((hosts, pages): (u32, u32), delay: &str, late: &str, at_once: &str, workers: usize) {
    let dir = tempfile::tempdir().unwrap();
    let mut farm = Remote::start(hosts, pages, late);
    std::fs::write(dir.path().join("sources.toml"), farm.ask("sources").replace('\u{1}', "\n")).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), format!("[fetch]\nhost_delay = \"{delay}\"\nat_once = {at_once}\n")).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("nats://127.0.0.1:{port}");
    let nats = (workers > 0).then(|| {
        let nats =
            Running::start(Command::new("nats-server").args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(dir.path().join("js")));
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        nats
    });
    let crew: Vec<Running> =
        (0..workers).map(|n| Running::start(qingbao(dir.path()).args(["worker", "--nats", &url, "--name", &format!("w{n}")]))).collect();
    let start = Instant::now();
    let mut coordinator = Running::start(qingbao(dir.path()).args(["once", "--crawl", if workers > 0 { &url } else { "local" }]));
    let mut used = (0.0, 0.0);
    let status = loop {
        let now = coordinator.used();
        // a process that has ended says nothing any more
        if now.1 > 0.0 {
            used = now;
        }
        if let Some(status) = coordinator.0.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(status.success());
    let wall = start.elapsed().as_secs_f64();
    let all = f64::from(hosts * pages);
    let theirs: Vec<(f64, f64)> = crew.iter().map(Running::used).collect();
    let nats_cpu = nats.as_ref().map_or(0.0, |n| n.used().0);
    let stored = stored(dir.path());
    println!(
        "{workers:>8} {wall:>7.1} {:>8.0} | {:>26.1} {:>7.1} {:>5.1} | {:>15.0} {:>7.0} | {stored} articles, {}",
        all / wall,
        used.0 * 1000.0 / all,
        theirs.iter().map(|t| t.0).sum::<f64>() * 1000.0 / all,
        nats_cpu * 1000.0 / all,
        used.1,
        theirs.iter().map(|t| t.1).fold(0.0, f64::max),
        farm.ask("stats")
    );
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

/// The farm in a process of its own, asked by lines.
struct Remote {
    _child: Running,
    to: std::process::ChildStdin,
    from: BufReader<std::process::ChildStdout>,
}

impl Remote {
    fn start(hosts: u32, pages: u32, late: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child =
            command.args(["farm", &hosts.to_string(), &pages.to_string(), late]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { _child: Running(child), to, from }
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.to, "{what}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

fn serve(args: &[String]) {
    let number = |n: usize| args.get(n).and_then(|a| a.parse().ok()).unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = World { hosts: number(1), pages: number(2), size: 40_000, latency: Duration::from_millis(u64::from(number(3))) };
    let farm = runtime.block_on(Farm::start(world));
    for line in std::io::stdin().lines().map_while(Result::ok) {
        if line == "sources" {
            println!("{}", farm.sources().replace('\n', "\u{1}"));
            continue;
        }
        let log = farm.take_log();
        println!(
            "pages {} | most at once per host {} | shortest gap {:.0} ms",
            farm::count(&log, |s| matches!(s.what, What::Page(_)) && s.status == 200),
            farm::most_in_flight(&log),
            farm::shortest_gap(&log).unwrap_or_default().as_secs_f64() * 1000.0
        );
    }
}
