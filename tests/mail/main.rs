//! Letters on their way: the real binary against mail servers on loopback that refuse, delay, cut off, and kill -9.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

mod hangs;
#[path = "../support/ports/mod.rs"]
mod ports;
mod servers;
mod smtp_stub;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use qingbao::store::{OutboxMessage, Store};

use smtp_stub::SmtpStub;

/// A data folder with an issue of today, not sent yet.
struct Office {
    dir: tempfile::TempDir,
}

impl Office {
    fn new(recipients: &[String], mail: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let list = recipients.iter().map(|r| format!("\"{r}\"")).collect::<Vec<_>>().join(", ");
        let settings = format!("[publication]\nrecipients = [{list}]\n[mail]\nfrom = \"情报快递 <qingbao@inst.example>\"\n{mail}");
        std::fs::write(dir.path().join("qingbao.toml"), settings).unwrap();
        let source = "[[source]]\nid = \"a\"\nname = \"甲\"\nurl = \"https://a.example/\"\nenabled = false\n";
        std::fs::write(dir.path().join("sources.toml"), source).unwrap();
        drop(Store::open(&dir.path().join("data")).unwrap());
        let office = Self { dir };
        let built = office.run(&["digest", "build"]);
        assert!(built.contains("0 items"), "{built}");
        office
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        c.args(args).current_dir(self.dir.path());
        c
    }

    fn run(&self, args: &[&str]) -> String {
        let o = self.command(args).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
    }

    fn letters(&self) -> Vec<OutboxMessage> {
        let mut all = Store::open_beside(&self.dir.path().join("data")).unwrap().outbox(true, 1000).unwrap();
        all.reverse();
        all
    }

