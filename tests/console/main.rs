//! The console through its front door: the real service, asked as browsers and others ask.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

mod accounts;
mod alerts;
mod archive;
mod browser;
mod demo;
mod desk;
mod doors;
mod events;
mod evidence;
mod grades;
mod hostile;
mod keyboard;
mod learning;
#[path = "../support/nats/mod.rs"]
mod nats;
mod old_issues;
mod organisations;
mod outlets;
mod page_watch;
mod paste;
mod print;
mod printed;
mod publications;
mod rules;
mod same_story;
mod settings;
mod signing;
mod source_changes;
mod sources_admin;
mod sources_page;
mod subscribers;
mod taxonomy;
mod topics;
mod week;
mod whole_issue;
mod workers_page;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::{Client, Response, StatusCode};

/// A running service over the archive of the sample world.
struct Service {
    dir: tempfile::TempDir,
    base: String,
    child: Child,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(dir: &Path, args: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_qingbao"))
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let o = child.wait_with_output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
}

/// Starts the service; gives it and the address of its console.
fn serve(dir: &Path) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    let mut child = command.arg("serve").current_dir(dir).env("QINGBAO_TEST_FAULTS", "1").stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = log.by_ref().map_while(Result::ok).find(|l| l.contains("console on http://")).unwrap();
    // the log must go on being read, or the service would wait for us
    std::thread::spawn(move || log.for_each(drop));
    (child, line.split("http://").nth(1).unwrap().trim_end_matches('/').to_owned())
}

const PASSWORD: &str = "a long password";

impl Service {
    fn start(prefix: &str) -> Self {
        Self::start_with(prefix, "")
    }

    /// With further settings.
    fn start_with(prefix: &str, more: &str) -> Self {
        Self::start_publication(prefix, "", more)
    }

    /// With further settings of the publication, and others.
    fn start_publication(prefix: &str, publication: &str, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        run(dir.path(), &["demo", "--out", "."], "");
        let settings = format!(
            "[publication]\ndays = \"monthly-28\"\ncatch_up = \"0s\"\nfinal_recipients = [\"leader@b.example\"]\n{publication}\n[console]\nlisten = \"127.0.0.1:0\"\nbase_path = \"{prefix}\"\n{more}"
        );
        std::fs::write(dir.path().join("qingbao.toml"), settings).unwrap();
        let sources = "# kept\n[[source]]\nid = \"quiet\"\nname = \"安静的来源\"\nurl = \"https://quiet.example/\"\nenabled = false\n";
        std::fs::write(dir.path().join("sources.toml"), sources).unwrap();
        for (name, role) in [("甲编辑", "editor"), ("乙编辑", "editor"), ("管理员", "admin")] {
            let told = run(dir.path(), &["user", "add", name, "--role", role, "--password-file", "-"], PASSWORD);
            assert!(told.contains("may sign in"), "{told}");
        }
        let (child, address) = serve(dir.path());
        Self { dir, base: format!("http://{}", address.trim_end_matches(prefix)), child }
    }

    /// Changes the settings and has the service read them.
    fn rewrite_settings(&self, change: impl FnOnce(&str) -> String) {
        let path = self.dir.path().join("qingbao.toml");
        let before = std::fs::read_to_string(&path).unwrap();
        let after = change(&before);
        assert_ne!(before, after);
        std::fs::write(path, after).unwrap();
        assert!(Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap().success());
        std::thread::sleep(std::time::Duration::from_secs(2));
    }

