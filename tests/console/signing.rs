//! 送审, 审核, 签发, 撤回, 更正 and 增刊, by direct requests.

use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;

use super::browser::{enter, picture, shape, until as shown, visit};
use super::{Browser, PASSWORD, Service, field, run};

/// Accounts with one duty each.
const DUTIES: [(&str, &str); 4] = [("编辑", ""), ("责编", "submit"), ("审核人", "review"), ("签发人", "sign")];

const TWO_READERS: &str = "signing = [\"sign\", \"review\"]\nfinal_recipients = [\"a@b.example\", \"c@d.example\"]";

struct Desk {
    service: Service,
    people: Vec<Browser>,
}

impl Desk {
    /// A service with two recipients of the final issue.
    async fn start(publication: &str) -> Self {
        let service = Service::start_publication("", "", "");
        service.rewrite_settings(|s| s.replace("final_recipients = [\"leader@b.example\"]", publication));
        for (name, duties) in DUTIES {
            let told = run(service.dir.path(), &["user", "add", name, "--duties", duties, "--password-file", "-"], PASSWORD);
            assert!(told.contains("may sign in"), "{told}");
        }
        let mut people = Vec::new();
        for (name, _) in DUTIES {
            people.push(service.sign_in("", name).await);
        }
        Self { service, people }
    }

    async fn version(&self, issue: u32) -> String {
        let state: serde_json::Value = serde_json::from_str(&self.people[0].page(&format!("/draft/{issue}/state?version=0")).await).unwrap();
        state["version"].to_string()
    }

    async fn page(&self) -> String {
        self.people[0].page("/draft/1").await
    }

    async fn post(&self, who: usize, issue: u32, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let version = self.version(issue).await;
        let all: Vec<(&str, &str)> = fields.iter().copied().chain([("version", version.as_str())]).collect();
        let answer = self.people[who].post(&format!("/draft/{issue}/signing"), &all).await;
        (answer.status(), answer.text().await.unwrap())
    }

    async fn done(&self, who: usize, issue: u32, fields: &[(&str, &str)]) {
        let (code, text) = self.post(who, issue, fields).await;
        assert_eq!(code, StatusCode::SEE_OTHER, "{fields:?}: {}", text.split("role=\"alert\"").nth(1).unwrap_or(&text));
    }

    /// Signs an issue from its draft on.
    async fn sign(&self, issue: u32) {
        self.done(1, issue, &[("do", "submit")]).await;
        self.done(2, issue, &[("do", "approve"), ("step", "review")]).await;
        self.done(3, issue, &[("do", "approve"), ("step", "sign")]).await;
    }

    /// Recipients of the letters that left and whose subject holds these words, in order.
    fn readers(&self, words: &str) -> Vec<String> {
        letters(&self.service.dir.path().join("data/outbox"), words)
    }
}

fn letters(folder: &Path, words: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder).map(|d| d.flatten().map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "eml")).collect());
    let files: Vec<std::path::PathBuf> = files.unwrap_or_default();
    let mut out = Vec::new();
    for bytes in files.iter().filter_map(|f| std::fs::read(f).ok()) {
        let m = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        if m.subject().unwrap_or_default().contains(words) {
            out.push(m.to().and_then(|t| t.first()).and_then(|a| a.address()).unwrap().to_owned());
        }
    }
    out.sort();
    out
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{what} did not come");
}

