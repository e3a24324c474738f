//! Alerts from the article to the robot, by the real binary: robots that accept, throttle, refuse, are down, are slow, or see the
//! program killed. Nothing comes twice unannounced, and nothing is lost.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use qingbao::model::{AlertCondition, AlertDraft, AlertMode, AlertTarget, NotificationText, TopicFilter};
use qingbao::store::Store;
use serde_json::Value;

/// Title and text of the articles of the feed; the first two match the rule.
const ARTICLES: [(&str, &str); 3] = [
    ("甲县固态电池项目投产", "甲县固态电池项目一期昨日投产，年产五吉瓦时，总投资三十亿元，带动就业八百人。"),
    ("高校发布固态电池电解质研究成果", "某大学材料学院在国际期刊发表论文，提出一种新的硫化物电解质，固态电池循环寿命达到三千次。"),
    ("丙县陶瓷出口增长", "丙县今年前十个月陶瓷出口四点二亿元，同比增长一成，主要销往东南亚。"),
];

const AGAIN: &str = " (again)";

/// How a robot answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Accepts,
    Down,
    Throttles,
    Refuses,
    /// It keeps the message, and answers too late.
    Slow,
}

/// A site with articles, and robots by the name in their path.
#[derive(Default)]
struct World {
    moods: Mutex<HashMap<String, Mood>>,
    /// Robot, message, and whether it was accepted.
    received: Mutex<Vec<(String, Value, bool)>>,
}

impl World {
    fn set(&self, robot: &str, mood: Mood) {
        self.moods.lock().unwrap().insert(robot.to_owned(), mood);
    }

    /// Returns the titles of what a robot kept, those sent again with a mark.
    fn kept(&self, robot: &str) -> Vec<String> {
        let received = self.received.lock().unwrap();
        let mine = received.iter().filter(|r| r.0 == robot && r.2);
        let title = |m: &Value| format!("{}{}", m["title"].as_str().unwrap(), if m["repeated"] == true { AGAIN } else { "" });
        mine.map(|r| title(&r.1)).collect()
    }

    fn asked(&self, robot: &str) -> usize {
        self.received.lock().unwrap().iter().filter(|r| r.0 == robot).count()
    }

    async fn robot(&self, name: &str, body: Value) -> Response {
        let mood = self.moods.lock().unwrap().get(name).copied().unwrap_or(Mood::Accepts);
        let keeps = matches!(mood, Mood::Accepts | Mood::Slow);
        self.received.lock().unwrap().push((name.to_owned(), body, keeps));
        match mood {
            Mood::Accepts => StatusCode::OK.into_response(),
            Mood::Down => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Mood::Throttles => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "600")]).into_response(),
            Mood::Refuses => StatusCode::FORBIDDEN.into_response(),
            Mood::Slow => {
                tokio::time::sleep(Duration::from_secs(40)).await;
                StatusCode::OK.into_response()
            }
        }
    }

    async fn answer(self: Arc<Self>, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        if let Some(name) = path.strip_prefix("/robot/") {
            let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
            return self.robot(name, serde_json::from_slice(&body).unwrap()).await;
        }
        let now = Utc::now().to_rfc2822();
        let text = if path == "/feed" {
            let item = |(n, a): (usize, &(&str, &str))| format!("<item><title>{}</title><link>/{n}</link><pubDate>{now}</pubDate></item>", a.0);
            format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", ARTICLES.iter().enumerate().map(item).collect::<String>())
        } else if let Some((title, text)) = path.trim_start_matches('/').parse::<usize>().ok().and_then(|n| ARTICLES.get(n)) {
            format!("<html><head><title>{title}</title></head><body><h1>{title}</h1><div><p>{text}</p></div></body></html>")
        } else {
            return StatusCode::NOT_FOUND.into_response();
        };
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
    }
}

/// The program in a folder of its own, with the robots of the world.
struct Installation {
    dir: tempfile::TempDir,
    world: Arc<World>,
}

