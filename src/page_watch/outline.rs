//! The blocks of a version as lines with keys, and the labels around them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use xxhash_rust::xxh3::xxh3_64;

use crate::knowledge::PAGE_WATCH;
use crate::page_watch::blocks::{Block, BlockKind};
use crate::page_watch::masks::{Masked, folded, has_words, says_something, without_bullet};

/// Longest line that its place helps to tell apart: 12,800 元 below one product or another.
const MAX_PLACED: usize = 30;
/// Longest line that is only a value, and most of its letters.
const MAX_VALUE: usize = 20;
const MAX_VALUE_LETTERS: usize = 5;
/// Longest label before a colon.
const MAX_LABEL: usize = 14;

/// A stored version of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub seen_at: DateTime<Utc>,
    pub blocks: Vec<Block>,
}

/// A line to compare.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) kind: BlockKind,
    pub(super) text: &'a str,
    /// The cells of a row, as they are compared.
    pub(super) cells: Vec<Masked>,
    /// The text as it is compared.
    pub(super) masked: Masked,
    /// What stands above a short line: it tells 12,800 元 of one product from that of another.
    place: String,
    /// The heading above it.
    pub(super) section: &'a str,
    /// For a row: the row of one cell above it, which names a part of its table.
    pub(super) group: &'a str,
    /// For a value: the line above it that says whose value it is.
    pub(super) name: &'a str,
    /// The heads of its table's columns.
    pub(super) heads: Vec<&'a str>,
    /// The cells that name a row.
    label: &'a str,
}

impl<'a> Line<'a> {
    pub(super) fn is_row(&self) -> bool {
        matches!(self.kind, BlockKind::Row | BlockKind::TableHead)
    }

    /// Returns what names the line: the first cell of a row that is no number, the words before a colon, or the line above a value.
    pub(super) fn label(&self) -> &'a str {
        match self.kind {
            BlockKind::Row => self.label,
            BlockKind::Text | BlockKind::Item if !self.name.is_empty() => self.name,
            BlockKind::Text | BlockKind::Item => before_colon(self.text).unwrap_or_default(),
            BlockKind::Heading | BlockKind::TableHead => "",
        }
    }

    /// Returns the column that names a row.
    pub(super) fn label_column(&self) -> Option<usize> {
        self.cells.iter().position(|c| c.undated.chars().any(char::is_alphabetic))
    }

    /// Whether it shows only counters and the date of the look.
    pub(super) fn is_furniture(&self) -> bool {
        !says_something(&self.masked.undated)
    }

    /// Returns a key of a text of this line, with its place or without.
    pub(super) fn key(&self, of: fn(&Masked) -> &str, placed: bool) -> u64 {
        let place = if placed { self.place.as_str() } else { "" };
        xxh3_64(format!("{place}\n{}", of(&self.masked)).as_bytes())
    }

    /// Returns the name of its section or group without figures, which count what is in it.
    pub(super) fn home(&self) -> (String, String) {
        (letters(self.section), letters(self.group))
    }

    /// Returns the head of a column.
    pub(super) fn head(&self, column: usize) -> &'a str {
        self.heads.get(column).copied().unwrap_or_default()
    }
}

/// Returns a key of a line's text at its place within its section.
pub(super) fn key_in_section(line: &Line<'_>) -> u64 {
    xxh3_64(format!("{}\n{}\n{}\n{}", line.place, line.section, line.group, line.masked.dated).as_bytes())
}

/// Returns the lines of a version that are compared. `zone`: of the source.
pub(super) fn lines(version: &Version, zone: Tz) -> Vec<Line<'_>> {
    let day = version.seen_at.with_timezone(&zone).date_naive();
    let mut place = Place::default();
    let mut out: Vec<Line<'_>> = version.blocks.iter().filter_map(|block| line(block, &mut place, day)).collect();
    // rows below one merged cell share its name; the next cell tells them apart
    let mut named: HashMap<(&str, &str), usize> = HashMap::new();
    for line in out.iter().filter(|l| l.kind == BlockKind::Row) {
        *named.entry((line.section, line.label)).or_default() += 1;
    }
    for line in out.iter_mut().filter(|l| l.kind == BlockKind::Row && named.get(&(l.section, l.label)).is_some_and(|n| *n > 1)) {
        line.label = row_label(line.text, &line.cells, 2);
    }
    out
}

/// What was read above a line.
#[derive(Default)]
struct Place<'a> {
    section: &'a str,
    group: &'a str,
    name: &'a str,
    heads: Vec<&'a str>,
    /// Rows since the head of the table.
    rows: usize,
}

