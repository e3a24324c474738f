//! `sources.toml`: where news is taken from.

mod fields;

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::config::localized::localized;
use crate::config::reader::{Section, TomlReader};
use crate::config::{ConfigError, Taxonomy, read_file};
use crate::model::canonical_url;
use crate::model::{Identity, RateKey, Source, SourceId, SourceKind, TlsTrust};
use fields::{
    known_word, read_article, read_charset, read_exemption, read_headers, read_id, read_industries, read_list, read_proxy, read_timezone, read_url,
    read_word, required,
};

const INTERVALS: Range<Duration> = Duration::from_mins(1)..Duration::from_hours(720);
const SOURCE_KEYS: [&str; 24] = [
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
    "note",
];
const DEFAULT_KEYS: [&str; 5] = ["interval", "allow_private", "timezone", "rate_key", "region"];

/// Names that hints may use.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// Industry names.
    pub industries: Vec<String>,
    /// Column names.
    pub columns: Vec<String>,
}

impl Vocabulary {
    /// The taxonomy's names, and further columns of the publication.
    pub fn new(taxonomy: &Taxonomy, mut columns: Vec<String>) -> Self {
        columns.extend(taxonomy.column_names());
        Self { industries: taxonomy.industry_names(), columns }
    }
}

/// The checked list.
#[derive(Debug, Clone, Default)]
pub struct SourceList {
    /// In the file's order.
    pub sources: Vec<Arc<Source>>,
    /// What `[defaults]` says: whether sources may be on private or loopback addresses.
    pub allow_private: bool,
    by_id: HashMap<SourceId, usize>,
}

impl SourceList {
    /// Reads and checks a file.
    pub fn load(path: &Path, vocabulary: &Vocabulary) -> Result<Self, ConfigError> {
        Self::parse(&path.display().to_string(), &read_file(path)?, vocabulary)
    }

    /// Checks the text of a file; all problems come together.
    pub fn parse(file: &str, text: &str, vocabulary: &Vocabulary) -> Result<Self, ConfigError> {
        let reader = TomlReader::parse(file, text)?;
        let root = reader.root();
        root.deny_unknown_keys(&["defaults", "source"]);
        let defaults = Defaults::read(root.section("defaults").as_ref());
        let mut sources = Vec::new();
        let mut seen = DuplicateChecker::default();
        for section in root.sections("source") {
            section.deny_unknown_keys(&SOURCE_KEYS);
            if let Some(source) = read_source(&section, &defaults, vocabulary) {
                seen.check(&reader, &section, &source);
                sources.push(Arc::new(source));
            }
        }
        if sources.is_empty() {
            let chinese = "没有可用的 [[source]]；至少要有一个写全 id、name、url 的";
            reader.error(None, localized("holds no usable [[source]]; add at least one with id, name and url", chinese));
        }
        let by_id = sources.iter().enumerate().map(|(i, s)| (s.id.clone(), i)).collect();
        reader.finish(Self { sources, allow_private: defaults.allow_private, by_id })
    }

    /// The source of this id.
    pub fn get(&self, id: &SourceId) -> Option<&Arc<Source>> {
        self.sources.get(*self.by_id.get(id)?)
    }

    /// Sources that are polled.
    pub fn enabled(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.sources.iter().filter(|s| s.enabled)
    }
}

struct Defaults {
    interval: Option<Duration>,
    allow_private: bool,
    timezone: chrono_tz::Tz,
    rate_key: RateKey,
    region: Option<String>,
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
        }
    }
}

/// Ids and addresses met so far, with their places.
#[derive(Default)]
struct DuplicateChecker {
    ids: HashMap<String, (usize, usize)>,
    urls: HashMap<String, (usize, usize)>,
}

