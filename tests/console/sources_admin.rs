//! Admins tend the sources, editors the stories.

use reqwest::StatusCode;

use super::browser::{act, enter, picture, shape, value, visit};
use super::{Browser, Service, field, order};

impl Service {
    /// `sources.toml` with one source that cannot be read, on a site that is reached over loopback.
    pub(super) async fn with_site() -> (Self, qingbao::demo::Server) {
        let service = Self::start("");
        let site = qingbao::demo::start(qingbao::demo::DemoWorld::at(chrono::Utc::now())).await.unwrap();
        let text = format!(
            "# 来源\n[defaults]\nallow_private = true\n\n[[source]]\nid = \"broken\"\nname = \"坏来源\" # 旧址\nurl = \"{}/guzhang/rss.xml\"\nkind = \"feed\"\n",
            site.base
        );
        std::fs::write(service.dir.path().join("sources.toml"), text).unwrap();
        (service, site)
    }

    /// Waits until the service has taken over the list of [`Service::with_site`].
    pub(super) async fn until_reloaded(&self, browser: &Browser) {
        for _ in 0..100 {
            if browser.page("/sources").await.contains("坏来源") {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        panic!("the file edited by hand is not taken over");
    }

    pub(super) fn sources(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("sources.toml")).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_adds_a_source_by_its_address_and_mends_a_broken_one() {
    let (service, site) = Service::with_site().await;
    let admin = service.sign_in("", "管理员").await;
    service.until_reloaded(&admin).await;

    // what a site would bring is shown before anything is written
    let address = format!("{}/gongxin/", site.base);
    let page = admin.post("/sources", &[("do", "try"), ("url", &address)]).await.text().await.unwrap();
    assert!(page.contains("列表页") && page.contains("class=\"tried\""), "{page}");
    let first = page.split("第一篇文章").nth(1).unwrap().split("</table>").next().unwrap();
    assert!(["标题", "来源", "时间", "正文"].iter().all(|row| first.contains(row)) && !first.contains("没有读到"), "{first}");
    assert!(!service.sources().contains("gongxin"));
    let page = admin.post_then_get("/sources", &[("do", "add"), ("url", &address), ("name", "工信"), ("region", "河南")]).await;
    assert!(page.contains("已加入来源“工信”") && page.contains(">工信</a>"), "{page}");
    assert!(!admin.page("/sources").await.contains("已加入来源"), "told once");
    assert!(service.sources().contains("name = \"工信\"") && service.sources().starts_with("# 来源"));
    assert_eq!(admin.post("/sources", &[("do", "add"), ("url", &address)]).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "it is there already");

    // the broken one: tried as it is, tried as it would be, and saved
    let form = |url: String, what: &'static str| {
        vec![
            ("do", what.to_owned()),
            ("name", "好来源".to_owned()),
            ("url", url),
            ("interval", "2h".to_owned()),
            ("weight", "1.5".to_owned()),
            ("industry-0", "新一代信息技术".to_owned()),
        ]
    };
    let post = async |fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let answer = admin.post("/sources/broken", &fields).await;
        (answer.status(), answer.text().await.unwrap())
    };
    let page = admin.page("/sources/broken").await;
    assert!(page.contains("value=\"坏来源\"") && page.contains("抓取记录"));
    let mut as_it_is = form(format!("{}/guzhang/rss.xml", site.base), "try");
    as_it_is.push(("kind", "feed".to_owned()));
    let (status, words) = post(as_it_is).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(words.contains("读不到：网站只让运行脚本的浏览器打开"), "{words}");
    let good = format!("{}/keji/rss.xml", site.base);
    let (status, page) = post(form(good.clone(), "try")).await;
    assert!(status == StatusCode::OK && page.contains("订阅源：") && page.contains("value=\"2h\""), "{page}");
    assert!(service.sources().contains("guzhang"), "only tried");
    let (status, words) = post([form(good.clone(), "save"), vec![("interval", "2 小时".to_owned())]].concat()).await;
    assert!(
        status == StatusCode::UNPROCESSABLE_ENTITY && words.contains("interval 的“2 小时”不是时长") && words.contains("value=\"好来源\""),
        "{words}"
    );
    assert_eq!(post(form(good.clone(), "save")).await.0, StatusCode::SEE_OTHER);
    let file = service.sources();
    assert!(file.contains(&format!("name = \"好来源\" # 旧址\nurl = \"{good}\"\ninterval = \"2h\"")) && file.contains("weight = 1.5"), "{file}");
    assert!(!file.contains("kind = "), "{file}");
    assert_eq!(admin.get("/sources/none").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(admin.get("/sources/..%2F..%2Fetc").await.status(), StatusCode::NOT_FOUND);

    // out as OPML and in again: nothing new; with one more: one new
    let opml = admin.page("/sources.opml").await;
    assert!(opml.contains("好来源"), "{opml}");
    assert_eq!(admin.post("/sources", &[("do", "import"), ("opml", &opml)]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let more = opml.replace("</body>", "<outline text=\"新\" xmlUrl=\"https://new.example/rss\"/></body>");
    let imported = admin.post_then_get("/sources", &[("do", "import"), ("opml", &more)]).await;
    assert!(imported.contains("新增 1 个，已有 2 个，不能用的 0 个"));
    assert!(service.sources().contains("https://new.example/rss"));

    // removed only after a question; the comment of the file stays
    let editor = service.sign_in("", "甲编辑").await;
    assert_eq!(editor.post("/sources/broken", &[("do", "remove"), ("sure", "yes")]).await.status(), StatusCode::FORBIDDEN);
    let question = admin.post("/sources/broken", &[("do", "remove")]).await.text().await.unwrap();
    assert!(question.contains("要删除来源“好来源”吗？"), "{question}");
    assert!(service.sources().contains("id = \"broken\""));
    let removed = admin.post_then_get("/sources/broken", &[("do", "remove"), ("sure", "yes")]).await;
    assert!(removed.contains("已删除来源“好来源”"));
    assert!(!service.sources().contains("好来源") && service.sources().starts_with("# 来源") && service.sources().contains("name = \"工信\""));
    assert_eq!(admin.get("/sources/broken").await.status(), StatusCode::NOT_FOUND);
    let log = admin.page("/operation").await;
    assert!(log.contains("修改来源") && log.contains("导入来源") && log.contains("磁盘剩余"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn editors_say_which_articles_tell_the_same() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let change = async |fields: &[(&str, &str)]| {
        let version = field(&editor.page("/draft/1").await, "version");
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("version", version.as_str())]).collect();
        editor.post("/draft/1", &fields).await.status()
    };
    let page = editor.page("/draft/1").await;
    let items = order(&page);
    let (first, second) = (items[0].as_str(), items[1].as_str());
    let copies =
        |page: &str| page.split("<article").find(|a| a.contains(&format!("data-article=\"{first}\""))).unwrap().matches("name=\"split\"").count();
    let before = copies(&page);
    assert_eq!(change(&[("do", "merge"), ("article", second), ("into", "0")]).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change(&[("do", "merge"), ("article", second), ("into", first)]).await, StatusCode::SEE_OTHER);
    let page = editor.page("/draft/1").await;
    assert!(!order(&page).contains(&items[1]) && copies(&page) > before);
    assert_eq!(change(&[("do", "split"), ("article", first), ("copy", second)]).await, StatusCode::SEE_OTHER);
    assert_eq!(order(&editor.page("/draft/1").await)[..2], items[..2]);
    assert_eq!(change(&[("do", "merge"), ("article", second), ("into", first)]).await, StatusCode::SEE_OTHER);

    // on its page an article tells that it is in the issue; one that is not is put in; the other of a story is found by words
    let there = editor.page(&format!("/articles/{first}")).await;
    assert!(there.contains("已在本期") && !there.contains(">加入本期<"), "{there}");
    let out = editor.page("/articles").await;
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let all: usize = sql.query_row("SELECT count(*) FROM article", [], |r| r.get::<_, i64>(0)).unwrap().try_into().unwrap();
    assert!(out.contains(&format!("第 1–50 条，共 {all} 条")) && out.contains("page=2\" rel=\"next\""), "{out}");
    let rest = editor.page("/articles?page=2").await;
    assert!(rest.contains(&format!("第 51–{all} 条，共 {all} 条")) && rest.contains("rel=\"prev\"") && !rest.contains("rel=\"next\""), "{rest}");
    let ids: Vec<String> = out.split("/articles/").skip(1).map(|p| p.split('"').next().unwrap().to_owned()).collect();
    let other = ids.iter().find(|id| !order(&page).contains(id) && *id != second).unwrap();
    let article = editor.page(&format!("/articles/{other}")).await;
    if article.contains(">加入本期<") {
        assert_eq!(change(&[("do", "add"), ("article", other), ("column", "行业动态"), ("anyway", "yes")]).await, StatusCode::SEE_OTHER);
        assert!(editor.page(&format!("/articles/{other}")).await.contains("已在本期"));
        assert_eq!(change(&[("do", "undo")]).await, StatusCode::SEE_OTHER);
    }
    let found = editor.page(&format!("/articles/{first}?q=%E8%AE%B8%E6%98%8C")).await;
    assert!(found.contains("找出另一篇并合并") && found.contains("value=\"merge\""), "{found}");

    // the archive follows when the issue is finished
    assert!(!editor.page(&format!("/articles/{first}")).await.contains(&format!("name=\"copy\" value=\"{second}\"")));
    let version = field(&editor.page("/draft/1").await, "version");
    assert_eq!(editor.post("/draft/1/signing", &[("do", "finalise"), ("version", &version)]).await.status(), StatusCode::SEE_OTHER);
    let article = format!("/articles/{first}");
    let there = format!("name=\"copy\" value=\"{second}\"");
    assert!(editor.page(&article).await.contains(&there));
    assert_eq!(editor.post(&article, &[("do", "split"), ("copy", second)]).await.status(), StatusCode::SEE_OTHER);
    assert!(!editor.page(&article).await.contains(&there));
    assert_eq!(editor.post(&article, &[("do", "merge"), ("copy", second)]).await.status(), StatusCode::SEE_OTHER);
    assert!(editor.page(&article).await.contains(&there));
    assert_eq!(editor.post(&article, &[("do", "merge"), ("copy", "99999")]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

/// What lies outside the window, or is broken into single letters.
const MISPLACED: &str = "[...document.querySelectorAll('main button, main select, main td')].filter(e => e.offsetParent).flatMap(e => {
    const r = e.getBoundingClientRect();
    const narrow = e.matches('td') && e.innerText.trim().length > 6 && r.width < 60;
    return r.left < 0 || r.right > innerWidth + 1 || narrow ? [e.outerHTML.slice(0, 160)] : [];
}).join(' | ')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn pages_of_admins_fit_a_telephone_whatever_a_source_tells() {
    let (service, _site) = Service::with_site().await;
    let admin = service.sign_in("", "管理员").await;
    service.until_reloaded(&admin).await;
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let told = "UPDATE source SET failures = 9, failing_since = 1, last_ok = 1, last_error_zh = '网页不存在（404），请检查栏目网址是否已改；自上月起一直这样'";
    for _ in 0..50 {
        sql.execute(told, []).unwrap();
        if admin.page("/sources").await.contains("自上月起") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let (mut browser, page) = enter(&service, "管理员").await;
    for (name, path) in [("sources", "/sources"), ("accounts", "/accounts"), ("operation", "/operation"), ("source", "/sources/broken")] {
        for width in [390, 700, 1440] {
            shape(&page, width, 1000, "light").await;
            visit(&page, &service, path).await;
            picture(&page, &format!("admin-{name}-{width}")).await;
            act(&page, "document.querySelectorAll('details').forEach(d => { d.open = true; })").await;
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            let misplaced = value(&page, MISPLACED).await;
            assert!(misplaced.is_empty(), "{name} at {width}: {misplaced}");
        }
    }
    browser.close().await.unwrap();
}

/// A list that only a script writes, and its articles; returns its address.
async fn site_of_scripts() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let page = async |uri: axum::http::Uri| {
        let text = "云鹭集团在云溪市的第二条生产线今天投产，年产能达到三十万件，项目总投资八亿元。".repeat(4);
        axum::response::Html(match uri.path() {
            // nothing of the list stands in the script
            "/" => "<html><head><title>脚本站</title></head><body><ul id=list></ul><script>for (let n = 1; n < 9; n++) { \
                    const [row, link] = ['li', 'a'].map(name => document.createElement(name)); \
                    link.href = ['', 'news', '20261120', n].join('/'); link.textContent = ['云鹭集团第', n, '条生产线今天正式投产'].join(''); \
                    row.append(link, ' 2026-11-2' + n); document.getElementById('list').append(row); }</script></body></html>"
                .to_owned(),
            _ => format!("<html><body><h1>云鹭集团生产线今天正式投产</h1><p>2026-11-20 09:00 来源：云溪日报</p><p>{text}</p></body></html>"),
        })
    };
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(page)).await });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium"]
async fn a_list_that_a_script_writes_is_tried_and_added_with_the_browser() {
    let (service, _site) = Service::with_site().await;
    let admin = service.sign_in("", "管理员").await;
    service.until_reloaded(&admin).await;
    let address = site_of_scripts().await;
    let plain = admin.post("/sources", &[("do", "try"), ("url", &address), ("as", "")]).await;
    assert_eq!(plain.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = admin.post("/sources", &[("do", "try"), ("url", &address), ("as", "browser")]).await.text().await.unwrap();
    assert!(page.contains("云鹭集团第3条生产线今天正式投产") && page.contains("name=\"as\" value=\"browser\""), "{page}");
    let page = admin.post_then_get("/sources", &[("do", "add"), ("url", &address), ("name", "脚本站"), ("as", "browser")]).await;
    assert!(page.contains("已加入来源“脚本站”") && service.sources().contains("render = true"), "{}", service.sources());
}
