//! 订阅人 and what readers say through the links of their mail.

use std::time::Duration;

use mail_parser::MessageParser;
use reqwest::StatusCode;

use super::browser::{act, enter, picture, shape, violations, visit};
use super::{Browser, FORM, Service, client, encode, field, order, run};

const READER: &str = "[[publication.subscriber]]\naddress = \"协会 <xh@b.example>\"\nindustries = [\"建材\"]\n";
const PUBLIC: &str = "public_url = \"http://127.0.0.1:8320\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admins_keep_subscribers_and_editors_look() {
    let service = Service::start_publication("", READER, "");
    let (editor, admin) = (service.sign_in("", "甲编辑").await, service.sign_in("", "管理员").await);
    let page = editor.page("/subscribers").await;
    assert!(page.contains("协会") && page.contains("写在 qingbao.toml 里") && page.contains("leader@b.example"), "{page}");
    assert!(!page.contains("name=\"do\" value=\"add\"") && page.contains("由管理员做"), "{page}");
    assert_eq!(editor.post("/subscribers", &[("do", "add"), ("address", "x@b.example")]).await.status(), StatusCode::FORBIDDEN);

    let add = [("do", "add"), ("address", "张三 <zs@b.example>"), ("column-0", "行业动态"), ("industry-3", "建材"), ("organisations", "")];
    let page = admin.post_then_get("/subscribers", &add).await;
    assert!(page.contains("已添加 张三") && page.contains("行业动态里的建材") && page.contains("还没有"), "{page}");
    for (address, code) in [("ZS@b.example", 409), ("xh@b.example", 409), ("leader@b.example", 409), ("不是邮箱", 422), ("a\nb@c.cn", 422)] {
        assert_eq!(admin.post("/subscribers", &[("do", "add"), ("address", address)]).await.status(), code, "{address}");
    }
    // a mistake keeps what was typed and ticked
    let unknown =
        admin.post("/subscribers", &[("do", "add"), ("address", "y@b.example"), ("industry-3", "建材"), ("organisations", "没有这家")]).await;
    assert_eq!(unknown.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = unknown.text().await.unwrap();
    assert!(page.contains("没有添加：文章里没有这些机构：没有这家") && page.contains("value=\"y@b.example\""), "{page}");
    assert!(page.contains("value=\"建材\" checked") && page.contains("没有这家</textarea>"), "{page}");
    for (field, value, code) in [("industry-0", "没有这业", 422), ("publication", "没有这刊", 404)] {
        let answer = admin.post("/subscribers", &[("do", "add"), ("address", "y@b.example"), (field, value)]).await;
        assert_eq!(answer.status(), code, "{value}");
    }
    assert_eq!(admin.get("/subscribers?publication=x").await.status(), StatusCode::NOT_FOUND);
    // lines that cannot be read stay in the form, the others are added
    let list = "李四\tls@b.example\r\n\r\nzs@b.example\r\n坏行\r\nxh@b.example; ww@b.example";
    let page = admin.post("/subscribers", &[("do", "import"), ("list", list)]).await.text().await.unwrap();
    assert!(page.contains("导入 2 位，2 位已经有了。有 1 行读不懂") && page.contains(">坏行</textarea>"), "{page}");

    // changed, stopped, resumed
    let form = admin.page("/subscribers/1").await;
    assert!(form.contains("value=\"张三 &#60;zs@b.example&#62;\"") && form.contains("value=\"建材\" checked"), "{form}");
    assert_eq!(editor.get("/subscribers/1").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(admin.get("/subscribers/99").await.status(), StatusCode::NOT_FOUND);
    let page = admin.post_then_get("/subscribers/1", &[("do", "save"), ("address", "张三 <zs@b.example>"), ("industry-0", "发制品")]).await;
    assert!(page.contains("已保存 张三") && !page.contains("行业动态里的"), "{page}");
    let taken = admin.post("/subscribers/1", &[("do", "save"), ("address", "ls@b.example")]).await;
    assert_eq!(taken.status(), StatusCode::CONFLICT);
    let page = taken.text().await.unwrap();
    assert!(page.contains("没有保存：这个邮箱已经在") && page.contains("value=\"ls@b.example\""), "{page}");
    let recipients = || run(service.dir.path(), &["digest", "send", "--dry-run"], "");
    let told = recipients();
    assert!(told.contains("zs@b.example") && told.contains("ww@b.example") && told.contains("xh@b.example"), "{told}");
    let page = admin.post_then_get("/subscribers", &[("do", "stop"), ("id", "1")]).await;
    assert!(page.contains("已停发") && !recipients().contains("zs@b.example"), "{page}");
    admin.post_then_get("/subscribers", &[("do", "resume"), ("id", "1")]).await;
    assert!(recipients().contains("zs@b.example"));
    let log = admin.page("/operation").await;
    for words in ["添加订阅人", "导入订阅人", "修改订阅人", "停发订阅人", "恢复订阅人"] {
        assert!(log.contains(words), "{words}");
    }
}

/// The text and HTML of the mail to an address, once it is queued.
fn mail_to(service: &Service, to: &str) -> (String, String) {
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    for _ in 0..120 {
        let newest = "SELECT message FROM outbox WHERE recipient = ?1 AND length(message) > 0 ORDER BY id DESC LIMIT 1";
        if let Ok(bytes) = sql.query_row(newest, [to], |r| r.get::<_, Vec<u8>>(0)) {
            let mail = MessageParser::default().parse(&bytes).unwrap();
            return (mail.body_text(0).unwrap().into_owned(), mail.body_html(0).unwrap().into_owned());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    panic!("no mail to {to}: {}", run(service.dir.path(), &["outbox", "list", "--all"], ""));
}

/// The paths of the links for a verdict, in the order of the items.
fn links(text: &str, verdict: &str) -> Vec<String> {
    let start = format!("{verdict}：http://127.0.0.1:8320");
    text.lines().filter_map(|l| l.trim().strip_prefix(&start)).map(str::to_owned).collect()
}

async fn finished(service: &Service, editor: &Browser) -> (String, String) {
    let version = field(&editor.page("/draft/1").await, "version");
    assert_eq!(editor.post("/draft/1/signing", &[("do", "finalise"), ("version", &version)]).await.status(), StatusCode::SEE_OTHER);
    mail_to(service, "leader@b.example")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_says_what_he_thinks_without_signing_in() {
    let service = Service::start_publication("", "", PUBLIC);
    let editor = service.sign_in("", "甲编辑").await;
    service.rewrite_settings(|s| s.replace("leader@b.example\"", "王局长 <leader@b.example>\""));
    let first = order(&editor.page("/draft/1").await)[0].clone();
    let (text, html) = finished(&service, &editor).await;
    let (useful, useless, remarks) = (links(&text, "有用"), links(&text, "没用"), links(&text, "批示"));
    assert!(useful.len() > 20 && useful.len() == useless.len() && useful.len() == remarks.len(), "{text}");
    assert!(html.contains(&useful[0]) && !html.contains("leader@") && !useful[0].contains("leader"), "no address in a link");
    let at = |path: &str| format!("{}{path}", service.base);
    let get = |path: String| async move { client().get(path).send().await.unwrap() };
    let post = |path: String, fields: Vec<(&'static str, String)>| async move {
        let body = encode(&fields.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>());
        client().post(path).body(body).header("content-type", FORM).send().await.unwrap()
    };

    // opening a link changes nothing, however often a scanner does it
    for _ in 0..3 {
        let answer = get(at(&useful[0])).await;
        assert!(answer.status() == StatusCode::OK && answer.headers().get("set-cookie").is_none());
        let page = answer.text().await.unwrap();
        assert!(
            page.contains("这一条有用") && page.contains("<form method=\"post\">") && !page.contains("<script") && !page.contains("<img"),
            "{page}"
        );
    }
    assert!(!editor.page("/draft/1").await.contains("位读者认为"));
    // the button records, once; the other link changes it
    for _ in 0..2 {
        assert_eq!(post(at(&useful[0]), Vec::new()).await.status(), StatusCode::SEE_OTHER);
    }
    assert!(get(at(&useful[0])).await.text().await.unwrap().contains("已记下：有用"));
    assert!(editor.page("/draft/1").await.contains("1 位读者认为有用"));
    assert!(get(at(&useless[0])).await.text().await.unwrap().contains("您原来选的是“有用”"));
    assert_eq!(post(at(&useless[0]), Vec::new()).await.status(), StatusCode::SEE_OTHER);
    let page = editor.page(&format!("/articles/{first}")).await;
    assert!(page.contains("1 位读者认为没用") && !page.contains("认为有用"), "{page}");
    // 批示 is a text
    for (words, code) in [(String::new(), 422), ("长".repeat(501), 422), ("请工信局跟进<script>".to_owned(), 303), ("第二次".to_owned(), 303)]
    {
        let answer = post(at(&remarks[0]), vec![("remark", words.clone())]).await;
        assert_eq!(answer.status(), code, "{words}");
        assert!(code != 422 || answer.text().await.unwrap().contains(&format!("{words}</textarea>")), "what was written is kept");
    }
    let page = get(at(&remarks[0])).await.text().await.unwrap();
    assert!(page.contains("已交给编辑") && page.contains("请工信局跟进&#60;script&#62;") && !page.contains("第二次"), "{page}");
    for page in [editor.page("/draft/1").await, editor.page(&format!("/articles/{first}")).await] {
        assert!(page.contains("请工信局跟进&#60;script&#62;") && page.contains("王局长") && !page.contains("第二次"), "{page}");
    }

    // a forged link is a page that does not exist, and from another site nothing is recorded
    let forged = useful[1].replacen(".u.", ".n.", 1);
    for (path, code) in [(forged.as_str(), 404), ("/feedback/x", 404)] {
        assert_eq!(get(at(path)).await.status(), code);
        assert_eq!(post(at(path), Vec::new()).await.status(), code);
    }
    let foreign = client().post(at(&useful[1])).body("").header("content-type", FORM).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert!(get(at(&useful[1])).await.text().await.unwrap().contains("这一条有用"), "nothing was recorded");

    // after the issue was withdrawn it is said, and after 60 days it is over
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    sql.execute("UPDATE edition SET payload = json_set(payload, '$.finalised', json('false'))", []).unwrap();
    assert!(get(at(&useful[1])).await.text().await.unwrap().contains("这一期已撤回"));
    assert_eq!(post(at(&useful[1]), Vec::new()).await.status(), StatusCode::SEE_OTHER);
    sql.execute("UPDATE edition SET payload = json_set(payload, '$.date', '2026-01-01')", []).unwrap();
    assert_eq!(get(at(&useful[2])).await.status(), StatusCode::GONE);
    assert_eq!(post(at(&useful[2]), Vec::new()).await.status(), StatusCode::GONE);

    // who tries many is slowed down
    let mut last = StatusCode::OK;
    for n in 0..40 {
        last = get(at(&format!("/feedback/1.{n}.u.0000000000000000.00000000000000000000000000000000"))).await.status();
        if last == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_public_address_mail_has_no_such_links() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let (text, html) = finished(&service, &editor).await;
    assert!(!text.contains("/feedback/") && !html.contains("/feedback/"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium and axe-core (AXE=/path/to/axe.min.js)"]
async fn the_pages_of_subscribers_and_readers_are_accessible_and_fit_a_phone() {
    let axe = std::fs::read_to_string(std::env::var("AXE").expect("AXE names axe.min.js of npm's axe-core")).unwrap();
    let service = Service::start_publication("", READER, PUBLIC);
    let (editor, admin) = (service.sign_in("", "甲编辑").await, service.sign_in("", "管理员").await);
    let add = [("do", "add"), ("address", "张三 <zs@b.example>"), ("column-0", "行业动态"), ("industry-3", "建材")];
    admin.post_then_get("/subscribers", &add).await;
    admin
        .post_then_get("/subscribers", &[("do", "import"), ("list", "李四 <lisi@example.b.example>\nwangwu.with.a.long.name@example.b.example")])
        .await;
    admin.post_then_get("/subscribers", &[("do", "stop"), ("id", "2")]).await;
    let (text, html) = finished(&service, &editor).await;
    let (useful, remark) = (links(&text, "有用")[0].clone(), links(&text, "批示")[0].clone());
    let post = |path: String, body: String| {
        let url = format!("{}{path}", service.base);
        async move { client().post(url).body(body).header("content-type", FORM).send().await.unwrap().status() }
    };
    assert_eq!(post(useful.clone(), String::new()).await, StatusCode::SEE_OTHER);
    assert_eq!(post(remark, encode(&[("remark", "请工信局跟进，下周报进展。")])).await, StatusCode::SEE_OTHER);
    let mail = service.dir.path().join("mail.html");
    std::fs::write(&mail, html).unwrap();
    let (other, second) = (links(&text, "没用")[0].clone(), links(&text, "批示")[1].clone());
    let (mut browser, page) = enter(&service, "管理员").await;
    for (name, path) in [
        ("subscribers", "/subscribers"),
        ("subscriber", "/subscribers/1"),
        ("feedback-done", useful.as_str()),
        ("feedback-other", other.as_str()),
        ("feedback-remark", second.as_str()),
        ("feedback-issue", "/draft/1"),
    ] {
        for (width, scheme) in [(390, "light"), (1440, "light"), (390, "dark")] {
            shape(&page, width, if width < 600 { 1600 } else { 1000 }, scheme).await;
            visit(&page, &service, path).await;
            act(&page, "document.querySelectorAll('main > form details').forEach(d => { d.open = true; })").await;
            let wide: i64 = page.evaluate("document.documentElement.scrollWidth").await.unwrap().into_value().unwrap();
            assert!(wide <= width, "{name} at {width}: {wide} wide");
            picture(&page, &format!("{name}-{width}-{scheme}")).await;
            page.evaluate(axe.as_str()).await.unwrap();
            assert_eq!(violations(&page).await, "", "{name} at {width} {scheme}");
        }
    }
    for width in [390, 800] {
        shape(&page, width, 2400, "light").await;
        page.goto(format!("file://{}", mail.display())).await.unwrap();
        picture(&page, &format!("feedback-mail-{width}")).await;
    }
    browser.close().await.unwrap();
}
