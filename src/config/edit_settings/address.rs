//! Finds values by address.

use std::ops::Range;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use crate::config::Problem;

/// Tables with a number although the file may have a single one without.
const NUMBERED: [&str; 1] = ["publication"];

/// One key of an address, with the number behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step<'a> {
    pub(super) key: &'a str,
    pub(super) number: Option<usize>,
}

/// Returns the steps of an address.
pub(super) fn steps(address: &str) -> Vec<Step<'_>> {
    let mut out: Vec<Step<'_>> = Vec::new();
    for part in address.split('.') {
        match (part.parse().ok(), out.last_mut()) {
            (Some(n), Some(last)) if last.number.is_none() => last.number = Some(n),
            _ => out.push(Step { key: part, number: None }),
        }
    }
    out
}

/// Returns what an address names.
pub(super) fn find<'a>(document: &'a DocumentMut, address: &str) -> Option<&'a Item> {
    let steps = steps(address);
    let (last, before) = steps.split_last()?;
    let mut table: &dyn TableLike = document.as_table();
    for step in before {
        let item = table.get(step.key)?;
        table = match step.number {
            None => item.as_table_like()?,
            Some(n) => nth(item, n)?,
        };
    }
    table.get(last.key)
}

/// Returns how many tables an item has.
pub(super) fn count(item: &Item) -> usize {
    match item {
        Item::ArrayOfTables(tables) => tables.len(),
        Item::Value(Value::Array(values)) => values.iter().filter(|v| v.is_inline_table()).count(),
        other => usize::from(other.is_table_like()),
    }
}

fn nth(item: &Item, n: usize) -> Option<&dyn TableLike> {
    match item {
        Item::ArrayOfTables(tables) => tables.get(n).map(|t| t as &dyn TableLike),
        Item::Value(Value::Array(values)) => values.get(n)?.as_inline_table().map(|t| t as &dyn TableLike),
        other if n == 0 => other.as_table_like(),
        _ => None,
    }
}

pub(super) fn nth_mut(item: &mut Item, n: usize) -> Option<&mut dyn TableLike> {
    match item {
        Item::ArrayOfTables(tables) => tables.get_mut(n).map(|t| t as &mut dyn TableLike),
        Item::Value(Value::Array(values)) => values.get_mut(n)?.as_inline_table_mut().map(|t| t as &mut dyn TableLike),
        other if n == 0 => other.as_table_like_mut(),
        _ => None,
    }
}

/// Where keys and values stand in a text.
pub(super) struct Place {
    pub(super) address: String,
    /// From the key to the end of the value; of a table its header.
    pub(super) span: Range<usize>,
}

/// Returns the places of everything in a text.
pub(super) fn places(text: &str) -> Vec<Place> {
    let mut out = Vec::new();
    let Ok(document) = toml_edit::Document::parse(text) else { return out };
    let mut waiting: Vec<(String, &dyn TableLike)> = vec![(String::new(), document.as_table())];
    while let Some((parent, table)) = waiting.pop() {
        for (key, item) in table.iter() {
            let address = if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") };
            if let (Some(from), Some(to)) = (table.key(key).and_then(toml_edit::Key::span), item.as_value().and_then(Value::span)) {
                out.push(Place { address: address.clone(), span: from.start..to.end });
            }
            let mut inner = |address: String, span: Option<Range<usize>>, table| {
                if let Some(span) = span {
                    out.push(Place { address: address.clone(), span });
                }
                waiting.push((address, table));
            };
            match item {
                Item::ArrayOfTables(tables) => {
                    tables.iter().enumerate().for_each(|(n, t)| inner(format!("{address}.{n}"), t.span(), t as &dyn TableLike));
                }
                Item::Value(Value::Array(values)) => {
                    for (n, t) in values.iter().enumerate().filter_map(|(n, v)| Some((n, v.as_inline_table()?))) {
                        inner(format!("{address}.{n}"), t.span(), t);
                    }
                }
                other => {
                    if let Some(t) = other.as_table_like() {
                        let address = if NUMBERED.contains(&key) { format!("{address}.0") } else { address };
                        inner(address, other.as_table().and_then(Table::span), t);
                    }
                }
            }
        }
    }
    out
}

/// Returns the address of the value or table that a problem is about, in the text that has it.
pub fn problem_address(text: &str, problem: &Problem) -> Option<String> {
    let (line, column) = problem.at?;
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let at = start + text.get(start..)?.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
    let around = places(text).into_iter().filter(|p| p.span.contains(&at));
    around.min_by_key(|p| p.span.len()).map(|p| p.address)
}
