//! `sources.toml`: the source list.

mod builder;
mod fields;
mod series;

use std::path::Path;
use std::sync::Arc;

use crate::config::reader::TomlReader;
use crate::config::{ConfigError, Taxonomy, read_file};
use crate::model::{Source, SourceId};
use builder::{Builder, split_into_parts};

/// Words that source hints may use.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    pub industries: Vec<String>,
    /// Cross-industry themes.
    pub themes: Vec<String>,
    pub columns: Vec<String>,
    /// Names of the taxonomy's places.
    pub places: Vec<String>,
}

impl Vocabulary {
    /// Combines the taxonomy's names with further columns of the publications.
    pub fn new(taxonomy: &Taxonomy, mut columns: Vec<String>) -> Self {
        columns.extend(taxonomy.column_names());
        // publications share columns, with each other and with the taxonomy; messages name each once
        let mut seen = std::collections::HashSet::new();
        columns.retain(|c| seen.insert(c.clone()));
        let places = taxonomy.places.iter().map(|p| p.name.clone()).collect();
        let themes = taxonomy.themes.iter().map(|t| t.name.clone()).collect();
        Self { industries: taxonomy.industry_names(), themes, columns, places }
    }

    /// Returns the names of all industries and themes.
    pub fn topics(&self) -> Vec<String> {
        self.industries.iter().chain(&self.themes).cloned().collect()
    }
}

/// The checked list.
#[derive(Debug, Clone, Default)]
pub struct SourceList {
    /// In the file's order.
    pub sources: Vec<Arc<Source>>,
    /// Of `[defaults]`: sources may be on private or loopback addresses.
    pub allow_private: bool,
    /// Indexes into `sources`, sorted by id.
    by_id: Vec<u32>,
}

impl SourceList {
    /// Reads and checks a file.
    pub fn load(path: &Path, vocabulary: &Vocabulary) -> Result<Self, ConfigError> {
        Self::parse(&path.display().to_string(), &read_file(path)?, vocabulary)
    }

    /// Reads a list; reports all mistakes at once. Parses it in parts, because a parsed document takes about thirty times the
    /// memory of its text.
    pub fn parse(file: &str, text: &str, vocabulary: &Vocabulary) -> Result<Self, ConfigError> {
        let by_parts = || {
            let mut builder = Builder::new(TomlReader::unparsed(file, text), vocabulary);
            split_into_parts(text).into_iter().all(|part| builder.read_part(part)).then_some(builder)
        };
        let builder = if let Some(builder) = by_parts() {
            builder
        } else {
            let mut builder = Builder::new(TomlReader::parse(file, text)?, vocabulary);
            builder.read();
            builder
        };
        builder.finish()
    }

    /// Returns the source with this id.
    pub fn get(&self, id: &SourceId) -> Option<&Arc<Source>> {
        let place = self.by_id.binary_search_by(|i| self.sources.get(*i as usize).map(|s| &s.id).cmp(&Some(id))).ok()?;
        self.sources.get(*self.by_id.get(place)? as usize)
    }

