//! Where a name begins: the words before an ending that belong to it.

use crate::classify::organisation_words::{BUSINESS, SOFT_STOPS, Token, is_business};
use crate::knowledge::CLASSIFY;
use crate::knowledge::gazetteer::is_short_of_county;
use crate::text::normalize::is_han;
use crate::text::segment::part_of_speech;

/// Most words of a name before its ending, and most characters.
const MAX_WORDS: usize = 14;
const MAX_CHARS: usize = 32;
/// Most words inside brackets of a name: 中国(深圳).
const MAX_IN_BRACKETS: usize = 4;
/// Most single letters between a place and a letter of the name that is also an ordinary word.
const MAX_LETTERS: usize = 3;

/// One place where a text names an organisation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) name: String,
    /// Its form is that of a company or a stock; other endings are also ordinary words.
    pub(super) is_sure: bool,
    /// Byte range in the folded text.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Whether the words before an ordinary ending are part of a sentence, and no name: they have a verb or a number.
pub(super) fn is_sentence(own: &[Token<'_>]) -> bool {
    let is_verb = |t: &Token<'_>| t.stops_softly() && !BUSINESS.contains(t.word) && !SOFT_STOPS.contains(t.word);
    let has_number = own.len() > 1 && own.iter().any(|t| t.word.contains(|c: char| c.is_ascii_digit()));
    has_number || own.iter().any(is_verb)
}

pub(super) fn mention(tokens: &[Token<'_>], start: usize, last: usize, is_sure: bool) -> Option<Mention> {
    let (from, to) = (tokens.get(start)?, tokens.get(last)?);
    let name: String = tokens.get(start..=last)?.iter().map(|t| t.word).collect();
    (name.chars().count() <= MAX_CHARS).then(|| Mention { name: written(&name), is_sure, start: from.start, end: to.end() })
}

/// Returns where a name begins whose ending begins at `first`; `None` if it has no clear beginning.
pub(super) fn walk_back(tokens: &[Token<'_>], first: usize) -> Option<usize> {
    walk_back_from(tokens, first, first)
}

/// The same if the name contains the word at `start`.
pub(super) fn walk_back_from(tokens: &[Token<'_>], mut start: usize, first: usize) -> Option<usize> {
    while let Some(before) = start.checked_sub(1).and_then(|i| tokens.get(i)) {
        if first - start > MAX_WORDS {
            return None;
        }
        let rest = tokens.get(start..first).unwrap_or_default();
        if before.word == ")" {
            match opening(tokens, start - 1) {
                Some(open) => start = open,
                None => break,
            }
            continue;
        }
        let ends_here = !before.is_name_like()
            || CLASSIFY.organisation.companies.contains(before.word)
            || (before.stops() && (!can_be_inside(*before, rest) || is_ending_before(tokens, start - 1))
                || before.stops_softly() && has_own_name(rest))
                && !is_in_a_name(tokens, start - 1)
            || begins_with_place(rest) && !goes_before_place(tokens, start - 1);
        if ends_here {
            break;
        }
        start -= 1;
    }
    // a name broken by a blank or a quotation mark has lost its head, unless the rest is one
    let broken = start.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|t| matches!(t.word, " " | "\n" | "”" | "\""));
    if broken && !has_own_name(tokens.get(start..first).unwrap_or_default()) {
        return None;
    }
    (start == first || tokens.get(start).is_some_and(|t| t.word != "(")).then_some(start)
}

/// Whether a word that usually precedes names can be part of this one: 投资 in 云鹭投资有限公司, 和 in 亲和源; not in 习酒和茅台集团.
fn can_be_inside(before: Token<'_>, rest: &[Token<'_>]) -> bool {
    let joins_words = before.is_single() && rest.first().is_some_and(|t| !t.is_single());
    SOFT_STOPS.contains(before.word) && !has_own_name(rest) && !joins_words
}

/// Whether the letter at `at` belongs to a name that a place or a group begins: 均 in 宁波均胜, 能 in 江苏新能昊扬, 为 in 华为.
fn is_in_a_name(tokens: &[Token<'_>], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|i| tokens.get(i));
    let Some(letter) = tokens.get(at).filter(|t| t.can_join()) else { return false };
    // a year or an amount
    if before(1).is_some_and(|t| t.word.chars().all(|c| c.is_ascii_digit())) {
        return false;
    }
    let is_group = || before(1).is_some_and(|t| CLASSIFY.organisation.groups.contains(&format!("{}{}", t.word, letter.word)));
    is_group() || follows_a_place(tokens, at)
}

/// Whether only single letters of a name stand between the word at `at` and a place before it.
fn follows_a_place(tokens: &[Token<'_>], at: usize) -> bool {
    let before = tokens.get(at.saturating_sub(MAX_LETTERS + 1)..at).unwrap_or_default();
    let is_letter = |t: &Token<'_>| t.is_single() && t.word.chars().all(is_han) && (!t.stops() || t.can_join());
    before.iter().rev().find(|t| t.is_place() || !is_letter(t)).is_some_and(|t| t.is_place())
}

/// Whether a name ends right before the word at `at`: 云鹭集团和白鹇集团.
fn is_ending_before(tokens: &[Token<'_>], at: usize) -> bool {
    let known = &CLASSIFY.organisation;
    at.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|t| known.weak.contains(t.word) || known.companies.contains(t.word))
}

/// A name's beginning without the second half of 我区, 该市.
pub(super) fn without_our(tokens: &[Token<'_>], start: usize) -> usize {
    let word = |i: usize| tokens.get(i).map_or("", |t| t.word);
    let is_ours = start > 0
        && matches!(word(start - 1), "我" | "该" | "本" | "全" | "各")
        && matches!(word(start), "国" | "省" | "市" | "县" | "区" | "州" | "院" | "校");
    if is_ours { start + 1 } else { start }
}

/// Returns the place of the bracket that opens the short remark closed at `close`, if a name can contain it.
fn opening(tokens: &[Token<'_>], close: usize) -> Option<usize> {
    let from = close.saturating_sub(MAX_IN_BRACKETS + 1);
    let open = (from..close).rev().find(|i| tokens.get(*i).is_some_and(|t| t.word == "("))?;
    let inside = tokens.get(open + 1..close)?;
    let fits = |t: &Token<'_>| t.word.chars().all(is_han) && !t.stops();
    (!inside.is_empty() && inside.iter().all(fits)).then_some(open)
}

/// Whether these words name something by themselves: a place with more, or a word that is no ordinary one.
fn has_own_name(own: &[Token<'_>]) -> bool {
    let places = own.iter().take_while(|t| t.is_place()).count();
    if places > 0 && own.get(places..).is_some_and(|rest| rest.iter().any(|t| t.word.chars().any(is_han))) {
        return true;
    }
    let singles = own.iter().filter(|t| t.is_single() && t.word.chars().all(is_han)).count();
    singles >= 2
        || own.iter().any(|t| {
            !t.is_single() && (t.word.is_ascii() || matches!(part_of_speech(t.word), None | Some("nz" | "nt" | "nrt"))) && !is_business(t.word)
        })
}

fn begins_with_place(own: &[Token<'_>]) -> bool {
    own.first().is_some_and(|t| t.is_place()) && has_own_name(own)
}

/// Whether the word at `at` can precede a place within a name: 国网 in 国网四川省电力公司, 四川省 in 四川省成都市.
fn goes_before_place(tokens: &[Token<'_>], at: usize) -> bool {
    let Some(token) = tokens.get(at) else { return false };
    let is_name = |t: &Token<'_>| {
        t.word.ends_with("集团")
            || CLASSIFY.organisation.groups.contains(t.word)
            || !t.is_single() && matches!(part_of_speech(t.word), Some("nz" | "nt"))
    };
    // unknown words are single characters
    let pair = || token.is_single() && at.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|t| t.is_single() && t.is_name_like() && !t.stops());
    // 安康 in 郑州德安康医药, where 德 is a letter of the name; 大兴 in 光大兴陇信托
    let is_small = || {
        tokens.get(at + 1).is_some_and(|t| is_short_of_county(t.word))
            && !matches!(part_of_speech(token.word), Some("v" | "p" | "c" | "d" | "q" | "m"))
    };
    let is_letter = || token.is_single() && token.word.chars().all(is_han) && !token.stops() && (follows_a_place(tokens, at) || is_small());
    token.is_place()
        || is_name(token)
        || is_letter()
        || pair() && is_group(tokens, at)
        || tokens.get(at.saturating_sub(1)).is_some_and(|t| t.word == "中国") && is_group(tokens, at)
}

/// Whether the word at `at` and the one before it are a group's name: 国|网, 中国|铁路.
pub(super) fn is_group(tokens: &[Token<'_>], at: usize) -> bool {
    let word = |i: Option<usize>| i.and_then(|i| tokens.get(i)).map_or("", |t| t.word);
    CLASSIFY.organisation.groups.contains(&format!("{}{}", word(at.checked_sub(1)), word(Some(at))))
}

/// Returns a folded name as it is usually written: with Chinese brackets, and abbreviations in capitals.
pub(super) fn written(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut latin = String::new();
    let put = |latin: &mut String, out: &mut String| {
        out.push_str(&if latin.len() <= 4 { latin.to_ascii_uppercase() } else { latin.clone() });
        latin.clear();
    };
    for c in name.chars() {
        if c.is_ascii_alphabetic() {
            latin.push(c);
            continue;
        }
        put(&mut latin, &mut out);
        out.push(match c {
            '(' => '（',
            ')' => '）',
            c => c,
        });
    }
    put(&mut latin, &mut out);
    out
}
