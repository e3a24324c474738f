//! Where the items of a column start.

use std::collections::{HashMap, HashSet};

use super::line::{Form, Heading, Line, Style, key, may_be_title};
use super::publisher;
use crate::knowledge::OLD_ISSUES;
use crate::text::dates::Clock;

/// Most lines of a title.
const MAX_TITLE_LINES: usize = 3;
/// Most characters that stand for a missing title.
const MAX_STAND_IN: usize = 40;
/// Scores of a plain line that is a title, that is surely one, and that may be one.
const TITLE: i32 = 3;
const SURE: i32 = 4;
const POSSIBLE: i32 = 1;
/// Letters of the pieces that are compared, and the share of an item's pieces that a part of it has in common with what precedes it.
const PIECE: usize = 4;
const SAME_SUBJECT: f64 = 0.05;
const OTHER_SUBJECT: f64 = 0.02;

/// How titles of an issue are told.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TitleSigns {
    /// The table of contents names them, by key; those that it leaves out may have a look of their own.
    Contents(HashMap<String, String>, Option<TitleLook>),
    Look(TitleLook),
    /// Nothing but their place and their words.
    Plain {
        has_blanks: bool,
    },
}

/// How all titles of an issue look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum TitleLook {
    /// A mark or number precedes them.
    Form(Form),
    Style(Style),
}

/// Title lines and text of an item.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) title: String,
    pub(super) line: usize,
    pub(super) lines: Vec<Line>,
    pub(super) doubt: Option<Doubt>,
}

/// What is unsure of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It may be a heading within the item before.
    MaybeHeading,
    /// The text has no title; its first words stand for one.
    NoTitle,
    /// The line with this number may start another item.
    MaybeTitle(usize),
    /// The table of contents does not name it.
    NotInContents,
    /// It has a title, and no text.
    NoText,
}

/// Finds out how the titles of the sections are told.
pub(super) fn signs(sections: &[&[Line]], titles: &[String], body: Style) -> TitleSigns {
    let named: HashMap<String, String> = titles.iter().map(|t| (key(t), t.clone())).collect();
    let found = sections.iter().map(|s| (0..s.len()).filter(|at| named_at(s, *at, &named).is_some()).count()).sum::<usize>();
    let look = look(sections, body);
    if found > 0 && found * 2 >= titles.len() {
        return TitleSigns::Contents(named, look);
    }
    look.map_or_else(|| TitleSigns::Plain { has_blanks: sections.iter().any(|s| s.iter().skip(1).any(|l| l.after_blank)) }, TitleSigns::Look)
}

/// Returns the look that the first lines of nearly all columns have, if it is not that of the text.
fn look(sections: &[&[Line]], body: Style) -> Option<TitleLook> {
    let firsts: Vec<&Line> = sections.iter().filter_map(|s| s.first()).collect();
    let most = |n: usize| !firsts.is_empty() && n * 5 >= firsts.len() * 4;
    let form = firsts.iter().map(|l| Heading::of(&l.text).form).find(|f| *f != Form::Plain);
    if let Some(form) = form
        && most(firsts.iter().filter(|l| Heading::of(&l.text).form == form).count())
    {
        return Some(TitleLook::Form(form));
    }
    let style = firsts.first().map_or(body, |l| l.style);
    (style != body && most(firsts.iter().filter(|l| l.style == style).count())).then_some(TitleLook::Style(style))
}

/// Returns the spelling of the contents and how many lines it takes.
fn named_at<'n>(lines: &[Line], at: usize, named: &'n HashMap<String, String>) -> Option<(&'n str, usize)> {
    let mut joined = String::new();
    lines.iter().skip(at).take(MAX_TITLE_LINES).enumerate().find_map(|(n, line)| {
        let text = Heading::of(&line.text).text;
        if n > 0 && !may_be_title(text) {
            return None;
        }
        joined.push_str(&key(text));
        named.get(&joined).map(|title| (title.as_str(), n + 1))
    })
}

