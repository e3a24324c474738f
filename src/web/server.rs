//! Accepts connections and passes requests to the router, with limits on connections and on every duration.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep};
use tower_service::Service as _;

use crate::web::connection_limit::{Place, Places};

/// Maximum wait for a complete request head, however slowly it arrives, and for the next request of a connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// Maximum size of a head, in bytes.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// Maximum silence in both directions.
const IDLE_TIMEOUT: Duration = Duration::from_mins(2);
/// After this a connection takes no new request; it ends after the current response, at the latest after `LAST_ANSWER`.
const MAX_AGE: Duration = Duration::from_mins(10);
const LAST_ANSWER: Duration = Duration::from_mins(2);

/// Both addresses of a request's connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct PeerAddr {
    /// The client.
    pub(super) from: IpAddr,
    /// Our address that the client dialled.
    pub(super) to: Option<IpAddr>,
}

/// Serves until `stopped` resolves, then waits for the responses in progress.
pub(super) async fn serve(listener: TcpListener, app: Router, stopped: impl Future<Output = ()>) {
    let (stop, stopping) = watch::channel(false);
    let (places, mut open, mut stopped) = (Places::default(), JoinSet::new(), pin!(stopped));
    loop {
        let accepted = tokio::select! {
            () = &mut stopped => break,
            Some(_) = open.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                if let Some(place) = places.enter(from.ip()) {
                    open.spawn(connection(stream, from, place, app.clone(), stopping.clone()));
                }
            }
            Err(e) => {
                tracing::debug!("console: {e}");
                // out of file handles; some will be closed soon
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
    drop(listener);
    let _ = stop.send(true);
    while open.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, from: SocketAddr, place: Place, app: Router, mut stopping: watch::Receiver<bool>) {
    let peer = PeerAddr { from: from.ip().to_canonical(), to: stream.local_addr().ok().map(|a| a.ip().to_canonical()) };
    let answer = service_fn(|mut request: hyper::Request<Incoming>| {
        // for a form, its handler reports when the body has arrived
        if request.body().is_end_stream() {
            place.busy();
        }
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(place.clone());
        let (answer, place) = (app.clone().call(request), place.clone());
        async move {
            let answer = answer.await;
            place.idle();
            answer
        }
    });
    let io = TokioIo::new(IdleTimeoutStream::new(stream));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
    let mut talk = pin!(http.serve_connection(io, answer));
    tokio::select! {
        _ = talk.as_mut() => return,
        () = place.displaced() => return,
        _ = stopping.wait_for(|s| *s) => {}
        () = tokio::time::sleep(MAX_AGE) => {}
    }
    talk.as_mut().graceful_shutdown();
    tokio::select! {
        _ = tokio::time::timeout(LAST_ANSWER, talk) => {}
        () = place.displaced() => {}
    }
}

/// A stream that ends after a silence.
struct IdleTimeoutStream {
    stream: TcpStream,
    silence: Pin<Box<Sleep>>,
}

impl IdleTimeoutStream {
    fn new(stream: TcpStream) -> Self {
        Self { stream, silence: Box::pin(tokio::time::sleep(IDLE_TIMEOUT)) }
    }

    fn heard<T>(&mut self, result: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.silence.as_mut().reset(Instant::now() + IDLE_TIMEOUT);
        } else if self.silence.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        result
    }
}

impl AsyncRead for IdleTimeoutStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.heard(result, context)
    }
}

impl AsyncWrite for IdleTimeoutStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.heard(result, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn listening() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Router::new().route("/", get(|| async { "well" })), std::future::pending()));
        address
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_comes_byte_by_byte_is_not_waited_for() {
        let mut slow = TcpStream::connect(listening().await).await.unwrap();
        let start = Instant::now();
        slow.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
        let mut gone = [0; 8];
        loop {
            tokio::select! {
                read = slow.read(&mut gone) => {
                    assert!(matches!(read, Ok(0) | Err(_)));
                    break;
                }
                () = tokio::time::sleep(Duration::from_secs(15)) => { let _ = slow.write_all(b"x").await; }
            }
            assert!(start.elapsed() < HEAD_TIMEOUT * 2);
        }
    }

    #[tokio::test]
    async fn a_thousand_connections_that_ask_nothing_keep_nobody_out() {
        let address = listening().await;
        let mut held = Vec::new();
        for _ in 0..1_000 {
            let mut slow = TcpStream::connect(address).await.unwrap();
            let _ = slow.write_all(b"GET / HTTP/1.1\r\n").await;
            held.push(slow);
        }
        let mut browser = TcpStream::connect(address).await.unwrap();
        browser.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        browser.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("well"), "{answer}");
    }
}
