//! Which names in an article are those of organisations that the taxonomy or the editors list.
//!
//! A short name inside the name of another firm is not the listed one: 云鹭 of 成都云鹭食品有限公司 is no part of 上海云鹭机械有限公司.
//! A branch is not its firm.

use std::collections::BTreeMap;

use crate::classify::matcher::ListedName;
use crate::classify::organisation_start::{Mention, written};
use crate::classify::organisations::{Organisations, is_branch, legal_form};
use crate::config::taxonomy::Organisation;
use crate::knowledge::CLASSIFY;
use crate::knowledge::gazetteer::is_place;
use crate::text::normalize::is_han;

/// How far behind a short name the ending of a company is looked for, in characters.
const MAX_TO_ENDING: usize = 16;
/// Longest name of a place, in characters.
const MAX_PLACE_CHARS: usize = 11;
/// Letters of a name that stand for one organisation in every place.
const MIN_CLEAR_CHARS: usize = 3;
/// Words that stand between two names.
const BETWEEN: [char; 13] = ['的', '了', '在', '与', '和', '及', '由', '是', '将', '把', '被', '向', '对'];

/// The organisations of a list in one text, with their frequencies. Told short names of other organisations do not count.
pub(super) fn listed_in(
    text: &str,
    hits: &[ListedName],
    mentions: &[Mention],
    found: &Organisations,
    list: &[Organisation],
) -> BTreeMap<usize, usize> {
    let mut out = BTreeMap::new();
    for hit in hits {
        let Some(organisation) = list.get(hit.organisation) else { continue };
        let next = mentions.partition_point(|m| m.end <= hit.start);
        let name = match mentions.get(next).filter(|m| m.start <= hit.start && m.end >= hit.end) {
            Some(longer) => longer.name.clone(),
            None => written(text.get(hit.start..to_company_ending(text, hit, mentions.get(next))).unwrap_or_default()),
        };
        let told = found.aliases.iter().find(|a| a.name == name).map_or(name.as_str(), |a| a.of.as_str());
        if is_own_name(organisation, told) {
            *out.entry(hit.organisation).or_default() += 1;
        }
    }
    out
}

/// Returns where the company name ends that begins with a short name; if there is none, where the short name ends.
fn to_company_ending(text: &str, hit: &ListedName, next: Option<&Mention>) -> usize {
    let limit = next.map_or(text.len(), |m| m.start);
    let rest = text.get(hit.end..limit).unwrap_or_default();
    let is_letter = |c: char| (is_han(c) || c.is_ascii_alphanumeric() || matches!(c, '(' | ')')) && !BETWEEN.contains(&c);
    let end = rest.char_indices().take(MAX_TO_ENDING).take_while(|(_, c)| is_letter(*c)).last().map_or(0, |(i, c)| i + c.len_utf8());
    let run = rest.get(..end).unwrap_or_default();
    let ending = CLASSIFY.organisation.companies.iter().filter_map(|e| run.find(e).map(|at| at + e.len())).min();
    hit.end + ending.unwrap_or(0)
}

/// Whether a name is one of an organisation's: as listed, or with its place or its legal form, unless these are another firm's.
pub(super) fn is_own_name(organisation: &Organisation, name: &str) -> bool {
    let names: Vec<String> = std::iter::once(&organisation.name).chain(&organisation.names).map(|n| written(&n.to_lowercase())).collect();
    if names.iter().any(|n| n == name) {
        return true;
    }
    let has_form = |n: &str| !legal_form(n).is_empty();
    // with the full name known, other full names are other firms
    let knows_full_name = has_form(name) && names.iter().any(|n| has_form(n));
    !is_branch(name) && names.iter().filter(|n| !knows_full_name || has_form(n)).any(|n| is_same(n, name))
}

/// Whether two names differ only by a place in front or by the legal form.
fn is_same(listed: &str, name: &str) -> bool {
    let ((place, core), (other_place, other_core)) = (place_and_core(listed), place_and_core(name));
    let is_there = place == other_place || !place.is_empty() && (other_place.contains(place) || place.contains(other_place));
    // 云鹭 is a word of many firms, 云鹭新材 of one
    let anywhere = place.is_empty() && (core.chars().count() >= MIN_CLEAR_CHARS || !legal_form(listed).is_empty());
    core == other_core && (is_there || anywhere)
}

/// Returns the place in front of a name, and the name without it and without its legal form.
fn place_and_core(name: &str) -> (&str, &str) {
    let at_least_two = |rest: &&str| rest.chars().nth(1).is_some();
    let mut core = name;
    loop {
        let ends = core.char_indices().map(|(i, _)| i).skip(2).take(MAX_PLACE_CHARS - 1);
        let rest = ends.filter(|end| core.get(..*end).is_some_and(is_place)).last().and_then(|end| core.get(end..)).filter(at_least_two);
        // 成都银行 has no name but its place
        match rest.filter(|rest| without_form(rest).chars().nth(1).is_some()) {
            Some(rest) => core = rest,
            None => break,
        }
    }
    (name.strip_suffix(core).unwrap_or_default(), without_form(core))
}

/// A name without its legal form: 云鹭 of 云鹭（集团）股份有限公司.
fn without_form(name: &str) -> &str {
    let mut name = name.strip_suffix(legal_form(name)).unwrap_or(name);
    while let Some(shorter) =
        ["集团", "股份", "（集团）", "公司"].iter().find_map(|part| name.strip_suffix(part)).filter(|rest| rest.chars().nth(1).is_some())
    {
        name = shorter;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(names: &[&str]) -> Organisation {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        Organisation { name: names[0].clone(), names, industries: Vec::new(), is_watched: true }
    }

    #[test]
    fn a_listed_firm_has_its_names_and_no_other_firms() {
        let full = listed(&["许昌云鹭食品有限公司", "云鹭"]);
        for own in ["云鹭", "云鹭集团", "云鹭食品有限公司", "许昌市云鹭食品有限公司", "河南许昌云鹭食品有限公司", "许昌云鹭食品股份有限公司"]
        {
            assert!(is_own_name(&full, own), "{own}");
        }
        for other in [
            "上海云鹭机械有限公司",
            "河南云鹭不锈钢产业集团有限公司",
            "洛阳云鹭食品有限公司",
            "云鹭研究院",
            "河南云鹭有限公司",
            "许昌云鹭食品有限公司洛阳分公司",
        ] {
            assert!(!is_own_name(&full, other), "{other}");
        }
        let short = listed(&["云鹭新材"]);
        assert!(is_own_name(&short, "许昌云鹭新材股份有限公司") && is_own_name(&short, "云鹭新材集团"));
        assert!(!is_own_name(&short, "云鹭新材料有限公司") && !is_own_name(&listed(&["云鹭"]), "上海云鹭有限公司"));
        assert!(is_own_name(&listed(&["TCL集团"]), "TCL集团股份有限公司"));
    }
}
