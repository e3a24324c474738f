//! Lists of words and letters.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use serde::Deserialize;

/// Letters of a table, each once.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Letters(String);

impl TryFrom<String> for Letters {
    type Error = String;

    fn try_from(letters: String) -> Result<Self, String> {
        let mut seen = BTreeSet::new();
        match letters.chars().find(|c| !seen.insert(*c)) {
            Some(twice) => Err(format!("“{twice}” stands twice")),
            None if letters.is_empty() => Err("no letters".to_owned()),
            None => Ok(Self(letters)),
        }
    }
}

impl Letters {
    /// Whether this is one of the letters.
    pub(crate) fn contains(&self, letter: char) -> bool {
        self.0.contains(letter)
    }
}

/// Words of a table, in order, each once.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(crate) struct Words(Vec<String>);

impl TryFrom<Vec<String>> for Words {
    type Error = String;

    fn try_from(words: Vec<String>) -> Result<Self, String> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = words.iter().find(|w| !seen.insert(w.as_str())) {
            return Err(format!("“{twice}” stands twice"));
        }
        if words.is_empty() || words.iter().any(String::is_empty) { Err("no words".to_owned()) } else { Ok(Self(words)) }
    }
}

/// Returns an automaton for all words of some lists; it reports each word by its index.
pub(crate) fn automaton(words: &[&str], in_any_case: bool) -> AhoCorasick {
    AhoCorasick::builder().ascii_case_insensitive(in_any_case).build(words).unwrap_or_else(|e| panic!("{} words are too many: {e}", words.len()))
}

impl Words {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether this is one of the words.
    pub(crate) fn contains(&self, word: &str) -> bool {
        self.iter().any(|w| w == word)
    }

    /// Whether a text contains one of the words.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        self.iter().any(|w| text.contains(w))
    }

    /// Whether a text begins with one of the words.
    pub(crate) fn begin(&self, text: &str) -> bool {
        self.iter().any(|w| text.starts_with(w))
    }

    /// Whether a text ends with one of the words.
    pub(crate) fn end(&self, text: &str) -> bool {
        self.iter().any(|w| text.ends_with(w))
    }
}
