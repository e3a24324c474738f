//! The grades of a report: 来源可靠性 and 信息可信度. `grades/` computes them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reliability of a source, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reliability {
    /// 完全可靠
    A,
    /// 通常可靠
    B,
    /// 比较可靠
    C,
    /// 通常不可靠
    D,
    /// 不可靠
    E,
    /// 无法判断
    F,
}

impl Reliability {
    pub const ALL: [Self; 6] = [Self::A, Self::B, Self::C, Self::D, Self::E, Self::F];

    /// Returns the letter, its code in the database, forms and settings.
    pub fn code(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
            Self::F => "F",
        }
    }

    /// Reads a letter.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code() == code)
    }
}

/// The credibility of what a report says, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credibility {
    /// 1 已证实
    Confirmed,
    /// 2 很可能属实
    ProbablyTrue,
    /// 3 可能属实
    PossiblyTrue,
    /// 4 存疑
    Doubtful,
    /// 5 不大可能
    Improbable,
    /// 6 无法判断
    CannotBeJudged,
}

impl Credibility {
    pub const ALL: [Self; 6] = [Self::Confirmed, Self::ProbablyTrue, Self::PossiblyTrue, Self::Doubtful, Self::Improbable, Self::CannotBeJudged];

    /// Returns the figure, its code in the database, forms and settings.
    pub fn code(self) -> u8 {
        match self {
            Self::Confirmed => 1,
            Self::ProbablyTrue => 2,
            Self::PossiblyTrue => 3,
            Self::Doubtful => 4,
            Self::Improbable => 5,
            Self::CannotBeJudged => 6,
        }
    }

    /// Reads a figure.
    pub fn parse(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|c| i64::from(c.code()) == code)
    }
}

/// Both grades, as editors know them: B2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct GradeMark {
    pub reliability: Reliability,
    pub credibility: Credibility,
}

impl GradeMark {
    /// Parses a grade such as `B2`: reliability, then credibility.
    pub fn parse(text: &str) -> Option<Self> {
        let (letter, figure) = text.split_at_checked(1)?;
        Some(Self { reliability: Reliability::parse(letter)?, credibility: Credibility::parse(figure.parse().ok()?)? })
    }
}

impl fmt::Display for GradeMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.reliability.code(), self.credibility.code())
    }
}

impl From<GradeMark> for String {
    fn from(mark: GradeMark) -> Self {
        mark.to_string()
    }
}

impl TryFrom<String> for GradeMark {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a grade is a letter from A to F and a figure from 1 to 6")
    }
}

/// Whether an issue prints the grades of its items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrintedGrades {
    #[default]
    None,
    /// A mark after the source of each item: B2.
    Marks,
}

impl PrintedGrades {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    pub(super) fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// The worst grades that are still accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GradeFloor {
    pub reliability: Option<Reliability>,
    pub credibility: Option<Credibility>,
}

impl GradeFloor {
    /// Whether it accepts everything, also what has no grade.
    pub fn is_open(self) -> bool {
        self.reliability.is_none() && self.credibility.is_none()
    }

    /// Whether it accepts a grade. What cannot be judged (F, 6) is worse than all else, and what has no grade is not accepted.
    pub fn accepts(self, mark: Option<GradeMark>) -> bool {
        self.is_open()
            || mark.is_some_and(|m| {
                self.reliability.is_none_or(|least| m.reliability <= least) && self.credibility.is_none_or(|least| m.credibility <= least)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_is_written() {
        for reliability in Reliability::ALL {
            for credibility in Credibility::ALL {
                let mark = GradeMark { reliability, credibility };
                assert_eq!(serde_json::from_str::<GradeMark>(&serde_json::to_string(&mark).unwrap()).unwrap(), mark);
            }
        }
        assert_eq!(GradeMark::parse("B2").map(|m| m.to_string()), Some("B2".to_owned()));
        assert!(["", "B", "2B", "G1", "B7", "B0", "字1", "B12"].iter().all(|text| GradeMark::parse(text).is_none()));
    }

    #[test]
    fn a_floor_accepts_what_is_as_good_and_nothing_unknown() {
        let accepts = |floor: GradeFloor, mark: &str| floor.accepts(GradeMark::parse(mark));
        let floor = GradeFloor { reliability: Some(Reliability::C), credibility: Some(Credibility::PossiblyTrue) };
        assert!(accepts(floor, "C3") && accepts(floor, "A1") && !accepts(floor, "D1") && !accepts(floor, "A4"));
        assert!(!accepts(floor, "F1") && !accepts(floor, "A6") && !accepts(floor, ""));
        let sources_only = GradeFloor { credibility: None, ..floor };
        assert!(accepts(sources_only, "C6") && !accepts(sources_only, "F1") && accepts(GradeFloor::default(), ""));
    }
}
