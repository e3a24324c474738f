//! `qingbao demo --serve`, as a new user tries it.

use std::time::{Duration, Instant};

use super::*;

/// A running demo.
pub struct Demo {
    pub dir: tempfile::TempDir,
    child: Child,
    printed: Vec<String>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the demo and reads what it prints, up to the line that says how to end it.
pub fn start(language: &str) -> Demo {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    command.args(["demo", "--serve", "--listen", "127.0.0.1:0"]).current_dir(dir.path()).env("LC_ALL", language);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut printed = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let is_last = line.contains("Ctrl+C");
        printed.push(line);
        if is_last {
            break;
        }
    }
    Demo { dir, child, printed }
}

impl Demo {
    /// Ends it at once, and keeps its files.
    pub fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn line(&self, start: &str) -> &str {
        self.printed.iter().find(|l| l.trim_start().starts_with(start)).unwrap()
    }

    pub async fn sign_in(&self, name: &str, console: &str) -> Browser {
        let base = format!("http://{}", self.line(console).split("http://").nth(1).unwrap().trim_end_matches('/'));
        let password = self.line(name).rsplit(' ').next().unwrap();
        let form = [("name", name), ("password", password), ("next", "/draft")];
        let answer = client().post(format!("{base}/login")).body(encode(&form)).header("content-type", FORM).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{:?}", self.printed);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut browser = Browser { base, cookie, csrf: String::new() };
        browser.csrf = field(&browser.page("/draft/3").await, "csrf");
        browser
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_user_goes_from_the_demo_to_a_finished_issue() {
    let mut demo = start("zh_CN.UTF-8");
    assert!(
        demo.line("来源").contains("9 个正常") && demo.line("失败").contains("有意安排") && !demo.line("失败").contains("shows"),
        "{:?}",
        demo.printed
    );
    let editor = demo.sign_in("演示编辑", "控制台").await;
    // no page is empty, and each says what it is
    for (path, shown) in [
        ("/draft/1", "已定稿"),
        ("/draft/2", "已定稿"),
        ("/articles", "/articles/"),
        ("/events", "/events/"),
        ("/topics", "发制品出口"),
        ("/alerts", "算力项目"),
        ("/sources", "示例故障网（有意安排的故障）"),
        ("/subscribers", "reader@demo.example"),
    ] {
        let page = editor.page(path).await;
        assert!(page.contains(shown) && page.contains("class=\"demo\""), "{path}: {page}");
    }
    let login = client().get(format!("{}/login", editor.base)).send().await.unwrap().text().await.unwrap();
    assert!(login.contains("class=\"demo\""), "{login}");
    // a saved setting could mail outside
    let admin = demo.sign_in("演示管理员", "控制台").await;
    assert_eq!(admin.post("/settings/mail", &[("do", "save")]).await.status(), StatusCode::FORBIDDEN);
    assert!(!demo.dir.path().join("out/data/qingbao.toml").exists());
    let version = field(&editor.page("/draft/3").await, "version");
    let signed = editor.post("/draft/3/signing", &[("do", "finalise"), ("version", &version), ("anyway", "1")]).await;
    assert_eq!(signed.status(), StatusCode::SEE_OTHER);
    assert!(editor.page("/draft/3").await.contains("已定稿"));
    assert!(editor.get("/draft/3/docx").await.bytes().await.unwrap().starts_with(b"PK"));
    let admin = demo.sign_in("演示管理员", "控制台").await;
    assert!(admin.page("/operation").await.contains("class=\"demo\""));

    assert!(Command::new("kill").args(["-INT", &demo.child.id().to_string()]).status().unwrap().success());
    let begun = Instant::now();
    while demo.child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(20), "Ctrl+C ends the demo");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_demo_in_english_says_the_same_and_stays_on_this_computer() {
    let demo = start("C.UTF-8");
    assert!(demo.line("failed").contains("deliberate") && demo.line("console").contains("http://127.0.0.1:"), "{:?}", demo.printed);
    let dir = tempfile::tempdir().unwrap();
    let refused = run(dir.path(), &["demo", "--serve", "--listen", "0.0.0.0:0"], "");
    assert!(refused.contains("not on loopback") && !dir.path().join("out").exists(), "{refused}");
}
