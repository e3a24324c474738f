//! Where the items of a column start.

use std::collections::HashMap;

use super::cut::{Cut, Doubt};
use super::line::{Form, Heading, Line, Style, is_subheading, key, may_be_title};
use super::plain_titles::{Grams, add_grams, score, stands_between};
use super::{briefs, publisher};
use crate::text::dates::Clock;

/// Most lines of a title.
const MAX_TITLE_LINES: usize = 3;
/// Most characters that stand for a missing title.
const MAX_STAND_IN: usize = 40;
/// Scores of a plain line that is a title, that is surely one, and that may be one.
const TITLE: i32 = 3;
const SURE: i32 = 4;
const POSSIBLE: i32 = 1;
/// Most numbers that may be missing before a title in the titles' style.
const MAX_SKIPPED: u32 = 3;

/// How titles of an issue are told.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TitleSigns {
    /// The table of contents names them, by key; those that it leaves out may have a look of their own.
    Contents(HashMap<String, String>, Option<TitleLook>),
    Look(TitleLook),
    /// Nothing but their place and their words.
    Plain {
        has_blanks: bool,
        /// Whether an empty line follows the first title of each column.
        blank_below: bool,
    },
}

/// How all titles of an issue look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TitleLook {
    /// The mark or number before them.
    form: Form,
    /// Their style, if it is not that of the text.
    style: Option<Style>,
}

/// Finds out how the titles of the sections are told.
pub(super) fn signs(sections: &[&[Line]], titles: &[String], body: Style) -> TitleSigns {
    let named: HashMap<String, String> = titles.iter().map(|t| (key(t), t.clone())).collect();
    let found = sections.iter().map(|s| (0..s.len()).filter(|at| named_at(s, *at, &named).is_some()).count()).sum::<usize>();
    let look = look(sections, body);
    if found > 0 && found * 2 >= titles.len() {
        return TitleSigns::Contents(named, look);
    }
    let has_blanks = sections.iter().any(|s| s.iter().skip(1).any(|l| l.after_blank));
    let blank_below = sections.iter().filter_map(|s| s.get(1)).all(|l| l.after_blank);
    look.map_or(TitleSigns::Plain { has_blanks, blank_below }, TitleSigns::Look)
}

