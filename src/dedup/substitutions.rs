//! Finds the words that two texts exchange: a copy drops or adds words, a template replaces them.
//!
//! The texts are aligned by runs of letters that occur once in each. If such runs enclose different short pieces, one piece
//! replaces the other. Exchanged figures, places or firms make it different news; other words may be an
//! editor's changes, as long as they are few.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::knowledge::STORIES;

/// Letters per run.
const RUN: usize = 4;
/// Longest piece that counts as a replacement.
const MAX_PIECE: usize = 24;
/// Most letters before a copy: a site's header, another lead.
const MAX_LEAD: usize = 80;
/// Number of agreeing figures that outweigh one different fact: a misprint, a date of publication.
const FIGURES_PER_FACT: usize = 10;
/// Number of agreeing letters that weigh as much as an agreeing figure.
const LETTERS_PER_FIGURE: usize = 40;
/// Number of agreeing letters that outweigh one exchanged word.
const LETTERS_PER_CHANGE: usize = 45;

/// A word with this many letters is more than a different wording.
const SUBJECT: usize = 3;
/// Letters behind a piece that identify a firm.
const MAX_NAME_END: usize = 2;
/// Words that two texts exchange.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Substitutions {
    /// Exchanged figures, places and firms.
    changed_facts: usize,
    /// Other exchanged words.
    words: usize,
    agreeing: usize,
    /// Start of the agreement in either text.
    start: Option<(usize, usize)>,
}

impl Substitutions {
    /// Compares the letters of two texts.
    pub(super) fn between(a: &[char], b: &[char]) -> Self {
        let mut found = Self::default();
        let (mut end_a, mut end_b) = (0, 0);
        for (at, other) in in_order(&shared_runs(a, b)) {
            if at < end_a || other < end_b {
                continue;
            }
            found.add(a, end_a..at, b, end_b..other, found.start.is_none());
            let same = a.iter().skip(at).zip(b.iter().skip(other)).take_while(|(x, y)| x == y).count();
            found.agreeing += same;
            found.start.get_or_insert((at, other));
            (end_a, end_b) = (at + same, other + same);
        }
        found.add(a, end_a..a.len(), b, end_b..b.len(), true);
        found
    }

    /// Returns whether the exchanged words make the texts two pieces of news; `figures` is the number of agreeing figures.
    pub(super) fn tell_apart(&self, figures: usize) -> bool {
        self.changed_facts * FIGURES_PER_FACT > figures + self.agreeing / LETTERS_PER_FIGURE
            || (self.changed_facts + self.words) * LETTERS_PER_CHANGE > self.agreeing
    }

    /// Returns whether the texts agree almost from the beginning: a truncated copy does, a note within a round-up does not.
    pub(super) fn begin_alike(&self) -> bool {
        self.start.is_some_and(|(a, b)| a.abs_diff(b) <= MAX_LEAD)
    }

    /// Evaluates the text between two agreeing runs.
    fn add(&mut self, a: &[char], mut in_a: Range<usize>, b: &[char], mut in_b: Range<usize>, edge: bool) {
        if in_a.len() > MAX_PIECE || in_b.len() > MAX_PIECE {
            // a passage replaced another, or one was dropped and a word added
            self.words += usize::from(!edge && in_a.len().min(in_b.len()) * 3 > MAX_PIECE);
            return;
        }
        let same = |x: Option<&char>, y: Option<&char>| x.is_some() && x == y;
        while !in_a.is_empty() && !in_b.is_empty() && same(a.get(in_a.start), b.get(in_b.start)) {
            (in_a.start, in_b.start) = (in_a.start + 1, in_b.start + 1);
        }
        while !in_a.is_empty() && !in_b.is_empty() && same(a.get(in_a.end - 1), b.get(in_b.end - 1)) {
            (in_a.end, in_b.end) = (in_a.end - 1, in_b.end - 1);
        }
        let (piece_a, piece_b) = (a.get(in_a.clone()).unwrap_or_default(), b.get(in_b.clone()).unwrap_or_default());
        let before = a.get(in_a.start.saturating_sub(2)..in_a.start).unwrap_or_default();
        let behind = a.get(in_a.end..a.len().min(in_a.end + MAX_NAME_END)).unwrap_or_default();
        // one more digit makes a different figure
        let touches = before.last().copied().is_some_and(is_figure) || behind.first().copied().is_some_and(is_figure);
        let digits = |piece: &[char]| !piece.is_empty() && piece.iter().all(|c| is_figure(*c));
        if touches && (digits(piece_a) && piece_b.is_empty() || digits(piece_b) && piece_a.is_empty()) {
            self.changed_facts += usize::from(!edge);
            return;
        }
        if piece_a.is_empty() || piece_b.is_empty() {
            return;
        }
        let [text_a, text_b]: [String; 2] = [piece_a, piece_b].map(|p| p.iter().collect());
        if STORIES.credits.are_in(&text_a) || STORIES.credits.are_in(&text_b) {
            return;
        }
        let everyday = |piece: &str| {
            STORIES.everyday.iter().any(|w| w == piece || w.strip_prefix(piece).is_some_and(|rest| rest.chars().eq(behind.iter().copied().take(1))))
        };
        if everyday(&text_a) && everyday(&text_b) {
            return;
        }
        let around = |piece: &str| before.iter().copied().chain(piece.chars()).chain(behind.iter().copied().take(1)).collect::<String>();
        let place = |piece: &str| STORIES.places.are_in(&around(piece));
        let firm = behind.iter().collect::<String>();
        let firm = STORIES.firms.begin(&firm);
        let named = |piece: &[char]| firm || [piece.last(), behind.first()].into_iter().flatten().any(|c| STORIES.name_endings.contains(*c));
        // editors exchange short words; a long one is the subject itself
        let shorter = piece_a.len().min(piece_b.len());
        let subject = shorter >= SUBJECT && !edge;
        let other_figures = figures(piece_a).zip(figures(piece_b)).is_some_and(|(a, b)| a != b);
        let same_figures = figures(piece_a).zip(figures(piece_b)).is_some_and(|(a, b)| a == b);
        let reworded = piece_a.iter().filter(|c| piece_b.contains(c)).count() * 2 >= shorter;
        let fact = other_figures || !reworded && (subject || place(&text_a) && place(&text_b) || named(piece_a) && named(piece_b));
        if fact {
            self.changed_facts += 1;
        } else if !edge && !same_figures {
            // a different title, header or footer may surround a text
            self.words += 1;
        }
    }
}