/// Cuts a section into items.
pub(super) fn cut(lines: &[Line], signs: &TitleSigns, clock: &Clock) -> Vec<Cut> {
    let mut out: Vec<Cut> = Vec::new();
    let (mut expected, mut before, mut at) = (1, HashSet::new(), 0);
    while let Some(line) = lines.get(at) {
        let found = if out.is_empty() { first(lines, signs, clock) } else { next(lines, at, signs, expected, &before, clock) };
        let taken = match found {
            Found::Title { title, lines: taken, doubt } => {
                expected = Heading::of(&line.text).number.map_or(expected, |n| n + 1);
                before.clear();
                out.push(Cut { title, line: line.number, lines: Vec::new(), doubt });
                taken
            }
            // a text without a title
            Found::Untitled(title) => {
                out.push(Cut { title, line: line.number, lines: Vec::new(), doubt: Some(Doubt::NoTitle) });
                0
            }
            Found::Text { may_be_title } => {
                if let Some(last) = out.last_mut().filter(|_| may_be_title) {
                    last.doubt = last.doubt.or(Some(Doubt::MaybeTitle(line.number)));
                }
                0
            }
        };
        if taken == 0 {
            add_grams(&line.text, &mut before);
            if let Some(last) = out.last_mut() {
                last.lines.push(line.clone());
            }
        }
        at += taken.max(1);
    }
    out
}

/// What a line is.
enum Found {
    /// A title, and how many lines it takes.
    Title {
        title: String,
        lines: usize,
        doubt: Option<Doubt>,
    },
    /// The text of an item without a title: these words stand for one.
    Untitled(String),
    Text {
        may_be_title: bool,
    },
}

const TEXT: Found = Found::Text { may_be_title: false };

/// Reads the first line of a section.
fn first(lines: &[Line], signs: &TitleSigns, clock: &Clock) -> Found {
    let text = lines.first().map_or("", |l| l.text.as_str());
    if let TitleSigns::Contents(named, _) = signs
        && let Some((title, n)) = named_at(lines, 0, named)
    {
        return with_subtitle(lines, title.to_owned(), n, None);
    }
    if !may_be_title(Heading::of(text).text) {
        return Found::Untitled(text.split(['。', '，', '；', '：']).next().unwrap_or_default().chars().take(MAX_STAND_IN).collect());
    }
    let doubt = matches!(signs, TitleSigns::Contents(..)).then_some(Doubt::NotInContents);
    joined(lines, 0, doubt, clock)
}

/// Reads a further line of a section.
fn next(lines: &[Line], at: usize, signs: &TitleSigns, expected: u32, before: &HashSet<[char; PIECE]>, clock: &Clock) -> Found {
    let Some(line) = lines.get(at) else { return TEXT };
    let heading = Heading::of(&line.text);
    match signs {
        TitleSigns::Contents(named, look) => match named_at(lines, at, named) {
            Some((title, n)) => with_subtitle(lines.get(at..).unwrap_or_default(), title.to_owned(), n, None),
            None if look.is_some_and(|l| has_look(line, &heading, l, expected)) => joined(lines, at, Some(Doubt::NotInContents), clock),
            None => TEXT,
        },
        TitleSigns::Look(look) if has_look(line, &heading, *look, expected) => joined(lines, at, None, clock),
        TitleSigns::Look(_) => TEXT,
        TitleSigns::Plain { .. } if heading.form != Form::Plain || !may_be_title(&line.text) || publisher::of_line(&line.text, clock).is_some() => {
            TEXT
        }
        TitleSigns::Plain { has_blanks } => match score(lines, at, *has_blanks, before, clock) {
            SURE.. => joined(lines, at, None, clock),
            TITLE.. => joined(lines, at, Some(Doubt::MaybeHeading), clock),
            POSSIBLE.. => Found::Text { may_be_title: true },
            _ => TEXT,
        },
    }
}

fn has_look(line: &Line, heading: &Heading<'_>, look: TitleLook, expected: u32) -> bool {
    let fits = match look {
        TitleLook::Form(form @ (Form::Mark(_) | Form::Bracket(_))) => heading.form == form,
        TitleLook::Form(form) => heading.form == form && heading.number.is_none_or(|n| n == expected),
        TitleLook::Style(style) => line.style == style,
    };
    fits && may_be_title(heading.text)
}

