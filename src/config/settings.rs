//! `qingbao.toml`: the publication, the crawl, the mail. Every key has a working default.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};

use super::reader::{Reader, Section};
use super::summarise;
pub use super::summarise::{RewriterSettings, SummariseSettings};
use super::{ConfigError, read_file};
use crate::mail::MailAddress;
use crate::schedule::{Calendar, WorkDays};

/// All settings.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `[publication]`
    pub publication: Publication,
    /// `[fetch]`
    pub fetch: FetchSettings,
    /// `[mail]`
    pub mail: MailSettings,
    /// `[summarise]`
    pub summarise: SummariseSettings,
    /// `taxonomy = "FILE"`: replaces the built-in one.
    pub taxonomy: Option<PathBuf>,
}

/// A column and how many items it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnQuota {
    /// Name.
    pub name: String,
    /// Most items.
    pub quota: usize,
}

/// The briefing itself.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Name in the masthead.
    pub name: String,
    /// 主办.
    pub organiser: String,
    /// Columns in order.
    pub columns: Vec<ColumnQuota>,
    /// Total number of the issue before the first one made here.
    pub issues_before: u32,
    /// Number within the current year of the issue before the first one made here.
    pub issues_this_year: u32,
    /// When the draft is due.
    pub at: NaiveTime,
    /// On which days, and in which zone.
    pub calendar: Calendar,
    /// Articles no older than this are considered.
    pub window: Duration,
    /// How late a missed draft is still made on the same day.
    pub catch_up: Duration,
    /// Who receives the draft.
    pub recipients: Vec<MailAddress>,
}

impl Default for Publication {
    fn default() -> Self {
        let column = |name: &str, quota| ColumnQuota { name: name.to_owned(), quota };
        Self {
            name: "许昌竞争情报快递".to_owned(),
            organiser: "许昌市科学技术情报研究所".to_owned(),
            columns: vec![column("行业动态", 10), column("行业趋势", 5), column("行业报告", 4), column("财经数据", 5), column("金融要点", 5)],
            issues_before: 0,
            issues_this_year: 0,
            at: NaiveTime::from_hms_opt(7, 30, 0).unwrap_or_default(),
            calendar: Calendar::default(),
            window: Duration::from_hours(72),
            catch_up: Duration::from_hours(10),
            recipients: MailAddress::parse("editors@localhost").into_iter().collect(),
        }
    }
}

impl Publication {
    /// Column names in order.
    pub fn column_names(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.clone()).collect()
    }
}

/// How sources are asked.
#[derive(Debug, Clone)]
pub struct FetchSettings {
    /// Whole request, body included.
    pub timeout: Duration,
    /// Until the connection stands.
    pub connect_timeout: Duration,
    /// Longest silence within an answer.
    pub idle_timeout: Duration,
    /// Most bytes of a page, decompressed.
    pub max_page_bytes: usize,
    /// Most bytes of a feed or list, decompressed.
    pub max_feed_bytes: usize,
    /// Most bytes of a PDF.
    pub max_pdf_bytes: usize,
    /// Pause between two requests to one host.
    pub host_delay: Duration,
    /// Most of a robots.txt `Crawl-delay` that is honoured.
    pub max_crawl_delay: Duration,
    /// Shortest time between two looks at a source whose interval is found out.
    pub min_interval: Duration,
    /// Longest time between two looks at a source whose interval is found out.
    pub max_interval: Duration,
    /// Most requests at once over all hosts.
    pub at_once: usize,
    /// Who we say we are.
    pub user_agent: String,
    /// Tries per article before it is given up.
    pub tries: u32,
    /// Most entries taken from one look at one source.
    pub max_entries: usize,
    /// The browser for `render = true`; `None`: looked for on the PATH.
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

/// How TLS is spoken with the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte, port 465.
    Implicit,
    /// Upgraded by STARTTLS, port 587; never falls back to plain text.
    Starttls,
    /// None; only for relays inside one's own network.
    None,
}

/// An SMTP server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// TLS.
    pub tls: MailTls,
    /// Login.
    pub user: Option<String>,
    /// File with the password.
    pub password_file: Option<PathBuf>,
    /// Longest wait for one answer; RFC 5321 §4.5.3.2.6 asks for 10 minutes after the final dot.
    pub timeout: Duration,
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Sender.
    pub from: MailAddress,
    /// Where answers go.
    pub reply_to: Option<MailAddress>,
    /// `None`: `.eml` files in the outbox folder.
    pub smtp: Option<SmtpSettings>,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self { from: MailAddress::fallback_sender(), reply_to: None, smtp: None }
    }
}