/// Returns the positions in both texts of runs that occur once in each, in the order of the first.
fn shared_runs(a: &[char], b: &[char]) -> Vec<(usize, usize)> {
    let (in_a, in_b) = (unique_runs(a), unique_runs(b));
    let runs = a.windows(RUN).enumerate().filter(|(at, run)| in_a.get(run) == Some(&Some(*at)));
    runs.filter_map(|(at, run)| Some((at, in_b.get(run).copied().flatten()?))).collect()
}

/// Returns the position of each run, or `None` if it occurs more than once.
fn unique_runs(text: &[char]) -> FxHashMap<&[char], Option<usize>> {
    let mut out = FxHashMap::with_capacity_and_hasher(text.len(), rustc_hash::FxBuildHasher);
    for (at, run) in text.windows(RUN).enumerate() {
        out.entry(run).and_modify(|place| *place = None).or_insert(Some(at));
    }
    out
}

/// Returns the longest sequence of runs in the same order in both texts (patience diff). Other runs were moved.
fn in_order(runs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // the last run of the best sequence of each length, and each run's predecessor
    let mut last: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(runs.len());
    for (i, (_, other)) in runs.iter().enumerate() {
        let length = last.partition_point(|l| runs.get(*l).is_some_and(|(_, o)| o < other));
        previous.push(length.checked_sub(1).and_then(|l| last.get(l).copied()));
        match last.get_mut(length) {
            Some(slot) => *slot = i,
            None => last.push(i),
        }
    }
    let mut out: Vec<(usize, usize)> = Vec::with_capacity(last.len());
    let mut next = last.last().copied();
    while let Some(i) = next {
        out.extend(runs.get(i));
        next = previous.get(i).copied().flatten();
    }
    out.reverse();
    out
}

/// Returns the figures of a piece in digits, or `None` if it has none.
fn figures(piece: &[char]) -> Option<String> {
    let digits: String = piece.iter().filter_map(|c| digit(*c)).collect();
    (!digits.is_empty()).then_some(digits)
}

fn is_figure(c: char) -> bool {
    digit(c).is_some()
}

/// Returns a digit, also for Chinese numerals; 十 and 百 stand for their zeros.
fn digit(c: char) -> Option<char> {
    let numerals = "零一二三四五六七八九".chars().zip('0'..='9').chain([('〇', '0'), ('两', '2'), ('十', '0'), ('百', '0')]);
    if c.is_ascii_digit() { Some(c) } else { numerals.into_iter().find(|(n, _)| *n == c).map(|(_, d)| d) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(a: &str, b: &str) -> Substitutions {
        let letters = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).collect::<Vec<char>>();
        Substitutions::between(&letters(a), &letters(b))
    }

    #[test]
    fn other_figures_places_and_firms_are_other_facts() {
        let frame = |s: &str| format!("据统计部门介绍，{s}今年以来主要指标总体平稳，各项工作有序推进。");
        for (a, b) in [("长葛市", "禹州市"), ("3月", "4月"), ("增长12%", "增长2%"), ("云鹭科技有限公司", "北麓水泥有限公司"), ("三季度", "四季度")]
        {
            let found = between(&frame(a), &frame(b));
            assert_eq!(found.changed_facts, 1, "{a} {b}: {found:?}");
            assert!(found.tell_apart(3), "{a} {b}");
        }
    }

    #[test]
    fn other_ways_to_say_it_are_none() {
        let frame = |s: &str| format!("市统计局有关负责人{s}，今年以来主要指标总体平稳，各项工作有序推进，企业信心回升。");
        for (a, b) in [("表示", "说"), ("", "昨日"), ("共有五项安排", "共有5项安排")] {
            let found = between(&frame(a), &frame(b));
            assert!(found.changed_facts == 0 && !found.tell_apart(0), "{a} {b}: {found:?}");
        }
    }

    #[test]
    fn moved_passages_do_not_confuse_the_rest() {
        let (one, two) = ("禹州中药材交易会开幕，三百家药商到会洽谈", "长葛再生金属园区产值突破四百亿元，同比增长一成");
        let found = between(&format!("{one}。{two}。"), &format!("{two}。{one}。"));
        assert_eq!((found.changed_facts, found.words), (0, 0), "{found:?}");
    }

    proptest::proptest! {
        #[test]
        fn the_order_of_two_texts_does_not_matter_much(a in "[许昌市发展0-9三月]{0,60}", b in "[许昌市发展0-9三月]{0,60}") {
            let (one, two) = (between(&a, &b), between(&b, &a));
            proptest::prop_assert!(one.agreeing <= a.chars().count() && two.agreeing <= b.chars().count());
            proptest::prop_assert!(between(&a, &a).changed_facts == 0);
        }
    }
}
