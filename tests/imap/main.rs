//! A mailbox as a source: the real program against dovecot.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

mod dovecot;
mod hostile;
mod mails;
#[path = "../support/ports/mod.rs"]
mod ports;

use std::process::{Command, Output};
use std::time::Duration;

use dovecot::Dovecot;
use serde_json::Value;

/// An installation with one mailbox.
struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new(mailbox: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let source = format!("[[source]]\nid = \"letters\"\nname = \"邮箱订阅\"\nkind = \"imap\"\nallow_private = true\n[source.mailbox]\n{mailbox}");
        std::fs::write(dir.path().join("sources.toml"), source).unwrap();
        std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
        Self { dir }
    }

    fn of(server: &Dovecot, more: &str) -> Self {
        Self::new(&format!(
            "server = \"127.0.0.1\"\nport = {}\nuser = \"desk\"\npassword_file = \"{}\"\nca_file = \"{}\"\n{more}",
            server.tls_port,
            server.path("password").display(),
            server.path("ca.pem").display()
        ))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        command.args(args).current_dir(self.dir.path()).env_remove("RUST_LOG");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn once(&self) {
        let o = self.run(&["once"]);
        assert!(o.status.success(), "{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr));
    }

    /// The articles of the archive, sorted by title.
    fn articles(&self) -> Vec<Value> {
        let o = self.run(&["articles", "export"]);
        let text = String::from_utf8(o.stdout).unwrap();
        let mut all: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        all.sort_by_key(|a| a["title"].as_str().unwrap().to_owned());
        all
    }

    fn titles(&self) -> Vec<String> {
        self.articles().iter().map(|a| a["title"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
#[ignore = "needs dovecot"]
fn newsletters_become_articles_once() {
    let mut server = Dovecot::start();
    let desk = Desk::of(&server, "");
    for (n, letter) in mails::letters().iter().enumerate() {
        server.deliver(&format!("{n}.a"), letter.as_bytes());
    }
    // shows what would be taken, and takes nothing
    let o = desk.run(&["sources", "test", "letters"]);
    let shown = String::from_utf8(o.stdout).unwrap();
    assert!(shown.contains("许昌发制品出口") && shown.contains("\"mails\":5"), "{shown}{}", String::from_utf8_lossy(&o.stderr));
    assert!(desk.titles().is_empty());
    desk.once();
    let titles = ["HTML 来信：许昌发制品出口", "base64 来信", "gb18030 来信", "gb2312 来信：电力装备", "纯文本来信"];
    assert_eq!(desk.titles(), titles);
    let html = &desk.articles()[0];
    assert_eq!(html["publisher"], "甲书通讯");
    let text = html["text"].as_str().unwrap();
    assert!(text.contains("许昌海关") && !text.contains("退订") && !text.contains("alert"), "{text}");
    assert!(!server.has_marks() && server.in_inbox() == 5, "nothing is changed on the server");
    // a copy, new ids, another round: nothing twice
    server.deliver("copy.a", mails::letters()[0].as_bytes());
    desk.once();
    server.change_validity();
    desk.once();
    assert_eq!(desk.titles(), titles);
    server.deliver("new.a", mails::text("新来信", "m-new").as_bytes());
    desk.once();
    assert_eq!(desk.titles().len(), 6);
}

#[test]
#[ignore = "needs dovecot"]
fn read_mails_are_moved_and_not_read_again() {
    let mut server = Dovecot::start();
    let desk = Desk::of(&server, "move_to = \"已读\"\n");
    for n in 0..60 {
        server.deliver(&format!("{n}.a"), mails::text(&format!("第{n}封来信"), &format!("m{n}")).as_bytes());
    }
    desk.once();
    assert_eq!((desk.titles().len(), server.in_inbox(), server.in_read()), (60, 0, 60));
    // somebody copies one back
    server.deliver("back.a", mails::text("第7封来信", "m7").as_bytes());
    desk.once();
    assert_eq!((desk.titles().len(), server.in_inbox(), server.in_read()), (60, 0, 61));
    // the server is away for a while
    server.stop();
    assert!(!desk.run(&["once"]).status.success());
    server.run();
    server.deliver("after.a", mails::text("断线以后的来信", "m-after").as_bytes());
    desk.once();
    assert_eq!((desk.titles().len(), server.in_inbox()), (61, 0));
}

#[test]
#[ignore = "needs dovecot"]
fn a_missing_folder_is_named_and_costs_no_mail() {
    let server = Dovecot::start();
    let desk = Desk::of(&server, "move_to = \"不存在\"\n");
    server.deliver("1.a", mails::text("第一封来信", "m1").as_bytes());
    let o = desk.run(&["once"]);
    let said = String::from_utf8_lossy(&o.stderr).into_owned() + &String::from_utf8_lossy(&o.stdout);
    assert!(said.contains("has no folder"), "{said}");
    // the mail was committed before it could be moved
    let _ = desk.run(&["once"]);
    assert_eq!(desk.titles(), ["第一封来信"]);
}

#[test]
#[ignore = "needs dovecot"]
fn starttls_and_wrong_passwords() {
    let server = Dovecot::start();
    server.deliver("1.a", mails::text("第一封来信", "m1").as_bytes());
    let of = |password: &str, ca: bool| {
        let ca = if ca { format!("ca_file = \"{}\"\n", server.path("ca.pem").display()) } else { String::new() };
        let desk = Desk::new(&format!(
            "server = \"localhost\"\nport = {}\ntls = \"starttls\"\nuser = \"desk\"\npassword_file = \"pw\"\n{ca}",
            server.starttls_port
        ));
        std::fs::write(desk.dir.path().join("pw"), password).unwrap();
        let o = desk.run(&["sources", "test", "letters"]);
        String::from_utf8_lossy(&o.stdout).into_owned() + &String::from_utf8_lossy(&o.stderr)
    };
    assert!(of(dovecot::PASSWORD, true).contains("第一封来信"));
    assert!(of("wrong", true).contains("refuses user or password"));
    assert!(of(dovecot::PASSWORD, false).contains("TLS with localhost failed"));
}

#[test]
#[ignore = "needs dovecot"]
fn a_killed_program_loses_nothing_and_reads_nothing_twice() {
    let server = Dovecot::start();
    let desk = Desk::of(&server, "move_to = \"已读\"\n");
    for n in 0..120 {
        server.deliver(&format!("{n}.a"), mails::text(&format!("第{n}封来信"), &format!("m{n}")).as_bytes());
    }
    for n in 0..8 {
        let mut child = desk.command(&["once"]).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300 + n * 170));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    desk.once();
    desk.once();
    let titles = desk.titles();
    let distinct: std::collections::BTreeSet<&String> = titles.iter().collect();
    assert_eq!((titles.len(), distinct.len(), server.in_inbox(), server.in_read()), (120, 120, 0, 120));
}

#[test]
#[ignore = "needs dovecot"]
fn an_editors_links_are_fetched_and_a_strangers_are_not() {
    let server = Dovecot::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = qingbao::demo::DemoWorld::at(chrono::Utc::now());
    let site = runtime.block_on(qingbao::demo::start(world)).unwrap();
    let desk = Desk::of(&server, "editors = [\"li@a.example\"]\ntrusted_authserv = \"mx.a.example\"\n");
    let mail = |id: &str, results: &str| {
        format!(
            "Authentication-Results: {results}\r\nFrom: 李编辑 <li@a.example>\r\nMessage-ID: <{id}@a.example>\r\nSubject: 看看这篇\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}/nowhere/1.html\r\nhttps://192.168.0.1/x\r\n",
            site.base
        )
    };
    server.deliver("1.a", mail("e1", "mx.evil.example; dmarc=pass header.from=a.example").as_bytes());
    server.deliver("2.a", mail("e2", "mx.a.example; dmarc=pass header.from=a.example").as_bytes());
    let o = desk.run(&["sources", "test", "letters"]);
    let shown: Vec<Value> = String::from_utf8(o.stdout).unwrap().lines().skip(1).map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(shown[0]["links"].as_array().unwrap().len(), 0);
    assert_eq!(shown[1]["links"].as_array().unwrap().len(), 2, "{shown:?}");
    // private addresses stay closed for links of mails
    let o = desk.run(&["once"]);
    let said = String::from_utf8_lossy(&o.stderr).into_owned() + &String::from_utf8_lossy(&o.stdout);
    assert!(said.contains("private or loopback address"), "{said}");
}

#[test]
#[ignore = "needs dovecot"]
fn attachments_become_articles_and_hostile_mails_cost_only_themselves() {
    let server = Dovecot::start();
    let desk = Desk::of(&server, "max_message_mb = 2\n");
    let pdf = std::fs::read("tests/data/notice.pdf").unwrap();
    server.deliver("0.a", &mails::with_file("附件来信", "m-pdf", "..\\通知.pdf", &pdf));
    for (n, raw) in mails::hostile().into_iter().enumerate() {
        server.deliver(&format!("h{n}.a"), &raw);
    }
    server.deliver("z.a", mails::text("最后一封来信", "m-last").as_bytes());
    desk.once();
    let titles = desk.titles();
    assert!(titles.iter().any(|t| t == "最后一封来信"), "{titles:?}");
    let files = desk.articles().iter().filter(|a| a["title"] != "附件来信" && a["url"].as_str().unwrap().ends_with("/1")).count();
    assert_eq!(files, 1, "{titles:?}");
    for a in desk.articles() {
        let (title, html) = (a["title"].as_str().unwrap().to_owned(), a.to_string());
        assert!(!title.contains(['\r', '\n']) && !html.contains("<script") && !html.contains("onerror="), "{html}");
    }
}

/// Ends the service, whatever the test does.
struct Service(std::process::Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs dovecot"]
fn the_service_reads_a_mail_as_it_comes() {
    let mut server = Dovecot::start();
    let desk = Desk::of(&server, "");
    // only the server's word that there is news can be that quick
    let list = desk.dir.path().join("sources.toml");
    let text = std::fs::read_to_string(&list).unwrap().replace("kind = \"imap\"", "kind = \"imap\"\ninterval = \"12h\"");
    std::fs::write(list, text).unwrap();
    let address = format!("127.0.0.1:{}", ports::free());
    let child = desk.command(&["serve", "--listen", &address]).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn();
    let _service = Service(child.unwrap());
    let until = |n: usize| {
        let started = std::time::Instant::now();
        while desk.titles().len() < n {
            assert!(started.elapsed() < Duration::from_mins(2), "{:?}", desk.titles());
            std::thread::sleep(Duration::from_millis(500));
        }
    };
    server.deliver("1.a", mails::text("第一封来信", "m1").as_bytes());
    until(1);
    server.deliver("2.a", mails::text("等候时来的信", "m2").as_bytes());
    until(2);
    // the connection that waits is cut; a mail comes while the server is away
    server.stop();
    server.deliver("3.a", mails::text("断线时来的信", "m3").as_bytes());
    server.run();
    until(3);
    assert_eq!(desk.titles().len(), 3);
}
