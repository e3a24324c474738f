//! Messages that are not like others: poisoned, newer than we are, broken, too large for a message.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{self, AckKind, Context, Message};
use axum::Router;
use axum::http::{HeaderMap as Headers, Response, StatusCode, Uri, header};
use futures_util::StreamExt as _;

use crate::mock_hosts::{DemoWorld, Farm, Random};
use crate::nats::{Killed, Nats};
use crate::{archived, coordinator, ended, program, set_up, worker};

async fn context(nats: &Nats) -> Context {
    jetstream::new(async_nats::connect(nats.url()).await.unwrap())
}

/// Waits until something is so.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never: {what}");
}

async fn messages(js: &Context, stream: &str) -> u64 {
    js.get_stream(stream).await.map_or(0, |s| s.cached_info().state.messages)
}

/// Takes what waits, as a worker would.
async fn take(js: &Context, most: usize) -> Vec<Message> {
    let consumer: PullConsumer = js.get_consumer_from_stream("workers", "QINGBAO_TASKS").await.unwrap();
    let batch = consumer.fetch().max_messages(most).messages().await.unwrap();
    batch.map(Result::unwrap).collect().await
}

fn doctor(dir: &Path) -> String {
    let output = Command::new(program()).arg("doctor").current_dir(dir).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn small() -> DemoWorld {
    DemoWorld { hosts: 2, pages: 2, size: 4_000, latency: Duration::ZERO }
}

/// The small world, crawled once; its worker goes on.
struct Crawled {
    _worker: Killed,
    js: Context,
    nats: Nats,
    dir: tempfile::TempDir,
    _farm: Farm,
}

impl Crawled {
    async fn once() -> Self {
        let farm = Farm::start(small()).await;
        let dir = set_up(&farm, "host_delay = \"0s\"");
        let nats = Nats::start(dir.path());
        let worker = worker(dir.path(), "w1", &nats.url());
        assert!(ended(&mut coordinator(dir.path(), &nats.url())).await);
        Self { _worker: worker, js: context(&nats).await, nats, dir, _farm: farm }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn a_task_that_brings_workers_down_goes_to_the_dead_letters_and_the_others_go_on() {
    let farm = Farm::start(small()).await;
    let dir = tempfile::tempdir().unwrap();
    let nats = Nats::start(dir.path());
    std::fs::write(dir.path().join("sources.toml"), farm.sources()).unwrap();
    let settings = format!("[fetch]\nhost_delay = \"0s\"\n[crawl]\nengine = \"nats\"\nnats = \"{}\"\n", nats.url());
    std::fs::write(dir.path().join("qingbao.toml"), settings).unwrap();
    let mut coordinating = coordinator(dir.path(), &nats.url());
    let js = context(&nats).await;
    until("two tasks", async || messages(&js, "QINGBAO_TASKS").await == 2).await;
    // nine workers took the first one up and ended without a word
    let taken = take(&js, 2).await;
    let id = taken[0].headers.as_ref().unwrap().get("Nats-Msg-Id").unwrap().as_str().to_owned();
    js.get_key_value("qingbao-pulse").await.unwrap().put(format!("suspect.{id}"), "8".into()).await.unwrap();
    for message in &taken {
        message.double_ack_with(AckKind::Nak(None)).await.unwrap();
    }
    let _worker = worker(dir.path(), "w1", &nats.url());
    let log = || std::fs::read_to_string(dir.path().join("coordinator.log")).unwrap_or_default();
    assert!(ended(&mut coordinating).await, "{}", log());
    assert_eq!(archived(dir.path()), (2, 2), "{}", log());
    assert_eq!((messages(&js, "QINGBAO_DEAD").await, messages(&js, "QINGBAO_TASKS").await), (1, 0));
    let said = doctor(dir.path());
    assert!(said.contains("1 tasks were given up") && said.contains("it ended 9 workers"), "{said}");
    let db = rusqlite::Connection::open(dir.path().join("data/qingbao.db")).unwrap();
    let poisoned: u32 = db.query_row("SELECT count(*) FROM fetch_log WHERE code = 'poison'", [], |r| r.get(0)).unwrap();
    assert_eq!(poisoned, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn a_newer_message_is_left_for_newer_workers_and_a_broken_one_is_given_up() {
    let Crawled { dir, nats, js, .. } = &Crawled::once().await;
    for (lane, version) in [("a", "99"), ("b", "1")] {
        let mut headers = HeaderMap::new();
        headers.insert("Qingbao-Version", version);
        js.publish_with_headers(format!("qingbao.tasks.{lane}"), headers, "{".into()).await.unwrap().await.unwrap();
    }
    until("a dead letter", async || messages(js, "QINGBAO_DEAD").await == 1).await;
    let told = || std::fs::read_to_string(dir.path().join("w1.log")).unwrap().contains("newer than this worker");
    until("a word about the newer one", async || told()).await;
    assert!(ended(&mut coordinator(dir.path(), &nats.url())).await, "the others go on");
    assert_eq!(archived(dir.path()), (4, 4));
    assert_eq!(messages(js, "QINGBAO_TASKS").await, 1, "it waits for a newer worker");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn a_result_of_a_newer_worker_waits_for_a_newer_coordinator() {
    let Crawled { dir, nats, js, .. } = &Crawled::once().await;
    let mut headers = HeaderMap::new();
    headers.insert("Qingbao-Version", "99");
    js.publish_with_headers("qingbao.outcomes", headers, "{".into()).await.unwrap().await.unwrap();
    let heartbeat =
        serde_json::json!({ "name": "new", "version": "9.0.0", "speaks": 99, "since": chrono::Utc::now(), "done": 0, "in_work": 0, "more": 1 });
    js.get_key_value("qingbao-pulse").await.unwrap().put("worker.new", heartbeat.to_string().into()).await.unwrap();
    // what no worker of ours writes hides none of the others, and is not shown as one
    for key in ["worker.a<b", "worker.other", "worker."] {
        let forged = heartbeat.to_string().replace("\"new\"", "\"new\\n<b>\"");
        let _ = js.publish(format!("$KV.qingbao-pulse.{key}"), forged.into()).await.unwrap().await;
    }
    js.publish("qingbao.outcomes", "{".into()).await.unwrap().await.unwrap();
    assert!(ended(&mut coordinator(dir.path(), &nats.url())).await, "the others go on");
    assert_eq!((archived(dir.path()), messages(js, "QINGBAO_OUTCOMES").await), ((4, 4), 1), "it waits");
    let told = std::fs::read_to_string(dir.path().join("coordinator.log")).unwrap();
    assert!(told.contains("a worker is newer than this coordinator"), "{told}");
    let output = Command::new(program()).args(["doctor", "--crawl", &nats.url()]).current_dir(dir.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("newer than this program, their results wait; update this machine: new (9.0.0), other (9.0.0)"), "{said}");
}

/// What stands in the one message of a stream.
async fn first(js: &Context, stream: &str) -> serde_json::Value {
    let message = js.get_stream(stream).await.unwrap().get_raw_message(1).await.unwrap();
    serde_json::from_slice(&zstd::bulk::decompress(&message.payload, 1 << 20).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn a_rest_that_is_told_while_a_task_waits_for_its_turn_is_kept() {
    let farm = Farm::start(small()).await;
    let dir = set_up(&farm, "host_delay = \"0s\"\n[crawl]\nahead = 1");
    let nats = Nats::start(dir.path());
    let mut coordinating = coordinator(dir.path(), &nats.url());
    let js = context(&nats).await;
    // one task is given out, and nobody does it; the other waits
    until("a task", async || messages(&js, "QINGBAO_TASKS").await == 1).await;
    let task = first(&js, "QINGBAO_TASKS").await["task"].clone();
    let (one, other) = (format!("127.1.0.1:{}", farm.port), format!("127.1.0.2:{}", farm.port));
    let (source, lane) = if task["lane"] == one.as_str() { ("s1", other) } else { ("s0", one) };
    // a task of a coordinator before this one comes back from there
    let about = serde_json::json!({ "source": source, "entry": null, "url": format!("http://{lane}/feed.xml"), "conditional": true });
    let came = serde_json::json!({ "NotModified": { "moved": null, "fresh": null } });
    let visit = serde_json::json!({ "wire": 0, "millis": 1, "requests": 1, "reused": false, "status": 304 });
    let outcome = serde_json::json!({ "visit": visit, "at": chrono::Utc::now(), "bytes": 0, "kept": false, "came": came });
    let rest = Duration::from_secs(6);
    let message =
        serde_json::json!({ "id": "before-1", "lane": lane, "about": about, "outcome": outcome, "rest": u64::try_from(rest.as_millis()).unwrap() });
    let body = zstd::bulk::compress(message.to_string().as_bytes(), 3).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("Qingbao-Version", "1");
    let told = std::time::Instant::now();
    js.publish_with_headers("qingbao.outcomes", headers, body.into()).await.unwrap().await.unwrap();
    until("it is taken in", async || messages(&js, "QINGBAO_OUTCOMES").await == 0).await;
    let _worker = worker(dir.path(), "w1", &nats.url());
    let log = || std::fs::read_to_string(dir.path().join("coordinator.log")).unwrap_or_default();
    assert!(ended(&mut coordinating).await, "{}", log());
    assert_eq!(archived(dir.path()), (4, 4), "{}", log());
    let seen = farm.take_log();
    let asked = seen.get(&lane.split(':').next().unwrap().parse().unwrap()).unwrap();
    assert!(asked[0].begin >= told + rest, "asked {:?} after {rest:?} were told\n{}", asked[0].begin - told, log());
}

/// Serves what `answer` says for a path and its headers; gives the address.
async fn site(answer: impl Fn(&str, &Headers) -> Response<String> + Clone + Send + Sync + 'static) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let app = Router::new().fallback(async move |uri: Uri, headers: Headers| answer(uri.path(), &headers));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn reply(status: StatusCode, kind: &str, body: String) -> Response<String> {
    Response::builder().status(status).header(header::CONTENT_TYPE, kind).body(body).unwrap()
}

fn one_source(dir: &Path, address: &str, more: &str) {
    let source =
        format!("[[source]]\nid = \"s\"\nname = \"站\"\nkind = \"feed\"\nurl = \"http://{address}/feed.xml\"\nallow_private = true\n{more}\n");
    std::fs::write(dir.join("sources.toml"), source).unwrap();
    std::fs::write(dir.join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
}

fn feed(items: &str) -> Response<String> {
    reply(StatusCode::OK, "application/rss+xml", format!("<rss version=\"2.0\"><channel><title>站</title>{items}</channel></rss>"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn what_is_too_large_for_a_message_comes_by_the_object_store_and_leaves_nothing_there() {
    let mut random = Random::new(3);
    let mut text = || (0..1_900).filter_map(|_| char::from_u32(0x4E00 + u32::try_from(random.below(0x5000)).unwrap())).collect::<String>();
    let item = |n| format!("<item><title>第{n}条</title><link>/{n}.html</link><description>{}</description></item>", text());
    let items: String = (0..400).map(item).collect();
    let address =
        site(move |path, _| if path == "/feed.xml" { feed(&items) } else { reply(StatusCode::NOT_FOUND, "text/plain", String::new()) }).await;
    let dir = tempfile::tempdir().unwrap();
    one_source(dir.path(), &address, "");
    let nats = Nats::start(dir.path());
    let _worker = worker(dir.path(), "w1", &nats.url());
    let log = || std::fs::read_to_string(dir.path().join("coordinator.log")).unwrap_or_default();
    assert!(ended(&mut coordinator(dir.path(), &nats.url())).await, "{}", log());
    let db = rusqlite::Connection::open(dir.path().join("data/qingbao.db")).unwrap();
    let entries: u32 = db.query_row("SELECT count(*) FROM entry", [], |r| r.get(0)).unwrap();
    assert_eq!(entries, 400, "{}", log());
    let js = context(&nats).await;
    let stream = js.get_stream("OBJ_qingbao-large").await.unwrap();
    assert!(stream.cached_info().state.last_sequence > 1, "it was used");
    let left = js.get_object_store("qingbao-large").await.unwrap().list().await.unwrap().count().await;
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nats-server"]
async fn cookies_go_from_one_worker_to_the_next() {
    let handed_out = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = std::sync::Arc::clone(&handed_out);
    let address = site(move |path, headers| {
        let known = headers.get(header::COOKIE).is_some_and(|c| c.to_str().unwrap().contains("pass="));
        match path {
            "/robots.txt" => reply(StatusCode::NOT_FOUND, "text/plain", String::new()),
            _ if !known => {
                let n = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let cookie = format!("pass={n}; Path=/");
                Response::builder().status(302).header(header::SET_COOKIE, cookie).header(header::LOCATION, path).body(String::new()).unwrap()
            }
            "/feed.xml" => feed("<item><title>一则消息的标题</title><link>/1.html</link></item>"),
            _ => reply(StatusCode::OK, "text/html; charset=utf-8", crate::mock_hosts::page(1, 4_000)),
        }
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    one_source(dir.path(), &address, "cookies = true");
    let nats = Nats::start(dir.path());
    for name in ["w1", "w2"] {
        let _alone = worker(dir.path(), name, &nats.url());
        let log = || std::fs::read_to_string(dir.path().join("coordinator.log")).unwrap_or_default();
        assert!(ended(&mut coordinator(dir.path(), &nats.url())).await, "{}", log());
        assert_eq!(archived(dir.path()), (1, 1), "{}", log());
    }
    assert_eq!(handed_out.load(std::sync::atomic::Ordering::Relaxed), 1);
}
