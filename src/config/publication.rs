//! `[publication]` or `[[publication]]`: name, schedule, selection and recipients.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};

use crate::config::docx_template::DocxTemplate;
use crate::config::foreword;
use crate::config::localized::localized;
use crate::config::mail::read_address;
use crate::config::reader::{Section, TomlReader, set};
use crate::config::source_scope::{self, SourceScope};
use crate::config::{ConfigError, read_file, signing};
use crate::knowledge::HOME;
use crate::model::{Credibility, GradeFloor, Imprint, Layout, MailAddress, Print, PrintedGrades, Reliability, SigningStep};
use crate::schedule::{Calendar, Recurrence};

const BUILT_IN_CALENDAR: &str = include_str!("calendar.toml");

/// A column and its maximum number of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnQuota {
    pub name: String,
    /// Maximum number of items.
    pub quota: usize,
    /// Items that it gets even if editors are likely to drop them.
    pub min: usize,
    /// Which text of its items is printed by default.
    pub print: Print,
    /// Title of the topic (关注课题) whose articles go here, whatever their column.
    pub topic: Option<String>,
    /// Items that are chosen automatically have these grades or better.
    pub floor: GradeFloor,
}

impl ColumnQuota {
    /// Returns a column of summaries.
    fn of_summaries(name: &str, quota: usize) -> Self {
        Self { name: name.to_owned(), quota, min: 0, print: Print::Summary, topic: None, floor: GradeFloor::default() }
    }
}

/// A recipient of the draft, and the parts to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub address: MailAddress,
    /// Only items of these columns; empty: all.
    pub columns: Vec<String>,
    /// Only items of these industries or themes; empty: all.
    pub industries: Vec<String>,
    /// Also items of these topics (关注课题), by title.
    pub topics: Vec<String>,
    /// Also items that name these organisations.
    pub organisations: Vec<String>,
}

impl From<MailAddress> for Recipient {
    fn from(address: MailAddress) -> Self {
        Self { address, columns: Vec::new(), industries: Vec::new(), topics: Vec::new(), organisations: Vec::new() }
    }
}

impl Recipient {
    /// Whether it is all items.
    pub fn gets_all(&self) -> bool {
        [&self.columns, &self.industries, &self.topics, &self.organisations].iter().all(|l| l.is_empty())
    }

    /// Whether two recipients want the same items.
    pub fn wants_the_same(&self, other: &Self) -> bool {
        let selection = |r: &Self| [&r.columns, &r.industries, &r.topics, &r.organisations].map(Clone::clone);
        selection(self) == selection(other)
    }
}

/// A publication.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Name in the masthead.
    pub name: String,
    /// 主办.
    pub organiser: String,
    /// 编印, if not the organiser.
    pub printer: Option<String>,
    /// Line above the masthead.
    pub classification_notice: String,
    /// Head and 版记 of an official briefing.
    pub imprint: Imprint,
    /// A .docx whose head, styles and page settings issues use.
    pub template_path: Option<PathBuf>,
    /// The template, read and checked with the settings.
    pub template: Option<Arc<DocxTemplate>>,
    /// Template of 编者的话 with facts in braces; `None`: the default.
    pub foreword: Option<String>,
    pub columns: Vec<ColumnQuota>,
    /// Most items about one company, and of one industry.
    pub max_per_firm: usize,
    pub max_per_industry: Option<usize>,
    /// Most items about neither of the two nearest levels.
    pub max_outside: Option<usize>,
    /// Only articles of these sources.
    pub sources: SourceScope,
    /// Only articles of these industries or themes; empty: all.
    pub industries: Vec<String>,
    /// Only articles of these levels or about these places; empty: all.
    pub places: Vec<String>,
    /// Total number of the last issue before the first one made here.
    pub initial_cumulative_number: u32,
    /// Number within the current year of the last issue before the first one made here.
    pub issues_this_year: u32,
    /// Time of day of the draft.
    pub at: NaiveTime,
    /// Publication days and time zone.
    pub calendar: Calendar,
    /// How far back the first issue looks; later ones start at the end of the previous one.
    pub window: Duration,
    /// Older articles are never candidates.
    pub max_age: Duration,
    /// How long after its time a missed draft is still made on the same day.
    pub catch_up: Duration,
    /// Recipients of the draft.
    pub recipients: Vec<Recipient>,
    /// Recipients of the final issue; none by default.
    pub final_recipients: Vec<Recipient>,
    /// Who gets 一周综述 by mail on Monday; nobody by default.
    pub weekly_review: Vec<MailAddress>,
    /// Whether to mail an issue without items.
    pub mail_empty: bool,
    /// Layout of its issues.
    pub layout: Layout,
    /// Required steps after 送审; empty: any editor makes an issue final.
    pub signing: Vec<SigningStep>,
    /// What its issues print of the grades (评级) of their items.
    pub grades: PrintedGrades,
    /// Delay before a final issue is mailed, so that it can be withdrawn before anybody has it.
    pub withdraw_within: Duration,
}

