//! Where workers do the work: what the console shows of them.

use std::process::Command;
use std::time::Duration;

use super::Service;
use super::browser::{enter, picture, shape, visit};
use super::nats::{Killed, Nats};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and nats-server"]
async fn workers_and_what_they_gave_up_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    let nats = Nats::start(dir.path());
    let service = Service::start_with("", &format!("[crawl]\nengine = \"nats\"\nnats = \"{}\"\n", nats.url()));
    let mut worker = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    worker.args(["worker", "--nats", &nats.url(), "--name", "zhuaqu-1"]).current_dir(dir.path());
    let _worker = Killed::silent(&mut worker);
    let js = async_nats::jetstream::new(async_nats::connect(nats.url()).await.unwrap());
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Qingbao-Version", "1");
    // the service makes its streams a moment after it is up
    for _ in 0..60 {
        if js.publish_with_headers("qingbao.tasks.broken", headers.clone(), "{".into()).await.unwrap().await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let admin = service.sign_in("", "管理员").await;
    let mut page = String::new();
    for _ in 0..60 {
        page = admin.page("/operation").await;
        if page.contains("zhuaqu-1") && page.contains("搁置的任务") {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(page.contains("zhuaqu-1") && page.contains("搁置的任务"), "{page}");
    // a task that was given up is tried again, or left out; each once
    let letter = serde_json::json!({ "at": chrono::Utc::now(), "source": "quiet", "url": "https://quiet.example/", "reason": "it ended 2 workers", "worker": "zhuaqu-1" });
    js.publish("qingbao.dead", letter.to_string().into()).await.unwrap().await.unwrap();
    let heartbeat = serde_json::json!({ "name": "weg", "version": "1.0.0", "speaks": 1, "since": chrono::Utc::now(), "done": 7, "in_work": 0 });
    js.get_key_value("qingbao-pulse").await.unwrap().put("worker.weg", heartbeat.to_string().into()).await.unwrap();
    while !admin.page("/operation").await.contains("quiet.example") {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let change = async |fields: &[(&str, &str)]| admin.post("/operation/cluster", fields).await.status().as_u16();
    assert_eq!(change(&[("do", "drop"), ("sequence", "1")]).await, 303);
    assert_eq!(change(&[("do", "retry"), ("sequence", "2")]).await, 303);
    assert_eq!(change(&[("do", "retry"), ("sequence", "2")]).await, 409);
    // one that was heard of a moment ago is still there
    assert_eq!(change(&[("do", "forget"), ("name", "weg")]).await, 409);
    assert_eq!(change(&[("do", "forget"), ("name", "nobody")]).await, 409);
    while !admin.page("/operation").await.contains("name=\"name\" value=\"weg\"") {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(change(&[("do", "forget"), ("name", "weg")]).await, 303);
    let editor = service.sign_in("", "甲编辑").await;
    assert_eq!(editor.post("/operation/cluster", &[("do", "forget"), ("name", "zhuaqu-1")]).await.status().as_u16(), 403);
    let after = admin.page("/operation").await;
    assert!(after.contains("zhuaqu-1") && !after.contains("name=\"sequence\"") && !after.contains("value=\"weg\""), "{after}");
    let (mut browser, page) = enter(&service, "管理员").await;
    shape(&page, 1440, 1000, "light").await;
    visit(&page, &service, "/operation").await;
    picture(&page, "crew-1440-light").await;
    browser.close().await.unwrap();
}