    /// Kills the service and starts it again at the same address.
    fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let settings = self.dir.path().join("qingbao.toml");
        let address = self.base.trim_start_matches("http://");
        let text = std::fs::read_to_string(&settings).unwrap().replace("127.0.0.1:0", address);
        std::fs::write(settings, text).unwrap();
        self.child = serve(self.dir.path()).0;
    }

    async fn sign_in(&self, prefix: &str, name: &str) -> Browser {
        let answer = self.login(prefix, name, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{name}");
        assert_eq!(answer.headers()["location"], format!("{prefix}/draft"), "only places of ours are gone to");
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut b = Browser { base: format!("{}{prefix}", self.base), cookie, csrf: String::new() };
        let page = b.get("/draft/1").await.text().await.unwrap();
        b.csrf = field(&page, "csrf");
        b
    }

    async fn login(&self, prefix: &str, name: &str, password: &str) -> Response {
        let form = [("name", name), ("password", password), ("next", "//evil.example/")];
        client().post(format!("{}{prefix}/login", self.base)).body(encode(&form)).header("content-type", FORM).send().await.unwrap()
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn client() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The first value of a form's field.
fn field(page: &str, name: &str) -> String {
    page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

struct Browser {
    base: String,
    cookie: String,
    csrf: String,
}

impl Browser {
    async fn get(&self, path: &str) -> Response {
        client().get(format!("{}{path}", self.base)).header("cookie", &self.cookie).send().await.unwrap()
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let all: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", self.csrf.as_str())]).collect();
        self.post_raw(path, encode(&all), &[]).await
    }

    /// Posts a form that ends in a redirect, and gives the page behind it.
    async fn post_then_get(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        let next = answer.headers()["location"].to_str().unwrap().to_owned();
        assert!(!next.contains('?'), "no words and no password stand in an address: {next}");
        self.page(&next).await
    }

    async fn post_raw(&self, path: &str, body: String, headers: &[(&str, &str)]) -> Response {
        let mut request = client().post(format!("{}{path}", self.base)).header("cookie", &self.cookie).header("content-type", FORM).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}

/// Articles of the first column, in order.
fn order(page: &str) -> Vec<String> {
    let column = page.split("class=\"column\"").nth(1).unwrap();
    column.split("data-article=\"").skip(1).map(|p| p.split('"').next().unwrap().to_owned()).collect()
}

/// The headline of an item as its form has it.
fn title_of(page: &str, article: &str) -> String {
    field(page.split(&format!("data-article=\"{article}\"")).nth(1).unwrap(), "title_was").replace("&#38;", "&").replace("&#34;", "\"")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_editors_finish_an_issue_and_nothing_is_lost() {
    let service = Service::start("/qb");
    let (a, b) = (service.sign_in("/qb", "甲编辑").await, service.sign_in("/qb", "乙编辑").await);
    let page = a.page("/draft/1").await;
    let (first, version) = (order(&page), field(&page, "version"));
    assert!(page.contains("href=\"/qb/console.css\"") && first.len() == 10);

    // up and down, to another column, out, and back
    let send = |who: &'static str, version: String, fields: Vec<(&'static str, String)>| {
        let browser = if who == "a" { &a } else { &b };
        async move {
            let mut all: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            all.push(("version", &version));
            browser.post("/draft/1", &all).await
        }
    };
    let item = |n: usize| ("article", first[n].clone());
    assert_eq!(send("a", version, vec![("do", "down".into()), item(0)]).await.status(), StatusCode::SEE_OTHER);
    let page = b.page("/draft/1").await;
    assert_eq!(order(&page)[..2], [first[1].clone(), first[0].clone()]);
    let seen = field(&page, "version");
    let drop_ = vec![("do", "drop".into()), ("reason", "off-topic".into()), item(1)];
    assert_eq!(send("b", seen.clone(), drop_).await.status(), StatusCode::SEE_OTHER);

    // the other one still sees the older version: her words come back, nothing is overwritten
    let rewrite = |was: &str| {
        vec![("do", "rewrite".into()), ("title", "甲写的标题".into()), ("title_was", was.to_owned()), ("summary", "甲写的摘要".into()), item(0)]
    };
    let conflict = send("a", seen.clone(), rewrite("别的标题")).await;
    assert_eq!(conflict.status(), StatusCode::CONFLICT);
    let page = conflict.text().await.unwrap();
    assert!(page.contains("刚刚被别人改过") && page.contains("甲写的摘要"), "{page}");
    // the change of another item is no conflict
    assert_eq!(send("a", seen, rewrite(&title_of(&page, &first[0]))).await.status(), StatusCode::SEE_OTHER);
    let page = a.page("/draft/1").await;
    assert!(page.contains("甲写的标题") && !order(&page).contains(&first[1]));
    let undo = |page: String| send("b", field(&page, "version"), vec![("do", "undo".into())]);
    undo(page).await;
    undo(b.page("/draft/1").await).await;
    let page = b.page("/draft/1").await;
    assert!(!page.contains("甲写的标题") && order(&page).contains(&first[1]), "both changes are taken back");

    // what came late is kept apart from the candidates
    let late = a.page("/draft/1/pool?late=1").await;
    assert!(late.contains("没有需要补录的文章"), "{late}");
    let pool = a.page("/draft/1/pool").await;
    let offered = field(pool.split("<table").nth(1).unwrap(), "article");
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let of_it = "story_id = (SELECT story_id FROM article WHERE id = ?1)";
    sql.execute(&format!("UPDATE article SET effective = effective - 40 * 86400 WHERE {of_it}"), [&offered]).unwrap();
    let first: i64 = sql.query_row(&format!("SELECT min(id) FROM article WHERE {of_it}"), [&offered], |r| r.get(0)).unwrap();
    let late = a.page("/draft/1/pool?late=1").await;
    assert_eq!(field(late.split("<table").nth(1).unwrap(), "article"), first.to_string());

    // from the pool into the issue, and hostile text stays text
    let add = vec![("do", "add".into()), ("article", offered.clone()), ("column", "行业趋势".into())];
    assert_eq!(send("a", field(&page, "version"), add).await.status(), StatusCode::SEE_OTHER);
    let page = a.page("/draft/1").await;
    let attack = "</textarea><script>alert(1)</script>{{ x }}";
    let hostile = vec![("do", "rewrite".into()), ("title", attack.into()), ("summary", attack.into()), ("article", offered)];
    assert_eq!(send("a", field(&page, "version"), hostile).await.status(), StatusCode::SEE_OTHER);
    let page = a.page("/draft/1").await;
    assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;alert"), "escaped");
    let mail = a.get("/draft/1/mail").await;
    assert!(mail.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert!(!mail.text().await.unwrap().contains("<script"));
    let document = a.get("/draft/1/docx").await;
    assert!(document.headers()["content-disposition"].to_str().unwrap().contains("filename*=UTF-8''"));
    assert!(document.bytes().await.unwrap().starts_with(b"PK"));

    // an address is judged before it is asked, and what is in the archive already is not fetched
    let pasted = send("a", field(&page, "version"), vec![("do", "paste".into()), ("url", format!("{}/x", service.base))]).await;
    assert_eq!(pasted.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(pasted.text().await.unwrap().contains("读不到这篇文章"));
    let archive = a.page("/articles?q=%E5%81%87%E5%8F%91").await;
    let there: Vec<String> = order(&page);
    let other = archive
        .split("/articles/")
        .skip(1)
        .filter_map(|p| p.split('"').next())
        .find(|id| id.parse::<u32>().is_ok() && !page.contains(&format!("data-article=\"{id}\"")))
        .unwrap()
        .to_owned();
    let address = a.page(&format!("/articles/{other}")).await.split("href=\"http").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let pasted =
        send("a", field(&page, "version"), vec![("do", "paste".into()), ("url", format!("http{address}")), ("column", "行业动态".into())]).await;
    assert_eq!(pasted.status(), StatusCode::SEE_OTHER, "{address}: {}", pasted.text().await.unwrap());
    let page = a.page("/draft/1").await;
    assert_eq!(order(&page).len(), there.len() + 1);

    // saving by script tells the new version
    let body = encode(&[("do", "foreword"), ("foreword", "各位读者"), ("version", &field(&page, "version")), ("csrf", &a.csrf)]);
    let saved = a.post_raw("/draft/1", body, &[("x-requested-by", "console")]).await;
    assert_eq!(saved.status(), StatusCode::OK);
    let outcome: serde_json::Value = serde_json::from_str(&saved.text().await.unwrap()).unwrap();
    assert!(outcome["conflict"].is_null() && outcome["state"]["content"]["foreword"] == "各位读者", "{outcome}");
    let version = outcome["state"]["version"].to_string();
    assert_eq!(a.post("/draft/1/signing", &[("do", "finalise"), ("version", &version), ("anyway", "1")]).await.status(), StatusCode::SEE_OTHER);
    let page = b.page("/draft/1").await;
    assert!(page.contains("已定稿") && page.contains("各位读者") && !page.contains("name=\"title\""));
    let late = send("b", (version.parse::<u32>().unwrap() + 1).to_string(), vec![("do", "foreword".into()), ("foreword", "改".into())]).await;
    assert_eq!(late.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let letters = run(service.dir.path(), &["outbox", "list", "--all"], "");
    assert!(letters.contains("leader@b.example"), "{letters}");
    let shown = run(service.dir.path(), &["digest", "show"], "");
    assert!(shown.contains("各位读者") && !shown.contains("【草稿】"), "{shown}");
}

/// Every page, and whether editors may open it.
const ROUTES: [(&str, bool); 45] = [
    ("/draft", true),
    ("/draft/1", true),
    ("/draft/1/pool", true),
    ("/draft/1/mail", true),
    ("/articles", true),
    ("/articles/1", true),
    ("/events", true),
    ("/events/1", true),
    ("/topics", true),
    ("/topics/new", true),
    ("/topics/1", true),
    ("/topics/1/edit", true),
    ("/alerts", true),
    ("/alerts/new", true),
    ("/alerts/1", true),
    ("/alerts/1/edit", true),
    ("/rules", true),
    ("/rules/new", true),
    ("/rules/1", true),
    ("/rules/1/edit", true),
    ("/organisations", true),
    ("/organisations.csv", true),
    ("/organisations/1", true),
    ("/organisations/1/csv", true),
    ("/overview", true),
    ("/week", true),
    ("/week/2026-W40", true),
    ("/week/2026-W40/docx", true),
    ("/month/2026-10", true),
    ("/month/2026-10/docx", true),
    ("/sources", true),
    ("/sources.opml", true),
    ("/sources/quiet", false),
    ("/subscribers", true),
    ("/subscribers/1", false),
    ("/sources/quiet/versions", false),
    ("/sources/quiet/series", true),
    ("/sources/quiet/series.csv", true),
    ("/settings", false),
    ("/settings/mail", false),
    ("/settings/text", false),
    ("/taxonomy", false),
    ("/taxonomy/new", false),
    ("/taxonomy/industry/%E9%A3%9F%E5%93%81", false),
    ("/operation", false),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doors_are_closed_to_whom_they_must_be() {
    let service = Service::start("");
    let nobody = Browser { base: service.base.clone(), cookie: "qingbao=guess".into(), csrf: "guess".into() };
    let (editor, admin) = (service.sign_in("", "甲编辑").await, service.sign_in("", "管理员").await);
    let topic = [("do", "save"), ("title", "课题"), ("kind", "warning"), ("expression", "假发"), ("owner", "甲编辑")];
    assert_eq!(editor.post("/topics/new", &topic).await.status(), StatusCode::SEE_OTHER);
    let rule = [("do", "save"), ("kind", "keyword"), ("effect", "exclude"), ("text", "彩票")];
    assert_eq!(editor.post("/rules/new", &rule).await.status(), StatusCode::SEE_OTHER);
    let alert = [("do", "save"), ("name", "假发"), ("kind", "articles"), ("expression", "假发"), ("mode", "digest"), ("recipients", "a@b.cn")];
    assert_eq!(editor.post("/alerts/new", &alert).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(admin.post("/subscribers", &[("do", "add"), ("address", "a@b.example")]).await.status(), StatusCode::SEE_OTHER);
    // route, whether an editor may
    for (route, for_editors) in ROUTES {
        let answer = nobody.get(route).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{route}");
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("/login?next=%2F"), "{route}");
        let answer = editor.get(route).await;
        assert_eq!(answer.status() != StatusCode::FORBIDDEN, for_editors, "{route}");
        assert!(admin.get(route).await.status().as_u16() < 400, "{route}");
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"), "{route}");
    }
    for (path, body) in [
        ("/draft/1", "do=foreword&foreword=x&version=1"),
        ("/articles/1", "do=split&copy=2"),
        ("/events/1", "do=part&article=2"),
        ("/organisations/1", "do=watch"),
        ("/sources", "do=disable&id=quiet"),
        ("/sources/quiet", "do=save&name=x&url=https://x.cn/"),
        ("/topics/new", "do=save&title=x"),
        ("/topics/1", "do=delete&sure=yes"),
        ("/topics/1/edit", "do=save&title=x"),
        ("/alerts", "do=test&outlet=x"),
        ("/alerts/new", "do=save&name=x&kind=burst&mode=digest&recipients=a@b.cn"),
        ("/alerts/1", "do=delete&sure=yes"),
        ("/alerts/1/edit", "do=save&name=x&kind=burst&mode=digest&recipients=a@b.cn"),
        ("/rules/new", "do=save&kind=keyword&effect=exclude&text=x"),
        ("/rules/1/edit", "do=save&kind=keyword&effect=exclude&text=y"),
        ("/rules/1", "do=delete&sure=yes"),
        ("/subscribers", "do=add&address=c@b.example"),
        ("/subscribers/1", "do=save&address=c@b.example"),
        ("/settings/mail", "do=save"),
        ("/taxonomy", "do=undo"),
        ("/taxonomy/new", "do=save&name=x&terms=yy"),
        ("/taxonomy/industry/%E9%A3%9F%E5%93%81", "do=save&name=x&terms=yy"),
        ("/operation", "do=retry&id=1"),
        ("/publication", "publication=x"),
        ("/logout", ""),
    ] {
        for csrf in ["", "&csrf=wrong"] {
            assert_eq!(admin.post_raw(path, format!("{body}{csrf}"), &[]).await.status(), StatusCode::FORBIDDEN, "{path} without its token");
        }
        let with = format!("{body}&csrf={}", admin.csrf);
        assert_eq!(admin.post_raw(path, with, &[("sec-fetch-site", "cross-site")]).await.status(), StatusCode::FORBIDDEN, "{path} from elsewhere");
        assert_eq!(nobody.post(path, &[("do", "x")]).await.status(), StatusCode::SEE_OTHER, "{path} without a session");
    }
    assert_eq!(editor.post("/sources", &[("do", "enable"), ("id", "quiet")]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(editor.post("/operation", &[("do", "retry"), ("id", "1")]).await.status(), StatusCode::FORBIDDEN);
    for path in ["/taxonomy", "/taxonomy/new", "/taxonomy/industry/%E9%A3%9F%E5%93%81"] {
        assert_eq!(editor.post(path, &[("do", "save")]).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(admin.post("/sources", &[("do", "enable"), ("id", "quiet")]).await.status(), StatusCode::SEE_OTHER);
    let file = std::fs::read_to_string(service.dir.path().join("sources.toml")).unwrap();
    assert!(file.starts_with("# kept") && !file.contains("enabled = false"), "{file}");
    assert_eq!(admin.post("/sources", &[("do", "try"), ("url", "http://127.0.0.1:1/")]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);

    // words of two characters are found, and nothing in a search is syntax
    let found = editor.page("/articles?q=%E5%81%87%E5%8F%91").await;
    assert!(found.contains("假发"), "{found}");
    for q in ["\"", "OR", "NEAR(a", "%00", "'%3B--"] {
        editor.page(&format!("/articles?q={q}&industry=%27&from=x&to=2026-99-99")).await;
    }
    // a label corrected by hand shows where it came from, and stays when the rules change
    let corrected =
        editor.post("/articles/1", &[("do", "correct"), ("column", "金融要点"), ("industry-0", "建材"), ("industry-1", "没有的行业")]).await;
    assert_eq!(corrected.status(), StatusCode::SEE_OTHER);
    let article = editor.page("/articles/1").await;
    assert!(article.contains("编辑指定") && article.contains("金融要点") && !article.contains("没有的行业"), "{article}");
    assert_eq!(editor.post("/articles/999999", &[("do", "correct"), ("column", "金融要点")]).await.status(), StatusCode::NOT_FOUND);
    // with the firm that it holds for: its articles are judged so from now on
    let firm = |name: &'static str| [("do", "correct"), ("column", "金融要点"), ("industry-0", "建材"), ("firm", name)];
    for wrong in ["<b>", "企业", "许昌", "12"] {
        assert_eq!(editor.post("/articles/1", &firm(wrong)).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert_eq!(editor.post("/articles/1", &firm("云鹭控股")).await.status(), StatusCode::SEE_OTHER);
    assert!(admin.page("/operation").await.contains("云鹭控股：建材"));

    let big = format!("do=foreword&csrf={}&foreword={}", editor.csrf, "x".repeat(2_200_000));
    assert_eq!(editor.post_raw("/draft/1", big, &[]).await.status(), StatusCode::PAYLOAD_TOO_LARGE);

    // guessing is slowed down, and a new password ends every session
    for _ in 0..5 {
        assert_eq!(service.login("", "乙编辑", "wrong").await.status(), StatusCode::UNAUTHORIZED);
    }
    let slow = service.login("", "乙编辑", PASSWORD).await;
    assert_eq!(slow.status(), StatusCode::TOO_MANY_REQUESTS);
    run(service.dir.path(), &["user", "add", "甲编辑", "--password-file", "-"], "another password");
    assert_eq!(editor.get("/draft").await.status(), StatusCode::SEE_OTHER);
    let log = admin.page("/operation").await;
    assert!(log.contains("登录失败") && log.contains("启用来源") && log.contains("重置密码"), "{log}");
    let told = run(service.dir.path(), &["user", "add", "丙"], "");
    assert!(told.contains("password   "), "a fresh password is shown once: {told}");
}
