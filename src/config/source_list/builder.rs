//! Reads `sources.toml` into a list, in parts.

use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use crate::config::ConfigError;
use crate::config::localized::localized;
use crate::config::reader::{Section, TomlReader};
use crate::config::source_list::fields::{
    known_word, read_article, read_charset, read_exemption, read_headers, read_id, read_industries, read_list, read_page, read_proxy, read_timezone,
    read_url, read_word, required,
};
use crate::config::source_list::mailbox::{read_mailbox, stand_in};
use crate::config::source_list::series::read_series;
use crate::config::source_list::{SourceList, Vocabulary};
use crate::model::canonical_url::{CanonicalUrl, canonicalise};
use crate::model::{Identity, RateKey, Source, SourceId, SourceKind, TlsTrust};

/// Bytes parsed at once.
const PART_BYTES: usize = 64 << 10;
const INTERVALS: Range<Duration> = Duration::from_mins(1)..Duration::from_hours(720);
const SOURCE_KEYS: [&str; 30] = [
    "id",
    "name",
    "url",
    "kind",
    "interval",
    "region",
    "column",
    "industries",
    "enabled",
    "render",
    "allow_private",
    "ports",
    "charset",
    "timezone",
    "identity",
    "rate_key",
    "weight",
    "tls",
    "cookies",
    "headers",
    "proxy",
    "robots_exempt",
    "list",
    "article",
    "select",
    "ignore",
    "min_change",
    "mailbox",
    "series",
    "note",
];
const DEFAULT_KEYS: [&str; 6] = ["interval", "allow_private", "timezone", "rate_key", "region", "weight"];
const WEIGHTS: RangeInclusive<f64> = 0.0..=5.0;

/// Splits a file into parts of about this size; each but the first starts with `[[source]]`.
pub(super) fn split_into_parts(text: &str) -> Vec<Range<usize>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for (line_end, _) in text.match_indices("\n[[source]]") {
        if line_end - start >= PART_BYTES {
            parts.push(start..line_end + 1);
            start = line_end + 1;
        }
    }
    parts.push(start..text.len());
    parts
}

/// A list under construction.
pub(super) struct Builder<'a> {
    reader: TomlReader<'a>,
    vocabulary: &'a Vocabulary,
    defaults: Defaults,
    sources: Vec<Arc<Source>>,
    seen: DuplicateChecker,
}

impl<'a> Builder<'a> {
    pub(super) fn new(reader: TomlReader<'a>, vocabulary: &'a Vocabulary) -> Self {
        Self { reader, vocabulary, defaults: Defaults::read(None), sources: Vec::new(), seen: DuplicateChecker::default() }
    }

    /// Reads a part. Returns false if the file must be read whole: it is invalid, the part ends within a value, or its tables are
    /// not `[defaults]` first and then each `[[source]]`.
    pub(super) fn read_part(&mut self, part: Range<usize>) -> bool {
        let first = part.start == 0;
        if !self.reader.parse_part(part) {
            return false;
        }
        let root = self.reader.root();
        let separable = root.has_only_tables("source") && (first || root.keys() == ["source"]);
        if separable {
            self.read();
        }
        separable
    }

    /// Reads the parsed part.
    pub(super) fn read(&mut self) {
        let root = self.reader.root();
        root.deny_unknown_keys(&["defaults", "source"]);
        if let Some(section) = root.section("defaults") {
            self.defaults = Defaults::read(Some(&section));
        }
        for section in root.sections("source") {
            section.deny_unknown_keys(&SOURCE_KEYS);
            if let Some(source) = read_source(&section, &self.defaults, self.vocabulary) {
                self.seen.check(&self.reader, &section, &source);
                self.sources.push(Arc::new(source));
            }
        }
    }

    pub(super) fn finish(self) -> Result<SourceList, ConfigError> {
        let Self { reader, defaults, sources, .. } = self;
        let mut by_id: Vec<u32> = (0..).take(sources.len()).collect();
        by_id.sort_by_key(|i| sources.get(*i as usize).map(|s| &s.id));
        reader.finish(SourceList { sources, allow_private: defaults.allow_private, by_id })
    }
}

struct Defaults {
    interval: Option<Duration>,
    allow_private: bool,
    timezone: chrono_tz::Tz,
    rate_key: RateKey,
    region: Option<String>,
    weight: f64,
}

