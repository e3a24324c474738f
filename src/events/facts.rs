//! The facts of a text: figures, dates, acts and names. Praise and hope are none.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use xxhash_rust::xxh3::xxh3_64;

use crate::events::figures::{self, Figures};
use crate::events::grams;
use crate::knowledge::{NEWS, automaton};
use crate::text::normalize::is_han;
use crate::text::segment::{part_of_speech, segment};

/// Letters of an own name by which it is known again: 云鹭 of 云鹭股份 and 云鹭控股.
const NAME: usize = 2;

/// Bytes read before and behind an act, and before the ending of a name.
const NEAR: usize = 90;

/// The words of all acts, and the act of each.
static ACTS: LazyLock<(AhoCorasick, Vec<usize>)> = LazyLock::new(|| {
    let words: Vec<(usize, &str)> = NEWS.acts.values().enumerate().flat_map(|(act, words)| words.iter().map(move |w| (act, w))).collect();
    let list: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
    (automaton(&list, false), words.into_iter().map(|(act, _)| act).collect())
});

/// How a text tells an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ActState {
    /// It may come (预计明年投产, 投产后).
    Planned,
    Told,
    /// It surely happened (已投产).
    Done,
}

/// An act that a text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) kind: usize,
    pub(super) state: ActState,
    /// Only supposed (投产后): no news.
    pub(super) is_supposed: bool,
}

/// Returns the clauses of folded text; commas inside figures do not end one.
pub(super) fn clauses(text: &str) -> impl Iterator<Item = &str> {
    let mut before = ' ';
    let split = text.split(move |c: char| {
        let ends = matches!(c, ';' | ':' | '。' | '!' | '?') || c == ',' && !before.is_ascii_digit();
        before = c;
        ends
    });
    split.filter(|clause| !clause.is_empty())
}

/// Whether a clause is praise, hope or resolve, or says who tells it.
pub(super) fn is_empty(clause: &str) -> bool {
    NEWS.empty.is_match(clause) || NEWS.attribution.is_match(clause)
}

/// Returns the keys of a text's figures, in figures and in words.
pub(super) fn figures(text: &str) -> Vec<u64> {
    let text = NEWS.no_figure.replace_all(text, " ");
    let mut out = Figures::new(&text.chars().collect::<Vec<_>>()).values;
    out.extend(NEWS.numeral.captures_iter(&text).filter_map(|c| number(c.name("n")?.as_str())).map(|n| figures::key(n, ' ')));
    out
}

/// Returns the keys of a text's figures of several digits: two reports rarely share one by chance.
pub(super) fn specific_figures(text: &str) -> Vec<u64> {
    Figures::new(&NEWS.no_figure.replace_all(text, " ").chars().collect::<Vec<_>>()).specific
}

/// Returns the number that a text writes in words: 三百, 十二, 两万.
fn number(words: &str) -> Option<f64> {
    // 亿, 万, below
    let (mut large, mut whole, mut part, mut digit) = (0.0, 0.0, 0.0, None);
    for c in words.chars() {
        if let Some(at) = "〇一二三四五六七八九".chars().position(|d| d == c) {
            digit = Some(f64::from(u32::try_from(at).ok()?));
            continue;
        }
        match c {
            '零' => {}
            '两' => digit = Some(2.0),
            '十' | '百' | '千' => {
                let factor = if c == '十' {
                    10.0
                } else if c == '百' {
                    100.0
                } else {
                    1000.0
                };
                part += digit.take().unwrap_or(1.0) * factor;
            }
            '万' => {
                whole += (part + digit.take().unwrap_or(0.0)) * 1e4;
                part = 0.0;
            }
            '亿' => {
                large += (whole + part + digit.take().unwrap_or(0.0)) * 1e8;
                (whole, part) = (0.0, 0.0);
            }
            _ => return None,
        }
    }
    Some(large + whole + part + digit.unwrap_or(0.0)).filter(|n| *n > 0.0)
}

/// Returns the keys of a text's dates; of a day with its month also those of each, by which other texts may name it.
pub(super) fn dates(text: &str) -> impl Iterator<Item = [u64; 2]> {
    let key = |text: &str| xxh3_64(text.as_bytes());
    NEWS.date.captures_iter(text).map(move |c| {
        let whole = c.get(0).map_or("", |m| m.as_str());
        // a report of the day names the day alone
        c.name("d")
            .zip(c.name("m"))
            .map_or([key(whole); 2], |(day, month)| [key(&format!("{}日", day.as_str())), key(&format!("{}月", month.as_str()))])
    })
}

