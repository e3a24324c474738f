//! TLS, passwords and permissions between coordinator, NATS and workers, as `deploy/nats-setup` makes them.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use async_nats::ConnectOptions;
use rustix::process::{Pid, Signal, kill_process};

use crate::mock_hosts::{DemoWorld, Farm};
use crate::nats::Nats;
use crate::{archived, coordinator, ended, program, worker};

fn replaced(file: &Path, pairs: &[(&str, &str)]) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    pairs.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from} in {text}");
        text.replace(from, to)
    })
}

/// `qingbao worker --check` in a folder.
fn check(dir: &Path) -> (bool, String) {
    let Output { status, stdout, stderr } = Command::new(program()).args(["worker", "--check", "--name", "w1"]).current_dir(dir).output().unwrap();
    (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server and openssl"]
async fn what_the_setup_makes_lets_the_work_be_done_and_nothing_else() {
    let farm = Farm::start(DemoWorld { hosts: 2, pages: 2, size: 4_000, latency: Duration::ZERO }).await;
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("made");
    let setup = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/nats-setup");
    assert!(Command::new("sh").arg(setup).arg("--out").arg(&made).arg("localhost").output().unwrap().status.success());
    let server = made.join("server-localhost");
    let config = server.join("nats-server.conf");
    let places = [("/etc/nats/", format!("{}/", server.display())), ("/var/lib/nats", dir.path().join("nats").display().to_string())];
    std::fs::write(&config, replaced(&config, &places.each_ref().map(|(from, to)| (*from, to.as_str())))).unwrap();
    let nats = Nats::start_with(dir.path(), Some(config.clone()));
    let (url, port) = (format!("tls://localhost:{}", nats.port), nats.port.to_string());
    std::fs::write(dir.path().join("sources.toml"), farm.sources()).unwrap();
    let own = |role: &str| made.join(role).display().to_string();
    let crawl = replaced(&made.join("coordinator/crawl.toml"), &[("4222", &port), ("/etc/qingbao/nats", &own("coordinator"))]);
    std::fs::write(dir.path().join("qingbao.toml"), format!("[fetch]\nhost_delay = \"0s\"\n{crawl}")).unwrap();
    let w1 = dir.path().join("w1");
    std::fs::create_dir(&w1).unwrap();
    let settings = replaced(&made.join("worker/worker.toml"), &[("4222", &port), ("/etc/qingbao-worker/nats", &own("worker"))]);
    std::fs::write(w1.join("qingbao.toml"), settings).unwrap();
    let (right, said) = check(&w1);
    assert!(!right && said.contains("start `qingbao serve --crawl nats://…` first"), "no coordinator was there yet: {said}");
    let _worker = worker(dir.path(), "w1", &url);
    let log = || ["coordinator.log", "w1.log"].map(|f| std::fs::read_to_string(dir.path().join(f)).unwrap_or_default()).join("\n");
    let pass = async || tokio::time::timeout(Duration::from_mins(1), async { ended(&mut coordinator(dir.path(), &url)).await }).await;
    assert!(matches!(pass().await, Ok(true)), "{}", log());
    assert_eq!(archived(dir.path()), (4, 4), "{}", log());
    let (right, said) = check(&w1);
    assert!(right && said.contains("login, streams and permissions are right"), "{said}");
    assert!(!log().contains("ermissions"), "nothing was refused: {}", log());

    // neither a stranger nor a worker may give tasks out or read what was found
    let secret = std::fs::read_to_string(made.join("worker/password")).unwrap();
    let known = |user: &str, password: &str| {
        let options = ConnectOptions::with_user_and_password(user.to_owned(), password.trim().to_owned());
        options.add_root_certificates(made.join("worker/ca.pem")).connect(url.clone())
    };
    assert!(known("worker", "guess").await.is_err());
    let mut js = async_nats::jetstream::new(known("worker", &secret).await.unwrap());
    // what is refused is not answered
    js.set_timeout(Duration::from_millis(300));
    let refused = async { js.publish("qingbao.tasks.x", "{}".into()).await.unwrap().await };
    assert!(refused.await.is_err());
    // nor empty a bucket by the one key that it may write
    let mut all = async_nats::HeaderMap::new();
    all.insert("Nats-Rollup", "all");
    let rolled = async { js.publish_with_headers("$KV.qingbao-lore.robots.x", all, "".into()).await.unwrap().await };
    assert!(rolled.await.is_err());
    let results = js.get_stream_no_info("QINGBAO_OUTCOMES").await.unwrap();
    assert!(results.get_raw_message(1).await.is_err());
    assert!(results.delete_message(1).await.is_err());

    // a new password: the file first, then the server; the worker that runs takes it by itself
    std::fs::write(made.join("worker/password"), "changed\n").unwrap();
    std::fs::write(&config, replaced(&config, &[(secret.trim(), "changed")])).unwrap();
    kill_process(Pid::from_child(&nats.server.as_ref().unwrap().0), Signal::HUP).unwrap();
    assert!(matches!(pass().await, Ok(true)), "{}", log());
    assert!(known("worker", &secret).await.is_err(), "the old one is no longer known");
    std::fs::write(made.join("worker/password"), "wrong\n").unwrap();
    let (right, said) = check(&w1);
    assert!(!right && said.contains("authorization violation") && said.contains("password_file in [crawl]"), "{said}");
}
