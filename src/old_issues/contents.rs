//! The table of contents at the front: it names columns and titles in full.

use std::collections::{HashMap, HashSet};

use super::line::{Form, Heading, Line, MAX_COLUMN, key, may_be_column};
use crate::knowledge::{Fixed, OLD_ISSUES};

/// Longest entry, in characters, and most entries.
const MAX_ENTRY: usize = 80;
const MAX_ENTRIES: usize = 300;
/// Lines that tell whether entries have pages.
const PAGED_SAMPLE: usize = 4;
const LEAST_PAGED: usize = 2;

/// What the table of contents names.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) columns: Vec<String>,
    pub(super) titles: Vec<String>,
}

struct Entry {
    form: Form,
    text: String,
    page: Page,
}

/// What stands behind an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    None,
    Number,
    /// Dots lead to the number.
    Dotted,
}

impl Entry {
    fn has_page(&self) -> bool {
        self.page != Page::None
    }

    fn may_be_column(&self, known: &dyn Fn(&str) -> bool) -> bool {
        known(&self.text) || is_front(&self.text)
    }
}

/// Takes the table of contents out of the lines.
pub(super) fn take(lines: Vec<Line>, known: &dyn Fn(&str) -> bool) -> (Contents, Vec<Line>) {
    let last_at: HashMap<String, usize> = lines.iter().enumerate().map(|(at, l)| (key(Heading::of(&l.text).text), at)).collect();
    let recurs = |text: &str, end: usize| last_at.get(&key(text)).is_some_and(|at| *at >= end);
    let Some((start, from)) = headed(&lines).or_else(|| dotted(&lines, &recurs)) else { return (Contents::default(), lines) };
    let (entries, end) = entries(&lines, from, known, &recurs);
    if entries.is_empty() {
        return (Contents::default(), lines);
    }
    let rest = lines.into_iter().enumerate().filter(|(at, l)| (*at < start || *at >= end) && !l.style.in_contents).map(|(_, l)| l).collect();
    (sorted(&joined(entries), known), rest)
}

/// Returns where the contents and their entries start, by a heading or by Word's styles.
fn headed(lines: &[Line]) -> Option<(usize, usize)> {
    lines.iter().enumerate().find_map(|(at, line)| {
        let dense: String = Heading::of(&line.text).text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
        // an overview without pages is a part of the issue
        let is_heading = OLD_ISSUES.contents.contains(&dense) || OLD_ISSUES.guides.contains(&dense) && is_paged(lines, at + 1, Entry::has_page);
        (is_heading || line.style.in_contents).then_some((at, at + usize::from(is_heading)))
    })
}

/// Returns where entries with dotted lines to their pages start; the name of a column may precede them.
fn dotted(lines: &[Line], recurs: &dyn Fn(&str, usize) -> bool) -> Option<(usize, usize)> {
    let first = lines.iter().take(MAX_ENTRIES).position(|l| entry(&l.text).page == Page::Dotted)?;
    if !is_paged(lines, first, |e| e.page == Page::Dotted) {
        return None;
    }
    let names_column = |at: &usize| lines.get(*at).is_some_and(|l| may_be_column(Heading::of(&l.text).text) && recurs(&entry(&l.text).text, first));
    let start = first.checked_sub(1).filter(names_column).unwrap_or(first);
    Some((start, start))
}

/// Whether some of the next lines have a page; others are columns.
fn is_paged(lines: &[Line], from: usize, has_page: impl Fn(&Entry) -> bool) -> bool {
    lines.iter().skip(from).take(PAGED_SAMPLE).filter(|l| has_page(&entry(&l.text))).count() >= LEAST_PAGED
}

