//! Several publications: what an account that is limited to some of them sees, the choice between them, and adding one.

use reqwest::StatusCode;

use super::browser::{enter, picture, shape, violations, visit};
use super::{Browser, Service, client, field, run};

const FIRST: &str = "许昌竞争情报快递";
const SECOND: &str = "装备专报";
/// The second publication in addresses.
const SECOND_ENCODED: &str = "%E8%A3%85%E5%A4%87%E4%B8%93%E6%8A%A5";

/// Starts the service with two publications: issue 1 is of the first one, issue 2 an extra one of the second.
async fn start() -> (Service, Browser) {
    let service = Service::start("");
    service.rewrite_settings(|text| {
        let second = format!("\n[[publication]]\nname = \"{SECOND}\"\ndays = \"monthly-28\"\ncatch_up = \"0s\"\nrecipients = [\"desk@c.example\"]\n");
        text.replace("[publication]", &format!("[[publication]]\nname = \"{FIRST}\"")) + &second
    });
    let admin = service.sign_in("", "管理员").await;
    let started = admin.post("/draft", &[("publication", SECOND)]).await;
    assert_eq!(started.headers()["location"], "/draft/2");
    (service, admin)
}

fn limit(service: &Service, name: &str) {
    let told = run(service.dir.path(), &["user", "publications", name, "--publication", SECOND], "");
    assert!(told.contains(&format!("{name} works on {SECOND}")), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_with_a_limit_reaches_nothing_of_other_publications() {
    let (service, admin) = start().await;
    for (text, publication) in [("彩票", FIRST), ("灯会", SECOND), ("庙会", "")] {
        let rule = [("do", "save"), ("kind", "keyword"), ("effect", "exclude"), ("text", text), ("publication", publication)];
        assert_eq!(admin.post("/rules/new", &rule).await.status(), StatusCode::SEE_OTHER, "{text}");
    }
    // the editor is signed in already
    let editor = service.sign_in("", "乙编辑").await;
    assert_eq!(editor.get("/draft/1").await.status(), StatusCode::OK);
    limit(&service, "乙编辑");

    for path in ["", "/pool", "/mail", "/docx", "/pdf", "/state", "/files/1"] {
        let answer = editor.get(&format!("/draft/1{path}")).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "/draft/1{path}");
        assert!(answer.text().await.unwrap().contains("没有这份简报的权限"));
    }
    assert_eq!(editor.get("/draft/%31").await.status(), StatusCode::FORBIDDEN, "however the number is spelled");
    for (path, fields) in [
        ("/draft/1", &[("do", "foreword"), ("foreword", "x"), ("version", "1")][..]),
        ("/draft/1/signing", &[("do", "finalise"), ("version", "1")]),
        ("/draft/1/signing", &[("do", "correct"), ("version", "1"), ("wrong", "x"), ("right", "y")]),
        ("/draft/1/signing", &[("do", "withdraw"), ("version", "1"), ("reason", "x")]),
        ("/draft", &[("publication", FIRST)]),
        ("/publication", &[("publication", FIRST)]),
        ("/rules/1", &[("do", "disable")]),
        ("/rules/1/edit", &[("do", "save")]),
        ("/rules/3", &[("do", "disable")]),
        ("/rules/3/edit", &[("do", "save"), ("publication", SECOND)]),
        ("/rules/new", &[("do", "save"), ("kind", "keyword"), ("effect", "exclude"), ("text", "x"), ("publication", FIRST)]),
    ] {
        assert_eq!(editor.post(path, fields).await.status(), StatusCode::FORBIDDEN, "{path} {fields:?}");
    }
    let for_all = [("do", "save"), ("kind", "keyword"), ("effect", "exclude"), ("text", "x"), ("publication", "")];
    assert_eq!(editor.post("/rules/new", &for_all).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for path in
        ["/rules/1", "/rules/1/edit", "/rules/3/edit", "/week?publication=%E8%AE%B8%E6%98%8C%E7%AB%9E%E4%BA%89%E6%83%85%E6%8A%A5%E5%BF%AB%E9%80%92"]
    {
        assert_eq!(editor.get(path).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(editor.get("/draft/99").await.status(), StatusCode::NOT_FOUND);

    // what is left is its own
    assert_eq!(editor.get("/draft").await.headers()["location"], "/draft/2");
    let page = editor.page("/draft/2").await;
    assert!(page.contains(SECOND) && !page.contains(FIRST) && !page.contains("class=\"switch\""), "{page}");
    let rules = editor.page("/rules").await;
    assert!(rules.contains("灯会") && rules.contains("庙会") && !rules.contains("彩票"), "{rules}");
    assert!(!editor.page("/rules/3").await.contains("value=\"disable\""));
    assert!(editor.page("/subscribers").await.contains("desk@c.example"));
    assert!(!editor.page("/subscribers").await.contains("leader@b.example"));
    assert!(!editor.page("/articles/1").await.contains(FIRST));
    let article = field(&admin.page("/draft/1").await, "article");
    assert!(!editor.page(&format!("/articles/{article}")).await.contains(FIRST));
    let overview = editor.page("/overview").await;
    assert!(overview.contains(SECOND) && !overview.contains(FIRST), "{overview}");
    assert!(!editor.page("/week").await.contains(FIRST));

    // programs: a session and tokens read the finished issues of their publications
    let version = field(&admin.page("/draft/1").await, "version");
    let finalise = [("do", "finalise"), ("version", version.as_str()), ("anyway", "1")];
    assert_eq!(admin.post("/draft/1/signing", &finalise).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(admin.get("/api/v1/issues/1").await.status(), StatusCode::OK);
    assert_eq!(editor.get("/api/v1/issues/1").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(editor.get("/feeds/issue.atom").await.status(), StatusCode::NOT_FOUND);
    assert!(editor.page("/api/v1/issues").await.contains("\"issues\":[]"));
    assert!(!editor.page("/api/v1/rules").await.contains("彩票"));
    let token = |args: &[&str]| {
        let told = run(service.dir.path(), &[&["token", "add", "阅读器"], args].concat(), "");
        told.split_whitespace().nth(1).unwrap().to_owned()
    };
    for (args, code) in [(&["--publication", SECOND][..], 404), (&["--publication", FIRST], 200), (&[], 200)] {
        let token = token(args);
        for path in ["/api/v1/issues/1", "/api/v1/issues/current", "/feeds/issue.atom"] {
            let answer = client().get(format!("{}{path}", service.base)).bearer_auth(&token).send().await.unwrap();
            assert_eq!(answer.status(), code, "{path} {args:?}");
        }
    }
    let told = run(service.dir.path(), &["token", "add", "x", "--publication", "没有"], "");
    assert!(told.contains("there is no publication"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admins_limit_accounts_and_hear_of_names_that_are_gone() {
    let (service, admin) = start().await;
    let change = async |fields: &[(&str, &str)]| admin.post("/accounts", fields).await.status().as_u16();
    assert_eq!(change(&[("do", "publications"), ("name", "乙编辑"), ("of-1", SECOND)]).await, 303);
    assert_eq!(change(&[("do", "publications"), ("name", "乙编辑"), ("of-1", "没有")]).await, 422);
    assert_eq!(change(&[("do", "publications"), ("name", "管理员"), ("of-1", SECOND)]).await, 409, "admins work on all");
    assert_eq!(change(&[("do", "publications"), ("name", "没有"), ("of-1", SECOND)]).await, 404);
    let page = admin.page("/accounts").await;
    assert!(page.contains(&format!("value=\"{SECOND}\" checked")) && page.contains("改简报"), "{page}");
    assert!(admin.page("/operation").await.contains("限定简报"));
    let listed = run(service.dir.path(), &["user", "list"], "");
    assert!(listed.lines().any(|l| l.starts_with("乙编辑\teditor\tenabled\t\t") && l.ends_with(SECOND)), "{listed}");
    assert!(run(service.dir.path(), &["user", "add", "x", "--role", "admin", "--publication", SECOND], "").contains("every publication"));

    // a publication gets another name: who was limited to the old one sees neither, and the page says why
    let editor = Browser { csrf: String::new(), ..service.sign_in("", "甲编辑").await };
    assert_eq!(change(&[("do", "publications"), ("name", "甲编辑"), ("of-1", SECOND)]).await, 303);
    service.rewrite_settings(|text| text.replace(SECOND, "装备快报"));
    let answer = editor.get("/draft").await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(answer.text().await.unwrap().contains("重新指定"));
    assert_eq!(editor.get("/draft/2").await.status(), StatusCode::OK, "the issues of the old name stay its own");
    assert!(admin.page("/accounts").await.contains("已不在设置里"));
    assert!(run(service.dir.path(), &["doctor", "--no-network"], "").contains("甲编辑 is limited to"));
    assert_eq!(
        change(&[("do", "publications"), ("name", "甲编辑"), ("of-1", "装备快报"), ("of-2", SECOND)]).await,
        303,
        "both, for the time between"
    );
    assert_eq!(editor.get("/draft").await.headers()["location"], "/draft/2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn editors_choose_the_publication_whose_pages_they_see() {
    let (service, admin) = start().await;
    let (a, b) = (service.sign_in("", "甲编辑").await, service.sign_in("", "乙编辑").await);
    let marked = |name: &str| format!("value=\"{name}\" class=\"plain\" aria-current=\"true\"");
    assert!(a.page("/overview").await.contains(&marked(FIRST)));
    assert_eq!(a.get("/draft").await.headers()["location"], "/draft/1");
    let body = super::encode(&[("publication", SECOND), ("csrf", &a.csrf)]);
    let chosen = a.post_raw("/publication", body, &[("referer", &format!("{}/subscribers?publication=x", service.base))]).await;
    assert_eq!(chosen.headers()["location"], "/subscribers");
    assert!(a.page("/subscribers").await.contains("desk@c.example"));
    for path in ["/overview", "/rules", "/subscribers", "/week"] {
        assert!(a.page(path).await.contains(&marked(SECOND)), "{path}");
    }
    assert_eq!(a.get("/draft").await.headers()["location"], "/draft/2");
    // a link to an issue of the other one opens it, and the choice stays
    assert!(a.page("/draft/1").await.contains(&marked(FIRST)));
    assert!(a.page("/overview").await.contains(&marked(SECOND)));
    assert_eq!(b.get("/draft").await.headers()["location"], "/draft/1", "the choice is the account's own");
    assert_eq!(a.post("/publication", &[("publication", "没有")]).await.status(), StatusCode::NOT_FOUND);

    // both drafts of the day take an article
    let article = field(&admin.page("/draft/1").await, "article");
    let page = a.page(&format!("/articles/{article}")).await;
    assert!(page.contains(FIRST) && page.contains(SECOND), "{page}");

    // with one publication nothing is to choose
    service.rewrite_settings(|text| text.split("\n[[publication]]\nname = \"装备专报\"").next().unwrap().to_owned());
    let page = a.page("/overview").await;
    assert!(!page.contains("class=\"switch\"") && !page.contains(SECOND), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_adds_a_publication_to_the_settings() {
    let service = Service::start("");
    let admin = service.sign_in("", "管理员").await;
    let page = admin.page("/settings/publication").await;
    let seen = field(&page, "seen");
    let new = |name: &'static str, sources: &'static str, seen: &str| {
        let fields = [("do", "add-publication"), ("end", "1"), ("new-name", name), ("new-organiser", "示例院"), ("new-columns", "行业动态 6")];
        let more = [("new-recipients", "李四 <ls@b.example>"), ("new-sources", sources), ("seen", seen)];
        fields.into_iter().chain(more).map(|(k, v)| (k.to_owned(), v.to_owned())).collect::<Vec<_>>()
    };
    let send = async |fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        admin.post("/settings/publication", &fields).await
    };
    let wrong = send(new(SECOND, "没有的来源", &seen)).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = wrong.text().await.unwrap();
    assert!(
        page.contains("来源里没有“没有的来源”") && page.contains(&format!("value=\"{SECOND}\"")) && page.contains("class=\"new\" open"),
        "{page}"
    );
    assert_eq!(send(new(SECOND, "", "old")).await.status(), StatusCode::CONFLICT);
    let done = send(new(SECOND, "安静的来源", &seen)).await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    assert_eq!(done.headers()["location"], "/settings/publication?publication=1");
    let page = admin.page("/settings/publication?publication=1").await;
    assert!(page.contains("已新增") && page.contains("class=\"switch\""), "{page}");
    let file = std::fs::read_to_string(service.dir.path().join("qingbao.toml")).unwrap();
    assert!(file.contains("[[publication]]\ndays = \"monthly-28\"") && file.contains("sources = [\"quiet\"]"), "{file}");
    assert!(admin.page("/operation").await.contains("新增简报《装备专报》"));
    let editor = service.sign_in("", "甲编辑").await;
    assert_eq!(editor.get(&format!("/week?publication={SECOND_ENCODED}")).await.status(), StatusCode::OK);
    assert_eq!(editor.post("/settings/publication", &[("do", "add-publication")]).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn the_choice_and_the_limits_fit_a_phone() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let (service, _) = start().await;
    limit(&service, "乙编辑");
    let (mut browser, page) = enter(&service, "管理员").await;
    for (name, path) in [
        ("switch", "/draft/2"),
        ("limits", "/accounts"),
        ("choice-rules", "/rules"),
        ("choice-overview", "/overview"),
        ("new-publication", "/settings/publication"),
    ] {
        for (width, scheme) in [(390, "light"), (1440, "light"), (390, "dark")] {
            shape(&page, width, if width < 600 { 1800 } else { 1200 }, scheme).await;
            visit(&page, &service, path).await;
            if name == "new-publication" {
                page.evaluate("const d = document.querySelector('details.new'); d.open = true; d.scrollIntoView()").await.unwrap();
            }
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            picture(&page, &format!("{name}-{width}-{scheme}")).await;
            page.evaluate(axe.as_str()).await.unwrap();
            assert_eq!(violations(&page).await, "", "{name} at {width} {scheme}");
        }
    }
    // the press of a button changes the pages
    visit(&page, &service, "/rules").await;
    page.evaluate(format!("document.querySelector('.switch button[value=\"{SECOND}\"]').click()")).await.unwrap();
    super::browser::until(
        &page,
        "the choice",
        &format!("document.querySelector('.switch [aria-current]').value === '{SECOND}' && location.pathname === '/rules'"),
    )
    .await;
    browser.close().await.unwrap();
}
