//! 词表: an admin tries words on the archive, saves them, and takes them back.

use std::time::Duration;

use reqwest::StatusCode;

use super::browser::{act, enter, fill, picture, press, shape, until, violations, visit};
use super::{Browser, Service, field};

const FOOD: &str = "/taxonomy/industry/%E9%A3%9F%E5%93%81";

/// The text of a list of words in the form.
fn area(page: &str, name: &str) -> String {
    let text = page.split(&format!("<textarea name=\"{name}\"")).nth(1).unwrap().split_once('>').unwrap().1;
    text.split("</textarea>").next().unwrap().replace("&#38;", "&")
}

/// Fills a form of an industry: name, words, version, and what to do.
async fn send(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let answer = browser.post(path, fields).await;
    (answer.status(), answer.text().await.unwrap())
}

fn sql(service: &Service) -> rusqlite::Connection {
    rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap()
}

fn read(service: &Service, name: &str) -> String {
    std::fs::read_to_string(service.dir.path().join(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_are_tried_saved_taken_over_and_taken_back() {
    let service = Service::start("");
    let admin = service.sign_in("", "管理员").await;
    let page = admin.page("/taxonomy").await;
    assert!(
        page.contains("程序自带的词表") && page.contains(FOOD) && page.contains("许昌经济技术开发区") && !page.contains("撤销</button>"),
        "{page}"
    );
    let settings = read(&service, "qingbao.toml");

    // fewer words: what would go, with the words that brought it
    let form = admin.page(FOOD).await;
    let version = field(&form, "version");
    assert!(area(&form, "terms").lines().count() > 50);
    let lost = [("do", "try"), ("name", "食品"), ("terms", "没有的食物"), ("weak", ""), ("exclude", ""), ("version", &version)];
    let (code, tried) = send(&admin, FOOD, &lost).await;
    assert!(code == StatusCode::OK && tried.contains("还没有保存") && tried.contains("食品：会归入 0 篇，会移出 "), "{tried}");
    assert!(!tried.contains("会移出 0 篇</h3>") && tried.contains("原来的依据：") && tried.contains("试算了全部 "), "{tried}");
    assert!(area(&tried, "terms") == "没有的食物" && area(&admin.page(FOOD).await, "terms") == area(&form, "terms"), "a trial stores nothing");

    // a new industry: what would come in
    let new = [("group", "industry"), ("name", "顶上产业"), ("terms", "假发"), ("version", &version)];
    let (code, tried) = send(&admin, "/taxonomy/new", &[&new[..], &[("do", "try")]].concat()).await;
    assert!(code == StatusCode::OK && !tried.contains("顶上产业：会归入 0 篇") && tried.contains("依据：假发"), "{tried}");
    for (wrong, why) in [("食", "只有一个字的词会匹配一切"), ("", "至少要有一个词")] {
        let (code, page) = send(&admin, "/taxonomy/new", &[("do", "save"), ("name", "甲"), ("terms", wrong), ("version", &version)]).await;
        assert!(code == StatusCode::UNPROCESSABLE_ENTITY && page.contains(why), "{page}");
    }
    let taken = [("do", "save"), ("name", "食品"), ("terms", "假发"), ("version", version.as_str())];
    assert!(send(&admin, "/taxonomy/new", &taken).await.1.contains("已经有叫“食品”的行业或主题"));
    assert!(!service.dir.path().join("taxonomy.toml").exists() && read(&service, "qingbao.toml") == settings);

    // saved: the file is made and named, the service takes it over and classifies again
    let saved = admin.post_then_get("/taxonomy/new", &[&new[..], &[("do", "save")]].concat()).await;
    assert!(saved.contains("已保存：行业 顶上产业：新增，1 个词") && saved.contains("taxonomy.toml"), "{saved}");
    assert!(read(&service, "taxonomy.toml").contains("name = \"顶上产业\""));
    let named = read(&service, "qingbao.toml");
    assert!(named.ends_with(&settings) && named.starts_with("taxonomy = "), "{named}");
    assert!(admin.page("/articles").await.contains("顶上产业"), "the filters know the name at once");
    let judged = "SELECT count(*) FROM article_industry WHERE name = '顶上产业'";
    let mut articles = 0;
    for _ in 0..240 {
        articles = sql(&service).query_row(judged, [], |r| r.get::<_, i64>(0)).unwrap();
        if articles > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert!(articles > 0, "the articles are judged by the new words");

    // a form that was opened before does not overwrite it
    let late = [("do", "save"), ("name", "食品"), ("terms", "面粉"), ("version", version.as_str())];
    let (code, page) = send(&admin, FOOD, &late).await;
    assert!(code == StatusCode::UNPROCESSABLE_ENTITY && page.contains("刚被别人改过") && area(&page, "terms") == "面粉", "{page}");

    let undone = admin.post_then_get("/taxonomy", &[("do", "undo")]).await;
    assert!(undone.contains("已撤销：行业 顶上产业") && !undone.contains("<a href=\"/taxonomy/industry/%E9%A1%B6"), "{undone}");
    assert!(!service.dir.path().join("taxonomy.toml").exists() && read(&service, "qingbao.toml") == settings);
    let (code, page) = send(&admin, "/taxonomy", &[("do", "undo")]).await;
    assert!(code == StatusCode::UNPROCESSABLE_ENTITY && page.contains("没有可以撤销的改动"), "{page}");
    let log = admin.page("/operation").await;
    assert!(log.contains("词表添加") && log.contains("撤销词表改动"), "{log}");
    for path in ["/taxonomy/industry/none", "/taxonomy/column/x"] {
        assert_eq!(admin.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_places_and_organisations_are_edited_like_industries() {
    let service = Service::start("");
    let admin = service.sign_in("", "管理员").await;
    let page = admin.page("/taxonomy").await;
    for path in ["/taxonomy/column/", "/taxonomy/place/", "/taxonomy/organisation/", "new?group=column", "new?group=place", "new?group=organisation"]
    {
        assert!(page.contains(path), "{path}: {page}");
    }
    let form = admin.page("/taxonomy/new?group=column").await;
    assert!(form.contains("标题词") && form.contains("底分") && !form.contains("弱词"), "{form}");
    let column = [("group", "column"), ("name", "领导关注"), ("title", "出口\n假发"), ("text", "发制品"), ("base", "9")];
    let tried = send(&admin, "/taxonomy/new", &[&column[..], &[("do", "try"), ("version", &field(&form, "version"))]].concat()).await.1;
    assert!(tried.contains("领导关注：会归入 ") && !tried.contains("领导关注：会归入 0 篇"), "{tried}");
    let save = async |fields: &[(&str, &str)]| {
        let version = field(&admin.page("/taxonomy/new?group=column").await, "version");
        admin.post_then_get("/taxonomy/new", &[fields, &[("do", "save"), ("version", &version)]].concat()).await
    };
    let wrong = [("group", "column"), ("name", "甲"), ("title", "涨"), ("base", "很高"), ("do", "save"), ("version", &field(&form, "version"))];
    let (code, page) = send(&admin, "/taxonomy/new", &wrong).await;
    assert!(code == StatusCode::UNPROCESSABLE_ENTITY && page.contains("base"), "{page}");
    let saved = save(&column).await;
    assert!(saved.contains("已保存：栏目 领导关注：新增，2 个词") && saved.contains("标题词 2 个，正文词 1 个"), "{saved}");
    let saved = save(&[("group", "place"), ("name", "河湾镇"), ("names", "河湾"), ("region", "许昌")]).await;
    assert!(saved.contains("已保存：地名 河湾镇：新增"), "{saved}");
    let saved = save(&[("group", "organisation"), ("name", "云鹭茶厂"), ("names", "云鹭茶业"), ("industries", "食品")]).await;
    assert!(saved.contains("已保存：机构 云鹭茶厂：新增"), "{saved}");
    let refused = [("group", "organisation"), ("name", "云鹭药厂"), ("names", "云鹭药业"), ("industries", "没有的行业"), ("do", "save")];
    let version = field(&admin.page("/taxonomy/new?group=column").await, "version");
    let (code, page) = send(&admin, "/taxonomy/new", &[&refused[..], &[("version", &version)]].concat()).await;
    assert!(code == StatusCode::UNPROCESSABLE_ENTITY && page.contains("没有叫“没有的行业”的行业"), "{page}");
    let text = read(&service, "taxonomy.toml");
    assert!(text.contains("name = \"领导关注\"\nbase = 9\ntitle = [\"出口\", \"假发\"]"), "{text}");
    assert!(text.contains("name = \"河湾镇\"\nregion = \"许昌\"\nnames = [\"河湾\"]"), "{text}");
    // the name of a column that a publication has is asked about
    let path = "/taxonomy/column/%E8%A1%8C%E4%B8%9A%E8%B6%8B%E5%8A%BF";
    let (code, asked) = send(&admin, path, &[("do", "remove"), ("version", &version)]).await;
    assert!(code == StatusCode::OK && asked.contains("要删除“行业趋势”吗？") && asked.contains("有这个栏目：设置里的名称要自己改"), "{asked}");
    let undone = admin.post_then_get("/taxonomy", &[("do", "undo")]).await;
    assert!(undone.contains("已撤销：机构 云鹭茶厂"), "{undone}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_name_and_a_removal_say_where_the_name_is_used_and_ask() {
    let service = Service::start("");
    let admin = service.sign_in("", "管理员").await;
    let own = "# 我们的词\n[[industry]]\nname = \"食品\" # 主业\nterms = [\"食品\", \"面粉\"]\n\n[[industry]]\nname = \"发制品\"\nterms = [\"假发\"]\n\n[[column]]\nname = \"行业动态\"\n";
    std::fs::write(service.dir.path().join("own.toml"), own).unwrap();
    let sources = read(&service, "sources.toml");
    std::fs::write(service.dir.path().join("sources.toml"), format!("{sources}industries = [\"食品\"] # 它写的\n")).unwrap();
    service.rewrite_settings(|text| format!("taxonomy = \"own.toml\" # 自己的\n{text}"));
    let rule = [("do", "save"), ("kind", "topic"), ("effect", "exclude"), ("text", "食品")];
    assert_eq!(admin.post("/rules/new", &rule).await.status(), StatusCode::SEE_OTHER);
    let topic = [("do", "save"), ("title", "粮价"), ("kind", "warning"), ("expression", "面粉"), ("owner", "管理员"), ("industry-0", "食品")];
    assert_eq!(admin.post("/topics/new", &topic).await.status(), StatusCode::SEE_OTHER);

    let form = admin.page(FOOD).await;
    let version = field(&form, "version");
    let renamed = [("name", "食品加工"), ("terms", "食品\n面粉\n腐竹"), ("version", version.as_str())];
    let (code, asked) = send(&admin, FOOD, &[&renamed[..], &[("do", "save")]].concat()).await;
    assert!(code == StatusCode::OK && asked.contains("要改名为“食品加工”吗？"), "{asked}");
    for used in ["来源 1 个：安静的来源（sources.toml 里的 industries，保存时一并改）", "不再报道的规则 1 条", "关注课题 1 个：粮价"]
    {
        assert!(asked.contains(used), "{used}: {asked}");
    }
    assert_eq!(read(&service, "own.toml"), own);
    let saved = admin.post_then_get(FOOD, &[&renamed[..], &[("do", "save"), ("sure", "yes")]].concat()).await;
    assert!(saved.contains("食品 改名 食品加工：词加 腐竹") && !saved.contains("来源清单有误"), "{saved}");
    let expected = own.replace("\"食品\" # 主业", "\"食品加工\" # 主业").replace("\"面粉\"]", "\"面粉\", \"腐竹\"]");
    assert_eq!(read(&service, "own.toml"), expected);
    assert!(read(&service, "sources.toml").contains("industries = [\"食品加工\"] # 它写的"));

    // removal asks too, and shows what goes
    let path = "/taxonomy/industry/%E5%8F%91%E5%88%B6%E5%93%81";
    let version = field(&admin.page(path).await, "version");
    let (code, asked) = send(&admin, path, &[("do", "remove"), ("version", &version)]).await;
    assert!(code == StatusCode::OK && asked.contains("要删除“发制品”吗？") && asked.contains("试算"), "{asked}");
    let removed = admin.post_then_get(path, &[("do", "remove"), ("version", &version), ("sure", "yes")]).await;
    assert!(removed.contains("发制品：删除") && !read(&service, "own.toml").contains("发制品"), "{removed}");

    // a change by hand is not lost by 撤销
    let by_hand = format!("{}# 手改\n", read(&service, "own.toml"));
    std::fs::write(service.dir.path().join("own.toml"), &by_hand).unwrap();
    let (code, page) = send(&admin, "/taxonomy", &[("do", "undo")]).await;
    assert!(code == StatusCode::UNPROCESSABLE_ENTITY && page.contains("刚被别人改过") && read(&service, "own.toml") == by_hand, "{page}");
    std::fs::write(service.dir.path().join("own.toml"), "[[industry]]\nname = 1\n").unwrap();
    assert_eq!(admin.get("/taxonomy").await.status(), StatusCode::UNPROCESSABLE_ENTITY, "a broken file is told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn an_admin_edits_the_taxonomy_in_a_browser() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start("");
    let (mut browser, page) = enter(&service, "管理员").await;
    let looked_at = async |name: &str| {
        for (width, height, end) in [(1440, 1000, ""), (390, 844, "-phone")] {
            shape(&page, width, height, "light").await;
            page.evaluate(axe.as_str()).await.unwrap();
            assert_eq!(violations(&page).await, "", "{name}");
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            picture(&page, &format!("taxonomy-{name}{end}")).await;
        }
    };
    visit(&page, &service, "/taxonomy").await;
    looked_at("list").await;
    visit(&page, &service, FOOD).await;
    looked_at("topic").await;
    fill(&page, "[name=terms]", "没有的食物").await;
    press(&page, "[name=do][value=try]").await;
    until(&page, "the trial", "!!document.getElementById('trial')").await;
    looked_at("trial").await;
    fill(&page, "[name=name]", "食品加工").await;
    press(&page, "form#words [name=do][value=save]").await;
    until(&page, "the question", "!!document.getElementById('question')").await;
    looked_at("question").await;
    press(&page, "#question [name=sure]").await;
    press(&page, "#question [name=do]").await;
    until(&page, "the list", "!!document.getElementById('undo')").await;
    looked_at("saved").await;
    act(&page, "document.querySelector('#undo [name=do]').click()").await;
    until(&page, "the list without the step", "!document.getElementById('undo') && !!document.querySelector('.said')").await;
    browser.close().await.unwrap();
}
