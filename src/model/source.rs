//! Where news is taken from.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{SourceId, WebUrl};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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

/// Whether a server's certificate is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TlsTrust {
    /// It must be valid.
    #[default]
    Verify,
    /// Anything goes; told in every report of source health.
    Insecure,
}

impl TlsTrust {
    /// Reads the word used in `sources.toml`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "verify" => Some(Self::Verify),
            "insecure" => Some(Self::Insecure),
            _ => None,
        }
    }
}

/// CSS selectors for a list page; only where finding the layout out fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSelectors {
    /// One element per entry.
    pub item: Option<String>,
    /// The title inside an item; default: the link's own text.
    pub title: Option<String>,
    /// The link inside an item; default `a`. Of a JSON list also a template: `https://…/{id}.html`.
    pub link: Option<String>,
    /// The date inside an item.
    pub date: Option<String>,
}

/// CSS selectors for article pages of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleSelectors {
    /// The element that holds the whole body.
    pub body: Option<String>,
    /// Elements to leave out.
    pub remove: Vec<String>,
}

/// One place news is taken from, as `sources.toml` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // four independent switches of the file, none implies another
pub struct Source {
    /// Stable key.
    pub id: SourceId,
    /// Name shown to editors.
    pub name: String,
    /// Where the entries are listed.
    pub url: WebUrl,
    /// What the address leads to; `None`: found out.
    pub kind: Option<SourceKind>,
    /// Time between two polls, where it is fixed; `None`: found from how often the source changes.
    pub interval: Option<Duration>,
    /// 全国, 河南, 许昌 …
    pub region: Option<String>,
    /// The column its articles most likely belong to: a hint.
    pub column: Option<String>,
    /// Industries it writes about: a hint.
    pub industries: Vec<String>,
    /// Whether it is polled.
    pub enabled: bool,
    /// Through a headless browser.
    pub render: bool,
    /// May be on a private or loopback address.
    pub allow_private: bool,
    /// Further ports of its own host that may be visited.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Charset to use whatever the page says.
    pub charset: Option<&'static encoding_rs::Encoding>,
    /// Zone of times without one.
    pub timezone: chrono_tz::Tz,
    /// What makes an entry the same.
    pub identity: Identity,
    /// Whose limit it shares.
    pub rate_key: RateKey,
    /// How much its articles count in the choice; 1 is usual.
    pub weight: f64,
    /// Whether the server's certificate is judged.
    pub tls: TlsTrust,
    /// Whether cookies are kept and sent back, in memory, for this source alone.
    pub cookies: bool,
    /// Further request headers, for the source's own origin only.
    pub headers: Vec<(String, String)>,
    /// `http://host:port` of a proxy to go through.
    pub proxy: Option<String>,
    /// Why robots.txt does not apply; `None`: it does.
    pub robots_exempt: Option<String>,
    /// Selectors for the list.
    pub list: ListSelectors,
    /// Selectors for the articles.
    pub article: ArticleSelectors,
}

impl Source {
    /// A source of which nothing is known but its address.
    pub fn plain(id: SourceId, name: String, url: WebUrl) -> Self {
        Self {
            id,
            name,
            url,
            kind: None,
            interval: None,
            region: None,
            column: None,
            industries: Vec::new(),
            enabled: true,
            render: false,
            allow_private: false,
            ports: Vec::new(),
            charset: None,
            timezone: chrono_tz::Asia::Shanghai,
            identity: Identity::default(),
            rate_key: RateKey::default(),
            weight: 1.0,
            tls: TlsTrust::default(),
            cookies: false,
            headers: Vec::new(),
            proxy: None,
            robots_exempt: None,
            list: ListSelectors::default(),
            article: ArticleSelectors::default(),
        }
    }
}
