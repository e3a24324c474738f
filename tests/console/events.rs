//! The pages of events.

use reqwest::StatusCode;

use super::browser::{enter, picture, shape, violations, visit};
use super::{Browser, Service};

/// Gives two articles of different stories one event, the second doubtfully; returns their ids.
fn one_event(service: &Service) -> (i64, i64) {
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let mut all = sql.prepare("SELECT min(id) FROM article GROUP BY event_id HAVING count(*) = 1 ORDER BY 1 LIMIT 2").unwrap();
    let ids: Vec<i64> = all.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    let join = "UPDATE article SET event_id = (SELECT event_id FROM article WHERE id = ?1), event_confidence = 0.7 WHERE story_id = (SELECT story_id FROM article WHERE id = ?2)";
    assert!(sql.execute(join, [ids[0], ids[1]]).unwrap() > 0);
    (ids[0], ids[1])
}

fn event_of(service: &Service, article: i64) -> (i64, Option<f64>) {
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    sql.query_row("SELECT event_id, event_confidence FROM article WHERE id = ?1", [article], |r| Ok((r.get(0)?, r.get(1)?))).unwrap()
}

async fn page_of(editor: &Browser, service: &Service, article: i64) -> (String, String) {
    let path = format!("/events/{}", event_of(service, article).0);
    let page = editor.page(&path).await;
    (path, page)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn editors_confirm_part_and_join_reports_of_an_event() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let (first, second) = one_event(&service);
    let (path, page) = page_of(&editor, &service, first).await;
    assert!(page.contains("可能有关") && page.contains(&format!("/articles/{second}\"")), "{page}");
    assert!(editor.page("/events").await.contains(&format!("href=\"{path}\"")));
    assert!(editor.page(&format!("/articles/{second}")).await.contains("请在事件页确认"));

    let second_text = second.to_string();
    let form = |action| [("do", action), ("article", second_text.as_str())];
    assert_eq!(editor.post(&path, &form("join")).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(event_of(&service, second).1, None, "an editor's word is sure");
    assert!(!page_of(&editor, &service, first).await.1.contains("可能有关"));
    assert_eq!(editor.post(&path, &form("join")).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "it is there already");

    assert_eq!(editor.post(&path, &form("part")).await.status(), StatusCode::SEE_OTHER);
    assert_ne!(event_of(&service, second).0, event_of(&service, first).0);
    assert_eq!(editor.post(&path, &form("part")).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "an old page parts nothing else");
    let (own, _) = page_of(&editor, &service, second).await;
    assert_eq!(editor.post(&path, &form("join-all")).await.status(), StatusCode::SEE_OTHER, "found by words and joined again");
    assert_eq!(event_of(&service, second).0, event_of(&service, first).0);
    let answer = editor.get(&own).await;
    assert_eq!((answer.status(), answer.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, path.as_str()), "its old address leads on");

    // other programs read the same
    let json: serde_json::Value = serde_json::from_str(&editor.page(&format!("/api/v1{path}")).await).unwrap();
    assert!(json["stories"].as_i64().unwrap() > 1 && json["title"].is_string() && json["articles"][0]["event_confidence"].is_number(), "{json}");
    let joined: serde_json::Value = serde_json::from_str(&editor.page(&format!("/api/v1{own}")).await).unwrap();
    assert_eq!(joined["id"], json["id"], "its old id answers with the event that it was joined to");
    let all: serde_json::Value = serde_json::from_str(&editor.page("/api/v1/events?days=366").await).unwrap();
    assert!(all["events"].as_array().unwrap().iter().any(|e| e["id"] == json["id"]), "{all}");
    for wrong in ["days=0", "days=abc", "days=367", "limit=-1", "limit=0", "limit=501"] {
        let answer = editor.get(&format!("/api/v1/events?{wrong}")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{wrong}");
        assert!(answer.text().await.unwrap().contains("is a whole number from 1 to"), "{wrong}");
    }
    for missing in ["/events/999999", "/api/v1/events/999999"] {
        assert_eq!(editor.get(missing).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(editor.post(&path, &[("do", "join"), ("article", "x")]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let log = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let told: i64 = log.query_row("SELECT count(*) FROM audit WHERE what IN ('join-events', 'part-event')", [], |r| r.get(0)).unwrap();
    assert_eq!(told, 3);
}

/// Stories of the sample world as reports of one event, with an issue that had the first.
fn four_reports(service: &Service) -> i64 {
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let event: i64 = sql.query_row("SELECT a.event_id FROM article a JOIN item i ON i.article_id = a.id LIMIT 1", [], |r| r.get(0)).unwrap();
    let join = "UPDATE article SET event_id = ?1, event_confidence = iif(story_id % 3 = 0, 0.6, NULL) WHERE story_id IN
                (SELECT DISTINCT story_id FROM article ORDER BY effective DESC LIMIT 4) AND event_id <> ?1";
    assert!(sql.execute(join, [event]).unwrap() > 2);
    event
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn events_fit_a_phone() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start("");
    let event = four_reports(&service);
    let (mut browser, page) = enter(&service, "甲编辑").await;
    for (name, path) in
        [("events", "/events".to_owned()), ("event", format!("/events/{event}?q=%E8%AE%B8%E6%98%8C")), ("event-desk", "/draft/1".to_owned())]
    {
        for (width, scheme) in [(390, "light"), (1440, "light"), (390, "dark")] {
            shape(&page, width, if width < 600 { 1800 } else { 1200 }, scheme).await;
            visit(&page, &service, &path).await;
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            picture(&page, &format!("{name}-{width}-{scheme}")).await;
            page.evaluate(axe.as_str()).await.unwrap();
            assert_eq!(violations(&page).await, "", "{name} at {width} {scheme}");
        }
    }
    browser.close().await.unwrap();
}