impl Default for Publication {
    fn default() -> Self {
        let column = ColumnQuota::of_summaries;
        Self {
            name: HOME.publication.clone(),
            organiser: HOME.organiser.clone(),
            printer: None,
            imprint: Imprint::default(),
            template_path: None,
            template: None,
            foreword: None,
            classification_notice: "内部资料".to_owned(),
            columns: vec![column("行业动态", 10), column("行业趋势", 5), column("行业报告", 4), column("财经数据", 5), column("金融要点", 5)],
            max_per_firm: 2,
            max_per_industry: None,
            max_outside: None,
            sources: SourceScope::default(),
            industries: Vec::new(),
            places: Vec::new(),
            initial_cumulative_number: 0,
            issues_this_year: 0,
            at: NaiveTime::from_hms_opt(7, 30, 0).unwrap_or_default(),
            calendar: Calendar::default(),
            window: Duration::from_hours(72),
            max_age: Duration::from_hours(24 * 15),
            catch_up: Duration::from_hours(10),
            recipients: MailAddress::parse("editors@localhost").into_iter().map(Recipient::from).collect(),
            final_recipients: Vec::new(),
            weekly_review: Vec::new(),
            mail_empty: true,
            layout: Layout::Bulletin,
            signing: Vec::new(),
            grades: PrintedGrades::None,
            withdraw_within: Duration::ZERO,
        }
    }
}

impl Publication {
    /// Whether editors start its issues, not the calendar.
    pub fn is_on_demand(&self) -> bool {
        self.calendar.days == Recurrence::OnDemand
    }

    /// Whether subscribers get this version of an issue: with signing only the signed one, else the draft.
    pub fn mails_subscribers(&self, is_final: bool) -> bool {
        is_final != self.signing.is_empty()
    }

    /// Returns those whom the settings name for the draft or the final issue.
    pub fn recipients_of(&self, is_final: bool) -> &[Recipient] {
        if is_final { &self.final_recipients } else { &self.recipients }
    }

    /// Returns which text is printed for an item of a column.
    pub fn print_of(&self, column: &str) -> Print {
        self.columns.iter().find(|c| c.name == column).map_or(Print::Summary, |c| c.print)
    }

    /// Returns the columns that stay empty because the classifier does not know them. Editors fill those of a report; articles of a
    /// column that the publication lacks go to its first one.
    pub(super) fn unfilled_columns(&self, known: &[String]) -> Vec<&str> {
        let takes_others = known.iter().any(|k| self.columns.iter().all(|c| c.name != *k));
        let is_filled =
            |n: usize, c: &ColumnQuota| self.layout == Layout::Report || known.contains(&c.name) || c.topic.is_some() || n == 0 && takes_others;
        self.columns.iter().enumerate().filter(|(n, c)| !is_filled(*n, c)).map(|(_, c)| c.name.as_str()).collect()
    }

    /// Returns the column names in order.
    pub fn column_names(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.clone()).collect()
    }
}

const KEYS: [&str; 31] = [
    "name",
    "organiser",
    "printer",
    "imprint",
    "template",
    "foreword",
    "grades",
    "notice",
    "columns",
    "sources",
    "industries",
    "places",
    "issues_before",
    "issues_this_year",
    "at",
    "days",
    "timezone",
    "holidays",
    "workdays",
    "window",
    "max_age",
    "catch_up",
    "recipients",
    "final_recipients",
    "subscriber",
    "document",
    "weekly_review",
    "mail_empty",
    "max_per_firm",
    "max_per_industry",
    "max_outside",
];

