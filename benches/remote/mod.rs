//! The farm in a process of its own, so that its CPU time is not counted, and what processes used by proc(5).
#![allow(dead_code)] // each user takes the part it needs
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::mock_hosts::{self, DemoWorld, Farm, What};

/// Arguments of a bench: sizes as `HOSTSxPAGES`, anything else as `key=value`.
pub struct Args(Vec<String>);

impl Args {
    /// Of this process; serves the farm instead, where that is what it was started for.
    pub fn take() -> Option<Self> {
        let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
        if args.first().is_some_and(|a| a == "farm") {
            serve(&args);
            return None;
        }
        Some(Self(args))
    }

    /// What is given for a key.
    pub fn named(&self, key: &str, default: &str) -> String {
        let given = self.0.iter().find_map(|a| a.strip_prefix(key)?.strip_prefix('='));
        given.unwrap_or(default).to_owned()
    }

    /// Sizes; the usual one where none is given.
    pub fn sizes(&self) -> Vec<(u32, u32)> {
        let sizes: Vec<_> = self.0.iter().filter_map(|a| a.split_once('x')).filter_map(|(h, p)| Some((h.parse().ok()?, p.parse().ok()?))).collect();
        if sizes.is_empty() { vec![(200, 20)] } else { sizes }
    }
}

/// The farm, asked by lines.
pub struct Remote {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Remote {
    /// Hosts and pages, each answer `late` milliseconds late.
    pub fn start((hosts, pages): (u32, u32), late: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["farm", &hosts.to_string(), &pages.to_string(), late]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, to, from }
    }

    /// `sources.toml` for it.
    pub fn sources(&mut self) -> String {
        self.ask("sources").replace('\u{1}', "\n")
    }

    /// What it saw since the last call.
    pub fn stats(&mut self) -> String {
        self.ask("stats")
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.to, "{what}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

fn serve(args: &[String]) {
    let number = |n: usize| args.get(n).and_then(|a| a.parse().ok()).unwrap_or(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = DemoWorld { hosts: number(1), pages: number(2), size: 40_000, latency: Duration::from_millis(u64::from(number(3))) };
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
        mock_hosts::count(&log, |s| s.what == What::Robots),
        mock_hosts::count(&log, |s| s.what == What::Feed),
        mock_hosts::count(&log, |s| s.status == 304),
        mock_hosts::count(&log, |s| matches!(s.what, What::Page(_)) && s.status == 200),
        mock_hosts::most_in_flight(&log),
        mock_hosts::shortest_gap(&log).unwrap_or_default().as_secs_f64() * 1000.0,
    )
}

/// What a process used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    /// CPU seconds, user and system; the clock ticks 100 times a second on every Linux.
    pub cpu: f64,
    /// Most megabytes resident.
    pub peak_mb: f64,
}

/// Of a running process; nothing once it has ended.
pub fn used(pid: u32) -> Option<Used> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks = stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum::<f64>();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok())?;
    Some(Used { cpu: ticks / 100.0, peak_mb: peak / 1024.0 })
}

/// Seconds and use of one pass of the program, by the kernel's account of ended children.
pub fn pass(dir: &Path, args: &[&str]) -> (f64, Used) {
    let (start, before) = (Instant::now(), children_cpu());
    let log = std::fs::File::create(dir.join("log.txt")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    let mut child = command.arg("once").args(args).current_dir(dir).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let mut peak_mb = 0.0;
    let status = loop {
        peak_mb = used(child.id()).map_or(peak_mb, |u| u.peak_mb.max(peak_mb));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let wall = start.elapsed().as_secs_f64();
    assert!(status.success(), "{}", std::fs::read_to_string(dir.join("log.txt")).unwrap());
    (wall, Used { cpu: children_cpu() - before, peak_mb })
}

fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[13..15].iter().map(|t| t.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}
