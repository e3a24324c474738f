//! Figures of the crawl before an issue, and the sources that fail.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A failing source, as reported to editors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceProblem {
    pub name: String,
    pub reason: ProblemReason,
    /// First day of the failure.
    pub since: Option<NaiveDate>,
}

/// Why a source is reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemReason {
    /// It is not polled any more: the error of its last poll, in Chinese.
    Disabled(String),
    /// The list can be read, but its articles are behind a wall: the wall's code.
    ArticlesWalled(String),
    /// No new articles for longer than usual.
    Silent,
    /// It never brought an article.
    NoArticles,
    NewLayout,
    UncheckedCertificate,
    /// The error of its last poll, in Chinese. Earlier releases stored every reason as such a text.
    #[serde(untagged)]
    Failing(String),
}

impl ProblemReason {
    /// Whether the source brings nothing.
    pub fn is_outage(&self) -> bool {
        !matches!(self, Self::NewLayout | Self::UncheckedCertificate)
    }
}

/// Figures of the crawl before an edition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub sources: usize,
    /// Failing sources.
    #[serde(rename = "troubles")]
    pub problems: Vec<SourceProblem>,
    pub candidates: usize,
    /// Copies merged into other articles.
    pub merged: usize,
    /// Articles downloaded for this edition but too old for it.
    #[serde(default)]
    pub cut: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_earlier_releases_are_read_as_their_words() {
        let read = |json: &str| serde_json::from_str::<ProblemReason>(json).unwrap();
        assert_eq!(read("\"能打开，但久无新文章\""), ProblemReason::Failing("能打开，但久无新文章".to_owned()));
        for reason in [ProblemReason::Silent, ProblemReason::Disabled("域名不存在".to_owned()), ProblemReason::Failing("连接不上".to_owned())]
        {
            assert_eq!(read(&serde_json::to_string(&reason).unwrap()), reason);
        }
    }
}
