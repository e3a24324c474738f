use serde_json::Value;

use super::*;
use crate::text::{hex, hmac};

const NOW: i64 = 1_599_360_473;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn url(text: &str) -> WebUrl {
    WebUrl::parse(text).unwrap()
}

fn message() -> OutletMessage {
    let paragraph = |text: &str, to: Option<&str>| Paragraph { text: text.to_owned(), url: to.map(url) };
    OutletMessage {
        id: "alert-17".to_owned(),
        kind: NotificationKind::Alert,
        title: "许昌发制品出口增长".to_owned(),
        paragraphs: vec![paragraph("云鹭发制品上半年出口增长两成", Some("https://news.example.cn/1.html")), paragraph("另有 2 家报道", None)],
        url: Some(url("https://qingbao.example.cn/article/17")),
        at: now(),
        repeated: false,
    }
}

/// Everything that a page may put into a title to reach past its place.
fn hostile() -> OutletMessage {
    let text = "<@all> @所有人 [点我](https://evil.example/x) **粗** <font color=\"warning\">红</font>\n# 标题\u{202e}\u{200b}\0 www.evil.example &lt;at id=all&gt; `码` ~~删~~";
    let paragraphs = vec![Paragraph { text: text.to_owned(), url: Some(url("https://a.example.cn/)](https://evil.example/?q=`*|")) }];
    OutletMessage { title: text.to_owned(), paragraphs, ..message() }
}

fn long() -> OutletMessage {
    let paragraph = Paragraph { text: "长\"句".repeat(400), url: Some(url("https://news.example.cn/2.html")) };
    OutletMessage { title: "标\"题".repeat(400), paragraphs: vec![paragraph; 50], ..message() }
}

fn requests(message: &OutletMessage) -> Vec<(&'static str, OutgoingRequest)> {
    let (at, secret) = (url("https://host.example.cn/robot/send?access_token=TOKENTOKEN"), Secret::new("SECabc"));
    vec![
        ("wecom", wecom::request(&at, message)),
        ("dingtalk", dingtalk::request(&at, Some(&secret), Some("情报"), message, now())),
        ("feishu", feishu::request(&at, Some(&secret), Some("情报"), message, now())),
        ("ntfy", ntfy::request(&url("https://ntfy.example.cn/xuchang"), Some(&secret), message)),
        ("webhook", webhook::request(&at, Some(&secret), message, now())),
    ]
}

fn json(request: &OutgoingRequest) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

#[test]
fn each_vendor_gets_its_own_form() {
    for (vendor, request) in requests(&message()) {
        let pretty = format!("POST {}\n{}", request.url.as_str(), serde_json::to_string_pretty(&json(&request)).unwrap());
        insta::assert_snapshot!(vendor, pretty);
    }
}

#[test]
fn dingtalk_signs_in_the_address() {
    // python: base64(hmac_sha256(key="SECabc", "1599360473000\nSECabc")), URL-encoded
    let expected = "&timestamp=1599360473000&sign=3SJkK5Fm70JVVkwmvZFkgdPlr53Kn2utLHLz9DzuOSc%3D";
    let request = &requests(&message())[1].1;
    assert!(request.url.as_str().ends_with(expected), "{}", request.url.as_str());
}

#[test]
fn a_webhook_is_signed_over_time_and_body() {
    let request = &requests(&message())[4].1;
    let signed = format!("{NOW}.{}", request.body);
    let expected = format!("sha256={}", hex(&hmac::sign(b"SECabc", signed.as_bytes())));
    let header = |name: &str| request.headers.iter().find(|h| h.0 == name).unwrap().1.clone();
    assert_eq!((header("X-Qingbao-Signature"), header("X-Qingbao-Id")), (expected, "alert-17".to_owned()));
}

#[test]
fn hostile_texts_stay_texts() {
    for (vendor, request) in requests(&hostile()).into_iter().filter(|r| r.0 != "webhook") {
        let body = request.body;
        let signs = ["<@", "@all", "@所有人", "](https://evil", "www.evil", "<font", "**粗", "&lt;", "\u{202e}", "\u{200b}", "\\u0000", "`码"];
        assert_eq!(signs.iter().find(|s| body.contains(**s)), None, "{vendor}: {body}");
        // within the address of the paragraph, escaped
        assert_eq!(body.matches("https://evil").count(), body.matches("%28https://evil").count(), "{vendor}: {body}");
    }
    let markdown = json(&requests(&hostile())[0].1)["markdown"]["content"].as_str().unwrap().to_owned();
    assert_eq!(markdown.matches("](").count(), 2, "the paragraph's link and the message's own: {markdown}");
    // for programs the text stays, without control characters
    let title = json(&requests(&hostile())[4].1)["title"].as_str().unwrap().to_owned();
    assert!(title.starts_with("<@all> @所有人 [点我]") && !title.contains(['\n', '\0', '\u{202e}']), "{title}");
}

