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
async fn candidates_have_marks_and_are_filtered_by_them() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let (_, draft) = item_of_draft(&editor).await;
    let pool = format!("{draft}/pool");
    let rows = |page: &str| page.matches("name=\"article\" value=").count();
    let all = editor.page(&pool).await;
    assert!(rows(&all) > 0 && all.contains("来源可靠性不限") && all.contains("来源 C 以上（比较可靠）") && all.contains("信息 1（已证实）"), "{all}");
    let candidate = all.split("<table").nth(1).unwrap().split("name=\"article\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let article = format!("/articles/{candidate}");
    let form = [("do", "overrule-grade"), ("reliability", "A"), ("credibility", "1"), ("reason", "已向当事人核实")];
    assert_eq!(editor.post(&article, &form).await.status(), StatusCode::SEE_OTHER);
    let named = format!("value=\"{candidate}\"");
    let best = editor.page(&format!("{pool}?reliability=A&credibility=1")).await;
    assert!(best.contains(&named) && best.contains(">A1</b> 来源完全可靠，信息已证实"), "{best}");
    assert!(rows(&best) < rows(&all), "the others are worse");
    let form = [("do", "overrule-grade"), ("reliability", "F"), ("credibility", "6"), ("reason", "查不到出处")];
    assert_eq!(editor.post(&article, &form).await.status(), StatusCode::SEE_OTHER);
    for floor in ["reliability=E", "credibility=5"] {
        assert!(!editor.page(&format!("{pool}?{floor}")).await.contains(&named), "what cannot be judged is worse than {floor}");
        assert_eq!(editor.get(&format!("/articles?{floor}")).await.status(), StatusCode::OK);
    }
    assert!(editor.page(&format!("{pool}?reliability=X&credibility=9")).await.contains(&named), "no floor");
    // a search and its filter by grade
    let of = |grade: &str| format!("/api/v1/articles?limit=500{grade}");
    let json = |page: String| serde_json::from_str::<serde_json::Value>(&page).unwrap()["articles"].as_array().unwrap().clone();
    let (everything, graded) = (json(editor.page(&of("")).await), json(editor.page(&of("&reliability=E")).await));
    assert!(!graded.is_empty() && graded.len() < everything.len());
    assert!(graded.iter().all(|a| a["grade"]["mark"].as_str().is_some_and(|m| m < "F")), "{graded:?}");
    let one: serde_json::Value = serde_json::from_str(&editor.page(&format!("/api/v1{article}")).await).unwrap();
    assert_eq!((one["grade"]["mark"].as_str(), one["grade"]["overruled"]["reason"].as_str()), (Some("F6"), Some("查不到出处")));
    assert!(one["grade"]["reliability_reasons"][0]["code"].is_string(), "{one}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issue_prints_the_grades_it_was_made_final_with() {
    let service = Service::start_publication("", "grades = true", "");
    let editor = service.sign_in("", "甲编辑").await;
    let (article, first) = item_of_draft(&editor).await;
    assert!(!editor.page(&format!("{first}/mail")).await.contains("来源后括号内是评级"), "it was made before the setting");
    let form = [("do", "overrule-grade"), ("reliability", "E"), ("credibility", "5"), ("reason", "当事人否认")];
    assert_eq!(editor.post(&article, &form).await.status(), StatusCode::SEE_OTHER);
    let started = editor.post("/draft", &[("publication", "许昌竞争情报快递")]).await;
    let extra = started.headers()["location"].to_str().unwrap().split('#').next().unwrap().to_owned();
    let version = |page: String| page.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let seen = version(editor.page(&extra).await);
    let id = article.rsplit('/').next().unwrap();
    let add = [("do", "add"), ("version", seen.as_str()), ("article", id), ("column", "行业动态")];
    assert_eq!(editor.post(&extra, &add).await.status(), StatusCode::SEE_OTHER);
    let mail = editor.page(&format!("{extra}/mail")).await;
    assert!(mail.contains("（E5）") && mail.contains("来源后括号内是评级"), "{mail}");
    let seen = version(editor.page(&extra).await);
    let finalise = [("do", "finalise"), ("version", seen.as_str()), ("confirmed", "1")];
    assert_eq!(editor.post(&format!("{extra}/signing"), &finalise).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(editor.post(&article, &[("do", "restore-grade")]).await.status(), StatusCode::SEE_OTHER);
    assert!(editor.page(&format!("{extra}/mail")).await.contains("（E5）"), "it was printed so");
    let issue: serde_json::Value = serde_json::from_str(&editor.page("/api/v1/issues/current").await).unwrap();
    let item = &issue["columns"][0]["items"][0];
    assert!(item["mark"] == "E5" && item["grade"]["mark"] != "E5" && item["grade"]["overruled"].is_null(), "{item}");
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
    for (name, path) in [
        ("grade-article", article),
        ("grade-pool", format!("{draft}/pool?reliability=C")),
        ("grade-desk", draft),
        ("grade-event", format!("/events/{event}")),
    ] {
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
