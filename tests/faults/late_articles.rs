//! A source that was down for days and has all of it at once when it is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::{StatusCode, Uri};
use chrono::{DateTime, TimeDelta, Utc};
use qingbao::store::{Store, Window};

use super::fixture::Office;

/// Sixteen a day for five days.
const ARTICLES: i64 = 80;
const WINDOW: TimeDelta = TimeDelta::hours(72);

/// When an article was published: one every ninety minutes, at full seconds.
fn published(n: i64, now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::minutes(90 * n + 20)
}

/// What no other of them says: two goods, a company and figures of its own.
fn page(n: usize) -> String {
    const GOODS: [&str; 9] = ["发制品", "烟草", "食品", "陶瓷", "中药材", "电力装备", "再生金属", "超硬材料", "汽车零部件"];
    const DOINGS: [&str; 9] = ["订单增长", "扩建厂房", "获评示范", "参加展会", "签约项目", "发布标准", "更新设备", "招募技工", "开通专线"];
    let (goods, doing) = (GOODS[n % 9], DOINGS[n / 9]);
    let title = format!("许昌{goods}企业{doing}");
    let text = format!(
        "许昌一家{goods}企业近日{doing}，涉及资金{}万元，{}名职工参与。当地负责人介绍，{goods}产业今年以来产值达到{}亿元，{doing}是第{}季度的安排。",
        n * 37 + 11,
        n * 13 + 7,
        n + 3,
        n % 4 + 1
    );
    format!(
        "<html><head><title>{title}</title></head><body><h1>{title}</h1><div><p>{text}</p><p>{doing}之后，{goods}将销往更多地区，编号{n}的计划已经公布。</p></div></body></html>"
    )
}

fn feed(now: DateTime<Utc>) -> String {
    let item = |n| format!("<item><title>第{n}号消息</title><link>/{n}.html</link><pubDate>{}</pubDate></item>", published(n, now).to_rfc2822());
    format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", (0..ARTICLES).map(item).collect::<String>())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_back_after_five_days_with_eighty_articles_floods_no_issue() {
    let now = DateTime::from_timestamp(Utc::now().timestamp(), 0).unwrap();
    let up = Arc::new(AtomicBool::new(false));
    let site = {
        let up = Arc::clone(&up);
        Router::new().fallback(move |uri: Uri| {
            let up = up.load(Ordering::Relaxed);
            async move {
                let text = match uri.path().trim_matches('/').trim_end_matches(".html") {
                    path if !up && path != "robots.txt" => Err(StatusCode::INTERNAL_SERVER_ERROR),
                    "feed" => Ok(feed(now)),
                    n => n.parse().map(page).map_err(|_| StatusCode::NOT_FOUND),
                };
                text.map(|text| ([("content-type", "text/html; charset=utf-8")], text))
            }
        })
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, site).await });
    let office = Office::with("", &[]).await;
    let list = format!("[[source]]\nid = \"a\"\nname = \"停了五天的报\"\nurl = \"{base}/feed\"\nallow_private = true\n");
    std::fs::write(office.path().join("sources.toml"), list).unwrap();
    let settings = std::fs::read_to_string(office.path().join("qingbao.toml")).unwrap().replace("window = \"96h\"", "max_age = \"72h\"");
    std::fs::write(office.path().join("qingbao.toml"), settings).unwrap();

    office.run(&["once"]);
    let (_, told) = office.run(&["digest", "show"]);
    assert!(told.contains("停了五天的报") && office.count("article") == 0, "the draft names it: {told}");

    up.store(true, Ordering::Relaxed);
    office.sql().execute_batch("UPDATE source SET next_due = 0; DELETE FROM pause").unwrap();
    let (_, told) = office.run(&["once"]);
    assert_eq!(office.count("article"), ARTICLES, "{told}");
    office.run(&["digest", "build", "--date", &(now + TimeDelta::days(1)).format("%Y-%m-%d").to_string()]);
    let start = now - WINDOW;
    let dated = |n: i64| office.count(&format!("article WHERE url LIKE '%/{n}.html' AND effective = {}", published(n, now).timestamp()));
    assert!((0..ARTICLES).all(|n| dated(n) == 1), "each has its own date, not that of today");
    let old = office.count(&format!("item i JOIN article a ON a.id = i.article_id WHERE a.effective < {}", start.timestamp()));
    assert!(old == 0 && office.count("item") > 5, "{old} of {}", office.count("item"));

    // the others are there for the editors, once each
    let store = Store::open(&office.path().join("data")).unwrap();
    let late = Window { oldest: start, ..store.whole_archive() }.late(|_| true, 60).unwrap();
    let before = office.count(&format!("article WHERE effective < {}", start.timestamp()));
    assert!(late.len() > 20 && i64::try_from(late.len()).unwrap() <= before, "{} of {before}", late.len());
    assert!(late.iter().all(|h| h.sort_time() < start) && late.is_sorted_by_key(|h| -h.sort_time().timestamp()));
    let mut stories: Vec<_> = late.iter().map(|h| h.story).collect();
    stories.sort();
    stories.dedup();
    assert_eq!(stories.len(), late.len());
    office.holds();
}