impl Defaults {
    fn read(section: Option<&Section<'_>>) -> Self {
        if let Some(s) = section {
            s.deny_unknown_keys(&DEFAULT_KEYS);
        }
        let has = |f: fn(&Section<'_>) -> Option<Duration>| section.and_then(f);
        Self {
            interval: has(|s| s.duration("interval", INTERVALS)),
            allow_private: section.and_then(|s| s.bool("allow_private")).unwrap_or(false),
            timezone: section.and_then(read_timezone).unwrap_or(chrono_tz::Asia::Shanghai),
            rate_key: section.and_then(|s| read_word(s, "rate_key", RateKey::parse, &["host", "domain", "source"])).unwrap_or_default(),
            region: section.and_then(|s| s.string("region")),
            weight: section.and_then(|s| s.number("weight", WEIGHTS)).unwrap_or(1.0),
        }
    }
}

/// Ids and addresses so far, with their offsets in the file.
#[derive(Default)]
struct DuplicateChecker {
    ids: HashMap<SourceId, usize>,
    urls: HashMap<CanonicalUrl, usize>,
}

impl DuplicateChecker {
    fn check(&mut self, reader: &TomlReader<'_>, section: &Section<'_>, source: &Source) {
        let id_span = section.text("id").and_then(|t| t.span).unwrap_or_else(|| section.span());
        let url_span = section.text("url").and_then(|t| t.span).or_else(|| section.key_span("mailbox")).unwrap_or_else(|| section.span());
        if let Some(first) = self.ids.insert(source.id.clone(), reader.offset(&id_span)) {
            let (line, _) = reader.place(first);
            let id = source.id.as_str();
            let english = format!("id {id:?} is used twice, first in line {line}; every source needs its own");
            section.error(Some(id_span), localized(english, format!("编号“{id}”用了两次，前一次在第 {line} 行；每个来源的编号不能相同")));
        }
        if let Some(first) = self.urls.insert(canonicalise(&source.url), reader.offset(&url_span)) {
            let (line, _) = reader.place(first);
            let english = format!("the same address stands in line {line} already; remove one of the two");
            section.error(Some(url_span), localized(english, format!("第 {line} 行已经有同一个网址，请删去一个")));
        }
    }
}

fn read_source(s: &Section<'_>, defaults: &Defaults, vocabulary: &Vocabulary) -> Option<Source> {
    let id = read_id(s);
    let name = required(s, "name").filter(|n| !n.value.trim().is_empty());
    let kind = read_word(s, "kind", SourceKind::parse, &SourceKind::ALL.map(SourceKind::as_str));
    let allow_private = s.bool("allow_private").unwrap_or(defaults.allow_private);
    let mailbox = read_mailbox(s, kind, allow_private);
    let url = if kind == Some(SourceKind::Imap) { mailbox.as_ref().and_then(stand_in) } else { read_url(s) };
    let source = Source {
        interval: s.duration("interval", INTERVALS).or(defaults.interval),
        kind,
        region: s.string("region").or_else(|| defaults.region.clone()),
        column: s.text("column").and_then(|c| known_word(s, &c, ("column", "栏目"), &vocabulary.columns)),
        industries: read_industries(s, vocabulary),
        enabled: s.bool("enabled").unwrap_or(true),
        render: s.bool("render").unwrap_or(false),
        allow_private,
        ports: s.integers("ports", 1..65_536).into_iter().filter_map(|p| u16::try_from(p).ok()).collect(),
        charset: read_charset(s),
        timezone: read_timezone(s).unwrap_or(defaults.timezone),
        identity: read_word(s, "identity", Identity::parse, &["guid", "url", "title"]).unwrap_or_default(),
        rate_key: read_word(s, "rate_key", RateKey::parse, &["host", "domain", "source"]).unwrap_or(defaults.rate_key),
        weight: s.number("weight", WEIGHTS).unwrap_or(defaults.weight),
        tls: read_word(s, "tls", TlsTrust::parse, &["verify", "insecure"]).unwrap_or_default(),
        cookies: s.bool("cookies").unwrap_or(false),
        headers: read_headers(s),
        proxy: read_proxy(s),
        robots_exempt: read_exemption(s),
        list: read_list(s),
        article: read_article(s),
        page: read_page(s, kind),
        mailbox,
        series: read_series(s, kind),
        id: id?,
        name: name?.value.trim().to_owned(),
        url: url?,
    };
    Some(source)
}
