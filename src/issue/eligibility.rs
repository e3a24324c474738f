//! Whether an article may be chosen automatically, for its own sake.

use crate::issue::screen::Exclusion;
use crate::learn::Model;
use crate::model::{Classification, Confidence, GradeFloor, GradeMark, Headline};
use crate::ranking::Ranking;

/// Why an article is not chosen automatically.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotChosen {
    Unclassified,
    OffTopic,
    /// The model rates it below what an editor would consider.
    NotWorth,
    /// Its text may not be its own, or not all of it.
    Doubtful,
    /// It tells a figure that is far from the ones before.
    DoubtfulFigure,
    /// It has none of the publication's sources, industries and places.
    OtherPublication,
    /// Its story was in an earlier issue.
    Printed,
    Excluded(Exclusion),
    /// Its grade is below the floor of its column.
    BelowFloor {
        column: String,
        floor: GradeFloor,
        mark: Option<GradeMark>,
    },
}

impl NotChosen {
    /// Returns the reason for editors; that of a rule without its name.
    pub fn chinese(&self) -> String {
        match self {
            Self::Unclassified => "还没有归类".to_owned(),
            Self::OffTopic => "与本刊无关".to_owned(),
            Self::NotWorth => "估计不够入选".to_owned(),
            Self::Doubtful => "正文可能不全，或混有别的内容".to_owned(),
            Self::DoubtfulFigure => "数值变动过大，待核".to_owned(),
            Self::OtherPublication => "不属于这种刊物的来源、行业、地域".to_owned(),
            Self::Printed => "以前的期次登过".to_owned(),
            Self::Excluded(Exclusion::Dropped(reason)) => format!("曾剔除（{}），没有新情况", reason.chinese()),
            Self::Excluded(Exclusion::Rule(_)) => "被规则排除".to_owned(),
            Self::BelowFloor { column, floor, mark } => {
                let reliability = floor.reliability.map(|r| format!("来源可靠性 {} 以上", r.code()));
                let credibility = floor.credibility.map(|c| format!("信息可信度 {} 以上", c.code()));
                let least: Vec<String> = reliability.into_iter().chain(credibility).collect();
                let mark = mark.map_or_else(|| "还没有评级".to_owned(), |mark| format!("评级 {mark}"));
                format!("{mark}，栏目“{column}”只自动选{}的", least.join("、"))
            }
        }
    }
}

/// Returns why an article may not be chosen automatically: it is off topic, its text may not be its own, or the model, if it judged that,
/// rates it not worth a look. A column stays short rather than take others.
///
/// What editors kept and dropped moves the model's verdict: `learned` points count as log-odds.
pub(super) fn unfit(j: &Classification, confidence: Confidence, learned: f64) -> Option<NotChosen> {
    let least = Model::built_in().map_or(0.0, |m| f64::from(m.least_worth()));
    let worth = j.worth.map(|w| {
        let odds = w / (1.0 - w).max(1e-9) * Ranking::bounded(learned).exp();
        odds / (1.0 + odds)
    });
    if !j.on_topic() {
        Some(NotChosen::OffTopic)
    } else if j.manually_edited {
        None
    } else if confidence.is_doubtful_figure {
        Some(NotChosen::DoubtfulFigure)
    } else if confidence.is_doubtful() {
        Some(NotChosen::Doubtful)
    } else {
        worth.is_some_and(|w| w < least).then_some(NotChosen::NotWorth)
    }
}

/// Whether an article may be chosen automatically.
pub fn may_be_chosen(h: &Headline) -> bool {
    h.classification.as_ref().is_some_and(|j| unfit(j, h.confidence, 0.0).is_none())
}
