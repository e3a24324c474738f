//! The page of the sources in a real Chromium: what an address would bring, a source gone silent, removal, and lists of other programs.

use axum::Router;
use axum::http::{Uri, header};
use axum::response::IntoResponse;
use chromiumoxide::page::Page;
use chrono::{TimeDelta, Utc};

use super::Service;
use super::browser::{act, enter, fill, picture, press, until, value, visit};

/// How many days ago the silent site published what.
const AGES: [i64; 3] = [40, 41, 43];

/// A feed that works and had its last article forty days ago.
async fn site(uri: Uri) -> impl IntoResponse {
    let name = uri.path().trim_matches('/');
    let day = |age: i64| (Utc::now() - TimeDelta::days(age)).with_timezone(&chrono_tz::Asia::Shanghai);
    if name == "feed.xml" {
        let item =
            |age: &i64| format!("<item><title>{age} 天前的消息</title><link>/{age}.html</link><pubDate>{}</pubDate></item>", day(*age).to_rfc2822());
        let items: String = AGES.iter().map(item).collect();
        let feed = format!("<?xml version='1.0'?><rss version='2.0'><channel><title>老站</title>{items}</channel></rss>");
        return ([(header::CONTENT_TYPE, "application/xml")], feed);
    }
    let age = name.trim_end_matches(".html").parse().unwrap_or(40);
    let text = format!("{age} 天前，市工业和信息化局公布了新一批技术改造项目，涉及装备制造和新材料，总投资超过三亿元。").repeat(5);
    let head = format!("<h1>{age} 天前的消息</h1><div>{} 来源：许昌日报</div>", day(age).format("%Y-%m-%d %H:%M"));
    let page = format!("<html><head><title>{age} 天前的消息</title></head><body>{head}<div class=content><p>{text}</p></div></body></html>");
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page)
}

async fn silent_site() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(site)).await });
    base
}

async fn text(page: &Page, selector: &str) -> String {
    value(page, &format!("document.querySelector(`{selector}`)?.innerText ?? ''")).await
}

async fn says(page: &Page, selector: &str, words: &str) {
    until(page, words, &format!("document.querySelector(`{selector}`)?.innerText.includes(`{words}`)")).await;
}

/// Reloads a page that said something: it is the list, fetched and not posted, without the words.
async fn reloaded(page: &Page) {
    assert_eq!(value(page, "location.pathname + location.search").await, "/sources");
    page.reload().await.unwrap();
    until(
        page,
        "the list without the words",
        "document.readyState === 'complete' && !!document.querySelector('table.sources') && !document.querySelector('.said')",
    )
    .await;
}

/// Waits until the page of the sources has the list of [`Service::with_site`].
async fn sources(service: &Service, page: &Page) {
    for _ in 0..100 {
        visit(page, service, "/sources").await;
        if text(page, "table.sources").await.contains("坏来源") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    panic!("the list is not taken over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn a_source_is_added_by_its_address_and_told_of_when_it_is_silent() {
    let (service, _site) = Service::with_site().await;
    let base = silent_site().await;
    let (mut browser, page) = enter(&service, "管理员").await;
    sources(&service, &page).await;

    // the address alone: its first article is shown with title, 来源, date and text
    fill(&page, "form.search input[name=url]", &format!("{base}/feed.xml")).await;
    press(&page, "form.search button").await;
    says(&page, ".tried", "第一篇文章").await;
    let first = text(&page, ".tried table.facts").await;
    let date = (Utc::now() - TimeDelta::days(40)).with_timezone(&chrono_tz::Asia::Shanghai).format("%Y-%m-%d").to_string();
    for words in ["40 天前的消息", "许昌日报", &date, "市工业和信息化局公布了新一批技术改造项目"] {
        assert!(first.contains(words), "{words}: {first}");
    }
    picture(&page, "source-preview").await;
    assert!(!service.sources().contains("feed.xml"), "only shown");
    fill(&page, ".tried input[name=name]", "老站").await;
    press(&page, ".tried button.main").await;
    says(&page, ".said", "已加入来源“老站”").await;
    reloaded(&page).await;
    assert_eq!(service.sources().matches("/feed.xml").count(), 1, "a reload does not add it again");

    // a later poll finds that nothing new came for long
    let row = "[...document.querySelectorAll('table.sources tr')].find(r => r.innerText.includes('老站'))";
    let told = async |words: &str| {
        visit(&page, &service, "/sources").await;
        value(&page, &format!("{row}.innerText")).await.contains(words)
    };
    for _ in 0..100 {
        if told("久无更新").await {
            break;
        }
        if told("3 篇").await {
            act(&page, &format!("{row}.querySelector('button[value=look]').click()")).await;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    visit(&page, &service, "/sources").await;
    let told = value(&page, &format!("{row}.innerText")).await;
    for words in ["久无更新", "3 篇", "最新一篇：40 天前的消息", &date, "（40 天前）"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    picture(&page, "source-silent").await;
    act(&page, &format!("[...{row}.querySelectorAll('a')].find(a => a.textContent === '40 天前的消息').click()")).await;
    says(&page, "main h1", "40 天前的消息").await;
    browser.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn a_source_is_removed_only_after_a_question_and_lists_come_in_and_out() {
    let (service, _site) = Service::with_site().await;
    let (mut browser, page) = enter(&service, "管理员").await;
    sources(&service, &page).await;

    // in: how many are new, there already, refused
    let list = "<opml version='2.0'><body>\n<outline text='新一' xmlUrl='https://one.example/rss'/>\n<outline text='新二' xmlUrl='https://two.example/rss'/>\n<outline text='又是新一' xmlUrl='http://one.example/rss'/>\n<outline text='坏' xmlUrl='ftp://bad.example/rss'/></body></opml>";
    let import = async |text: &str| {
        fill(&page, "#opml", text).await;
        press(&page, "button[value=import]").await;
    };
    import(list).await;
    says(&page, ".said", "新增 2 个，已有 1 个，不能用的 1 个").await;
    assert!(text(&page, ".said").await.contains("第 5 行 ftp://bad.example/rss"));
    reloaded(&page).await;
    assert!(service.sources().contains("https://two.example/rss") && !service.sources().contains("ftp:"));
    import(list).await;
    says(&page, ".said", "没有导入新的来源：新增 0 个，已有 3 个，不能用的 1 个").await;
    import("<opml><body><outline text='坏' xmlUrl='ftp://bad.example/rss'/></body></opml>").await;
    says(&page, ".said", "新增 0 个，已有 0 个，不能用的 1 个").await;
    import("没有来源的文字").await;
    says(&page, ".said", "这里面没有来源").await;
    // out
    let out = value(&page, "(async () => await (await fetch(document.querySelector('a[href$=\"/sources.opml\"]').href)).text())()").await;
    assert!(out.contains("新一") && out.contains("https://two.example/rss") && out.contains("坏来源"), "{out}");

    // removal: a question, no, a question, yes
    for (answer, left) in [("a.button", true), ("button[value=remove]", false)] {
        visit(&page, &service, "/sources/broken").await;
        press(&page, "button[value=remove]").await;
        says(&page, "main h1", "要删除来源“坏来源”吗？").await;
        picture(&page, "source-removal").await;
        assert!(service.sources().contains("id = \"broken\""), "only asked");
        press(&page, &format!("main form {answer}")).await;
        says(&page, "main", if left { "抓取记录" } else { "已删除来源“坏来源”" }).await;
        assert_eq!(service.sources().contains("id = \"broken\""), left);
    }
    reloaded(&page).await;
    browser.close().await.unwrap();
}
