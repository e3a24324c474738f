//! `days`, `holidays` and `workdays` of a publication, and the file of public holidays that all publications share.

use std::path::Path;

use chrono::NaiveDate;

use crate::config::localized::localized;
use crate::config::reader::{Section, TomlReader};
use crate::config::{ConfigError, read_file};
use crate::schedule::{Calendar, Recurrence};

const BUILT_IN: &str = include_str!("calendar.toml");

pub(super) fn read(s: &Section<'_>, calendar: &mut Calendar) {
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

/// Adds the holidays and make-up days of a file, or of the built-in one, to the calendars of publications.
pub(super) fn add_file<'c>(path: Option<&Path>, calendars: impl Iterator<Item = &'c mut Calendar>) -> Result<(), ConfigError> {
    let (file, text) = match path {
        Some(p) => (p.display().to_string(), read_file(p)?),
        None => ("built-in calendar".to_owned(), BUILT_IN.to_owned()),
    };
    let reader = TomlReader::parse(&file, &text)?;
    let root = reader.root();
    root.deny_unknown_keys(&["holidays", "workdays"]);
    let days = (read_days(&root, "holidays"), read_days(&root, "workdays"));
    let (holidays, workdays) = reader.finish(days)?;
    for c in calendars {
        let (own_holidays, own_workdays) = (c.holidays.clone(), c.makeup_workdays.clone());
        // the publication's own days override the calendar
        c.holidays.extend(holidays.iter().filter(|d| !own_workdays.contains(d)));
        c.makeup_workdays.extend(workdays.iter().filter(|d| !own_holidays.contains(d)));
    }
    Ok(())
}
