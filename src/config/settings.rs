//! `qingbao.toml`: the publication, the crawl, the mail. Every key has a working default.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use crate::config::alerts::AlertSettings;
pub use crate::config::column::{ColumnQuota, unfilled_column};
pub use crate::config::console::ConsoleSettings;
pub use crate::config::crawl::{CrawlSettings, DispatcherKind};
use crate::config::docx_template::DocxTemplate;
pub use crate::config::learning::LearningSettings;
use crate::config::localized::localized;
pub use crate::config::mail::{AmbiguousDeliveryPolicy, DkimSettings, MailSettings, MailTls, SmtpSettings};
pub use crate::config::ocr::OcrSettings;
pub use crate::config::outlets::{AllowedHost, OutletKind, OutletSettings};
pub use crate::config::pdf::PdfSettings;
pub use crate::config::publication::Publication;
use crate::config::reader::{Section, TomlReader, set};
pub use crate::config::recipient::Recipient;
use crate::config::source_list::{SourceList, Vocabulary};
pub use crate::config::source_scope::SourceScope;
pub use crate::config::store::StoreSettings;
pub use crate::config::summarise::{RewriterSettings, SummariseSettings};
use crate::config::{
    ConfigError, Region, Taxonomy, alerts, calendar, console, crawl, learning, mail, ocr, outlets, pdf, publication, read_file, region, source_scope,
    store, summarise,
};
use crate::knowledge::HOME;
use crate::model::{MailAddress, SourceId};

/// All settings.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `[publication]`, or the first `[[publication]]`.
    pub publication: Publication,
    /// The other publications.
    pub additional_publications: Vec<Publication>,
    /// `[fetch]`
    pub fetch: FetchSettings,
    /// `[crawl]`
    pub crawl: CrawlSettings,
    /// `[mail]`
    pub mail: MailSettings,
    /// `[alerts]`
    pub alerts: AlertSettings,
    /// `[console]`
    pub console: ConsoleSettings,
    /// `[store]`
    pub store: StoreSettings,
    /// `[pdf]`
    pub pdf: PdfSettings,
    /// `[ocr]`
    pub ocr: OcrSettings,
    /// `[learning]`
    pub learning: LearningSettings,
    /// `[summarise]`
    pub summarise: SummariseSettings,
    /// Every `[[outlet]]`.
    pub outlets: Vec<OutletSettings>,
    /// `[region]`
    pub region: Region,
    /// `taxonomy = "FILE"`: replaces the built-in one.
    pub taxonomy: Option<PathBuf>,
    /// `calendar = "FILE"`: holidays and make-up days instead of the built-in ones.
    pub calendar: Option<PathBuf>,
}

impl Settings {
    /// Every publication.
    pub fn publications(&self) -> impl Iterator<Item = &Publication> {
        std::iter::once(&self.publication).chain(&self.additional_publications)
    }

    /// Returns a publication by name, if the settings still have it.
    pub fn publication_named(&self, name: &str) -> Option<&Publication> {
        self.publications().find(|p| p.name == name)
    }

    /// Returns the template of a publication, if it has one.
    pub fn template_of(&self, publication: &str) -> Option<&DocxTemplate> {
        self.publication_named(publication)?.template.as_deref()
    }

    /// Loads the taxonomy: the file that the settings name, or the built-in one of their region.
    ///
    /// # Errors
    /// All mistakes of the file.
    pub fn load_taxonomy(&self) -> Result<Taxonomy, ConfigError> {
        Taxonomy::load_for(self.taxonomy.as_deref(), &self.region)
    }

    /// Returns the words that source hints may use: the taxonomy's, and the columns of every publication.
    pub fn vocabulary(&self, taxonomy: &Taxonomy) -> Vocabulary {
        Vocabulary::new(taxonomy, self.publications().flat_map(Publication::column_names).collect())
    }

    /// The ids that a publication names as its sources and the source list does not have.
    pub fn unknown_sources(&self, list: &SourceList) -> Vec<(&Publication, &SourceId)> {
        let known: HashSet<&SourceId> = list.sources.iter().map(|s| &s.id).collect();
        self.publications().flat_map(|p| p.sources.named().filter(|id| !known.contains(id)).map(move |id| (p, id)).collect::<Vec<_>>()).collect()
    }

    /// The columns that stay empty, each with its publication: the taxonomy has none of their name.
    pub fn unfilled_columns(&self, taxonomy: &Taxonomy) -> Vec<(&Publication, &str)> {
        let known = taxonomy.column_names();
        self.publications().flat_map(|p| p.unfilled_columns(&known).into_iter().map(move |c| (p, c))).collect()
    }
}

