//! The plain types every stage speaks.
//!
//! Identifiers, addresses and times are never bare strings here: a [`SourceId`] or a [`WebUrl`] is right by
//! construction, so later stages need not check again.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

/// Longest address that is accepted anywhere, in bytes.
pub const MAX_URL_BYTES: usize = 4096;

/// Stable key of a source: one or more of `[a-z0-9-]`, at most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct SourceId(String);

impl SourceId {
    /// Reads an id; `None` unless it is 1–64 characters of `[a-z0-9-]`.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        fits.then(|| Self(text.to_owned()))
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An absolute `http` or `https` address with a host, at most [`MAX_URL_BYTES`] long, without credentials or fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebUrl(Url);

/// Why a text is no usable web address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not parseable by the WHATWG rules.
    #[error("not a web address ({0}); write it as https://host/path")]
    Syntax(String),
    /// Another scheme than http or https.
    #[error("scheme {0:?} is not supported; only http and https are")]
    Scheme(String),
    /// Longer than [`MAX_URL_BYTES`].
    #[error("address is {0} bytes long; at most {MAX_URL_BYTES} are accepted")]
    TooLong(usize),
    /// `user:password@host`.
    #[error("address carries a user name or password; remove it")]
    Credentials,
}

impl WebUrl {
    /// Parses an absolute address.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        if text.len() > MAX_URL_BYTES {
            return Err(UrlError::TooLong(text.len()));
        }
        Url::parse(text).map_err(|e| UrlError::Syntax(e.to_string())).and_then(Self::from_url)
    }

    /// Resolves a reference found on this page.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let reference = reference.trim();
        if reference.len() > MAX_URL_BYTES {
            return Err(UrlError::TooLong(reference.len()));
        }
        self.0.join(reference).map_err(|e| UrlError::Syntax(e.to_string())).and_then(Self::from_url)
    }

    fn from_url(mut url: Url) -> Result<Self, UrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme(url.scheme().to_owned()));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(UrlError::Syntax("no host".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The parsed form.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Host, lower case; IPv6 in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Host and port: the unit of politeness.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host(), self.0.port_or_known_default().unwrap_or(0))
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl Serialize for WebUrl {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for WebUrl {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_id!(
    /// An entry's row.
    EntryId
);
row_id!(
    /// An article's row.
    ArticleId
);
row_id!(
    /// A story: the row of the first article that told it.
    StoryId
);
row_id!(
    /// An edition's row.
    EditionId
);
row_id!(
    /// A row of the outbox.
    OutboxId
);

/// What kind of document a source's address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// RSS, RDF, Atom or JSON Feed.
    Feed,
    /// An HTML page with a block of links.
    List,
    /// `sitemap.xml`, news sitemaps included.
    Sitemap,
    /// A JSON list.
    Json,
}

impl SourceKind {
    /// Every kind, in the order in which messages list them.
    pub const ALL: [Self; 4] = [Self::Feed, Self::List, Self::Sitemap, Self::Json];

    /// The word used in `sources.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::List => "list",
            Self::Sitemap => "sitemap",
            Self::Json => "json",
        }
    }

    /// Reads the word used in `sources.toml`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == word)
    }
}

/// What makes an entry the same entry as one seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Identity {
    /// The feed's own id.
    Guid,
    /// The canonical address.
    #[default]
    Url,
    /// The title.
    Title,
}

impl Identity {
    /// Reads the word used in `sources.toml`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "guid" => Some(Self::Guid),
            "url" => Some(Self::Url),
            "title" => Some(Self::Title),
            _ => None,
        }
    }
}

/// Whose request limit a source shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateKey {
    /// All sources on one host and port.
    #[default]
    Host,
    /// All sources below one registrable domain.
    Domain,
    /// This source alone.
    Source,
}

impl RateKey {
    /// Reads the word used in `sources.toml`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "host" => Some(Self::Host),
            "domain" => Some(Self::Domain),
            "source" => Some(Self::Source),
            _ => None,
        }
    }
}

/// CSS selectors for a list page; only where finding the layout out fails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListSelectors {
    /// One element per entry.
    pub item: Option<String>,
    /// The title inside an item; default: the link's own text.
    pub title: Option<String>,
    /// The link inside an item; default `a`.
    pub link: Option<String>,
    /// The date inside an item.
    pub date: Option<String>,
}

