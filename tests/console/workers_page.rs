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
    js.publish_with_headers("qingbao.tasks.broken", headers, "{".into()).await.unwrap().await.unwrap();
    let admin = service.sign_in("", "管理员").await;
    let mut page = String::new();
    for _ in 0..60 {
        page = admin.page("/operation").await;
        if page.contains("zhuaqu-1") && page.contains("放弃的任务") {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(page.contains("zhuaqu-1") && page.contains("放弃的任务"), "{page}");
    let (mut browser, page) = enter(&service, "管理员").await;
    shape(&page, 1440, 1000, "light").await;
    visit(&page, &service, "/operation").await;
    picture(&page, "crew-1440-light").await;
    browser.close().await.unwrap();
}