impl Installation {
    /// `robots` are webhooks that the rule tells; `extra` goes into their settings.
    async fn new(robots: &[&str], settings: &str, extra: &str) -> Self {
        let (world, dir) = (Arc::new(World::default()), tempfile::tempdir().unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let state = Arc::clone(&world);
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(move |r| Arc::clone(&state).answer(r))).await });
        let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).unwrap();
        let outlet = |name: &&str| {
            write(&format!("{name}.url"), format!("http://{host}/robot/{name}\n"));
            format!(
                "[[outlet]]\nname = \"{name}\"\nkind = \"webhook\"\nurl_file = \"{name}.url\"\nallow_hosts = [\"{host}\"]\ntimeout = \"2s\"\n{extra}\n"
            )
        };
        let outlets: String = robots.iter().map(outlet).collect();
        write("sources.toml", format!("[[source]]\nid = \"a\"\nname = \"示例\"\nurl = \"http://{host}/feed\"\nallow_private = true\nweight = 1.5\n"));
        write("qingbao.toml", format!("[fetch]\nhost_delay = \"0s\"\n[alerts]\nquiet = \"\"\n{settings}\n{outlets}"));
        let store = Store::open(&dir.path().join("data")).unwrap();
        let filter = TopicFilter { expression: "固态电池".to_owned(), ..TopicFilter::default() };
        let targets = robots.iter().map(|name| AlertTarget::Outlet((*name).to_owned())).collect();
        let rule = AlertDraft { name: "电池".to_owned(), condition: AlertCondition::Articles(filter), mode: AlertMode::AtOnce, targets };
        store.add_alert_rule(&rule, "甲", Utc::now()).unwrap();
        Self { dir, world }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        command.args(args).current_dir(self.dir.path()).env_remove("RUST_LOG").stdin(Stdio::null());
        command
    }

    async fn run(&self, args: &[&str]) -> String {
        let mut command = self.command(args);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn serve(&self) -> Service {
        Service(self.command(&["serve"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir.path().join("data/qingbao.db")).unwrap()
    }

    /// Lets the time of every back-off pass.
    fn wait_out(&self) {
        self.sql().execute("UPDATE delivery SET next_try = 0 WHERE state = 'queued'", []).unwrap();
    }

    /// When the robot is asked again, in seconds since the epoch.
    fn next_try(&self, robot: &str) -> i64 {
        self.sql().query_row("SELECT max(next_try) FROM delivery WHERE outlet = ?1", [robot], |r| r.get(0)).unwrap()
    }

    /// State, attempts and seconds until the next one, of every message to a robot.
    fn deliveries(&self, robot: &str) -> Vec<(String, i64, i64)> {
        let (c, now) = (self.sql(), Utc::now().timestamp());
        let mut s = c.prepare("SELECT state, tries, next_try - ?2 FROM delivery WHERE outlet = ?1 ORDER BY id").unwrap();
        let rows = s.query_map(rusqlite::params![robot, now], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_mins(2), "never: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn eml_files(dir: &Path) -> usize {
    std::fs::read_dir(dir).map_or(0, |d| d.filter(|e| e.as_ref().is_ok_and(|e| e.path().extension().is_some_and(|x| x == "eml"))).count())
}

const BOTH: [&str; 2] = ["【提醒】甲县固态电池项目投产", "【提醒】高校发布固态电池电解质研究成果"];

fn sorted(mut titles: Vec<String>) -> Vec<String> {
    titles.sort();
    titles
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn robots_that_accept_throttle_refuse_or_are_down_get_each_alert_once() {
    let robots = ["good", "down", "busy", "closed"];
    let here = Installation::new(&robots, "[mail]\noperators = [\"ops@b.cn\"]", "").await;
    for (robot, mood) in [("down", Mood::Down), ("busy", Mood::Throttles), ("closed", Mood::Refuses)] {
        here.world.set(robot, mood);
    }
    here.run(&["once"]).await;
    assert_eq!(sorted(here.world.kept("good")), sorted(BOTH.map(str::to_owned).to_vec()));
    // a robot that is down or busy is asked once, and everything for it waits
    assert_eq!((here.world.asked("down"), here.world.asked("busy")), (1, 1));
    let busy = here.deliveries("busy");
    assert!(busy.iter().all(|d| d.0 == "queued" && (500..=600).contains(&d.2)), "{busy:?}");
    assert!(here.deliveries("closed").iter().all(|d| d.0 == "failed"));
    // the robot stays down for an hour: it is asked ever less often
    let mut waits = Vec::new();
    for _ in 0..6 {
        here.wait_out();
        let asked = Utc::now().timestamp();
        here.run(&["once"]).await;
        waits.push((here.next_try("down") - asked) / 60);
    }
    assert!(waits.windows(2).all(|w| w[0] <= w[1]) && waits.last().is_some_and(|last| *last >= 10), "{waits:?}");
    for robot in robots {
        here.world.set(robot, Mood::Accepts);
    }
    here.wait_out();
    here.run(&["once"]).await;
    for robot in ["good", "down", "busy"] {
        assert_eq!(sorted(here.world.kept(robot)), sorted(BOTH.map(str::to_owned).to_vec()), "{robot}");
    }
    // what was refused waits for an operator, who was told once
    let reports: i64 = here.sql().query_row("SELECT count(*) FROM notification WHERE kind = 'report'", [], |r| r.get(0)).unwrap();
    assert_eq!(reports, 1);
    let failed = here.run(&["outlet", "messages"]).await;
    assert_eq!(failed.lines().count(), 2, "{failed}");
    for line in failed.lines() {
        here.run(&["outlet", "retry", line.split('\t').next().unwrap()]).await;
    }
    here.run(&["once"]).await;
    assert_eq!(sorted(here.world.kept("closed")), sorted(BOTH.map(str::to_owned).to_vec()));
    assert!(here.run(&["outlet", "messages"]).await.contains("没有待处理的消息"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_fate_is_unknown_comes_again_and_says_so() {
    let here = Installation::new(&["slow"], "", "").await;
    here.world.set("slow", Mood::Slow);
    here.run(&["once"]).await;
    assert_eq!(here.world.kept("slow").len(), 1, "the others wait until it answers");
    here.world.set("slow", Mood::Accepts);
    here.wait_out();
    here.run(&["once"]).await;
    let kept = here.world.kept("slow");
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert_eq!((kept[1].clone(), kept.iter().filter(|t| t.ends_with(AGAIN)).count()), (format!("{}{AGAIN}", kept[0]), 1));
    let received = here.world.received.lock().unwrap();
    assert_eq!(received[0].1["id"], received[1].1["id"], "a program tells by the id that it is the same");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_draft_waits_for_no_robot_and_a_kill_loses_no_alert() {
    let now = Utc::now().with_timezone(&chrono_tz::Asia::Shanghai);
    let earlier = now - chrono::TimeDelta::minutes(1);
    // in the first minute of a day: at its beginning
    let minute_ago = if earlier.date_naive() == now.date_naive() { earlier.format("%H:%M").to_string() } else { "00:00".to_owned() };
    let settings = format!("[publication]\nat = \"{minute_ago}\"\ndays = \"daily\"\nrecipients = [\"a@b.cn\"]\n[console]\nlisten = \"off\"");
    let here = Installation::new(&["hangs", "good"], &settings, "takes = [\"alert\", \"draft\"]").await;
    here.world.set("hangs", Mood::Slow);
    let toml = here.dir.path().join("qingbao.toml");
    std::fs::write(&toml, std::fs::read_to_string(&toml).unwrap().replace("timeout = \"2s\"", "timeout = \"60s\"")).unwrap();
    let service = here.serve();
    until("the letter, and the messages of the robot that answers", || {
        eml_files(&here.dir.path().join("data/outbox")) == 1 && here.world.kept("good").len() == 3
    })
    .await;
    assert_eq!(here.world.asked("hangs"), 1, "it has not answered yet");
    drop(service);
    // killed while a robot had the message: it is told again, marked; the others come once
    here.world.set("hangs", Mood::Accepts);
    let service = here.serve();
    until("everything for the other robot", || here.world.kept("hangs").len() == 4).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    drop(service);
    let kept = here.world.kept("hangs");
    assert_eq!(kept.iter().filter(|t| t.ends_with(AGAIN)).count(), 1, "{kept:?}");
    assert_eq!((kept.len(), here.world.kept("good").len(), eml_files(&here.dir.path().join("data/outbox"))), (4, 3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_is_held_is_released_only_by_who_has_seen_all_of_it() {
    let here = Installation::new(&[], "[mail]\noperators = [\"ops@b.cn\"]", "").await;
    let text = NotificationText { title: "磁盘快满了".to_owned(), paragraphs: Vec::new(), url: None };
    Store::open(&here.dir.path().join("data")).unwrap().raise_report("disk", &text, Utc::now()).unwrap();
    here.sql().execute("INSERT INTO fact (name, value) VALUES ('held', 'restored')", []).unwrap();
    let list = here.run(&["outbox", "list"]).await;
    assert!(list.contains("磁盘快满了\t运行通知\t收件人的邮件还没有生成"), "{list}");
    let output = here.command(&["outbox", "release"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("1 letters were made only now"), "{told}");
    assert!(here.run(&["outbox", "list"]).await.contains("ops@b.cn"));
    assert!(here.run(&["outbox", "release"]).await.contains("letters leave again"));
}
