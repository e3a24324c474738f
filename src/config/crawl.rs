//! `[crawl]`: where tasks run.

use std::fmt;
use std::path::PathBuf;

use crate::config::localized::{LocalizedMessage, localized};
use crate::config::reader::Section;

/// Who fetches and extracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DispatcherKind {
    /// This process.
    #[default]
    Local,
    /// Workers, over NATS JetStream.
    Nats,
}

/// NATS servers, separated by commas: `nats://a:4222,nats://b:4222`, or `tls://…`. A user, password or token before an `@` is
/// used and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct NatsUrl(String);

impl NatsUrl {
    /// Returns each server's address without its secrets.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.0.split(',').map(str::trim)
    }
}

impl fmt::Display for NatsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // a password may contain any character, also a comma: cut up to the last @
        match self.0.rsplit_once('@') {
            None => f.write_str(&self.0),
            Some((secret, host)) => {
                let scheme = secret.split_once("://").map_or(String::new(), |(scheme, _)| format!("{scheme}://"));
                write!(f, "{scheme}…@{host}")
            }
        }
    }
}

impl fmt::Debug for NatsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Where tasks run, and how to reach the workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrawlSettings {
    pub dispatcher: DispatcherKind,
    pub nats: NatsUrl,
    /// Credentials file of `nsc` or a NATS operator (`.creds`).
    pub credentials_file: Option<PathBuf>,
    /// User name, with [`password_file`](Self::password_file); not with a credentials file.
    pub user: Option<String>,
    /// File with the user's password.
    pub password_file: Option<PathBuf>,
    /// Certificate authority of the servers, if it is not a public one.
    pub ca_file: Option<PathBuf>,
    /// Replicas of each stream in a cluster.
    pub replicas: usize,
    /// Most tasks dispatched at once.
    pub max_in_flight: usize,
    /// Days after printing on which an article is looked at again; empty: never.
    pub recheck_days: Vec<u32>,
    /// Most requests for that, in per cent of those of the last day.
    pub recheck_share: u32,
}

impl Default for CrawlSettings {
    fn default() -> Self {
        Self {
            dispatcher: DispatcherKind::Local,
            nats: NatsUrl("nats://127.0.0.1:4222".to_owned()),
            credentials_file: None,
            user: None,
            password_file: None,
            ca_file: None,
            replicas: 1,
            max_in_flight: 1024,
            recheck_days: vec![1, 3, 7, 14, 30, 50],
            recheck_share: 5,
        }
    }
}

impl CrawlSettings {
    /// Applies `--crawl` or `--nats`: `local`, or the address of NATS.
    ///
    /// # Errors
    /// It is neither.
    pub fn named(&mut self, what: &str) -> Result<(), LocalizedMessage> {
        if what == "local" {
            self.dispatcher = DispatcherKind::Local;
            return Ok(());
        }
        let url = NatsUrl(what.to_owned());
        if !url.servers().all(|a| ["nats://", "tls://"].iter().any(|s| a.strip_prefix(s).is_some_and(|rest| !rest.is_empty()))) {
            let english = format!("{url:?} is neither \"local\" nor an address like nats://host:4222");
            return Err(localized(english, format!("“{url}”既不是 local，也不是 nats://host:4222 这样的地址")));
        }
        self.dispatcher = DispatcherKind::Nats;
        self.nats = url;
        Ok(())
    }
}

pub(super) fn read(s: &Section<'_>, c: &mut CrawlSettings) {
    s.deny_unknown_keys(&[
        "engine",
        "nats",
        "credentials_file",
        "user",
        "password_file",
        "ca_file",
        "replicas",
        "ahead",
        "recheck_days",
        "recheck_share",
    ]);
    if let Some(t) = s.text("nats")
        && let Err(e) = c.named(t.value)
    {
        s.error(t.span, e);
    }
    c.dispatcher = DispatcherKind::Local;
    if let Some(t) = s.text("engine") {
        match t.value {
            "local" => {}
            "nats" => c.dispatcher = DispatcherKind::Nats,
            _ => s.invalid_value("engine", t, &["local", "nats"]),
        }
    }
    let file = |key| s.string(key).map(PathBuf::from);
    (c.credentials_file, c.password_file, c.ca_file) = (file("credentials_file"), file("password_file"), file("ca_file"));
    c.user = s.string("user");
    if c.user.as_ref().is_some_and(|u| u.is_empty() || u.contains(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')) {
        s.error(None, localized("user of [crawl] may hold letters, digits, - and _", "[crawl] 的 user 只能用字母、数字、- 和 _"));
    }
    if c.user.is_some() != c.password_file.is_some() {
        s.error(None, localized("user and password_file of [crawl] go together", "[crawl] 的 user 与 password_file 要一起写"));
    }
    let count = |key, to| s.integer(key, 1..to).and_then(|n| usize::try_from(n).ok());
    c.replicas = count("replicas", 6).unwrap_or(c.replicas);
    c.max_in_flight = count("ahead", 65_537).unwrap_or(c.max_in_flight);
    if s.keys().contains(&"recheck_days") {
        c.recheck_days = s.integers("recheck_days", 1..61).into_iter().filter_map(|d| u32::try_from(d).ok()).collect();
        c.recheck_days.sort_unstable();
        c.recheck_days.dedup();
    }
    c.recheck_share = s.integer("recheck_share", 0..101).and_then(|n| u32::try_from(n).ok()).unwrap_or(c.recheck_share);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_chooses_the_engine_and_anything_else_is_refused() {
        let mut c = CrawlSettings::default();
        c.named("nats://a:4222,tls://b").unwrap();
        assert_eq!((c.dispatcher, c.nats.to_string().as_str()), (DispatcherKind::Nats, "nats://a:4222,tls://b"));
        c.named("local").unwrap();
        assert_eq!(c.dispatcher, DispatcherKind::Local);
        for bad in ["", "nats://", "http://a", "a:4222"] {
            assert!(c.named(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_and_tokens_of_an_address_are_never_shown() {
        let table = [
            ("nats://a:4222,tls://b", "nats://a:4222,tls://b"),
            ("nats://user:secret@a:4222", "nats://…@a:4222"),
            ("tls://secret@a", "tls://…@a"),
            ("nats://u:secret@a,nats://u:secret@b:1", "nats://…@b:1"),
            ("nats://u:secr,secret@a", "nats://…@a"),
            ("u:secret@a", "…@a"),
        ];
        for (text, shown) in table {
            assert_eq!((NatsUrl(text.into()).to_string().as_str(), format!("{:?}", NatsUrl(text.into()))), (shown, format!("\"{shown}\"")));
        }
        let words = CrawlSettings::default().named("http://u:secret@a").unwrap_err();
        assert!(!words.english.contains("secret") && !words.chinese.contains("secret"));
    }
}
