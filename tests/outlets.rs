//! Chat robots, webhooks and ntfy as servers on loopback that check signature, size and rate as the vendors do, and that are down,
//! slow or broken.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac as _};
use qingbao::config::settings::{AllowedHost, OutletKind, OutletSettings};
use qingbao::model::{NotificationKind, WebUrl};
use qingbao::outlets::{Outlet, OutletMessage, Paragraph, SendResult};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const SECRET: &str = "SEC-of-the-robot";
const KEYWORD: &str = "情报";

/// A request as it arrived.
#[derive(Debug, Clone)]
struct Received {
    target: String,
    head: String,
    body: String,
}

impl Received {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().filter_map(|l| l.split_once(": ")).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    }

    fn query(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(&format!("http://x{}", self.target)).unwrap();
        url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
    }
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let n = stream.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap_or(0);
        if body.len() >= length {
            let target = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
            return Some(Received { target, head: head.to_owned(), body: body.to_owned() });
        }
    }
}

type Log = Arc<Mutex<Vec<Received>>>;

/// Answers each request with the bytes that `respond` returns for it; an empty answer closes the connection.
async fn serve(respond: impl Fn(&Received, usize) -> Vec<u8> + Send + Sync + 'static) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let log = Log::default();
    let (seen, respond) = (Arc::clone(&log), Arc::new(respond));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (seen, respond) = (Arc::clone(&seen), Arc::clone(&respond));
            tokio::spawn(async move {
                let Some(received) = read(&mut stream).await else { return };
                let number = seen.lock().unwrap().len();
                seen.lock().unwrap().push(received.clone());
                let _ = stream.write_all(&respond(&received, number)).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (host, log)
}

fn http(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

fn code(number: i64, words: &str) -> Vec<u8> {
    http("200 OK", &format!("{{\"errcode\":{number},\"errmsg\":\"{words}\"}}"))
}

fn hmac(key: &str, message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hmac_base64(key: &str, message: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(hmac(key, message))
}

/// 企业微信: key, size, 20 a minute.
fn wecom(r: &Received, number: usize) -> Vec<u8> {
    if r.query("key").as_deref() != Some("the-key-of-it") {
        return code(93_000, "invalid webhook url, hint: [1], more info at https://open.work.weixin.qq.com/devtool/query?e=93000");
    }
    match r.json()["markdown"]["content"].as_str() {
        Some(content) if content.len() > 4096 => code(40_058, "markdown.content exceed max length 4096"),
        Some(_) if number >= 20 => code(45_009, "api freq out of limit"),
        Some(_) => code(0, "ok"),
        None => code(40_008, "invalid message type"),
    }
}

/// 钉钉: token, time, signature, keyword, size, 20 a minute.
fn dingtalk(r: &Received, number: usize) -> Vec<u8> {
    let (time, sign) = (r.query("timestamp").unwrap_or_default(), r.query("sign").unwrap_or_default());
    let text = r.json()["markdown"]["text"].as_str().unwrap_or_default().to_owned();
    if r.query("access_token").as_deref() != Some("the-token-of-it") {
        code(300_005, "token is not exist")
    } else if time.parse::<i64>().map_or(true, |t| (Utc::now().timestamp_millis() - t).abs() > 3_600_000) {
        code(310_000, "invalid timestamp")
    } else if sign != hmac_base64(SECRET, &format!("{time}\n{SECRET}")) {
        code(310_000, "sign not match")
    } else if !text.contains(KEYWORD) {
        code(310_000, "keywords not in content")
    } else if number >= 20 {
        code(130_101, "send too fast, exceed 20 times per minute")
    } else if r.body.len() > 20_000 {
        code(300_001, "param error")
    } else {
        code(0, "ok")
    }
}

/// 飞书: time, signature, keyword, size.
fn feishu(r: &Received, _: usize) -> Vec<u8> {
    let json = r.json();
    let time = json["timestamp"].as_str().unwrap_or_default().to_owned();
    let (number, words) = if r.body.len() > 20_000 {
        (9499, "Bad Request")
    } else if json["sign"] != hmac_base64(&format!("{time}\n{SECRET}"), "")
        || time.parse::<i64>().map_or(true, |t| (Utc::now().timestamp() - t).abs() > 3600)
    {
        (19_021, "sign match fail or timestamp is not within one hour from current time")
    } else if !r.body.contains(KEYWORD) {
        (19_024, "Key Words Not Found")
    } else {
        (0, "success")
    };
    http("200 OK", &format!("{{\"code\":{number},\"msg\":\"{words}\",\"data\":{{}}}}"))
}

/// A receiver as docs/admin.md tells to write it.
fn webhook(r: &Received, _: usize) -> Vec<u8> {
    let hex: String = hmac(SECRET, &format!("{}.{}", r.header("X-Qingbao-Timestamp").unwrap(), r.body)).iter().map(|b| format!("{b:02x}")).collect();
    let fits = r.header("X-Qingbao-Signature") == Some(&format!("sha256={hex}")) && r.header("X-Qingbao-Id") == r.json()["id"].as_str();
    if fits { http("204 No Content", "") } else { http("401 Unauthorized", "") }
}

fn ntfy(r: &Received, _: usize) -> Vec<u8> {
    let json = r.json();
    match (r.header("Authorization"), json["topic"].as_str()) {
        (Some(key), Some("xuchang")) if key == format!("Bearer {SECRET}") && r.target == "/" => {
            http("200 OK", r#"{"id":"xE73Iyuabi","time":1673542291,"event":"message","topic":"xuchang"}"#)
        }
        _ => http("403 Forbidden", r#"{"code":40301,"http":403,"error":"forbidden"}"#),
    }
}

struct Setup {
    dir: tempfile::TempDir,
    settings: OutletSettings,
}

fn setup(kind: OutletKind, url: &str, secret: Option<&str>, keyword: Option<&str>) -> Setup {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("url"), format!("{url}\n")).unwrap();
    let secret_file = secret.map(|s| {
        std::fs::write(dir.path().join("secret"), s).unwrap();
        dir.path().join("secret")
    });
    let settings = OutletSettings {
        name: "值班群".to_owned(),
        kind,
        url_file: Some(dir.path().join("url")),
        secret_file,
        keyword: keyword.map(str::to_owned),
        to: Vec::new(),
        takes: vec![NotificationKind::Alert],
        allow_hosts: vec![AllowedHost::parse(url.split('/').nth(2).unwrap()).unwrap()],
        timeout: Duration::from_secs(2),
    };
    Setup { dir, settings }
}

fn message(id: &str, length: usize) -> OutletMessage {
    let url = WebUrl::parse("https://news.example.cn/1.html").ok();
    OutletMessage {
        id: id.to_owned(),
        kind: NotificationKind::Alert,
        title: "云鹭发制品出口增长".to_owned(),
        paragraphs: vec![Paragraph { text: "上半年“出口” \"增长\" 两成。".repeat(length), url: url.clone() }; 3],
        url,
        at: Utc::now(),
        repeated: false,
    }
}

async fn send(s: &Setup, length: usize) -> SendResult {
    send_at(s, length, Utc::now()).await
}

async fn send_at(s: &Setup, length: usize, now: DateTime<Utc>) -> SendResult {
    Outlet::open(&s.settings).unwrap().send(&message("alert-1", length), now).await
}

fn refused(result: &SendResult, words: &str) -> bool {
    matches!(result, SendResult::Refused { reply } if reply.contains(words))
}

#[tokio::test]
async fn every_robot_accepts_what_it_asks_for() {
    let table = [
        (OutletKind::Wecom, serve(wecom).await, "/cgi-bin/webhook/send?key=the-key-of-it", None, None),
        (OutletKind::Dingtalk, serve(dingtalk).await, "/robot/send?access_token=the-token-of-it", Some(SECRET), Some(KEYWORD)),
        (OutletKind::Feishu, serve(feishu).await, "/open-apis/bot/v2/hook/the-token-of-it", Some(SECRET), Some(KEYWORD)),
        (OutletKind::Webhook, serve(webhook).await, "/hook", Some(SECRET), None),
        (OutletKind::Ntfy, serve(ntfy).await, "/xuchang", Some(SECRET), None),
    ];
    for (kind, (host, log), path, secret, keyword) in table {
        let s = setup(kind, &format!("http://{host}{path}"), secret, keyword);
        for length in [1, 30, 3_000] {
            assert_eq!(send(&s, length).await, SendResult::Accepted, "{kind:?} {length}: {:?}", log.lock().unwrap().last());
        }
        assert_eq!(log.lock().unwrap().len(), 3, "one request for each message");
    }
}

#[tokio::test]
async fn a_wrong_key_signature_or_word_is_refused_with_advice() {
    let (host, _) = serve(wecom).await;
    assert!(refused(&send(&setup(OutletKind::Wecom, &format!("http://{host}/send?key=another-key"), None, None), 1).await, "key 不对"));
    let (host, _) = serve(dingtalk).await;
    let url = format!("http://{host}/robot/send?access_token=the-token-of-it");
    let ding = |secret, word| setup(OutletKind::Dingtalk, &url, secret, word);
    assert!(refused(&send(&ding(Some("another"), Some(KEYWORD)), 1).await, "sign not match"));
    assert!(refused(&send(&ding(None, Some(KEYWORD)), 1).await, "invalid timestamp"));
    assert!(refused(&send(&ding(Some(SECRET), None), 1).await, "keywords not in content"));
    let yesterday = Utc::now() - chrono::TimeDelta::days(1);
    assert!(refused(&send_at(&ding(Some(SECRET), Some(KEYWORD)), 1, yesterday).await, "本机时间"));
    let (host, _) = serve(feishu).await;
    let url = format!("http://{host}/open-apis/bot/v2/hook/the-token-of-it");
    assert!(refused(&send(&setup(OutletKind::Feishu, &url, Some("another"), Some(KEYWORD)), 1).await, "签名不对"));
    assert!(refused(&send(&setup(OutletKind::Feishu, &url, Some(SECRET), None), 1).await, "缺关键词"));
    let (host, _) = serve(webhook).await;
    assert!(refused(&send(&setup(OutletKind::Webhook, &format!("http://{host}/"), Some("another"), None), 1).await, "HTTP 401"));
    let (host, _) = serve(ntfy).await;
    assert!(refused(&send(&setup(OutletKind::Ntfy, &format!("http://{host}/xuchang"), None, None), 1).await, "HTTP 403"));
}

#[tokio::test]
async fn the_twenty_first_message_of_a_minute_is_asked_to_wait() {
    let (host, _) = serve(wecom).await;
    let s = setup(OutletKind::Wecom, &format!("http://{host}/send?key=the-key-of-it"), None, None);
    for n in 0..20 {
        assert_eq!(send(&s, 1).await, SendResult::Accepted, "{n}");
    }
    assert!(matches!(send(&s, 1).await, SendResult::Throttled { retry_after, .. } if retry_after == Duration::from_mins(1)));
    let (host, _) = serve(|_, _| b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 77\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let s = setup(OutletKind::Webhook, &format!("http://{host}/"), None, None);
    assert!(matches!(send(&s, 1).await, SendResult::Throttled { retry_after, .. } if retry_after == Duration::from_secs(77)));
}

#[tokio::test]
async fn a_server_that_is_down_got_nothing_and_one_that_is_silent_may_have_got_it() {
    // a port that was free a moment ago
    let host = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let down = setup(OutletKind::Webhook, &format!("http://{host}/hook-of-secret"), None, None);
    assert!(matches!(send(&down, 1).await, SendResult::Unavailable { .. }));
    // no name
    let lost = setup(OutletKind::Webhook, "https://qingbao.invalid/hook", None, None);
    assert!(matches!(send(&lost, 1).await, SendResult::Unavailable { .. }));
    // speaks no TLS
    let (host, log) = serve(webhook).await;
    let plain = setup(OutletKind::Webhook, &format!("https://{host}/"), None, None);
    assert!(matches!(send(&plain, 1).await, SendResult::Unavailable { .. }));
    assert!(log.lock().unwrap().is_empty());
    // accepts connections and says nothing: the request is out
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = setup(OutletKind::Webhook, &format!("http://{}/", listener.local_addr().unwrap()), None, None);
    let start = Instant::now();
    assert!(matches!(send(&silent, 1).await, SendResult::Unknown { .. }));
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    // closes the connection after it has read the message
    let (host, log) = serve(|_, _| Vec::new()).await;
    let s = setup(OutletKind::Wecom, &format!("http://{host}/send?key=the-key-of-it"), None, None);
    let SendResult::Unknown { reply } = send(&s, 1).await else { panic!() };
    assert!(!reply.contains("the-key-of-it"), "{reply}");
    assert_eq!(log.lock().unwrap().len(), 1, "nothing is sent again behind the caller's back");
}

#[tokio::test]
async fn answers_that_are_cut_huge_or_elsewhere_are_no_success() {
    let cut: Vec<u8> = b"HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{\"errcode\":0,\"err".to_vec();
    let (host, _) = serve(move |_, _| cut.clone()).await;
    assert!(matches!(send(&setup(OutletKind::Wecom, &format!("http://{host}/"), None, None), 1).await, SendResult::Unknown { .. }));
    let (host, _) = serve(|_, _| http("200 OK", &format!("{{\"errcode\":0,\"errmsg\":\"{}\"}}", "x".repeat(4 << 20)))).await;
    assert!(matches!(send(&setup(OutletKind::Wecom, &format!("http://{host}/"), None, None), 1).await, SendResult::Unknown { .. }));
    // a redirect into the own network is not followed
    let (inside, log) = serve(webhook).await;
    let (host, _) =
        serve(move |_, _| format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{inside}/\r\nContent-Length: 0\r\n\r\n").into_bytes()).await;
    assert!(refused(&send(&setup(OutletKind::Webhook, &format!("http://{host}/"), None, None), 1).await, "url_file"));
    assert!(log.lock().unwrap().is_empty());
}

#[tokio::test]
async fn private_addresses_need_permission() {
    let (host, log) = serve(webhook).await;
    let port = host.rsplit(':').next().unwrap();
    for address in [host.clone(), format!("localhost:{port}"), format!("[::ffff:127.0.0.1]:{port}"), format!("2130706433:{port}")] {
        let mut s = setup(OutletKind::Webhook, &format!("https://{address}/"), None, None);
        s.settings.allow_hosts = vec![AllowedHost::parse("127.0.0.1:1").unwrap()];
        assert!(refused(&send(&s, 1).await, "allow_hosts"), "{address}");
    }
    assert!(log.lock().unwrap().is_empty());
}

fn qingbao(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let o = Command::new(env!("CARGO_BIN_EXE_qingbao")).args(args).current_dir(dir).env_remove("RUST_LOG").output().unwrap();
    (o.status.code(), format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_lists_tests_and_checks() {
    let (host, log) = serve(dingtalk).await;
    let s = setup(OutletKind::Dingtalk, &format!("http://{host}/robot/send?access_token=the-token-of-it"), Some(SECRET), None);
    let write = |keyword: &str| {
        let outlet = |name: &str, hosts: &str| {
            format!("[[outlet]]\nname = \"{name}\"\nkind = \"dingtalk\"\nurl_file = \"url\"\nsecret_file = \"secret\"\n{keyword}{hosts}\n")
        };
        let mail = "[[outlet]]\nname = \"领导\"\nkind = \"mail\"\nto = [\"a@b.cn\"]\ntakes = [\"issue\"]\n";
        let text = format!("{}{}{mail}", outlet("值班群", &format!("allow_hosts = [\"{host}\"]\n")), outlet("另一群", ""));
        std::fs::write(s.dir.path().join("qingbao.toml"), text).unwrap();
    };
    write("keyword = \"情报\"\n");
    let (status, told) = qingbao(s.dir.path(), &["outlet", "list"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(
        told.contains("值班群\t钉钉群机器人\t提醒\t127.0.0.1")
            && told.contains("另一群\t钉钉群机器人\t提醒\t不能用：")
            && told.contains("领导\t邮件\t成刊\ta@b.cn"),
        "{told}"
    );
    let (status, told) = qingbao(s.dir.path(), &["outlet", "test", "值班群"]);
    assert_eq!((status, told.trim()), (Some(0), "值班群：已收下"));
    assert!(log.lock().unwrap()[0].body.contains("推送测试"));
    write("");
    let (status, refusal) = qingbao(s.dir.path(), &["outlet", "test", "值班群"]);
    assert!(status == Some(1) && refusal.contains("拒收") && refusal.contains("keywords not in content"), "{refusal}");
    let (status, unknown) = qingbao(s.dir.path(), &["outlet", "test", "别的群"]);
    assert!(status == Some(1) && unknown.contains("it has 值班群、另一群、领导"), "{unknown}");
    let (_, doctor) = qingbao(s.dir.path(), &["doctor", "--no-network"]);
    assert!(doctor.contains("值班群: dingtalk at 127.0.0.1") && doctor.contains("url can be read by others: chmod 600"), "{doctor}");
    assert!(doctor.contains("另一群: url holds an http:// address"), "{doctor}");
    for text in [&told, &refusal, &unknown, &doctor] {
        assert!(!text.contains("the-token-of-it") && !text.contains(SECRET), "{text}");
    }
}
