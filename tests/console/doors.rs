//! Who is let in, under which name, and how often one may guess.

use reqwest::StatusCode;

use super::{FORM, PASSWORD, Service, client, encode, field, run};

impl Service {
    /// Tries to sign in, as a proxy on this machine passes it on.
    async fn login_from(&self, address: &str, name: &str, password: &str) -> StatusCode {
        let form = encode(&[("name", name), ("password", password)]);
        let request = client().post(format!("{}/login", self.base)).body(form).header("content-type", FORM).header("x-forwarded-for", address);
        request.send().await.unwrap().status()
    }

    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
        let mut request = client().get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_answers_to_its_own_names_and_tells_figures_to_this_machine() {
    let service = Service::start_with("", "hosts = [\"qingbao.example.cn\"]\n");
    let port = service.base.rsplit(':').next().unwrap();
    for (host, expected) in [
        ("localhost", StatusCode::OK),
        ("qingbao.example.cn", StatusCode::OK),
        ("Qingbao.Example.CN:443", StatusCode::OK),
        (&format!("127.0.0.1:{port}"), StatusCode::OK),
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("qingbao.example.cn.evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("192.0.2.1", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let (status, text) = service.ask("/login", &[("host", host)]).await;
        assert_eq!(status, expected, "{host}");
        assert!(expected == StatusCode::OK || (text.contains("不是这个控制台的网址") && text.contains("public_url")), "{text}");
    }
    let told = run(service.dir.path(), &["token", "add", "monitor"], "");
    let token = format!("Bearer {}", told.split_whitespace().nth(1).unwrap());
    for path in ["/metrics", "/readyz"] {
        assert_eq!(service.ask(path, &[]).await.0, StatusCode::OK, "{path}");
        for proxied in ["x-forwarded-for", "x-real-ip", "forwarded", "via"] {
            assert_eq!(service.ask(path, &[(proxied, "127.0.0.1")]).await.0, StatusCode::UNAUTHORIZED, "{path} {proxied}");
        }
        assert_eq!(service.ask(path, &[("x-forwarded-for", "192.0.2.1"), ("authorization", &token)]).await.0, StatusCode::OK, "{path}");
    }
    assert_eq!(service.ask("/healthz", &[("x-forwarded-for", "192.0.2.1")]).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_who_guesses_keeps_nobody_out_and_gains_nothing_by_haste() {
    let service = Service::start("");
    let guesses: Vec<String> = (0..30).map(|n| format!("guess {n}")).collect();
    let at_once = futures_util::future::join_all(guesses.iter().map(|guess| service.login_from("192.0.2.1", "甲编辑", guess))).await;
    let looked_at = at_once.iter().filter(|s| **s == StatusCode::UNAUTHORIZED).count();
    assert_eq!(looked_at, 5, "{at_once:?}");
    assert_eq!(service.login_from("192.0.2.1", "甲编辑", PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(service.login_from("192.0.2.2", "甲编辑", PASSWORD).await, StatusCode::SEE_OTHER, "the owner, from where she sits");
    assert_eq!(service.login_from("192.0.2.1", "乙编辑", PASSWORD).await, StatusCode::SEE_OTHER, "a colleague from the same address");

    // whatever a stranger types, little of it is kept
    assert_eq!(service.login_from("192.0.2.3", &"名".repeat(1_500), "x").await, StatusCode::UNAUTHORIZED);
    assert_eq!(service.login_from("192.0.2.3", &"n".repeat(100_000), "x").await, StatusCode::PAYLOAD_TOO_LARGE);
    let admin = service.sign_in("", "管理员").await;
    let log = admin.page("/operation").await;
    assert!(log.contains(&"名".repeat(40)) && !log.contains(&"名".repeat(41)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_article_that_does_not_exist_is_refused_in_words() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let page = editor.page("/draft/1").await;
    let (version, first) = (field(&page, "version"), super::order(&page).remove(0));
    for fields in [[("do", "add"), ("article", "999999")], [("do", "split"), ("copy", "999999")], [("do", "add"), ("article", "x")]] {
        let more = [("version", version.as_str()), ("into", first.as_str())];
        let fields: Vec<(&str, &str)> = fields.iter().chain(&more).copied().collect();
        let answer = editor.post("/draft/1", &fields).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && text.contains("没有这篇文章"), "{fields:?}: {status} {text}");
    }
    assert_eq!(editor.post("/articles/999999", &[("do", "split"), ("copy", "999999")]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_without_a_page_is_answered_in_the_readers_language() {
    let service = Service::start("/qb");
    let editor = service.sign_in("/qb", "甲编辑").await;
    for path in
        ["/organisations/abc", "/organisations/abc/csv", "/events/abc", "/articles/abc", "/topics/abc", "/draft/abc", "/draft/1/files/x", "/no/page"]
    {
        let answer = editor.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.contains("<nav") && text.contains("没有这个页面"), "{path}: {text}");
    }
    assert_eq!(editor.post("/articles/abc", &[("do", "split")]).await.status(), StatusCode::NOT_FOUND);
    for path in ["/api/v1/articles/abc", "/api/v1/organisations/abc", "/api/v1/nothing"] {
        let answer = editor.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        let error: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert!(error["error"].is_string(), "{path}: {error}");
    }
    assert_eq!(service.ask("/qb/articles/abc", &[]).await.0, StatusCode::SEE_OTHER, "a stranger signs in first");
    assert_eq!(service.ask("/favicon.ico", &[]).await.0, StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_no_form_has_are_refused() {
    let service = Service::start("");
    let (editor, admin) = (service.sign_in("", "甲编辑").await, service.sign_in("", "管理员").await);
    let refused = async |browser: &super::Browser, path: &str, fields: &[(&str, &str)]| {
        let answer = browser.post(path, fields).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path} {fields:?}");
        answer.text().await.unwrap()
    };
    refused(&admin, "/accounts", &[("do", "add"), ("name", "丁编辑"), ("role", "boss")]).await;
    assert!(!admin.page("/accounts").await.contains("丁编辑"), "nobody is added");
    refused(&admin, "/sources", &[("do", "add"), ("url", "https://new.example/"), ("kind", "别的")]).await;
    assert!(!service.sources().contains("new.example"));
    let words =
        refused(&admin, "/sources/quiet", &[("do", "save"), ("name", "安静的来源"), ("url", "https://quiet.example/"), ("column", "别的")]).await;
    let told = words.split("class=\"said\"").nth(1).unwrap().split("</p>").next().unwrap();
    assert_eq!(told.matches("金融要点").count(), 1, "each column once: {told}");
    // an article is taken out of the story and the event of the page only
    let sql = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db")).unwrap();
    let copy: i64 = sql.query_row("SELECT max(id) FROM article GROUP BY story_id HAVING count(*) > 1 LIMIT 1", [], |r| r.get(0)).unwrap();
    let same = "SELECT a.id, a.story_id = b.story_id FROM article a, article b WHERE b.id = ?1 AND a.id <> b.id ORDER BY 2, 1 LIMIT 1";
    let (other, is_same): (i64, bool) = sql.query_row(same, [copy], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    assert!(!is_same);
    refused(&editor, &format!("/articles/{other}"), &[("do", "split"), ("copy", &copy.to_string())]).await;
    let page =
        sql.query_row("SELECT a.id FROM article a JOIN article b USING (story_id) WHERE b.id = ?1 AND a.id <> b.id", [copy], |r| r.get::<_, i64>(0));
    let page = format!("/articles/{}", page.unwrap());
    assert_eq!(editor.post(&page, &[("do", "split"), ("copy", &copy.to_string())]).await.status(), StatusCode::SEE_OTHER);
}
