//! Statements without support: marks at the desk, the question before 定稿, anchors in the JSON.

use serde_json::Value;

use super::browser::{enter, key, picture, shape, until, value, violations, visit};
use super::{Browser, Service, StatusCode};

async fn content(editor: &Browser) -> (String, Value) {
    let mut state: Value = serde_json::from_str(&editor.page("/draft/1/state?version=0").await).unwrap();
    (state["version"].to_string(), state["content"].take())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_without_support_is_marked_and_an_issue_is_not_finished_over_it_unasked() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let (_, before) = content(&editor).await;
    let checks = before["evidence"].as_object().unwrap();
    let alarms: Vec<&Value> = checks.values().filter(|c| !c["unsupported"].as_array().unwrap().is_empty()).collect();
    assert!(!checks.is_empty() && alarms.is_empty(), "summaries of the program itself have support: {alarms:?}");
    let first = before["columns"][0]["items"][0].to_string();
    let summary = before["columns"][0]["texts"][&first]["summary"].as_str().unwrap().to_owned();
    let wrong = format!("{summary}另据统计，该项目总投资9876.5亿元。");
    let rewritten = editor.post("/draft/1", &[("article", first.as_str()), ("do", "rewrite"), ("summary", &wrong)]).await;
    assert_eq!(rewritten.status(), StatusCode::SEE_OTHER);
    let (version, after) = content(&editor).await;
    let told = after["evidence"][&first]["unsupported"].to_string();
    assert!(told.contains("原文没有 9876.5亿元"), "{told}");
    let page = editor.page("/draft/1").await;
    assert!(page.contains("原文没有 9876.5亿元") && page.contains("对照原文"), "the page shows the mark");
    let refused = editor.post("/draft/1/signing", &[("do", "finalise"), ("version", &version)]).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("9876.5亿元"));
    let done = editor.post("/draft/1/signing", &[("do", "finalise"), ("version", &version), ("anyway", "1")]).await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    assert!(editor.page("/draft/1").await.contains("已定稿"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_that_an_editor_wrote_is_not_checked_and_says_so() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let fields = [("do", "write"), ("title", "自写的标题"), ("text", "自写的正文，投资1亿元"), ("publisher", "本所"), ("column", "行业报告")];
    assert_eq!(editor.post("/draft/1", &fields).await.status(), StatusCode::SEE_OTHER);
    let (_, after) = content(&editor).await;
    let own = after["evidence"].as_object().unwrap().iter().find(|(id, _)| id.starts_with('-')).unwrap();
    assert_eq!((own.1["status"].as_str(), &own.1["unsupported"]), (Some("own-text"), &serde_json::json!([])));
    assert!(editor.page("/draft/1").await.contains("自写的条目没有原文"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_that_contradict_each_other_and_a_sum_of_the_foreword_are_told() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    for (title, text) in [("云鹭电气许昌项目开工", "云鹭电气许昌项目总投资12.3亿元。"), ("许昌项目建设提速", "云鹭电气许昌项目总投资13.2亿元。")]
    {
        let fields = [("do", "write"), ("title", title), ("text", text), ("publisher", "本所"), ("column", "行业报告")];
        assert_eq!(editor.post("/draft/1", &fields).await.status(), StatusCode::SEE_OTHER);
    }
    let (_, after) = content(&editor).await;
    let told = after["evidence"].to_string();
    assert!(told.contains("与本期《许昌项目建设提速》不一致：总投资这里是 12.3亿元，那里是 13.2亿元"), "{told}");
    assert!(told.contains("与本期《云鹭电气许昌项目开工》不一致：总投资这里是 13.2亿元，那里是 12.3亿元"), "{told}");
    let foreword = "前三季度，许昌市进出口总值123.4亿元，其中出口80.1亿元，进口53.3亿元。";
    assert_eq!(editor.post("/draft/1", &[("do", "foreword"), ("foreword", foreword)]).await.status(), StatusCode::SEE_OTHER);
    let (_, after) = content(&editor).await;
    assert_eq!(after["stale"], serde_json::json!(["进出口 123.4亿元，不等于出口 80.1亿元、进口 53.3亿元之和"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn marks_and_passages_are_seen_at_a_desk_and_on_a_phone() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let (_, before) = content(&editor).await;
    let first = before["columns"][0]["items"][0].to_string();
    let summary = before["columns"][0]["texts"][&first]["summary"].as_str().unwrap().to_owned();
    let wrong = format!("{summary}另据统计，该项目总投资9876.5亿元。");
    editor
        .post("/draft/1", &[("article", first.as_str()), ("do", "rewrite"), ("summary", &wrong), ("note", "按说值得关注，总投资9876.5亿元。")])
        .await;
    let (mut browser, page) = enter(&service, "乙编辑").await;
    visit(&page, &service, "/draft/1").await;
    shape(&page, 1440, 1000, "light").await;
    let marks = value(&page, "document.querySelector('.unsupported').textContent").await;
    assert!(marks.contains("原文没有 9876.5亿元") && marks.contains("按语：原文没有 9876.5亿元"), "{marks}");
    page.evaluate("document.querySelector('.unsupported:not(:empty)').closest('.item').focus()").await.unwrap();
    key(&page, "s").await;
    until(&page, "the passages of this item", "document.querySelectorAll('.passages[open] dd').length > 0").await;
    for (width, name) in [(1440, "evidence-wide"), (390, "evidence-phone")] {
        shape(&page, width, 1000, "light").await;
        page.evaluate("document.querySelector('.passages[open]').closest('.item').scrollIntoView()").await.unwrap();
        assert_eq!(value(&page, "String(document.documentElement.scrollWidth <= innerWidth)").await, "true", "{name}");
        picture(&page, name).await;
    }
    page.evaluate(axe.as_str()).await.unwrap();
    assert_eq!(violations(&page).await, "");
    browser.close().await.unwrap();
}
