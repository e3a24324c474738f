//! A small loopback proxy for the browser that connects only to addresses that the source may reach.
//!
//! The browser resolves no names. The proxy checks port and address of every request, on the very address that it connects to.
//! All connections of one page share a byte limit.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::fetch::error::FetchError;
use crate::fetch::host::parse_ip_literal;
use crate::fetch::ssrf::{Resolver, check_address};
use crate::model::{Source, WebUrl};

const MAX_HEAD: usize = 32 << 10;
/// For all connections of one page.
const MAX_BYTES: u64 = 64 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// A running proxy; dropping it closes all its connections.
pub(super) struct GuardProxy {
    address: String,
    task: JoinHandle<()>,
    shared: Arc<ProxyState>,
}

struct ProxyState {
    source: Source,
    /// The host of the rendered page.
    host: String,
    resolver: Resolver,
    bytes: AtomicU64,
    refused: Mutex<Option<FetchError>>,
}

impl Drop for GuardProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl GuardProxy {
    pub(super) async fn start(source: Source, page: &WebUrl, resolver: Resolver) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(ProxyState { source, host: page.host().to_owned(), resolver, bytes: AtomicU64::new(0), refused: Mutex::default() });
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            // tasks of this set end with it
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                connections.spawn(async move {
                    let _ = serve(client, &shared).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, task, shared })
    }

    /// `http://127.0.0.1:PORT`
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the first refusal of the page's own host, or by the filter: it explains best why a page did not load. Other failed
    /// requests of the page or the browser say nothing.
    pub(super) fn refused(&self) -> Option<FetchError> {
        self.shared.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(mut client: TcpStream, shared: &ProxyState) -> io::Result<()> {
    let head = timeout(IDLE_TIMEOUT, read_head(&mut client)).await??;
    let Some((target, onward)) = onward(&head) else {
        return client.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
    };
    let mut server = match dial(&target, shared).await {
        Ok(server) => server,
        Err(e) => {
            if target.host() == shared.host || matches!(e, FetchError::Private(_) | FetchError::Port(_)) {
                shared.refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
            }
            return client.write_all(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
        }
    };
    match onward {
        Some(request) => server.write_all(&request).await?,
        None => client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?,
    }
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    tokio::select! {
        r = pass(&mut from_client, &mut to_server, shared) => r?,
        r = pass(&mut from_server, &mut to_client, shared) => r?,
    }
    Ok(())
}

async fn read_head(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut buffer = [0u8; 4096];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        let n = client.read(&mut buffer).await?;
        if n == 0 || head.len() > MAX_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend_from_slice(buffer.get(..n).unwrap_or_default());
    }
    Ok(head)
}

/// Returns the target of a request and, unless it is CONNECT, the request to forward.
fn onward(head: &[u8]) -> Option<(WebUrl, Option<Vec<u8>>)> {
    let end = head.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let (lines, rest) = (std::str::from_utf8(head.get(..end)?).ok()?, head.get(end..)?);
    let mut lines = lines.trim_end().split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    if method == "CONNECT" {
        return Some((WebUrl::parse(&format!("https://{target}/")).ok()?, None));
    }
    let url = WebUrl::parse(target).ok()?;
    let path = &url.as_url()[url::Position::BeforePath..];
    let mut request = format!("{method} {path} HTTP/1.1\r\n");
    for line in lines {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(name.as_str(), "proxy-connection" | "proxy-authorization" | "connection") {
            request.push_str(line);
            request.push_str("\r\n");
        }
    }
    request.push_str("Connection: close\r\n\r\n");
    let mut request = request.into_bytes();
    request.extend_from_slice(rest);
    Some((url, Some(request)))
}

async fn dial(url: &WebUrl, shared: &ProxyState) -> Result<TcpStream, FetchError> {
    check_address(url, &shared.source)?;
    let port = url.as_url().port_or_known_default().unwrap_or(0);
    let refused = |cause: String| FetchError::Connect { host: url.authority(), cause };
    let addresses = if let Some(ip) = parse_ip_literal(url.host()) {
        // check_address has accepted it
        vec![(ip, port).into()]
    } else {
        let found = shared.resolver.lookup(url.host()).await;
        found.map_err(|e| {
            if e.is::<crate::fetch::ssrf::NoPublicAddress>() { FetchError::Private(url.host().to_owned()) } else { refused(e.to_string()) }
        })?
    };
    let mut last = "no address".to_owned();
    for mut address in addresses {
        address.set_port(port);
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(e)) => last = e.to_string(),
            Err(_) => "no answer".clone_into(&mut last),
        }
    }
    Err(refused(last))
}

