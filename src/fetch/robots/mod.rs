//! robots.txt by RFC 9309: the crate `robotxt`, with corrections where it differs from the RFC.
//!
//! A file is parsed once, for our product token. Answers (RFC 9309 §2.3.1): 200 has rules; 4xx allows everything; 5xx and 429
//! forbid everything until the file is available again, unless we have a good copy of the last two days; after thirty days of
//! failure everything is allowed.

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use robotxt::Agent;
use serde::{Deserialize, Serialize};

use crate::model::{SourceId, WebUrl};

/// Our name in robots.txt: a group is ours if its `User-agent` is this word, in any case.
pub const PRODUCT_TOKEN: &str = "qingbao";
/// Bytes read of a file; RFC 9309 §2.5 asks for at least this many.
pub(super) const MAX_BYTES: usize = 500 << 10;
/// RFC 9309 §2.4.
const REFRESH_AFTER: TimeDelta = TimeDelta::hours(24);
/// How long a good copy is used while the file is unavailable.
const USE_STALE_FOR: TimeDelta = TimeDelta::hours(48);
/// After this long without a file, everything is allowed.
const FORGET_AFTER: TimeDelta = TimeDelta::days(30);
/// First delay after a failure; doubles with each further one.
const MIN_RETRY: TimeDelta = TimeDelta::minutes(10);
const MAX_RETRY: TimeDelta = TimeDelta::hours(6);

/// The rules of one file for us.
#[derive(Debug, Clone)]
pub struct Robots(robotxt::Robots);

impl Robots {
    /// Parses a file; anything that is not a robots.txt has no rules.
    pub fn parse(file: &[u8]) -> Self {
        Self::parse_for(file, PRODUCT_TOKEN)
    }

    /// Parses a file for another crawler's name.
    pub fn parse_for(file: &[u8], token: &str) -> Self {
        let file = file.get(..MAX_BYTES).unwrap_or(file);
        Self(robotxt::Robots::parse(&normalize_robots(file), Agent::Exact(token)))
    }

    /// A file without rules.
    pub fn allow_all() -> Self {
        Self(robotxt::Robots::allow_all())
    }

    /// Whether an address may be requested. robots.txt itself always may.
    pub fn allows(&self, url: &WebUrl) -> bool {
        self.0.is_url_allowed(url.as_url())
    }

    /// Returns the `Crawl-delay`.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.0.crawl_delay()
    }
}

/// The kind of a line, as far as grouping needs it.
enum Directive<'a> {
    Agent(&'a [u8]),
    Delay,
    Rule,
    Other,
}

/// Rewrites a file so that the crate reads it as RFC 9309 says: `User-agent` values end at the first character that cannot be
/// part of a product token (§2.2.1), and a `Crawl-delay` between two `User-agent` lines does not end the group (§2.2.4: other
/// records are not rules).
fn normalize_robots(file: &[u8]) -> Vec<u8> {
    let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    let mut out = Vec::with_capacity(file.len());
    let mut delays: Vec<&[u8]> = Vec::new();
    let mut in_agents = false;
    let file = file.strip_suffix(b"\n").unwrap_or(file);
    for line in file.split(|b| matches!(b, b'\n' | b'\r' | 0)) {
        match read(line) {
            Directive::Agent(token) => {
                in_agents = true;
                out.extend_from_slice(b"User-agent: ");
                out.extend_from_slice(token);
            }
            Directive::Delay if in_agents => {
                delays.push(line);
                continue;
            }
            Directive::Rule => {
                in_agents = false;
                delays.drain(..).for_each(|d| push(&mut out, d));
                out.extend_from_slice(line);
            }
            Directive::Delay | Directive::Other => out.extend_from_slice(line),
        }
        out.push(b'\n');
    }
    for delay in delays {
        push(&mut out, delay);
    }
    out
}

fn push(out: &mut Vec<u8>, line: &[u8]) {
    out.extend_from_slice(line);
    out.push(b'\n');
}

