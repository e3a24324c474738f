//! 信息可信度: how surely what a report says is true, from the reports beside it, not from who says it.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::events::{Contradiction, Shared};
use crate::grades::Read;
use crate::knowledge::GRADES;
use crate::model::{Credibility, Reliability};

/// Letters of a text that says enough to be judged.
const LONG_ENOUGH: usize = 30;
/// Figures that only this report has, from which on it counts as first-hand. One alone may be a counter of the page.
const OWN_FIGURES: usize = 2;
/// Reports that are further apart tell two states: a later figure is news, no contradiction.
const ONE_STATE: Duration = Duration::hours(36);

/// Why a report's information has its grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredibilityReason {
    /// Outlets of other families that agree in figures and facts.
    ConfirmedBy(Vec<String>),
    /// An outlet of another family tells the same, without enough facts in common.
    AlsoToldBy(String),
    /// All these reports have one source, which counts once.
    OneFamily(u32),
    /// The source's standing alone vouches for it.
    Standing,
    /// Nobody else reports it.
    Alone,
    /// The report itself does not vouch for it, by this word.
    Rumour(String),
    /// It is an opinion, by this word.
    Opinion(String),
    /// Another family gives another figure.
    Contradicted { what: String, mine: String, theirs: String, by: String },
    /// The source's reliability cannot be judged.
    UnknownSource,
    /// The text is too short, or may not be the report's own.
    NoText,
}

/// Returns the grade of what a report says.
pub(super) fn of(mine: &Read<'_>, all: &[Read<'_>]) -> (Credibility, Vec<CredibilityReason>) {
    let report = mine.report;
    if report.text.chars().count() < LONG_ENOUGH || report.is_doubtful {
        return (Credibility::CannotBeJudged, vec![CredibilityReason::NoText]);
    }
    let mut reasons = Vec::new();
    let relatives = all.iter().filter(|r| r.family == mine.family).count();
    if relatives > 1 {
        reasons.push(CredibilityReason::OneFamily(u32::try_from(relatives).unwrap_or(u32::MAX)));
    }
    let others: Vec<&Read<'_>> = all.iter().filter(|r| r.family != mine.family).collect();
    if let Some(contradicted) = contradicted(mine, &others, &mut reasons) {
        return (contradicted, reasons);
    }
    if let Some(unvouched) = unvouched(mine) {
        reasons.push(unvouched);
        return (Credibility::Doubtful, reasons);
    }
    let supports = |other: &&Read<'_>| may_confirm(other) && mine.facts.contradiction(&other.facts).is_none();
    let agreeing: Vec<&Read<'_>> = others.into_iter().filter(supports).collect();
    let by: Vec<String> = one_of_each_family(agreeing.iter().copied().filter(|other| is_agreement(mine, other)));
    if !by.is_empty() && may_confirm(mine) {
        reasons.push(CredibilityReason::ConfirmedBy(by));
        return (Credibility::Confirmed, reasons);
    }
    let told =
        agreeing.iter().find(|other| is_one_event(mine, other) && is_same_act(mine.facts.shared(&other.facts)) && have_own_figures(mine, other, 1));
    if let Some(other) = told {
        reasons.push(CredibilityReason::AlsoToldBy(other.report.outlet().to_owned()));
    } else if relatives == 1 {
        reasons.push(CredibilityReason::Alone);
    }
    let grade = match mine.reliability {
        Reliability::A | Reliability::B => {
            reasons.push(CredibilityReason::Standing);
            Credibility::ProbablyTrue
        }
        Reliability::C | Reliability::D if told.is_some() => Credibility::ProbablyTrue,
        Reliability::C | Reliability::D => Credibility::PossiblyTrue,
        Reliability::E => Credibility::Doubtful,
        Reliability::F => {
            reasons.push(CredibilityReason::UnknownSource);
            Credibility::CannotBeJudged
        }
    };
    (grade, reasons)
}

/// Returns the grade if other families give another figure: 4, or 5 if two do, or one of a better source.
fn contradicted(mine: &Read<'_>, others: &[&Read<'_>], reasons: &mut Vec<CredibilityReason>) -> Option<Credibility> {
    let close = |other: &&&Read<'_>| (other.report.published_at - mine.report.published_at).abs() <= ONE_STATE;
    let found: Vec<(&Read<'_>, Contradiction)> = others
        .iter()
        .filter(close)
        .filter(|other| is_one_event(mine, other))
        .filter(|other| other.reliability < Reliability::E && unvouched(other).is_none())
        .filter_map(|other| Some((*other, mine.facts.contradiction(&other.facts)?)))
        .collect();
    let (best, contradiction) = found.iter().min_by_key(|(other, _)| other.reliability)?;
    let families: std::collections::BTreeSet<usize> = found.iter().map(|(other, _)| other.family).collect();
    let is_worse = families.len() > 1 || best.reliability < mine.reliability;
    let Contradiction { what, mine: own, theirs } = contradiction.clone();
    reasons.push(CredibilityReason::Contradicted { what, mine: own, theirs, by: best.report.outlet().to_owned() });
    Some(if is_worse { Credibility::Improbable } else { Credibility::Doubtful })
}

/// Returns the word by which a report itself does not vouch for what it says.
fn unvouched(of: &Read<'_>) -> Option<CredibilityReason> {
    let report = of.report;
    let word = |words: &crate::knowledge::Words| words.iter().find(|w| report.title.contains(*w) || report.text.contains(*w)).map(str::to_owned);
    word(&GRADES.words.rumour).map(CredibilityReason::Rumour).or_else(|| word(&GRADES.words.opinion).map(CredibilityReason::Opinion))
}

/// Whether a report can vouch for another one, and be vouched for: it says where it comes from, and vouches for itself.
fn may_confirm(of: &Read<'_>) -> bool {
    of.reliability <= Reliability::D && !of.origins.is_empty() && !of.report.is_doubtful && unvouched(of).is_none()
}

/// Whether both report the event for sure.
fn is_one_event(a: &Read<'_>, b: &Read<'_>) -> bool {
    a.report.is_sure && b.report.is_sure
}

/// Whether two reports agree in figures and facts, and each also tells figures of its own: parts of one report in other words share all
/// that they tell. Reports that perhaps are of one event must share more: a name with several figures, or with an act and a figure that
/// is not shared by chance, at about the same time.
fn is_agreement(a: &Read<'_>, b: &Read<'_>) -> bool {
    let shared = a.facts.shared(&b.facts);
    let all = shared.figures + shared.names + shared.acts;
    let is_shared_enough = if is_one_event(a, b) {
        shared.figures >= 1 && shared.names + shared.acts >= 1 && all >= 3
    } else {
        let is_close = (a.report.published_at - b.report.published_at).abs() <= ONE_STATE;
        let is_rare = shared.specific >= 1 && shared.acts >= 1 && is_close;
        shared.names >= 1 && (is_rare || shared.figures >= 2 && all >= 4)
    };
    is_shared_enough && have_own_figures(a, b, OWN_FIGURES)
}

/// Whether each of two reports tells so many figures that the other lacks.
fn have_own_figures(a: &Read<'_>, b: &Read<'_>, least: usize) -> bool {
    a.facts.own_figures(&b.facts) >= least && b.facts.own_figures(&a.facts) >= least
}

fn is_same_act(shared: Shared) -> bool {
    shared.figures + shared.names + shared.acts >= 2
}

fn one_of_each_family<'a>(reports: impl Iterator<Item = &'a Read<'a>>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    reports.filter(|r| seen.insert(r.family)).map(|r| r.report.outlet().to_owned()).collect()
}
