//! A mail server on loopback that does as the recipient's name says: `grey` is refused once with 451, `no` with 550, `big` with
//! 552 after its content, `cut` is accepted and the connection closed before the answer, once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A letter that was accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub to: String,
    pub message: String,
}

impl Accepted {
    pub fn id(&self) -> &str {
        self.message.lines().find(|l| l.starts_with("Message-ID:")).unwrap()
    }
}

#[derive(Clone, Default)]
pub struct SmtpStub {
    pub port: u16,
    pub accepted: Arc<Mutex<Vec<Accepted>>>,
    seen: Arc<Mutex<HashSet<String>>>,
    /// Before each answer.
    delay: Duration,
    refuse_login: bool,
    /// The step at which it falls silent, once: a command, `GREETING`, or `DOT` after the content.
    pub hang_at: Arc<Mutex<Option<&'static str>>>,
    pub logins: Arc<Mutex<u32>>,
}

impl SmtpStub {
    pub async fn start(delay: Duration, refuse_login: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stub = Self { port: listener.local_addr().unwrap().port(), delay, refuse_login, ..Self::default() };
        let served = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stub = served.clone();
                tokio::spawn(async move { stub.serve(stream).await });
            }
        });
        stub
    }

    /// Whether a recipient comes for the first time.
    fn first(&self, to: &str) -> bool {
        self.seen.lock().unwrap().insert(to.to_owned())
    }

    async fn maybe_hang(&self, step: &str) {
        let hangs = self.hang_at.lock().unwrap().take_if(|s| *s == step).is_some();
        if hangs {
            std::future::pending::<()>().await;
        }
    }

    pub fn letters_to(&self, name: &str) -> Vec<Accepted> {
        self.accepted.lock().unwrap().iter().filter(|a| a.to.starts_with(name)).cloned().collect()
    }

    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let mut to = String::new();
        self.maybe_hang("GREETING").await;
        stream.write_all(b"220 stub\r\n").await.ok()?;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            tokio::time::sleep(self.delay).await;
            let verb = line.split([' ', ':', '\r']).next().unwrap().to_ascii_uppercase();
            self.maybe_hang(&verb).await;
            let answer = match verb.as_str() {
                "EHLO" => "250-stub\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME".to_owned(),
                "AUTH" if !self.refuse_login => "235 ok".to_owned(),
                "AUTH" => {
                    *self.logins.lock().unwrap() += 1;
                    "535 Login Fail. Please enter your authorization code to login.".to_owned()
                }
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap().to_owned();
                    match to.split('@').next().unwrap() {
                        "no" => "550 Mailbox not found".to_owned(),
                        "grey" if self.first(&to) => "451 Greylisted, try again later".to_owned(),
                        _ => "250 ok".to_owned(),
                    }
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await.ok()?;
                    let message = content(&mut stream).await?;
                    self.maybe_hang("DOT").await;
                    tokio::time::sleep(self.delay).await;
                    if to.starts_with("big") {
                        "552 message exceeds fixed limit".to_owned()
                    } else {
                        self.accepted.lock().unwrap().push(Accepted { to: to.clone(), message });
                        if to.starts_with("cut") && self.first(&to) {
                            return None;
                        }
                        tokio::time::sleep(self.delay).await;
                        "250 queued".to_owned()
                    }
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await.ok()?;
                    return None;
                }
                _ => "250 ok".to_owned(),
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
    }
}

async fn content(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut out = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(out);
        }
        out.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
