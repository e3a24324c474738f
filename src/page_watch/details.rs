//! What changed within a line, with the label that tells a reader what it is.

use serde::{Deserialize, Serialize};

use crate::page_watch::blocks::BlockKind;
use crate::page_watch::masks::{folded, same_cell};
use crate::page_watch::outline::{Line, before_colon};
use crate::text::normalize::collapse_whitespace;

/// Longest text that is shown whole.
const MAX_WHOLE: usize = 16;
/// Longest part between two marks that is shown whole.
const MAX_PART: usize = 24;
/// Fewest letters of a name at the beginning of a line.
const MIN_NAME: usize = 2;
/// Letters shown beside a difference in a long part.
const BESIDE: usize = 6;
/// Letters shown before a figure.
const MAX_WORDS: usize = 14;
/// Most different figures of one line that are told one by one.
const MAX_FIGURES: usize = 6;

/// A value that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// What it is; may be empty.
    pub label: String,
    pub old: String,
    pub new: String,
}

/// Returns the differences between two lines that are one thing.
pub(super) fn details(old: &Line<'_>, new: &Line<'_>) -> Vec<Detail> {
    let (before, after) = (old.text.split('\t').count(), new.text.split('\t').count());
    if new.is_row() && before == after {
        return of_cells(old, new);
    }
    let label = if new.is_row() || new.name.is_empty() { "" } else { new.name };
    // a line that keeps its beginning names itself
    let begins_alike = old.text.chars().zip(new.text.chars()).take_while(|(a, b)| a == b).count() >= MIN_NAME;
    let unnamed = label.is_empty() && !begins_alike && is_short(old.text) && is_short(new.text) && new.kind != BlockKind::Heading;
    let label = if unnamed { new.section } else { label };
    let (was, is) = (collapse_whitespace(old.text), collapse_whitespace(new.text));
    match (before_colon(&was), before_colon(&is)) {
        (Some(a), Some(b)) if a == b => {
            let value = |text: &str| text.get(a.len()..).unwrap_or_default().trim_start_matches([':', '：']).trim().to_owned();
            of_text(a, &value(&was), &value(&is))
        }
        _ => of_text(label, &was, &is),
    }
}

fn is_short(text: &str) -> bool {
    text.chars().count() <= MAX_WHOLE
}

fn of_cells(old: &Line<'_>, new: &Line<'_>) -> Vec<Detail> {
    let (was, is): (Vec<&str>, Vec<&str>) = (old.text.split('\t').collect(), new.text.split('\t').collect());
    let named = new.label_column();
    let label_stays = named.is_some_and(|n| same_cell(old.cells.get(n), new.cells.get(n)));
    let mut out = Vec::new();
    for (n, (a, b)) in was.iter().zip(&is).enumerate() {
        if same_cell(old.cells.get(n), new.cells.get(n)) {
            continue;
        }
        let head = if new.kind == BlockKind::Row { new.head(n) } else { "表头" };
        let row = match named.and_then(|c| is.get(c)) {
            Some(_) if label_stays && new.kind == BlockKind::Row && old.label() == new.label() => new.label(),
            Some(row) if label_stays && new.kind == BlockKind::Row => row,
            // another name for the row: what stays beside it tells which row it is
            _ if new.kind == BlockKind::Row => {
                let stays = is
                    .iter()
                    .enumerate()
                    .find(|(c, t)| *c != n && !t.is_empty() && t.chars().any(char::is_alphabetic) && same_cell(old.cells.get(*c), new.cells.get(*c)));
                stays.map_or("", |(_, t)| t)
            }
            _ => "",
        };
        let label = [row, head].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
        let (a, b) = (a.trim(), b.trim());
        if is_short(a) && is_short(b) {
            out.push(Detail { label, old: a.to_owned(), new: b.to_owned() });
        } else {
            out.extend(of_text(&label, a, b));
        }
    }
    out
}

/// Returns the differences between two texts: figure by figure if only figures differ, else the differing part.
fn of_text(label: &str, old: &str, new: &str) -> Vec<Detail> {
    let whole = |label: &str| vec![Detail { label: label.to_owned(), old: old.to_owned(), new: new.to_owned() }];
    if old == new {
        return Vec::new();
    }
    if is_short(old) && is_short(new) {
        return whole(label);
    }
    let (was, is) = (tokens(old), tokens(new));
    let differing: Vec<usize> = was.iter().zip(&is).enumerate().filter(|(_, (a, b))| folded(a) != folded(b)).map(|(n, _)| n).collect();
    let only_figures =
        was.len() == is.len() && differing.iter().all(|n| was.get(*n).zip(is.get(*n)).is_some_and(|(a, b)| is_figure(a) && is_figure(b)));
    if only_figures && (1..=MAX_FIGURES).contains(&differing.len()) {
        return differing.iter().map(|n| figure(label, &was, &is, *n)).collect();
    }
    let start = was.iter().zip(&is).take_while(|(a, b)| a == b).count();
    let end = was.iter().rev().zip(is.iter().rev()).take_while(|(a, b)| a == b).count().min(was.len().min(is.len()) - start);
    let part = |tokens: &[&str]| around(tokens, start, tokens.len() - end);
    let (a, b) = (part(&was), part(&is));
    vec![Detail { label: label.to_owned(), old: a, new: b }]
}

