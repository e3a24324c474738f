//! robots.txt by RFC 9309, with `robotxt` behind a façade that mends what it reads differently.
//!
//! A file is parsed once for our product token. What its answer means (RFC 9309 §2.3.1): 200 rules, 4xx everything
//! allowed, 5xx and 429 nothing allowed until it can be had again, unless a good copy of the last two days speaks, and after
//! thirty days of failure everything.

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use robotxt::Agent;
use serde::{Deserialize, Serialize};

use crate::model::{SourceId, WebUrl};

/// Our name in robots.txt files: a group is ours where its `User-agent` is this word, in any case.
pub const PRODUCT_TOKEN: &str = "qingbao";
/// Most of a file that is read; RFC 9309 §2.5 asks for at least this much.
pub(super) const MAX_BYTES: usize = 500 << 10;
/// How long an answer holds (RFC 9309 §2.4).
const REFRESH_AFTER: TimeDelta = TimeDelta::hours(24);
/// How long a good copy still speaks for a site whose file cannot be had.
const USE_STALE_FOR: TimeDelta = TimeDelta::hours(48);
/// After so long without a file, there is none.
const FORGET_AFTER: TimeDelta = TimeDelta::days(30);
/// First pause after a failure; doubled by each further one.
const MIN_RETRY: TimeDelta = TimeDelta::minutes(10);
const MAX_RETRY: TimeDelta = TimeDelta::hours(6);

/// The rules of one file for us.
#[derive(Debug, Clone)]
pub struct Robots(robotxt::Robots);

impl Robots {
    /// Reads a file; anything that is no robots.txt has no rules.
    pub fn parse(file: &[u8]) -> Self {
        Self::parse_for(file, PRODUCT_TOKEN)
    }

    /// Reads a file for another crawler's name.
    pub fn parse_for(file: &[u8], token: &str) -> Self {
        let file = file.get(..MAX_BYTES).unwrap_or(file);
        Self(robotxt::Robots::parse(&normalize_robots(file), Agent::Exact(token)))
    }

    /// A file without rules.
    pub fn allow_all() -> Self {
        Self(robotxt::Robots::allow_all())
    }

    /// Whether an address may be asked for. robots.txt itself always may.
    pub fn allows(&self, url: &WebUrl) -> bool {
        self.0.is_url_allowed(url.as_url())
    }

    /// The pause the site asks for between two requests.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.0.crawl_delay()
    }
}

/// What a line is, as far as grouping goes.
enum Directive<'a> {
    Agent(&'a [u8]),
    Delay,
    Rule,
    Other,
}

/// Brings a file into the form the crate reads as RFC 9309 means it: `User-agent` values end at the first character that
/// cannot be part of a product token (§2.2.1), and a `Crawl-delay` between two `User-agent` lines does not end the group
/// (§2.2.4: other records are no rules).
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

/// The product token at the start of a `User-agent` value; `*` stays `*`.
fn token(value: &[u8]) -> &[u8] {
    let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
    if value.starts_with(b"*") && value.get(1).is_none_or(|b| b.is_ascii_whitespace() || *b == b'#') {
        return b"*";
    }
    let end = value.iter().position(|b| !(b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'))).unwrap_or(value.len());
    value.get(..end).unwrap_or(value)
}

/// What is remembered of a site's robots.txt between two questions; kept in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotsRecord {
    /// When it is to be asked for again.
    pub expires: DateTime<Utc>,
    /// When the last good answer came.
    pub good_at: Option<DateTime<Utc>>,
    /// The file of that answer; `None`: there was none, everything is allowed.
    pub file: Option<Vec<u8>>,
    /// Since when it cannot be had.
    pub failing_since: Option<DateTime<Utc>>,
    /// Failures since.
    pub failures: u32,
    /// What the last failure was.
    pub cause: String,
}

/// What is remembered of sites between two questions, beyond this process. Calls may block.
pub trait SiteStore: Send + Sync {
    /// The record of a site (`scheme://host:port`).
    fn robots(&self, site: &str) -> Option<RobotsRecord>;
    /// Keeps a record.
    fn put_robots(&self, site: &str, record: &RobotsRecord);
    /// The cookies of a source as they were put; none where they live in this process alone.
    fn cookies(&self, _source: &SourceId) -> Option<Vec<u8>> {
        None
    }
    /// Keeps the cookies of a source, where others share them.
    fn put_cookies(&self, _source: &SourceId, _cookies: &[u8]) {}
}

/// Keeps nothing: every run asks anew.
#[derive(Debug, Clone, Copy)]
pub struct NoopSiteStore;

impl SiteStore for NoopSiteStore {
    fn robots(&self, _: &str) -> Option<RobotsRecord> {
        None
    }

    fn put_robots(&self, _: &str, _: &RobotsRecord) {}
}

/// What a record says now.
#[derive(Debug)]
pub(super) enum RobotsState {
    /// These rules hold.
    Rules(Robots),
    /// Nothing may be asked for; the file is asked for again after this long.
    Closed { cause: String, after: Duration },
    /// The file must be asked for first.
    TaskKind,
}

impl RobotsRecord {
    /// After an answer: 200 with its file, or 4xx (and too many redirects) without one.
    pub(super) fn good(file: Option<Vec<u8>>, now: DateTime<Utc>) -> Self {
        Self { expires: now + REFRESH_AFTER, good_at: Some(now), file, failing_since: None, failures: 0, cause: String::new() }
    }

    /// After a failure of the site (5xx, 429, a broken answer); what was known before stays known.
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
