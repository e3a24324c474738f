//! 来源可靠性: how far the source can be trusted, from its standing and its record, not from this report.

use serde::{Deserialize, Serialize};

use crate::grades::family::Families;
use crate::grades::{Report, origin};
use crate::knowledge::{GRADES, OUTLETS};
use crate::model::Reliability;

/// Weight from which the publication's own configuration raises a source, and below which it lowers it.
const HEAVY: f64 = 1.5;
const LIGHT: f64 = 0.5;
/// Faults from which the record lowers a source twice.
const MANY_FAULTS: u32 = 3;

/// Returns the grade one step worse; what cannot be judged stays so.
fn lowered(grade: Reliability) -> Reliability {
    match grade {
        Reliability::A => Reliability::B,
        Reliability::B => Reliability::C,
        Reliability::C => Reliability::D,
        Reliability::D | Reliability::E => Reliability::E,
        Reliability::F => Reliability::F,
    }
}

/// Returns the grade one step better, at most B: only standing makes an A.
fn raised(grade: Reliability) -> Reliability {
    match grade {
        Reliability::C => Reliability::B,
        Reliability::D => Reliability::C,
        Reliability::E => Reliability::D,
        other => other,
    }
}

/// Why a source has its grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReliabilityReason {
    /// A government body.
    Authority,
    CentralMedia,
    /// A newspaper or agency.
    Press,
    /// An outlet known by its name alone.
    NamedOutlet,
    UnknownOutlet,
    /// A platform on which anyone writes.
    SelfMedia,
    /// It names neither outlet nor author.
    Anonymous,
    /// The publication gives the source more, or less, weight.
    Heavy,
    Light,
    /// The first of several with this story.
    First,
    /// A reprint of a named outlet's report.
    ReprintOf(String),
    /// An outlet had the story earlier; the report does not say so.
    LaterThan(String),
    /// Corrections that the source printed.
    Corrections(u32),
    /// Articles of the source that editors dropped as unreliable.
    DroppedAsUnreliable(u32),
    /// Articles of the source of which a publication printed something wrong (更正).
    CorrectedByEditors(u32),
    /// Articles that the source withdrew after it had published them.
    Withdrawn(u32),
}

/// What is known of a source from its past.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record {
    /// Corrections that it printed.
    pub corrections: u32,
    /// Its articles that editors dropped as unreliable.
    pub dropped_as_unreliable: u32,
    /// Its articles about which editors sent a 更正 to the readers of an issue.
    pub corrected_by_editors: u32,
    /// Its articles that it withdrew.
    pub withdrawn: u32,
}

/// Returns the grade of one report's source.
pub(super) fn of(reports: &[Report], families: &Families, at: usize) -> Option<(Reliability, Vec<ReliabilityReason>)> {
    let (report, member) = (reports.get(at)?, families.members.get(at)?);
    let (mut grade, reason) = standing(report);
    let mut reasons = vec![reason];
    let outlet = origin::name(report.outlet());
    let quoted = member.origins.iter().find(|o| outlet.as_ref() != Some(*o) && is_outlet(o));
    let family = || reports.iter().zip(&families.members).filter(|(r, m)| m.family == member.family && r.article != report.article);
    let order = |r: &Report| (r.published_at, r.article);
    if let Some(quoted) = quoted {
        // the words are those of the named outlet, but they passed through other hands
        grade = grade.max(lowered(level(quoted).map_or(Reliability::C, |(level, _)| level)));
        reasons.push(ReliabilityReason::ReprintOf(quoted.clone()));
    } else if let Some((first, _)) = family().filter(|(r, _)| r.story == report.story && order(r) < order(report)).min_by_key(|(r, _)| order(r)) {
        if origin::name(first.outlet()) != outlet {
            grade = lowered(grade);
            reasons.push(ReliabilityReason::LaterThan(first.outlet().to_owned()));
        }
    } else if family().next().is_some() && family().all(|(r, _)| order(report) < order(r)) {
        reasons.push(ReliabilityReason::First);
    }
    if report.weight >= HEAVY {
        grade = raised(grade);
        reasons.push(ReliabilityReason::Heavy);
    } else if report.weight < LIGHT {
        grade = lowered(grade);
        reasons.push(ReliabilityReason::Light);
    }
    let faults = [
        (report.record.corrections, ReliabilityReason::Corrections as fn(u32) -> ReliabilityReason),
        (report.record.dropped_as_unreliable, ReliabilityReason::DroppedAsUnreliable),
        (report.record.corrected_by_editors, ReliabilityReason::CorrectedByEditors),
        (report.record.withdrawn, ReliabilityReason::Withdrawn),
    ];
    for (count, reason) in faults.into_iter().filter(|(count, _)| *count > 0) {
        grade = lowered(grade);
        if count >= MANY_FAULTS {
            grade = lowered(grade);
        }
        reasons.push(reason(count));
    }
    Some((grade, reasons))
}

/// Returns the grade of a report's outlet by its standing.
fn standing(report: &Report) -> (Reliability, ReliabilityReason) {
    let outlet = report.outlet();
    let names_no_one = |name: &str| origin::name(name).is_none();
    let is_anonymous = report.publisher.as_deref().is_some_and(names_no_one) && report.author.is_none();
    if GRADES.outlet.self_media.are_in(outlet) {
        (Reliability::D, ReliabilityReason::SelfMedia)
    } else if is_anonymous {
        (Reliability::F, ReliabilityReason::Anonymous)
    } else if report.publisher.is_none() && report.host.ends_with(".gov.cn") {
        (Reliability::A, ReliabilityReason::Authority)
    } else if let Some(known) = level(outlet) {
        known
    } else if report.publisher.is_none() && report.author.is_none() {
        (Reliability::F, ReliabilityReason::UnknownOutlet)
    } else {
        (Reliability::D, ReliabilityReason::UnknownOutlet)
    }
}

/// Returns the standing of an outlet that its name tells.
fn level(outlet: &str) -> Option<(Reliability, ReliabilityReason)> {
    let standing = &OUTLETS.standing;
    if GRADES.outlet.authority.end(outlet) {
        Some((Reliability::A, ReliabilityReason::Authority))
    } else if standing.central.are_in(outlet) {
        Some((Reliability::A, ReliabilityReason::CentralMedia))
    } else if standing.press.are_in(outlet) {
        Some((Reliability::B, ReliabilityReason::Press))
    } else {
        OUTLETS.names_outlet(outlet).then_some((Reliability::C, ReliabilityReason::NamedOutlet))
    }
}

/// Whether a quoted name is an outlet's. A body that an article quotes is no reprint: the outlet asked it.
fn is_outlet(name: &str) -> bool {
    OUTLETS.standing.press.are_in(name) || OUTLETS.names_outlet(name) || GRADES.origin.houses.iter().any(|h| h.iter().next() == Some(name))
}
