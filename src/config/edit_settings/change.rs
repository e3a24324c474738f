//! Changes of the text: values set or removed, and lists of tables.

use std::ops::Range;

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::config::edit_settings::address::{self, Step, nth_mut};
use crate::config::edit_toml::{last_line, put};

/// Lists that are written in one value, `columns = [{ … }]`, where the file has none yet.
const INLINE_LISTS: [&str; 1] = ["columns"];

/// A change of the file.
#[derive(Debug, Clone)]
pub enum Change {
    /// Sets a value, or removes its key.
    Set { address: String, value: Option<Value> },
    /// Gives a list these tables, in this order.
    Rows { list: String, rows: Vec<Row> },
}

/// A table of a list.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its number before the change; `None`: a new one.
    pub from: Option<usize>,
    /// Keys to set or remove; other keys stay.
    pub values: Vec<(String, Option<Value>)>,
}

/// Returns the text of the document with the changes.
pub(super) fn apply(text: &str, mut document: DocumentMut, changes: Vec<Change>) -> String {
    let mut removed = Vec::new();
    let mut is_set = false;
    for change in changes {
        match change {
            Change::Set { address, value: None } => removed.push(address),
            Change::Set { address, value } => {
                set(&mut document, &address, value);
                is_set = true;
            }
            Change::Rows { list, rows } => {
                put_rows(&mut document, &list, rows);
                is_set = true;
            }
        }
    }
    let text = if is_set { document.to_string() } else { text.to_owned() };
    without(text, &removed)
}

fn set(document: &mut DocumentMut, address: &str, value: Option<Value>) {
    let steps = address::steps(address);
    let Some((last, before)) = steps.split_last() else { return };
    let Some((table, is_inline)) = table_at(document, before) else { return };
    let is_new = !table.contains_key(last.key);
    put(table, last.key, value);
    if is_inline && is_new {
        table.fmt();
    }
}

/// Returns the table behind these steps, and whether it is written in one line; makes missing ones.
fn table_at<'a>(document: &'a mut DocumentMut, steps: &[Step<'_>]) -> Option<(&'a mut dyn TableLike, bool)> {
    let mut table: &mut dyn TableLike = document.as_table_mut();
    let mut is_inline = false;
    for (n, step) in steps.iter().enumerate() {
        if !table.contains_key(step.key) {
            let mut new = Table::new();
            // [mail.smtp] needs no [mail] before it
            new.set_implicit(n + 1 < steps.len());
            new.decor_mut().set_prefix("\n");
            table.insert(step.key, Item::Table(new));
        }
        let item = table.get_mut(step.key)?;
        is_inline = item.is_value();
        table = match step.number {
            None => item.as_table_like_mut()?,
            Some(n) => nth_mut(item, n)?,
        };
    }
    Some((table, is_inline))
}

fn put_rows(document: &mut DocumentMut, list: &str, rows: Vec<Row>) {
    let steps = address::steps(list);
    let Some((last, before)) = steps.split_last() else { return };
    let Some((parent, _)) = table_at(document, before) else { return };
    if rows.is_empty() {
        parent.remove(last.key);
        return;
    }
    if !parent.contains_key(last.key) {
        let new = if INLINE_LISTS.contains(&last.key) { Item::Value(Array::new().into()) } else { Item::ArrayOfTables(ArrayOfTables::new()) };
        parent.insert(last.key, new);
    }
    match parent.get_mut(last.key) {
        Some(Item::ArrayOfTables(tables)) => *tables = tables_of(std::mem::take(tables).into_iter().collect(), rows),
        Some(Item::Value(Value::Array(values))) => put_inline(values, rows),
        Some(item @ Item::Table(_)) => {
            if let Item::Table(one) = std::mem::take(item) {
                *item = match <[Row; 1]>::try_from(rows) {
                    Ok([row]) => Item::Table(filled(one, row.values)),
                    Err(rows) => Item::ArrayOfTables(tables_of(vec![one], rows)),
                };
            }
        }
        _ => {}
    }
}