/// `[fetch]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FetchSettings {
    /// Longest time for a whole request, including its body.
    pub timeout: Duration,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest silence within a response.
    pub idle_timeout: Duration,
    /// Decompressed, in bytes.
    pub max_page_bytes: usize,
    /// For feeds and lists; decompressed, in bytes.
    pub max_feed_bytes: usize,
    /// In bytes.
    pub max_pdf_bytes: usize,
    /// Delay between two requests to one host.
    pub host_delay: Duration,
    /// Longest `Crawl-delay` of robots.txt that is obeyed.
    pub max_crawl_delay: Duration,
    /// Shortest adaptive poll interval.
    pub min_interval: Duration,
    /// Longest adaptive poll interval.
    pub max_interval: Duration,
    /// Most requests at once over all hosts.
    pub at_once: usize,
    pub user_agent: String,
    /// Attempts per article.
    pub tries: u32,
    /// Most entries taken from one poll.
    pub max_entries: usize,
    /// The browser for `render = true`; `None`: found on the PATH.
    pub browser: Option<PathBuf>,
    /// Pages rendered at once.
    pub browser_tabs: usize,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(10),
            max_page_bytes: 10 << 20,
            max_feed_bytes: 20 << 20,
            max_pdf_bytes: 50 << 20,
            host_delay: Duration::from_secs(1),
            max_crawl_delay: Duration::from_secs(30),
            min_interval: Duration::from_mins(10),
            max_interval: Duration::from_hours(12),
            at_once: 64,
            user_agent: concat!("qingbao/", env!("CARGO_PKG_VERSION"), " (news digest; one request at a time per host)").to_owned(),
            tries: 5,
            max_entries: 500,
            browser: None,
            browser_tabs: 2,
        }
    }
}

impl FetchSettings {
    /// Returns the longest delay between two requests to a host, unless the host asks for a longer one.
    pub fn longest_pause(&self) -> Duration {
        self.max_crawl_delay.max(self.host_delay * 2)
    }
}

impl Settings {
    /// The default file.
    pub const FILE: &str = "qingbao.toml";

    /// Reads a file; without a path `qingbao.toml`, or the defaults if that does not exist.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let default = Path::new(Self::FILE);
        match path {
            Some(p) => Self::read_text(&p.display().to_string(), &read_file(p)?),
            None if default.exists() => Self::read_text(Self::FILE, &read_file(default)?),
            None => Self::default().with_files(),
        }
    }

    /// Reads settings, and the files that they name.
    ///
    /// # Errors
    /// All mistakes of the settings, or of the first file that has one.
    pub fn read_text(file: &str, text: &str) -> Result<Self, ConfigError> {
        Self::parse(file, text)?.with_files()
    }

    /// Adds what the calendar and the templates say.
    fn with_files(mut self) -> Result<Self, ConfigError> {
        let mut publications: Vec<&mut Publication> = std::iter::once(&mut self.publication).chain(&mut self.additional_publications).collect();
        calendar::add_file(self.calendar.as_deref(), publications.iter_mut().map(|p| &mut p.calendar))?;
        for p in publications {
            p.load_template()?;
        }
        Ok(self)
    }

    /// Reads settings; reports all mistakes at once.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let reader = TomlReader::parse(file, text)?;
        let root = reader.root();
        root.deny_unknown_keys(&[
            "region",
            "publication",
            "fetch",
            "crawl",
            "mail",
            "summarise",
            "learning",
            "alerts",
            "console",
            "store",
            "pdf",
            "ocr",
            "outlet",
            "taxonomy",
            "calendar",
        ]);
        let file = |key| root.string(key).map(PathBuf::from);
        let mut settings = Self { taxonomy: file("taxonomy"), calendar: file("calendar"), ..Self::default() };
        let mut publications: Vec<Publication> = root.one_or_more("publication").iter().map(publication::read).collect();
        source_scope::set_apart(publications.iter_mut().map(|p| &mut p.sources).collect());
        let mut publications = publications.into_iter();
        if let Some(first) = publications.next() {
            settings.publication = first;
            settings.additional_publications = publications.collect();
        }
        if settings.additional_publications.iter().enumerate().any(|(i, p)| settings.publications().take(i + 1).any(|q| q.name == p.name)) {
            let chinese = "有两种刊物同名；期号按名称计，请改一个";
            reader.error(None, localized("two publications have the same name; numbers are counted by name", chinese));
        }
        settings.mail.from = MailAddress::fallback_sender(&settings.publication.name);
        if let Some(s) = root.section("region") {
            settings.region = region::read(&s);
            let has_name = |p: &Section<'_>| p.text("name").is_some() && p.text("organiser").is_some();
            if settings.region.city != HOME.city && root.one_or_more("publication").first().is_none_or(|p| !has_name(p)) {
                let english = format!("a publication of {} needs its name and organiser in [publication]", settings.region.city);
                s.error(None, localized(english, format!("{}的刊物要在 [publication] 里写名称 name 和主办 organiser", settings.region.city)));
            }
        }
        if let Some(s) = root.section("fetch") {
            read_fetch(&s, &mut settings.fetch);
        }
        if let Some(s) = root.section("crawl") {
            crawl::read(&s, &mut settings.crawl);
        }
        if let Some(s) = root.section("mail") {
            mail::read(&s, &mut settings.mail);
        }
        if let Some(s) = root.section("alerts") {
            alerts::read(&s, &mut settings.alerts);
        }
        if let Some(s) = root.section("console") {
            console::read(&s, &mut settings.console);
        }
        if let Some(s) = root.section("store") {
            store::read(&s, &mut settings.store);
        }
        if let Some(s) = root.section("pdf") {
            pdf::read(&s, &mut settings.pdf);
        }
        if let Some(s) = root.section("ocr") {
            ocr::read(&s, &mut settings.ocr);
        }
        if let Some(s) = root.section("learning") {
            learning::read(&s, &mut settings.learning);
        }
        if let Some(s) = root.section("summarise") {
            summarise::read(&s, &mut settings.summarise);
        }
        settings.outlets = outlets::read(&root.sections("outlet"));
        reader.finish(settings)
    }
}

