//! The organisations of an article: names outside the taxonomy, most frequent first, with the short names that the text tells.
//!
//! Two names are joined only with evidence: the text tells the short name after the full one, or both stand in the text and differ
//! by a place in front or by 集团 for 集团有限公司. A branch is never joined with its firm, nor a short name that two firms have.

use std::collections::BTreeMap;

use crate::classify::organisation_names::mentions;
use crate::classify::organisation_start::{Mention, written};
use crate::knowledge::CLASSIFY;
use crate::knowledge::gazetteer::is_place;
use crate::model::Alias;
use crate::text::segment::Segmented;

/// Most names returned.
const MAX_NAMES: usize = 12;
/// How far behind a name its short name is looked for, in bytes.
const REMARK: usize = 160;
/// Longest place in front of a name, in characters.
const MAX_PLACE_CHARS: usize = 5;

/// The organisations of an article.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Organisations {
    /// Most frequent first, without other names of the same organisations.
    pub(super) names: Vec<String>,
    /// Other names of them.
    pub(super) aliases: Vec<Alias>,
    /// Every place that names one, in the title and in the text.
    pub(super) mentions: [Vec<Mention>; 2],
}

/// Finds the organisations of an article.
pub(super) fn find(title: &Segmented, text: &Segmented, bytes: usize) -> Organisations {
    let mut counts: BTreeMap<String, (usize, bool)> = BTreeMap::new();
    let mut told: Vec<Alias> = Vec::new();
    let mentions = [mentions(title, usize::MAX), mentions(text, bytes)];
    for (part, weight, mentions) in [(title, 2, &mentions[0]), (text, 1, &mentions[1])] {
        for mention in mentions {
            told.extend(short_form(part.text(), mention));
            let known = counts.entry(mention.name.clone()).or_default();
            known.0 += weight;
            known.1 |= mention.is_sure;
        }
    }
    counts.retain(|_, (n, sure)| *sure || *n >= 2);
    let aliases = unambiguous(told.into_iter().chain(alike(counts.keys())).filter(|a| !is_branch(&a.of)).collect());
    for alias in &aliases {
        let joined = counts.remove(&alias.name).map_or(0, |(n, _)| n);
        if let Some(known) = counts.get_mut(&alias.of) {
            known.0 += joined;
        }
    }
    let mut ranked: Vec<(String, usize)> = counts.into_iter().map(|(name, (n, _))| (name, n)).collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let names: Vec<String> = ranked.into_iter().take(MAX_NAMES).map(|(name, _)| name).collect();
    let aliases = aliases.into_iter().filter(|a| names.contains(&a.of)).collect();
    Organisations { names, aliases, mentions }
}

/// Returns the short name told right behind a name: 成都云鹭新材料股份有限公司（以下简称“云鹭新材”）.
fn short_form(text: &str, mention: &Mention) -> Option<Alias> {
    let rest = text.get(mention.end..)?;
    let near = rest.char_indices().map(|(i, _)| i).find(|i| *i > REMARK).and_then(|end| rest.get(..end)).unwrap_or(rest);
    let name = written(CLASSIFY.organisation.short_form.captures(near)?.name("name")?.as_str());
    let can_be = !CLASSIFY.organisation.no_alias.contains(&name) && name != mention.name && is_short_for(&name, &mention.name);
    can_be.then(|| Alias { name, of: mention.name.clone() })
}

/// Whether all letters of a short name stand in the full one, in the same order: 中建八局 in 中国建筑第八工程局有限公司.
fn is_short_for(short: &str, full: &str) -> bool {
    let mut letters = full.chars();
    short.chars().all(|c| letters.any(|l| l == c))
}

/// Returns names that differ from one other name only by a place in front, or by 集团 for 集团有限公司.
fn alike<'a>(names: impl Iterator<Item = &'a String>) -> Vec<Alias> {
    let names: Vec<&String> = names.collect();
    let mut by_core: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for name in &names {
        by_core.entry(core(name)).or_default().push(name);
    }
    let mut out = Vec::new();
    for same in by_core.values().filter(|same| same.len() == 2) {
        let [a, b] = same.as_slice() else { continue };
        let (short, full) = if a.chars().count() < b.chars().count() { (a, b) } else { (b, a) };
        // two places in front, or two legal forms, are two firms
        let place = short.strip_suffix(without_place(short)).unwrap_or_default();
        let told = full.starts_with(place) && (legal_form(short).is_empty() || legal_form(short) == legal_form(full));
        if told && short != full {
            out.push(Alias { name: (*short).clone(), of: (*full).clone() });
        }
    }
    out
}

