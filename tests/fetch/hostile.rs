//! Slow, endless, cut, garbled, greedy.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};

use super::server::{Act, Script, path, reply, serve};
use super::{code, fetcher, get, source};

const OK: &str = "HTTP/1.1 200 OK\r\n";

fn send(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

fn sized(head: &str) -> Script {
    vec![Act::Send(reply(head, "正文".as_bytes()))]
}

fn coded(coding: &str, body: &[u8]) -> Script {
    vec![Act::Send(reply(&format!("200 OK\r\nContent-Encoding: {coding}"), body))]
}

/// A gigabyte in a thousand members of a kilobyte.
fn gzip_bomb() -> Vec<u8> {
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    member.write_all(&vec![b' '; 1 << 20]).unwrap();
    member.finish().unwrap().repeat(1024)
}

/// A gigabyte in 32 KiB: one frame of run-length blocks, 128 KiB each (RFC 8878 §3.1.1).
fn zstd_bomb() -> Vec<u8> {
    let mut out = vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38];
    let block = (131_072u32 << 3 | 1 << 1).to_le_bytes();
    for _ in 0..8192 {
        out.extend_from_slice(&[block[0], block[1], block[2], b' ']);
    }
    out
}

/// Name, what the server does, what must come of it.
fn table() -> Vec<(&'static str, Script, &'static str)> {
    let chunked = |rest: &str| vec![send(&format!("{OK}Transfer-Encoding: chunked\r\n\r\n{rest}")), Act::Hold];
    let many = |n: usize| (0..n).map(|i| format!("X-{i}: 1\r\n")).collect::<String>();
    vec![
        // slow and silent
        ("says nothing at all", vec![Act::Hold], "idle"),
        ("stops within the head", vec![send("HTTP/1.1 200 OK\r\nContent-"), Act::Hold], "idle"),
        ("stops within the body", vec![send(&format!("{OK}Content-Length: 100\r\n\r\nabc")), Act::Hold], "idle"),
        // a head is small: all of it must come within the idle bound
        ("slowloris head", vec![Act::Drip(format!("{OK}{}", many(500)).into_bytes(), Duration::from_millis(200))], "idle"),
        (
            "slowloris body",
            vec![send(&format!("{OK}Content-Length: 100\r\n\r\n")), Act::Drip(vec![b'x'; 100], Duration::from_millis(200))],
            "timeout",
        ),
        (
            "slowloris chunks",
            vec![send(&format!("{OK}Transfer-Encoding: chunked\r\n\r\n")), Act::Drip(b"1\r\nx\r\n".repeat(50), Duration::from_millis(100))],
            "timeout",
        ),
        // endless and large
        ("endless body", vec![send(&format!("{OK}\r\n")), Act::Forever(vec![b'x'; 65_536])], "too-large"),
        (
            "endless chunks",
            vec![
                send(&format!("{OK}Transfer-Encoding: chunked\r\n\r\n")),
                Act::Forever([b"8000\r\n".to_vec(), vec![b'x'; 0x8000], b"\r\n".to_vec()].concat()),
            ],
            "too-large",
        ),
        ("announces too much", vec![send(&format!("{OK}Content-Length: 99999999999\r\n\r\nabc")), Act::Hold], "too-large"),
        ("endless head", vec![send(OK), Act::Forever(b"X-Junk: 0123456789\r\n".repeat(1000))], "bad-answer"),
        ("ten thousand headers", vec![send(&format!("{OK}{}\r\nabc", many(10_000)))], "bad-answer"),
        ("header of a megabyte", vec![send(&format!("{OK}X: {}\r\n\r\nabc", "a".repeat(1 << 20)))], "bad-answer"),
        // bombs
        ("gzip bomb", coded("gzip", &gzip_bomb()), "bomb"),
        ("gzip bomb that says it is plain", coded("identity", &gzip_bomb()), "bomb"),
        ("zstd bomb", coded("zstd", &zstd_bomb()), "bomb"),
        ("zstd with a window of 2 GiB", coded("zstd", &[0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x01, 0, 0]), "coding"),
        ("codings without end", coded("gzip, gzip, gzip, gzip, gzip", &gzip_bomb()), "coding"),
        // cut and garbled
        ("body shorter than announced", vec![send(&format!("{OK}Content-Length: 5000\r\n\r\nabc"))], "incomplete-body"),
        ("last chunk missing", vec![send(&format!("{OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"))], "incomplete-body"),
        ("chunk size is no number", chunked("zzz\r\nabc\r\n0\r\n\r\n"), "incomplete-body"),
        ("chunk size overflows", chunked("fffffffffffffffffff\r\nabc\r\n"), "incomplete-body"),
        ("chunk longer than its size", chunked("3\r\nabcdefgh\r\n0\r\n\r\n"), "incomplete-body"),
        (
            "endless chunk extension",
            vec![send(&format!("{OK}Transfer-Encoding: chunked\r\n\r\n3;x=")), Act::Forever(vec![b'a'; 4096])],
            "incomplete-body",
        ),
        ("gzip cut off", coded("gzip", &gzip_bomb()[..300]), "incomplete-body"),
        ("gzip garbled", coded("gzip", &[&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0xFF; 64]].concat()), "coding"),
        ("length is no number", vec![send(&format!("{OK}Content-Length: -5\r\n\r\nabc"))], "bad-answer"),
        ("two lengths", vec![send(&format!("{OK}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"))], "bad-answer"),
        ("no HTTP", vec![send("SSH-2.0-OpenSSH_9.2\r\n")], "bad-answer"),
        ("HTTP/0.9", vec![send("<html><body>old</body></html>")], "bad-answer"),
        ("status is no number", vec![send("HTTP/1.1 abc OK\r\n\r\n")], "bad-answer"),
        ("closes at once", vec![], "incomplete-body"),
        // reset at each place
        ("reset before the head", vec![Act::Reset], "incomplete-body"),
        ("reset within the status line", vec![send("HTTP/1."), Act::Reset], "incomplete-body"),
        ("reset within the head", vec![send("HTTP/1.1 200 OK\r\nConte"), Act::Reset], "incomplete-body"),
        ("reset behind the head", vec![send(&format!("{OK}Content-Length: 9\r\n\r\n")), Act::Reset], "incomplete-body"),
        ("reset within the body", vec![send(&format!("{OK}Content-Length: 9\r\n\r\nabc")), Act::Reset], "incomplete-body"),
        ("reset within a body without length", vec![send(&format!("{OK}\r\nabc")), Act::Reset], "incomplete-body"),
        ("reset within a chunk size", vec![send(&format!("{OK}Transfer-Encoding: chunked\r\n\r\n4")), Act::Reset], "incomplete-body"),
        ("reset within a chunk", vec![send(&format!("{OK}Transfer-Encoding: chunked\r\n\r\n4\r\nab")), Act::Reset], "incomplete-body"),
        // what it says instead of a page
        ("empty", vec![Act::Send(reply("200 OK", b""))], "empty"),
        ("blank", vec![Act::Send(reply("200 OK", b"\r\n \r\n"))], "empty"),
        ("304 unasked", vec![send("HTTP/1.1 304 Not Modified\r\n\r\n")], "unasked-304"),
        ("a part unasked", sized("206 Partial Content\r\nContent-Range: bytes 0-5/100"), "status"),
        ("early hints first", vec![send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"), Act::Send(reply("200 OK", b"page"))], "ok"),
        ("forbidden", sized("403 Forbidden"), "forbidden"),
        ("wants a password", sized("401 Unauthorized"), "forbidden"),
        ("not found", sized("404 Not Found"), "not-found"),
        ("gone", sized("410 Gone"), "gone"),
        ("busy", sized("503 Service Unavailable\r\nRetry-After: 120"), "busy"),
        ("too many requests", sized("429 Too Many Requests"), "busy"),
        ("fault", sized("500 Internal Server Error"), "status"),
        ("picture", sized("200 OK\r\nContent-Type: image/png"), "not-text"),
        // coded otherwise than announced, and still readable
        ("plain though announced as gzip", coded("gzip", b"<p>plain</p>"), "ok"),
        ("body longer than announced", vec![send(&format!("{OK}Content-Length: 4\r\nConnection: close\r\n\r\npageand more"))], "ok"),
        // redirects
        ("redirect to itself", vec![send("HTTP/1.1 302 Found\r\nLocation: /redirect-to-itself\r\nContent-Length: 0\r\n\r\n")], "redirect-loop"),
        ("redirect without end", vec![send("HTTP/1.1 302 Found\r\nLocation: ?{n}\r\nContent-Length: 0\r\n\r\n")], "redirect-loop"),
        ("redirect to a file", sized("302 Found\r\nLocation: file:///etc/passwd"), "bad-redirect"),
        ("redirect to a script", sized("302 Found\r\nLocation: javascript:alert(1)"), "bad-redirect"),
        ("redirect nowhere", sized("302 Found"), "bad-redirect"),
        ("redirect with garbage", vec![send("HTTP/1.1 302 Found\r\nLocation: /a\rX: b\r\nContent-Length: 0\r\n\r\n")], "bad-answer"),
        ("redirect to another port", sized("302 Found\r\nLocation: http://127.0.0.1:22/"), "port"),
        ("redirect to the metadata service", sized("302 Found\r\nLocation: http://169.254.169.254/latest/"), "private-address"),
        ("redirect to another loopback address", sized("302 Found\r\nLocation: http://127.8.8.8/"), "private-address"),
        ("redirect to loopback as a number", sized("302 Found\r\nLocation: http://2130706434/"), "private-address"),
        ("redirect to loopback in IPv6", sized("302 Found\r\nLocation: http://[::ffff:127.0.0.2]/"), "private-address"),
        ("redirect to the home network", sized("301 Moved\r\nLocation: http://192.168.1.1/admin"), "private-address"),
        ("redirect to a name of this machine", sized("302 Found\r\nLocation: http://localhost/"), "private-address"),
        (
            "refresh to the home network",
            vec![Act::Send(reply("200 OK", b"<meta http-equiv=refresh content='0;url=http://10.0.0.1/'>"))],
            "private-address",
        ),
    ]
}

/// Answers that break rules and are read all the same, as browsers read them.
fn as_browsers_take_them() -> Vec<(&'static str, Script, &'static str)> {
    let many = |n: usize| (0..n).map(|i| format!("X-{i}: 1\r\n")).collect::<String>();
    vec![
        ("header without a colon", vec![send(&format!("{OK}Set-Cookie\r\nX-Powered-By PHP\r\nContent-Length: 4\r\n\r\npage"))], "ok"),
        ("header with an odd byte", vec![send(&format!("{OK}Set-Cookie: a=b; domain=\u{7f}x\r\nContent-Length: 4\r\n\r\npage"))], "ok"),
        ("header named in GBK", vec![send(OK), Act::Send(b"\xb7\xc3\xce\xca: 1\r\n".to_vec()), send("Content-Length: 4\r\n\r\npage")], "ok"),
        ("blank before the colon", vec![send(&format!("{OK}Content-Length : 4\r\n\r\npage"))], "ok"),
        ("folded header", vec![send(&format!("{OK}Content-Type: text/html;\r\n charset=utf-8\r\nContent-Length: 4\r\n\r\npage"))], "ok"),
        ("status line twice", vec![send(&format!("{OK}{OK}Content-Length: 4\r\n\r\npage"))], "ok"),
        ("two hundred headers", vec![send(&format!("{OK}{}Content-Length: 4\r\n\r\npage", many(200)))], "ok"),
        ("a charset as coding", coded("UTF8", b"page"), "ok"),
        ("a type as coding", coded("text/html", b"page"), "ok"),
        ("last chunk missing behind a whole page", vec![send(&format!("{OK}Transfer-Encoding: chunked\r\n\r\nf\r\n<p>x</p></html>\r\n"))], "ok"),
        ("feed labelled as a picture", vec![Act::Send(reply("200 OK\r\nContent-Type: image/png", b"<rss></rss>"))], "ok"),
    ]
}

/// All rows of both tables.
fn rows() -> impl Iterator<Item = (&'static str, Script, &'static str)> {
    table().into_iter().chain(as_browsers_take_them())
}

fn slug(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "-").to_ascii_lowercase()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_visit_ends_within_its_bound_and_says_why() {
    let scripts: Arc<HashMap<String, Script>> = Arc::new(rows().map(|row| (slug(row.0), row.1)).collect());
    let address = serve(move |head| {
        let asked = path(head).trim_start_matches('/');
        let (name, number) = asked.split_once('?').unwrap_or((asked, "0"));
        let script = scripts.get(name).cloned().unwrap_or_default();
        let next = number.parse::<u32>().unwrap_or(0) + 1;
        let numbered = |bytes: Vec<u8>| {
            String::from_utf8(bytes).map_or_else(std::string::FromUtf8Error::into_bytes, |s| s.replace("{n}", &next.to_string()).into_bytes())
        };
        script.into_iter().map(|act| if let Act::Send(bytes) = act { Act::Send(numbered(bytes)) } else { act }).collect()
    })
    .await;
    let fetcher = fetcher();
    let visits = rows().map(async |(name, _, expected)| {
        let source = source(&slug(name), &format!("http://{address}/{}", slug(name)));
        let start = Instant::now();
        let answer = get(&fetcher, &source).await;
        (name, expected, answer, start.elapsed())
    });
    let mut wrong = Vec::new();
    // a few at once: a visit that waits for the machine would be told as one that waits for the server
    let mut answers = stream::iter(visits).buffer_unordered(6);
    while let Some((name, expected, answer, took)) = answers.next().await {
        // the bound is 3 s; the rest is leeway on a slow machine
        if code(&answer) != expected || took > Duration::from_secs(20) {
            wrong.push(format!("{name}: {} in {took:?}, not {expected}: {:?}", code(&answer), answer.result.err()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn nobody_listening_is_told_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let start = Instant::now();
    let answer = get(&fetcher(), &source("closed", &format!("http://{address}/"))).await;
    assert_eq!(code(&answer), "connect");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn private_addresses_are_refused_unless_the_source_says_so() {
    let address = serve(|_| vec![Act::Send(reply("200 OK", b"page"))]).await;
    let port = address.rsplit(':').next().unwrap();
    let fetcher = fetcher();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "224.0.0.1",
        "[fe80::1]",
        "[fc00::1]",
        "[64:ff9b::7f00:1]",
    ] {
        let mut source = source("private", &format!("http://{host}:{port}/"));
        source.allow_private = false;
        assert_eq!(code(&get(&fetcher, &source).await), "private-address", "{host}");
    }
    assert_eq!(code(&get(&fetcher, &source("own", &format!("http://{address}/"))).await), "ok");
}
