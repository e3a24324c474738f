//! What was learned: the mark and the reasons at the desk, 概览, `learn report`, and articles that editors open.

use qingbao::ranking::{Comparison, Feature, FeatureKind, LearnedWeight, RankingModel};

use super::browser::{act, enter, picture, press, shape, until, violations, visit};
use super::{Service, order, run};

fn database(service: &Service) -> rusqlite::Connection {
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    sql.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    sql
}

/// Marks the first item of the first issue as uncertain, with five reasons.
fn doubt(service: &Service) {
    let reasons = r#"["常采用：行业 建材（20 条采用 18 条）","价值 71%","地域：许昌","24 小时内","权威来源"]"#;
    let change = "UPDATE edition SET payload = json_set(payload, '$.columns[0].items[0].reasons', json(?1), '$.columns[0].items[0].is_uncertain', json('true'))
         WHERE id = 1";
    assert_eq!(database(service).execute(change, [reasons]).unwrap(), 1);
}

/// Stores a trained ranking that is in use by so much.
fn train(service: &Service, share: f32) {
    let weight = |kind, name: &str, weight| LearnedWeight { feature: Feature { kind, name: name.to_owned() }, weight, kept: 18, seen: 20 };
    let model = RankingModel {
        issues: 24,
        decisions: 1320,
        share,
        weights: vec![
            weight(FeatureKind::Industry, "建材", 1.5),
            weight(FeatureKind::Letters, "标题字", 2.5),
            weight(FeatureKind::Source, "甲日报", -1.0),
        ],
        comparison: Comparison { issues: 10, before: 0.64, learned: 0.81, gain: 12.0 },
        ..RankingModel::default()
    };
    let packed = zstd::encode_all(serde_json::to_vec(&model).unwrap().as_slice(), 3).unwrap();
    let sql = "INSERT INTO ranking_model (publication, trained_at, share, model) SELECT publication, 1795460405, ?1, ?2 FROM edition WHERE id = 1";
    database(service).execute(sql, rusqlite::params![share, packed]).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn editors_see_what_was_learned_and_where_to_look() {
    let service = Service::start("");
    let a = service.sign_in("", "甲编辑").await;
    assert!(!a.page("/draft/1").await.contains("拿不准"));
    doubt(&service);
    let page = a.page("/draft/1").await;
    assert_eq!(page.matches("拿不准，请看一眼").count(), 1);
    assert!(page.contains("title=\"系统对这条最没把握\""));
    let item = page.split("class=\"item\"").nth(1).unwrap();
    let (first, further) = item.split_once("<details class=\"further\"><summary>更多</summary>").unwrap();
    assert!(first.ends_with("入选理由：常采用：行业 建材（20 条采用 18 条）；价值 71%；地域：许昌"), "{first}");
    assert!(further.starts_with("24 小时内；权威来源</details>"), "{further}");
    let mail = a.page("/draft/1/mail").await;
    assert!(mail.contains("拿不准，请看一眼") && mail.contains("；地域：许昌</span>") && !mail.contains("；24 小时内；权威来源"), "{mail}");

    let page = a.page("/overview").await;
    assert!(page.contains("学到了什么") && page.contains("还没有训练过"), "{page}");
    train(&service, 0.0);
    assert!(a.page("/overview").await.contains("还没有比原来的排序更好，先不用"));
    train(&service, 0.7);
    let page = a.page("/overview").await;
    for told in ["学了 24 期的 1320 条取舍", "占 70%", "原来的排序 64%，用学到的 81%", "常采用：行业 建材（20 条采用 18 条）", "常不用：来源 甲日报"]
    {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains("标题字"), "letters of headlines tell nothing");
    let told = run(service.dir.path(), &["learn", "report", "--days", "7"], "");
    assert!(told.contains("《许昌竞争情报快递》") && told.contains("已经在用，占 70%") && told.contains("近 7 天编辑的取舍："), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opened_article_is_recorded_once() {
    let service = Service::start("");
    let a = service.sign_in("", "甲编辑").await;
    let article = order(&a.page("/draft/1").await)[0].clone();
    for _ in 0..2 {
        a.page(&format!("/articles/{article}")).await;
        // the page does not wait for the record
        let opened = || -> i64 {
            let count = "SELECT count(*) FROM decision WHERE action = 'opened' AND who = '甲编辑' AND article_id = ?1";
            database(&service).query_row(count, [&article], |r| r.get(0)).unwrap()
        };
        for _ in 0..100 {
            if opened() > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(opened(), 1);
    }
    assert!(a.page("/overview").await.contains("打开文章页"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn the_mark_the_reasons_and_what_was_learned_fit_every_screen() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start("");
    doubt(&service);
    train(&service, 0.7);
    let (mut browser, page) = enter(&service, "甲编辑").await;
    for (width, height, end) in [(1440, 1000, ""), (390, 844, "-phone")] {
        for scheme in ["light", "dark"] {
            shape(&page, width, height, scheme).await;
            for (path, name, part, side) in [("/draft/1", "desk", ".unsure", "center"), ("/overview", "overview", "#learned", "end")] {
                visit(&page, &service, path).await;
                act(&page, &format!("document.querySelector('{part}').scrollIntoView({{block: '{side}'}})")).await;
                picture(&page, &format!("learning-{name}-{scheme}{end}")).await;
                if name == "desk" {
                    press(&page, ".item .further summary").await;
                    until(&page, "the further reasons", "document.querySelector('.item .further').open").await;
                    picture(&page, &format!("learning-{name}-further-{scheme}{end}")).await;
                }
                let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
                assert!(wide <= width, "{path} at {width}: {wide} wide");
                page.evaluate(axe.as_str()).await.unwrap();
                assert_eq!(violations(&page).await, "", "{path} at {width}, {scheme}");
            }
        }
    }
    browser.close().await.unwrap();
}