/// Returns the look that the first lines of nearly all columns have, if it is not that of the text.
fn look(sections: &[&[Line]], body: Style) -> Option<TitleLook> {
    let firsts: Vec<&Line> = sections.iter().filter_map(|s| s.first()).collect();
    let most = |n: usize| !firsts.is_empty() && n * 5 >= firsts.len() * 4;
    let form_of = |l: &Line| Heading::of(&l.text).form;
    let form = firsts.iter().map(|l| form_of(l)).find(|f| *f != Form::Plain);
    let form = form.filter(|form| most(firsts.iter().filter(|l| form_of(l) == *form).count()));
    let style = firsts.first().map_or(body, |l| l.style);
    let style = Some(style).filter(|style| *style != body && most(firsts.iter().filter(|l| l.style == *style).count()));
    (form.is_some() || style.is_some()).then_some(TitleLook { form: form.unwrap_or(Form::Plain), style })
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

/// Cuts a section into items: paragraphs with numbers or marks, or texts below titles.
pub(super) fn cut_section(lines: &[Line], signs: &TitleSigns, clock: &Clock) -> Vec<Cut> {
    let is_named = matches!(signs, TitleSigns::Contents(named, _) if named_at(lines, 0, named).is_some());
    let briefs = if is_named { None } else { briefs::cut(lines) };
    briefs.unwrap_or_else(|| cut(lines, signs, clock))
}

fn cut(lines: &[Line], signs: &TitleSigns, clock: &Clock) -> Vec<Cut> {
    let mut out: Vec<Cut> = Vec::new();
    let (mut expected, mut before, mut at) = (1, Grams::new(), 0);
    while let Some(line) = lines.get(at) {
        let found = if out.is_empty() { first(lines, signs, clock) } else { next(lines, at, signs, expected, &before, clock) };
        let taken = match found {
            Found::Title { title, lines: taken, doubt } => {
                expected = Heading::of(&line.text).number.map_or(expected, |n| n + 1);
                before.clear();
                out.push(Cut::new(title, line.number, doubt));
                taken
            }
            // a text without a title
            Found::Untitled(title) => {
                out.push(Cut::new(title, line.number, Some(Doubt::NoTitle)));
                0
            }
            Found::Text { may_be_title } => {
                if let Some(last) = out.last_mut().filter(|_| may_be_title) {
                    last.suspects.push(line.number);
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
        return with_subtitle(lines, title.to_owned(), n, None, clock);
    }
    if !may_be_title(Heading::of(text).text) {
        return Found::Untitled(text.split(['。', '，', '；', '：']).next().unwrap_or_default().chars().take(MAX_STAND_IN).collect());
    }
    let doubt = matches!(signs, TitleSigns::Contents(..)).then_some(Doubt::NotInContents);
    joined(lines, 0, doubt, clock)
}

/// Reads a further line of a section.
fn next(lines: &[Line], at: usize, signs: &TitleSigns, expected: u32, before: &Grams, clock: &Clock) -> Found {
    let Some(line) = lines.get(at) else { return TEXT };
    let heading = Heading::of(&line.text);
    match signs {
        TitleSigns::Contents(named, look) => match named_at(lines, at, named) {
            Some((title, n)) => with_subtitle(lines.get(at..).unwrap_or_default(), title.to_owned(), n, None, clock),
            None => match look.map_or(Fit::None, |l| fit(line, &heading, l, expected)) {
                Fit::Whole => joined(lines, at, Some(Doubt::NotInContents), clock),
                _ => TEXT,
            },
        },
        TitleSigns::Look(look) => match fit(line, &heading, *look, expected) {
            Fit::Whole => joined(lines, at, None, clock),
            Fit::OtherStyle => Found::Text { may_be_title: true },
            Fit::None => TEXT,
        },
        TitleSigns::Plain { .. }
            if heading.form != Form::Plain
                || !may_be_title(&line.text)
                || is_subheading(&line.text)
                || publisher::of_line(&line.text, clock).is_some() =>
        {
            TEXT
        }
        TitleSigns::Plain { has_blanks, blank_below } => match score(lines, at, *has_blanks, before, clock) {
            SURE.. => joined(lines, at, None, clock),
            TITLE.. => joined(lines, at, Some(Doubt::MaybeHeading), clock),
            // without blank lines less tells a title
            score => Found::Text { may_be_title: score >= POSSIBLE - i32::from(!has_blanks) || stands_between(lines, at, *blank_below) },
        },
    }
}

/// How much a line looks like the titles.
enum Fit {
    None,
    /// The mark or number is theirs, the style is not.
    OtherStyle,
    Whole,
}

fn fit(line: &Line, heading: &Heading<'_>, look: TitleLook, expected: u32) -> Fit {
    // a title whose style differs does not lose those behind it
    let skipped = if look.style == Some(line.style) { MAX_SKIPPED } else { 0 };
    let in_sequence = heading.number.is_none_or(|n| (expected..=expected.saturating_add(skipped)).contains(&n));
    if heading.form != look.form || !in_sequence || !may_be_title(heading.text) || is_subheading(heading.text) {
        return Fit::None;
    }
    match look.style {
        Some(style) if style != line.style => {
            if look.form == Form::Plain {
                Fit::None
            } else {
                Fit::OtherStyle
            }
        }
        _ => Fit::Whole,
    }
}

/// Joins a title that runs over several lines, and its subtitle.
fn joined(lines: &[Line], at: usize, doubt: Option<Doubt>, clock: &Clock) -> Found {
    let rest = lines.get(at..).unwrap_or_default();
    let Some(first) = rest.first() else { return TEXT };
    let mut parts = vec![Heading::of(&first.text).text];
    for (n, line) in rest.iter().enumerate().take(MAX_TITLE_LINES).skip(1) {
        let is_plain = Heading::of(&line.text).form == Form::Plain && may_be_title(&line.text) && publisher::of_line(&line.text, clock).is_none();
        // the last line of an item is text
        let goes_on = is_plain && !is_subheading(&line.text) && !line.after_blank && rest.get(n + 1).is_some();
        if !goes_on || line.style != first.style {
            break;
        }
        parts.push(line.text.as_str());
    }
    let lines = parts.len();
    let title = parts.into_iter().fold(String::new(), |title, part| join_parts(&title, part));
    with_subtitle(rest, title, lines, doubt, clock)
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
fn with_subtitle(rest: &[Line], mut title: String, mut lines: usize, doubt: Option<Doubt>, clock: &Clock) -> Found {
    let is_subtitle = |l: &&Line| l.text.starts_with("——") && !l.text.ends_with('。') && publisher::of_line(&l.text, clock).is_none();
    if let Some(line) = rest.get(lines).filter(is_subtitle) {
        title.push_str(&line.text);
        lines += 1;
    }
    Found::Title { title, lines, doubt }
}
