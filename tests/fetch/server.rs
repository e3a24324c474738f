//! Servers that misbehave by script.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a server does with one request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends the bytes.
    Send(Vec<u8>),
    /// Sends the bytes one at a time with a pause between.
    Drip(Vec<u8>, Duration),
    /// Sends the bytes again and again until nobody takes them.
    Forever(Vec<u8>),
    /// Keeps the connection and says nothing more.
    Hold,
    /// Breaks the connection off, so that the system answers RST.
    Reset,
}

/// The acts one after another, then the end of the connection.
pub type Script = Vec<Act>;

/// Serves until the runtime ends; `script` is given the request's head as text. Gives the address `127.0.0.1:PORT`.
pub async fn serve(script: impl Fn(&str) -> Script + Send + Sync + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let script = script.clone();
            tokio::spawn(async move {
                let _ = answer(stream, script).await;
            });
        }
    });
    address
}

/// One request on one connection.
async fn answer(mut stream: TcpStream, script: impl Fn(&str) -> Script) -> io::Result<()> {
    let head = head(&mut stream).await?;
    for act in script(&head) {
        match act {
            Act::Send(bytes) => stream.write_all(&bytes).await?,
            Act::Drip(bytes, pause) => {
                for b in bytes {
                    stream.write_all(&[b]).await?;
                    tokio::time::sleep(pause).await;
                }
            }
            Act::Forever(bytes) => loop {
                stream.write_all(&bytes).await?;
            },
            Act::Hold => tokio::time::sleep(Duration::from_mins(1)).await,
            Act::Reset => {
                // let what was sent arrive first: a reset throws away what is still under way
                tokio::time::sleep(Duration::from_millis(100)).await;
                stream.set_zero_linger()?;
                return Ok(());
            }
        }
    }
    stream.shutdown().await
}

/// The request up to its empty line.
pub async fn head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(b) => head.push(b),
            Err(_) => break,
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// The path of a request's head.
pub fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

/// A whole answer with its length.
pub fn reply(head: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).into_bytes();
    out.extend_from_slice(body);
    out
}
