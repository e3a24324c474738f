//! Settings of a source of figures over time (`kind = "series"`).

use serde::{Deserialize, Serialize};

use crate::model::Frequency;

/// Which column, or which table of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Counted from 1.
    Number(usize),
    /// Its name, or words of it.
    Name(String),
}

/// Largest number of a column or table; larger ones are names, such as years.
const MAX_CHOICE: usize = 500;

impl Choice {
    /// Reads a number or name; `None` if it is empty or 0.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.parse::<usize>() {
            Ok(0) => None,
            Ok(n) if n <= MAX_CHOICE => Some(Self::Number(n)),
            _ => (!text.is_empty()).then(|| Self::Name(text.to_owned())),
        }
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Where a figure stands in its document, and what it is. What is `None` is found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SeriesSettings {
    /// Name of the figure; default: the source's.
    pub name: Option<String>,
    /// Path of the rows in a JSON document.
    pub rows: Option<String>,
    pub table: Option<Choice>,
    /// A cell that the rows have: a region, an indicator.
    pub row: Option<String>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    pub period: Option<Choice>,
    pub value: Option<Choice>,
    pub unit: Option<String>,
    pub frequency: Option<Frequency>,
    /// Whether the figures add up from January (累计).
    pub cumulative: Option<bool>,
    /// Decimals that are printed.
    pub decimals: Option<u8>,
    /// Largest plausible change in percent, or in percentage points for a rate; `None`: 30, or 10.
    pub jump: Option<f64>,
    /// 口径: another text begins anew, without comparing with what was stored before.
    pub basis: Option<String>,
}
