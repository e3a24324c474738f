//! Patterns of the tables and of the code.
//!
//! A pattern may refer to shared parts such as `{year}`, defined in `parts.toml`; other parts come from the labels of `byline.toml`
//! and the endings of `outlets.toml`.

use std::fmt::Display;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::OnceLock;

use regex::{Regex, RegexSet};
use serde::Deserialize;

use crate::knowledge::{BYLINE, OUTLETS, PARTS};

/// Maximum nesting of parts.
const DEEPEST: usize = 4;

/// A pattern of a table.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pattern(Regex);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Regex::new(&expanded(&text, 0)?).map(Self).map_err(|e| e.to_string())
    }
}

impl Deref for Pattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        &self.0
    }
}

/// Patterns matched together, in order.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(crate) struct PatternSet(RegexSet);

impl TryFrom<Vec<String>> for PatternSet {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        let patterns = texts.iter().map(|t| expanded(t, 0)).collect::<Result<Vec<_>, _>>()?;
        let broken = || texts.iter().find_map(|t| Pattern::try_from(t.clone()).err()).unwrap_or_default();
        RegexSet::new(patterns).map(Self).map_err(|e| format!("{e} {}", broken()))
    }
}

impl Deref for PatternSet {
    type Target = RegexSet;

    fn deref(&self) -> &RegexSet {
        &self.0
    }
}

/// A pattern of the code: syntax, not knowledge. A test compiles all of them; a broken one that escapes it panics at its first use.
pub(crate) struct Fixed<R = Regex> {
    text: &'static str,
    compiled: OnceLock<R>,
}

impl<R> Fixed<R> {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, compiled: OnceLock::new() }
    }
}

impl<R: FromStr<Err: Display>> Deref for Fixed<R> {
    type Target = R;

    fn deref(&self) -> &R {
        let compiled = || expanded(self.text, 0)?.parse().map_err(|e: R::Err| e.to_string());
        self.compiled.get_or_init(|| compiled().unwrap_or_else(|e| panic!("the pattern {} is broken: {e}", self.text)))
    }
}

/// Expands the parts of a pattern: lower-case names in braces, which mean nothing else in a pattern.
pub(super) fn expanded(pattern: &str, depth: usize) -> Result<String, String> {
    let mut pieces = pattern.split('{');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let part = piece.split_once('}').filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_lowercase()));
        let Some((name, rest)) = part else {
            out.extend(["{", piece]);
            continue;
        };
        let part = part_named(name).filter(|_| depth < DEEPEST).ok_or_else(|| format!("there is no part {{{name}}}, or it holds itself"))?;
        out.extend(["(?:", &expanded(&part, depth + 1)?, ")", rest]);
    }
    Ok(out)
}

fn part_named(name: &str) -> Option<String> {
    PARTS.get(name).cloned().or_else(|| BYLINE.part(name)).or_else(|| OUTLETS.part(name))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Returns the text of every source file below a folder.
    fn code(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        entries.flat_map(|p| if p.is_dir() { code(&p) } else { vec![std::fs::read_to_string(p).unwrap_or_default()] }).collect()
    }

    #[test]
    fn every_pattern_of_the_code_compiles() {
        let literal = Regex::new(r##"(?s)(bytes::Regex> =\s*)?\bFixed::new\(\s*(?:r"([^"]*)"|r#"(.*?)"#)[,\s]*\)"##).unwrap();
        let mut found = 0;
        for text in code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).iter().filter(|t| !t.contains("every_pattern_of_the_code_compiles")) {
            let before = found;
            for c in literal.captures_iter(text) {
                let pattern = expanded(c.get(2).or(c.get(3)).unwrap().as_str(), 0).unwrap();
                let broken = if c.get(1).is_some() { regex::bytes::Regex::new(&pattern).err() } else { Regex::new(&pattern).err() };
                assert!(broken.is_none(), "{pattern}: {broken:?}");
                found += 1;
            }
            assert_eq!(
                found - before,
                text.matches("Fixed::new(").count(),
                "a pattern that is no raw literal in {}",
                text.lines().next().unwrap_or_default()
            );
        }
        assert!(found > 20, "{found}");
    }

    #[test]
    fn parts_stand_in_for_their_names() {
        assert_eq!(expanded(r"^{year}\p{Han}{1,2}$", 0).unwrap(), r"^(?:(?:19|20)\d\d)\p{Han}{1,2}$");
        assert!(expanded("{yaer}", 0).is_err());
    }
}