fn tables_of(old: Vec<Table>, rows: Vec<Row>) -> ArrayOfTables {
    let mut places: Vec<isize> = old.iter().filter_map(Table::position).collect();
    places.sort_unstable();
    let mut places = places.into_iter();
    let mut old: Vec<Option<Table>> = old.into_iter().map(Some).collect();
    let mut out = ArrayOfTables::new();
    for row in rows {
        let known = row.from.and_then(|n| old.get_mut(n)).and_then(Option::take);
        let table = if let Some(mut table) = known {
            // the text is ordered by these places
            table.set_position(places.next());
            table
        } else {
            let mut table = Table::new();
            table.decor_mut().set_prefix("\n");
            table
        };
        out.push(filled(table, row.values));
    }
    out
}

fn filled(mut table: Table, values: Vec<(String, Option<Value>)>) -> Table {
    for (key, value) in values {
        put(&mut table, &key, value);
    }
    table
}

fn put_inline(list: &mut Array, rows: Vec<Row>) {
    let is_new = list.is_empty();
    let indent = list.iter().last().and_then(|v| last_line(v).map(str::to_owned));
    let indent = indent.or_else(|| is_new.then(|| "\n    ".to_owned()));
    let mut old: Vec<Option<Value>> = list.iter().cloned().map(Some).collect();
    list.clear();
    for row in rows {
        let known = row.from.and_then(|n| old.get_mut(n)).and_then(Option::take);
        let starts_line = known.as_ref().is_some_and(|v| last_line(v).is_some());
        let mut value = known.filter(Value::is_inline_table).unwrap_or_else(|| InlineTable::new().into());
        if let Some(table) = value.as_inline_table_mut() {
            let before = table.to_string();
            for (key, value) in row.values {
                put(table, &key, value);
            }
            let keys_changed = before != table.to_string();
            if keys_changed {
                table.fmt();
            }
        }
        if !starts_line {
            value.decor_mut().set_prefix(indent.as_deref().unwrap_or(if list.is_empty() { "" } else { " " }));
        }
        list.push_formatted(value);
    }
    if is_new {
        list.set_trailing("\n");
        list.set_trailing_comma(true);
    }
}

/// Removes keys line by line, so that comments above and behind them stay.
fn without(text: String, addresses: &[String]) -> String {
    if addresses.is_empty() {
        return text;
    }
    let places = address::places(&text);
    let is_removed = |address: &str| addresses.iter().any(|a| a == address);
    let mut cuts: Vec<Range<usize>> = Vec::new();
    let mut others: Vec<&str> = Vec::new();
    for place in places.iter().filter(|p| is_removed(&p.address)) {
        match cut(&text, &place.span) {
            Some(range) => cuts.push(range),
            None => others.push(&place.address),
        }
    }
    // a table below another one goes with its last key: [mail.smtp] without a host is a mistake
    for table in places.iter().filter(|p| p.address.contains('.') && text.get(p.span.clone()).is_some_and(|t| t.starts_with('['))) {
        let inside = format!("{}.", table.address);
        let mut keys = places.iter().filter(|p| p.address.starts_with(&inside)).peekable();
        if keys.peek().is_some() && keys.all(|k| is_removed(&k.address)) {
            cuts.extend(cut(&text, &table.span));
        }
    }
    cuts.sort_by_key(|c| std::cmp::Reverse(c.start));
    let mut after = text.clone();
    for range in cuts {
        after.replace_range(range, "");
    }
    if others.is_empty() {
        return after;
    }
    let Ok(mut document) = after.parse::<DocumentMut>() else { return text };
    for address in others {
        remove_inline(&mut document, address);
    }
    document.to_string()
}

/// Returns what to cut of the text: the whole line, or all before the comment at its end.
fn cut(text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let start = text.get(..span.start)?.rfind('\n').map_or(0, |n| n + 1);
    if !text.get(start..span.start)?.trim().is_empty() {
        return None;
    }
    let rest = text.get(span.end..)?;
    let line = rest.split_inclusive('\n').next().unwrap_or_default();
    let blank = line.len() - line.trim_start().len();
    match line.trim_start().chars().next() {
        None => Some(start..span.end + line.len()),
        Some('#') => Some(span.start..span.end + blank),
        Some(_) => None,
    }
}

