//! A JSON document → tables: each array of objects or arrays, and each object whose arrays have one length.

use serde_json::{Map, Value};

use crate::model::Choice;
use crate::series::SeriesError;
use crate::series::error::Part;
use crate::series::table::{MAX_COLUMNS, Tables};
use crate::text::normalize::truncate;

/// Most arrays that are tried if none is named.
const MAX_ARRAYS: usize = 200;
/// Deepest objects in a row whose values are columns: a.b.c.
const MAX_DEPTH: usize = 4;
const MAX_KEY_CHARS: usize = 100;

/// Reads the arrays, or the one at `path`. `serde_json` refuses nesting above 128 and numbers that are none.
pub(super) fn read(text: &str, path: Option<&str>) -> Result<Tables, SeriesError> {
    let document: Value = serde_json::from_str(text).map_err(|e| SeriesError::Unreadable(e.to_string()))?;
    let mut tables = Tables::default();
    let Some(path) = path else {
        let mut arrays = 0;
        let mut open: Vec<(String, &Value)> = vec![(String::new(), &document)];
        while let Some((path, value)) = open.pop() {
            arrays += usize::from(add(&mut tables, &path, value)?);
            if arrays >= MAX_ARRAYS {
                break;
            }
            // rows of a table hold no further tables
            match value {
                Value::Object(map) => open.extend(map.iter().rev().map(|(key, v)| (joined(&path, key), v))),
                Value::Array(list) if !list.iter().all(is_row) => {
                    open.extend(
                        list.iter()
                            .enumerate()
                            .rev()
                            .filter(|(_, v)| v.is_object() || v.is_array())
                            .map(|(at, v)| (joined(&path, &at.to_string()), v)),
                    );
                }
                _ => {}
            }
        }
        return Ok(tables);
    };
    let no_such = |known: &Value| {
        let names = known.as_object().map(|m| m.keys().cloned().collect()).unwrap_or_default();
        SeriesError::no_such(Part::Rows, &Choice::Name(path.to_owned()), names)
    };
    let mut value = &document;
    for key in path.split('.').filter(|k| !k.is_empty()) {
        let inner = match value {
            Value::Object(map) => map.get(key),
            Value::Array(list) => key.parse::<usize>().ok().and_then(|at| list.get(at)),
            _ => None,
        };
        value = inner.ok_or_else(|| no_such(value))?;
    }
    if add(&mut tables, path, value)? { Ok(tables) } else { Err(no_such(value)) }
}

/// Joins two keys; long ones are cut, because inner values repeat them.
fn joined(path: &str, key: &str) -> String {
    let key = truncate(key, MAX_KEY_CHARS);
    if path.is_empty() { key } else { truncate(&format!("{path}.{key}"), MAX_KEY_CHARS) }
}

/// Whether a value may be a row: an object with a value, or an array of values.
fn is_row(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.values().any(is_scalar),
        Value::Array(list) => list.iter().any(is_scalar),
        _ => false,
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// Adds the table of an array or object. Returns whether it is one.
fn add(tables: &mut Tables, path: &str, value: &Value) -> Result<bool, SeriesError> {
    match value {
        Value::Array(list) if !list.is_empty() && list.iter().all(|v| v.is_object() && is_row(v)) => objects(tables, path, list)?,
        Value::Array(list) if !list.is_empty() && list.iter().all(|v| v.is_array() && is_row(v)) => {
            tables.begin(path)?;
            for row in list.iter().filter_map(Value::as_array) {
                tables.row(row.iter().take(MAX_COLUMNS).map(text_of))?;
            }
        }
        Value::Object(map) => return columns(tables, path, map),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Rows that are objects; the keys are the heads.
fn objects(tables: &mut Tables, path: &str, list: &[Value]) -> Result<(), SeriesError> {
    let rows: Vec<Vec<(String, String)>> = list.iter().map(flattened).collect();
    let mut heads: Vec<&str> = Vec::new();
    let mut places: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
    for (key, _) in rows.iter().flatten() {
        if heads.len() < MAX_COLUMNS && !places.contains_key(key.as_str()) {
            places.insert(key, heads.len());
            heads.push(key);
        }
    }
    tables.begin(path)?;
    tables.row(heads.iter().map(|h| (*h).to_owned()))?;
    for row in &rows {
        // as wide as the row needs, so that rows with keys of their own cost no more than they hold
        let mut cells: Vec<String> = Vec::new();
        for (key, value) in row {
            let Some(at) = places.get(key.as_str()) else { continue };
            if cells.len() <= *at {
                cells.resize(at + 1, String::new());
            }
            if let Some(cell) = cells.get_mut(*at) {
                value.clone_into(cell);
            }
        }
        tables.row(cells)?;
    }
    Ok(())
}

/// Returns the values of an object by key; those of inner objects by a path of keys.
fn flattened(value: &Value) -> Vec<(String, String)> {
    let (mut out, mut open) = (Vec::new(), vec![(String::new(), value, 0_usize)]);
    while let Some((path, value, depth)) = open.pop() {
        match value {
            Value::Object(map) if depth < MAX_DEPTH => open.extend(map.iter().rev().map(|(key, v)| (joined(&path, key), v, depth + 1))),
            Value::Object(_) | Value::Array(_) => {}
            _ if out.len() < MAX_COLUMNS => out.push((path, text_of(value))),
            _ => break,
        }
    }
    out
}

/// An object of arrays of one length, each a column: {"date": […], "value": […]}.
fn columns(tables: &mut Tables, path: &str, map: &Map<String, Value>) -> Result<bool, SeriesError> {
    let arrays: Vec<(&String, &Vec<Value>)> =
        map.iter().filter_map(|(k, v)| Some((k, v.as_array()?))).filter(|(_, a)| a.iter().all(is_scalar)).collect();
    let Some(length) = arrays.first().map(|(_, a)| a.len()).filter(|n| *n > 0) else { return Ok(false) };
    if arrays.len() < 2 || arrays.len() > MAX_COLUMNS || arrays.iter().any(|(_, a)| a.len() != length) {
        return Ok(false);
    }
    tables.begin(path)?;
    tables.row(arrays.iter().map(|(key, _)| (*key).clone()))?;
    for at in 0..length {
        tables.row(arrays.iter().map(|(_, a)| a.get(at).map(text_of).unwrap_or_default()))?;
    }
    Ok(true)
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(n) => n.to_string(),
        _ => String::new(),
    }
}
