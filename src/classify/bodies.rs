//! Names of universities, institutes and associations that a place, 中国 or 全国 begins, and of groups' firms that are only 公司.
//!
//! What begins so and ends so is a name though it is named once, and though its words are those of sentences: 中国物流与采购联合会.

use crate::classify::organisation_start::{Mention, is_group, is_sentence, mention, walk_back_from};
use crate::classify::organisation_words::{Token, is_business};
use crate::knowledge::CLASSIFY;
use crate::text::segment::part_of_speech;

/// Most words between the beginning and the ending, and most letters.
const MAX_FIELD: usize = 8;
const MAX_FIELD_CHARS: usize = 16;

/// Returns the university, institute or association that ends with the word at `at`.
pub(super) fn by_body(tokens: &[Token<'_>], at: usize) -> Option<Mention> {
    let known = &CLASSIFY.organisation;
    tokens.get(at).filter(|t| known.bodies.contains(t.word))?;
    // not the end of the name: 大学 in 大学研究院, 研究院 in 研究院有限公司
    let next = tokens.get(at + 1).map_or("", |t| t.word);
    if known.companies.contains(next) || known.parts.contains(next) || known.bodies.contains(next) || known.weak.contains(next) {
        return None;
    }
    let head = head(tokens, at)?;
    let field = tokens.get(head + 1..at)?;
    let is_land = tokens.get(head).is_some_and(|t| known.countries.contains(t.word));
    let is_vague = |t: &Token<'_>| known.vague.contains(t.word);
    // 四川大学 and 成都银行 are names, 中国大学 and 成都医院 are none
    let is_none = match field.last() {
        // 全国百强医院
        Some(last) => is_vague(last) || is_land && tokens.get(at)?.word == "医院",
        None => is_land || !known.named_by_place.contains(tokens.get(at)?.word),
    };
    if is_none {
        return None;
    }
    mention(tokens, walk_back_from(tokens, head, at)?, at, true)
}

/// Returns the place or country that begins the name whose ending is at `at`.
fn head(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let mut chars = 0;
    for i in (at.saturating_sub(MAX_FIELD + 1)..at).rev() {
        let token = tokens.get(i)?;
        if token.is_place() {
            return Some(i);
        }
        chars += token.word.chars().count();
        if chars > MAX_FIELD_CHARS || !can_be_field(*token) {
            return None;
        }
    }
    None
}

/// Whether a word can be part of a body's field: 物流, 与, 采购.
fn can_be_field(token: Token<'_>) -> bool {
    let known = &CLASSIFY.organisation;
    if !token.is_name_like() || known.companies.contains(token.word) || known.bodies.contains(token.word) {
        return false;
    }
    let is_noun = || part_of_speech(token.word).is_none_or(|tag| tag.starts_with(['n', 'b', 'j', 'l', 'f', 'g', 'a', 'm']) || tag == "vn");
    known.in_fields.contains(token.word) || !token.stops() && (is_noun() || is_business(token.word))
}

/// Returns the firm of a group and a place that ends with the word at `at`: 国网四川省电力公司.
pub(super) fn by_group(tokens: &[Token<'_>], at: usize) -> Option<Mention> {
    let known = &CLASSIFY.organisation;
    tokens.get(at).filter(|t| t.word.ends_with("公司") && !known.companies.contains(t.word))?;
    for i in (at.saturating_sub(MAX_FIELD)..at).rev() {
        let token = tokens.get(i).filter(|t| t.is_name_like() && !t.stops())?;
        let is_pair = is_group(tokens, i);
        if !known.groups.contains(token.word) && !is_pair {
            continue;
        }
        let own = tokens.get(i + 1..at)?;
        let has_place = own.first().is_some_and(|t| t.is_place()) && !is_sentence(own);
        let names_trade = own.len() > 1 || tokens.get(at).is_some_and(|t| t.word != "公司");
        return (has_place && names_trade).then(|| mention(tokens, if is_pair { i - 1 } else { i }, at, true)).flatten();
    }
    None
}
