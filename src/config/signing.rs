//! `[publication]`: layout and signing steps.

use std::time::Duration;

use crate::config::reader::Section;
use crate::model::{Layout, SigningStep};

/// Keys read here.
pub(super) const KEYS: [&str; 3] = ["kind", "signing", "withdraw_within"];

/// Default time for withdrawing a signed issue, before its mail is sent.
const WITHDRAW_WITHIN: Duration = Duration::from_mins(5);
const MAX_WITHDRAW_WITHIN: Duration = Duration::from_hours(24);

/// Reads `kind = "bulletin" | "report"`.
pub(super) fn read_kind(s: &Section<'_>) -> Layout {
    let Some(t) = s.text("kind") else { return Layout::Bulletin };
    match t.value {
        "report" => Layout::Report,
        "bulletin" => Layout::Bulletin,
        _ => {
            s.invalid_value("kind", t, &["bulletin", "report"]);
            Layout::Bulletin
        }
    }
}

/// Reads `signing = ["review", "sign"]`. Returns the steps in their fixed order, whatever the order in the file.
pub(super) fn read_steps(s: &Section<'_>) -> Vec<SigningStep> {
    let mut steps = Vec::new();
    for t in s.texts("signing").unwrap_or_default() {
        match SigningStep::parse(t.value).filter(|step| *step != SigningStep::Submit) {
            Some(step) => steps.push(step),
            None => s.invalid_value("signing", t, &["review", "sign"]),
        }
    }
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// Reads `withdraw_within = "5m"`; without signing the default is no delay.
pub(super) fn read_withdraw_within(s: &Section<'_>, signed: bool) -> Duration {
    let usual = if signed { WITHDRAW_WITHIN } else { Duration::ZERO };
    s.duration("withdraw_within", Duration::ZERO..MAX_WITHDRAW_WITHIN).unwrap_or(usual)
}