/// The part of a name that tells it from others: without the place in front, and without the legal form.
fn core(name: &str) -> &str {
    let name = without_place(name);
    name.strip_suffix(legal_form(name)).unwrap_or(name)
}

/// The legal form at the end of a company's name; empty if it has none.
pub(super) fn legal_form(name: &str) -> &'static str {
    CLASSIFY.organisation.companies.iter().find(|e| name.ends_with(*e)).unwrap_or_default()
}

/// A name without the place in front; the same if what is left names nothing.
fn without_place(name: &str) -> &str {
    let ends: Vec<usize> = name.char_indices().map(|(i, _)| i).skip(2).take(MAX_PLACE_CHARS - 1).collect();
    let place = ends.into_iter().rev().find(|end| name.get(..*end).is_some_and(is_place));
    place.and_then(|end| name.get(end..)).filter(|rest| rest.chars().count() >= 4).unwrap_or(name)
}

pub(super) fn is_branch(name: &str) -> bool {
    CLASSIFY.organisation.branches.iter().any(|b| name.ends_with(b))
}

/// Keeps the aliases that stand for one organisation, each once, and names none that is itself an alias.
fn unambiguous(told: Vec<Alias>) -> Vec<Alias> {
    let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for alias in told {
        let of = by_name.entry(alias.name).or_default();
        if !of.contains(&alias.of) {
            of.push(alias.of);
        }
    }
    let single = by_name.iter().filter_map(|(name, of)| match of.as_slice() {
        [one] if !by_name.contains_key(one) => Some(Alias { name: name.clone(), of: one.clone() }),
        _ => None,
    });
    single.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> (Vec<String>, Vec<(String, String)>) {
        let found = find(&Segmented::new(""), &Segmented::new(text), usize::MAX);
        (found.names, found.aliases.into_iter().map(|a| (a.name, a.of)).collect())
    }

    fn aliases(text: &str) -> Vec<(String, String)> {
        run(text).1
    }

    #[test]
    fn the_text_tells_the_short_name() {
        let full = "许昌云鹭新材料股份有限公司";
        for text in [
            "许昌云鹭新材料股份有限公司（以下简称“云鹭新材”）",
            "许昌云鹭新材料股份有限公司（简称：云鹭新材）",
            "许昌云鹭新材料股份有限公司（下称云鹭新材）",
            "许昌云鹭新材料股份有限公司(以下简称为“云鹭新材”或“公司”)",
            "许昌云鹭新材料股份有限公司（证券代码600000，简称“云鹭新材”）",
        ] {
            assert_eq!(aliases(text), [("云鹭新材".to_owned(), full.to_owned())], "{text}");
        }
    }

    #[test]
    fn what_stands_for_whoever_is_spoken_of_is_no_name() {
        for text in [
            "许昌云鹭新材料股份有限公司（以下简称“公司”）",
            "许昌云鹭新材料股份有限公司（以下简称“标的公司”）",
            "许昌云鹭新材料股份有限公司（以下简称“白鹇集团”）",
            "许昌云鹭新材料股份有限公司许昌分公司（以下简称“云鹭新材”）",
        ] {
            assert_eq!(aliases(text), [], "{text}");
        }
    }

    #[test]
    fn names_in_one_text_are_one_if_nothing_else_fits() {
        let (names, joined) = run("许昌云鹭集团有限公司投产。云鹭集团的人说，云鹭集团不停。");
        assert_eq!((names.len(), joined), (1, vec![("云鹭集团".to_owned(), "许昌云鹭集团有限公司".to_owned())]));
        assert_eq!(aliases("许昌云鹭纸业有限公司、云鹭纸业有限公司"), [("云鹭纸业有限公司".to_owned(), "许昌云鹭纸业有限公司".to_owned())]);
        for two in [
            "许昌云鹭纸业有限公司、洛阳云鹭纸业有限公司",
            "云鹭纸业有限公司、许昌云鹭纸业有限公司、洛阳云鹭纸业有限公司",
            "云鹭纸业有限公司、云鹭纸业股份有限公司",
        ] {
            assert_eq!(aliases(two), [], "{two}");
        }
    }

    #[test]
    fn two_firms_with_one_short_name_keep_apart() {
        let text = "许昌云鹭新材料有限公司（以下简称“云鹭”）和洛阳云鹭新材料有限公司（以下简称“云鹭”）";
        assert_eq!(aliases(text), []);
    }

    #[test]
    fn what_only_looks_like_an_ending_counts_if_it_is_repeated() {
        assert_eq!(run("黄淮学院与企业共建。黄淮学院的教师说，大学要服务地方。").0, ["黄淮学院"]);
        assert!(run("一家大学，一所学院，一个协会。").0.is_empty());
    }
}
