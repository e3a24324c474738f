//! What is known of a candidate when an issue is made, and the readable features that the learned ranking counts.

use serde::{Deserialize, Serialize};

use crate::learn::narrow;

/// Values of a list that count.
const MAX_VALUES: usize = 6;
/// Letters of a headline that count.
const MAX_TITLE: usize = 60;

/// A candidate as the ranking saw it. It is stored with the issue: decisions are learned from this, not from what the article became
/// later.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CandidateFeatures {
    pub title: String,
    /// Points without learning, by what gives them.
    pub points: Vec<(PointKind, f64)>,
    pub column: String,
    pub industries: Vec<String>,
    pub themes: Vec<String>,
    pub places: Vec<String>,
    /// The narrowest region that it names.
    pub region: String,
    /// Name of its source.
    pub source: String,
    pub publisher: String,
    pub organisations: Vec<String>,
    pub keywords: Vec<String>,
    /// Open topics (关注课题) that match it.
    pub topics: Vec<String>,
    /// `None` if its age is not known.
    pub age_hours: Option<f64>,
}

/// What gives or takes points in the ranking without learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PointKind {
    Worth,
    Industry,
    Theme,
    Region,
    Watched,
    Topic,
    Fresh,
    Authority,
    SourceWeight,
    Copies,
    FollowUp,
    Similar,
}

/// Kinds of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureKind {
    /// Points of the ranking without learning.
    Points(PointKind),
    Industry,
    Theme,
    Column,
    Place,
    Region,
    Source,
    Publisher,
    Organisation,
    Keyword,
    Topic,
    /// How old it is, in groups of hours.
    Age,
    /// Two or three letters of the headline.
    Letters,
}

impl FeatureKind {
    /// Whether it tells an editor something: letters of headlines do not, nor does a correction of the points without learning.
    pub(super) fn is_told(self) -> bool {
        !matches!(self, Self::Letters | Self::Points(_))
    }
}

/// A feature: `Industry` and 建材, for example; points have no name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Feature {
    pub kind: FeatureKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

impl CandidateFeatures {
    /// Returns the points without learning.
    pub fn base_points(&self) -> f64 {
        self.points.iter().map(|(_, points)| points).sum()
    }

    /// Calls `take` with each feature that is not zero: kind, name, value.
    pub(super) fn each(&self, mut take: impl FnMut(FeatureKind, &str, f32)) {
        for (kind, points) in self.points.iter().filter(|(_, points)| *points != 0.0) {
            take(FeatureKind::Points(*kind), "", narrow(*points));
        }
        let lists = [
            (FeatureKind::Industry, &self.industries),
            (FeatureKind::Theme, &self.themes),
            (FeatureKind::Place, &self.places),
            (FeatureKind::Organisation, &self.organisations),
            (FeatureKind::Keyword, &self.keywords),
            (FeatureKind::Topic, &self.topics),
        ];
        for (kind, names) in lists {
            let first = names.iter().take(MAX_VALUES);
            first.enumerate().filter(|(at, name)| !names.iter().take(*at).any(|n| n == *name)).for_each(|(_, name)| take(kind, name, 1.0));
        }
        for (kind, name) in [
            (FeatureKind::Column, self.column.as_str()),
            (FeatureKind::Region, &self.region),
            (FeatureKind::Source, &self.source),
            (FeatureKind::Publisher, &self.publisher),
            (FeatureKind::Age, self.age_hours.map_or("", age_group)),
        ] {
            if !name.is_empty() {
                take(kind, name, 1.0);
            }
        }
        each_letters(&self.title, |letters, value| take(FeatureKind::Letters, letters, value));
    }
}

/// Returns the group of an age: its longest hours.
fn age_group(hours: f64) -> &'static str {
    match hours {
        h if h < 12.0 => "12",
        h if h < 24.0 => "24",
        h if h < 48.0 => "48",
        h if h < 96.0 => "96",
        _ => "",
    }
}

/// Calls `take` with the runs of two and three letters of a headline, each once; digits count as one letter. The squares of their
/// values add up to 1.
fn each_letters(title: &str, mut take: impl FnMut(&str, f32)) {
    let letters = title.chars().filter(|c| c.is_alphanumeric()).map(|c| if c.is_ascii_digit() { '0' } else { c });
    let text: String = letters.take(MAX_TITLE).collect();
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let runs = [2, 3].into_iter().flat_map(|n| starts.iter().zip(starts.iter().skip(n)));
    let mut grams: Vec<&str> = runs.filter_map(|(from, to)| text.get(*from..*to)).collect();
    grams.sort_unstable();
    grams.dedup();
    let value = narrow(1.0 / (grams.len().max(1) as f64).sqrt());
    for gram in grams {
        take(gram, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_feature_comes_once() {
        let candidate = CandidateFeatures {
            title: "甲12乙甲34乙".into(),
            points: vec![(PointKind::Worth, 1.5), (PointKind::Region, 0.0)],
            industries: vec!["建材".into(), "建材".into()],
            column: "行业动态".into(),
            age_hours: Some(30.0),
            ..CandidateFeatures::default()
        };
        let mut seen = Vec::new();
        candidate.each(|kind, name, _| seen.push((kind, name.to_owned())));
        let names = |of: FeatureKind| seen.iter().filter(|(kind, _)| *kind == of).map(|(_, name)| name.as_str()).collect::<Vec<_>>();
        assert_eq!(names(FeatureKind::Industry), ["建材"]);
        assert_eq!(names(FeatureKind::Age), ["48"]);
        assert_eq!(names(FeatureKind::Letters), ["00", "00乙", "0乙", "0乙甲", "乙甲", "乙甲0", "甲0", "甲00"]);
        assert_eq!((names(FeatureKind::Points(PointKind::Worth)).len(), names(FeatureKind::Points(PointKind::Region)).len()), (1, 0));
    }
}
