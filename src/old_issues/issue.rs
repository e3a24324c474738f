//! An old issue: its number, columns and items.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::columns::{self, Section, SectionKind};
use super::contents::{self, Contents};
use super::cut::{Cut, Doubt};
use super::line::{Heading, Line, Style, key};
use super::numbering::{self, Numbering};
use super::titles::{self, TitleSigns};
use super::{publisher, titles::signs};
use crate::knowledge::OLD_ISSUES;
use crate::text::dates::Clock;

/// Most lines of the imprint at the end.
const MAX_IMPRINT: usize = 20;
/// Lines at the start that may belong to the masthead of an issue without columns.
const MAX_HEAD: usize = 20;
/// Most lines of 本期导读.
const MAX_GUIDED: usize = 300;
/// Longest line of a masthead, in characters.
const MAX_HEAD_LINE: usize = 40;
/// A line before the first column with more characters is text, with less if it holds a sentence.
const LONG_HEAD_LINE: usize = 60;
const LONG_HEAD_SENTENCE: usize = 25;

/// What is known of the publication.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Its name, which stands on the masthead.
    pub publication: String,
    /// Names of columns: of the settings, and of issues imported before.
    pub columns: Vec<String>,
    /// Short lines that several of the files have.
    pub repeated: Vec<String>,
}

/// An issue as it was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OldIssue {
    pub numbering: Numbering,
    /// 编者的话
    pub foreword: String,
    pub columns: Vec<OldColumn>,
    pub unsure: Vec<Unsure>,
    /// The line where text before the first column starts, which would be left out.
    pub text_before_columns: Option<usize>,
}