pub(super) fn read(s: &Section<'_>) -> Publication {
    let mut p = Publication::default();
    s.deny_unknown_keys(&[&KEYS[..], &signing::KEYS].concat());
    p.layout = signing::read_kind(s);
    if p.layout == Layout::Report {
        p.columns = vec![ColumnQuota { print: Print::Full, ..ColumnQuota::of_summaries("专报", 10) }];
        p.calendar.days = Recurrence::OnDemand;
    }
    p.signing = signing::read_steps(s);
    p.withdraw_within = signing::read_withdraw_within(s, !p.signing.is_empty());
    set(&mut p.name, s.string("name"));
    set(&mut p.organiser, s.string("organiser"));
    set(&mut p.classification_notice, s.string("notice"));
    p.printer = s.string("printer");
    p.template_path = s.string("template").map(PathBuf::from);
    if let Some(s) = s.section("imprint") {
        p.imprint = read_imprint(&s);
    }
    if let Some(t) = s.text("foreword") {
        if let Some(word) = foreword::unknown_placeholder(t.value) {
            let known: Vec<&str> = foreword::PLACEHOLDERS.iter().map(|f| f.0).collect();
            let known = known.join("} {");
            let chinese = format!("foreword 里没有 {{{word}}} 可填；可用的有 {{{known}}}");
            s.error(t.span, localized(format!("{{{word}}} is no fact of an issue; there are {{{known}}}"), chinese));
        }
        p.foreword = Some(t.value.to_owned());
    }
    let print = read_print(s);
    let usual = p.columns.first().map_or(Print::Summary, |c| c.print);
    let columns: Vec<_> = s.sections("columns").iter().filter_map(|c| read_column(c, print.unwrap_or(usual))).collect();
    if let Some(twice) = columns.iter().enumerate().find(|(i, c)| columns.iter().take(*i).any(|o| o.name == c.name)).map(|(_, c)| &c.name) {
        s.error(s.key_span("columns"), localized(format!("two columns are called {twice:?}"), format!("栏目“{twice}”写了两次")));
    }
    if !columns.is_empty() {
        p.columns = columns;
    } else if let Some(print) = print {
        p.columns.iter_mut().for_each(|c| c.print = print);
    }
    p.sources = source_scope::read(s);
    (p.industries, p.places) = (s.strings("industries"), s.strings("places"));
    let count = |key| s.integer(key, 0..100_000).and_then(|n| u32::try_from(n).ok());
    set(&mut p.initial_cumulative_number, count("issues_before"));
    set(&mut p.issues_this_year, count("issues_this_year"));
    let most = |key| s.integer(key, 1..1_000).and_then(|n| usize::try_from(n).ok());
    set(&mut p.max_per_firm, most("max_per_firm"));
    (p.max_per_industry, p.max_outside) = (most("max_per_industry"), most("max_outside"));
    if let Some(t) = s.text("at") {
        if let Ok(at) = NaiveTime::parse_from_str(t.value, "%H:%M") {
            p.at = at;
        } else {
            let english = format!("at = {:?} is no time of day; write \"07:30\"", t.value);
            s.error(t.span, localized(english, format!("at 的“{}”不是时刻，请写 \"07:30\" 这样的", t.value)));
        }
    }
    read_calendar(s, &mut p.calendar);
    // an issue covers the time since the previous one
    p.window = match p.calendar.days {
        Recurrence::Workdays | Recurrence::Daily | Recurrence::OnDemand => p.window,
        Recurrence::Weekly(_) => Duration::from_hours(24 * 8),
        Recurrence::Monthly(_) => Duration::from_hours(24 * 35),
    };
    set(&mut p.window, s.duration("window", Duration::from_hours(1)..Duration::from_hours(24 * 62)));
    p.max_age = p.max_age.max(p.window * 2);
    set(&mut p.max_age, s.duration("max_age", Duration::from_hours(1)..Duration::from_hours(24 * 124)));
    set(&mut p.catch_up, s.duration("catch_up", Duration::ZERO..Duration::from_hours(24)));
    if let Some(list) = s.texts("recipients") {
        p.recipients = list.into_iter().filter_map(|t| read_address(s, t.value, t.span)).map(Recipient::from).collect();
    }
    let finals = s.texts("final_recipients").unwrap_or_default();
    p.final_recipients = finals.into_iter().filter_map(|t| read_address(s, t.value, t.span)).map(Recipient::from).collect();
    let subscribers: Vec<Recipient> = s.sections("subscriber").iter().filter_map(|s| read_subscriber(s, &p)).collect();
    // with signing, subscribers receive signed issues only
    if p.signing.is_empty() {
        if !subscribers.is_empty() && s.texts("recipients").is_none() {
            p.recipients.clear();
        }
        p.recipients.extend(subscribers);
    } else {
        p.final_recipients.extend(subscribers);
    }
    let reviews = s.texts("weekly_review").unwrap_or_default();
    p.weekly_review = reviews.into_iter().filter_map(|t| read_address(s, t.value, t.span)).collect();
    set(&mut p.mail_empty, s.bool("mail_empty"));
    set(&mut p.grades, s.bool("grades").map(|prints| if prints { PrintedGrades::Marks } else { PrintedGrades::None }));
    p
}

