//! A nats-server of one's own, for tests and benches.
#![allow(dead_code)] // each user takes the part it needs
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

#[path = "../ports/mod.rs"]
mod ports;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A port on which nobody listens.
pub fn free_port() -> u16 {
    ports::free()
}

/// A process that ends with its handle, without a word.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Killed {
    /// Nothing is read from it and nothing is heard of it.
    pub fn silent(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

/// A server on free ports of the loopback address.
pub struct Nats {
    pub port: u16,
    monitor: u16,
    dir: PathBuf,
    config: Option<PathBuf>,
    pub server: Option<Killed>,
}

impl Nats {
    /// Keeps its streams in `dir`.
    pub fn start(dir: &Path) -> Self {
        Self::start_with(dir, None)
    }

    /// With a configuration file beside.
    pub fn start_with(dir: &Path, config: Option<PathBuf>) -> Self {
        let mut nats = Self { config, ..Self::reserve(dir) };
        nats.again();
        nats
    }

    /// Ports for a server that is started later.
    pub fn reserve(dir: &Path) -> Self {
        Self { port: ports::free(), monitor: ports::free(), dir: dir.join("nats"), config: None, server: None }
    }

    /// Killed, if it runs, and started on what it left on disk.
    pub fn again(&mut self) {
        // a configuration that says where streams are kept is left alone: it would change when it is read again
        let says = self.config.as_ref().is_some_and(|c| std::fs::read_to_string(c).unwrap().contains("store_dir"));
        self.run(if says { &[] } else { &["-js"] });
    }

    /// As the package of Debian starts it.
    pub fn start_without_jetstream(&mut self) {
        self.run(&[]);
    }

    fn run(&mut self, jetstream: &[&str]) {
        self.server = None;
        let mut command = Command::new("nats-server");
        command.args(jetstream);
        command.args(["-a", "127.0.0.1", "-p", &self.port.to_string(), "-m", &self.monitor.to_string()]);
        if jetstream.contains(&"-js") {
            command.arg("-sd").arg(&self.dir);
        }
        if let Some(config) = &self.config {
            command.arg("-c").arg(config);
        }
        let log = self.dir.with_extension("log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        let mut server = Killed(command.spawn().unwrap());
        // its first write to a busy disk may take long
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                self.server = Some(server);
                return;
            }
            if server.0.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("nats-server does not start: {}", std::fs::read_to_string(&log).unwrap_or_default());
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Bytes that came in and went out since it was started, by its monitoring page.
    pub fn bytes(&self) -> (f64, f64) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.monitor)).unwrap();
        stream.write_all(b"GET /varz HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let number = |key: &str| {
            let rest = answer.split_once(key).unwrap().1;
            rest.trim_start_matches([':', ' ', '"']).split(|c: char| !c.is_ascii_digit()).next().unwrap().parse::<f64>().unwrap()
        };
        (number("\"in_bytes\""), number("\"out_bytes\""))
    }
}

/// Three servers that keep each stream three times.
pub struct Cluster(Vec<Nats>);

impl Cluster {
    /// Keeps their streams in `dir`; comes back when they have a leader.
    pub async fn start(dir: &Path) -> Self {
        let routes: Vec<u16> = (0..3).map(|_| ports::free()).collect();
        let all = routes.iter().map(|port| format!("nats-route://127.0.0.1:{port}")).collect::<Vec<_>>().join(", ");
        let server = |(n, port): (usize, &u16)| {
            let folder = dir.join(format!("node{n}"));
            std::fs::create_dir_all(&folder).unwrap();
            let config = folder.join("nats.conf");
            let text = format!("server_name: node{n}\ncluster {{ name: qingbao, listen: \"127.0.0.1:{port}\", routes: [{all}] }}\n");
            std::fs::write(&config, text).unwrap();
            Nats::start_with(&folder, Some(config))
        };
        let cluster = Self(routes.iter().enumerate().map(server).collect());
        for _ in 0..300 {
            if let Ok(client) = async_nats::connect(cluster.0[0].url()).await {
                let js = async_nats::jetstream::new(client);
                let probe = async_nats::jetstream::stream::Config { name: "probe".to_owned(), num_replicas: 3, ..Default::default() };
                if js.create_stream(probe).await.is_ok() {
                    return cluster;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("three servers never agree on a leader");
    }

    pub fn url(&self) -> String {
        self.0.iter().map(Nats::url).collect::<Vec<_>>().join(",")
    }

    /// Waits until each stream and consumer is kept by all three again: before that, a second loss is one too many.
    pub async fn settled(&self, consumers: &[(&str, &str)]) {
        let js = async_nats::jetstream::new(async_nats::connect(self.0.iter().map(Nats::url).collect::<Vec<_>>()).await.unwrap());
        for _ in 0..900 {
            let mut whole = true;
            for (stream, consumer) in consumers {
                let all = |c: Option<&async_nats::jetstream::stream::ClusterInfo>| {
                    c.is_some_and(|c| c.leader.is_some() && c.replicas.len() == 2 && c.replicas.iter().all(|p| p.current && !p.offline))
                };
                whole &= match js.get_stream(*stream).await {
                    Ok(s) => all(s.cached_info().cluster.as_ref()) && s.consumer_info(consumer).await.is_ok_and(|i| all(i.cluster.as_ref())),
                    Err(_) => false,
                };
            }
            if whole {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the three servers are never whole again");
    }

    pub fn kill(&mut self, n: usize) {
        self.0[n].server = None;
    }

    pub fn again(&mut self, n: usize) {
        self.0[n].again();
    }
}