    fn state(&self, to: &str) -> &'static str {
        self.letters().iter().find(|l| l.recipient.starts_with(to)).unwrap().state.as_str()
    }

    fn id(&self, to: &str) -> String {
        self.letters().iter().find(|l| l.recipient.starts_with(to)).unwrap().id.to_string()
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

fn smtp(port: u16, more: &str) -> String {
    format!("{more}[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\ntimeout = \"5s\"\npause = \"0s\"\n")
}

fn names(of: &[&str]) -> Vec<String> {
    of.iter().map(|n| format!("{n}@b.example")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_recipient_has_a_fate_of_its_own() {
    let stub = SmtpStub::start(Duration::ZERO, false).await;
    let office = Office::new(&names(&["ok", "no", "grey", "big", "cut", "last"]), &smtp(stub.port, "operators = [\"ops@b.example\"]\n"));
    let told = tokio::task::block_in_place(|| office.run(&["digest", "send"]));
    assert!(told.contains("6 letters queued, 2 sent, 2 waiting, 2 given up"), "{told}");
    let states = ["ok", "no", "grey", "big", "cut", "last"].map(|n| office.state(n));
    assert_eq!(states, ["sent", "failed", "queued", "failed", "queued", "sent"]);
    let list = office.run(&["outbox", "list"]);
    assert!(list.contains("550 Mailbox not found") || list.contains("Mailbox not found"), "{list}");
    assert!(list.contains("收件地址不存在") && list.contains("邮件太大") && list.contains("灰名单") && list.contains("可能已送达过一次"), "{list}");

    // the next tries: what was refused for now is taken, and what was cut goes out again under its old name
    for n in ["grey", "cut"] {
        office.run(&["outbox", "retry", &office.id(n)]);
    }
    tokio::task::block_in_place(|| office.run(&["digest", "send"]));
    assert_eq!((office.state("grey"), office.state("cut")), ("sent", "sent"));
    let cut = stub.letters_to("cut");
    assert_eq!((cut.len(), cut[0].id() == cut[1].id(), cut[0].message == cut[1].message), (2, true, true));
    assert_eq!(stub.letters_to("ok").len(), 1, "the others do not get it twice");
    let notices: Vec<_> = stub.letters_to("ops");
    assert_eq!(notices.len(), 3, "no, big and cut");
    assert!(!stub.letters_to("ok")[0].message.contains("last@"), "nobody sees another's address");
    // a letter that was sent cannot be sent again by mistake
    assert!(office.run(&["outbox", "retry", &office.id("ok")]).contains("was sent"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_hold_a_cut_letter_waits_for_a_word() {
    let stub = SmtpStub::start(Duration::ZERO, false).await;
    let office = Office::new(&names(&["cut"]), &smtp(stub.port, "on_uncertain = \"hold\"\n"));
    tokio::task::block_in_place(|| {
        office.run(&["digest", "send"]);
        office.run(&["digest", "send"]);
    });
    assert_eq!((office.state("cut"), stub.letters_to("cut").len()), ("uncertain", 1));
    assert!(office.run(&["outbox", "list"]).contains("已发送？待确认"));
    office.run(&["outbox", "done", &office.id("cut")]);
    assert_eq!(office.state("cut"), "sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_login_is_not_tried_for_every_letter() {
    let stub = SmtpStub::start(Duration::ZERO, true).await;
    let office =
        Office::new(&names(&["a", "b", "c"]), &smtp(stub.port, "").replace("tls = \"none\"", "tls = \"none\"\nuser = \"u\"\npassword_file = \"pw\""));
    std::fs::write(office.path().join("pw"), "secret\u{a0}\n").unwrap();
    let told = tokio::task::block_in_place(|| office.run(&["digest", "send"]));
    assert!(told.contains("3 letters queued, 0 sent, 1 waiting"), "{told}");
    assert_eq!(*stub.logins.lock().unwrap(), 1);
    let test = tokio::task::block_in_place(|| office.run(&["digest", "mail-test", "--to", "x@b.example"]));
    assert!(test.contains("login as u → ") && test.contains("授权码"), "{test}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_fifty_times_while_sending_nobody_misses_it_and_doubles_bear_the_same_name() {
    const RECIPIENTS: usize = 20;
    let stub = SmtpStub::start(Duration::from_millis(4), false).await;
    let to: Vec<String> = (0..RECIPIENTS).map(|n| format!("r{n:02}@b.example")).collect();
    let office = Office::new(&to, &smtp(stub.port, ""));
    let mut kills = 0u64;
    for n in 0..50u64 {
        let mut child = office.command(&["digest", "send"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // the start alone takes some tens of milliseconds
        tokio::time::sleep(Duration::from_millis(20 + (n * 7919) % 130)).await;
        if child.try_wait().unwrap().is_none() {
            kills += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let told = tokio::task::block_in_place(|| office.run(&["digest", "send"]));
    let letters = office.letters();
    assert!(letters.iter().all(|l| l.state.as_str() == "sent"), "{told}");
    let (mut doubles, doubts) = (0, letters.iter().map(|l| l.ambiguous_attempts).sum::<u32>() as usize);
    for name in &to {
        let got = stub.letters_to(name);
        assert!(!got.is_empty(), "{name} has nothing");
        assert!(got.iter().all(|g| g.id() == got[0].id() && g.message == got[0].message), "{name}: doubles of another name");
        doubles += got.len() - 1;
    }
    println!("{kills} kills, {doubles} doubles, {doubts} tries of unknown end");
    assert!(doubles <= doubts && kills > 10, "{kills} kills, {doubles} doubles, {doubts} doubts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pass_whose_letters_were_refused_fails_and_names_them() {
    let stub = SmtpStub::start(Duration::ZERO, false).await;
    for (who, code) in [(&["ok", "no"][..], Some(1)), (&["ok", "grey"], Some(0))] {
        let office = Office::new(&names(who), &smtp(stub.port, ""));
        let o = tokio::task::block_in_place(|| office.command(&["once"]).output().unwrap());
        let told = String::from_utf8_lossy(&o.stderr);
        assert_eq!(o.status.code(), code, "{told}");
        assert_eq!(told.contains("1 letters were given up: no@b.example (") && told.contains("550"), code == Some(1), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_data_folder_never_gives_the_same_message_ids() {
    let [first, second] = [(); 2].map(|()| {
        let office = Office::new(&names(&["a"]), "");
        office.run(&["digest", "send"]);
        let letter = office.letters().remove(0);
        // the same letter keeps its name however often it is looked at
        let shown = office.run(&["digest", "export", "1", "--format", "eml"]);
        assert!(shown.contains(&letter.message_id), "{shown}");
        letter
    });
    assert_ne!(first.message_id, second.message_id);
}
