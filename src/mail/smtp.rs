//! One SMTP connection. Each transaction has one recipient, so a refused recipient affects no other, and is run step by step, so
//! that we know whether a message may have been accepted when the connection breaks.

use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;

use crate::config::settings::{MailTls, SmtpSettings};
use crate::mail::delivery::{DeliveryResult, PasswordError, TransportError};
use crate::mail::step::{self, Step, StepError};

/// Messages per connection; providers close longer ones.
const PER_CONNECTION: u32 = 50;
/// Bytes of content per write.
const PIECE: usize = 1 << 16;

/// A connection to a mail server.
pub struct Smtp {
    settings: SmtpSettings,
    from: Address,
    password: Option<String>,
    tls: Option<TlsParameters>,
    open: Option<(AsyncSmtpConnection, u32)>,
    /// The dialogue, if somebody wants to see it.
    pub(super) steps: Option<Vec<String>>,
}

impl Smtp {
    /// Reads password and certificate; connects with the first message.
    pub(super) fn new(settings: &SmtpSettings, from: &Address) -> Result<Self, TransportError> {
        Self::with_password(settings, from, settings.user.as_deref().map(|user| password(settings, user)).transpose()?)
    }

    /// Logs in with this password instead of the one that the settings name.
    pub(super) fn with_password(settings: &SmtpSettings, from: &Address, password: Option<String>) -> Result<Self, TransportError> {
        let tls = match settings.tls {
            MailTls::None => None,
            MailTls::Implicit | MailTls::Starttls => Some(parameters(settings)?),
        };
        Ok(Self { settings: settings.clone(), from: from.clone(), password, tls, open: None, steps: None })
    }

    fn log_step(&mut self, step: impl FnOnce() -> String) {
        if let Some(steps) = &mut self.steps {
            steps.push(step());
        }
    }

    /// Runs a transaction up to the content. Until then the message cannot have been accepted.
    pub(super) async fn mail_and_rcpt(&mut self, to: &Address) -> Result<(), DeliveryResult> {
        if self.open.as_ref().is_none_or(|(c, used)| c.has_broken() || *used >= PER_CONNECTION) {
            self.close().await;
            self.connect().await?;
        }
        let mail = Mail::new(Some(self.from.clone()), Vec::new());
        self.ask(step::MAIL_FROM, mail).await?;
        self.ask(step::RCPT_TO, Rcpt::new(to.clone(), Vec::new())).await
    }

    /// Sends the content. If the connection breaks after the final dot, it is unknown whether the message was accepted.
    pub(super) async fn data(&mut self, message: &[u8]) -> DeliveryResult {
        if let Err(outcome) = self.ask(step::DATA, Data).await {
            return outcome;
        }
        let most = self.settings.timeout;
        let Some((connection, used)) = &mut self.open else { return lost() };
        *used += 1;
        let ended = AtomicBool::new(false);
        let answer = hand_over(connection, message, most, &ended).await;
        match answer {
            Ok(r) => {
                let words = reply_text(&r);
                self.log_step(|| format!("content → {words}"));
                DeliveryResult::Accepted(words)
            }
            Err(e) => {
                let text = e.explain();
                self.log_step(|| format!("content → {text}"));
                self.drop_connection(&e).await;
                match e.is_permanent() {
                    Some(true) => DeliveryResult::Refused(text),
                    Some(false) => DeliveryResult::Later(text),
                    None if ended.load(Ordering::Relaxed) => DeliveryResult::Uncertain(text),
                    None => DeliveryResult::Later(text),
                }
            }
        }
    }

    /// Sends QUIT.
    pub(super) async fn close(&mut self) {
        if let Some((connection, _)) = self.open.take() {
            goodbye(connection, self.settings.timeout).await;
        }
    }

    /// Drops the connection after an error, because the dialogue is out of step. A silent server gets no QUIT.
    async fn drop_connection(&mut self, e: &StepError) {
        match e {
            StepError::Smtp(_) => self.close().await,
            StepError::Silent(..) => self.open = None,
        }
    }