fn read(line: &[u8]) -> Directive<'_> {
    let line = line.trim_ascii_start();
    let key_end = line.iter().position(|b| matches!(b, b':' | b'#')).unwrap_or(line.len());
    let (key, value) = line.split_at(key_end);
    let key: Vec<u8> = key.iter().filter(|b| !matches!(b, b' ' | b'\t' | b'-')).map(u8::to_ascii_lowercase).collect();
    match key.as_slice() {
        b"useragent" => Directive::Agent(token(value)),
        b"crawldelay" => Directive::Delay,
        b"allow" | b"disallow" => Directive::Rule,
        // common misspellings, which the crate reads as rules too
        k if k.starts_with(b"dis") || k.starts_with(b"dia") || k.starts_with(b"al") => Directive::Rule,
        _ => Directive::Other,
    }
}

/// Returns the product token at the start of a `User-agent` value; `*` stays `*`.
fn token(value: &[u8]) -> &[u8] {
    let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
    if value.starts_with(b"*") && value.get(1).is_none_or(|b| b.is_ascii_whitespace() || *b == b'#') {
        return b"*";
    }
    let end = value.iter().position(|b| !(b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'))).unwrap_or(value.len());
    value.get(..end).unwrap_or(value)
}

/// Stored state of a site's robots.txt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotsRecord {
    /// Time of the next request for the file.
    pub expires: DateTime<Utc>,
    /// Time of the last good answer.
    pub good_at: Option<DateTime<Utc>>,
    /// The file of that answer; `None` if there was none and everything is allowed.
    pub file: Option<Vec<u8>>,
    /// Start of the current failures.
    pub failing_since: Option<DateTime<Utc>>,
    pub failures: u32,
    /// Of the last failure.
    pub cause: String,
}

/// Persistent per-site data (robots.txt, cookies). Methods may block.
pub trait SiteStore: Send + Sync {
    /// Returns the record of a site (`scheme://host:port`).
    fn robots(&self, site: &str) -> Option<RobotsRecord>;
    fn put_robots(&self, site: &str, record: &RobotsRecord);
    /// Returns the cookies of a source; `None` if they live only in this process.
    fn cookies(&self, _source: &SourceId) -> Option<Vec<u8>> {
        None
    }
    /// Stores the cookies of a source, if others share them.
    fn put_cookies(&self, _source: &SourceId, _cookies: &[u8]) {}
}

/// Stores nothing: every run requests the files again.
#[derive(Debug, Clone, Copy)]
pub struct NoopSiteStore;

impl SiteStore for NoopSiteStore {
    fn robots(&self, _: &str) -> Option<RobotsRecord> {
        None
    }

    fn put_robots(&self, _: &str, _: &RobotsRecord) {}
}

/// What a record means now.
#[derive(Debug)]
pub(super) enum RobotsState {
    /// Use these rules.
    Rules(Robots),
    /// Nothing may be requested; retry the file after this long.
    Closed { cause: String, after: Duration },
    /// Request the file first.
    TaskKind,
}

impl RobotsRecord {
    /// After an answer: 200 with its file, or 4xx (or too many redirects) without one.
    pub(super) fn good(file: Option<Vec<u8>>, now: DateTime<Utc>) -> Self {
        Self { expires: now + REFRESH_AFTER, good_at: Some(now), file, failing_since: None, failures: 0, cause: String::new() }
    }

    /// After a failure of the site (5xx, 429, a broken answer); older knowledge stays.
    pub(super) fn failed(before: Option<Self>, cause: String, now: DateTime<Utc>) -> Self {
        let (good_at, file, since, failures) = before.map_or((None, None, None, 0), |b| (b.good_at, b.file, b.failing_since, b.failures));
        let wait = (MIN_RETRY * (1 << failures.min(6))).min(MAX_RETRY);
        Self { expires: now + wait, good_at, file, failing_since: since.or(Some(now)), failures: failures + 1, cause }
    }

    pub(super) fn state(&self, now: DateTime<Utc>) -> RobotsState {
        if now >= self.expires {
            return RobotsState::TaskKind;
        }
        let rules = || self.file.as_deref().map_or_else(Robots::allow_all, Robots::parse);
        match self.failing_since {
            None => RobotsState::Rules(rules()),
            Some(_) if self.good_at.is_some_and(|g| now - g < USE_STALE_FOR) => RobotsState::Rules(rules()),
            Some(since) if now - since > FORGET_AFTER => RobotsState::Rules(Robots::allow_all()),
            Some(_) => RobotsState::Closed { cause: self.cause.clone(), after: (self.expires - now).to_std().unwrap_or_default() },
        }
    }
}