impl OldIssue {
    /// Returns its items, column by column.
    pub fn items(&self) -> impl Iterator<Item = &OldItem> {
        self.columns.iter().flat_map(|c| &c.items)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldColumn {
    pub name: String,
    pub items: Vec<OldItem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldItem {
    pub title: String,
    /// One paragraph per line.
    pub text: String,
    /// 来源; empty if it is not printed.
    pub publisher: String,
    /// When it was published, if that is printed.
    pub date: Option<NaiveDate>,
    /// The number of its line in the file.
    pub line: usize,
    pub doubt: Option<Doubt>,
}

/// What is unsure of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsure {
    /// No columns were found; all items are in the publication's first one.
    NoColumns,
    /// Neither settings, contents nor other issues know this column.
    UnknownColumn(String),
    /// It is a double issue with these numbers; it gets the first.
    DoubleIssue(u32, u32),
    /// This line of a text, with its number, may start another item.
    MaybeTitle(usize, String),
    /// The contents name titles that were not found: how many, and the first.
    NotFound(usize, String),
}

/// Returns short lines that most of several issues have: they may name columns.
pub fn repeated_columns(issues: &[&[Line]]) -> Vec<String> {
    columns::repeated(issues)
}

/// Reads an issue.
pub fn read(lines: Vec<Line>, known: &Known, file_name: &str, clock: &Clock) -> OldIssue {
    let mut names: HashSet<String> = known.columns.iter().chain(&known.repeated).map(|c| key(c)).collect();
    names.remove(&key(&known.publication));
    let (contents, lines) = contents::take(lines, &|text| names.contains(&key(text)));
    names.extend(contents.columns.iter().map(|c| key(c)));
    let (lines, imprint) = split_imprint(lines);
    let (mut head, mut sections) = columns::divide(lines, &names);
    give_back_masthead(&mut head, &mut sections, known);
    let mut issue = OldIssue::default();
    if sections.iter().all(|s| s.kind != SectionKind::Column) {
        let body = body_without_columns(&mut head, &mut sections, known, clock);
        issue.unsure.push(Unsure::NoColumns);
        sections.push(body);
    }
    for line in head.iter().chain(&imprint) {
        issue.numbering.add(&line.text, clock);
    }
    issue.numbering.add_file_name(file_name, clock);
    if let (Some(first), Some(last)) = (issue.numbering.number, issue.numbering.last_number) {
        issue.unsure.push(Unsure::DoubleIssue(first, last));
    }
    issue.foreword = foreword_in_line(&mut head);
    issue.text_before_columns = head.iter().find(|l| l.text.chars().count() > LONG_HEAD_SENTENCE && l.text.contains('。')).map(|l| l.number);
    fill(&mut issue, &sections, &contents, clock);
    issue
}

/// Takes a foreword whose heading stands in its first line out of the head: 编者按：…
fn foreword_in_line(head: &mut Vec<Line>) -> String {
    let starts = |l: &Line| {
        let text = l.text.trim_start_matches(['【', '[', '（', '(']);
        let rest = OLD_ISSUES.forewords.iter().find_map(|word| text.strip_prefix(word));
        rest.is_some_and(|rest| rest.starts_with(['：', ':', '】', ']', '）', ')']))
    };
    let Some(at) = head.iter().position(starts) else { return String::new() };
    let lines = head.split_off(at);
    let text = lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>().join("\n");
    text.split_once(['：', ':', '】', ']', '）', ')']).map_or(text.as_str(), |(_, rest)| rest.trim()).to_owned()
}

/// Short lines of the masthead repeat in every issue too, such as the organiser's name; they have no text below them.
fn give_back_masthead(head: &mut Vec<Line>, sections: &mut Vec<Section>, known: &Known) {
    let is_set = |s: &Section| s.kind != SectionKind::Column || known.columns.iter().any(|c| key(c) == key(&s.name));
    let has_text = |s: &Section| s.lines.iter().any(|l| l.text.chars().count() > MAX_HEAD_LINE || l.text.ends_with('。'));
    let end = sections.iter().position(|s| is_set(s) || has_text(s)).unwrap_or(0);
    for section in sections.drain(..end) {
        head.push(section.heading);
        head.extend(section.lines);
    }
}

/// Puts everything behind the masthead into the publication's first column.
fn body_without_columns(head: &mut Vec<Line>, sections: &mut [Section], known: &Known, clock: &Clock) -> Section {
    let publication = key(&known.publication);
    let is_masthead = |l: &Line| {
        let text = key(&l.text);
        l.text.chars().count() <= LONG_HEAD_LINE && (text == publication || OLD_ISSUES.masthead.begin(&l.text)) || numbering::tells(&l.text, clock)
    };
    let masthead = head.iter().take(MAX_HEAD).rposition(is_masthead).map_or(0, |at| at + 1);
    let mut lines = head.split_off(masthead.min(head.len()));
    // 编者的话 ends with its first text
    for section in sections.iter_mut().filter(|s| s.kind == SectionKind::Foreword) {
        let text = section.lines.iter().position(|l| !super::line::may_be_title(&l.text)).map_or(section.lines.len(), |at| at + 1);
        lines.extend(section.lines.split_off(text.min(section.lines.len())));
    }
    let name = known.columns.first().cloned().unwrap_or_default();
    let heading = Line { number: 0, text: name.clone(), after_blank: false, style: Style::default() };
    Section { kind: SectionKind::Column, name, heading, is_known: true, lines }
}

/// Reads the sections into columns and items.
fn fill(issue: &mut OldIssue, sections: &[Section], contents: &Contents, clock: &Clock) {
    let columns: Vec<&Section> = sections.iter().filter(|s| s.kind == SectionKind::Column).collect();
    let bodies: Vec<&[Line]> = columns.iter().map(|s| s.lines.as_slice()).collect();
    let guided = sections
        .iter()
        .filter(|s| s.kind == SectionKind::Guide)
        .flat_map(|s| &s.lines)
        .take(MAX_GUIDED)
        .map(|l| Heading::of(&l.text).text.to_owned());
    let titles: Vec<String> = if contents.titles.is_empty() { guided.collect() } else { contents.titles.clone() };
    let signs = signs(&bodies, &titles, body_style(&bodies));
    for section in sections.iter().filter(|s| s.kind == SectionKind::Foreword) {
        let inline = Some(issue.foreword.as_str()).filter(|f| !f.is_empty());
        issue.foreword = inline.into_iter().chain(section.lines.iter().map(|l| l.text.as_str())).collect::<Vec<_>>().join("\n");
    }
    let mut places: HashMap<&str, usize> = HashMap::new();
    for section in columns {
        let cuts = titles::cut_section(&section.lines, &signs, clock);
        issue.unsure.extend(suspects(&section.lines, &cuts));
        let items: Vec<OldItem> = cuts.into_iter().map(|c| item(c, clock)).collect();
        if items.is_empty() {
            continue;
        }
        if !section.is_known {
            issue.unsure.push(Unsure::UnknownColumn(section.name.clone()));
        }
        let at = *places.entry(section.name.as_str()).or_insert(issue.columns.len());
        match issue.columns.get_mut(at) {
            Some(column) => column.items.extend(items),
            None => issue.columns.push(OldColumn { name: section.name.clone(), items }),
        }
    }
    if let TitleSigns::Contents(..) = signs
        && !contents.titles.is_empty()
    {
        let found: HashSet<String> = issue.items().map(|i| key(&i.title)).collect();
        let missing: Vec<&String> = titles.iter().filter(|t| !found.iter().any(|f| f.starts_with(&key(t)))).collect();
        if let Some(first) = missing.first() {
            issue.unsure.push(Unsure::NotFound(missing.len(), (*first).clone()));
        }
    }
}

/// Returns the lines of a section that may start another item.
fn suspects(lines: &[Line], cuts: &[Cut]) -> Vec<Unsure> {
    let numbers: HashSet<usize> = cuts.iter().flat_map(|c| c.suspects.iter().copied()).collect();
    lines.iter().filter(|l| numbers.contains(&l.number)).map(|l| Unsure::MaybeTitle(l.number, l.text.clone())).collect()
}

/// Returns the style of most letters.
fn body_style(sections: &[&[Line]]) -> Style {
    let mut letters: HashMap<Style, usize> = HashMap::new();
    for line in sections.iter().copied().flatten() {
        *letters.entry(line.style).or_default() += line.text.len();
    }
    letters.into_iter().max_by_key(|(_, n)| *n).map_or(Style::default(), |(style, _)| style)
}

fn item(cut: Cut, clock: &Clock) -> OldItem {
    let mut paragraphs: Vec<String> = cut.lines.into_iter().map(|l| l.text).collect();
    let mut origin = None;
    // below the title, or below the text
    for at in [0, paragraphs.len().saturating_sub(1)] {
        if origin.is_none()
            && let Some(found) = paragraphs.get(at).and_then(|p| publisher::of_line(p, clock))
        {
            paragraphs.remove(at);
            origin = Some(found);
        }
    }
    if origin.is_none()
        && let Some(last) = paragraphs.last_mut()
        && let Some((text, found)) = publisher::at_end(last, clock)
    {
        *last = text.to_owned();
        origin = Some(found);
    }
    let origin = origin.unwrap_or_default();
    let doubt = if paragraphs.is_empty() { Some(Doubt::NoText) } else { cut.doubt };
    OldItem {
        title: cut.title.replace('\t', " "),
        text: paragraphs.join("\n"),
        publisher: origin.publisher,
        date: origin.date,
        line: cut.line,
        doubt,
    }
}

/// Splits the imprint off the end: it starts with a label, and no sentence follows.
fn split_imprint(mut lines: Vec<Line>) -> (Vec<Line>, Vec<Line>) {
    let is_label = |l: &Line| {
        let dense: String = l.text.chars().filter(|c| !c.is_whitespace()).collect();
        OLD_ISSUES.imprint.begin(&dense) && l.text.chars().count() <= 100 || numbering_line(&dense)
    };
    let from = lines.len().saturating_sub(MAX_IMPRINT);
    let behind = lines.iter().rposition(|l| l.text.ends_with(['。', '”', '）']) && !is_label(l)).map_or(0, |at| at + 1);
    let start = lines.iter().enumerate().skip(from.max(behind)).find(|(_, l)| is_label(l)).map(|(at, _)| at);
    let imprint = start.map(|at| lines.split_off(at)).unwrap_or_default();
    (lines, imprint)
}

/// Whether a line is the signature of an office: 甲办公室2024年2月6日印发
fn numbering_line(dense: &str) -> bool {
    dense.chars().count() <= 40 && dense.ends_with("印发") && dense.contains('年')
}
