//! The fields of a form that say which articles are meant, and what is wrong with a form.

use chrono::{Datelike as _, NaiveDate};

use crate::classify::is_place;
use crate::model::{MailAddress, TopicFilter};
use crate::text::normalize::{collapse_whitespace, is_noise};
use crate::topics::{self, is_same_place};
use crate::web::form::Fields;

/// Longest name of a place, an organisation or a person, in characters.
pub(super) const MAX_NAME: usize = 40;
const MAX_NAMES: usize = 20;
const MAX_RECIPIENTS: usize = 50;
/// Years that dates may have.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// A filter as a form shows it.
#[derive(Debug, Default, Clone)]
pub(super) struct FilterValues {
    pub(super) expression: String,
    pub(super) industries: Vec<String>,
    pub(super) places: String,
    pub(super) organisations: String,
}

impl FilterValues {
    pub(super) fn of_form(f: &Fields, industries: &[String]) -> Self {
        let text = |name: &str| without_noise(f.text(name));
        Self { expression: text("expression"), industries: f.industries(industries), places: text("places"), organisations: text("organisations") }
    }

    pub(super) fn of_filter(f: &TopicFilter) -> Self {
        Self {
            expression: f.expression.clone(),
            industries: f.industries.clone(),
            places: f.places.join("、"),
            organisations: f.organisations.join("、"),
        }
    }

    /// Returns the industries for a form, and whether they are ticked. One that the taxonomy has no longer stays visible.
    pub(super) fn ticks(&self, known: &[String]) -> Vec<(String, bool)> {
        let lost = self.industries.iter().filter(|i| !known.contains(i)).map(|i| (i.clone(), true));
        known.iter().map(|i| (i.clone(), self.industries.contains(i))).chain(lost).collect()
    }

    /// Returns the filter; adds what is wrong with it. Places are those of China, `places`, and those of the stored filter.
    pub(super) fn check(&self, known_places: &[String], stored: Option<&TopicFilter>, wrong: &mut Mistakes) -> TopicFilter {
        let (places, organisations) = (names(&self.places), names(&self.organisations));
        for (field, list) in [("地域", &places), ("机构", &organisations)] {
            wrong.add(list.len() > MAX_NAMES, || format!("{field}最多 {MAX_NAMES} 个"));
            let too_long = list.iter().any(|n| n.chars().count() > MAX_NAME);
            wrong.add(too_long, || format!("{field}的名称最多 {MAX_NAME} 个字，之间用顿号隔开"));
        }
        let is_known =
            |name: &&String| is_place(name) || known_places.iter().any(|p| is_same_place(p, name)) || stored.is_some_and(|f| f.places.contains(name));
        for name in places.iter().filter(|n| !is_known(n)).take(MAX_NAMES) {
            wrong.add(true, || format!("地域里的“{name}”不是认识的地名：请写省、市、县的名称，例如“成都”；别的地方请写进要找的词"));
        }
        let filter = TopicFilter { expression: self.expression.clone(), industries: self.industries.clone(), places, organisations };
        if let Err(e) = topics::check(&filter) {
            wrong.add(true, || format!("要找的词：{}", e.chinese()));
        }
        filter
    }
}

/// Returns the addresses of a list, one a line or between commas.
pub(super) fn addresses(text: &str, wrong: &mut Mistakes) -> Vec<MailAddress> {
    let mut addresses: Vec<&str> = text.split(['\n', '、', '，', ',', ';', '；']).map(str::trim).filter(|a| !a.is_empty()).collect();
    addresses.dedup();
    wrong.add(addresses.len() > MAX_RECIPIENTS, || format!("收件人最多 {MAX_RECIPIENTS} 个"));
    let mut out = Vec::new();
    for address in addresses.into_iter().take(MAX_RECIPIENTS) {
        match MailAddress::parse(address) {
            Ok(address) => out.push(address),
            Err(e) => wrong.add(true, || e.chinese()),
        }
    }
    out
}

/// Returns a text without characters that must not be stored.
pub(super) fn without_noise(text: &str) -> String {
    text.chars().filter(|c| !is_noise(*c)).collect()
}

/// What is wrong with a form.
#[derive(Default)]
pub(super) struct Mistakes(pub(super) Vec<String>);

impl Mistakes {
    pub(super) fn add(&mut self, is_wrong: bool, words: impl FnOnce() -> String) {
        if is_wrong {
            self.0.push(words());
        }
    }

    pub(super) fn too_long(&mut self, field: &str, text: &str, most: usize) {
        let length = text.chars().count();
        self.add(length > most, || format!("{field}最多 {most} 个字，现在有 {length} 个"));
    }

    /// Returns the day of a field, if it has one.
    pub(super) fn day(&mut self, text: &str, field: &str) -> Option<NaiveDate> {
        let day: Option<NaiveDate> = text.parse().ok();
        self.add(day.is_none() && !text.is_empty(), || format!("{field}要写成 2026-12-31 的样子"));
        let is_far = day.is_some_and(|d| !YEARS.contains(&d.year()));
        self.add(is_far, || format!("{field}要在 {} 年到 {} 年之间", YEARS.start(), YEARS.end()));
        day
    }
}

/// Returns the names of a list, each once.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in text.split(['、', '，', ',', ';', '；', '\n']).map(collapse_whitespace).filter(|n| !n.is_empty()) {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}
