//! The clock jumps, and zones change to summer time and back. By libfaketime, which reads what time it is from a file.

use std::path::{Path, PathBuf};

use super::fixture::{Office, Service};

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

fn library() -> PathBuf {
    let known = [LIBRARY, "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"].map(PathBuf::from);
    known.into_iter().find(|p| p.exists()).unwrap()
}

fn set(office: &Office, time: &str) {
    // in one step: half a line would be another time
    let (beside, file) = (office.path().join("time.new"), office.path().join("time"));
    std::fs::write(&beside, format!("{time}\n")).unwrap();
    std::fs::rename(beside, file).unwrap();
}

pub fn serve_at(office: &Office, file: &Path, monotonic: bool) -> Service {
    let mut c = office.command(&["serve"]);
    c.env("LD_PRELOAD", library()).env("FAKETIME_TIMESTAMP_FILE", file).env("FAKETIME_NO_CACHE", "1").env("TZ", "UTC");
    if !monotonic {
        c.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
    office.serve_by(c)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs faketime"]
async fn a_clock_that_jumps_makes_no_issue_twice() {
    let office = Office::new().await;
    set(&office, "+0d");
    let service = serve_at(&office, &office.path().join("time"), false);
    service.until("the first issue", || office.db().exists() && office.count("outbox WHERE state = 'sent'") == 2).await;
    set(&office, "+1d");
    service.until("the next day's", || office.count("edition") == 2 && office.count("outbox WHERE state = 'sent'") == 4).await;
    for time in ["-1h", "+0d", "+26h", "-2d", "+1d"] {
        set(&office, time);
        // the loops wake every twenty seconds
        tokio::time::sleep(std::time::Duration::from_secs(22)).await;
    }
    // two days before the first one no issue was made: one of that day is right, and each day has one
    let days = office.count("edition");
    assert!((2..=3).contains(&days), "{days}");
    assert_eq!(office.sql().query_row("SELECT count(DISTINCT date) FROM edition", [], |r| r.get::<_, i64>(0)).unwrap(), days);
    office.holds();
    assert_eq!(office.stub.accepted.lock().unwrap().len(), usize::try_from(days * 2).unwrap());
    let (_, health) = service.ask("/healthz").await;
    assert_eq!(health.trim(), "ok");
}

/// In Berlin 02:30 is missing on 2026-03-29 and comes twice on 2026-10-25.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs faketime"]
async fn an_hour_that_is_missing_or_comes_twice_has_one_issue() {
    let office = Office::new().await;
    let config = office.path().join("qingbao.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        text.replace("at = \"00:00\"", "at = \"02:30\"\ntimezone = \"Europe/Berlin\"").replace("catch_up = \"24h\"", "catch_up = \"2h\""),
    )
    .unwrap();
    for (day, moments) in [
        ("2026-03-29", ["@2026-03-29 00:55:00", "@2026-03-29 01:10:00", "@2026-03-29 02:40:00"]),
        ("2026-10-25", ["@2026-10-25 00:35:00", "@2026-10-25 01:35:00", "@2026-10-25 02:40:00"]),
    ] {
        set(&office, moments[0]);
        let service = serve_at(&office, &office.path().join("time"), false);
        service.says("service started").await;
        for moment in moments {
            set(&office, moment);
            tokio::time::sleep(std::time::Duration::from_secs(22)).await;
        }
        assert_eq!(office.count(&format!("edition WHERE date = '{day}'")), 1, "{day}\n{}", service.log());
        drop(service);
        office.holds();
    }
}

/// Operators hear once a week, also when all is well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs faketime"]
async fn operators_get_one_report_a_week() {
    let office = Office::new().await;
    let config = office.path().join("qingbao.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("[mail.smtp]", "operators = [\"ops@b.example\"]\n[mail.smtp]")).unwrap();
    let (file, reports) = (office.path().join("time"), || office.stub.letters_to("ops"));
    // a Thursday
    set(&office, "@2027-03-04 04:00:00");
    let service = serve_at(&office, &file, false);
    service.until("crawled", || office.db().exists() && office.inboxes() == 2).await;
    for (moment, reported) in [
        ("@2027-03-04 05:00:00", 0), // the first week has nothing to report
        ("@2027-03-11 04:00:00", 1),
        ("@2027-03-12 04:00:00", 1),
        ("@2027-03-15 00:30:00", 1), // a Monday, half past eight
        ("@2027-03-15 01:10:00", 2),
    ] {
        set(&office, moment);
        service.until(moment, || reports().len() >= reported).await;
        tokio::time::sleep(std::time::Duration::from_secs(22)).await;
        assert_eq!(reports().len(), reported, "{moment}");
    }
    let first = reports().first().cloned().unwrap();
    let letter = mail_parser::MessageParser::default().parse(first.message.as_bytes()).unwrap();
    assert!(letter.subject().unwrap().contains("运行周报 2027-W10"), "{:?}", letter.subject());
    let words = letter.body_text(0).unwrap().into_owned();
    assert!(words.contains("异常的来源") && words.contains("示例故障网") && words.contains("还没有备份过") && words.contains("磁盘剩余"), "{words}");
    office.holds();
}