/// Returns the entries and where the body starts: with the first line that repeats an entry.
fn entries(lines: &[Line], from: usize, known: &dyn Fn(&str) -> bool, recurs: &dyn Fn(&str, usize) -> bool) -> (Vec<Entry>, usize) {
    let (mut out, mut seen): (Vec<Entry>, HashSet<String>) = (Vec::new(), HashSet::new());
    let mut repeated = None;
    for line in lines.iter().skip(from).take(MAX_ENTRIES) {
        let entry = entry(&line.text);
        let key = key(&entry.text);
        if seen.contains(&key) {
            repeated = Some(entry);
            break;
        }
        if line.text.chars().count() > MAX_ENTRY || line.text.contains('。') && !entry.has_page() {
            break;
        }
        seen.insert(key);
        out.push(entry);
    }
    let end = from + out.len();
    let titles_form = titles_form(&out);
    let paged = out.iter().filter(|e| e.has_page()).count();
    let is_body = |last: &Entry| match &repeated {
        // titles of the body that the table does not name have no page
        _ if paged * 2 >= seen.len() && paged > 0 => !last.has_page(),
        // the body starts with the column of the first title, or with the foreword
        Some(repeated) if last.may_be_column(known) && !repeated.may_be_column(known) => true,
        Some(_) => (last.may_be_column(known) || may_be_column(&last.text) && Some(last.form) != titles_form) && !recurs(&last.text, end),
        None => !recurs(&last.text, end),
    };
    while out.last().is_some_and(is_body) {
        out.pop();
    }
    let recurring = out.iter().filter(|e| recurs(&e.text, end)).count();
    if paged == 0 && repeated.is_none() && recurring * 2 < out.len() {
        out.clear();
    }
    let end = from + out.len();
    (out, end)
}

/// Splits the number of the page off an entry: 甲县建成产业园……3
fn entry(line: &str) -> Entry {
    static PAGE: Fixed = Fixed::new(r"^(.*?)([\s.·•…．—\-_/（(]+)(\d{1,3})\s*[)）]?$");
    static DOTS: Fixed = Fixed::new(r"…|[.·•．_]{3}|(?:[.·•．]\s+){3}");
    let (text, page) = match PAGE.captures(line).and_then(|c| Some((c.get(1)?.as_str(), c.get(2)?.as_str()))) {
        Some((text, between)) => (text, if DOTS.is_match(between) { Page::Dotted } else { Page::Number }),
        None => (line, Page::None),
    };
    let heading = Heading::of(text);
    Entry { form: heading.form, text: heading.text.replace('\t', " "), page }
}

/// Returns the form of most entries that are too long for a column. If all are short: that below a first entry with a mark of columns.
fn titles_form(entries: &[Entry]) -> Option<Form> {
    let mut counts: HashMap<Form, usize> = HashMap::new();
    for e in entries.iter().filter(|e| !may_be_column(&e.text)) {
        *counts.entry(e.form).or_default() += 1;
    }
    let mut forms = entries.iter().map(|e| e.form);
    if let Some(most) = counts.values().max() {
        // of two equal ones the first
        return forms.find(|f| counts.get(f) == Some(most));
    }
    let first = forms.next().filter(|f| matches!(f, Form::Mark(_) | Form::Bracket(_) | Form::Han | Form::Part))?;
    forms.find(|f| *f != first)
}

fn is_front(text: &str) -> bool {
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    OLD_ISSUES.forewords.contains(&dense) || OLD_ISSUES.guides.contains(&dense)
}

/// Joins entries that run over two lines: only the second line has the page.
fn joined(entries: Vec<Entry>) -> Vec<Entry> {
    let all_paged = entries.iter().filter(|e| e.has_page()).count() * 2 >= entries.len();
    let mut out: Vec<Entry> = Vec::new();
    for entry in entries {
        match out.last_mut() {
            Some(last) if all_paged && !last.has_page() && last.text.chars().count() > MAX_COLUMN && entry.form == Form::Plain => {
                last.text.push_str(&entry.text);
                last.page = entry.page;
            }
            _ => out.push(entry),
        }
    }
    out
}

fn sorted(entries: &[Entry], known: &dyn Fn(&str) -> bool) -> Contents {
    let mut out = Contents::default();
    let titles_form = titles_form(entries);
    let all_paged = entries.iter().filter(|e| e.has_page()).count() * 2 >= entries.len();
    for e in entries {
        let differs = titles_form.is_some_and(|f| f != e.form) || all_paged && !e.has_page();
        if is_front(&e.text) {
        } else if known(&e.text) || may_be_column(&e.text) && differs {
            out.columns.push(e.text.clone());
        } else {
            out.titles.push(e.text.clone());
        }
    }
    out
}
