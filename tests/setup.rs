//! A new institute, from an empty folder to its first draft: by answers, by questions and by the first page of the console.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use qingbao::demo::{self, DemoWorld};
use reqwest::StatusCode;

const PASSWORD: &str = "a long password";

fn qingbao(dir: &Path, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    command.args(args).current_dir(dir).env_remove("RUST_LOG").env("LC_ALL", "C.UTF-8");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(o: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
}

fn letters(dir: &Path) -> Vec<String> {
    let files = std::fs::read_dir(dir.join("data/outbox")).into_iter().flatten();
    files.map(|f| std::fs::read_to_string(f.unwrap().path()).unwrap()).collect()
}

fn read(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).unwrap()
}

/// The address of a list page of the sample world.
fn list_of(world: &DemoWorld, base: &str) -> String {
    let sources = world.sources(base);
    let source = sources.split("[[source]]").find(|s| s.contains("\"gongxin\"")).unwrap();
    source.split("url = \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

const ANSWERS: &str = r#"
organiser = "洛阳市示例研究所"
city = "洛阳"
industries = "national-strategic"
own_industries = [{ name = "轴承", terms = ["轴承", "滚子"] }]
recipients = ["编辑部 <bianji@example.cn>"]
starter_sources = false
"#;

#[test]
fn answers_make_an_installation_with_a_first_draft_and_overwrite_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = DemoWorld::at(chrono::Utc::now());
    let site = runtime.block_on(demo::start(world.clone())).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let answers =
        format!("{ANSWERS}sources = [{{ url = \"{}\", allow_private = true }}, \"http://nowhere.invalid/\"]\n", list_of(&world, &site.base));
    std::fs::write(dir.path().join("answers.toml"), answers).unwrap();
    let o = qingbao(dir.path(), &["setup", "--answers", "answers.toml"], "");
    assert!(o.status.success(), "{}", text(&o));
    assert!(text(&o).contains("没有加入 http://nowhere.invalid/") && text(&o).contains("密码（只显示这一次）"), "{}", text(&o));
    assert!(text(&o).contains("用时 ") && !text(&o).contains("articles   "), "setup speaks Chinese on any terminal: {}", text(&o));
    let sent = letters(dir.path());
    assert_eq!(sent.len(), 1, "{}", text(&o));
    assert!(sent.iter().all(|m| m.contains("bianji@example.cn")));
    let taxonomy = text(&qingbao(dir.path(), &["taxonomy", "check"], ""));
    assert!(taxonomy.contains("10 industries"), "{taxonomy}");
    // no file is written a second time, whatever the answers
    let before = (read(dir.path(), "qingbao.toml"), read(dir.path(), "sources.toml"));
    let again = qingbao(dir.path(), &["setup", "--answers", "answers.toml"], "");
    assert!(!again.status.success() && text(&again).contains("不会覆盖"), "{}", text(&again));
    assert_eq!(before, (read(dir.path(), "qingbao.toml"), read(dir.path(), "sources.toml")));
}

#[test]
fn a_refused_login_fails_the_setup_and_everything_else_is_written() {
    let dir = tempfile::tempdir().unwrap();
    // a port that nothing listens on
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mail = format!("[mail]\nfrom = \"a@example.cn\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n");
    std::fs::write(dir.path().join("a.toml"), format!("{ANSWERS}{mail}")).unwrap();
    let o = qingbao(dir.path(), &["setup", "--answers", "a.toml"], "");
    assert_eq!(o.status.code(), Some(1), "{}", text(&o));
    assert!(text(&o).contains("其余都已写好，但邮件服务器 127.0.0.1 登录没有成功") && text(&o).contains("密码（只显示这一次）"), "{}", text(&o));
    assert!(read(dir.path(), "qingbao.toml").contains(&format!("port = {port}")));
    assert!(text(&qingbao(dir.path(), &["user", "list"], "")).contains("admin"));
}

#[test]
fn an_empty_source_list_is_no_mistake() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sources.toml"), "# none yet\n").unwrap();
    drop(first_start(dir.path()));
    let checked = qingbao(dir.path(), &["sources", "check"], "");
    assert!(checked.status.success() && text(&checked).contains("warning: sources.toml has no source"), "{}", text(&checked));
    let once = qingbao(dir.path(), &["once"], "");
    assert!(once.status.code() == Some(1) && text(&once).contains("has no source; add one with"), "{}", text(&once));
}

