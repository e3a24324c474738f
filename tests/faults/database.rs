//! The database: locked, damaged, removed, read-only, backed up and put back.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use super::fixture::{ARTICLES, Office};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_holds_the_database_for_a_while() {
    let office = Office::new().await;
    drop(office.run(&["digest", "list"]));
    office.run(&["user", "list"]);
    let holder = office.sql();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(8));
        holder.execute_batch("COMMIT").unwrap();
    });
    let (o, told) = office.run(&["once"]);
    release.join().unwrap();
    assert!(o.status.success(), "{told}");
    assert_eq!(office.count("article"), ARTICLES, "{told}");
    office.holds();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_page_is_found_told_and_never_begun_anew() {
    let office = Office::new().await;
    assert!(office.run(&["once"]).0.status.success());
    office.run(&["backup", "copy.db"]);
    office.sql().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let length = std::fs::metadata(office.db()).unwrap().len();
    let mut file = std::fs::OpenOptions::new().write(true).open(office.db()).unwrap();
    for part in 1..10 {
        file.seek(SeekFrom::Start(length / 10 * part / 4096 * 4096)).unwrap();
        file.write_all(&[0x5A; 4096]).unwrap();
    }
    drop(file);
    let (o, told) = office.run(&["doctor", "--no-network"]);
    assert_eq!(o.status.code(), Some(1), "{told}");
    assert!(told.contains("error    integrity") || told.contains("error    database"), "{told}");
    assert!(told.contains("restore"), "what to do is said: {told}");
    assert_eq!(std::fs::metadata(office.db()).unwrap().len(), length, "it was left as it is");

    let refused = office.run(&["restore", "copy.db"]).1;
    assert!(refused.contains("--replace"), "{refused}");
    let told = office.run(&["restore", "copy.db", "--replace"]).1;
    assert!(told.contains("68 articles"), "{told}");
    office.holds();
    let (_, list) = office.run(&["digest", "send"]);
    assert!(list.contains("0 sent"), "letters are held: {list}");
    assert!(office.run(&["outbox", "release"]).1.contains("leave again"));
}

/// What is sent between a backup and its coming back is not sent again by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_before_the_mail_left_does_not_send_it_again() {
    let office = Office::new().await;
    office.configure("", &[]);
    assert!(office.run(&["once"]).0.status.success());
    office.sql().execute("DELETE FROM outbox", []).unwrap();
    office.configure("", &["editor@b.example"]);
    // queued, with the server away
    let stub_port = office.stub.port;
    let text = std::fs::read_to_string(office.path().join("qingbao.toml")).unwrap();
    std::fs::write(office.path().join("qingbao.toml"), text.replace(&format!("port = {stub_port}"), "port = 1")).unwrap();
    office.run(&["digest", "send"]);
    office.run(&["backup", "copy.db"]);
    std::fs::write(office.path().join("qingbao.toml"), &text).unwrap();
    office.sql().execute("UPDATE outbox SET next_try = 0", []).unwrap();
    office.run(&["digest", "send"]);
    assert_eq!(office.stub.accepted.lock().unwrap().len(), 1);
    office.run(&["restore", "copy.db", "--replace"]);
    office.sql().execute("UPDATE outbox SET next_try = 0", []).unwrap();
    let service = office.serve();
    service.until("held", || service.log().contains("no letter is sent")).await;
    let (status, ready) = service.ask("/readyz").await;
    assert!(status == 503 && ready.contains("outbox release"), "{ready}");
    assert_eq!(office.stub.accepted.lock().unwrap().len(), 1, "nothing left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backups_made_while_everything_is_written_are_whole() {
    let office = Office::new().await;
    let service = office.serve();
    service.says("service started").await;
    for _ in 0..8 {
        let (o, told) = office.run(&["backup", "backups", "--keep", "3"]);
        assert!(o.status.success(), "{told}");
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    service.until("crawled", || office.count("article") == ARTICLES).await;
    drop(service);
    let mut kept: Vec<_> = std::fs::read_dir(office.path().join("backups")).unwrap().map(|e| e.unwrap().path()).collect();
    kept.sort();
    assert!((1..=3).contains(&kept.len()), "{kept:?}");
    for backup in kept {
        let (o, told) = office.run(&["backup", "--check", backup.to_str().unwrap()]);
        assert!(o.status.success() && told.contains("is whole"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_removed_while_it_is_in_use() {
    let office = Office::new().await;
    let service = office.serve();
    service.until("crawled", || office.db().exists() && office.count("article") == ARTICLES).await;
    std::fs::remove_file(office.db()).unwrap();
    service.says("was removed or replaced").await;
    let (status, ready) = service.ask("/readyz").await;
    assert!(status == 503 && ready.contains("\"database\""), "{ready}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!office.db().exists(), "no new one is begun in silence");
}

/// Without the rights to write: as root in the name of somebody who owns nothing, otherwise in a folder closed to ourselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_may_not_be_written_is_named() {
    let office = Office::new().await;
    assert!(office.run(&["once"]).0.status.success());
    let (data, binary) = (office.path().join("data"), office.path().join("qingbao"));
    std::fs::copy(env!("CARGO_BIN_EXE_qingbao"), &binary).unwrap();
    let mode = |path: &std::path::Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(office.path(), 0o755);
    mode(&data, 0o555);
    mode(&office.db(), 0o444);
    let root = String::from_utf8(Command::new("id").arg("-u").output().unwrap().stdout).unwrap().trim() == "0";
    let bare = |args: &str| {
        let base = office.path().display();
        let who = if root { "setpriv --reuid=65534 --regid=65534 --clear-groups" } else { "" };
        let line = format!("exec {who} {base}/qingbao --config {base}/qingbao.toml --sources {base}/sources.toml --data {base}/data {args}");
        let o = Command::new("sh").args(["-c", &line]).current_dir("/").output().unwrap();
        (o.status.success(), String::from_utf8_lossy(&o.stdout).into_owned() + &String::from_utf8_lossy(&o.stderr))
    };
    let (well, told) = bare("doctor --no-network");
    assert!(!well && told.contains("cannot be written") && told.contains("chown"), "{told}");
    let (well, told) = bare("serve");
    assert!(!well && told.contains(data.to_str().unwrap()), "{told}");
    mode(&data, 0o755);
    mode(&office.db(), 0o644);
    office.holds();
}

/// An fsync that fails is not repeated: what reached the disk is not known, so the service ends and begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs strace"]
async fn a_disk_that_refuses_to_sync_ends_the_service_and_loses_nothing() {
    let office = Office::new().await;
    assert!(office.run(&["user", "list"]).0.status.success());
    let mut c = Command::new("strace");
    let inject = "inject=fsync,fdatasync:error=EIO:when=25+";
    c.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", inject, env!("CARGO_BIN_EXE_qingbao"), "serve"]);
    c.current_dir(office.path());
    let mut service = office.serve_by(c);
    service.says("the disk refused to write").await;
    for _ in 0..200 {
        if service.child.try_wait().unwrap().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(service.child.try_wait().unwrap().unwrap().code(), Some(1), "{}", service.log());
    let (o, told) = office.run(&["once"]);
    assert!(o.status.success(), "{told}");
    assert_eq!(office.count("article"), ARTICLES);
    office.holds();
}
