//! The commands of a session, each with a time limit and a budget of bytes.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use imap_proto::{AttributeValue, Capability, MailboxDatum, Response, ResponseCode, Status};

use crate::fetch::imap::ImapError;
use crate::fetch::imap::names::{folder, quoted, uid_set};
use crate::fetch::imap::wire::{Stream, Wire};

/// For one command. A mail of 20 MB takes a minute on a slow line.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(3);
/// Bytes that an answer may have besides the mails that were asked for.
const ANSWER_BYTES: usize = 64 << 10;
/// Bytes of a list of mails: a million ids.
const LIST_BYTES: usize = 12 << 20;
/// Bytes read of a mail's header.
const HEADER_BYTES: usize = 64 << 10;
/// Longest text of a server that goes into a message.
const MAX_WORDS: usize = 200;

/// An open folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folder {
    /// Ids of mails mean the same as long as this stays (RFC 3501 §2.3.1.1).
    pub validity: u32,
    /// The id of the next mail, if the server says it.
    pub next: Option<u32>,
}

/// What is known of a mail before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailHead {
    pub uid: u32,
    /// As the server says.
    pub size: u32,
    /// At most its first 64 KB.
    pub header: Vec<u8>,
}

/// Why waiting for news ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleEnd {
    News,
    /// Nothing came in time.
    Quiet,
    /// The server cannot tell news.
    Unsupported,
}

/// A connection that is logged in.
pub struct Session {
    wire: Wire,
    tag: u32,
    capabilities: Vec<String>,
}

impl Session {
    /// Reads the greeting.
    pub(super) async fn greeted(wire: Wire) -> Result<Self, ImapError> {
        let mut session = Self::unauthenticated(wire);
        session.wire.allow(ANSWER_BYTES);
        let greeting = limited(session.wire.response()).await?;
        match Response::parse(&greeting) {
            Ok((_, Response::Data { status: Status::Ok | Status::PreAuth, .. })) => Ok(session),
            Ok((_, Response::Data { status, outcome })) => {
                let cause = outcome.information.map_or_else(|| format!("{status:?}"), |i| words(&i));
                Err(ImapError::Refused { command: "the connection", cause })
            }
            _ => Err(ImapError::Protocol(words(&String::from_utf8_lossy(&greeting)))),
        }
    }

    pub(super) fn unauthenticated(wire: Wire) -> Self {
        Self { wire, tag: 0, capabilities: Vec::new() }
    }

    /// Asks for TLS; returns the connection on which it starts.
    pub(super) async fn starttls(mut self) -> Result<Box<dyn Stream>, ImapError> {
        self.command("STARTTLS", "STARTTLS", ANSWER_BYTES, |_| {}).await.map_err(|e| match e {
            ImapError::Refused { .. } => ImapError::NoStarttls,
            e => e,
        })?;
        self.wire.into_plain().ok_or_else(|| ImapError::Protocol("plain text after STARTTLS".to_owned()))
    }

    pub(super) async fn login(&mut self, user: &str, password: &str) -> Result<(), ImapError> {
        self.learn_capabilities().await?;
        let sent = match (quoted(user), quoted(password)) {
            (Some(user), Some(password)) => self.command("LOGIN", &format!("LOGIN {user} {password}"), ANSWER_BYTES, |_| {}).await,
            // a quoted text is ASCII
            _ => self.authenticate_plain(user, password).await,
        };
        sent.map_err(|e| if let ImapError::Refused { cause, .. } = e { ImapError::Login(cause) } else { e })?;
        self.learn_capabilities().await?;
        // 163.com opens no folder for programs that give no name
        if self.can("ID") {
            let line = format!("ID (\"name\" \"qingbao\" \"version\" \"{}\")", env!("CARGO_PKG_VERSION"));
            self.command("ID", &line, ANSWER_BYTES, |_| {}).await?;
        }
        Ok(())
    }

    async fn authenticate_plain(&mut self, user: &str, password: &str) -> Result<(), ImapError> {
        let secret = STANDARD.encode(format!("\0{user}\0{password}"));
        self.wire.allow(ANSWER_BYTES);
        let tag = self.next_tag();
        limited(async {
            self.wire.send(&format!("{tag} AUTHENTICATE PLAIN")).await?;
            self.until_continued("AUTHENTICATE", &tag).await?;
            self.wire.send(&secret).await?;
            self.until_done("AUTHENTICATE", &tag, |_| {}).await
        })
        .await
    }

    async fn learn_capabilities(&mut self) -> Result<(), ImapError> {
        let mut found = Vec::new();
        self.command("CAPABILITY", "CAPABILITY", ANSWER_BYTES, |r| {
            if let Response::Capabilities(all) = r {
                found.extend(all.iter().filter_map(|c| if let Capability::Atom(name) = c { Some(name.to_ascii_uppercase()) } else { None }));
            }
        })
        .await?;
        self.capabilities = found;
        Ok(())
    }

    fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|c| c == capability)
    }

    /// Opens a folder; with `read_only`, nothing on the server can change.
    pub async fn open(&mut self, name: &str, read_only: bool) -> Result<Folder, ImapError> {
        let lost = |cause: String| ImapError::Folder { folder: name.to_owned(), cause };
        let command = if read_only { "EXAMINE" } else { "SELECT" };
        let argument = folder(name).ok_or_else(|| lost("its name cannot be written".to_owned()))?;
        let (mut validity, mut next) = (None, None);
        let line = format!("{command} {argument}");
        let opened = self.command(command, &line, ANSWER_BYTES, |r| {
            if let Response::Data { outcome, .. } = r {
                match outcome.code {
                    Some(ResponseCode::UidValidity(n)) => validity = Some(n),
                    Some(ResponseCode::UidNext(n)) => next = Some(n),
                    _ => {}
                }
            }
        });
        opened.await.map_err(|e| if let ImapError::Refused { cause, .. } = e { lost(cause) } else { e })?;
        let validity = validity.ok_or_else(|| ImapError::Protocol("a folder without UIDVALIDITY".to_owned()))?;
        Ok(Folder { validity, next })
    }

    /// Returns the ids of the mails after `uid`, sorted; only of those that arrived since a day if one is given.
    pub async fn after(&mut self, uid: u32, since: Option<DateTime<Utc>>) -> Result<Vec<u32>, ImapError> {
        let first = uid.saturating_add(1);
        let since = since.map(|t| format!(" SINCE {}", t.format("%d-%b-%Y"))).unwrap_or_default();
        let mut found = self.search(&format!("UID {first}:*{since}")).await?;
        // `*` is the last mail, whatever its id
        found.retain(|u| *u >= first);
        Ok(found)
    }

    async fn search(&mut self, condition: &str) -> Result<Vec<u32>, ImapError> {
        let mut found = Vec::new();
        self.command("UID SEARCH", &format!("UID SEARCH {condition}"), LIST_BYTES, |r| {
            if let Response::MailboxData(MailboxDatum::Search(ids)) = r {
                found.extend_from_slice(ids);
            }
        })
        .await?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Returns size and header of mails, sorted by id; those that are gone are missing.
    pub async fn heads(&mut self, uids: &[u32]) -> Result<Vec<MailHead>, ImapError> {
        let mut out: Vec<MailHead> = Vec::new();
        if uids.is_empty() {
            return Ok(out);
        }
        let line = format!("UID FETCH {} (UID RFC822.SIZE BODY.PEEK[HEADER]<0.{HEADER_BYTES}>)", uid_set(uids));
        self.command("UID FETCH", &line, ANSWER_BYTES + uids.len() * (HEADER_BYTES + 1000), |r| {
            let Response::Fetch(_, attributes) = r else { return };
            let (mut uid, mut size, mut header) = (None, None, None);
            for a in attributes {
                match a {
                    AttributeValue::Uid(n) => uid = Some(*n),
                    AttributeValue::Rfc822Size(n) => size = Some(*n),
                    AttributeValue::BodySection { data: Some(data), .. } => header = Some(data.to_vec()),
                    _ => {}
                }
            }
            if let (Some(uid), Some(size), Some(header)) = (uid.filter(|u| uids.contains(u)), size, header) {
                out.push(MailHead { uid, size, header });
            }
        })
        .await?;
        out.sort_unstable_by_key(|h| h.uid);
        out.dedup_by_key(|h| h.uid);
        Ok(out)
    }

    /// Returns a mail, at most its first `most` bytes; `None` if it is gone. It stays unread on the server.
    pub async fn mail(&mut self, uid: u32, most: usize) -> Result<Option<Vec<u8>>, ImapError> {
        let mut mail = None;
        self.command("UID FETCH", &format!("UID FETCH {uid} (UID BODY.PEEK[]<0.{most}>)"), most + ANSWER_BYTES, |r| {
            let Response::Fetch(_, attributes) = r else { return };
            let is_asked = attributes.iter().any(|a| matches!(a, AttributeValue::Uid(n) if *n == uid));
            for a in attributes {
                if let AttributeValue::BodySection { section: None, data: Some(data), .. } = a
                    && is_asked
                {
                    mail = Some(data.to_vec());
                }
            }
        })
        .await?;
        Ok(mail)
    }

    /// Moves mails to another folder. Repeating it is safe: mails that are gone are left out by the server.
    pub async fn move_mails(&mut self, uids: &[u32], target: &str) -> Result<(), ImapError> {
        if uids.is_empty() {
            return Ok(());
        }
        let lost = |cause: String| ImapError::Folder { folder: target.to_owned(), cause };
        let (set, argument) = (uid_set(uids), folder(target).ok_or_else(|| lost("its name cannot be written".to_owned()))?);
        let command = if self.can("MOVE") { "UID MOVE" } else { "UID COPY" };
        let moved = self.command(command, &format!("{command} {set} {argument}"), LIST_BYTES, |_| {}).await;
        moved.map_err(|e| if let ImapError::Refused { cause, .. } = e { lost(cause) } else { e })?;
        if command == "UID COPY" {
            self.command("UID STORE", &format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"), LIST_BYTES, |_| {}).await?;
            // a bare EXPUNGE would also delete what others marked
            if self.can("UIDPLUS") {
                self.command("UID EXPUNGE", &format!("UID EXPUNGE {set}"), LIST_BYTES, |_| {}).await?;
            }
        }
        Ok(())
    }

    /// Waits for news in the open folder.
    pub async fn idle(&mut self, most: Duration) -> Result<IdleEnd, ImapError> {
        if !self.can("IDLE") {
            return Ok(IdleEnd::Unsupported);
        }
        self.wire.allow(LIST_BYTES);
        let tag = self.next_tag();
        limited(async {
            self.wire.send(&format!("{tag} IDLE")).await?;
            self.until_continued("IDLE", &tag).await
        })
        .await?;
        let end = match tokio::time::timeout(most, self.until_news()).await {
            Ok(news) => news.map(|()| IdleEnd::News)?,
            Err(_) => IdleEnd::Quiet,
        };
        Ok(end)
    }

    async fn until_news(&mut self) -> Result<(), ImapError> {
        loop {
            let response = self.wire.response().await?;
            match Response::parse(&response) {
                Ok((_, Response::MailboxData(MailboxDatum::Exists(_) | MailboxDatum::Recent(_)))) => return Ok(()),
                Ok((_, Response::Data { status: Status::Bye, .. })) => return Err(ImapError::Lost("the server says BYE".to_owned())),
                _ => {}
            }
        }
    }

    /// Takes leave; the server's answer does not matter.
    pub async fn logout(mut self) {
        let tag = self.next_tag();
        let _ = tokio::time::timeout(Duration::from_secs(2), self.wire.send(&format!("{tag} LOGOUT"))).await;
    }

    fn next_tag(&mut self) -> String {
        self.tag += 1;
        format!("q{}", self.tag)
    }

    /// Sends a command and hands every response before its end to `each`.
    async fn command(&mut self, name: &'static str, line: &str, budget: usize, each: impl FnMut(&Response<'_>)) -> Result<(), ImapError> {
        self.wire.allow(budget);
        let tag = self.next_tag();
        limited(async {
            self.wire.send(&format!("{tag} {line}")).await?;
            self.until_done(name, &tag, each).await
        })
        .await
    }

    async fn until_done(&mut self, command: &'static str, tag: &str, mut each: impl FnMut(&Response<'_>)) -> Result<(), ImapError> {
        loop {
            let raw = self.wire.response().await?;
            match Response::parse(&raw) {
                Ok((_, Response::Done { tag: done, status, outcome })) if done.0 == tag => {
                    let cause = || outcome.information.as_deref().map_or_else(|| format!("{status:?}"), words);
                    return if status == Status::Ok { Ok(()) } else { Err(ImapError::Refused { command, cause: cause() }) };
                }
                Ok((_, Response::Data { status: Status::Bye, outcome })) => {
                    return Err(ImapError::Lost(outcome.information.as_deref().map_or_else(|| "the server says BYE".to_owned(), words)));
                }
                Ok((_, response)) => each(&response),
                // what other extensions say is not for us
                Err(_) if raw.starts_with(b"* ") => {}
                Err(_) => return Err(ImapError::Protocol(words(&String::from_utf8_lossy(&raw)))),
            }
        }
    }

    async fn until_continued(&mut self, command: &'static str, tag: &str) -> Result<(), ImapError> {
        loop {
            let raw = self.wire.response().await?;
            match Response::parse(&raw) {
                Ok((_, Response::Continue(_))) => return Ok(()),
                Ok((_, Response::Done { tag: done, outcome, .. })) if done.0 == tag => {
                    let cause = outcome.information.as_deref().map(words).unwrap_or_default();
                    return Err(ImapError::Refused { command, cause });
                }
                Ok(_) => {}
                Err(_) if raw.starts_with(b"+") => return Ok(()),
                Err(_) if raw.starts_with(b"* ") => {}
                Err(_) => return Err(ImapError::Protocol(words(&String::from_utf8_lossy(&raw)))),
            }
        }
    }
}

async fn limited<T>(work: impl Future<Output = Result<T, ImapError>>) -> Result<T, ImapError> {
    tokio::time::timeout(COMMAND_TIMEOUT, work).await.unwrap_or(Err(ImapError::Timeout(COMMAND_TIMEOUT)))
}

/// Returns what a server says, short and on one line.
fn words(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_WORDS).collect::<String>().trim().to_owned()
}