/// Reads `[publication.imprint]`.
fn read_imprint(s: &Section<'_>) -> Imprint {
    s.deny_unknown_keys(&["copy_number", "serial", "editor", "reviewer", "signer", "phone", "report_to", "send_to", "distribute_to", "copies"]);
    let text = |key| s.string(key).unwrap_or_default();
    let copy_number = text("copy_number");
    if !copy_number.is_empty() && (copy_number.len() != 6 || !copy_number.bytes().all(|b| b.is_ascii_digit())) {
        let english = format!("copy_number {copy_number:?} is not six digits like \"000001\" (GB/T 9704-2012, 7.2.1)");
        let chinese = format!("份号 copy_number 的“{copy_number}”不是六位数字，请写 \"000001\" 这样的（GB/T 9704-2012 7.2.1）");
        s.error(s.text("copy_number").and_then(|t| t.span), localized(english, chinese));
    }
    Imprint {
        copy_number,
        serial: text("serial"),
        editor: text("editor"),
        reviewer: text("reviewer"),
        signer: text("signer"),
        phone: text("phone"),
        report_to: text("report_to"),
        send_to: text("send_to"),
        distribute_to: text("distribute_to"),
        copies: s.integer("copies", 1..100_001).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
    }
}

/// Reads `document = "summary" | "full"` of a publication or column.
fn read_print(s: &Section<'_>) -> Option<Print> {
    let t = s.text("document")?;
    match t.value {
        "summary" => Some(Print::Summary),
        "full" => Some(Print::Full),
        _ => {
            s.invalid_value("document", t, &["full", "summary"]);
            None
        }
    }
}

fn read_column(s: &Section<'_>, print: Print) -> Option<ColumnQuota> {
    s.deny_unknown_keys(&["name", "quota", "min", "document", "topic", "min_reliability", "min_credibility"]);
    let name = s.string("name").filter(|n| !n.is_empty());
    if name.is_none() {
        s.error(None, localized("a column needs a name", "栏目要写名称 name"));
    }
    let quota = s.integer("quota", 1..101).and_then(|n| usize::try_from(n).ok()).unwrap_or(5);
    let min = s.integer("min", 0..101).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    if min > quota {
        s.error(None, localized(format!("min = {min} is more than quota = {quota}"), format!("min = {min} 比 quota = {quota} 还多")));
    }
    let (print, topic) = (read_print(s).unwrap_or(print), s.text("topic").map(|t| t.value.to_owned()));
    Some(ColumnQuota { name: name?, quota, min, print, topic, floor: read_floor(s) })
}

/// Reads `min_reliability = "C"` and `min_credibility = 3`. F and 6 (无法判断) are no floor: they are worse than all else.
fn read_floor(s: &Section<'_>) -> GradeFloor {
    let reliability = s.text("min_reliability").and_then(|t| {
        let known = Reliability::parse(t.value).filter(|r| *r != Reliability::F);
        if known.is_none() {
            s.invalid_value("min_reliability", t, &["A", "B", "C", "D", "E"]);
        }
        known
    });
    GradeFloor { reliability, credibility: s.integer("min_credibility", 1..6).and_then(Credibility::parse) }
}