#[test]
fn long_messages_are_cut_by_bytes_and_keep_their_links() {
    let vendors = requests(&long());
    let content = |at: usize, path: &str| json(&vendors[at].1).pointer(path).unwrap().as_str().unwrap().to_owned();
    let wecom = content(0, "/markdown/content");
    assert!(wecom.len() <= 4096 && wecom.len() > 3500, "{}", wecom.len());
    assert!(wecom.contains("](https://news.example.cn/2.html)") && wecom.ends_with("[打开查看](https://qingbao.example.cn/article/17)"), "{wecom}");
    assert!(wecom.contains("……另有 4"), "{wecom}");
    assert!(content(3, "/message").len() <= 4096);
    for at in [1, 2] {
        assert!(vendors[at].1.body.len() < 20_000 && vendors[at].1.body.contains("qingbao.example.cn/article/17"), "{}", vendors[at].0);
    }
    assert!(vendors[4].1.body.len() < 300_000);
    // an address that is longer than the message goes, the text stays
    let endless = Some(url(&format!("https://a.cn/{}", "x".repeat(4000))));
    let m = OutletMessage { url: endless.clone(), paragraphs: vec![Paragraph { text: "正文".to_owned(), url: endless }], ..message() };
    assert_eq!(json(&wecom::request(&url("https://a.cn/"), &m))["markdown"]["content"], "**许昌发制品出口增长**\n\n正文");
}

#[test]
fn a_repetition_and_the_keyword_are_told() {
    let again = OutletMessage { repeated: true, ..message() };
    assert_eq!(json(&requests(&again)[1].1)["markdown"]["title"], "【情报】许昌发制品出口增长（重发）");
    let with_word = OutletMessage { title: "情报：出口增长".to_owned(), ..message() };
    assert_eq!(json(&requests(&with_word)[1].1)["markdown"]["title"], "情报：出口增长");
    let empty = OutletMessage { title: " \n".to_owned(), paragraphs: Vec::new(), url: None, ..message() };
    assert_eq!(json(&requests(&empty)[0].1)["markdown"]["content"], "**提醒**");
}

fn answer(status: u16, body: &str) -> OutgoingAnswer {
    OutgoingAnswer { status, headers: http::HeaderMap::new(), body: body.as_bytes().to_vec(), is_complete: true }
}

fn word(result: &SendResult) -> String {
    match result {
        SendResult::Accepted => "accepted".to_owned(),
        SendResult::Throttled { retry_after, .. } => format!("throttled {}", retry_after.as_secs()),
        SendResult::Refused { .. } => "refused".to_owned(),
        SendResult::Unavailable { .. } => "unavailable".to_owned(),
        SendResult::Unknown { .. } => "unknown".to_owned(),
    }
}

