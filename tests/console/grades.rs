//! Grades of sources and information: shown with their reasons, overruled by editors.

use reqwest::StatusCode;

use super::browser::{enter, picture, shape, violations, visit};
use super::{Browser, Service};

/// Returns an article of the newest draft, and the draft's path.
async fn item_of_draft(editor: &Browser) -> (String, String) {
    let draft = editor.get("/draft").await.headers()["location"].to_str().unwrap().to_owned();
    let page = editor.page(&draft).await;
    let article = page.split("data-article=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    (format!("/articles/{article}"), draft)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grade_is_shown_with_its_reasons_and_overruled() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let (article, draft) = item_of_draft(&editor).await;
    let desk = editor.page(&draft).await;
    assert!(desk.contains("评级 ") && desk.contains("来源可靠性：") && desk.contains("信息可信度："), "{desk}");
    let page = editor.page(&article).await;
    assert!(page.contains("<th>评级</th>") && !page.contains("恢复自动评级"), "{page}");

    let form =
        |reliability, credibility, reason| [("do", "overrule-grade"), ("reliability", reliability), ("credibility", credibility), ("reason", reason)];
    assert_eq!(editor.post(&article, &form("", "", "无")).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "nothing is changed");
    assert_eq!(editor.post(&article, &form("E", "9", " ")).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "no reason");
    assert_eq!(editor.post("/articles/999999", &form("E", "5", "当事人否认")).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(editor.post(&article, &form("E", "5", "当事人否认")).await.status(), StatusCode::SEE_OTHER);
    let page = editor.page(&article).await;
    assert!(page.contains(">E5<") && page.contains("甲编辑改过，理由：当事人否认") && page.contains("恢复自动评级"), "{page}");
    assert!(editor.page(&draft).await.contains("评级 E5：来源不可靠，信息不大可能属实"));

    let restore = [("do", "restore-grade")];
    assert_eq!(editor.post(&article, &restore).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(editor.post(&article, &restore).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "it is so already");
    assert!(!editor.page(&article).await.contains(">E5<"));
    let admin = service.sign_in("", "管理员").await;
    let log = admin.page("/operation").await;
    assert!(log.contains("改评级") && log.contains("收回改动的评级") && log.contains("当事人否认"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn grades_fit_a_phone() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let (article, draft) = item_of_draft(&editor).await;
    let form = [("do", "overrule-grade"), ("reliability", "D"), ("credibility", ""), ("reason", "转自自媒体，当事人否认")];
    assert_eq!(editor.post(&article, &form).await.status(), StatusCode::SEE_OTHER);
    let event = editor.page(&article).await.split("/events/").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let (mut browser, page) = enter(&service, "甲编辑").await;
    for (name, path) in [("grade-article", article), ("grade-desk", draft), ("grade-event", format!("/events/{event}"))] {
        for (width, scheme) in [(390, "light"), (1440, "light"), (390, "dark")] {
            shape(&page, width, if width < 600 { 1800 } else { 1200 }, scheme).await;
            visit(&page, &service, &path).await;
            page.evaluate("document.querySelectorAll('td details, details.grades').forEach(d => d.open = true)").await.unwrap();
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            picture(&page, &format!("{name}-{width}-{scheme}")).await;
            page.evaluate(axe.as_str()).await.unwrap();
            assert_eq!(violations(&page).await, "", "{name} at {width} {scheme}");
        }
    }
    browser.close().await.unwrap();
}
