//! 提醒: a rule is tried, saved, changed, switched off and deleted; outlets are tried out, and their messages sent again.

use reqwest::StatusCode;

use super::{Browser, Service, field};

fn saved(outlet: &str) -> Vec<(&str, &str)> {
    vec![("do", "save"), ("name", "发制品"), ("kind", "articles"), ("expression", "假发"), ("mode", "at-once"), ("outlet-0", outlet)]
}

fn path_of(answer: &reqwest::Response) -> String {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// A service with a robot that is never there.
fn service() -> Service {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let service = Service::start_with(
        "",
        "[[outlet]]\nname = \"值班群\"\nkind = \"webhook\"\nurl_file = \"robot.url\"\nallow_hosts = [\"127.0.0.1\"]\ntimeout = \"2s\"\n",
    );
    std::fs::write(service.dir.path().join("robot.url"), format!("http://{closed}/hook\n")).unwrap();
    service
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_tried_saved_changed_switched_off_and_deleted() {
    let service = service();
    let (a, b) = (service.sign_in("", "甲编辑").await, service.sign_in("", "管理员").await);
    assert!(a.page("/alerts").await.contains("还没有生效的提醒"));
    let preview = a.post("/alerts/new", &[&saved("值班群")[1..], &[("do", "preview")]].concat()).await.text().await.unwrap();
    assert!(preview.contains("过去 30 天有 ") && preview.contains("还没有保存") && preview.contains("href=\"/articles/"), "{preview}");
    assert!(a.page("/alerts").await.contains("还没有生效的提醒"), "a preview saves nothing");
    let wrong = a.post("/alerts/new", &[("do", "save"), ("name", "发制品"), ("kind", "articles"), ("mode", "at-once")]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text().await.unwrap();
    assert!(wrong.contains("请选推送渠道") && wrong.contains("还要写至少一个要找的词") && wrong.contains("value=\"发制品\""), "{wrong}");

    let path = &path_of(&a.post("/alerts/new", &saved("值班群")).await);
    let page = a.page(path).await;
    assert!(page.contains("文章：词语 假发") && page.contains("立即告诉 值班群") && page.contains("甲编辑"), "{page}");
    let twin = a.post("/alerts/new", &saved("值班群")).await;
    assert!(twin.status() == StatusCode::UNPROCESSABLE_ENTITY && twin.text().await.unwrap().contains("已有同名的提醒"));

    // two editors: the second sees what the first wrote
    let (form, edit) = (a.page(&format!("{path}/edit")).await, format!("{path}/edit"));
    let version = field(&form, "version");
    let change = |words: &'static str, version: String| {
        let mut fields = saved("值班群");
        fields[3] = ("expression", words);
        let mut fields: Vec<(String, String)> = fields.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        fields.push(("version".to_owned(), version));
        fields
    };
    let post = async |browser: &Browser, fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        browser.post(&edit, &fields).await
    };
    assert_eq!(post(&a, change("假发 发套", version.clone())).await.status(), StatusCode::SEE_OTHER);
    let late = post(&b, change("发制品", version)).await.text().await.unwrap();
    assert!(late.contains("别人刚改了这条提醒") && late.contains("假发 发套") && late.contains("发制品</textarea>"), "{late}");
    assert_eq!(post(&b, change("发制品", field(&late, "version"))).await.status(), StatusCode::SEE_OTHER);

    assert!(a.post_then_get(path, &[("do", "disable")]).await.contains("已停用"));
    assert!(a.post_then_get(path, &[("do", "enable")]).await.contains("生效"));
    assert_eq!(a.post(path, &[("do", "delete")]).await.status(), StatusCode::BAD_REQUEST, "not without the tick");
    assert_eq!(a.post(path, &[("do", "delete"), ("sure", "yes")]).await.status(), StatusCode::SEE_OTHER);
    assert!(a.page("/alerts").await.contains("已删除提醒"));
    assert_eq!(a.get(path).await.status(), StatusCode::NOT_FOUND);
    let log = b.page("/operation").await;
    assert!(["新建提醒", "修改提醒", "停用提醒", "启用提醒", "删除提醒"].iter().all(|w| log.contains(w)), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_and_an_organisation_lead_to_their_alert() {
    let service = service();
    let a = service.sign_in("", "甲编辑").await;
    let topic =
        [("do", "save"), ("title", "假发出口"), ("kind", "warning"), ("expression", "假发"), ("owner", "甲编辑"), ("recipients", "处长 <c@d.cn>")];
    let topic = path_of(&a.post("/topics/new", &topic).await);
    assert!(a.page(&topic).await.contains("/alerts/new?topic=1"));
    let form = a.page("/alerts/new?topic=1").await;
    assert!(
        form.contains("value=\"假发出口\"") && form.contains("c@d.cn</textarea>") && form.contains("<option value=\"1\" selected>假发出口"),
        "{form}"
    );
    let form = a.page("/alerts/new?organisations=%E8%AE%B8%E6%98%8C%E7%94%B5%E6%B0%94").await;
    assert!(form.contains("name=\"organisations\" value=\"许昌电气\""), "{form}");
    assert!(a.page("/organisations/1").await.contains("/alerts/new?organisations="));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outlet_is_tried_out_and_a_message_that_failed_is_sent_again() {
    let service = service();
    let a = service.sign_in("", "甲编辑").await;
    let page = a.page("/alerts").await;
    assert!(page.contains("值班群") && page.contains("还没有发过") && !page.contains("/hook"), "the address is a secret: {page}");
    let tried = a.post_then_get("/alerts", &[("do", "test"), ("outlet", "值班群")]).await;
    assert!(tried.contains("连不上“值班群”"), "{tried}");
    assert_eq!(a.post("/alerts", &[("do", "test"), ("outlet", "没有的群")]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(a.post("/alerts", &[("do", "explode")]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);

    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let text = serde_json::json!({ "title": "【提醒】<b>题</b>", "paragraphs": [], "url": null }).to_string();
    sql.execute("INSERT INTO notification (kind, key, raised, due, taken) VALUES ('alert', 'alert:x', 1, 1, 1)", []).unwrap();
    let failed = "INSERT INTO delivery (notification_id, outlet, content, state, tries, reply, queued, expires, next_try)
                  VALUES (last_insert_rowid(), '值班群', ?1, 'failed', 1, '关键词不对', unixepoch(), unixepoch() + 90000, unixepoch() + 90000)";
    sql.execute(failed, [text]).unwrap();
    let id = sql.last_insert_rowid().to_string();
    let page = a.page("/alerts").await;
    assert!(page.contains("没有发出的消息 <small>1 条") && page.contains("【提醒】&#60;b&#62;题") && page.contains("关键词不对"), "{page}");
    let again = a.post_then_get("/alerts", &[("do", "retry"), ("delivery", &id)]).await;
    assert!(again.contains("已排队重发"), "{again}");
    let gone = a.post_then_get("/alerts", &[("do", "cancel"), ("delivery", "99999")]).await;
    assert!(gone.contains("没有改动"), "{gone}");
}
