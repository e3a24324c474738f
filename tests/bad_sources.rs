//! Sources that are down, slow, not what they say, empty, too large or wrongly encoded: each is named with its reason,
//! and the others go on.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

const PAGE: &str = "<html><head><title>许昌发制品出口增长</title></head><body><h1>许昌发制品出口增长</h1><p>许昌发制品出口今年继续增长，企业订单饱满，产品销往一百多个国家和地区。</p>\
    <p>业内人士说，跨境电商已经占到销售额的一半以上，海外仓还在扩建。</p></body></html>";

fn reply(stream: &mut TcpStream, head: &str, body: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(body)
}

fn feed(link: &str) -> Vec<u8> {
    format!("<rss version=\"2.0\"><channel><title>t</title><item><title>许昌发制品出口增长</title><link>{link}</link></item></channel></rss>")
        .into_bytes()
}

/// One answer per path, byte by byte as a bad server would give it.
fn answer(mut stream: TcpStream, base: &str) -> std::io::Result<()> {
    let mut line = String::new();
    BufReader::new(stream.try_clone()?).read_line(&mut line)?;
    match line.split(' ').nth(1).unwrap_or_default() {
        "/good" => reply(&mut stream, "200 OK", &feed(&format!("{base}/page.html"))),
        "/page.html" => reply(&mut stream, "200 OK\r\nContent-Type: text/html", PAGE.as_bytes()),
        "/robots.txt" | "/gone" => reply(&mut stream, "404 Not Found", b"no"),
        "/busy" => reply(&mut stream, "503 Service Unavailable\r\nRetry-After: 3600", b"no"),
        "/list-of-busy" => reply(&mut stream, "200 OK", &feed(&format!("{base}/busy"))),
        "/html" => reply(&mut stream, "200 OK", "<html><title>请开启JavaScript</title></html>".as_bytes()),
        "/empty" => reply(&mut stream, "200 OK", b""),
        "/large" => reply(&mut stream, "200 OK", &vec![b' '; 3 << 20]),
        "/endless" => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            while stream.write_all(&vec![b'x'; 65_536]).is_ok() {}
            Ok(())
        }
        "/cut" => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<rss>")?;
            Ok(())
        }
        "/loop" => reply(&mut stream, "302 Found\r\nLocation: /loop", b""),
        "/away" => reply(&mut stream, "302 Found\r\nLocation: file:///etc/passwd", b""),
        "/slow" => {
            std::thread::sleep(Duration::from_secs(6));
            Ok(())
        }
        // declared UTF-8, sent as GB18030: read all the same
        "/gbk" => {
            let text = String::from_utf8(feed(&format!("{base}/gbk.html"))).unwrap();
            reply(&mut stream, "200 OK\r\nContent-Type: text/xml; charset=utf-8", &encoding_rs::GB18030.encode(&text).0)
        }
        "/gbk.html" => {
            let text = PAGE.replace("发制品", "中药材");
            reply(&mut stream, "200 OK\r\nContent-Type: text/html; charset=utf-8", &encoding_rs::GB18030.encode(&text).0)
        }
        _ => Ok(()),
    }
}

/// Serves on a free port until the test ends; gives the address.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let served = base.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let base = served.clone();
            std::thread::spawn(move || answer(stream, &base));
        }
    });
    base
}

#[test]
fn every_broken_source_is_named_and_the_others_go_on() {
    let base = serve();
    let expected = [
        ("gone", "status 404"),
        ("busy", "asked us to wait"),
        ("html", "shows its pages only to browsers that run scripts"),
        ("empty", "body is empty"),
        ("large", "body is larger than 1048576 bytes"),
        ("endless", "body is larger than 1048576 bytes"),
        ("cut", "body ended early"),
        ("loop", "redirects lead in a circle"),
        ("away", "redirects to an address that cannot be used"),
        ("slow", "no complete answer within 3s"),
    ];
    let dir = tempfile::tempdir().unwrap();
    let mut sources = String::from("[defaults]\nallow_private = true\nrate_key = \"source\"\n");
    for id in expected.iter().map(|e| e.0).chain(["good", "gbk"]) {
        sources.push_str(&format!("[[source]]\nid = \"{id}\"\nname = \"{id}\"\nurl = \"{base}/{id}\"\nkind = \"feed\"\n"));
    }
    std::fs::write(dir.path().join("sources.toml"), sources).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\ntimeout = \"3s\"\nmax_feed_mb = 1\n").unwrap();
    let o = Command::new(env!("CARGO_BIN_EXE_qingbao")).arg("once").current_dir(dir.path()).output().unwrap();
    let text = String::from_utf8_lossy(&o.stdout);
    assert!(o.status.success(), "{text}{}", String::from_utf8_lossy(&o.stderr));
    for (id, reason) in expected {
        let line = text.lines().find(|l| l.trim_start().starts_with(&format!("failed   {id}:"))).unwrap_or_default();
        assert!(line.contains(reason), "{id}: {line:?} in\n{text}");
    }
    assert!(text.contains("sources    2 ok (0 unchanged), 10 failed") && text.contains("articles   2 new"), "{text}");
    let mail = String::from_utf8_lossy(&o.stdout).contains("mail       sent:");
    assert!(mail, "{text}");
}

#[test]
fn a_host_that_asks_for_an_hour_holds_up_no_pass_and_costs_no_try() {
    let base = serve();
    let dir = tempfile::tempdir().unwrap();
    let sources = format!("[[source]]\nid = \"a\"\nname = \"a\"\nurl = \"{base}/list-of-busy\"\nallow_private = true\n");
    std::fs::write(dir.path().join("sources.toml"), sources).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\ntries = 1\n").unwrap();
    for pass in 0..2 {
        let start = std::time::Instant::now();
        let o = Command::new(env!("CARGO_BIN_EXE_qingbao")).arg("once").current_dir(dir.path()).output().unwrap();
        let text = String::from_utf8_lossy(&o.stdout);
        assert!(text.contains("asked us to wait") && start.elapsed() < Duration::from_mins(1), "pass {pass}: {text}");
    }
}
