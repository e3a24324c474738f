//! What is known of a candidate when an issue is made, and the readable features that the learned ranking counts.

use serde::{Deserialize, Serialize};

/// Values of a list that count.
const MAX_VALUES: usize = 6;
/// Letters of a headline that count.
const MAX_TITLE: usize = 60;

/// A candidate as the ranking saw it. It is stored with the issue: what editors did is learned from this, not from what the article
/// became later.
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
    /// Id of its source.
    pub source: String,
    pub publisher: String,
    pub organisations: Vec<String>,
    pub keywords: Vec<String>,
    /// Open topics (关注课题) that match it.
    pub topics: Vec<String>,
    pub age_hours: f64,
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

/// A feature: `Industry` and 建材, for example; kinds of which there is one have no name.
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

    /// Returns its features with their values, each once.
    pub fn values(&self) -> Vec<(Feature, f32)> {
        let mut out: Vec<(Feature, f32)> = Vec::new();
        let mut add = |kind: FeatureKind, name: &str, value: f64| {
            if value != 0.0 {
                out.push((Feature { kind, name: name.to_owned() }, crate::learn::narrow(value)));
            }
        };
        let lists = [
            (FeatureKind::Industry, &self.industries),
            (FeatureKind::Theme, &self.themes),
            (FeatureKind::Place, &self.places),
            (FeatureKind::Organisation, &self.organisations),
            (FeatureKind::Keyword, &self.keywords),
            (FeatureKind::Topic, &self.topics),
        ];
        for (kind, names) in lists {
            names.iter().take(MAX_VALUES).for_each(|name| add(kind, name, 1.0));
        }
        for (kind, name) in [
            (FeatureKind::Column, &self.column),
            (FeatureKind::Region, &self.region),
            (FeatureKind::Source, &self.source),
            (FeatureKind::Publisher, &self.publisher),
        ] {
            add(kind, name, if name.is_empty() { 0.0 } else { 1.0 });
        }
        self.points.iter().for_each(|(kind, points)| add(FeatureKind::Points(*kind), "", *points));
        add(FeatureKind::Age, age_group(self.age_hours), 1.0);
        let grams = letter_grams(&self.title);
        let share = 1.0 / (grams.len().max(1) as f64).sqrt();
        grams.iter().for_each(|gram| add(FeatureKind::Letters, gram, share));
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out.dedup_by(|a, b| a.0 == b.0);
        out
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

/// Returns the runs of two and three letters of a headline, each once; digits count as one letter.
fn letter_grams(title: &str) -> Vec<String> {
    let letters: Vec<char> =
        title.chars().filter(|c| c.is_alphanumeric()).map(|c| if c.is_ascii_digit() { '0' } else { c }).take(MAX_TITLE).collect();
    let mut grams: Vec<String> = [2, 3].iter().flat_map(|n| letters.windows(*n)).map(|w| w.iter().collect()).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}
