//! Messages in English for the command line and the log, and in Chinese for the console.

use std::fmt;

/// A message in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalizedMessage {
    /// For the command line and the log.
    pub english: String,
    /// For the console.
    pub chinese: String,
}

/// What is wrong and what to do.
pub(crate) fn localized(english: impl Into<String>, chinese: impl Into<String>) -> LocalizedMessage {
    LocalizedMessage { english: english.into(), chinese: chinese.into() }
}

/// Returns the limits of a number or duration.
pub(super) fn bounds(key: &str, from: impl fmt::Display, to: impl fmt::Display) -> LocalizedMessage {
    localized(format!("{key:?} must be from {from} to {to}"), format!("{key} 应当在 {from} 到 {to} 之间"))
}

/// Returns the list of known keys.
pub(super) fn listed(known: &[&str]) -> LocalizedMessage {
    localized(format!("known keys: {}", known.join(", ")), format!("可用的有 {}", known.join("、")))
}

/// Suggests a word.
pub(super) fn did_you_mean(word: &str) -> LocalizedMessage {
    localized(format!("did you mean {word:?}?"), format!("是不是“{word}”？"))
}

/// Returns the most similar known word, if any is similar.
pub(super) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    known
        .into_iter()
        .map(|k| (strsim::jaro_winkler(&word.to_lowercase(), k), k))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

#[cfg(test)]
impl LocalizedMessage {
    /// Asserts that both languages are there.
    pub(super) fn check(&self) {
        let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        assert!(self.chinese.chars().any(is_han) && self.english.split(' ').count() > 2, "{self:?}");
    }
}

/// In English.
impl fmt::Display for LocalizedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_offered_only_where_near() {
        assert_eq!(nearest("intervall", ["interval", "url"]), Some("interval"));
        assert_eq!(nearest("新材枓", ["新材料", "食品"]), Some("新材料"));
        assert_eq!(nearest("zzz", ["interval", "url"]), None);
    }
}