    /// Returns the sources that are polled.
    pub fn enabled(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.sources.iter().filter(|s| s.enabled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Choice, Frequency, IgnoredPart, TlsTrust};

    fn vocabulary() -> Vocabulary {
        Vocabulary {
            industries: vec!["新材料".into(), "食品".into()],
            themes: Vec::new(),
            columns: vec!["行业动态".into(), "财经数据".into()],
            places: Vec::new(),
        }
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
    fn a_source_without_a_key_of_the_defaults_has_their_value() {
        let defaults = "[defaults]\ninterval = \"1h\"\ntimezone = \"Asia/Tokyo\"\nregion = \"河南\"\nrate_key = \"domain\"\nweight = 2.5\nallow_private = true\n";
        let other = GOOD.replace("\"a\"", "\"b\"").replace("a.cn", "b.cn");
        let list = SourceList::parse("s", &format!("{defaults}{GOOD}{other}weight = 0.5\n"), &vocabulary()).unwrap();
        let s = &list.sources[0];
        assert_eq!((s.interval, s.timezone, s.region.as_deref()), (Some(std::time::Duration::from_hours(1)), chrono_tz::Asia::Tokyo, Some("河南")));
        assert_eq!((s.rate_key, s.allow_private), (crate::model::RateKey::Domain, true));
        assert_eq!(list.sources.iter().map(|s| s.weight.to_string()).collect::<Vec<_>>(), ["2.5", "0.5"]);
        assert!(problems(&format!("[defaults]\nweight = 6\n{GOOD}")).contains("sources.toml:2:10: "));
    }

    #[test]
    fn a_page_leaves_out_elements_and_words() {
        let text = format!("{GOOD}kind = \"page\"\nselect = \"#price\"\nignore = [\".ad\", \"footer p\", \"今日\", \"hits\"]\n");
        let page = SourceList::parse("s", &text, &vocabulary()).unwrap().sources[0].page.clone();
        let (selector, words) = (|s: &str| IgnoredPart::Selector(s.to_owned()), |s: &str| IgnoredPart::Words(s.to_owned()));
        assert_eq!(page.ignore, [selector(".ad"), selector("footer p"), words("今日"), words("hits")]);
        assert_eq!((page.select.as_deref(), page.min_change), (Some("#price"), 1));
    }

    #[test]
    fn a_series_says_where_its_figure_stands() {
        let text = format!(
            "{GOOD}kind = \"series\"\nseries = {{ table = \"2\", value = \"出口额\", unit = \"亿元\", every = \"月\", jump = \"12.5%\", cumulative = true, decimals = 1 }}\n"
        );
        let series = SourceList::parse("s", &text, &vocabulary()).unwrap().sources[0].series.clone();
        assert_eq!((series.table, series.value), (Some(Choice::Number(2)), Some(Choice::Name("出口额".to_owned()))));
        assert_eq!((series.frequency, series.jump, series.cumulative, series.decimals), (Some(Frequency::Month), Some(12.5), Some(true), Some(1)));
        assert_eq!(problems(&format!("{GOOD}kind = \"series\"\n")), "1 sources");
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
            ("kind = \"feeds\"", "sources.toml:5:8: kind \"feeds\" is not one of feed, list, sitemap, json, page, series; did you mean \"feed\"?"),
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
            ("select = \"#a\"", "sources.toml:5:1: \"select\" is a key only of kind = \"page\""),
            ("kind = \"page\"\nlist = { item = \"li\" }", "sources.toml:6:1: \"list\" is no key of kind = \"page\""),
            ("kind = \"page\"\nignore = [\".ad[\"]", "is no CSS selector"),
            ("kind = \"page\"\nmin_change = 0", "must be from 1 to 10000"),
            ("series = { unit = \"吨\" }", "sources.toml:5:1: \"series\" is a key only of kind = \"series\""),
            ("kind = \"series\"\nselect = \"#a\"", "sources.toml:6:1: \"select\" is no key of kind = \"series\""),
            ("kind = \"series\"\nseries = { unitt = \"吨\" }", "did you mean \"unit\"?"),
            ("kind = \"series\"\nseries = { every = \"旬\" }", "sources.toml:6:20: every \"旬\" is not one of 日, 周, 月, 季, 年"),
            ("kind = \"series\"\nseries = { jump = \"大\" }", "must be a percentage like \"30%\""),
            ("kind = \"series\"\nseries = { value = \"0\" }", "must be a name, or a number from 1"),
            ("kind = \"series\"\nseries = { value = 2 }", "must be a text in quotes"),
            ("kind = \"series\"\nseries = { decimals = 9 }", "must be from 0 to 4"),
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
        let expected = "s.toml 第 5 行第 8 列：kind 不能写“feeds”，只能是 feed、list、sitemap、json、page、series；是不是“feed”？\ns.toml 第 6 行第 1 列：没有“urll”这一项；是不是“url”？";
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

    /// A list of several parts.
    fn long_list() -> String {
        (0..3_000).map(|i| format!("[[source]]\nid = \"s{i}\"\nname = \"源{i}\"\nurl = \"https://h{i}.cn/\"\n\n")).collect()
    }

    #[test]
    fn places_in_later_parts_of_a_long_list_count_from_its_beginning() {
        let list = long_list();
        assert!(split_into_parts(&list).len() > 2);
        let doubled = problems(&format!("{list}{}kind = \"feeds\"\n", GOOD.replace("https://a.cn/", "https://h0.cn/").replace("\"a\"", "\"s1\"")));
        let expected = [
            "15002:6: id \"s1\" is used twice, first in line 7;",
            "15004:7: the same address stands in line 4 already;",
            "15005:8: kind \"feeds\" is not one of",
        ];
        assert!(expected.iter().zip(doubled.lines()).all(|(e, line)| line.contains(e)) && doubled.lines().count() == 3, "{doubled}");
        let unclosed = problems(&format!("{list}[[source]]\nid = \"a\nname = \"甲\"\n"));
        assert!(unclosed.starts_with("sources.toml:15002:8: "), "{unclosed}");
    }

    #[test]
    fn a_long_list_that_cannot_be_split_is_read_whole() {
        let list = long_list();
        let defaults = format!("{list}[defaults]\nregion = \"河南\"\n");
        let parsed = SourceList::parse("s", &defaults, &vocabulary()).unwrap();
        assert!(parsed.sources.len() == 3_000 && parsed.sources.iter().all(|s| s.region.as_deref() == Some("河南")));
        for (doubled, line) in [(format!("{defaults}[defaults]\n"), 15_003), (format!("source = []\n{list}"), 2)] {
            let error = SourceList::parse("s", &doubled, &vocabulary()).unwrap_err().to_string();
            assert!(error.starts_with(&format!("s:{line}:")) && error.ends_with(": duplicate key"), "{error}");
        }
        // a part may end within a multi-line text
        let note = format!("{GOOD}note = '''\n{list}'''\n");
        assert_eq!(problems(&note), "1 sources");
    }

    #[test]
    fn sources_are_found_by_id() {
        let list = SourceList::parse("s", &long_list(), &vocabulary()).unwrap();
        assert!(list.sources.iter().all(|s| list.get(&s.id).is_some_and(|found| Arc::ptr_eq(found, s))));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}") {
            let _ = problems(&text);
        }
    }
}