impl DuplicateChecker {
    fn check(&mut self, reader: &TomlReader<'_>, section: &Section<'_>, source: &Source) {
        let id_span = section.text("id").and_then(|t| t.span).unwrap_or_else(|| section.span());
        let url_span = section.text("url").and_then(|t| t.span).unwrap_or_else(|| section.span());
        let id_place = reader.place(&id_span);
        if let Some((line, _)) = self.ids.insert(source.id.to_string(), id_place) {
            let id = source.id.as_str();
            let english = format!("id {id:?} is used twice, first in line {line}; every source needs its own");
            section.error(Some(id_span), localized(english, format!("编号“{id}”用了两次，前一次在第 {line} 行；每个来源的编号不能相同")));
        }
        let url_place = reader.place(&url_span);
        if let Some((line, _)) = self.urls.insert(canonical_url::canonicalise(&source.url).to_string(), url_place) {
            let english = format!("the same address stands in line {line} already; remove one of the two");
            section.error(Some(url_span), localized(english, format!("第 {line} 行已经有同一个网址，请删去一个")));
        }
    }
}

fn read_source(s: &Section<'_>, defaults: &Defaults, vocabulary: &Vocabulary) -> Option<Source> {
    let id = read_id(s);
    let name = required(s, "name").filter(|n| !n.value.trim().is_empty());
    let url = read_url(s);
    let source = Source {
        interval: s.duration("interval", INTERVALS).or(defaults.interval),
        kind: read_word(s, "kind", SourceKind::parse, &SourceKind::ALL.map(SourceKind::as_str)),
        region: s.string("region").or_else(|| defaults.region.clone()),
        column: s.text("column").and_then(|c| known_word(s, &c, ("column", "栏目"), &vocabulary.columns)),
        industries: read_industries(s, vocabulary),
        enabled: s.bool("enabled").unwrap_or(true),
        render: s.bool("render").unwrap_or(false),
        allow_private: s.bool("allow_private").unwrap_or(defaults.allow_private),
        charset: read_charset(s),
        timezone: read_timezone(s).unwrap_or(defaults.timezone),
        identity: read_word(s, "identity", Identity::parse, &["guid", "url", "title"]).unwrap_or_default(),
        rate_key: read_word(s, "rate_key", RateKey::parse, &["host", "domain", "source"]).unwrap_or(defaults.rate_key),
        weight: s.number("weight", 0.0..=5.0).unwrap_or(1.0),
        tls: read_word(s, "tls", TlsTrust::parse, &["verify", "insecure"]).unwrap_or_default(),
        cookies: s.bool("cookies").unwrap_or(false),
        headers: read_headers(s),
        proxy: read_proxy(s),
        robots_exempt: read_exemption(s),
        list: read_list(s),
        article: read_article(s),
        id: id?,
        name: name?.value.trim().to_owned(),
        url: url?,
    };
    Some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        Vocabulary { industries: vec!["新材料".into(), "食品".into()], columns: vec!["行业动态".into(), "财经数据".into()] }
    }

    fn problems(text: &str) -> String {
        SourceList::parse("sources.toml", text, &vocabulary()).map_or_else(
            |e| {
                e.problems.iter().for_each(|p| p.words.check());
                e.to_string()
            },
            |l| format!("{} sources", l.sources.len()),
        )
    }

    const GOOD: &str = "[[source]]\nid = \"a\"\nname = \"甲\"\nurl = \"https://a.cn/\"\n";

    #[test]
    fn a_minimal_source_has_every_default() {
        let list = SourceList::parse("s", GOOD, &vocabulary()).unwrap();
        let s = &list.sources[0];
        assert_eq!((s.interval, s.enabled, s.kind, s.timezone), (None, true, None, chrono_tz::Asia::Shanghai));
        assert_eq!((s.tls, s.cookies, s.headers.len(), s.robots_exempt.is_some()), (TlsTrust::Verify, false, 0, false));
        assert!(list.get(&s.id).is_some() && list.get(&SourceId::parse("b").unwrap()).is_none());
    }

    #[test]
    fn windows_line_ends_are_fine() {
        assert_eq!(problems(&GOOD.replace('\n', "\r\n")), "1 sources");
    }

    #[test]
    fn every_kind_of_mistake_names_line_column_and_the_nearest_word() {
        let with = |line: &str| problems(&format!("{GOOD}{line}\n"));
        let table = [
            ("intervall = \"1h\"", "sources.toml:5:1: unknown key \"intervall\"; did you mean \"interval\"?"),
            ("interval = \"0m\"", "sources.toml:5:12: \"interval\" must be from 1m to 30d"),
            ("interval = \"10分\"", "is no length of time; write 90s, 30m, 2h or 1d"),
            ("interval = 5", "\"interval\" must be a text in quotes"),
            ("kind = \"feeds\"", "sources.toml:5:8: kind \"feeds\" is not one of feed, list, sitemap, json; did you mean \"feed\"?"),
            ("industries = [\"新材枓\"]", "did you mean \"新材料\"?"),
            ("column = \"动态\"", "column \"动态\" is not known"),
            ("timezone = \"Asia/Beijing\"", "did you mean \"Asia/Shanghai\"?"),
            ("charset = \"gbkk\"", "charset \"gbkk\" is not known"),
            ("list = { item = \"li[\" }", "is no CSS selector"),
            ("article = { bodi = \"#a\" }", "did you mean \"body\"?"),
            ("enabled = \"yes\"", "\"enabled\" must be true or false"),
            ("tls = \"off\"", "tls \"off\" is not one of verify, insecure"),
            ("headers = { Host = \"b.cn\" }", "one that the program itself sets"),
            ("headers = { X-A = \"许昌\" }", "visible ASCII characters only"),
            ("headers = { X-A = \"a\\r\\nb\" }", "visible ASCII characters only"),
            ("proxy = \"socks5://p:1080\"", "scheme \"socks5\" is not supported"),
            ("proxy = \"http://u:p@p:3128\"", "user name or password"),
            ("robots_exempt = \"\"", "needs a reason in words"),
            ("robots_exempt = true", "must be a text in quotes"),
            ("name2 = “x”", "full-width quotes"),
        ];
        for (line, expected) in table {
            let got = with(line);
            assert!(got.contains(expected), "{line}\n{got}");
        }
    }

    #[test]
    fn doubled_ids_and_addresses_name_both_lines() {
        let got = problems(&format!("{GOOD}\n{}", GOOD.replace("https://a.cn/", "HTTPS://A.cn:443/#top")));
        assert!(got.contains(":7:6: id \"a\" is used twice, first in line 2"), "{got}");
        assert!(got.contains(":9:7: the same address stands in line 4"), "{got}");
    }

    #[test]
    fn the_console_says_the_same_in_chinese() {
        let error = SourceList::parse("s.toml", &format!("{GOOD}kind = \"feeds\"\nurll = \"x\"\n"), &vocabulary()).unwrap_err();
        let expected = "s.toml 第 5 行第 8 列：kind 不能写“feeds”，只能是 feed、list、sitemap、json；是不是“feed”？\ns.toml 第 6 行第 1 列：没有“urll”这一项；是不是“url”？";
        assert_eq!(error.chinese(), expected);
    }

    #[test]
    fn all_problems_come_at_once() {
        let got = problems("[[source]]\nid = \"A B\"\nurl = \"ftp://x\"\n[[source]]\nid = \"b\"\n");
        assert_eq!(got.lines().count(), 6, "{got}");
    }

    #[test]
    fn ten_thousand_sources_are_checked() {
        use std::fmt::Write as _;
        let mut text = String::new();
        for i in 0..10_000 {
            let _ = write!(text, "[[source]]\nid = \"s{i}\"\nname = \"源{i}\"\nurl = \"https://h{i}.cn/\"\n");
        }
        assert_eq!(problems(&text), "10000 sources");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}") {
            let _ = problems(&text);
        }
    }
}