#[test]
fn questions_are_repeated_until_answered_and_an_end_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // the city first exists four times, the time and an address are wrong
    let lines = [
        "示例研究所",
        "鼓楼区",
        "江苏省南京市鼓楼区",
        "",
        "2",
        "",
        "",
        "八点",
        "08:15",
        "x",
        "a@example.cn",
        "",
        "",
        "short",
        PASSWORD,
        "是",
        "",
        "否",
    ];
    let o = qingbao(dir.path(), &["setup"], &lines[..10].join("\n"));
    assert!(!o.status.success() && text(&o).contains("什么也没有写"), "{}", text(&o));
    assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none(), "a setup that was not finished leaves nothing");
    let o = qingbao(dir.path(), &["setup"], &(lines.join("\n") + "\n"));
    assert!(o.status.success(), "{}", text(&o));
    for wrong in ["不止一处", "不是时刻", "密码至少"] {
        assert!(text(&o).contains(wrong), "{wrong}: {}", text(&o));
    }
    let settings = read(dir.path(), "qingbao.toml");
    assert!(settings.contains("鼓楼竞争情报快递") && settings.contains("at = \"08:15\""), "{settings}");
    let sources = read(dir.path(), "sources.toml");
    assert!(sources.contains("region = \"全国\"") && !sources.contains("region = \"河南\""));
    let checked = qingbao(dir.path(), &["sources", "check"], "");
    assert!(checked.status.success(), "{}", text(&checked));
    assert!(!text(&o).contains(PASSWORD), "a given password is not printed");
}

#[test]
fn every_wrong_answer_of_a_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.toml"), "city = \"洛阴市\"\nindustries = \"none\"\nat = \"8\"\n").unwrap();
    let o = qingbao(dir.path(), &["setup", "--answers", "a.toml"], "");
    for key in ["organiser", "city", "industries", "at", "recipients"] {
        assert!(text(&o).contains(&format!("{key}: ")), "{key}: {}", text(&o));
    }
    assert!(text(&o).contains("答案有误，什么也没有写") && !text(&o).contains("cannot be taken"), "{}", text(&o));
    std::fs::write(dir.path().join("a.toml"), "citty = \"洛阳市\"\n").unwrap();
    let o = qingbao(dir.path(), &["setup", "--answers", "a.toml"], "");
    assert!(!o.status.success() && text(&o).contains("citty"), "{}", text(&o));
}

