//! Where the columns of an issue start.

use std::collections::{HashMap, HashSet};

use super::line::{Form, Heading, Line, Style, is_subheading, key, may_be_column};
use crate::knowledge::OLD_ISSUES;

/// Lowest score of a form that no known column has.
const LEAST_SCORE: i64 = 2;
/// Length of most names of columns, in characters.
const USUAL_LENGTH: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SectionKind {
    Column,
    /// 编者的话
    Foreword,
    /// 本期导读
    Guide,
}

/// A part of an issue under one heading.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) kind: SectionKind,
    pub(super) name: String,
    pub(super) heading: Line,
    /// Whether settings, contents or other issues know the name.
    pub(super) is_known: bool,
    pub(super) lines: Vec<Line>,
}

/// How headings of one kind look. The style only counts without a mark.
type Look = (Form, Option<Style>);

fn look(form: Form, style: Style) -> Look {
    (form, (form == Form::Plain).then_some(style))
}

/// Divides lines into those before the first heading, and sections.
pub(super) fn divide(lines: Vec<Line>, known: &HashSet<String>) -> (Vec<Line>, Vec<Section>) {
    let column_look = column_look(&lines, known);
    let (mut head, mut sections): (Vec<Line>, Vec<Section>) = (Vec::new(), Vec::new());
    for line in lines {
        let heading = Heading::of(&line.text);
        let kind = kind_of(&line, &heading, known, column_look);
        match (kind, sections.last_mut()) {
            (Some((kind, is_known)), _) => {
                let name = heading.text.to_owned();
                sections.push(Section { kind, name, heading: line, is_known, lines: Vec::new() });
            }
            (None, Some(section)) => section.lines.push(line),
            (None, None) => head.push(line),
        }
    }
    (head, sections)
}

/// Returns what kind of section a line starts, and whether its name is known.
fn kind_of(line: &Line, heading: &Heading<'_>, known: &HashSet<String>, column_look: Option<Look>) -> Option<(SectionKind, bool)> {
    let dense: String = heading.text.chars().filter(|c| !c.is_whitespace()).collect();
    if OLD_ISSUES.forewords.contains(&dense) {
        return Some((SectionKind::Foreword, true));
    }
    if OLD_ISSUES.guides.contains(&dense) {
        return Some((SectionKind::Guide, true));
    }
    let is_known = may_be_column(heading.text) && known.contains(&key(heading.text));
    let has_look = column_look == Some(look(heading.form, line.style)) && may_be_column(heading.text) && !is_subheading(heading.text);
    (is_known || has_look).then_some((SectionKind::Column, is_known))
}

/// What the headings of one look are like.
#[derive(Default)]
struct Count {
    known: i64,
    /// Short enough for a column.
    short: i64,
    usual: i64,
    /// Too long for a column, or a sentence.
    long: i64,
    first: usize,
    /// Whether their numbers count from 1.
    in_sequence: bool,
}

impl Count {
    fn score(&self) -> i64 {
        3 * self.known + self.usual + self.short - 3 * self.long
    }

    fn may_be_columns(&self, look: Look) -> bool {
        let are_mostly_known = self.known > 0 && self.known * 2 >= self.short;
        if self.long > 0 {
            return are_mostly_known && self.short > self.long;
        }
        match look {
            (Form::Mark(_) | Form::Bracket(_) | Form::Part, _) => true,
            (Form::Han, _) => are_mostly_known || self.in_sequence && self.short >= 2,
            (Form::Plain, Some(style)) => are_mostly_known || style.heading > 0 && self.short >= 2,
            _ => are_mostly_known,
        }
    }
}

/// Returns the look of this issue's column headings, if they have one beside their names.
fn column_look(lines: &[Line], known: &HashSet<String>) -> Option<Look> {
    let mut counts: HashMap<Look, Count> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        let heading = Heading::of(&line.text);
        let look = look(heading.form, line.style);
        // without a mark and a style, only the name tells a column
        if look == (Form::Plain, Some(Style::default())) || is_subheading(heading.text) {
            continue;
        }
        let count = counts.entry(look).or_insert_with(|| Count { first: at, in_sequence: true, ..Count::default() });
        let nth = count.short + count.long + 1;
        count.in_sequence &= heading.number.is_none_or(|n| i64::from(n) == nth);
        if may_be_column(heading.text) {
            count.short += 1;
            count.usual += i64::from(heading.text.chars().count() <= USUAL_LENGTH);
            count.known += i64::from(known.contains(&key(heading.text)) || OLD_ISSUES.forewords.contains(heading.text));
        } else {
            count.long += 1;
        }
    }
    let fitting = counts.iter().filter(|(look, count)| count.may_be_columns(**look) && count.score() >= LEAST_SCORE);
    // the heading of a column precedes the titles in it
    let rank = |count: &Count| (if count.known > 0 { count.score() } else { 0 }, std::cmp::Reverse(count.first));
    fitting.max_by_key(|(_, count)| rank(count)).map(|(look, _)| *look)
}

/// Returns short lines that several issues have, for they may name columns.
pub(super) fn repeated(issues: &[&[Line]]) -> Vec<String> {
    let mut counts: HashMap<String, (usize, String)> = HashMap::new();
    for lines in issues {
        let mut own: HashMap<String, &str> = HashMap::new();
        for line in *lines {
            let text = Heading::of(&line.text).text;
            if may_be_column(text) && text.chars().count() <= USUAL_LENGTH + 2 && !OLD_ISSUES.masthead.are_in(text) && !is_subheading(text) {
                own.insert(key(text), text);
            }
        }
        for (key, text) in own {
            counts.entry(key).or_insert_with(|| (0, text.to_owned())).0 += 1;
        }
    }
    let least = (issues.len() / 2 + 1).max(2);
    let mut out: Vec<String> = counts.into_values().filter(|(n, _)| *n >= least).map(|(_, text)| text).collect();
    out.sort_unstable();
    out
}
