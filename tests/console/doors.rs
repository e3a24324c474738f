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
