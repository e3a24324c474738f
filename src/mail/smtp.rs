//! One connection to a mail server, its transactions taken step by step: one recipient each, so that a refused one takes no
//! other with it, and so that it is known whether a letter may have been accepted when the connection breaks.

use std::path::PathBuf;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;

use crate::config::settings::{MailTls, SmtpSettings};
use crate::mail::delivery::{DeliveryResult, PasswordError, TransportError};

/// Letters over one connection; providers close longer ones.
const PER_CONNECTION: u32 = 50;

/// A way to a mail server.
pub struct Smtp {
    settings: SmtpSettings,
    from: Address,
    password: Option<String>,
    tls: Option<TlsParameters>,
    open: Option<(AsyncSmtpConnection, u32)>,
    /// What was said, where somebody wants to see it.
    pub(super) steps: Option<Vec<String>>,
}

impl Smtp {
    /// Reads password and certificate; connects at the first letter.
    pub(super) fn new(settings: &SmtpSettings, from: &Address) -> Result<Self, TransportError> {
        let password = settings.user.as_deref().map(|user| password(settings, user)).transpose()?;
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

    /// Takes a transaction up to where the content would be sent: the letter cannot have been accepted yet.
    pub(super) async fn mail_and_rcpt(&mut self, to: &Address) -> Result<(), DeliveryResult> {
        if self.open.as_ref().is_none_or(|(c, used)| c.has_broken() || *used >= PER_CONNECTION) {
            self.close().await;
            self.connect().await?;
        }
        let mail = Mail::new(Some(self.from.clone()), Vec::new());
        self.ask("MAIL FROM", mail).await?;
        self.ask("RCPT TO", Rcpt::new(to.clone(), Vec::new())).await.map(|_| ())
    }

    /// Sends the content. From here on a broken connection leaves it open whether the letter was accepted.
    pub(super) async fn data(&mut self, message: &[u8]) -> DeliveryResult {
        if let Err(outcome) = self.ask("DATA", Data).await {
            return outcome;
        }
        let Some((connection, used)) = &mut self.open else { return DeliveryResult::Later("the connection was lost".to_owned()) };
        *used += 1;
        let answer = connection.message(message).await;
        match answer {
            Ok(r) => {
                let words = reply_text(&r);
                self.log_step(|| format!("content → {words}"));
                DeliveryResult::Accepted(words)
            }
            Err(e) => {
                let text = explain(&e);
                self.log_step(|| format!("content → {text}"));
                self.drop_connection().await;
                match e.status() {
                    Some(_) if e.is_permanent() => DeliveryResult::Refused(text),
                    Some(_) => DeliveryResult::Later(text),
                    None => DeliveryResult::Uncertain(text),
                }
            }
        }
    }

    /// Says goodbye.
    pub(super) async fn close(&mut self) {
        if let Some((mut connection, _)) = self.open.take() {
            connection.abort().await;
        }
    }

    /// After an error the dialogue is out of step: the next letter begins anew.
    async fn drop_connection(&mut self) {
        if let Some((connection, _)) = &mut self.open {
            connection.abort().await;
        }
        self.open = None;
    }

    /// Connects and logs in.
    pub(super) async fn connect(&mut self) -> Result<(), DeliveryResult> {
        let (host, port, timeout) = (self.settings.host.clone(), self.settings.port, Some(self.settings.timeout));
        let hello = ClientId::Domain(self.from.domain().to_owned());
        let wrapped = self.tls.clone().filter(|_| self.settings.tls == MailTls::Implicit);
        let connection = AsyncSmtpConnection::connect_tokio1((host.as_str(), port), timeout, &hello, wrapped, None).await;
        let mut connection = connection.map_err(|e| DeliveryResult::Later(format!("{host}:{port}: {}", explain(&e))))?;
        self.log_step(|| format!("connected to {host}:{port}, {}", if connection.is_encrypted() { "TLS from the first byte" } else { "plain text" }));
        if self.settings.tls == MailTls::Starttls
            && let Some(tls) = self.tls.clone()
        {
            // never goes on in plain text
            connection.starttls(tls, &hello).await.map_err(|e| DeliveryResult::Later(format!("STARTTLS: {}", explain(&e))))?;
            self.log_step(|| "STARTTLS → TLS".to_owned());
        }
        if let (Some(user), Some(password)) = (self.settings.user.clone(), self.password.clone()) {
            let answer = connection.auth(&[Mechanism::Plain, Mechanism::Login], &Credentials::new(user.clone(), password)).await;
            match answer {
                Ok(r) => self.log_step(|| format!("login as {user} → {}", reply_text(&r))),
                Err(e) => {
                    let text = explain(&e);
                    self.log_step(|| format!("login as {user} → {text}"));
                    connection.abort().await;
                    // others would be refused as well, and providers lock accounts that keep trying
                    return Err(if e.status().is_some() && e.is_permanent() {
                        DeliveryResult::LoginRefused(text)
                    } else {
                        DeliveryResult::Later(text)
                    });
                }
            }
        }
        self.open = Some((connection, 0));
        Ok(())
    }

    async fn ask<C: std::fmt::Display>(&mut self, name: &str, command: C) -> Result<Response, DeliveryResult> {
        let Some((connection, _)) = &mut self.open else { return Err(DeliveryResult::Later("the connection was lost".to_owned())) };
        let answer = connection.command(command).await;
        match answer {
            Ok(r) => {
                self.log_step(|| format!("{name} → {}", reply_text(&r)));
                Ok(r)
            }
            Err(e) => {
                let text = explain(&e);
                self.log_step(|| format!("{name} → {text}"));
                self.drop_connection().await;
                let login = e.status().is_some_and(|c| matches!(c.to_string().as_str(), "530" | "534" | "535"));
                Err(match e.is_permanent() {
                    true if login => DeliveryResult::LoginRefused(text),
                    true => DeliveryResult::Refused(text),
                    false => DeliveryResult::Later(text),
                })
            }
        }
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

/// The error with its causes.
fn explain(e: &lettre::transport::smtp::Error) -> String {
    use std::error::Error as _;
    let mut words = e.to_string();
    let mut source = e.source();
    while let Some(s) = source {
        words = format!("{words}: {s}");
        source = s.source();
    }
    words
}

/// From the file, the systemd credential, or the environment; blanks that copying adds are dropped.
fn password(s: &SmtpSettings, user: &str) -> Result<String, PasswordError> {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|d| PathBuf::from(d).join("smtp_password")).filter(|p| p.exists());
    let text = match s.password_file.clone().or(credential) {
        Some(path) => std::fs::read_to_string(&path).map_err(|source| PasswordError::File { path: path.display().to_string(), source })?,
        None => std::env::var("QINGBAO_SMTP_PASSWORD").map_err(|_| PasswordError::Missing(user.to_owned()))?,
    };
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}');
    // the installation leaves an empty file where the password is to go
    if text.is_empty() { Err(PasswordError::Missing(user.to_owned())) } else { Ok(text.to_owned()) }
}