const BOTH: [&str; 2] = ["a@b.example", "c@d.example"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_those_with_the_duty_take_a_step_and_nothing_changes_while_it_is_under_way() {
    let desk = Desk::start(TWO_READERS).await;
    let back = [("do", "return"), ("remark", "标题再核对")];
    let steps: [(&[(&str, &str)], usize); 4] =
        [(&[("do", "submit")], 1), (&[("do", "approve"), ("step", "review")], 2), (&back, 3), (&[("do", "submit")], 1)];
    for (step, allowed) in steps {
        for who in (0..4).filter(|w| *w != allowed) {
            let (code, text) = desk.post(who, 1, step).await;
            assert_eq!(code, StatusCode::FORBIDDEN, "{step:?} by {}: {text}", DUTIES[who].0);
        }
        desk.done(allowed, 1, step).await;
    }
    assert!(desk.page().await.contains("待审核"));
    assert!(desk.page().await.contains("标题再核对"), "the remark stays until the issue is final");
    let version = desk.version(1).await;
    let late = desk.people[0].post("/draft/1", &[("do", "foreword"), ("foreword", "改"), ("version", &version)]).await;
    assert_eq!(late.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text().await.unwrap().contains("已经送审"));
    for odd in [&[("do", "finalise")][..], &[("do", "approve"), ("step", "sign")], &[("do", "withdraw")], &[("do", "correct")], &[("do", "x")]] {
        let (code, _) = desk.post(3, 1, odd).await;
        assert!(code == StatusCode::FORBIDDEN || code == StatusCode::UNPROCESSABLE_ENTITY, "{odd:?}: {code}");
    }
    desk.done(1, 1, &[("do", "recall")]).await;
    assert!(desk.page().await.contains("编辑中"));
    let none = desk.post(3, 1, &[("do", "return"), ("remark", " ")]).await;
    assert_eq!(none.0, StatusCode::FORBIDDEN, "a draft is not sent back");
    desk.sign(1).await;
    assert!(desk.page().await.contains("已签发"));
    let log = run(desk.service.dir.path(), &["doctor"], "");
    assert!(!log.contains("the log of changes was changed"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issue_is_called_back_before_its_letters_leave_and_corrected_afterwards() {
    let desk = Desk::start(TWO_READERS).await;
    desk.sign(1).await;
    assert!(desk.page().await.contains("没有人会收到"));
    let issues = desk.people[0].page("/api/v1/issues").await;
    assert!(!issues.contains("\"id\""), "programs do not read it either: {issues}");
    desk.done(3, 1, &[("do", "withdraw"), ("reason", "数字有误")]).await;
    // from now on letters leave at once
    desk.service.rewrite_settings(|s| s.replace("signing =", "withdraw_within = \"0s\"\nsigning ="));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(desk.readers("撤回"), Vec::<String>::new(), "nobody had it");
    desk.sign(1).await;
    let label = "许昌竞争情报快递 2026年";
    until("the final issue", || desk.readers(label).len() >= 2).await;
    let article = desk.page().await.split("data-article=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let correction = [("do", "correct"), ("about", article.as_str()), ("wrong", "增长20%"), ("right", "增长2%")];
    let (code, _) = desk.post(2, 1, &correction).await;
    assert_eq!(code, StatusCode::FORBIDDEN, "whoever signs corrects");
    desk.done(3, 1, &correction).await;
    until("the correction", || desk.readers("【更正】").len() >= 2).await;
    assert_eq!(desk.readers("【更正】"), BOTH);
    let page = desk.page().await;
    assert!(page.contains("更正〔") && page.contains("1号"), "{page}");
    // called back after all have it: each is told once, and gets the new one once
    desk.done(3, 1, &[("do", "withdraw")]).await;
    until("the notice", || desk.readers("【撤回通知】").len() >= 2).await;
    desk.sign(1).await;
    until("the issue as it is now", || desk.readers(label).len() >= 8).await;
    assert_eq!((desk.readers("【撤回通知】"), desk.readers("【更正】")), (BOTH.map(str::to_owned).to_vec(), BOTH.map(str::to_owned).to_vec()));
    assert_eq!(desk.readers(label), [BOTH[0]; 4].iter().chain(&[BOTH[1]; 4]).copied().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extra_issue_has_its_own_number_and_reaches_the_readers_once() {
    let desk = Desk::start("final_recipients = [\"a@b.example\", \"c@d.example\"]").await;
    let started = desk.people[0].post("/draft", &[("publication", "许昌竞争情报快递")]).await;
    assert_eq!(started.headers()["location"], "/draft/2");
    let page = desk.people[0].page("/draft/2").await;
    assert!(page.contains("增刊第1期"), "{page}");
    let version = field(&page, "version");
    let own = [("do", "write"), ("title", "一条要情"), ("text", "正文。"), ("column", "行业动态"), ("version", version.as_str())];
    assert_eq!(desk.people[0].post("/draft/2", &own).await.status(), StatusCode::SEE_OTHER);
    desk.done(0, 2, &[("do", "finalise")]).await;
    until("the extra issue", || desk.readers("增刊").len() >= 2).await;
    assert_eq!(desk.readers("增刊"), BOTH);
    // one that was started by mistake goes again; one that readers have does not
    assert_eq!(desk.people[0].post("/draft", &[("publication", "许昌竞争情报快递")]).await.headers()["location"], "/draft/3");
    assert_eq!(desk.post(0, 3, &[("do", "finalise")]).await.0, StatusCode::FORBIDDEN, "an issue without items");
    desk.done(0, 3, &[("do", "discard")]).await;
    assert_eq!(desk.people[0].get("/draft/3").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(desk.post(0, 2, &[("do", "discard")]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    // a publication that is gone from the settings is named, and nothing is signed past its steps
    desk.service.rewrite_settings(|s| s.replace("[publication]", "[publication]\nname = \"改名\""));
    assert_eq!(desk.post(0, 1, &[("do", "finalise")]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(desk.people[0].post("/draft", &[("publication", "没有的刊物")]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn an_issue_goes_back_with_a_remark_at_an_item_and_is_signed_in_a_browser() {
    let desk = Desk::start(TWO_READERS).await;
    let press = async |page: &chromiumoxide::page::Page, button: &str| {
        let script = format!("window.confirm = () => true; document.querySelector('#signing button[value={button}]').click()");
        page.evaluate(script).await.unwrap();
    };
    let state = async |page: &chromiumoxide::page::Page, words: &str| {
        shown(page, words, &format!("document.readyState === 'complete' && document.querySelector('#signing h2').innerText.includes('{words}')"))
            .await;
    };
    let (mut b1, submitter) = enter(&desk.service, "责编").await;
    visit(&submitter, &desk.service, "/draft/1").await;
    press(&submitter, "submit").await;
    state(&submitter, "待审核").await;
    let (mut b2, reviewer) = enter(&desk.service, "审核人").await;
    visit(&reviewer, &desk.service, "/draft/1").await;
    reviewer.evaluate("document.querySelector('textarea.remark').value = '出口额请与海关核对'").await.unwrap();
    shape(&reviewer, 1200, 900, "light").await;
    picture(&reviewer, "signing-review").await;
    reviewer.evaluate("document.getElementById('signing').scrollIntoView()").await.unwrap();
    picture(&reviewer, "signing-review-end").await;
    press(&reviewer, "return").await;
    state(&reviewer, "编辑中").await;
    visit(&submitter, &desk.service, "/draft/1").await;
    shown(&submitter, "the remark at its item", "document.querySelector('.item .remark').innerText.includes('海关')").await;
    shape(&submitter, 1200, 900, "light").await;
    picture(&submitter, "signing-returned").await;
    press(&submitter, "submit").await;
    state(&submitter, "待审核").await;
    visit(&reviewer, &desk.service, "/draft/1").await;
    press(&reviewer, "approve").await;
    state(&reviewer, "待签发").await;
    desk.done(3, 1, &[("do", "approve"), ("step", "sign")]).await;
    let (mut b3, signer) = enter(&desk.service, "签发人").await;
    visit(&signer, &desk.service, "/draft/1").await;
    signer
        .evaluate(
            "document.querySelectorAll('#signing details').forEach((d) => { d.open = true; }); document.getElementById('signing').scrollIntoView()",
        )
        .await
        .unwrap();
    shape(&signer, 1200, 900, "light").await;
    picture(&signer, "signing-final").await;
    for b in [&mut b1, &mut b2, &mut b3] {
        b.close().await.unwrap();
    }
}
