//! Organisations: their list, their pages, and what editors change there.

use reqwest::StatusCode;

use super::browser::{act, enter, picture, shape, violations, visit};
use super::{Browser, Service};

/// The id in the first link to an organisation's page whose name contains these words.
async fn id_of(browser: &Browser, words: &str) -> String {
    let list = browser.page(&format!("/organisations?q={}", url::form_urlencoded::byte_serialize(words.as_bytes()).collect::<String>())).await;
    list.split("/organisations/").nth(1).unwrap_or_else(|| panic!("{words}: {list}")).split('"').next().unwrap().to_owned()
}

/// Lets articles of the sample world name organisations, as if they had been classified so.
fn name_in_articles(service: &Service) {
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    for (name, articles) in [("许昌云鹭新材料有限公司", 1..=3), ("云鹭集团", 3..=4), ("白鹇研究院", 2..=2)] {
        sql.execute("INSERT INTO organisation (name) VALUES (?1)", [name]).unwrap();
        let id = sql.last_insert_rowid();
        for article in articles {
            sql.execute("INSERT INTO article_organisation SELECT ?1, effective, id FROM article WHERE id = ?2", [id, article]).unwrap();
            // an ordinary ending counts from the second time; a changed watch list has everything classified again
            sql.execute(
                "UPDATE article SET text = text || char(10) || ?2 || '投产。' || ?2 || '扩产。' WHERE id = ?1",
                rusqlite::params![article, name],
            )
            .unwrap();
        }
    }
    let tender = "UPDATE article SET text = text || char(10) || '许昌云鹭新材料有限公司投资3.5亿元建厂。', title = '=云鹭中标' WHERE id = 1";
    sql.execute(tender, []).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_has_a_page_that_editors_correct() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    name_in_articles(&service);
    let (full, group) = (id_of(&editor, "云鹭新材料").await, id_of(&editor, "云鹭集团").await);
    let path = |id: &str| format!("/organisations/{id}");
    let page = editor.page(&path(&full)).await;
    for words in ["许昌云鹭新材料有限公司 <small>企业", "3.5亿元", "招标采购", "白鹇研究院", "3 篇"] {
        assert!(page.contains(words), "{words}: {page}");
    }

    // a link by any name leads to the page; an unknown name to the search
    let by_name = editor.get("/organisations?name=%E4%BA%91%E9%B9%AD%E9%9B%86%E5%9B%A2").await;
    assert_eq!(by_name.headers()["location"], path(&group).as_str());
    assert!(editor.get("/organisations?name=x").await.headers()["location"].to_str().unwrap().ends_with("/organisations?q=x"));
    assert_eq!(editor.get(&path("999999")).await.status(), StatusCode::NOT_FOUND);

    // watched, noted, joined, renamed, split: each in the log
    let change = async |id: &str, fields: &[(&str, &str)]| editor.post(&path(id), fields).await;
    for wrong in [
        &[("do", "x")][..],
        &[("do", "rename"), ("name", "云")],
        &[("do", "rename"), ("name", "云鹭集团")],
        &[("do", "merge"), ("name", "没有这家")],
        &[("do", "split"), ("other", &group)],
    ] {
        assert_eq!(change(&full, wrong).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
    let page = editor.post_then_get(&path(&full), &[("do", "merge"), ("name", "云鹭集团")]).await;
    assert!(page.contains("编辑合并") && page.contains("4 篇"), "{page}");
    assert_eq!(editor.get(&path(&full)).await.headers()["location"], path(&group).as_str(), "the page of a joined name");
    let page = editor.post_then_get(&path(&group), &[("do", "note"), ("note", "<b>重点</b>")]).await;
    assert!(page.contains("&#60;b&#62;重点"), "{page}");
    // of two editors of one note the slower one sees both, and nothing is overwritten
    let late = [("do", "note"), ("note", "每月看"), ("note_was", "")];
    let conflict = change(&group, &late).await;
    assert_eq!(conflict.status(), StatusCode::CONFLICT);
    let conflict = conflict.text().await.unwrap();
    assert!(conflict.contains("备注没有保存") && conflict.contains("&#60;b&#62;重点") && conflict.contains(">每月看</textarea>"), "{conflict}");
    assert!(!editor.page(&path(&group)).await.contains("每月看"));
    // each merged organisation has its own note
    let other = [("do", "note"), ("of", full.as_str()), ("note", "本市企业"), ("note_was", "")];
    let page = editor.post_then_get(&path(&group), &other).await;
    assert!(page.contains("本市企业") && page.contains("&#60;b&#62;重点"), "{page}");
    let page = editor.post_then_get(&path(&group), &[("do", "industries"), ("industry-0", "新材料")]).await;
    assert!(page.contains("标题里有“云鹭集团”的文章归入新材料"), "{page}");
    let page = editor.post_then_get(&path(&group), &[("do", "split"), ("other", &full)]).await;
    assert!(!page.contains("编辑合并") && page.contains("2 篇") && !page.contains("本市企业"), "{page}");
    assert!(editor.page(&path(&full)).await.contains("本市企业"), "its note went with it");
    // a mistyped name is removed again, one that articles use is not
    let page = editor.post_then_get(&path(&group), &[("do", "rename"), ("name", "云路集团")]).await;
    let wrong = editor.get("/organisations?name=%E4%BA%91%E8%B7%AF%E9%9B%86%E5%9B%A2").await.headers()["location"].to_str().unwrap().to_owned();
    assert!(page.contains("编辑改名"), "{page}");
    let page = editor.post_then_get(&wrong, &[("do", "rename"), ("name", "云鹭集团")]).await;
    let typo = wrong.rsplit('/').next().unwrap();
    assert!(page.contains("云路集团") && page.contains("删除别名云路集团"), "{page}");
    let page = editor.post_then_get(&path(&group), &[("do", "remove"), ("other", typo)]).await;
    assert!(!page.contains("云路集团"), "{page}");
    assert_eq!(change(&group, &[("do", "remove"), ("other", &full)]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // last, because articles are classified again with the new watch list
    let watched = editor.post_then_get(&path(&full), &[("do", "watch")]).await;
    assert!(watched.contains("取消关注") && editor.page("/organisations?watched=1").await.contains("许昌云鹭新材料有限公司"));
    let log = service.sign_in("", "管理员").await.page("/operation").await;
    for words in ["关注机构", "合并机构", "改机构备注", "拆分机构", "删除机构别名", "指定企业的行业"] {
        assert!(log.contains(words), "{words}");
    }

    // for tables and programs; what a spreadsheet would calculate is disarmed
    let csv = editor.get(&format!("{}/csv", path(&full))).await;
    assert!(csv.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    let csv = csv.text().await.unwrap();
    assert!(csv.contains("'=云鹭中标") && csv.contains("3.5亿元") && csv.lines().count() == 4, "{csv}");
    assert!(editor.page("/organisations.csv").await.contains("云鹭集团"));
    let json: serde_json::Value = serde_json::from_str(&editor.page(&format!("/api/v1/organisations/{full}")).await).unwrap();
    assert_eq!(
        (json["kind"].as_str(), json["sums"][0]["amounts"][0].as_str(), json["articles"].as_array().map(Vec::len)),
        (Some("company"), Some("3.5亿元"), Some(3))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_of_organisations_has_pages_and_a_whole_table() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    sql.execute_batch(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 230) INSERT INTO organisation (name) SELECT '云鹭第' || i || '公司' FROM n;
         INSERT INTO article_organisation SELECT id, (SELECT effective FROM article WHERE id = 1), 1 FROM organisation WHERE name LIKE '云鹭第%';",
    )
    .unwrap();
    let words = "%E4%BA%91%20%E9%B9%AD%E7%AC%AC"; // 云 鹭第: spaces between Han letters do not count
    let page = editor.page(&format!("/organisations?q={words}&page=5")).await;
    assert!(page.contains("第 201–230 个，共 230 个") && page.contains("上一页") && !page.contains("下一页"), "{page}");
    let first = editor.page("/organisations").await;
    let total: usize = first.split("，共 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(total >= 230 && first.contains("下一页"), "{total}");
    assert!(editor.page(&format!("/organisations?q={words}&page=9")).await.contains("共 230 个，这一页没有"));
    let csv = editor.page(&format!("/organisations.csv?q={words}")).await;
    assert_eq!(csv.lines().count(), 231);
    let (mut page, mut ids) = (1, std::collections::HashSet::new());
    loop {
        let path = format!("/api/v1/organisations?q={words}&limit=100&page={page}");
        let found: serde_json::Value = serde_json::from_str(&editor.page(&path).await).unwrap();
        assert_eq!(found["total"], 230);
        ids.extend(found["organisations"].as_array().unwrap().iter().map(|o| o["id"].as_i64().unwrap()));
        let Some(next) = found["next"].as_i64() else { break };
        page = next;
    }
    assert_eq!((page, ids.len()), (3, 230));
}

/// By axe-core, whose file the variable AXE names; and no page is wider than its window.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn organisation_pages_fit_a_telephone_and_break_no_rule_of_accessibility() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    name_in_articles(&service);
    let (full, group) = (id_of(&editor, "云鹭新材料").await, id_of(&editor, "云鹭集团").await);
    editor.post_then_get(&format!("/organisations/{group}"), &[("do", "merge"), ("name", "许昌云鹭新材料有限公司")]).await;
    editor.post_then_get(&format!("/organisations/{full}"), &[("do", "watch")]).await;
    editor.post_then_get(&format!("/organisations/{full}"), &[("do", "note"), ("note", "本市重点企业，每月看一次。")]).await;
    let (mut browser, page) = enter(&service, "甲编辑").await;
    let mut found = Vec::new();
    for (name, path) in [("organisations", "/organisations".to_owned()), ("organisation", format!("/organisations/{full}"))] {
        for width in [390, 1440] {
            shape(&page, width, 1000, "light").await;
            visit(&page, &service, &path).await;
            picture(&page, &format!("{name}-{width}")).await;
            page.evaluate(axe.as_str()).await.unwrap();
            act(&page, "document.querySelectorAll('details').forEach(d => { d.open = true; })").await;
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            picture(&page, &format!("{name}-{width}-open")).await;
            found.extend(violations(&page).await.lines().map(|v| format!("{name} {width}: {v}")));
        }
    }
    browser.close().await.unwrap();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
