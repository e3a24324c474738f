//! Files changed under a running service, signals, and what the service manager is told.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use super::fixture::{ARTICLES, Office};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_broken_by_hand_change_nothing_and_mended_ones_are_taken_over() {
    let office = Office::new().await;
    let service = office.serve();
    service.until("crawled", || office.db().exists() && office.count("article") == ARTICLES).await;
    let (sources, config) = (office.path().join("sources.toml"), office.path().join("qingbao.toml"));
    let (good_list, good_config) = (std::fs::read_to_string(&sources).unwrap(), std::fs::read_to_string(&config).unwrap());
    let metric = async |name: &str| {
        let (status, text) = service.ask("/metrics").await;
        assert_eq!(status, 200, "{text}");
        text.lines().find_map(|l| l.strip_prefix(&format!("qingbao_{name} "))).map(str::to_owned)
    };
    assert_eq!(metric("config_reload_success").await.as_deref(), Some("1"));
    for (file, broken, kind) in [
        (&sources, "[[source]]\nid = \"a\"\nurl = “x”\n", "sources"),
        (&sources, "", "sources"),
        (&config, "[publicaton]\n", "settings"),
        (&config, "[publication]\nat = \"7点\"\n", "settings"),
    ] {
        std::fs::write(file, broken).unwrap();
        let alarm = format!("alarm{{kind=\"{kind}\"}}");
        for _ in 0..200 {
            if metric(&alarm).await.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(metric(&alarm).await.as_deref(), Some("1"), "{broken}\n{}", service.log());
        assert_eq!(metric("config_reload_success").await.as_deref(), Some("0"));
        assert_eq!(service.ask("/healthz").await.0, 200, "it goes on");
        std::fs::write(&sources, &good_list).unwrap();
        std::fs::write(&config, &good_config).unwrap();
        for _ in 0..200 {
            if metric("config_reload_success").await.as_deref() == Some("1") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(metric("config_reload_success").await.as_deref(), Some("1"), "{}", service.log());
    }
    // every figure is there, none names a secret, and strangers get nothing
    let (_, text) = service.ask("/metrics").await;
    let types: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("# TYPE qingbao_")).collect();
    let expected = [
        "build_info gauge",
        "uptime_seconds gauge",
        "loop_silent_seconds gauge",
        "alarm gauge",
        "config_reload_success gauge",
        "config_reloaded_timestamp_seconds gauge",
        "fetch_total counter",
        "fetch_seconds_total counter",
        "articles_total counter",
        "last_article_timestamp_seconds gauge",
        "sources gauge",
        "due_looks gauge",
        "pending_pages gauge",
        "outbox gauge",
        "outbox_oldest_seconds gauge",
        "last_issue_timestamp_seconds gauge",
        "backup_timestamp_seconds gauge",
        "db_bytes gauge",
        "disk_free_bytes gauge",
        "process_resident_memory_bytes gauge",
    ];
    assert_eq!(types, expected);
    for sample in
        ["build_info{version=\"", "loop_silent_seconds{loop=\"crawl\"} ", "fetch_total{result=\"ok\"} ", "articles_total ", "sources{state=\"ok\"} "]
    {
        assert!(text.contains(&format!("\nqingbao_{sample}")), "{sample}: {text}");
    }
    let outside =
        reqwest::Client::new().get(format!("{}/metrics", service.base().await)).header("x-forwarded-for", "203.0.113.7").send().await.unwrap();
    assert_eq!(outside.status().as_u16(), 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_signals_loses_no_fetch() {
    let office = Office::new().await;
    let service = office.serve();
    service.says("service started").await;
    for n in 0..150 {
        service.signal("-HUP");
        if n % 10 == 0 {
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }
    service.until("crawled all the same", || office.count("article") == ARTICLES && office.inboxes() == 2).await;
    assert!(service.log().contains("settings and taxonomy taken over"));
    // what the settings say now is in force: another recipient for the same issue's next try changes nothing, a new fetcher works
    let config = office.path().join("qingbao.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("host_delay = \"0s\"", "host_delay = \"0s\"\nat_once = 3")).unwrap();
    service.signal("-HUP");
    office.sql().execute_batch("UPDATE source SET next_due = 0").unwrap();
    service.until("looked again", || office.count("source WHERE next_due = 0 AND enabled = 1") == 0).await;
    let (status, took) = service.stop().await;
    assert!(status.success() && took < Duration::from_secs(10), "{status:?} {took:?}");
    office.holds();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_manager_is_told_how_it_stands() {
    let office = Office::new().await;
    let socket = office.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut c = office.command(&["serve"]);
    c.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "120000000");
    let service = office.serve_by(c);
    let mut told = String::new();
    let hear = |told: &mut String| {
        let mut buffer = [0u8; 1024];
        while let Ok(n) = manager.recv(&mut buffer) {
            told.push_str(&String::from_utf8_lossy(&buffer[..n]));
            told.push('\n');
        }
    };
    service
        .until("ready", || {
            hear(&mut told);
            told.contains("READY=1")
        })
        .await;
    service
        .until("the watchdog is fed", || {
            hear(&mut told);
            told.contains("WATCHDOG=1")
        })
        .await;
    told.clear();
    service.signal("-HUP");
    service
        .until("reloading, and ready again", || {
            hear(&mut told);
            told.find("RELOADING=1").is_some_and(|at| told[at..].contains("READY=1") && told[at..].contains("MONOTONIC_USEC="))
        })
        .await;
    // a process that stands still feeds nobody
    service.signal("-STOP");
    hear(&mut told);
    told.clear();
    tokio::time::sleep(Duration::from_secs(11)).await;
    hear(&mut told);
    assert!(!told.contains("WATCHDOG=1"), "{told}");
    service.signal("-CONT");
    service
        .until("fed again", || {
            hear(&mut told);
            told.contains("WATCHDOG=1")
        })
        .await;
    service.signal("-TERM");
    service
        .until("stopping", || {
            hear(&mut told);
            told.contains("STOPPING=1")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_service_on_the_same_folder_is_refused() {
    let office = Office::new().await;
    let first = office.serve();
    first.says("service started").await;
    let (o, told) = office.run(&["serve"]);
    assert!(o.status.code() == Some(1) && told.contains(&format!("pid {}", first.pid())), "{told}");
    first.until("sent once", || office.inboxes() == 2).await;
    office.holds();
}

/// An issue that nobody is to get is not made again every twenty seconds; once somebody is to get it, it goes out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issue_for_nobody_is_made_once_and_sent_when_somebody_is_named() {
    let office = Office::with("", &[]).await;
    let service = office.serve();
    service.says("draft made").await;
    tokio::time::sleep(Duration::from_secs(42)).await;
    assert_eq!(service.log().matches("draft made").count(), 1, "{}", service.log());
    office.configure("", &["editor@b.example"]);
    service.until("sent", || office.inboxes() == 1).await;
    office.holds();
}
