//! kill -9.

use std::process::Stdio;
use std::time::Duration;

use super::fixture::{ARTICLES, Office};

/// A sequence of moments that is the same in every run.
fn moments() -> impl FnMut(u64) -> u64 {
    let mut seed = 0x9E37_79B9_7F4A_7C15u64;
    move |below| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    }
}

/// Twenty machines, each killed ten times between its first request and its last letter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_two_hundred_times_while_crawling_drafting_and_mailing() {
    let (mut random, mut alive, mut doubles) = (moments(), 0, 0);
    for machine in 0..20 {
        let office = Office::new().await;
        for _ in 0..10 {
            let mut child = office.command(&["once"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            tokio::time::sleep(Duration::from_millis(30 + random(900))).await;
            alive += u32::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
            if office.db().exists() {
                office.holds();
            }
        }
        let (o, told) = office.run(&["once"]);
        assert!(o.status.success(), "machine {machine}: {told}");
        office.holds();
        assert_eq!((office.count("article"), office.count("edition")), (ARTICLES, 1), "machine {machine}: {told}");
        assert_eq!(office.count("entry WHERE state IN ('pending', 'fetched')"), 0, "machine {machine}: {told}");
        assert_eq!((office.inboxes(), office.count("outbox WHERE state = 'sent'")), (2, 2), "machine {machine}: {told}");
        doubles += office.stub.accepted.lock().unwrap().len() - 2;
    }
    println!("200 kills, {alive} of them alive, {doubles} letters twice under the same name");
    assert!(alive > 100, "{alive}");
}

/// The database of the first schema, killed while it is brought up to date.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_schema_is_brought_up_to_date() {
    let (mut random, mut begun) = (moments(), 0);
    for _ in 0..12 {
        let office = Office::new().await;
        std::fs::create_dir_all(office.path().join("data")).unwrap();
        let c = office.sql();
        c.execute_batch(concat!(include_str!("../../src/store/migrations/001_first.sql"), "PRAGMA user_version = 1; BEGIN;")).unwrap();
        c.execute("INSERT INTO source (id, name, url) VALUES ('a', '甲', 'https://a.example/')", []).unwrap();
        for n in 0..3_000 {
            c.execute(
                "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, 'https://a.example/', '题', 'done', 0)",
                [n],
            )
            .unwrap();
            c.execute(
                "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html) VALUES (?1, ?1, 'a', ?1, 'https://a.example/', '题', 0, 0, '文', '')",
                [n],
            )
            .unwrap();
        }
        c.execute_batch("COMMIT").unwrap();
        drop(c);
        let mut child = office.command(&["articles", "search", "文"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(5 + random(120))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        begun += u32::from(office.path().join("data/qingbao.db.schema-1").exists());
        let (o, told) = office.run(&["doctor", "--no-network"]);
        assert!(told.contains("ok       database") && told.contains("ok       integrity"), "{told} {o:?}");
        assert_eq!(office.count("article"), 3_000);
    }
    println!("{begun} of 12 were killed after the copy was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_and_started_while_letters_leave() {
    let office = Office::new().await;
    let mut random = moments();
    for _ in 0..6 {
        let service = office.serve();
        service.says("service started").await;
        tokio::time::sleep(Duration::from_millis(random(1_500))).await;
        // a second word must not make it worse
        service.signal("-TERM");
        let (status, took) = service.stop().await;
        assert!(status.success() && took < Duration::from_secs(11), "{status:?} {took:?}");
        office.holds();
    }
    let service = office.serve();
    service.until("all is done", || office.count("outbox WHERE state = 'sent'") == 2 && office.count("article") == ARTICLES).await;
    office.holds();
    assert_eq!(office.stub.accepted.lock().unwrap().len(), 2, "a stop is no kill: nobody got it twice");
}

/// A page that was tried often before the program ended is read, one that cannot be read in the store is fetched again; the others
/// do not wait for either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_cannot_be_read_do_not_stop_the_others() {
    let office = Office::new().await;
    assert!(office.run(&["once"]).0.status.success());
    // as killed runs leave them: the page is there, its article is not
    let unmake = |id: i64, tries: u32, page: &str| {
        let c = office.sql();
        let entry: i64 = c.query_row("SELECT entry_id FROM article WHERE id = ?1", [id], |r| r.get(0)).unwrap();
        for table in ["band WHERE article_id", "sketch WHERE article_id", "article_words WHERE rowid", "item WHERE article_id", "article WHERE id"] {
            c.execute(&format!("DELETE FROM {table} = ?1"), [id]).unwrap();
        }
        c.execute(&format!("UPDATE page SET body = {page} WHERE entry_id = ?1"), [entry]).unwrap();
        c.execute("UPDATE entry SET state = 'fetched', tries = ?2 WHERE id = ?1", [entry, i64::from(tries)]).unwrap();
    };
    unmake(3, 6, "body");
    unmake(5, 1, "x'28b52ffd00'");
    let (o, told) = office.run(&["once"]);
    assert!(o.status.success(), "{told}");
    assert_eq!((office.count("entry WHERE state = 'failed'"), office.count("article")), (0, ARTICLES), "{told}");
    office.holds();
}