struct Service {
    child: Child,
    base: String,
    code: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the service in an empty folder.
fn first_start(dir: &Path) -> Service {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    command.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(dir).env_remove("RUST_LOG");
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = log.by_ref().map_while(Result::ok).find(|l| l.contains("/setup?code=")).unwrap();
    std::thread::spawn(move || log.for_each(drop));
    let address = line.split("http://").nth(1).unwrap().split(' ').next().unwrap();
    let (base, code) = address.split_once("/setup?code=").unwrap();
    Service { child, base: format!("http://{base}"), code: code.to_owned() }
}

fn field(page: &str, name: &str) -> String {
    let at = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    at.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_page_sets_up_an_institute_once_and_only_with_its_code() {
    let world = DemoWorld::at(chrono::Utc::now());
    let site = demo::start(world.clone()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let service = first_start(dir.path());
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let setup = format!("{}/setup", service.base);
    let post = async |fields: &[(&str, &str)]| {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        browser.post(&setup).header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap()
    };
    // without the code there is only the way to sign in
    for code in ["", "x", &service.code[1..]] {
        let answer = browser.get(format!("{setup}?code={code}")).send().await.unwrap();
        assert_eq!((answer.status(), answer.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/login"));
        assert_eq!(post(&[("code", code), ("city", "洛阳")]).await.status(), StatusCode::SEE_OTHER);
    }
    let page = browser.get(format!("{setup}?code={}", service.code)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("初始设置") && page.contains("value=\"national-strategic\" checked> 国家战略性新兴产业"), "{page}");
    // not due today: the first draft is made by hand
    let later = (chrono::Utc::now() + chrono::TimeDelta::hours(9)).format("%H:%M").to_string();
    let mut fields = vec![
        ("code", service.code.as_str()),
        ("organiser", "洛阳市<示例>所"),
        ("city", "洛阴"),
        ("industries", "national-strategic"),
        ("recipients", "a@example.cn\nb@example.cn"),
        ("at", &later),
        ("admin", "admin"),
        ("password", PASSWORD),
        ("again", "another password"),
        ("host", "127.0.0.1"),
        ("from", "a@example.cn"),
        ("port", "70000"),
    ];
    let answer = post(&fields).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    assert!(page.contains("行政区划里没有“洛阴”") && page.contains("两次输入的密码不一样") && page.contains("端口是 1 到 65535 的数"), "{page}");
    assert!(page.contains("洛阳市&#60;示例&#62;所"), "what was typed stays, as text");
    assert!(!dir.path().join("qingbao.toml").exists());
    fields[2].1 = "洛阳";
    fields[8].1 = PASSWORD;
    fields.truncate(9);
    assert_eq!(post(&fields).await.status(), StatusCode::SEE_OTHER);
    assert!(read(dir.path(), "qingbao.toml").contains("洛阳竞争情报快递"));
    // the code is used up
    assert_eq!(browser.get(format!("{setup}?code={}", service.code)).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    // sign in, add a source, make the first draft
    let login = format!("name=admin&password={}", PASSWORD.replace(' ', "+"));
    let form = |path: &str, cookie: &str, body: String| {
        let request = browser.post(format!("{}{path}", service.base)).header("content-type", "application/x-www-form-urlencoded");
        request.header("cookie", cookie).body(body).send()
    };
    let answer = form("/login", "", login).await.unwrap();
    assert_eq!(answer.headers()["location"], "/draft");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let get = async |path: &str| {
        let answer = browser.get(format!("{}{path}", service.base)).header("cookie", &cookie).send().await.unwrap();
        answer.text().await.unwrap()
    };
    assert!(get("/sources").await.contains("请在上面填一个网址"));
    let draft = get("/draft").await;
    assert!(draft.contains("现在做第一期草稿") && draft.contains("还没有来源"), "{draft}");
    let csrf = field(&draft, "csrf");
    let source = format!("[[source]]\nid = \"gov\"\nname = \"示例政府网\"\nurl = \"{}\"\nallow_private = true\n", list_of(&world, &site.base));
    std::fs::write(dir.path().join("sources.toml"), source).unwrap();
    assert!(Command::new("kill").args(["-HUP", &service.child.id().to_string()]).status().unwrap().success());
    let begun = Instant::now();
    loop {
        let archive = get("/articles").await;
        if archive.contains("/articles/1\"") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_mins(2), "nothing was crawled: {archive}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let answer = form(
        "/draft",
        &cookie,
        format!("csrf={csrf}&do=draft&publication={}", url::form_urlencoded::byte_serialize("洛阳竞争情报快递".as_bytes()).collect::<String>()),
    );
    assert_eq!(answer.await.unwrap().headers()["location"], "/draft/1");
    while letters(dir.path()).len() < 2 {
        assert!(begun.elapsed() < Duration::from_mins(2), "no letter");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