/// CSS selectors for article pages of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArticleSelectors {
    /// The element that holds the whole body.
    pub body: Option<String>,
    /// Elements to leave out.
    pub remove: Vec<String>,
}

/// One place news is taken from, as `sources.toml` says.
#[derive(Debug, Clone)]
pub struct Source {
    /// Stable key.
    pub id: SourceId,
    /// Name shown to editors.
    pub name: String,
    /// Where the entries are listed.
    pub url: WebUrl,
    /// What the address leads to; `None`: found out.
    pub kind: Option<SourceKind>,
    /// Time between two looks.
    pub interval: Duration,
    /// 全国, 河南, 许昌 …
    pub region: Option<String>,
    /// The column its articles most likely belong to: a hint.
    pub column: Option<String>,
    /// Industries it writes about: a hint.
    pub industries: Vec<String>,
    /// Looked at or not.
    pub enabled: bool,
    /// Through a headless browser.
    pub render: bool,
    /// May be on a private or loopback address.
    pub allow_private: bool,
    /// Charset to use whatever the page says.
    pub charset: Option<&'static encoding_rs::Encoding>,
    /// Zone of times without one.
    pub timezone: chrono_tz::Tz,
    /// What makes an entry the same.
    pub identity: Identity,
    /// Whose limit it shares.
    pub rate_key: RateKey,
    /// Selectors for the list.
    pub list: ListSelectors,
    /// Selectors for the articles.
    pub article: ArticleSelectors,
}

/// One pointer to an article, found in a feed or on a list page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// The feed's own id.
    pub id: Option<String>,
    /// Where the article is.
    pub url: WebUrl,
    /// Title as listed; may be cut.
    pub title: String,
    /// When it was published, as listed.
    pub published_at: Option<DateTime<FixedOffset>>,
    /// Short text from the feed, plain.
    pub summary: Option<String>,
    /// Full text from the feed, raw HTML, not to be trusted.
    pub content_html: Option<String>,
}

/// What an article page was found to say.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Extracted {
    /// Headline.
    pub title: Option<String>,
    /// Author, if one is named.
    pub author: Option<String>,
    /// 来源 in the site's own words.
    pub publisher: Option<String>,
    /// Publication time.
    pub published_at: Option<DateTime<FixedOffset>>,
    /// `zh`, `en` or nothing.
    pub language: Option<&'static str>,
    /// Body as paragraphs, one per line.
    pub text: String,
    /// Body as sanitised HTML.
    pub html: String,
    /// What was odd about the page.
    pub warnings: Vec<String>,
}

/// One article in the archive.
#[derive(Debug, Clone)]
pub struct Article {
    /// Row.
    pub id: ArticleId,
    /// Source it was first found in.
    pub source: SourceId,
    /// That source's name.
    pub source_name: String,
    /// Region of that source.
    pub region: Option<String>,
    /// Where it is.
    pub url: WebUrl,
    /// Headline.
    pub title: String,
    /// Author.
    pub author: Option<String>,
    /// 来源.
    pub publisher: Option<String>,
    /// Publication time, if known.
    pub published_at: Option<DateTime<FixedOffset>>,
    /// When it came in.
    pub fetched_at: DateTime<Utc>,
    /// Body as paragraphs, one per line.
    pub text: String,
    /// Body as sanitised HTML.
    pub html: String,
    /// The story it tells, once known.
    pub story: Option<StoryId>,
    /// What the classifier said, once it did.
    pub judgement: Option<Judgement>,
}

impl Article {
    /// Publication time, or when it came in: what articles are sorted by. Never later than it came in.
    pub fn effective_time(&self) -> DateTime<Utc> {
        self.published_at.map_or(self.fetched_at, |t| t.with_timezone(&Utc).min(self.fetched_at))
    }

    /// 来源 as shown: the page's own, else the source's name.
    pub fn origin(&self) -> &str {
        self.publisher.as_deref().unwrap_or(&self.source_name)
    }
}

/// An industry or theme with how sure the classifier is and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Name from the taxonomy.
    pub name: String,
    /// 0–1.
    pub score: f64,
    /// Words that spoke for it.
    pub evidence: Vec<String>,
}