#[test]
fn answers_are_judged_by_their_code_not_by_their_status() {
    use OutletKind::*;
    let table = [
        (Wecom, 200, r#"{"errcode":0,"errmsg":"ok"}"#, "accepted"),
        (Wecom, 200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, "throttled 60"),
        (Wecom, 200, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, "refused"),
        (Wecom, 200, r#"{"errcode":-1,"errmsg":"system busy"}"#, "unavailable"),
        (Wecom, 200, "", "unknown"),
        (Wecom, 200, "<html>请先登录网络</html>", "unknown"),
        (Wecom, 302, "", "refused"),
        (Wecom, 502, "<html>Bad Gateway</html>", "unknown"),
        (Wecom, 503, "", "unavailable"),
        (Dingtalk, 200, r#"{"errcode":310000,"errmsg":"sign not match"}"#, "refused"),
        (Dingtalk, 200, r#"{"status":1111,"wait":5,"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#, "throttled 600"),
        (Dingtalk, 200, r#"{"errcode":300005,"errmsg":"token is not exist"}"#, "refused"),
        (Dingtalk, 200, r#"{"errcode":123,"errmsg":"new"}"#, "unavailable"),
        (Feishu, 200, r#"{"code":0,"msg":"success","StatusCode":0}"#, "accepted"),
        (Feishu, 400, r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}"#, "refused"),
        (Feishu, 200, r#"{"code":19024,"msg":"Key Words Not Found"}"#, "refused"),
        (Feishu, 200, r#"{"code":11232,"msg":"frequency limited"}"#, "throttled 60"),
        (Feishu, 429, r#"{"code":1,"msg":"request trigger frequency limit"}"#, "throttled 60"),
        (Webhook, 204, "", "accepted"),
        (Webhook, 404, "", "refused"),
        (Webhook, 500, "", "unknown"),
        (Ntfy, 200, r#"{"id":"hwQ2YpKdmg","time":1,"event":"message"}"#, "accepted"),
        (Ntfy, 200, "<html>", "unknown"),
        (Ntfy, 403, r#"{"code":40301,"http":403,"error":"forbidden"}"#, "refused"),
        (Ntfy, 507, "", "unavailable"),
    ];
    for (kind, status, body, expected) in table {
        let result = verdict(kind, &answer(status, body), now());
        assert_eq!(word(&result), expected, "{kind:?} {status} {body}: {result:?}");
    }
    let cut_off = OutgoingAnswer { is_complete: false, ..answer(200, r#"{"errcode":0,"errmsg":"ok"}"#) };
    assert_eq!((word(&verdict(Wecom, &cut_off, now())), word(&verdict(Webhook, &cut_off, now()))), ("unknown".to_owned(), "accepted".to_owned()));
}

#[test]
fn a_pause_is_as_long_as_the_vendor_asks() {
    let mut busy = answer(429, "{}");
    busy.headers.insert("retry-after", "90".parse().unwrap());
    assert_eq!(word(&verdict(OutletKind::Ntfy, &busy, now())), "throttled 90");
    busy.status = 503;
    assert_eq!(word(&verdict(OutletKind::Webhook, &busy, now())), "throttled 90");
    let mut reset = answer(429, r#"{"code":99991400,"msg":"request trigger frequency limit"}"#);
    reset.headers.insert("x-ogw-ratelimit-reset", "152".parse().unwrap());
    assert_eq!(word(&verdict(OutletKind::Feishu, &reset, now())), "throttled 152");
}

fn settings(dir: &std::path::Path, kind: OutletKind, address: &str, allow: &[&str]) -> OutletSettings {
    let file = dir.join("url");
    std::fs::write(&file, address).unwrap();
    let allow_hosts = allow.iter().map(|h| crate::config::settings::AllowedHost::parse(h).unwrap()).collect();
    let timeout = Duration::from_secs(2);
    let (name, takes) = ("值班群".to_owned(), vec![NotificationKind::Alert]);
    OutletSettings { name, kind, url_file: Some(file), secret_file: None, keyword: None, to: Vec::new(), takes, allow_hosts, timeout }
}

#[test]
fn an_address_is_checked_before_anything_is_sent() {
    use OutletKind::*;
    let dir = tempfile::tempdir().unwrap();
    let table = [
        (Wecom, " https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=SECRETSECRET \n", &[][..], "ok"),
        (Wecom, "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=SECRETSECRET", &[], "plain text"),
        (Wecom, "https://qyapi.weixin.qq.com.evil.example/send?key=SECRETSECRET", &[], "leads to qyapi.weixin.qq.com.evil.example, not to qyapi"),
        (Wecom, "http://proxy.lan:8080/send?key=SECRETSECRET", &["proxy.lan:8080"], "ok"),
        (Webhook, "https://hook.example.cn/SECRETSECRET", &[], "ok"),
        (Ntfy, "https://ntfy.example.cn/", &[], "names no topic"),
        (Ntfy, "SECRETSECRET", &[], "holds no web address"),
        (Ntfy, " \n", &[], "is empty"),
        (Ntfy, "https://a.cn/x\nSECRETSECRET", &[], "is empty or too long"),
    ];
    for (kind, address, allow, expected) in table {
        let told = Outlet::open(&settings(dir.path(), kind, address, allow)).map_or_else(|e| format!("{e} {}", e.chinese()), |o| format!("ok {o:?}"));
        assert!(told.contains(expected) && !told.contains("SECRETSECRET"), "{address}: {told}");
    }
    let mut gone = settings(dir.path(), Webhook, "https://a.cn/", &[]);
    gone.url_file = Some(dir.path().join("none"));
    assert!(matches!(Outlet::open(&gone), Err(OutletError::File { .. })));
}

#[test]
fn a_reply_holds_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    let mut outlet = Outlet::open(&settings(dir.path(), OutletKind::Wecom, "https://qyapi.weixin.qq.com/send?key=SECRETSECRET", &[])).unwrap();
    outlet.secret = Some(Secret::new("SIGNSIGN"));
    let echo = r#"{"errcode":93000,"errmsg":"invalid https://qyapi.weixin.qq.com/send?key=SECRETSECRET SIGNSIGN SECRETSECRET"}"#;
    let told = format!("{:?}", outlet.without_secrets(verdict(OutletKind::Wecom, &answer(200, echo), now())));
    assert!(told.contains("93000") && !told.contains("SECRETSECRET") && !told.contains("SIGNSIGN"), "{told}");
}
