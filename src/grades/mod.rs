//! How far a report can be trusted: the reliability of its source, A to F, and the credibility of what it says, 1 to 6, judged apart.
//!
//! The two scales are the Admiralty code (NATO STANAG 2022; AJP-2.1, annex on the evaluation of information; US Army FM 2-22.3,
//! appendix B). Both come from the record: who published, who was first, whose words are repeated, and which reports agree.
//!
//! - `origin.rs` reads whose words a report repeats.
//! - `family.rs` groups reports that have one source: copies, reprints of one wire, one announcement, texts too alike.
//! - `reliability.rs` grades the source, `credibility.rs` what it says. Each grade has its reasons as data; `render/` words them.
//!
//! 1 (已证实) needs two families that agree. However many reprint one report, they are one family.

mod credibility;
mod family;
mod origin;
mod reliability;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::events::Facts;
use crate::model::ArticleId;
pub use crate::model::{Credibility, GradeMark, Reliability};

pub use credibility::CredibilityReason;
pub use origin::{names_correction, origins};
pub use reliability::{Record, ReliabilityReason};

/// Most reports of an event that are compared: bounds the time per event.
pub const MAX_REPORTS: usize = 24;

/// A report to grade.
#[derive(Debug, Clone)]
pub struct Report {
    pub article: ArticleId,
    /// Number of its story: copies have the same.
    pub story: i64,
    /// Name of the source that found it.
    pub source_name: String,
    /// 来源, as the page prints it.
    pub publisher: Option<String>,
    pub author: Option<String>,
    pub host: String,
    /// Weight of the source; 1 is normal.
    pub weight: f64,
    pub published_at: DateTime<Utc>,
    pub title: String,
    pub text: String,
    /// Whether it reports the event for sure.
    pub is_sure: bool,
    /// Whether its text may not be its own, or not all of it.
    pub is_doubtful: bool,
    pub record: Record,
}

impl Report {
    /// Returns who publishes it: 来源, else the source's name.
    pub(crate) fn outlet(&self) -> &str {
        self.publisher.as_deref().map(str::trim).filter(|p| !p.is_empty()).unwrap_or(&self.source_name)
    }
}

/// Both grades of a report, with their reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    pub reliability: Reliability,
    pub reliability_reasons: Vec<ReliabilityReason>,
    pub credibility: Credibility,
    pub credibility_reasons: Vec<CredibilityReason>,
}

/// The computed grades of a report, and what an editor says instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedGrade {
    pub computed: Grade,
    pub computed_at: DateTime<Utc>,
    pub overruled: Option<OverruledGrade>,
}

/// What an editor says instead; `None` leaves a grade as it was computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverruledGrade {
    pub reliability: Option<Reliability>,
    pub credibility: Option<Credibility>,
    pub reason: String,
    pub who: String,
    pub at: DateTime<Utc>,
}

impl JudgedGrade {
    /// Returns the grade of the source that holds: the editor's, else the computed one.
    pub fn reliability(&self) -> Reliability {
        self.overruled.as_ref().and_then(|o| o.reliability).unwrap_or(self.computed.reliability)
    }

    /// Returns the grade of the information that holds.
    pub fn credibility(&self) -> Credibility {
        self.overruled.as_ref().and_then(|o| o.credibility).unwrap_or(self.computed.credibility)
    }

    /// Returns both as editors know them: B2.
    pub fn mark(&self) -> GradeMark {
        GradeMark { reliability: self.reliability(), credibility: self.credibility() }
    }
}

/// A report with what is read of it once.
pub(crate) struct Read<'a> {
    pub(crate) report: &'a Report,
    pub(crate) facts: Facts,
    pub(crate) origins: Vec<String>,
    pub(crate) reliability: Reliability,
    /// Number of its family.
    pub(crate) family: usize,
}

/// Grades the reports of one event, in their order; those beyond [`MAX_REPORTS`] get none.
pub fn grade(reports: &[Report]) -> Vec<Grade> {
    let reports = reports.get(..MAX_REPORTS).unwrap_or(reports);
    let families = family::families(reports);
    let sources: Vec<(Reliability, Vec<ReliabilityReason>)> = (0..reports.len()).filter_map(|at| reliability::of(reports, &families, at)).collect();
    let read: Vec<Read<'_>> = reports
        .iter()
        .zip(&families.members)
        .zip(&sources)
        .map(|((report, member), (reliability, _))| Read {
            report,
            facts: Facts::new(&report.title, &report.text),
            origins: member.origins.clone(),
            reliability: *reliability,
            family: member.family,
        })
        .collect();
    let graded = read.iter().zip(sources).map(|(mine, (reliability, reliability_reasons))| {
        let (credibility, credibility_reasons) = credibility::of(mine, &read);
        Grade { reliability, reliability_reasons, credibility, credibility_reasons }
    });
    graded.collect()
}

#[cfg(test)]
mod tests;
