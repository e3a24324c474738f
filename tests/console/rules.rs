//! 不再报道: rules are offered when an item is dropped, tried, saved, switched off and deleted.

use reqwest::StatusCode;

use super::browser::{act, enter, picture, press, shape, until, value, violations, visit};
use super::{Browser, Service, encode, field, order, run};

/// The address of the first link whose text begins so.
fn link(page: &str, label: &str) -> String {
    let at = page.find(&format!(">{label}")).unwrap();
    let href = page[..at].rsplit("href=\"").next().unwrap().split('"').next().unwrap();
    href.replace("&#38;", "&").replace("&amp;", "&")
}

/// Saves a rule; returns its path.
async fn add(browser: &Browser, fields: &[(&str, &str)]) -> String {
    let answer = browser.post("/rules/new", &[&[("do", "save"), ("effect", "exclude")], fields].concat()).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_as_off_topic_offers_a_rule_that_is_tried_saved_and_taken_back() {
    let service = Service::start("");
    let (a, admin) = (service.sign_in("", "甲编辑").await, service.sign_in("", "管理员").await);
    assert!(a.page("/rules").await.contains("还没有生效的规则"));
    let page = a.page("/draft/1").await;
    let article = order(&page)[0].clone();

    // by script the answer itself offers, and the page keeps the offer
    let body = encode(&[("drop", "off-topic"), ("article", &article), ("version", &field(&page, "version")), ("csrf", &a.csrf)]);
    let saved = a.post_raw("/draft/1", body, &[("x-requested-by", "console")]).await;
    let outcome: serde_json::Value = serde_json::from_str(&saved.text().await.unwrap()).unwrap();
    let labels: Vec<&str> = outcome["offers"].as_array().unwrap().iter().map(|o| o["label"].as_str().unwrap()).collect();
    assert!(labels.iter().any(|l| l.starts_with("本来源的这一栏：")), "{labels:?}");
    assert!(outcome["offers"][0]["href"].as_str().unwrap().starts_with("/rules/new?kind="), "{outcome}");
    let page = a.page("/draft/1").await;
    assert!(page.contains("移出的 1 条") && page.contains("以后不再要："), "{page}");

    // the link leads to the filled form and what it would exclude
    let source = link(&page, "本来源的这一栏：");
    let form = a.page(&source).await;
    assert!(form.contains("过去 30 天会排除 ") && form.contains("还没有保存") && form.contains(&format!("/articles/{article}\"")), "{form}");
    assert!(a.page("/rules").await.contains("还没有生效的规则"), "a preview saves nothing");
    let wrong = a.post("/rules/new", &[("do", "save"), ("kind", "pattern"), ("effect", "exclude"), ("text", "(假发")]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text().await.unwrap();
    assert!(wrong.contains("正则表达式有误") && wrong.contains("(假发</textarea>"), "{wrong}");

    // what a rule excludes is listed with the rule, and may still be added
    let pool = a.page("/draft/1/pool").await;
    let candidate = field(pool.split("<table").nth(1).unwrap(), "article");
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let title: String = sql.query_row("SELECT title FROM article WHERE id = ?1", [&candidate], |r| r.get(0)).unwrap();
    let words = format!("标题:\"{}\"", title.replace('"', " "));
    let path = &add(&a, &[("kind", "words"), ("text", &words), ("reason", "每天都有")]).await;
    let rule = a.page(path).await;
    assert!(rule.contains("生效中") && rule.contains("每天都有") && rule.contains("建立以来"), "{rule}");
    let pool = a.page("/draft/1/pool").await;
    assert!(!pool.contains(&format!("name=\"article\" value=\"{candidate}\"")) && pool.contains("被规则排除、曾剔除的 1 条"), "{pool}");
    let excluded = a.page("/draft/1/pool?excluded=1").await;
    assert!(excluded.contains(&format!("name=\"article\" value=\"{candidate}\"")) && excluded.contains("不选：<a href=\"/rules/"), "{excluded}");
    let add_it = [("do", "add"), ("article", candidate.as_str()), ("column", "行业动态"), ("version", &field(&excluded, "version"))];
    assert_eq!(a.post("/draft/1", &add_it).await.status(), StatusCode::SEE_OTHER);
    assert!(a.page("/draft/1").await.contains(&format!("data-article=\"{candidate}\"")));

    // the rule moves nothing out of the draft, and says so; the article's page says why another issue would not choose it
    let rule = a.page(path).await;
    assert!(rule.contains("草稿里还有 1 条") && rule.contains("href=\"/draft/1\">去草稿看"), "{rule}");

    // what was printed is warned of
    let version = field(&a.page("/draft/1").await, "version");
    assert_eq!(a.post("/draft/1/signing", &[("do", "finalise"), ("version", &version)]).await.status(), StatusCode::SEE_OTHER);
    let rule = a.page(path).await;
    assert!(rule.contains("登过，已用红字标出"), "{rule}");

    let listed = run(service.dir.path(), &["rules", "list"], "");
    let line: serde_json::Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    assert_eq!((line["kind"].as_str(), line["text"].as_str(), line["author"].as_str()), (Some("words"), Some(words.as_str()), Some("甲编辑")));

    let all: serde_json::Value = serde_json::from_str(&a.page("/api/v1/rules").await).unwrap();
    assert_eq!(all["rules"][0], line, "other programs read the same");

    assert!(a.post_then_get(path, &[("do", "disable")]).await.contains("已停用"));
    assert!(!a.page("/draft/1/pool").await.contains("被规则排除"));
    assert!(a.post_then_get(path, &[("do", "enable")]).await.contains("生效中"));
    assert_eq!(a.post(path, &[("do", "delete")]).await.status(), StatusCode::BAD_REQUEST, "not without the tick");
    assert_eq!(a.post(path, &[("do", "delete"), ("sure", "yes")]).await.status(), StatusCode::SEE_OTHER);
    assert!(a.page("/rules").await.contains("已删除规则"));
    assert_eq!(a.get(path).await.status(), StatusCode::NOT_FOUND);
    let log = admin.page("/operation").await;
    assert!(["添加规则", "停用规则", "启用规则", "删除规则"].iter().all(|w| log.contains(w)), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_is_changed_and_what_it_names_is_checked() {
    let service = Service::start("");
    let (a, b) = (service.sign_in("", "甲编辑").await, service.sign_in("", "管理员").await);

    // unknown names: of closed lists refused with the list, of an organisation kept with a warning
    let refused = async |fields: &[(&str, &str)]| {
        let answer = a.post("/rules/new", &[&[("do", "save"), ("effect", "exclude")], fields].concat()).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        answer.text().await.unwrap()
    };
    assert!(refused(&[("kind", "topic"), ("text", "星际航行")]).await.contains("没有叫“星际航行”的行业、主题。现有："));
    assert!(refused(&[("kind", "keyword"), ("text", "x"), ("column", "奇闻")]).await.contains("没有叫“奇闻”的栏目。现有："));
    let path = &add(&a, &[("kind", "organisation"), ("text", "白鹇无名股份")]).await;
    let warning = "还没有文章提到叫“白鹇无名股份”的机构";
    assert!(a.page(path).await.contains(warning) && a.page("/rules").await.contains(warning));

    // an industry as a word is warned of before the rule is saved
    let form = a.page("/rules/new?kind=words&text=%E9%A3%9F%E5%93%81").await;
    assert!(form.contains("“食品”是一个行业的名称"), "{form}");

    // a change, and one by another editor that did not see it
    let edit = &format!("{path}/edit");
    let form = a.page(edit).await;
    let seen = field(&form, "version");
    assert!(form.contains("修改规则") && form.contains("白鹇无名股份</textarea>"), "{form}");
    let fields = |text: &'static str, version: &str| {
        [("do", "save"), ("kind", "keyword"), ("effect", "exclude"), ("text", text), ("version", version)].map(|(k, v)| (k, v.to_owned()))
    };
    let post = async |who: &Browser, text: &'static str, version: &str| {
        let fields = fields(text, version);
        who.post(edit, &fields.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>()).await
    };
    assert_eq!(post(&a, "彩票", &seen).await.status(), StatusCode::SEE_OTHER);
    assert!(a.page(path).await.contains("不要关键词：彩票"));
    let late = post(&b, "福彩", &seen).await;
    assert_eq!(late.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let late = late.text().await.unwrap();
    assert!(late.contains("别人刚改了这条规则，现在是：不要关键词：彩票") && late.contains("福彩</textarea>"), "{late}");
    assert_eq!(post(&b, "福彩", &field(&late, "version")).await.status(), StatusCode::SEE_OTHER);
    assert!(b.page(path).await.contains("不要关键词：福彩") && b.page("/operation").await.contains("修改规则"));
    assert_eq!(a.get("/rules/999/edit").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_an_article_says_why_it_is_no_candidate() {
    let service = Service::start("");
    let a = service.sign_in("", "甲编辑").await;
    let pool = a.page("/draft/1/pool").await;
    let candidate = field(pool.split("<table").nth(1).unwrap(), "article");
    let article = format!("/articles/{candidate}");
    assert!(!a.page(&article).await.contains("不是候选"));
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let title: String = sql.query_row("SELECT title FROM article WHERE id = ?1", [&candidate], |r| r.get(0)).unwrap();
    let path = add(&a, &[("kind", "words"), ("text", &format!("标题:\"{}\"", title.replace('"', " ")))]).await;
    let page = a.page(&article).await;
    assert!(page.contains(&format!("不是候选：<a href=\"{path}\">不要词语")), "{page}");
    assert_eq!(a.post(&path, &[("do", "disable")]).await.status(), StatusCode::SEE_OTHER);
    sql.execute("UPDATE article SET judgement = json_set(judgement, '$.on_topic', json('false')) WHERE id = ?1", [&candidate]).unwrap();
    assert!(a.page(&article).await.contains("不是候选：与本刊无关"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn an_editor_makes_a_rule_from_what_he_drops() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start("");
    let (mut browser, page) = enter(&service, "甲编辑").await;
    shape(&page, 1440, 1000, "light").await;
    visit(&page, &service, "/draft/1").await;
    press(&page, ".item [name=drop][value=off-topic]").await;
    until(&page, "the offers", "!document.getElementById('offers').hidden && document.querySelectorAll('#offers a').length > 1").await;
    page.evaluate(axe.as_str()).await.unwrap();
    assert_eq!(violations(&page).await, "");
    picture(&page, "rules-offers").await;
    shape(&page, 390, 844, "light").await;
    picture(&page, "rules-offers-phone").await;
    let href = value(&page, "document.querySelector('#offers a:last-of-type').getAttribute('href')").await;
    for (width, height, name) in [(1440, 1000, ""), (390, 844, "-phone")] {
        shape(&page, width, height, "light").await;
        visit(&page, &service, &href).await;
        until(&page, "the preview", "!!document.getElementById('preview')").await;
        page.evaluate(axe.as_str()).await.unwrap();
        assert_eq!(violations(&page).await, "");
        picture(&page, &format!("rules-form{name}")).await;
    }
    act(&page, "document.querySelector('[name=do][value=save]').click()").await;
    until(&page, "the rule", "!!document.getElementById('since')").await;
    let path = value(&page, "location.pathname").await;
    for (path, name) in [("/rules", "list"), (path.as_str(), "page"), ("/draft/1/pool?excluded=1", "excluded"), ("/draft/1", "desk")] {
        for (width, height, end) in [(1440, 1000, ""), (390, 844, "-phone")] {
            shape(&page, width, height, "light").await;
            visit(&page, &service, path).await;
            page.evaluate(axe.as_str()).await.unwrap();
            assert_eq!(violations(&page).await, "", "{path}");
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{path} at {width}: {wide} wide");
            act(&page, "document.getElementById('dropped')?.scrollIntoView()").await;
            picture(&page, &format!("rules-{name}{end}")).await;
        }
    }
    browser.close().await.unwrap();
}