/// Returns the changed part with the words around it: up to the next marks, or a few letters.
fn around(tokens: &[&str], start: usize, end: usize) -> String {
    let is_mark = |t: &&str| matches!(*t, "。" | "；" | "，" | "！" | "？" | "：" | ";" | "\t");
    let before = tokens.get(..start).unwrap_or_default().iter().rev().take_while(|t| !is_mark(t)).count();
    let behind = tokens.get(end..).unwrap_or_default().iter().take_while(|t| !is_mark(t)).count();
    let (mut from, mut to) = (start - before.min(start), end + behind);
    let length = |from: usize, to: usize| tokens.get(from..to).unwrap_or_default().iter().map(|t| t.chars().count()).sum::<usize>();
    let mut marks = ("", "");
    if length(from, to) > MAX_PART {
        let (near_from, near_to) = (start.saturating_sub(BESIDE).max(from), (end + BESIDE).min(to));
        marks = (if near_from > from { "…" } else { "" }, if near_to < to { "…" } else { "" });
        (from, to) = (near_from, near_to);
    }
    format!("{}{}{}", marks.0, tokens.get(from..to).unwrap_or_default().concat().trim(), marks.1)
}

/// Returns a changed figure with its unit, named by the words before it.
fn figure(label: &str, was: &[&str], is: &[&str], n: usize) -> Detail {
    let is_word = |t: &&&str| t.chars().all(|c| c.is_alphabetic() || c == '（' || c == '）');
    let words: Vec<&str> =
        is.get(..n).unwrap_or_default().iter().rev().skip_while(|t| t.trim().is_empty()).take_while(is_word).take(MAX_WORDS + 1).copied().collect();
    let more = if words.len() > MAX_WORDS { "…" } else { "" };
    let words: String = std::iter::once(more).chain(words.into_iter().take(MAX_WORDS).rev()).collect();
    let unit: String = is.get(n + 1..).unwrap_or_default().iter().skip_while(|t| t.trim().is_empty()).take_while(is_word).take(3).copied().collect();
    let blank = if is.get(n + 1).is_some_and(|t| t.trim().is_empty()) && !unit.is_empty() { " " } else { "" };
    let value = |tokens: &[&str]| format!("{}{blank}{unit}", tokens.get(n).copied().unwrap_or_default());
    let label = [label, words.as_str()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
    Detail { label, old: value(was), new: value(is) }
}

fn is_figure(token: &str) -> bool {
    token.contains(|c: char| c.is_ascii_digit())
}

/// Splits a text: figures with sign, marks and %, Latin words, single other characters.
fn tokens(text: &str) -> Vec<&str> {
    let (mut out, mut start, mut last) = (Vec::new(), 0, Class::Other);
    for (at, c) in text.char_indices() {
        let class = match c {
            '0'..='9' | '０'..='９' => Class::Figure,
            // a date is one figure
            '.' | ',' | '-' | '%' | '‰' | '年' | '月' | '日' | '号' if last == Class::Figure => Class::Figure,
            '-' | '+' | '−' | '¥' | '$' | '￥' => Class::Sign,
            'a'..='z' | 'A'..='Z' => Class::Latin,
            _ => Class::Other,
        };
        let joins = class == last && class != Class::Other || last == Class::Sign && class == Class::Figure;
        if at > start && !joins {
            out.push(text.get(start..at).unwrap_or_default());
            start = at;
        }
        last = class;
    }
    out.extend(text.get(start..).filter(|t| !t.is_empty()));
    out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Figure,
    Sign,
    Latin,
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> String {
        of_text("", old, new).into_iter().map(|d| format!("{}|{}→{}", d.label, d.old, d.new)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn figures_are_told_with_their_words_and_units() {
        assert_eq!(
            told("本周均价为 3,420 元/吨，库存 15 万吨。", "本周均价为 3,480 元/吨，库存 12 万吨。"),
            "本周均价为|3,420 元→3,480 元 库存|15 万吨→12 万吨"
        );
        assert_eq!(told("前三季度营业收入同比 +3.2%，利润持平。", "前三季度营业收入同比 -3.2%，利润持平。"), "前三季度营业收入同比|+3.2%→-3.2%");
    }

    #[test]
    fn a_date_with_dashes_is_one_figure() {
        assert_eq!(
            told("本价格自 2026-11-01 起执行，运费另计。", "本价格自 2026-12-15 起执行，运费另计。"),
            "本价格自|2026-11-01 起执行→2026-12-15 起执行"
        );
    }

    #[test]
    fn words_are_told_with_their_part() {
        assert_eq!(
            told("前十个月全市出口额同比增长 3.2%，进口额持平。", "前十个月全市出口额同比下降 3.2%，进口额持平。"),
            "|前十个月全市出口额同比增长 3.2%→前十个月全市出口额同比下降 3.2%"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_texts_make_it_panic(a in "[甲乙，。 0-9.%a-]{0,40}|\\PC{0,40}", b in "[甲乙，。 0-9.%a-]{0,40}|\\PC{0,40}") {
            of_text("", &a, &b);
        }
    }
}
