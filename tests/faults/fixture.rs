//! An institute's machine: sources on a loopback site, a mail server on loopback, a data folder, and the binary.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use qingbao::demo;
use rusqlite::Connection;

use super::smtp_stub::SmtpStub;

/// Articles that the sample world holds.
pub const ARTICLES: i64 = 68;

pub struct Office {
    pub dir: tempfile::TempDir,
    pub site: demo::Server,
    pub stub: SmtpStub,
}

impl Office {
    pub async fn new() -> Self {
        Self::with("", &["editor@b.example", "second@b.example"]).await
    }

    pub async fn with(settings: &str, recipients: &[&str]) -> Self {
        let world = demo::DemoWorld::at(chrono::Utc::now());
        let site = demo::start(world.clone()).await.unwrap();
        let stub = SmtpStub::start(Duration::from_millis(1), false).await;
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("sources.toml"), world.sources(&site.base)).unwrap();
        let office = Self { dir, site, stub };
        office.configure(settings, recipients);
        office
    }

    /// `settings` may begin with keys of `[store]`'s or other tables.
    pub fn configure(&self, settings: &str, recipients: &[&str]) {
        let to = recipients.iter().map(|r| format!("\"{r}\"")).collect::<Vec<_>>().join(", ");
        let text = format!(
            "[publication]\ndays = \"daily\"\nat = \"00:00\"\ncatch_up = \"24h\"\nwindow = \"96h\"\nrecipients = [{to}]\n\
             [mail]\nfrom = \"情报快递 <qingbao@inst.example>\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\ntimeout = \"5s\"\npause = \"0s\"\n\
             [fetch]\nhost_delay = \"0s\"\n[console]\nlisten = \"127.0.0.1:0\"\n{settings}",
            self.stub.port
        );
        std::fs::write(self.path().join("qingbao.toml"), text).unwrap();
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn db(&self) -> PathBuf {
        self.path().join("data/qingbao.db")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        // a soak may be of another build
        let binary = std::env::var("SOAK_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_qingbao").to_owned());
        let mut c = Command::new(binary);
        c.args(args).current_dir(self.path()).stdin(Stdio::null()).env_remove("NOTIFY_SOCKET");
        c
    }

    pub fn run(&self, args: &[&str]) -> (Output, String) {
        tokio::task::block_in_place(|| {
            let o = self.command(args).output().unwrap();
            let text = format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr));
            (o, text)
        })
    }

    /// Starts the service; its log goes into a file.
    pub fn serve(&self) -> Service {
        self.serve_by(self.command(&["serve"]))
    }

    pub fn serve_by(&self, mut command: Command) -> Service {
        let log = self.path().join("log");
        let child = command.stdout(Stdio::null()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        Service { child, log }
    }

    pub fn sql(&self) -> Connection {
        Connection::open(self.db()).unwrap()
    }

    pub fn count(&self, what: &str) -> i64 {
        self.sql().query_row(&format!("SELECT count(*) FROM {what}"), [], |r| r.get(0)).unwrap()
    }

    /// What must hold after every fault, whatever it was: the file is sound, nothing is there twice, numbers have no gaps, and
    /// nobody got a letter twice unless it is known that its fate was not known.
    pub fn holds(&self) {
        let c = self.sql();
        let one = |sql: &str| c.query_row(sql, [], |r| r.get::<_, String>(0)).unwrap();
        assert_eq!(one("PRAGMA integrity_check"), "ok");
        assert_eq!(c.prepare("PRAGMA foreign_key_check").unwrap().query_map([], |_| Ok(())).unwrap().count(), 0);
        let none = |what: &str, sql: &str| assert_eq!(c.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap(), 0, "{what}");
        none("articles twice", "SELECT count(*) - count(DISTINCT canonical) FROM article");
        none("an article without its index", "SELECT (SELECT count(*) FROM article) - (SELECT count(*) FROM article_words)");
        none("a gap in the numbers", "SELECT coalesce(max(total), 0) - count(*) FROM edition");
        none("an item in two issues", "SELECT count(*) FROM (SELECT story_id FROM item GROUP BY story_id HAVING count(DISTINCT edition_id) > 1)");
        let mut s = c.prepare("SELECT recipient, message_id, doubts FROM outbox").unwrap();
        let letters = s.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?, r.get::<_, u32>(2)? as usize))).unwrap();
        for (to, id, doubts) in letters.map(Result::unwrap) {
            let got = self.stub.letters_to(&to).iter().filter(|l| l.id().contains(id.trim_matches(['<', '>']))).count();
            assert!(got <= 1 + doubts, "{to} got {got} copies, {doubts} tries of unknown end");
        }
    }

    /// The letters that were accepted, one line per recipient.
    pub fn inboxes(&self) -> usize {
        let mut all: Vec<String> = self.stub.accepted.lock().unwrap().iter().map(|a| format!("{} {}", a.to, a.id())).collect();
        all.sort();
        all.dedup();
        all.len()
    }
}

pub struct Service {
    pub child: Child,
    log: PathBuf,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn pid(&self) -> String {
        self.child.id().to_string()
    }

    pub fn signal(&self, name: &str) {
        // the shell has kill built in; the program of that name may not be there
        assert!(Command::new("sh").args(["-c", &format!("kill {name} {}", self.pid())]).status().unwrap().success());
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, mut so: impl FnMut() -> bool) {
        let start = Instant::now();
        while !so() {
            assert!(start.elapsed() < Duration::from_mins(2), "{what}: not within two minutes\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn says(&self, words: &str) {
        self.until(words, || self.log().contains(words)).await;
    }

    /// The console's address.
    pub async fn base(&self) -> String {
        self.says("console on http://").await;
        let log = self.log();
        log.split("console on ").nth(1).unwrap().split('/').take(3).collect::<Vec<_>>().join("/").trim().to_owned()
    }

    /// Status and text of a page that machines read.
    pub async fn ask(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.base().await);
        let answer = reqwest::Client::new().get(url).timeout(Duration::from_secs(40)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Asks it to stop, and gives how it ended and after how long.
    pub async fn stop(mut self) -> (std::process::ExitStatus, Duration) {
        self.signal("-TERM");
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, start.elapsed());
            }
            assert!(start.elapsed() < Duration::from_secs(30), "it does not stop\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