fn line<'a>(block: &'a Block, place: &mut Place<'a>, day: NaiveDate) -> Option<Line<'a>> {
    let text = block.text.as_str();
    if block.kind == BlockKind::Row {
        place.rows += 1;
    } else {
        let in_table = place.rows > 0 || !place.heads.is_empty();
        let names_rows = in_table && block.kind == BlockKind::Text && text.chars().count() <= MAX_LABEL;
        place.group = if names_rows { text } else { "" };
        place.rows = 0;
        place.heads.clear();
    }
    let mut line = Line {
        kind: block.kind,
        text,
        cells: Vec::new(),
        masked: Masked::default(),
        place: String::new(),
        section: place.section,
        group: if block.kind == BlockKind::Row { place.group } else { "" },
        name: "",
        heads: Vec::new(),
        label: "",
    };
    match block.kind {
        BlockKind::Row => {
            line.heads.clone_from(&place.heads);
            line.cells = cells(text, &place.heads, place.rows, day);
            line.masked = Masked::joined(&line.cells);
            line.label = row_label(text, &line.cells, 1);
        }
        BlockKind::TableHead => {
            place.heads = text.split('\t').collect();
            // an arrow behind a head shows how the rows are sorted
            line.cells = place.heads.iter().map(|h| Masked::of(PAGE_WATCH.sorted.replace(h, "").trim(), "", day)).collect();
            line.masked = Masked::joined(&line.cells);
        }
        _ => line.masked = Masked::of(without_bullet(text), "", day),
    }
    if !says_something(&line.masked.dated) {
        return None;
    }
    if matches!(block.kind, BlockKind::Text | BlockKind::Item) {
        if is_value(text) {
            line.name = place.name;
        } else {
            place.name = text;
        }
    }
    if block.kind == BlockKind::Heading {
        line.section = "";
        place.section = text;
        place.name = text;
    }
    if block.kind != BlockKind::Heading && line.masked.dated.chars().count() <= MAX_PLACED {
        line.place = format!("{}\n{}", folded(line.section), folded(if line.name == line.section { "" } else { line.name }));
    }
    Some(line)
}

/// Returns the cells of a row as they are compared. Each is named by the head of its column; of a pair without heads, the first
/// names the second.
fn cells(text: &str, heads: &[&str], row: usize, day: NaiveDate) -> Vec<Masked> {
    let cells: Vec<&str> = text.split('\t').collect();
    let pair = heads.is_empty() && cells.len() == 2;
    let first = cells.first().copied().unwrap_or_default();
    let one = |(n, cell): (usize, &&str)| {
        let head = if pair && n == 1 { first } else { heads.get(n).copied().unwrap_or_default() };
        // rows below an added one are numbered anew
        let numbers = n == 0 && (PAGE_WATCH.number_columns.contains(&folded(head)) || head.is_empty() && !pair && cell.trim() == row.to_string());
        if numbers { Masked::default() } else { Masked::of(if n == 0 { without_bullet(cell) } else { cell }, head, day) }
    };
    let masked: Vec<Masked> = cells.iter().enumerate().map(one).collect();
    // a counter's name without its figure says nothing
    if pair && masked.get(1).is_some_and(|m| m.dated.is_empty()) { Vec::new() } else { masked }
}

/// Returns the first cells of a row that are words: the first `most`, side by side.
fn row_label<'a>(text: &'a str, cells: &[Masked], most: usize) -> &'a str {
    let is_name = |c: Option<&Masked>| c.is_some_and(|c| c.undated.chars().any(char::is_alphabetic));
    let Some(first) = (0..cells.len()).find(|n| is_name(cells.get(*n))) else { return "" };
    let last = (first + 1..first + most).take_while(|n| is_name(cells.get(*n))).last().unwrap_or(first);
    let start = text.split('\t').take(first).map(|c| c.len() + 1).sum::<usize>();
    let length = text.split('\t').skip(first).take(last + 1 - first).map(|c| c.len() + 1).sum::<usize>();
    text.get(start..(start + length).saturating_sub(1)).unwrap_or_default()
}

/// Whether a line is only a value: 12,800 元, 库存 15 件.
fn is_value(text: &str) -> bool {
    let folded = folded(text);
    folded.chars().count() <= MAX_VALUE
        && (folded.chars().any(|c| c.is_ascii_digit()) || !has_words(&folded))
        && folded.chars().filter(|c| c.is_alphabetic()).count() <= MAX_VALUE_LETTERS
        && !folded.contains(':')
}

/// Returns the words before a colon, if they are a label.
pub(super) fn before_colon(text: &str) -> Option<&str> {
    let (label, _) = text.split_once(['：', ':'])?;
    let length = label.chars().count();
    ((1..=MAX_LABEL).contains(&length) && label.chars().any(char::is_alphabetic)).then_some(label)
}

fn letters(text: &str) -> String {
    folded(text).chars().filter(|c| c.is_alphabetic()).collect()
}
