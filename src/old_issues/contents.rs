//! The table of contents at the front: it names columns and titles in full.

use std::collections::HashSet;

use super::line::{Form, Heading, Line, MAX_COLUMN, key, may_be_column};
use crate::knowledge::{Fixed, OLD_ISSUES};

/// Longest entry, in characters, and most entries.
const MAX_ENTRY: usize = 80;
const MAX_ENTRIES: usize = 300;

/// What the table of contents names.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) columns: Vec<String>,
    pub(super) titles: Vec<String>,
}

struct Entry {
    form: Form,
    text: String,
    has_page: bool,
}

/// Takes the table of contents out of the lines.
pub(super) fn take(lines: Vec<Line>, known: &dyn Fn(&str) -> bool) -> (Contents, Vec<Line>) {
    let heading = lines.iter().position(|l| l.style.in_contents || is_heading(&l.text));
    let Some(start) = heading else { return (Contents::default(), lines) };
    let from = if lines.get(start).is_some_and(|l| is_heading(&l.text)) { start + 1 } else { start };
    let (entries, end) = entries(&lines, from);
    if entries.is_empty() {
        return (Contents::default(), lines);
    }
    let rest = lines.into_iter().enumerate().filter(|(at, l)| (*at < start || *at >= end) && !l.style.in_contents).map(|(_, l)| l).collect();
    (sorted(&joined(entries), known), rest)
}

fn is_heading(text: &str) -> bool {
    let dense: String = Heading::of(text).text.chars().filter(|c| !c.is_whitespace()).collect();
    OLD_ISSUES.contents.contains(&dense)
}

/// Returns the entries and where the body starts: with the first line that repeats an entry.
fn entries(lines: &[Line], from: usize) -> (Vec<Entry>, usize) {
    let (mut out, mut seen): (Vec<Entry>, HashSet<String>) = (Vec::new(), HashSet::new());
    let mut end = from;
    let mut repeats = false;
    for line in lines.iter().skip(from).take(MAX_ENTRIES) {
        let entry = entry(&line.text);
        let key = key(&entry.text);
        repeats = seen.contains(&key);
        if repeats || line.text.chars().count() > MAX_ENTRY || line.text.contains('。') && !entry.has_page {
            break;
        }
        end += 1;
        seen.insert(key);
        out.push(entry);
    }
    let paged = out.iter().filter(|e| e.has_page).count();
    if paged * 2 >= out.len() && paged > 0 {
        // titles of the body that the table does not name have no page
        while out.last().is_some_and(|e| !e.has_page) {
            out.pop();
            end -= 1;
        }
    } else if !repeats {
        out.clear();
    }
    (out, end)
}

/// Splits the number of the page off an entry: 甲县建成产业园……3
fn entry(line: &str) -> Entry {
    static PAGE: Fixed = Fixed::new(r"^(.*?)[\s.·…．—\-_/（(]+(\d{1,3})\s*[)）]?$");
    let (text, has_page) = PAGE.captures(line).and_then(|c| c.get(1)).map_or((line, false), |m| (m.as_str(), true));
    let heading = Heading::of(text);
    Entry { form: heading.form, text: heading.text.replace('\t', " "), has_page }
}

/// Joins entries that run over two lines: only the second line has the page.
fn joined(entries: Vec<Entry>) -> Vec<Entry> {
    let all_paged = entries.iter().filter(|e| e.has_page).count() * 2 >= entries.len();
    let mut out: Vec<Entry> = Vec::new();
    for entry in entries {
        match out.last_mut() {
            Some(last) if all_paged && !last.has_page && last.text.chars().count() > MAX_COLUMN && entry.form == Form::Plain => {
                last.text.push_str(&entry.text);
                last.has_page = entry.has_page;
            }
            _ => out.push(entry),
        }
    }
    out
}

fn sorted(entries: &[Entry], known: &dyn Fn(&str) -> bool) -> Contents {
    let mut out = Contents::default();
    let titles_form = entries.iter().find(|e| !may_be_column(&e.text)).map(|e| std::mem::discriminant(&e.form));
    let all_paged = entries.iter().filter(|e| e.has_page).count() * 2 >= entries.len();
    for e in entries {
        let differs = titles_form.is_some_and(|f| f != std::mem::discriminant(&e.form)) || all_paged && !e.has_page;
        let is_front = OLD_ISSUES.forewords.contains(&e.text) || OLD_ISSUES.guides.contains(&e.text);
        if is_front {
        } else if known(&e.text) || may_be_column(&e.text) && differs {
            out.columns.push(e.text.clone());
        } else {
            out.titles.push(e.text.clone());
        }
    }
    out
}
