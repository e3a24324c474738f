//! News sources.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{MailAddress, SeriesSettings, SourceId, WebUrl};

/// The kind of document at a source's address.
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
    /// One page, watched for changes.
    Page,
    /// A folder of a mailbox, read by IMAP.
    Imap,
    /// A number over time: JSON, CSV, .xlsx or a table on a page.
    Series,
}

impl SourceKind {
    /// Every kind, in the order used by messages.
    pub const ALL: [Self; 7] = [Self::Feed, Self::List, Self::Sitemap, Self::Json, Self::Page, Self::Imap, Self::Series];

    /// Returns the word used in `sources.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::List => "list",
            Self::Sitemap => "sitemap",
            Self::Json => "json",
            Self::Page => "page",
            Self::Imap => "imap",
            Self::Series => "series",
        }
    }

    /// Parses the word used in `sources.toml`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == word)
    }
}

/// What identifies an entry across polls.
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
    /// Parses the word used in `sources.toml`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "guid" => Some(Self::Guid),
            "url" => Some(Self::Url),
            "title" => Some(Self::Title),
            _ => None,
        }
    }
}

/// Which sources share a request limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RateKey {
    /// All sources on one host and port.
    #[default]
    Host,
    /// All sources below one registrable domain.
    Domain,
    /// Only this source.
    Source,
}

impl RateKey {
    /// Parses the word used in `sources.toml`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "host" => Some(Self::Host),
            "domain" => Some(Self::Domain),
            "source" => Some(Self::Source),
            _ => None,
        }
    }
}

/// Whether to verify a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TlsTrust {
    /// The certificate must be valid.
    #[default]
    Verify,
    /// Any certificate is accepted; every source health report says so.
    Insecure,
}

impl TlsTrust {
    /// Parses the word used in `sources.toml`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "verify" => Some(Self::Verify),
            "insecure" => Some(Self::Insecure),
            _ => None,
        }
    }
}

/// CSS selectors for a list page, needed only if layout detection fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSelectors {
    /// Matches one element per entry.
    pub item: Option<String>,
    /// The title inside an item; default: the link's own text.
    pub title: Option<String>,
    /// The link inside an item; default `a`. For a JSON list also a template: `https://…/{id}.html`.
    pub link: Option<String>,
    /// The date inside an item.
    pub date: Option<String>,
}

/// CSS selectors for article pages of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleSelectors {
    /// The element with the whole body.
    pub body: Option<String>,
    /// Elements to remove.
    pub remove: Vec<String>,
}

/// A part of a watched page to leave out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IgnoredPart {
    /// Elements that a CSS selector matches.
    Selector(String),
    /// Lines with these words.
    Words(String),
}

/// What counts as a change of a page (`kind = "page"`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageWatch {
    /// CSS selector of the watched part; `None`: the whole page.
    pub select: Option<String>,
    pub ignore: Vec<IgnoredPart>,
    /// Fewest characters, new and gone, that are a change.
    pub min_change: u32,
}

impl Default for PageWatch {
    fn default() -> Self {
        Self { select: None, ignore: Vec::new(), min_change: 1 }
    }
}

/// How the connection to a mailbox is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailboxTls {
    /// TLS from the first byte, port 993.
    Implicit,
    /// Upgraded by STARTTLS, port 143; never falls back to plain text.
    Starttls,
    /// None; only for a server on this machine.
    None,
}

/// The mailbox of a source (`kind = "imap"`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub server: String,
    pub port: u16,
    pub tls: MailboxTls,
    /// Root certificate of a private authority, PEM.
    pub ca_file: Option<PathBuf>,
    pub user: String,
    /// File with the password; `None`: credential or environment.
    pub password_file: Option<PathBuf>,
    pub folder: String,
    /// Folder for mails that were read; `None`: nothing is changed on the server.
    pub move_to: Option<String>,
    /// Addresses whose mails are lists of links to fetch.
    pub editors: Vec<MailAddress>,
    /// The name by which the mail server signs `Authentication-Results` (RFC 8601).
    pub trusted_authserv: Option<String>,
    /// Whether an editor's address in From is enough, because the server takes no forged mail.
    pub trust_from: bool,
    /// Larger mails are named and not read, in bytes.
    pub max_message: u32,
}

impl Mailbox {
    /// Returns the address that people read: `imaps://user@server/folder`.
    pub fn address(&self) -> String {
        let scheme = if self.tls == MailboxTls::Implicit { "imaps" } else { "imap" };
        format!("{scheme}://{}@{}:{}/{}", self.user, self.server, self.port, self.folder)
    }
}

/// A source as defined in `sources.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // four independent switches of the file, none implies another
pub struct Source {
    /// Stable key.
    pub id: SourceId,
    pub name: String,
    /// Address of the feed or list; a stand-in for a mailbox.
    pub url: WebUrl,
    /// Kind of document; `None`: detected.
    pub kind: Option<SourceKind>,
    /// Fixed time between two polls; `None`: derived from how often the source changes.
    pub interval: Option<Duration>,
    /// 全国, or the name of a province or city
    pub region: Option<String>,
    /// Hint: the most likely column of its articles.
    pub column: Option<String>,
    /// Hint: the industries it covers.
    pub industries: Vec<String>,
    pub enabled: bool,
    /// Fetched with a headless browser.
    pub render: bool,
    /// Private and loopback addresses are allowed.
    pub allow_private: bool,
    /// Additional allowed ports on its own host.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Charset that overrides the one the page declares.
    pub charset: Option<&'static encoding_rs::Encoding>,
    /// Time zone of times without one.
    pub timezone: chrono_tz::Tz,
    /// What identifies an entry.
    pub identity: Identity,
    /// Which sources share its request limit.
    pub rate_key: RateKey,
    /// Weight of its articles in ranking; 1 is normal.
    pub weight: f64,
    /// Whether to verify the server's certificate.
    pub tls: TlsTrust,
    /// Whether to keep cookies and send them back, in memory, for this source only.
    pub cookies: bool,
    /// Additional request headers, sent only to the source's own origin.
    pub headers: Vec<(String, String)>,
    /// Proxy, as `http://host:port`.
    pub proxy: Option<String>,
    /// Why robots.txt is ignored; `None`: it applies.
    pub robots_exempt: Option<String>,
    pub list: ListSelectors,
    pub article: ArticleSelectors,
    /// Only for [`SourceKind::Page`].
    #[serde(default)]
    pub page: PageWatch,
    /// Only for [`SourceKind::Imap`]. Workers never get it: mailboxes are read where the database is.
    #[serde(skip)]
    pub mailbox: Option<Mailbox>,
    /// Only for [`SourceKind::Series`].
    #[serde(default)]
    pub series: SeriesSettings,
}

impl Source {
    /// Returns the address that people read.
    pub fn address(&self) -> String {
        self.mailbox.as_ref().map_or_else(|| self.url.to_string(), Mailbox::address)
    }

    /// Whether it is one page, watched for changes.
    pub fn is_page(&self) -> bool {
        self.kind == Some(SourceKind::Page)
    }

    /// Whether it is a number over time.
    pub fn is_series(&self) -> bool {
        self.kind == Some(SourceKind::Series)
    }

    /// Whether its polls bring entries that have their whole article, instead of links to articles.
    pub fn tells_itself(&self) -> bool {
        self.is_page() || self.is_series()
    }

    /// Returns a source with defaults for everything but id, name and address.
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
            page: PageWatch::default(),
            mailbox: None,
            series: SeriesSettings::default(),
        }
    }
}
