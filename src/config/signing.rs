//! `[publication]`: its kind, and who signs its issues.

use std::time::Duration;

use crate::config::publication::{ColumnQuota, Publication};
use crate::config::reader::Section;
use crate::model::{Layout, Print, SigningStep};
use crate::schedule::Recurrence;

/// Keys that are read here.
pub(super) const KEYS: [&str; 3] = ["kind", "signing", "withdraw_within"];

/// How long the letters of a signed issue wait by default.
const WITHDRAW_WITHIN: Duration = Duration::from_mins(5);
const MAX_WITHDRAW_WITHIN: Duration = Duration::from_hours(24);

/// The defaults that a kind of publication brings.
pub(super) fn read_kind(s: &Section<'_>, p: &mut Publication) {
    let Some(t) = s.text("kind") else { return };
    match t.value {
        "bulletin" => {}
        "report" => {
            p.layout = Layout::Report;
            p.columns = vec![ColumnQuota { name: "专报".to_owned(), quota: 10, print: Print::Full }];
            p.calendar.days = Recurrence::OnDemand;
        }
        _ => s.invalid_value("kind", t, &["bulletin", "report"]),
    }
}

/// `signing = ["review", "sign"]` and `withdraw_within`.
pub(super) fn read_steps(s: &Section<'_>, p: &mut Publication) {
    for t in s.texts("signing").unwrap_or_default() {
        match SigningStep::parse(t.value).filter(|step| *step != SigningStep::Submit) {
            Some(step) => p.signing.push(step),
            None => s.invalid_value("signing", t, &["review", "sign"]),
        }
    }
    // written in any order, taken in this one
    p.signing.sort_unstable();
    p.signing.dedup();
    let usual = if p.signing.is_empty() { Duration::ZERO } else { WITHDRAW_WITHIN };
    p.withdraw_within = s.duration("withdraw_within", Duration::ZERO..MAX_WITHDRAW_WITHIN).unwrap_or(usual);
}
