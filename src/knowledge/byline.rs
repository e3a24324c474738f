//! Labels of bylines.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::knowledge::Words;

/// `byline.toml`, which describes each column.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Table")]
pub(crate) struct Byline(Vec<Label>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    label: Vec<Label>,
}

/// Labels of one kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    words: Words,
    means: Option<Meaning>,
    row: Option<Rank>,
    #[serde(default)]
    line: BTreeSet<Line>,
    #[serde(default)]
    stem: bool,
}

/// The value after a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Meaning {
    Title,
    Published,
    Updated,
    Event,
    Today,
    Copy,
    Comment,
    Date,
    Source,
    Author,
    Reporter,
    Text,
    Poster,
    Editor,
    Proofreader,
    Staff,
    Views,
    Size,
    Tags,
    Record,
}

/// How likely a day in a list row is the publication day, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Rank {
    Published,
    /// A date without label, or labelled 时间 or 日期.
    #[serde(skip)]
    Unnamed,
    Signed,
    /// In a sentence.
    #[serde(skip)]
    Mentioned,
    /// A deadline or the like, never used.
    Other,
}

/// When a line that begins with a label is outside the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Credit,
    Origin,
    Head,
    Tail,
    Record,
}

impl TryFrom<Table> for Byline {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let mut seen = BTreeSet::new();
        let twice = table.label.iter().flat_map(|l| l.words.iter()).find(|w| !seen.insert(*w)).map(str::to_owned);
        twice.map_or(Ok(Self(table.label)), |w| Err(format!("the label “{w}” stands in two rows")))
    }
}

impl Label {
    /// Returns the rank of a day with this label in a row.
    fn rank(&self) -> Option<Rank> {
        self.row.or(match self.means {
            Some(Meaning::Published) => Some(Rank::Published),
            Some(Meaning::Updated) => Some(Rank::Signed),
            _ => None,
        })
    }

    fn is_day(&self) -> bool {
        !self.stem && matches!(self.means, Some(Meaning::Published | Meaning::Updated))
    }
}

impl Byline {
    /// Returns the labels with a meaning, stems included.
    pub(crate) fn words(&self, means: Meaning) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |l| l.means == Some(means)).flat_map(|l| l.words.iter())
    }

    /// Returns the labels with a meaning that are not parts of longer ones.
    #[cfg(test)]
    pub(crate) fn whole(&self, means: Meaning) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |l| l.means == Some(means) && !l.stem).flat_map(|l| l.words.iter())
    }

    /// Returns the labels of days in list rows.
    pub(crate) fn ranks(&self) -> impl Iterator<Item = (&str, Rank)> {
        self.0.iter().filter_map(|l| Some((l, l.rank()?))).flat_map(|(l, rank)| l.words.iter().map(move |w| (w, rank)))
    }

    /// Returns the alternatives of labels for a pattern: `{label_source}` those with that meaning, `{label_head}` those of such
    /// lines, `{label_day}` those of publication and change, `{label}` all; longer ones first.
    pub(super) fn part(&self, name: &str) -> Option<String> {
        let by: Box<dyn Fn(&Label) -> bool> = match name {
            "label" => Box::new(|l| !l.stem),
            "label_day" => Box::new(Label::is_day),
            _ => {
                let kind = name.strip_prefix("label_")?;
                let (means, line) = (named::<Meaning>(kind), named::<Line>(kind));
                means.map(drop).or(line.map(drop))?;
                Box::new(move |l| means.is_some_and(|m| l.means == Some(m) && !l.stem) || line.is_some_and(|k| l.line.contains(&k)))
            }
        };
        let mut words: Vec<&str> = self.0.iter().filter(|l| by(l)).flat_map(|l| l.words.iter()).collect();
        // a single letter is part of too many words
        words.retain(|w| name != "label" || w.chars().nth(1).is_some());
        words.sort_by_key(|w| std::cmp::Reverse(w.len()));
        // 标　题, 索 引 号
        let wide = |w: &str| w.chars().map(String::from).collect::<Vec<_>>().join(r"\s*");
        let written = |w: &str| if name == "label_record" { wide(w) } else { regex::escape(w) };
        Some(words.into_iter().map(written).collect::<Vec<_>>().join("|"))
    }
}

/// Returns the value of an enum for its name in the tables.
fn named<'n, T: Deserialize<'n>>(name: &'n str) -> Option<T> {
    T::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name)).ok()
}