/// Returns the acts that a clause tells.
pub(super) fn acts(clause: &str) -> Vec<Act> {
    let (words, act_of) = &*ACTS;
    let found = words.find_overlapping_iter(clause).filter_map(|m| {
        let (before, after) = (near(clause, m.start()), near_after(clause, m.end()));
        let is_supposed = NEWS.supposed.is_match(after);
        let state = if is_supposed || NEWS.plan.is_match(before) {
            ActState::Planned
        } else if NEWS.done.is_match(before) || after.starts_with('了') {
            ActState::Done
        } else {
            ActState::Told
        };
        Some(Act { kind: *act_of.get(m.pattern().as_usize())?, state, is_supposed })
    });
    found.collect()
}

/// Returns the letters shortly before a place.
fn near(text: &str, end: usize) -> &str {
    text.get(text.ceil_char_boundary(end.saturating_sub(NEAR))..end).unwrap_or_default()
}

fn near_after(text: &str, begin: usize) -> &str {
    text.get(begin..text.floor_char_boundary(begin.saturating_add(NEAR))).unwrap_or_default()
}

/// Returns the keys of the own names of organisations and places that a clause tells.
pub(super) fn names(clause: &str) -> Vec<u64> {
    let organisations = NEWS.organisation.find_iter(clause).filter_map(|m| own_name(near(clause, m.start())));
    let is_place = |word: &&str| part_of_speech(word).is_some_and(|tag| tag.starts_with("ns")) && !NEWS.common_places.contains(word);
    let places = segment(clause).into_iter().filter(|w| w.chars().nth(NAME - 1).is_some()).filter(is_place);
    let places: Vec<Vec<char>> = places.map(|w| w.chars().take(NAME).collect()).collect();
    organisations.chain(places).map(|letters| grams::key(&letters)).collect()
}

/// Returns the own name at the end of the words before an ending: 云鹭 of 云鹭科技, nothing of 上市.
fn own_name(mut before: &str) -> Option<Vec<char>> {
    let whole = before;
    // each round removes a word
    while let Some(rest) = NEWS.trade.iter().find_map(|word| before.strip_suffix(word)) {
        before = rest;
    }
    let mut letters: Vec<char> = before.chars().rev().take(NAME).collect();
    letters.reverse();
    let is_letter = |c: &char| is_han(*c) && !NEWS.common_letters.contains(*c);
    let word: String = letters.iter().collect();
    let is_own = letters.len() == NAME && letters.iter().all(is_letter) && !NEWS.common_places.contains(&word);
    // 头部公司 is no name, 白鹇科技公司 is one
    let is_name = |tag: &str| matches!(tag, "nr" | "nrt" | "ns" | "nt" | "nz") || tag == "n" && before.len() < whole.len();
    (is_own && part_of_speech(&word).is_none_or(is_name)).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_in_words_are_those_in_digits() {
        assert_eq!(figures("新增就业三百人"), figures("新增就业300人"));
        assert_eq!(figures("共十二家"), figures("共12家"));
        assert_eq!(figures("投资三百万元"), figures("投资300万元"));
        assert!(figures("一家企业一批项目,世界500强,5g时代,第3届").is_empty());
        assert_eq!((number("一千零五十"), number("两亿三千万"), number("千")), (Some(1050.0), Some(230_000_000.0), Some(1000.0)));
    }

    #[test]
    fn an_act_is_planned_told_or_done() {
        let of = |text: &str| acts(text).first().map(|a| (a.state, a.is_supposed));
        assert_eq!(of("项目已投产"), Some((ActState::Done, false)));
        assert_eq!(of("预计明年投产"), Some((ActState::Planned, false)));
        assert_eq!(of("投产后年产值"), Some((ActState::Planned, true)));
        assert_eq!(of("项目投产"), Some((ActState::Told, false)));
        assert_eq!(of("其中标准三项"), Some((ActState::Planned, true)));
        assert_eq!(acts("项目进展").len(), 0);
    }

    #[test]
    fn organisations_and_places_have_names_of_their_own() {
        let pair = |text: &str| grams::key(&text.chars().collect::<Vec<_>>());
        assert_eq!(names("由白鹇科技有限公司承建"), [pair("白鹇")]);
        assert!(names("这家上市公司的子公司和该集团,中国银行业").is_empty());
        assert_eq!(names("产品销往洛阳"), [pair("洛阳")]);
    }

    #[test]
    fn clauses_keep_the_commas_of_figures() {
        assert_eq!(clauses("投资12,000万元,共3家;完").collect::<Vec<_>>(), ["投资12,000万元", "共3家", "完"]);
    }
}
