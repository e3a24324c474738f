//! What sources changed in printed articles: versions of an article, the mark at its issue, the filled 更正.

use reqwest::StatusCode;
use rusqlite::{Connection, params};

use super::browser::{enter, picture, shape, violations, visit};
use super::{Browser, Service, field};

/// Makes the draft final, and lets sources change two of its articles as a look would store it. Returns the articles.
async fn changed(service: &Service, editor: &Browser) -> (String, String) {
    let page = editor.page("/draft/1").await;
    let mut ids = page.split("data-article=\"").skip(1).map(|p| p.split('"').next().unwrap().to_owned());
    let (first, second) = (ids.next().unwrap(), ids.next().unwrap());
    let version = field(&page, "version");
    let done = editor.post("/draft/1/signing", &[("do", "finalise"), ("version", &version), ("anyway", "1")]).await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    let sql = Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let differences = [
        r#"{"headline":["云鹭集团新生产线投产","云鹭集团新生产线推迟投产"],"figures":true,"changed":[["项目总投资8亿元，达产后年产值可达20亿元。","项目总投资6亿元，达产后年产值可达12亿元。"]],"added":["公司随后发布更正声明。"]}"#,
        r#"{"is_withdrawn":true}"#,
    ];
    for (n, (article, difference)) in [&first, &second].into_iter().zip(differences).enumerate() {
        let text = if n == 0 { "项目总投资6亿元，达产后年产值可达12亿元。\n公司随后发布更正声明。" } else { "" };
        sql.execute(
            "INSERT INTO article_version (article_id, seen, title, text, url, hash, difference) VALUES (?1, 1767300000, '云鹭集团新生产线推迟投产', ?2, 'http://a.example/', ?1, ?3)",
            params![article, text, difference],
        )
        .unwrap();
        sql.execute("INSERT INTO recheck_finding (version_id, edition_id) VALUES (?1, 1)", [sql.last_insert_rowid()]).unwrap();
    }
    (first, second)
}

/// Queues the letters of the final issue, as the mail loop does.
async fn letters_are_queued(service: &Service, editor: &Browser) -> String {
    for _ in 0..100 {
        let sql = Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
        let queued: i64 = sql.query_row("SELECT count(*) FROM outbox WHERE final > 0", [], |r| r.get(0)).unwrap();
        if queued > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    editor.page("/draft/1").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_a_source_is_marked_and_answered_once() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let (first, second) = changed(&service, &editor).await;
    let desk = letters_are_queued(&service, &editor).await;
    assert!(
        desk.contains("2 条的原文在刊出后有变化") && desk.contains("原文：标题变了、数字变了、正文变了") && desk.contains("原文：已撤稿"),
        "{desk}"
    );
    let article = editor.page(&format!("/articles/{first}")).await;
    assert!(
        article.contains("id=\"versions\"") && article.contains("<ins>云鹭集团新生产线推迟投产</ins>") && article.contains("刊出时的文字"),
        "{article}"
    );

    // one press fills the form, another sends it
    let filled = editor.page("/draft/1?finding=1").await;
    assert!(filled.contains("标题《云鹭集团新生产线推迟投产》") && filled.contains("项目总投资6亿元"), "{filled}");
    assert!(filled.contains(&format!("<option value=\"{first}\" selected>")), "{filled}");
    assert!(!editor.page("/draft/1?finding=99").await.contains("已按原文的变化填好"));
    let form = filled.split("id=\"correction\"").nth(1).unwrap();
    let (version, finding) = (field(form, "version"), field(form, "finding"));
    let fields = [("do", "correct"), ("version", version.as_str()), ("about", &first), ("finding", &finding), ("wrong", "8亿元"), ("right", "6亿元")];
    assert_eq!(editor.post("/draft/1/signing", &fields).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(editor.post("/draft/1/signing", &fields).await.status(), StatusCode::CONFLICT, "a second press");
    let desk = editor.page("/draft/1").await;
    let again =
        [("do", "correct"), ("version", &field(&desk, "version")), ("about", &first), ("finding", &finding), ("wrong", "8亿元"), ("right", "6亿元")];
    let refused = editor.post("/draft/1/signing", &again).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("已经有人处理过"));
    assert!(desk.contains("甲编辑已发更正") && desk.contains("1 条的原文在刊出后有变化"), "{desk}");

    // the other one is dismissed, with a reason
    let dismiss = |reason| [("do", "dismiss-change"), ("finding", "2"), ("version", "1"), ("article", second.as_str()), ("reason", reason)];
    assert_eq!(editor.post("/draft/1/signing", &dismiss(" ")).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(editor.post("/draft/1/signing", &dismiss("来源改版，报道仍在别处")).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(editor.post("/draft/1/signing", &dismiss("来源改版，报道仍在别处")).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let desk = editor.page("/draft/1").await;
    assert!(desk.contains("甲编辑：不更正，来源改版，报道仍在别处") && !desk.contains("原文在刊出后有变化"), "{desk}");
    let log = service.sign_in("", "管理员").await.page("/operation").await;
    assert!(log.contains("不更正") && log.contains("来源改版"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn changes_of_sources_fit_a_phone() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let (first, _) = changed(&service, &editor).await;
    letters_are_queued(&service, &editor).await;
    let (mut browser, page) = enter(&service, "甲编辑").await;
    let pages = [("versions", format!("/articles/{first}")), ("changes", "/draft/1".to_owned()), ("correction", "/draft/1?finding=1".to_owned())];
    for (name, path) in pages {
        for (width, scheme) in [(390, "light"), (1440, "light"), (390, "dark")] {
            shape(&page, width, if width < 600 { 1800 } else { 1200 }, scheme).await;
            visit(&page, &service, &path).await;
            page.evaluate("document.querySelectorAll('.version details').forEach(d => d.open = true)").await.unwrap();
            if name == "correction" {
                page.evaluate("document.getElementById('correction').scrollIntoView()").await.unwrap();
            }
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            picture(&page, &format!("{name}-{width}-{scheme}")).await;
            page.evaluate(axe.as_str()).await.unwrap();
            assert_eq!(violations(&page).await, "", "{name} at {width} {scheme}");
        }
    }
    browser.close().await.unwrap();
}