async fn pass<R, W>(from: &mut R, to: &mut W, shared: &ProxyState) -> io::Result<()>
where
    R: tokio::io::AsyncRead + Unpin,
    W: tokio::io::AsyncWrite + Unpin,
{
    let mut buffer = vec![0u8; 16 << 10];
    loop {
        let n = timeout(IDLE_TIMEOUT, from.read(&mut buffer)).await??;
        if n == 0 {
            return to.shutdown().await;
        }
        if shared.bytes.fetch_add(n as u64, Ordering::Relaxed) > MAX_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        to.write_all(buffer.get(..n).unwrap_or_default()).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;

    #[test]
    fn requests_are_rewritten_for_the_server_and_tunnels_are_told() {
        let (url, request) = onward(b"GET http://a.cn/x?y=1 HTTP/1.1\r\nHost: a.cn\r\nProxy-Connection: keep-alive\r\n\r\n").unwrap();
        assert_eq!(url.as_str(), "http://a.cn/x?y=1");
        assert_eq!(request.unwrap(), b"GET /x?y=1 HTTP/1.1\r\nHost: a.cn\r\nConnection: close\r\n\r\n");
        let (url, request) = onward(b"CONNECT a.cn:443 HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!((url.as_str(), request), ("https://a.cn/", None));
        for bad in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\r\n\r\n", b"CONNECT \r\n\r\n", b"GET file:///etc/passwd HTTP/1.1\r\n\r\n"] {
            assert!(onward(bad).is_none(), "{bad:?}");
        }
    }

    async fn through(source_url: &str, allow_private: bool, request: &str) -> (String, Option<FetchError>) {
        let source = Source { allow_private, ..Source::plain(SourceId::parse("a").unwrap(), "a".into(), WebUrl::parse(source_url).unwrap()) };
        let resolver = Resolver::new();
        let proxy = GuardProxy::start(source.clone(), &source.url, resolver).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address().trim_start_matches("http://")).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let _ = timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await;
        (answer, proxy.refused())
    }

    #[tokio::test]
    async fn scripts_reach_no_private_address_but_the_sources_own() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut s, _)) = listener.accept().await {
                let _ = s.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello").await;
            }
        });
        let own = format!("http://127.0.0.1:{port}/");
        let get = |host: &str| format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let (answer, refused) = through(&own, true, &get(&format!("127.0.0.1:{port}"))).await;
        assert!(answer.ends_with("hello") && refused.is_none(), "{answer}");
        for (source, allow, target) in [
            (own.as_str(), false, format!("127.0.0.1:{port}")),
            (own.as_str(), true, format!("127.0.0.2:{port}")),
            ("https://a.cn/", false, "169.254.169.254".to_owned()),
            ("https://a.cn/", false, "localhost".to_owned()),
        ] {
            let (answer, refused) = through(source, allow, &get(&target)).await;
            assert!(answer.starts_with("HTTP/1.1 403"), "{target}: {answer}");
            assert!(matches!(refused, Some(FetchError::Private(_))), "{target}: {refused:?}");
        }
        let (answer, _) = through("https://a.cn/", false, "CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    }
}
