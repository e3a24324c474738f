//! What other programs read: feeds and JSON, by token, as their description says.

use reqwest::StatusCode;
use serde_json::Value;

use super::{Service, client, field, run, topics};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_read_finished_issues_and_the_archive_by_token() {
    let service = Service::start("/qb");
    let told = run(service.dir.path(), &["token", "add", "门户网站"], "");
    let token = told.split_whitespace().nth(1).unwrap().to_owned();
    let ask = async |path: &str| {
        let answer = client().get(format!("{}/qb{path}", service.base)).bearer_auth(&token).send().await.unwrap();
        let (status, kind) = (answer.status(), answer.headers()["content-type"].to_str().unwrap().to_owned());
        (status, kind, answer.text().await.unwrap())
    };
    let json = async |path: &str| {
        let (status, _, text) = ask(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str::<Value>(&text).unwrap()
    };

    // a draft stays inside
    assert_eq!(json("/api/v1/issues").await["issues"].as_array().unwrap().len(), 0);
    for path in ["/api/v1/issues/1", "/api/v1/issues/current", "/feeds/issue.atom", "/api/v1/articles/999999", "/feeds/industry/%E6%97%A0"] {
        let (status, _, text) = ask(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(serde_json::from_str::<Value>(&text).unwrap()["error"].is_string());
    }
    let editor = service.sign_in("/qb", "甲编辑").await;
    let version = field(&editor.page("/draft/1").await, "version");
    assert_eq!(editor.post("/draft/1/signing", &[("do", "finalise"), ("version", &version)]).await.status(), StatusCode::SEE_OTHER);

    let issue = json("/api/v1/issues/current").await;
    assert!(issue["columns"].is_array() && issue["health"]["troubles"].is_null(), "what is wrong with sources is for the editors");

    let topic = topics::add(&editor, &topics::form("发制品动向", "发制品 许昌", &[])).await;
    topics::searched(&editor, topic.strip_prefix("/qb").unwrap()).await;

    // every path of the description answers, and with what it promises
    let (_, _, text) = ask("/api/v1/openapi.json").await;
    let description: Value = serde_json::from_str(&text).unwrap();
    for (path, about) in description["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "1").replace("{name}", "%E5%8F%91%E5%88%B6%E5%93%81.atom");
        let (status, kind, text) = ask(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        let promised = about["get"]["responses"]["200"]["content"].as_object().unwrap().keys().next().unwrap();
        assert!(kind.starts_with(promised.as_str()), "{path}: {kind}");
        if promised == "application/json" {
            let schema = &about["get"]["responses"]["200"]["content"]["application/json"]["schema"];
            holds(&description, schema, &serde_json::from_str(&text).unwrap(), &path);
        } else {
            assert!(!feed_rs::parser::parse(text.as_bytes()).unwrap().entries.is_empty(), "{path}");
        }
    }

    // keeping up: page by page, each article once
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let page = json(&format!("/api/v1/articles?after={after}&limit=30")).await;
        seen.extend(page["articles"].as_array().unwrap().iter().map(|a| a["id"].as_i64().unwrap()));
        let Some(next) = page["next"].as_i64() else { break };
        after = next;
    }
    assert!(seen.len() > 60 && seen.is_sorted() && seen.windows(2).all(|w| w[0] != w[1]), "{seen:?}");
    let found = json("/api/v1/articles?industry=%E5%8F%91%E5%88%B6%E5%93%81&limit=3").await;
    assert_eq!(found["articles"].as_array().unwrap().len(), 3);
    assert_eq!(ask("/api/v1/articles?after=x").await.0, StatusCode::BAD_REQUEST);
    let place = found["articles"][0]["places"][0].as_str().unwrap_or("许昌");
    let here = json(&format!("/api/v1/articles?place={place}")).await;
    assert!(here["articles"].as_array().unwrap().iter().all(|a| a["places"].as_array().unwrap().iter().any(|p| p == place)));

    // feed readers send it as a password; nobody gets in with anything else
    let basic =
        async |password: &str| client().get(format!("{}/qb/feeds/issue.atom", service.base)).basic_auth("any", Some(password)).send().await.unwrap();
    assert_eq!(basic(&token).await.status(), StatusCode::OK);
    let refused = basic("guess").await;
    assert!(refused.status() == StatusCode::UNAUTHORIZED && refused.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    assert_eq!(client().get(format!("{}/qb/api/v1/issues", service.base)).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert!(run(service.dir.path(), &["token", "list"], "").contains("门户网站"));
    run(service.dir.path(), &["token", "revoke", "门户网站"], "");
    assert_eq!(ask("/api/v1/issues").await.0, StatusCode::UNAUTHORIZED);
}

/// Whether a value has what its schema requires, all the way down.
fn holds(root: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => root.pointer(name.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(!value[key].is_null() || key == "next", "{at}: no {key} in {value}");
    }
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        if !value[key].is_null() {
            holds(root, inner, &value[key], &format!("{at} {key}"));
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for v in values {
            holds(root, items, v, at);
        }
    }
}
