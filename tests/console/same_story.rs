//! An article whose story is in the issue already is not put in beside it unnoticed.

use reqwest::StatusCode;

use super::browser::{act, enter, picture, press, until, visit};
use super::{Browser, FORM, Service, client, encode, field, order};

/// An article that is not in the issue, made to tell the story of the first item; then the item, and the article's headline.
async fn copy_of_first(service: &Service, browser: &Browser) -> (String, String, String) {
    let page = browser.page("/draft/1").await;
    let first = order(&page)[0].clone();
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let mut all = sql.prepare("SELECT id, title FROM article ORDER BY id").unwrap();
    let articles: Vec<(i64, String)> = all.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect();
    let is_there = |id: i64| ["data-article", "name=\"split\" value"].iter().any(|a| page.contains(&format!("{a}=\"{id}\"")));
    let (other, title) = articles.into_iter().find(|(id, _)| !is_there(*id)).unwrap();
    let join = "UPDATE article SET story_id = (SELECT story_id FROM article WHERE id = ?2) WHERE id = ?1";
    assert_eq!(sql.execute(join, rusqlite::params![other, first.parse::<i64>().unwrap()]).unwrap(), 1);
    (other.to_string(), first, title)
}

/// Posts a form of the issue as the browser without scripts does, or as our script.
async fn change(browser: &Browser, fields: &[(&str, &str)], by_script: bool) -> (StatusCode, String) {
    let version = field(&browser.page("/draft/1").await, "version");
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("version", version.as_str()), ("csrf", &browser.csrf)]).collect();
    let mut request = client().post(format!("{}/draft/1", browser.base)).header("cookie", &browser.cookie).header("content-type", FORM);
    if by_script {
        request = request.header("x-requested-by", "console");
    }
    let answer = request.body(encode(&fields)).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_tells_a_story_of_the_issue_is_merged_split_or_added_all_the_same() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let (other, first, _) = copy_of_first(&service, &editor).await;
    let add = [("do", "add"), ("article", other.as_str()), ("column", "行业动态")];
    let items = order(&editor.page("/draft/1").await);

    // refused, with the item's name, on the page and to the script
    let (status, page) = change(&editor, &add, false).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["说的是同一件事，已经在本期里", ">并入那一条<", ">仍要加入<", &format!("name=\"into\" value=\"{first}\"")] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let (status, outcome) = change(&editor, &add, true).await;
    let outcome: serde_json::Value = serde_json::from_str(&outcome).unwrap();
    assert_eq!((status, &outcome["choices"][1]["fields"]["anyway"]), (StatusCode::UNPROCESSABLE_ENTITY, &serde_json::json!("yes")), "{outcome}");
    assert_eq!(order(&editor.page("/draft/1").await), items, "nothing changed");

    // merged: a copy of that item; now it may be split off, and one step takes it back
    let merge = [("do", "add-copy"), ("article", other.as_str()), ("column", "行业动态"), ("into", first.as_str())];
    assert_eq!(change(&editor, &merge, false).await.0, StatusCode::SEE_OTHER);
    let page = editor.page("/draft/1").await;
    assert!(page.contains(&format!("name=\"split\" value=\"{other}\"")) && order(&page) == items, "{page}");
    let (status, page) = change(&editor, &add, false).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("的转载在本期里") && page.contains(">从那一条拆分出来<"), "{page}");
    let split = [("do", "split"), ("article", first.as_str()), ("copy", other.as_str())];
    assert_eq!(change(&editor, &split, false).await.0, StatusCode::SEE_OTHER);
    assert_eq!(order(&editor.page("/draft/1").await)[1], other);
    for _ in 0..2 {
        assert_eq!(change(&editor, &[("do", "undo")], false).await.0, StatusCode::SEE_OTHER);
    }
    let page = editor.page("/draft/1").await;
    assert!(order(&page) == items && !page.contains(&format!("name=\"split\" value=\"{other}\"")), "as it was");

    // the editor's word is the last
    let anyway = [add.as_slice(), &[("anyway", "yes")]].concat();
    assert_eq!(change(&editor, &anyway, false).await.0, StatusCode::SEE_OTHER);
    assert_eq!(order(&editor.page("/draft/1").await).len(), items.len() + 1);
    let (status, page) = change(&editor, &add, false).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && !page.contains("仍要加入"), "no item is there twice: {page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn the_desk_and_the_article_offer_what_to_do_with_a_story_that_is_there() {
    let service = Service::start("");
    let editor = service.sign_in("", "乙编辑").await;
    let (other, first, title) = copy_of_first(&service, &editor).await;
    let (mut browser, page) = enter(&service, "甲编辑").await;

    // on the article's own page
    visit(&page, &service, &format!("/articles/{other}")).await;
    press(&page, "form[data-stay] button.main").await;
    until(&page, "refused", "document.querySelector('form[data-stay] .said')?.innerText.includes('说的是同一件事')").await;
    picture(&page, "same-story-article").await;
    act(&page, "[...document.querySelectorAll('form[data-stay] .said button')].find(b => b.textContent === '并入那一条').click()").await;
    until(&page, "merged", "document.querySelector('form[data-stay] .said')?.innerText.trim() === '已加入'").await;
    assert!(editor.page("/draft/1").await.contains(&format!("name=\"split\" value=\"{other}\"")));

    // beside the desk
    visit(&page, &service, "/draft/1").await;
    press(&page, "#open-pool").await;
    until(&page, "the candidates", "!!document.querySelector('#pool input[name=q]')").await;
    let words: String = title.chars().take(12).collect();
    act(&page, &format!("{{ const f = document.querySelector('#pool input[name=q]'); f.value = `{words}`; f.form.requestSubmit(); }}")).await;
    let form = format!("document.querySelector('#pool td form input[name=article][value=\"{other}\"]')?.form");
    until(&page, "found", &format!("!!{form}")).await;
    act(&page, &format!("{form}.requestSubmit({form}.querySelector('button'))")).await;
    until(&page, "told", &format!("{form}.querySelector('.told')?.innerText.includes('的转载在本期里')")).await;
    picture(&page, "same-story-desk").await;
    act(&page, &format!("[...{form}.querySelectorAll('.told button')].find(b => b.textContent === '从那一条拆分出来').click()")).await;
    until(&page, "an item of its own", &format!("document.getElementById('a{first}').nextElementSibling?.dataset.article === '{other}'")).await;
    browser.close().await.unwrap();
}
