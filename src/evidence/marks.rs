//! Words that turn a statement: directions of change, negation, and who says it.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::evidence::folded::Folded;
use crate::knowledge::{EVIDENCE, Words};

/// Longest name of a speaker, in letters.
const MAX_SPEAKER: usize = 30;

/// The way of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

/// Who says it: the letters of the speaker, and where the verb ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Speaker {
    pub(super) letters: Range<usize>,
    pub(super) end: usize,
}

/// Lists of words as one automaton; the longest word wins, so that 不锈钢 hides 不.
struct Lists {
    automaton: AhoCorasick,
    /// Number of words in the lists up to each one.
    ends: Vec<usize>,
}

impl Lists {
    fn new(lists: &[&Words]) -> Self {
        let words: Vec<&str> = lists.iter().flat_map(|l| l.iter()).collect();
        let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&words);
        let mut count = 0;
        let ends = lists.iter().map(|l| {
            count += l.iter().count();
            count
        });
        Self { ends: ends.collect(), automaton: built.unwrap_or_else(|e| panic!("{} words are too many: {e}", words.len())) }
    }

    /// Returns the words in a text with the number of their list.
    fn find(&self, text: &Folded) -> Vec<(Range<usize>, usize)> {
        let list = |pattern: usize| self.ends.partition_point(|end| *end <= pattern);
        self.automaton.find_iter(&text.text).map(|m| (text.letters(m.range()), list(m.pattern().as_usize()))).collect()
    }
}

/// Returns the words of change.
pub(super) fn directions(text: &Folded) -> Vec<(Range<usize>, Direction)> {
    static LISTS: LazyLock<Lists> = LazyLock::new(|| Lists::new(&[&EVIDENCE.directions.up, &EVIDENCE.directions.down, &EVIDENCE.directions.none]));
    let direction = |list| match list {
        0 => Some(Direction::Up),
        1 => Some(Direction::Down),
        _ => None,
    };
    LISTS.find(text).into_iter().filter_map(|(letters, list)| Some((letters, direction(list)?))).collect()
}

/// Returns the words that deny.
pub(super) fn negations(text: &Folded) -> Vec<Range<usize>> {
    static LISTS: LazyLock<Lists> = LazyLock::new(|| Lists::new(&[&EVIDENCE.negations.words, &EVIDENCE.negations.none]));
    LISTS.find(text).into_iter().filter(|(_, list)| *list == 0).map(|(letters, _)| letters).collect()
}

/// Returns the speakers.
pub(super) fn speakers(text: &Folded) -> Vec<Speaker> {
    static LISTS: LazyLock<Lists> = LazyLock::new(|| Lists::new(&[&EVIDENCE.speakers.verbs, &EVIDENCE.speakers.none]));
    let verbs = LISTS.find(text).into_iter().filter(|(_, list)| *list == 0);
    verbs.filter_map(|(verb, _)| speaker(text, &verb)).collect()
}

fn speaker(text: &Folded, verb: &Range<usize>) -> Option<Speaker> {
    let mut start = text.start_of(verb.start, MAX_SPEAKER, Folded::starts_clause);
    if !text.starts_clause(start) {
        return None;
    }
    let said = text.part(start..verb.start);
    let opening = EVIDENCE.speakers.openings.iter().filter(|o| said.starts_with(o)).map(|o| o.chars().count()).max();
    start += opening.unwrap_or(0);
    // what follows tells that the verb speaks: a comma, a colon, or the statement itself after a short speaker
    let is_speech = text.char(verb.end).is_some_and(|c| matches!(c, ',' | ':')) || verb.start - start <= 12;
    (is_speech && start + 1 < verb.start).then_some(Speaker { letters: start..verb.start, end: verb.end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_words_hide_shorter_ones() {
        let text = Folded::new("不锈钢增加值增长，未披露降温方案");
        let parts = |all: Vec<Range<usize>>| all.into_iter().map(|l| text.part(l).to_owned()).collect::<Vec<_>>();
        assert_eq!(parts(negations(&text)), ["未"]);
        assert_eq!(parts(directions(&text).into_iter().map(|d| d.0).collect()), ["增长"]);
    }

    #[test]
    fn speakers_are_found_before_their_verb() {
        let text = Folded::new("据示例市统计局介绍，产值增长。示例公司总经理张三表示，订单充足。");
        let names: Vec<&str> = speakers(&text).into_iter().map(|s| text.part(s.letters)).collect();
        assert_eq!(names, ["示例市统计局", "示例公司总经理张三"]);
    }
}
