//! A taxonomy as the text of `taxonomy.toml`.

use std::fmt::Write as _;

use super::{Taxonomy, Topic};
use crate::config::quoted;

const HEAD: &str = "\
# What speaks for which industry, theme, column, place and organisation (docs/taxonomy.md).
#
# terms    evidence by themselves          weak     count only beside a term of the same topic or a context word
# exclude  phrases that hold a word but mean something else
#
# levels   home and what is around it, narrowest first: short names of places; left out: those of [region] in qingbao.toml
#
# Matching is by words: a short term must begin and end at a word border of the text.
# `taxonomy = \"…\"` in qingbao.toml replaces the built-in words with such a file.
";
/// Letters per line of a list.
pub(super) const WIDTH: usize = 110;

impl Taxonomy {
    /// Returns the text of a file that holds the same taxonomy, without its levels: they follow the region of the settings.
    pub fn to_toml(&self) -> String {
        let mut out = format!("{HEAD}\n");
        list(&mut out, "context", &self.context);
        list(&mut out, "off_topic", &self.off_topic);
        self.industries.iter().for_each(|t| topic(&mut out, "industry", t));
        self.themes.iter().for_each(|t| topic(&mut out, "theme", t));
        for c in &self.columns {
            entry(&mut out, "column", &c.name);
            if c.base != 0 {
                let _ = writeln!(out, "base = {}", c.base);
            }
            list(&mut out, "title", &c.title);
            list(&mut out, "text", &c.text);
        }
        for p in &self.places {
            entry(&mut out, "place", &p.name);
            let _ = writeln!(out, "region = {}", quoted(&p.region));
            list(&mut out, "names", &without(&p.names, &p.name));
        }
        for o in &self.organisations {
            entry(&mut out, "organisation", &o.name);
            list(&mut out, "names", &without(&o.names, &o.name));
            list(&mut out, "industries", &o.industries);
        }
        out
    }
}

fn topic(out: &mut String, kind: &str, t: &Topic) {
    entry(out, kind, &t.name);
    list(out, "sectors", &t.sectors);
    list(out, "terms", &t.terms);
    list(out, "weak", &t.weak);
    list(out, "exclude", &t.exclude);
}

fn entry(out: &mut String, kind: &str, name: &str) {
    let _ = writeln!(out, "\n[[{kind}]]\nname = {}", quoted(name));
}

/// Writes a list over as many lines as it needs; nothing if it is empty.
fn list(out: &mut String, key: &str, words: &[String]) {
    if words.is_empty() {
        return;
    }
    let _ = write!(out, "{key} = [");
    let mut width = usize::MAX;
    for word in words.iter().map(|w| quoted(w)) {
        let letters = word.chars().count() + 2;
        if width.saturating_add(letters) > WIDTH {
            out.push_str("\n    ");
            width = 0;
        } else {
            out.push(' ');
        }
        width += letters;
        let _ = write!(out, "{word},");
    }
    out.push_str("\n]\n");
}

fn without(names: &[String], own: &str) -> Vec<String> {
    names.iter().filter(|n| *n != own).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_taxonomy_reads_as_the_same() {
        let built_in = Taxonomy::load(None).unwrap();
        let read = Taxonomy::parse("t", &built_in.to_toml()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{built_in:?}"));
    }
}
