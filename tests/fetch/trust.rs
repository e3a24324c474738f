//! Certificates, proxies, cookies, and what must not be told to strangers.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::server::{Act, head, path, reply, serve};
use super::{code, fetcher, get, source, text};
use qingbao::model::TlsTrust;

/// A server with a certificate of its own making; gives the address.
async fn serve_tls(name: &str, expired: bool) -> String {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if expired {
        (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let _ = head(&mut stream).await;
                    let _ = stream.write_all(&reply("200 OK", b"secure")).await;
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn certificates_that_prove_nothing_are_refused_unless_the_source_says_otherwise() {
    let fetcher = fetcher();
    for (what, name, expired) in [("self-signed", "127.0.0.1", false), ("expired", "127.0.0.1", true), ("of another name", "other.example", false)] {
        let mut source = source("tls", &format!("https://{}/", serve_tls(name, expired).await));
        let answer = get(&fetcher, &source).await;
        assert_eq!(code(&answer), "certificate", "{what}: {:?}", answer.result);
        let told = answer.result.unwrap_err().to_string();
        assert!(told.contains("tls = \"insecure\""), "{what}: the setting is named: {told}");
        source.tls = TlsTrust::Insecure;
        assert_eq!(text(&get(&fetcher, &source).await), "secure", "{what}");
    }
}

#[tokio::test]
async fn servers_that_speak_no_tls_of_today_are_named() {
    let alert = vec![0x15, 3, 1, 0, 2, 2, 70]; // fatal, protocol_version: what a server of TLS 1.0 answers
    for (what, bytes) in [("TLS 1.0 only", alert), ("plain HTTP", reply("200 OK", b"page")), ("garbage", vec![0; 64])] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.readable().await;
                let _ = stream.write_all(&bytes).await;
            }
        });
        let mut source = source("old", &format!("https://{address}/"));
        for tls in [TlsTrust::Verify, TlsTrust::Insecure] {
            source.tls = tls;
            let answer = get(&fetcher(), &source).await;
            assert_eq!(code(&answer), "tls", "{what}: {:?}", answer.result);
        }
        task.abort();
    }
}

#[tokio::test]
async fn a_proxy_is_used_for_its_source_only() {
    let proxy = serve(|head| vec![Act::Send(reply("200 OK", format!("by proxy: {}", path(head)).as_bytes()))]).await;
    let direct = serve(|_| vec![Act::Send(reply("200 OK", b"direct"))]).await;
    let fetcher = fetcher();
    let mut behind = source("behind", "http://news.example/a.html");
    behind.proxy = Some(format!("http://{proxy}"));
    assert_eq!(text(&get(&fetcher, &behind).await), "by proxy: http://news.example/a.html");
    assert_eq!(text(&get(&fetcher, &source("other", &format!("http://{direct}/"))).await), "direct");
}

#[tokio::test]
async fn headers_of_a_source_go_to_its_own_origin_only() {
    // through a proxy, so that both origins are ours
    let proxy = serve(|head| {
        let secret = head.to_ascii_lowercase().contains("x-key: secret");
        vec![Act::Send(match path(head) {
            "http://a.example/" => reply("302 Found\r\nLocation: http://b.example/", b""),
            "http://a.example/here" => reply("302 Found\r\nLocation: /there", b""),
            "http://a.example/https" => reply("302 Found\r\nLocation: http://a.example:443/", b""),
            _ => reply("200 OK", format!("told: {secret}").as_bytes()),
        })]
    })
    .await;
    let fetcher = fetcher();
    for (start, told) in [("http://a.example/", false), ("http://a.example/here", true), ("http://a.example/https", false)] {
        let mut source = source("secret", start);
        (source.proxy, source.headers) = (Some(format!("http://{proxy}")), vec![("x-key".to_owned(), "secret".to_owned())]);
        assert_eq!(text(&get(&fetcher, &source).await), format!("told: {told}"), "{start}");
    }
}

#[tokio::test]
async fn a_site_that_hands_out_a_cookie_first_is_read_where_the_source_keeps_cookies() {
    let address = serve(|head| {
        let known = head.to_ascii_lowercase().contains("cookie: pass=1");
        vec![Act::Send(if known { reply("200 OK", b"inside") } else { reply("302 Found\r\nSet-Cookie: pass=1; Path=/\r\nLocation: /", b"") })]
    })
    .await;
    let fetcher = fetcher();
    let mut keeps = source("keeps", &format!("http://{address}/"));
    assert_eq!(code(&get(&fetcher, &keeps).await), "redirect-loop");
    keeps.cookies = true;
    assert_eq!(text(&get(&fetcher, &keeps).await), "inside");
    // another source on the same site starts without
    assert_eq!(code(&get(&fetcher, &source("other", &format!("http://{address}/"))).await), "redirect-loop");
}

#[tokio::test]
async fn robots_txt_that_fails_closes_the_site_and_one_that_is_missing_opens_it() {
    for (status, expected) in [
        ("200 OK", "robots"),
        ("404 Not Found", "ok"),
        ("403 Forbidden", "ok"),
        ("500 Broken", "robots-unreachable"),
        ("503 Busy", "robots-unreachable"),
    ] {
        let address = serve(move |head| {
            let robots = path(head) == "/robots.txt";
            vec![Act::Send(if robots { reply(status, b"User-agent: *\nDisallow: /") } else { reply("200 OK", b"page") })]
        })
        .await;
        let mut source = source("robots", &format!("http://{address}/"));
        source.robots_exempt = None;
        let answer = get(&fetcher(), &source).await;
        assert_eq!(code(&answer), expected, "{status}: {:?}", answer.result);
        source.robots_exempt = Some("the owner agreed".to_owned());
        assert_eq!(code(&get(&fetcher(), &source).await), "ok", "{status}");
    }
}