fn read_fetch(s: &Section<'_>, f: &mut FetchSettings) {
    s.deny_unknown_keys(&[
        "timeout",
        "connect_timeout",
        "idle_timeout",
        "max_page_mb",
        "max_feed_mb",
        "max_pdf_mb",
        "host_delay",
        "max_crawl_delay",
        "min_interval",
        "max_interval",
        "at_once",
        "user_agent",
        "tries",
        "max_entries",
        "browser",
        "browser_tabs",
    ]);
    let seconds = |a, b| Duration::from_secs(a)..Duration::from_secs(b);
    set(&mut f.timeout, s.duration("timeout", seconds(1, 600)));
    set(&mut f.connect_timeout, s.duration("connect_timeout", seconds(1, 120)));
    set(&mut f.idle_timeout, s.duration("idle_timeout", seconds(1, 600)));
    set(&mut f.host_delay, s.duration("host_delay", seconds(0, 3600)));
    set(&mut f.max_crawl_delay, s.duration("max_crawl_delay", seconds(0, 3600)));
    let interval = |key| s.duration(key, Duration::from_mins(1)..Duration::from_hours(720));
    set(&mut f.min_interval, interval("min_interval"));
    set(&mut f.max_interval, interval("max_interval"));
    if f.min_interval > f.max_interval {
        s.error(None, localized("min_interval is longer than max_interval", "min_interval 比 max_interval 还长"));
    }
    let size = |key| s.integer(key, 1..201).and_then(|n| usize::try_from(n << 20).ok());
    set(&mut f.max_page_bytes, size("max_page_mb"));
    set(&mut f.max_feed_bytes, size("max_feed_mb"));
    set(&mut f.max_pdf_bytes, size("max_pdf_mb"));
    let count = |key, to| s.integer(key, 1..to).and_then(|n| usize::try_from(n).ok());
    set(&mut f.at_once, count("at_once", 1025));
    set(&mut f.max_entries, count("max_entries", 10_001));
    set(&mut f.browser_tabs, count("browser_tabs", 17));
    set(&mut f.tries, s.integer("tries", 1..51).and_then(|n| u32::try_from(n).ok()));
    f.browser = s.string("browser").map(PathBuf::from);
    if let Some(t) = s.text("user_agent") {
        if t.value.is_ascii() && !t.value.chars().any(char::is_control) {
            t.value.clone_into(&mut f.user_agent);
        } else {
            s.error(t.span, localized("user_agent may hold printable ASCII characters only", "user_agent 只能用可见的 ASCII 字符"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Credibility, GradeFloor, Layout, Print, PrintedGrades, Reliability, SigningStep};

    fn problems(text: &str) -> String {
        Settings::parse("qingbao.toml", text).map_or_else(
            |e| {
                e.problems.iter().for_each(|p| p.words.check());
                e.to_string()
            },
            |_| "ok".to_owned(),
        )
    }

    #[test]
    fn the_sample_file_is_accepted() {
        assert_eq!(problems(include_str!("../../deploy/qingbao.toml")), "ok");
    }

    #[test]
    fn a_column_may_have_floors_and_what_cannot_be_judged_is_none() {
        let column = |rest: &str| format!("[publication]\ncolumns = [{{ name = \"行业动态\", quota = 5{rest} }}]");
        let floor = |rest: &str| Settings::parse("qingbao.toml", &column(rest)).unwrap().publication.columns[0].floor;
        assert!(floor("").is_open() && Settings::parse("qingbao.toml", "").unwrap().publication.grades == PrintedGrades::None);
        let both = GradeFloor { reliability: Some(Reliability::C), credibility: Some(Credibility::PossiblyTrue) };
        assert_eq!(floor(", min_reliability = \"C\", min_credibility = 3"), both);
        for wrong in [
            ", min_reliability = \"F\"",
            ", min_reliability = \"c\"",
            ", min_reliability = 3",
            ", min_credibility = 6",
            ", min_credibility = 0",
            ", min_credibility = \"3\"",
        ] {
            assert_ne!(problems(&column(wrong)), "ok", "{wrong}");
        }
        assert_eq!(Settings::parse("qingbao.toml", "[publication]\ngrades = true").unwrap().publication.grades, PrintedGrades::Marks);
        // a file of release 1.0.0
        assert_eq!(problems("[publication]\nname = \"快报\"\ncolumns = [{ name = \"行业动态\", quota = 10 }]\nmail_empty = true"), "ok");
    }

    #[test]
    fn kinds_and_steps_bring_their_defaults() {
        let read = |text: &str| Settings::parse("qingbao.toml", text).unwrap();
        let plain = read("[publication]\nname = \"快报\"").publication;
        assert_eq!((plain.signing.len(), plain.withdraw_within, plain.is_on_demand()), (0, Duration::ZERO, false));
        let two = read("[[publication]]\nname = \"快报\"\nsigning = [\"sign\", \"review\"]\n[[publication]]\nname = \"专报\"\nkind = \"report\"");
        assert_eq!(two.publication.signing, [SigningStep::Review, SigningStep::Sign]);
        assert_eq!(two.publication.withdraw_within, Duration::from_mins(5));
        let outside = "[[publication.subscriber]]\naddress = \"x@b.cn\"\n";
        let draft = read(&format!("[publication]\nrecipients = [\"e@b.cn\"]\n{outside}")).publication;
        assert_eq!((draft.recipients.len(), draft.final_recipients.len()), (2, 0));
        let signed = read(&format!("[publication]\nsigning = [\"sign\"]\nrecipients = [\"e@b.cn\"]\n{outside}")).publication;
        assert_eq!((signed.recipients.len(), signed.final_recipients.len()), (1, 1), "nobody outside sees an issue before it is signed");
        assert_eq!([&draft, &signed].map(|p| (p.mails_subscribers(false), p.mails_subscribers(true))), [(true, false), (false, true)]);
        let part = format!("[publication]\n{outside}topics = [\"固态电池\"]\norganisations = [\"云鹭控股\"]\n");
        let part = &read(&part).publication.recipients[0];
        assert_eq!((part.topics.len(), part.organisations.len()), (1, 1));
        let report = &two.additional_publications[0];
        assert_eq!((report.layout, report.is_on_demand(), report.print_of("专报")), (Layout::Report, true, Print::Full));
    }

    #[test]
    fn links_in_mail_need_an_address_that_nobody_reads_along() {
        let address = |text: &str| Settings::parse("qingbao.toml", &format!("[console]\n{text}")).unwrap().console.address_for_mail();
        let https = "public_url = \"https://qingbao.example.cn/qb\"";
        assert_eq!(address(https).as_deref(), Some("https://qingbao.example.cn/qb"));
        assert_eq!(address(&format!("{https}\nbase_path = \"/x\"")).as_deref(), Some("https://qingbao.example.cn/x"));
        assert_eq!(address("public_url = \"http://127.0.0.1:8320\"").as_deref(), Some("http://127.0.0.1:8320"));
        assert_eq!(address("public_url = \"http://localhost\"").as_deref(), Some("http://localhost"));
        assert_eq!(
            [address("public_url = \"http://qingbao.example.cn\""), address("public_url = \"http://localhost.example.cn\""), address("")],
            [None, None, None]
        );
    }

    #[test]
    fn columns_that_the_taxonomy_does_not_fill_are_named() {
        let taxonomy = Taxonomy::load(None).unwrap();
        let empty = |text: &str| -> Vec<String> {
            let settings = Settings::parse("qingbao.toml", text).unwrap();
            settings.unfilled_columns(&taxonomy).iter().map(|(p, c)| format!("{} {c}", p.name)).collect()
        };
        assert_eq!(empty(""), [""; 0]);
        assert_eq!(empty("[publication]\nname = \"快报\"\nkind = \"report\""), [""; 0], "editors fill it");
        let columns = |names: &str| format!("[publication]\nname = \"快报\"\ncolumns = [{names}]");
        assert_eq!(empty(&columns("{ name = \"行业动态\", quota = 5 }, { name = \"政策法规\", quota = 5 }")), ["快报 政策法规"]);
        assert_eq!(empty(&columns("{ name = \"要闻\", quota = 5 }")), [""; 0], "the first column takes what no other does");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let table = [
            ("[publication]\nat = \"7点半\"", "qingbao.toml:2:6: at = \"7点半\" is no time of day"),
            ("[publication]\nrecipients = [\"编辑\"]", "qingbao.toml:2:15"),
            ("[publication]\nrecipients = [\"a\\r\\nBcc: x@y.cn <a@b.cn>\"]", "line break"),
            ("[publication]\ndays = \"workday\"", "is not one of workdays"),
            ("[publication]\nsigning = [\"submit\"]", "is not one of review, sign"),
            ("[publication]\nkind = \"special\"", "is not one of bulletin, report"),
            ("[publication]\nholidays = [\"2026-13-01\"]", "is no day"),
            ("[publicaton]", "did you mean \"publication\"?"),
            ("[mail.smtp]\nport = 465", "needs a host"),
            ("[mail.smtp]\nhost = \"h\"\ntls = \"ssl\"", "is not one of implicit, starttls, none"),
            ("[fetch]\nmin_interval = \"2h\"\nmax_interval = \"1h\"", "min_interval is longer than max_interval"),
            ("[fetch]\nat_once = 0", "\"at_once\" must be from 1 to 1024"),
            ("[fetch]\nat_once = \"7\"", "\"at_once\" must be a whole number"),
            ("[fetch]\nuser_agent = \"情报\"", "user_agent may hold printable ASCII characters only"),
            ("[publication]\nforeword = \"{天气}\"", "{天气} is no fact of an issue; there are {候选}"),
            ("[publication.imprint]\ncopy_number = \"1号\"", "copy_number \"1号\" is not six digits"),
            ("[publication]\ncolumns = [{ quota = 5 }]", "a column needs a name"),
            ("[publication]\ncolumns = [\"财经\"]", "must hold tables like"),
            ("[publication]\nrecipients = \"a@b.cn\"", "must be a list of texts"),
            ("[publication]\ntimezone = \"Beijing\"", "timezone \"Beijing\" does not exist"),
            ("[publication]\ndocument = \"half\"", "document \"half\" is not one of full, summary"),
            ("[[publication]]\n[[publication]]", "two publications have the same name"),
            ("[[publication.subscriber]]\nindustries = []", "a subscriber needs an address"),
            ("[[publication.subscriber]]\naddress = \"a@b.cn\"\ncolumns = [\"无\"]", "\"无\" is no column of"),
            ("[console]\nlisten = \"8320\"", "listen \"8320\" is no address"),
            ("[console]\nbase_path = \"qingbao/\"", "is no prefix"),
            ("[console]\npublic_url = \"qingbao.cn\"", "public_url \"qingbao.cn\" is no address"),
            ("[console]\nhosts = [\"https://qingbao.cn\"]", "is no host name"),
            ("[crawl]\nnats = \"http://a\"", "is neither \"local\" nor an address"),
            ("[crawl]\nengine = \"remote\"", "engine \"remote\" is not one of local, nats"),
            ("[crawl]\nuser = \"甲\"", "may hold letters, digits, - and _"),
            ("[crawl]\nuser = \"a\"", "user and password_file of [crawl] go together"),
            ("[mail]\nfrom = \"编辑部@许昌.cn\"", "outside ASCII"),
            ("[mail]\non_uncertain = \"wait\"", "on_uncertain \"wait\" is not one of resend, hold"),
            ("[mail.dkim]\ndomain = \"a.cn\"", "[mail.dkim] needs domain, selector and key_file"),
            ("[summarise]\nmodel = \"m\"", "mean nothing without endpoint"),
            ("[summarise]\nendpoint = \"http://a/v1\"", "an endpoint needs a model"),
            ("[summarise]\nendpoint = \"a\"\nmodel = \"m\"", "is no address"),
            ("mail = 5", "\"mail\" must be a table"),
            ("[taxonomy]\nfile = \"a\"", "\"taxonomy\" must be a value, not a table"),
        ];
        for (text, expected) in table {
            assert!(problems(text).contains(expected), "{text}\n{}", problems(text));
        }
    }
}