/// Removes a key of an inline table, and the table with its last key.
fn remove_inline(document: &mut DocumentMut, address: &str) {
    let steps = address::steps(address);
    let Some((last, before)) = steps.split_last() else { return };
    let Some((table, _)) = table_at(document, before) else { return };
    table.remove(last.key);
    table.fmt();
    let is_empty = table.is_empty();
    let emptied = before.split_last().filter(|(name, parents)| is_empty && name.number.is_none() && !parents.is_empty());
    if let Some((name, parents)) = emptied
        && let Some((table, _)) = table_at(document, parents)
    {
        table.remove(name.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, changes: Vec<Change>) -> String {
        apply(text, text.parse().unwrap(), changes)
    }

    fn set(address: &str, value: impl Into<Value>) -> Change {
        Change::Set { address: address.to_owned(), value: Some(value.into()) }
    }

    fn remove(address: &str) -> Change {
        Change::Set { address: address.to_owned(), value: None }
    }

    #[test]
    fn values_are_set_and_removed_and_every_comment_stays() {
        let text = "# 头\n[publication] # 刊\n# 名\nname = '甲'   # 旧名\nat = \"07:30\"\n\n# 抓取\n[fetch]\n  # 三十秒\n  timeout = \"30s\"\n# 尾\n";
        let new = changed(text, vec![set("publication.0.name", "乙"), set("publication.0.days", "daily"), set("mail.smtp.host", "smtp.b.example")]);
        assert!(new.contains("name = \"乙\"   # 旧名\nat = \"07:30\"\ndays = \"daily\"\n"), "{new}");
        assert!(new.contains("[mail.smtp]\nhost = \"smtp.b.example\"\n") && !new.contains("[mail]"), "{new}");
        let old = changed(&new, vec![set("publication.0.name", "甲"), remove("publication.0.days"), remove("mail.smtp.host")]);
        for comment in ["# 头\n", "[publication] # 刊\n# 名\n", "# 旧名\n", "\n# 抓取\n", "  # 三十秒\n", "# 尾\n"] {
            assert!(new.contains(comment) && old.contains(comment), "{comment}: {old}");
        }
        assert!(!old.contains("smtp"), "{old}");
        let gone = changed(text, vec![remove("publication.0.name"), remove("fetch.timeout")]);
        assert!(gone.contains("# 名\n# 旧名\nat =") && gone.contains("[fetch]\n  # 三十秒\n# 尾"), "{gone}");
    }

    #[test]
    fn lists_of_tables_keep_what_was_written_in_them() {
        let text = "[publication]\ncolumns = [\n    { name = \"甲\", quota = 3 }, # 一\n    { name = \"乙\" },\n]\n\n# 群\n[[outlet]]\nname = \"a\" # 值班\nkind = \"ntfy\"\n\n[[outlet]]\nname = \"b\"\n";
        let row = |from, values: &[(&str, &str)]| Row { from, values: values.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).into()))).collect() };
        let columns = Change::Rows {
            list: "publication.0.columns".to_owned(),
            rows: vec![row(Some(1), &[]), row(Some(0), &[("topic", "题")]), row(None, &[("name", "丙")])],
        };
        let outlets =
            Change::Rows { list: "outlet".to_owned(), rows: vec![row(Some(1), &[]), row(Some(0), &[("kind", "mail")]), row(None, &[("name", "c")])] };
        insta::assert_snapshot!(changed(text, vec![columns, outlets]));
        let second = Change::Rows { list: "publication".to_owned(), rows: vec![row(Some(0), &[]), row(None, &[("name", "专报")])] };
        let two = changed("[publication]\nname = \"甲\" # 一\n[publication.imprint]\nserial = \"1\"\n\n[fetch]\ntries = 3\n", vec![second]);
        insta::assert_snapshot!(two);
        assert_eq!(
            changed("[fetch]\n", vec![Change::Rows { list: "publication.0.columns".to_owned(), rows: vec![row(None, &[("name", "丙")])] }]),
            "[fetch]\n\n[publication]\ncolumns = [\n    { name = \"丙\" },\n]\n"
        );
    }

    #[test]
    fn a_key_of_an_inline_table_is_removed() {
        assert_eq!(
            changed("[mail]\nsmtp = { host = \"a\", port = 25 } # 内\n", vec![remove("mail.smtp.port")]),
            "[mail]\nsmtp = { host = \"a\" } # 内\n"
        );
        assert_eq!(changed("[mail]\nexpire = \"1d\"\nsmtp = { host = \"a\" }\n", vec![remove("mail.smtp.host")]), "[mail]\nexpire = \"1d\"\n");
    }
}
