//! TLS, passwords and permissions between coordinator, NATS and workers, as docs/scaling.md gives them.

use std::path::Path;
use std::time::Duration;

use async_nats::ConnectOptions;

use crate::mock_hosts::{DemoWorld, Farm};
use crate::nats::Nats;
use crate::{archived, coordinator, ended, worker};

/// The part of a server's configuration that docs/scaling.md shows.
fn documented() -> String {
    let text = include_str!("../../docs/scaling.md");
    let (_, rest) = text.split_once("```conf\n").unwrap();
    rest.split_once("```").unwrap().0.replace("COORDINATOR_PASSWORD", "c-secret").replace("WORKER_PASSWORD", "w-secret")
}

fn settings(dir: &Path, ca: &Path, url: &str, user: &str, password: &str) {
    std::fs::create_dir_all(dir).unwrap();
    std::fs::write(dir.join("password"), format!("{password}\n")).unwrap();
    let crawl = format!(
        "[fetch]\nhost_delay = \"0s\"\n[crawl]\nnats = \"{url}\"\nuser = \"{user}\"\npassword_file = \"{}\"\nca_file = \"{}\"\n",
        dir.join("password").display(),
        ca.display()
    );
    std::fs::write(dir.join("qingbao.toml"), crawl).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn with_tls_passwords_and_the_permissions_of_the_manual_the_work_is_done_and_nothing_else_may_be() {
    let farm = Farm::start(DemoWorld { hosts: 2, pages: 2, size: 4_000, latency: Duration::ZERO }).await;
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let config = dir.path().join("nats.conf");
    let tls = format!("tls {{ cert_file: \"{}\", key_file: \"{}\" }}\n", cert.display(), key.display());
    std::fs::write(&config, tls + &documented()).unwrap();
    let nats = Nats::start_with(dir.path(), Some(config));
    let url = format!("tls://localhost:{}", nats.port);
    std::fs::write(dir.path().join("sources.toml"), farm.sources()).unwrap();
    settings(dir.path(), &cert, &url, "coordinator", "c-secret");
    settings(&dir.path().join("w1"), &cert, &url, "worker", "w-secret");
    let _worker = worker(dir.path(), "w1", &url);
    let log = || ["coordinator.log", "w1.log"].map(|f| std::fs::read_to_string(dir.path().join(f)).unwrap_or_default()).join("\n");
    let done = tokio::time::timeout(Duration::from_mins(1), async { ended(&mut coordinator(dir.path(), &url)).await }).await;
    assert!(matches!(done, Ok(true)), "{}", log());
    assert_eq!(archived(dir.path()), (4, 4), "{}", log());
    assert!(!log().contains("ermissions"), "nothing was refused: {}", log());
    // neither a stranger nor a worker may give tasks out or read what was found
    let known = |user: &str, password: &str| {
        ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned()).add_root_certificates(cert.clone()).connect(url.clone())
    };
    assert!(known("worker", "guess").await.is_err());
    let mut js = async_nats::jetstream::new(known("worker", "w-secret").await.unwrap());
    // what is refused is not answered
    js.set_timeout(Duration::from_millis(300));
    let refused = async { js.publish("qingbao.tasks.x", "{}".into()).await.unwrap().await };
    assert!(refused.await.is_err());
    let outcomes = js.get_stream_no_info("QINGBAO_OUTCOMES").await.unwrap();
    assert!(outcomes.get_raw_message(1).await.is_err());
    assert!(outcomes.delete_message(1).await.is_err());
}