    pub(super) async fn connect(&mut self) -> Result<(), DeliveryResult> {
        let (host, port, most) = (self.settings.host.clone(), self.settings.port, self.settings.timeout);
        let hello = ClientId::Domain(self.from.domain().to_owned());
        let wrapped = self.tls.clone().filter(|_| self.settings.tls == MailTls::Implicit);
        let dialled = AsyncSmtpConnection::connect_tokio1((host.as_str(), port), Some(most), &hello, wrapped, None);
        let connection = step::CONNECT.run(most, dialled).await;
        let mut connection = connection.map_err(|e| DeliveryResult::Later(format!("{host}:{port}: {}", e.explain())))?;
        self.log_step(|| format!("connected to {host}:{port}, {}", if connection.is_encrypted() { "TLS from the first byte" } else { "plain text" }));
        if self.settings.tls == MailTls::Starttls
            && let Some(tls) = self.tls.clone()
        {
            // never continue in plain text
            let upgraded = step::STARTTLS.run(most, connection.starttls(tls, &hello)).await;
            upgraded.map_err(|e| DeliveryResult::Later(format!("STARTTLS: {}", e.explain())))?;
            self.log_step(|| "STARTTLS → TLS".to_owned());
        }
        if let (Some(user), Some(password)) = (self.settings.user.clone(), self.password.clone()) {
            let credentials = Credentials::new(user.clone(), password);
            let answer = step::LOGIN.run(most, connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)).await;
            match answer {
                Ok(r) => self.log_step(|| format!("login as {user} → {}", reply_text(&r))),
                Err(e) => {
                    let text = e.explain();
                    self.log_step(|| format!("login as {user} → {text}"));
                    goodbye(connection, most).await;
                    // other messages would be refused as well, and providers lock accounts that keep trying
                    return Err(if e.is_permanent() == Some(true) { DeliveryResult::LoginRefused(text) } else { DeliveryResult::Later(text) });
                }
            }
        }
        self.open = Some((connection, 0));
        Ok(())
    }

    async fn ask<C: std::fmt::Display>(&mut self, step: Step, command: C) -> Result<(), DeliveryResult> {
        let most = self.settings.timeout;
        let Some((connection, _)) = &mut self.open else { return Err(lost()) };
        match step.run(most, connection.command(command)).await {
            Ok(r) => {
                self.log_step(|| format!("{} → {}", step.0, reply_text(&r)));
                Ok(())
            }
            Err(e) => {
                let text = e.explain();
                self.log_step(|| format!("{} → {text}", step.0));
                self.drop_connection(&e).await;
                Err(match e.is_permanent() {
                    Some(true) if e.is_about_login() => DeliveryResult::LoginRefused(text),
                    Some(true) => DeliveryResult::Refused(text),
                    _ => DeliveryResult::Later(text),
                })
            }
        }
    }
}

fn lost() -> DeliveryResult {
    DeliveryResult::Later("the connection was lost".to_owned())
}

async fn goodbye(mut connection: AsyncSmtpConnection, most: Duration) {
    let quit = async {
        connection.abort().await;
        Ok(())
    };
    let _ = step::QUIT.run(most, quit).await;
}

/// Sends the content in pieces; sets `ended` before the final dot.
async fn hand_over(connection: &mut AsyncSmtpConnection, message: &[u8], most: Duration, ended: &AtomicBool) -> Result<Response, StepError> {
    let end = std::iter::from_fn(|| {
        ended.store(true, Ordering::Relaxed);
        None
    });
    let mut work = pin!(connection.message_iter(message.chunks(PIECE).chain(end)));
    let until_dot = poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(answer.map(Some)),
        Poll::Pending if ended.load(Ordering::Relaxed) => Poll::Ready(Ok(None)),
        Poll::Pending => Poll::Pending,
    });
    match step::CONTENT.run(most, until_dot).await? {
        Some(answer) => Ok(answer),
        None => step::FINAL_DOT.run(most, work).await,
    }
}

fn parameters(s: &SmtpSettings) -> Result<TlsParameters, TransportError> {
    let mut builder = TlsParameters::builder(s.host.clone());
    if let Some(path) = &s.ca_file {
        let failed = |source| PasswordError::File { path: path.display().to_string(), source };
        let pem = std::fs::read(path).map_err(failed)?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem)?);
    }
    Ok(builder.build()?)
}

fn reply_text(r: &Response) -> String {
    format!("{} {}", r.code(), r.message().collect::<Vec<_>>().join(" "))
}

/// Reads the password from the file, the systemd credential or the environment, without blanks at the ends.
fn password(s: &SmtpSettings, user: &str) -> Result<String, PasswordError> {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|d| PathBuf::from(d).join("smtp_password")).filter(|p| p.exists());
    let text = match s.password_file.clone().or(credential) {
        Some(path) => std::fs::read_to_string(&path).map_err(|source| PasswordError::File { path: path.display().to_string(), source })?,
        None => std::env::var("QINGBAO_SMTP_PASSWORD").map_err(|_| PasswordError::Missing(user.to_owned()))?,
    };
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}');
    // the installation creates an empty password file
    if text.is_empty() { Err(PasswordError::Missing(user.to_owned())) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_that_takes_no_content_has_not_accepted_the_letter() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut stream = BufReader::new(listener.accept().await.unwrap().0);
            stream.write_all(b"220 ok\r\n").await.unwrap();
            // answers EHLO, MAIL, RCPT and DATA, then reads no more
            for answer in ["250", "250", "250", "354"] {
                stream.read_line(&mut String::new()).await.unwrap();
                stream.write_all(format!("{answer} ok\r\n").as_bytes()).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        let settings = SmtpSettings {
            host: "127.0.0.1".into(),
            port,
            tls: MailTls::None,
            ca_file: None,
            user: None,
            password_file: None,
            timeout: Duration::from_secs(1),
            pause: Duration::ZERO,
        };
        let to = Address::new("a", "b.example").unwrap();
        let mut smtp = Smtp::new(&settings, &to).unwrap();
        smtp.mail_and_rcpt(&to).await.unwrap();
        let outcome = smtp.data(&vec![b'x'; 64 << 20]).await;
        assert!(matches!(&outcome, DeliveryResult::Later(why) if why.contains("the content")), "{outcome:?}");
    }
}