fn read_subscriber(s: &Section<'_>, p: &Publication) -> Option<Recipient> {
    s.deny_unknown_keys(&["address", "columns", "industries", "topics", "organisations"]);
    let Some(t) = s.text("address") else {
        s.error(None, localized("a subscriber needs an address", "订阅人要写邮箱 address"));
        return None;
    };
    let columns = s.strings("columns");
    for c in columns.iter().filter(|c| p.columns.iter().all(|q| q.name != **c)) {
        s.error(None, localized(format!("{c:?} is no column of {}", p.name), format!("《{}》没有“{c}”这个栏目", p.name)));
    }
    Some(Recipient {
        address: read_address(s, t.value, t.span)?,
        columns,
        industries: s.strings("industries"),
        topics: s.strings("topics"),
        organisations: s.strings("organisations"),
    })
}

fn read_calendar(s: &Section<'_>, calendar: &mut Calendar) {
    if let Some(t) = s.text("timezone") {
        if let Ok(zone) = t.value.parse() {
            calendar.zone = zone;
        } else {
            let english = format!("timezone {:?} does not exist; did you mean \"Asia/Shanghai\"?", t.value);
            s.error(t.span, localized(english, format!("没有时区“{}”；是不是“Asia/Shanghai”？", t.value)));
        }
    }
    if let Some(t) = s.text("days") {
        match Recurrence::parse(t.value) {
            Some(days) => calendar.days = days,
            None => {
                s.invalid_value("days", t, &["workdays", "daily", "weekly-mon … weekly-sun", "monthly-1 … monthly-28", "on-demand"]);
            }
        }
    }
    calendar.holidays = read_days(s, "holidays");
    calendar.makeup_workdays = read_days(s, "workdays");
}

/// Reads days as `2026-10-01` or a range `2026-10-01/2026-10-07`.
fn read_days(s: &Section<'_>, key: &str) -> Vec<NaiveDate> {
    let mut out = Vec::new();
    for t in s.texts(key).unwrap_or_default() {
        let (from, to) = t.value.split_once('/').unwrap_or((t.value, t.value));
        match (from.parse::<NaiveDate>(), to.parse::<NaiveDate>()) {
            (Ok(from), Ok(to)) if from <= to && (to - from).num_days() <= 60 => out.extend(from.iter_days().take_while(|d| *d <= to)),
            _ => {
                let english = format!("{:?} is no day; write 2026-10-01 or 2026-10-01/2026-10-07", t.value);
                s.error(t.span, localized(english, format!("“{}”不是日期，请写 2026-10-01 或 2026-10-01/2026-10-07", t.value)));
            }
        }
    }
    out
}

/// Reads the templates of the publications.
pub(super) fn load_templates(publications: &mut [Publication]) -> Result<(), ConfigError> {
    for p in publications {
        p.template = p.template_path.as_deref().map(DocxTemplate::load).transpose()?;
    }
    Ok(())
}

/// Returns what editors are told of a column that stays empty.
pub fn unfilled_column(name: &str) -> String {
    format!("栏目“{name}”没有词，文章不会自动归进来：由编辑移入，或在词表里写 [[column]]，或在设置里给它一个课题")
}

/// Adds the holidays and make-up days of a calendar file, or of the built-in one, to publications.
pub(super) fn add_calendar(path: Option<&Path>, publications: &mut [Publication]) -> Result<(), ConfigError> {
    let (file, text) = match path {
        Some(p) => (p.display().to_string(), read_file(p)?),
        None => ("built-in calendar".to_owned(), BUILT_IN_CALENDAR.to_owned()),
    };
    let reader = TomlReader::parse(&file, &text)?;
    let root = reader.root();
    root.deny_unknown_keys(&["holidays", "workdays"]);
    let days = (read_days(&root, "holidays"), read_days(&root, "workdays"));
    let (holidays, workdays) = reader.finish(days)?;
    for p in publications {
        let own = (p.calendar.holidays.clone(), p.calendar.makeup_workdays.clone());
        // the publication's own days override the calendar
        p.calendar.holidays.extend(holidays.iter().filter(|d| !own.1.contains(d)));
        p.calendar.makeup_workdays.extend(workdays.iter().filter(|d| !own.0.contains(d)));
    }
    Ok(())
}
