//! `[publication]` or `[[publication]]`: name, schedule, selection and recipients.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveTime;

use crate::config::column::ColumnQuota;
use crate::config::docx_template::DocxTemplate;
use crate::config::localized::localized;
use crate::config::mail::read_addresses;
use crate::config::reader::{Section, set};
use crate::config::recipient::Recipient;
use crate::config::source_scope::SourceScope;
use crate::config::{ConfigError, calendar, column, foreword, imprint, recipient, signing, source_scope};
use crate::knowledge::HOME;
use crate::model::{Imprint, Layout, MailAddress, Print, PrintedGrades, SigningStep};
use crate::schedule::{Calendar, Recurrence};

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

    /// Reads the template.
    pub(super) fn load_template(&mut self) -> Result<(), ConfigError> {
        self.template = self.template_path.as_deref().map(DocxTemplate::load).transpose()?;
        Ok(())
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
        p.imprint = imprint::read(&s);
    }
    p.foreword = foreword::read(s);
    p.columns = column::read(s, p.columns);
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
    calendar::read(s, &mut p.calendar);
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
    let recipients = read_addresses(s, "recipients");
    let subscribers: Vec<Recipient> = s.sections("subscriber").iter().filter_map(|s| recipient::read_subscriber(s, &p.name, &p.columns)).collect();
    if recipients.is_some() || (p.signing.is_empty() && !subscribers.is_empty()) {
        p.recipients = recipients.unwrap_or_default().into_iter().map(Recipient::from).collect();
    }
    p.final_recipients = read_addresses(s, "final_recipients").unwrap_or_default().into_iter().map(Recipient::from).collect();
    // with signing, subscribers receive signed issues only
    if p.signing.is_empty() { &mut p.recipients } else { &mut p.final_recipients }.extend(subscribers);
    p.weekly_review = read_addresses(s, "weekly_review").unwrap_or_default();
    set(&mut p.mail_empty, s.bool("mail_empty"));
    set(&mut p.grades, s.bool("grades").map(|prints| if prints { PrintedGrades::Marks } else { PrintedGrades::None }));
    p
}