impl Settings {
    /// Reads a file, or the defaults where no file is named and `qingbao.toml` does not exist.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let default = Path::new("qingbao.toml");
        match path {
            Some(p) => Self::parse(&p.display().to_string(), &read_file(p)?),
            None if default.exists() => Self::parse("qingbao.toml", &read_file(default)?),
            None => Ok(Self::default()),
        }
    }

    /// Checks the text of a file; all problems come together.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let reader = Reader::parse(file, text)?;
        let root = reader.root();
        root.only(&["publication", "fetch", "mail", "summarise", "taxonomy"]);
        let mut settings = Self { taxonomy: root.string("taxonomy").map(PathBuf::from), ..Self::default() };
        if let Some(s) = root.section("publication") {
            read_publication(&s, &mut settings.publication);
        }
        if let Some(s) = root.section("fetch") {
            read_fetch(&s, &mut settings.fetch);
        }
        if let Some(s) = root.section("mail") {
            read_mail(&s, &mut settings.mail);
        }
        if let Some(s) = root.section("summarise") {
            summarise::read(&s, &mut settings.summarise);
        }
        reader.finish(settings)
    }
}

fn read_publication(s: &Section<'_>, p: &mut Publication) {
    s.only(&[
        "name",
        "organiser",
        "columns",
        "issues_before",
        "issues_this_year",
        "at",
        "days",
        "timezone",
        "holidays",
        "workdays",
        "window",
        "catch_up",
        "recipients",
    ]);
    set(&mut p.name, s.string("name"));
    set(&mut p.organiser, s.string("organiser"));
    let columns: Vec<_> = s.sections("columns").iter().filter_map(read_column).collect();
    if !columns.is_empty() {
        p.columns = columns;
    }
    set(&mut p.issues_before, s.integer("issues_before", 0..1_000_000).and_then(|n| u32::try_from(n).ok()));
    set(&mut p.issues_this_year, s.integer("issues_this_year", 0..10_000).and_then(|n| u32::try_from(n).ok()));
    if let Some(t) = s.text("at") {
        match NaiveTime::parse_from_str(t.value, "%H:%M") {
            Ok(at) => p.at = at,
            Err(_) => s.complain(t.span, format!("at = {:?} is no time of day; write for example \"07:30\"", t.value)),
        }
    }
    read_calendar(s, &mut p.calendar);
    set(&mut p.window, s.duration("window", Duration::from_hours(1)..Duration::from_hours(1440)));
    set(&mut p.catch_up, s.duration("catch_up", Duration::from_mins(1)..Duration::from_hours(24)));
    if let Some(list) = s.texts("recipients") {
        p.recipients = list.iter().filter_map(|t| read_address(s, t.value, t.span.clone())).collect();
    }
}

fn read_column(s: &Section<'_>) -> Option<ColumnQuota> {
    s.only(&["name", "quota"]);
    let name = s.string("name");
    if name.is_none() {
        s.complain(None, "a column needs a name");
    }
    let quota = s.integer("quota", 1..101).and_then(|n| usize::try_from(n).ok()).unwrap_or(8);
    Some(ColumnQuota { name: name?, quota })
}

fn read_calendar(s: &Section<'_>, calendar: &mut Calendar) {
    if let Some(t) = s.text("timezone") {
        match t.value.parse() {
            Ok(zone) => calendar.zone = zone,
            Err(_) => s.complain(t.span, format!("timezone {:?} does not exist; did you mean \"Asia/Shanghai\"?", t.value)),
        }
    }
    if let Some(t) = s.text("days") {
        match WorkDays::parse(t.value) {
            Some(days) => calendar.days = days,
            None => s.complain(t.span, format!("days {:?} is not one of workdays, daily, weekly-mon … weekly-sun", t.value)),
        }
    }
    calendar.holidays = read_days(s, "holidays");
    calendar.extra = read_days(s, "workdays");
}