/// Everything the classifier says of one article.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Industries, best first.
    pub industries: Vec<Label>,
    /// Cross-industry themes, best first.
    #[serde(default)]
    pub themes: Vec<Label>,
    /// Column of the briefing.
    pub column: String,
    /// Why that column.
    #[serde(default)]
    pub column_reasons: Vec<String>,
    /// Keywords, best first.
    pub keywords: Vec<String>,
    /// Places named, most often first.
    pub places: Vec<String>,
    /// Organisations named.
    pub organisations: Vec<String>,
}

impl Judgement {
    /// Whether the article concerns this publication at all.
    pub fn on_topic(&self) -> bool {
        !self.industries.is_empty() || !self.themes.is_empty()
    }
}

/// Another place where an item's story was published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Copy {
    /// Name of the source that republished it.
    pub origin: String,
    /// Where.
    pub url: WebUrl,
}

/// One item of an edition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The article shown.
    pub article: ArticleId,
    /// Headline, cleaned.
    pub title: String,
    /// The article's own sentences.
    pub summary: String,
    /// Full text, one paragraph per line.
    pub text: String,
    /// Industry names.
    pub industries: Vec<String>,
    /// Theme names.
    pub themes: Vec<String>,
    /// Keywords.
    pub keywords: Vec<String>,
    /// 来源.
    pub origin: String,
    /// Publication day.
    pub date: Option<NaiveDate>,
    /// Places named.
    pub places: Vec<String>,
    /// Where.
    pub url: WebUrl,
    /// Republished elsewhere.
    pub copies: Vec<Copy>,
    /// Rank score.
    pub score: f64,
    /// Why it was chosen, for people.
    pub reasons: Vec<String>,
}

/// A column with its items in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnItems {
    /// Name of the column.
    pub name: String,
    /// Items in order.
    pub items: Vec<Item>,
}

/// A source that did not work, as told to editors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTrouble {
    /// Name of the source.
    pub name: String,
    /// What is wrong, in Chinese.
    pub reason: String,
    /// Since when, as a day.
    pub since: Option<NaiveDate>,
}

/// Figures on the pass behind an edition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Sources looked at.
    pub sources: usize,
    /// Sources that did not work.
    pub troubles: Vec<SourceTrouble>,
    /// Articles considered.
    pub candidates: usize,
    /// Republished copies merged away.
    pub merged: usize,
}

/// One issue of the briefing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edition {
    /// Row; 0 until stored.
    pub id: EditionId,
    /// Name of the publication.
    pub publication: String,
    /// Who edits it.
    pub organiser: String,
    /// Year the number counts in.
    pub year: i32,
    /// Number within the year.
    pub number: u32,
    /// Number since the first issue.
    pub total: u32,
    /// Day of the issue.
    pub date: NaiveDate,
    /// 编者的话.
    pub foreword: String,
    /// Columns in order.
    pub columns: Vec<ColumnItems>,
    /// How the crawl behind it went.
    pub health: Health,
}

impl Edition {
    /// Items over all columns.
    pub fn item_count(&self) -> usize {
        self.columns.iter().map(|c| c.items.len()).sum()
    }

    /// 2026年第3期(总第3期).
    pub fn issue_label(&self) -> String {
        format!("{}年第{}期(总第{}期)", self.year, self.number, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_ids_are_lower_case_words() {
        assert!(SourceId::parse("henan-kjt").is_some());
        for bad in ["", "Henan", "a b", "a/b", "河南", &"x".repeat(65)] {
            assert!(SourceId::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn web_urls_refuse_what_must_not_be_fetched() {
        for bad in ["ftp://a.cn/", "javascript:alert(1)", "/x", "http://", "http://u:p@a.cn/", "http://a.cn:99999/"] {
            assert!(WebUrl::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(WebUrl::parse(&format!("http://a.cn/{}", "x".repeat(5000))), Err(UrlError::TooLong(5012)));
        assert_eq!(WebUrl::parse("HTTP://A.cn/x#y").unwrap().as_str(), "http://a.cn/x");
    }

    #[test]
    fn joining_resolves_relative_links() {
        let base = WebUrl::parse("https://a.gov.cn/x/index.html").unwrap();
        assert_eq!(base.join("./t1.html").unwrap().as_str(), "https://a.gov.cn/x/t1.html");
        assert_eq!(base.join("//b.cn/y").unwrap().host(), "b.cn");
        assert!(base.join("javascript:void(0)").is_err());
    }
}