/// Joins a title that runs over several lines, and its subtitle.
fn joined(lines: &[Line], at: usize, doubt: Option<Doubt>, clock: &Clock) -> Found {
    let rest = lines.get(at..).unwrap_or_default();
    let Some(first) = rest.first() else { return TEXT };
    let mut parts = vec![Heading::of(&first.text).text];
    for (n, line) in rest.iter().enumerate().take(MAX_TITLE_LINES).skip(1) {
        let is_plain = Heading::of(&line.text).form == Form::Plain && may_be_title(&line.text) && publisher::of_line(&line.text, clock).is_none();
        // the last line of an item is text
        let goes_on = is_plain && !line.after_blank && rest.get(n + 1).is_some();
        if !goes_on || line.style != first.style {
            break;
        }
        parts.push(line.text.as_str());
    }
    let lines = parts.len();
    let title = parts.into_iter().fold(String::new(), |title, part| join_parts(&title, part));
    with_subtitle(rest, title, lines, doubt)
}

/// Two halves of one length are a headline of two parts; else the line only broke.
fn join_parts(title: &str, part: &str) -> String {
    let (a, b) = (title.chars().count(), part.chars().count());
    let is_pair = a.abs_diff(b) <= 1 || !title.ends_with(super::line::is_letter_or_quote);
    match () {
        () if title.is_empty() => part.to_owned(),
        () if is_pair => format!("{title} {part}"),
        () => format!("{title}{part}"),
    }
}

/// Adds a subtitle: ——甲县产业园见闻
fn with_subtitle(rest: &[Line], mut title: String, mut lines: usize, doubt: Option<Doubt>) -> Found {
    if let Some(line) = rest.get(lines).filter(|l| l.text.starts_with("——") && !l.text.ends_with('。')) {
        title.push_str(&line.text);
        lines += 1;
    }
    Found::Title { title, lines, doubt }
}

/// Rates a plain line within a section: how much speaks for a title, less what speaks for a heading within an item.
fn score(lines: &[Line], at: usize, has_blanks: bool, before: &HashSet<[char; PIECE]>, clock: &Clock) -> i32 {
    let (Some(line), Some(following)) = (lines.get(at), lines.get(at + 1)) else { return 0 };
    let previous = at.checked_sub(1).and_then(|at| lines.get(at)).map_or("", |l| l.text.as_str());
    let length = line.text.chars().count();
    let mut score = match length {
        13.. => 1,
        11.. => 0,
        _ => -1,
    };
    score += 2 * i32::from(has_two_parts(&line.text));
    score += 2 * i32::from(has_blanks && line.after_blank && !following.after_blank);
    score += 2 * i32::from(opens_report(&following.text));
    score += 3 * i32::from(publisher::of_line(previous, clock).is_some() || publisher::at_end(previous, clock).is_some());
    score += 3 * i32::from(publisher::of_line(&following.text, clock).is_some());
    let behind = lines.iter().skip(at + 1).take_while(|l| !may_be_title(&l.text));
    let shared = shared(behind, before);
    score + i32::from(shared < OTHER_SUBJECT) - 2 * i32::from(shared >= SAME_SUBJECT)
}

/// Whether a title consists of two parts of several letters, as headlines do.
fn has_two_parts(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(a, b)| a.chars().count() >= 4 && b.chars().count() >= 4)
}

fn opens_report(text: &str) -> bool {
    let day =
        text.split_once('日').is_some_and(|(day, _)| day.chars().count() <= 6 && day.contains('月') && day.starts_with(|c: char| c.is_ascii_digit()));
    day || OLD_ISSUES.openings.begin(text)
}

/// Returns the share of the pieces of these lines that precede them in the item.
fn shared<'l>(lines: impl Iterator<Item = &'l Line>, before: &HashSet<[char; PIECE]>) -> f64 {
    let mut own = HashSet::new();
    for line in lines {
        add_grams(&line.text, &mut own);
    }
    if own.is_empty() || before.is_empty() { OTHER_SUBJECT } else { own.intersection(before).count() as f64 / own.len() as f64 }
}

fn add_grams(text: &str, to: &mut HashSet<[char; PIECE]>) {
    let letters: Vec<char> = text.chars().filter(|c| crate::text::normalize::is_letter(*c)).collect();
    to.extend(letters.windows(PIECE).filter_map(|w| <[char; PIECE]>::try_from(w).ok()));
}