/// Days as `2026-10-01` or a range `2026-10-01/2026-10-07`.
fn read_days(s: &Section<'_>, key: &str) -> Vec<NaiveDate> {
    let mut out = Vec::new();
    for t in s.texts(key).unwrap_or_default() {
        let (from, to) = t.value.split_once('/').unwrap_or((t.value, t.value));
        match (from.parse::<NaiveDate>(), to.parse::<NaiveDate>()) {
            (Ok(from), Ok(to)) if from <= to && (to - from).num_days() <= 60 => out.extend(from.iter_days().take_while(|d| *d <= to)),
            _ => s.complain(t.span, format!("{:?} is no day; write 2026-10-01 or 2026-10-01/2026-10-07", t.value)),
        }
    }
    out
}

fn read_address(s: &Section<'_>, text: &str, span: Option<Range<usize>>) -> Option<MailAddress> {
    MailAddress::parse(text).map_err(|e| s.complain(span, e.to_string())).ok()
}

fn read_fetch(s: &Section<'_>, f: &mut FetchSettings) {
    s.only(&[
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
        s.complain(None, "min_interval is longer than max_interval");
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
            s.complain(t.span, "user_agent may hold printable ASCII characters only");
        }
    }
}

fn read_mail(s: &Section<'_>, m: &mut MailSettings) {
    s.only(&["from", "reply_to", "smtp"]);
    if let Some(t) = s.text("from") {
        set(&mut m.from, read_address(s, t.value, t.span));
    }
    m.reply_to = s.text("reply_to").and_then(|t| read_address(s, t.value, t.span));
    m.smtp = s.section("smtp").and_then(|s| read_smtp(&s));
}

fn read_smtp(s: &Section<'_>) -> Option<SmtpSettings> {
    s.only(&["host", "port", "tls", "user", "password_file", "timeout"]);
    let host = s.string("host").filter(|h| !h.is_empty());
    if host.is_none() {
        s.complain(None, "[mail.smtp] needs a host, for example smtp.exmail.qq.com");
    }
    let tls = match s.text("tls") {
        None => MailTls::Implicit,
        Some(t) => match t.value {
            "implicit" => MailTls::Implicit,
            "starttls" => MailTls::Starttls,
            "none" => MailTls::None,
            other => {
                s.complain(t.span, format!("tls {other:?} is not one of implicit, starttls, none"));
                MailTls::Implicit
            }
        },
    };
    let usual = match tls {
        MailTls::Implicit => 465,
        MailTls::Starttls => 587,
        MailTls::None => 25,
    };
    Some(SmtpSettings {
        host: host?,
        port: s.integer("port", 1..65_536).and_then(|n| u16::try_from(n).ok()).unwrap_or(usual),
        tls,
        user: s.string("user"),
        password_file: s.string("password_file").map(PathBuf::from),
        timeout: s.duration("timeout", Duration::from_secs(1)..Duration::from_secs(1801)).unwrap_or(Duration::from_mins(10)),
    })
}

fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(v) = value {
        *target = v;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> String {
        Settings::parse("qingbao.toml", text).map_or_else(|e| e.to_string(), |_| "ok".to_owned())
    }

    #[test]
    fn the_sample_file_is_accepted() {
        assert_eq!(problems(include_str!("../../deploy/qingbao.toml")), "ok");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let table = [
            ("[publication]\nat = \"7点半\"", "qingbao.toml:2:6: at = \"7点半\" is no time of day"),
            ("[publication]\nrecipients = [\"编辑\"]", "qingbao.toml:2:15"),
            ("[publication]\nrecipients = [\"a\\r\\nBcc: x@y.cn <a@b.cn>\"]", "line break"),
            ("[publication]\ndays = \"workday\"", "is not one of workdays"),
            ("[publication]\nholidays = [\"2026-13-01\"]", "is no day"),
            ("[publicaton]", "did you mean \"publication\"?"),
            ("[mail.smtp]\nport = 465", "needs a host"),
            ("[mail.smtp]\nhost = \"h\"\ntls = \"ssl\"", "is not one of implicit, starttls, none"),
            ("[fetch]\nmin_interval = \"2h\"\nmax_interval = \"1h\"", "min_interval is longer than max_interval"),
            ("[fetch]\nat_once = 0", "\"at_once\" must be from 1 to 1024"),
        ];
        for (text, expected) in table {
            assert!(problems(text).contains(expected), "{text}\n{}", problems(text));
        }
    }
}
