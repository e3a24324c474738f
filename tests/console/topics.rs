//! 关注课题: topics are made, matched, closed and deleted; requests (约稿); their feeds and reports.

use reqwest::StatusCode;

use super::browser::{act, enter, fill, picture, press, shape, until, violations, visit};
use super::{Browser, Service, client, field, run};

/// Settings with a publication that topics may be put into.
const REPORT: &str = "[[publication]]\nname = \"竞争情报专报\"\nkind = \"report\"\n";

fn with_report() -> Service {
    let service = Service::start("");
    service.rewrite_settings(|text| format!("{}\n{REPORT}", text.replace("[publication]", "[[publication]]")));
    service
}

pub(super) fn form<'a>(title: &'a str, expression: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all =
        vec![("do", "save"), ("title", title), ("question", "谁在扩产？"), ("kind", "competitor"), ("expression", expression), ("owner", "甲编辑")];
    all.extend_from_slice(more);
    all
}

/// Posts a topic; returns its path.
pub(super) async fn add(browser: &Browser, fields: &[(&str, &str)]) -> String {
    let answer = browser.post("/topics/new", fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// Posts the form of a topic as an editor who has just opened it.
async fn change(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
    let path = format!("{path}/edit");
    let version = field(&browser.page(&path).await, "version");
    browser.post(&path, &[fields, &[("version", &version)]].concat()).await
}

/// Returns the number of an article on a topic's page.
fn first_article(page: &str) -> String {
    field(page, "article")
}

/// Waits until the archive is searched.
pub(super) async fn searched(browser: &Browser, path: &str) -> String {
    for _ in 0..100 {
        let page = browser.page(path).await;
        if !page.contains("正在文章库里查") {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{path} is searched for ever");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_is_previewed_made_changed_closed_and_deleted() {
    let service = Service::start("");
    let (owner, other, admin) = (service.sign_in("", "甲编辑").await, service.sign_in("", "乙编辑").await, service.sign_in("", "管理员").await);
    assert!(owner.page("/topics").await.contains("还没有课题"));

    // a mistake is told with its place, and what was written stays
    let wrong = owner.post("/topics/new", &form("发制品动向", "+许昌 (假发", &[("places", "许昌")])).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text().await.unwrap();
    assert!(wrong.contains("第 5 个字处：这个括号没有配对的右括号") && wrong.contains("+许昌 (假发") && wrong.contains("value=\"许昌\""), "{wrong}");
    let tried = owner.post("/topics/new", &[&form("发制品动向", "假发", &[])[..], &[("do", "preview")]].concat()).await;
    assert_eq!(tried.status(), StatusCode::OK);
    let tried = tried.text().await.unwrap();
    assert!(tried.contains("过去 30 天有 ") && tried.contains("例如") && tried.contains("还没有保存"), "{tried}");
    assert!(owner.page("/topics").await.contains("还没有课题"), "a preview saves nothing");

    let path = add(&owner, &form("发制品动向", "假发 <b>", &[("recipients", "a@b.cn")])).await;
    let page = searched(&owner, &path).await;
    assert!(page.contains("<mark>假发</mark>") && page.contains("a@b.cn") && page.contains("&#60;b&#62;"), "{page}");
    let article = first_article(&page);

    // 不相关, and back
    let other_page = other.post_then_get(&path, &[("do", "dismiss"), ("article", &article)]).await;
    assert!(other_page.contains("不相关的 1 篇"));
    assert!(!other.post_then_get(&path, &[("do", "restore"), ("article", &article)]).await.contains("不相关的 1 篇"));
    assert_eq!(other.post(&path, &[("do", "dismiss"), ("article", "999999")]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(other.post(&path, &[("do", "x")]).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(other.post("/topics/99/edit", &form("甲", "乙", &[])).await.status(), StatusCode::NOT_FOUND);

    // changed by any editor, closed with an answer, open again
    assert_eq!(change(&other, &path, &form("假发企业", "假发", &[])).await.status(), StatusCode::SEE_OTHER);
    assert!(other.page(&format!("{path}/edit")).await.contains("假发企业"));
    let closed = owner.post_then_get(&path, &[("do", "close"), ("answer", "已报专报第三期"), ("place", "1:")]).await;
    assert!(closed.contains("已结束") && closed.contains("已报专报第三期") && closed.contains("href=\"/draft/1\""), "{closed}");
    assert!(!owner.post_then_get(&path, &[("do", "reopen")]).await.contains("已结束"));

    // no report is set up, and only the owner or an admin deletes
    assert_eq!(
        owner.post(&path, &[("do", "report"), ("pick-1", &article), ("publication", "竞争情报快递")]).await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(other.post(&path, &[("do", "delete"), ("sure", "yes")]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(owner.post(&path, &[("do", "delete")]).await.status(), StatusCode::BAD_REQUEST);
    assert!(admin.post_then_get(&path, &[("do", "delete"), ("sure", "yes")]).await.contains("已删除课题“假发企业”"));
    assert_eq!(admin.get(&path).await.status(), StatusCode::NOT_FOUND);
    let log = admin.page("/operation").await;
    for words in ["添加课题", "修改课题", "结束课题", "重开课题", "删除课题", "从课题移出"] {
        assert!(log.contains(words), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_overdue_first_in_the_list_and_becomes_a_report_and_a_feed() {
    let service = with_report();
    let editor = service.sign_in("", "甲编辑").await;
    assert!(editor.page("/topics/new?request=1").await.contains("登记约稿"));
    let asked = [("asked_by", "王处长"), ("asked_on", "2026-01-05"), ("due", "2026-01-10")];
    let request = add(&editor, &form("领导关心的假发", "假发", &asked)).await;
    let later = add(&editor, &form("较新的课题", "假发", &[])).await;
    searched(&editor, &later).await;
    let list = editor.page("/topics").await;
    let (first, second) = (list.find("领导关心的假发").unwrap(), list.find("较新的课题").unwrap());
    assert!(first < second && list.contains("约稿：王处长，2026-01-05") && list.contains("已逾期"), "{list}");

    let page = searched(&editor, &request).await;
    let picks: Vec<&str> = page.split("name=\"pick-").skip(1).filter_map(|p| p.split('"').next()).collect();
    let fields: Vec<(String, &str)> = picks.iter().take(2).map(|id| (format!("pick-{id}"), *id)).collect();
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, id)| (name.as_str(), *id)).collect();
    fields.extend([("do", "report"), ("publication", "竞争情报专报")]);
    let issue = editor.post_then_get(&request, &fields).await;
    for id in &picks[..2] {
        assert!(issue.contains("竞争情报专报") && issue.contains(&format!("data-article=\"{id}\"")), "{id}: {issue}");
    }
    assert_eq!(editor.post(&request, &[("do", "report"), ("publication", "竞争情报专报")]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // its answer may be in an issue: the new one is offered
    assert!(editor.page(&request).await.contains("竞争情报专报"));

    // other programs read it with a token
    let told = run(service.dir.path(), &["token", "add", "阅读器"], "");
    let token = told.split_whitespace().find(|w| w.len() > 30).unwrap().to_owned();
    let id = request.rsplit('/').next().unwrap();
    let ask = async |path: String, token: &str| client().get(format!("{}{path}", service.base)).bearer_auth(token).send().await.unwrap();
    let feed = ask(format!("/feeds/topic/{id}.atom"), &token).await.text().await.unwrap();
    assert!(feed.contains("关注课题：领导关心的假发") && feed.contains("<entry>") && feed.contains("<summary>"), "{feed}");
    let value: serde_json::Value = serde_json::from_str(&ask(format!("/api/v1/topics/{id}"), &token).await.text().await.unwrap()).unwrap();
    assert!(value["articles"][0]["evidence"][0]["hit"] == "假发" && value["asked_by"] == "王处长", "{value}");
    let all: serde_json::Value = serde_json::from_str(&ask("/api/v1/topics".to_owned(), &token).await.text().await.unwrap()).unwrap();
    assert_eq!(all["topics"].as_array().unwrap().len(), 2);
    let listed = run(service.dir.path(), &["topics", "list"], "");
    assert!(listed.lines().count() == 2 && listed.contains("\"asked_by\":\"王处长\""), "{listed}");
    assert!(run(service.dir.path(), &["topics", "show", id], "").contains("\"hit\":\"假发\""));
    assert_eq!(ask("/api/v1/topics/99".to_owned(), &token).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ask(format!("/feeds/topic/{id}.atom"), "wrong").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_save_overwrites_nothing_and_keeps_what_was_typed() {
    let service = Service::start("");
    let (owner, other) = (service.sign_in("", "甲编辑").await, service.sign_in("", "乙编辑").await);
    let path = add(&owner, &form("发制品动向", "假发", &[])).await;
    let edit = format!("{path}/edit");
    let version = field(&other.page(&edit).await, "version");
    assert_eq!(change(&owner, &path, &form("发制品动向", "假发", &[("question", "甲的问题")])).await.status(), StatusCode::SEE_OTHER);
    let late = form("发制品动向", "假发 发制品", &[("question", "乙的问题"), ("version", &version)]);
    let answer = other.post(&edit, &late).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let page = answer.text().await.unwrap();
    assert!(page.contains("<td>甲的问题</td><td>乙的问题</td>") && page.contains(">乙的问题</textarea>"), "{page}");
    assert!(owner.page(&path).await.contains("甲的问题"));
    // having seen it, he may; the same form once more does no harm
    let again = form("发制品动向", "假发 发制品", &[("question", "乙的问题")]);
    let version = field(&page, "version");
    for _ in 0..2 {
        assert_eq!(other.post(&edit, &[&again[..], &[("version", &version)]].concat()).await.status(), StatusCode::SEE_OTHER);
    }
    assert!(owner.page(&path).await.contains("乙的问题"));
    // a form that does not say what it saw saves nothing
    assert_eq!(other.post(&edit, &form("发制品动向", "假发", &[])).await.status(), StatusCode::CONFLICT);

    // an answer is counted as the browser counts it, and never cut
    let lines = |n: usize| format!("{}\r\n", "一二三".repeat(13)).repeat(n);
    let long = format!("{}末", lines(100));
    let refused = owner.post(&path, &[("do", "close"), ("answer", &long)]).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(refused.contains("答复最多 4000 个字，现在有 4001 个") && refused.contains("末</textarea>"), "{refused}");
    for place in ["99:1", "abc", "99:", "1:999999"] {
        let refused = owner.post(&path, &[("do", "close"), ("answer", "已报"), ("place", place)]).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{place}");
        let refused = refused.text().await.unwrap();
        assert!(refused.contains("请从列表里选") && refused.contains(">已报</textarea>"), "{refused}");
    }
    let whole = format!("{}末尾", lines(99));
    assert!(owner.post_then_get(&path, &[("do", "close"), ("answer", &whole)]).await.contains("<p>末尾</p>"));

    // the other's answer stays
    let late = other.post(&path, &[("do", "close"), ("answer", "乙的答复")]).await;
    assert_eq!(late.status(), StatusCode::CONFLICT);
    let late = late.text().await.unwrap();
    assert!(late.contains("已经由别人结束") && late.contains("<p>末尾</p>") && late.contains("乙的答复</textarea>"), "{late}");
    assert!(!owner.page(&path).await.contains("乙的答复"));
    assert_eq!(owner.post(&path, &[("do", "close"), ("answer", &whole)]).await.status(), StatusCode::SEE_OTHER, "pressed twice");
    // a topic that is open again starts from its answer
    assert!(owner.post_then_get(&path, &[("do", "reopen")]).await.contains("末尾</textarea>"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_finds_nothing_or_is_there_already_is_told() {
    let service = Service::start("");
    let (owner, other, admin) = (service.sign_in("", "甲编辑").await, service.sign_in("", "乙编辑").await, service.sign_in("", "管理员").await);
    let path = add(&owner, &form("许昌的消息", "", &[("places", "许昌")])).await;
    let page = searched(&owner, &path).await;
    assert!(page.contains("<span class=\"soft\">地域</span> <mark>许昌</mark>"), "{page}");

    let refused = async |browser: &Browser, title: &str, expression: &str, more: &[(&str, &str)], words: &str| {
        let answer = browser.post("/topics/new", &form(title, expression, more)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        let page = answer.text().await.unwrap();
        assert!(page.contains(words), "{words}: {page}");
        page
    };
    refused(&owner, "别的", "假发", &[("places", "火星")], "“火星”不是认识的地名").await;
    refused(&owner, "别的", "许昌 AND 电池", &[], "第 4 个字处：不用 AND").await;
    refused(&owner, "别的", "假发", &[("due", "0001-01-01")], "期限要在 2000 年到 2100 年之间").await;
    let same = refused(&other, "许昌\u{202e}的消息\r\n", "假发", &[], "已有同名课题").await;
    assert!(same.contains(&format!("href=\"{path}\"")), "{same}");

    let nothing = add(&owner, &form("没有的", "甲乙丙丁戊己", &[("organisations", "云鹭火星公司")])).await;
    let page = searched(&owner, &nothing).await;
    assert!(page.contains("一篇也没有找到") && page.contains("文章库里还没有这个机构：云鹭火星公司"), "{page}");

    // taking over a topic in order to delete it
    let taken = change(&other, &path, &form("许昌的消息", "", &[("places", "许昌"), ("owner", "乙编辑")])).await;
    assert_eq!(taken.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.text().await.unwrap().contains("只有负责人和管理员可以换负责人"));
    assert_eq!(change(&admin, &path, &form("许昌的消息", "", &[("places", "许昌"), ("owner", "乙编辑")])).await.status(), StatusCode::SEE_OTHER);
    assert!(other.post_then_get(&path, &[("do", "delete"), ("sure", "yes")]).await.contains("已删除课题"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_made_once_and_of_articles_that_the_topic_has() {
    let service = with_report();
    let editor = service.sign_in("", "甲编辑").await;
    let path = add(&editor, &form("发制品动向", "假发", &[])).await;
    let page = searched(&editor, &path).await;
    let article = first_article(&page);
    let report = |picks: &[(&'static str, &str)], more: &[(&'static str, &'static str)]| {
        let picks = picks.iter().map(|(name, id)| (*name, (*id).to_owned()));
        let more = [("do", "report"), ("publication", "竞争情报专报")].iter().chain(more).map(|(name, value)| (*name, (*value).to_owned()));
        picks.chain(more).collect::<Vec<_>>()
    };
    let send = async |fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        editor.post(&path, &fields).await
    };
    let made = || run(service.dir.path(), &["digest", "list"], "").matches("竞争情报专报").count();
    for stale in [&[("pick-1", "999999")][..], &[("pick-1", article.as_str()), ("pick-2", "999999")], &[("pick-1", "x")]] {
        let answer = send(report(stale, &[])).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().await.unwrap().contains("已经不在这个课题里"));
    }
    assert_eq!(made(), 0);
    let picks = [("pick-1", article.as_str())];
    // pressed twice
    let (first, second) = tokio::join!(send(report(&picks, &[])), send(report(&picks, &[])));
    let mut both = [first.status(), second.status()];
    both.sort();
    assert_eq!((both, made()), ([StatusCode::SEE_OTHER, StatusCode::CONFLICT], 1));
    let asked = send(report(&picks, &[])).await.text().await.unwrap();
    assert!(asked.contains("有一期专报已经放了这些文章") && asked.contains("name=\"again\"") && asked.contains(" checked"), "{asked}");
    assert_eq!((send(report(&picks, &[("again", "yes")])).await.status(), made()), (StatusCode::SEE_OTHER, 2));

    // a column whose topic does not exist is named
    let warned = || run(service.dir.path(), &["doctor", "--no-network"], "");
    assert!(warned().contains("every column for a topic has one"), "{}", warned());
    service.rewrite_settings(|text| format!("{text}columns = [{{ name = \"动向\", quota = 5, topic = \"没有这个课题\" }}]\n"));
    let told = warned();
    assert!(told.contains("竞争情报专报: the column 动向 stays empty: no open topic is called 没有这个课题"), "{told}");
    service.rewrite_settings(|text| text.replace("没有这个课题", "发制品动向"));
    assert!(warned().contains("every column for a topic has one"), "{}", warned());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn topics_are_made_in_a_browser_and_fit_a_phone() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = with_report();
    let (mut browser, page) = enter(&service, "管理员").await;
    visit(&page, &service, "/topics/new?request=1").await;
    for (selector, text) in [
        ("[name=title]", "发制品企业扩产"),
        ("[name=question]", "瑞贝卡之外，还有谁在许昌扩产？对我们的原料供应有什么影响？"),
        ("[name=asked_by]", "王处长"),
        ("[name=asked_on]", "2026-01-05"),
        ("[name=due]", "2026-01-10"),
        ("[name=expression]", "假发 发制品 -招聘"),
        ("[name=recipients]", "leader@b.example"),
    ] {
        fill(&page, selector, text).await;
    }
    press(&page, "button[value=preview]").await;
    until(&page, "the preview", "!!document.querySelector('#preview') && document.body.innerText.includes('过去 30 天有')").await;
    let check = async |name: &str, path: Option<&str>| {
        for (width, scheme) in [(390, "light"), (1440, "light"), (390, "dark")] {
            shape(&page, width, if width < 600 { 1600 } else { 1000 }, scheme).await;
            if let Some(path) = path {
                visit(&page, &service, path).await;
                act(&page, "document.querySelectorAll('details').forEach((d, i) => d.open = i === 0)").await;
            }
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            picture(&page, &format!("{name}-{width}-{scheme}")).await;
            page.evaluate(axe.as_str()).await.unwrap();
            assert_eq!(violations(&page).await, "", "{name} at {width} {scheme}");
        }
    };
    check("topic-form", None).await;
    press(&page, "button[value=save]").await;
    until(&page, "the topic", "location.pathname.endsWith('/topics/1')").await;
    for _ in 0..50 {
        visit(&page, &service, "/topics/1").await;
        if page.evaluate("!!document.querySelector('mark')").await.unwrap().into_value().unwrap() {
            break;
        }
    }
    visit(&page, &service, "/topics/new").await;
    for (selector, text) in [("[name=title]", "固态电池量产时间"), ("[name=question]", "哪家先量产？"), ("[name=expression]", "+固态电池 量产 投产")]
    {
        fill(&page, selector, text).await;
    }
    press(&page, "button[value=save]").await;
    until(&page, "the second topic", "location.pathname.endsWith('/topics/2')").await;
    // what came since the last visit is marked
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    sql.execute(
        "UPDATE topic_article SET news = 1 WHERE topic_id = 1 AND article_id IN (SELECT id FROM article WHERE story_id = (SELECT a.story_id
         FROM topic_article m JOIN article a ON a.id = m.article_id WHERE m.topic_id = 1 ORDER BY m.effective DESC LIMIT 1))",
        [],
    )
    .unwrap();
    sql.execute("DELETE FROM topic_visit WHERE topic_id = 1", []).unwrap();
    sql.execute("UPDATE topic_article SET effective = effective - 20 * 86400 WHERE topic_id = 2", []).unwrap();
    // a copy of what was seen
    let oldest = "SELECT article_id FROM topic_article WHERE topic_id = 1 ORDER BY effective, article_id LIMIT 1 OFFSET";
    let story = format!("SELECT story_id FROM article WHERE id = ({oldest} 0)");
    sql.execute(&format!("UPDATE article SET story_id = ({story}) WHERE id IN ({oldest} 1)"), []).unwrap();
    check("topics", Some("/topics")).await;
    check("topic", Some("/topics/1")).await;
    until(&page, "the new story", "document.body.innerText.includes('上次来看以后 ')").await;
    // another editor saves in between
    visit(&page, &service, "/topics/1/edit").await;
    sql.execute("UPDATE topic SET question = '许昌以外，谁在扩产发制品？' WHERE id = 1", []).unwrap();
    fill(&page, "[name=expression]", "假发 发制品 人发 -招聘 -公示").await;
    press(&page, "button[value=save]").await;
    until(&page, "both wordings", "!!document.querySelector('#conflict')").await;
    check("topic-conflict", None).await;
    // and closes the topic while this one writes an answer
    visit(&page, &service, "/topics/2").await;
    act(&page, "document.querySelector('details.close').open = true").await;
    sql.execute("UPDATE topic SET closed = 1, answer = '甲公司明年投产' WHERE id = 2", []).unwrap();
    fill(&page, "[name=answer]", "乙公司今年投产").await;
    press(&page, "button[value=close]").await;
    until(&page, "the refusal", "document.body.innerText.includes('已经由别人结束')").await;
    check("topic-closed", None).await;
    browser.close().await.unwrap();
}
