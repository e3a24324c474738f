//! A table of a TOML file: reads its keys as typed values, and reports those that are wrong or unknown.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml_edit::{Item, TableLike, Value};

use crate::config::localized::{LocalizedMessage, bounds, did_you_mean, listed, localized, nearest};
use crate::config::reader::{TomlReader, duration};

/// Most unknown keys reported per table.
const MAX_UNKNOWN_KEYS: usize = 50;

/// A value and its position.
pub(in crate::config) struct Spanned<T> {
    pub(in crate::config) value: T,
    pub(in crate::config) span: Option<Range<usize>>,
}

/// One table of the file.
pub(in crate::config) struct Section<'a> {
    reader: &'a TomlReader<'a>,
    table: &'a dyn TableLike,
    span: Range<usize>,
}

impl<'a> Section<'a> {
    pub(super) fn new(reader: &'a TomlReader<'a>, table: &'a dyn TableLike, span: Option<Range<usize>>) -> Self {
        Self { reader, table, span: span.unwrap_or(0..0) }
    }

    /// Reports every key that is not in the list.
    pub(in crate::config) fn deny_unknown_keys(&self, known: &[&str]) {
        for (key, _) in self.table.iter().filter(|(key, _)| !known.contains(key)).take(MAX_UNKNOWN_KEYS) {
            let span = self.table.key(key).and_then(toml_edit::Key::span);
            let hint = nearest(key, known.iter().copied()).map_or_else(|| listed(known), did_you_mean);
            self.reader.error(span, localized(format!("unknown key {key:?}; {}", hint.english), format!("没有“{key}”这一项；{}", hint.chinese)));
        }
    }

    /// Whether the key is absent or written as `[[key]]`.
    pub(in crate::config) fn has_only_tables(&self, key: &str) -> bool {
        self.table.get(key).is_none_or(Item::is_array_of_tables)
    }

    /// Returns the keys as written.
    pub(in crate::config) fn keys(&self) -> Vec<&'a str> {
        self.table.iter().map(|(key, _)| key).collect()
    }

    /// Returns the position of a key.
    pub(in crate::config) fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.table.key(key).and_then(toml_edit::Key::span)
    }

    /// Returns the position of the table.
    pub(in crate::config) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub(in crate::config) fn error(&self, span: Option<Range<usize>>, words: LocalizedMessage) {
        self.reader.error(span.or_else(|| Some(self.span.clone())), words);
    }

    /// Reports a word that is not known.
    pub(in crate::config) fn invalid_value(&self, key: &str, text: Spanned<&str>, known: &[&str]) {
        let mut words = localized(
            format!("{key} {:?} is not one of {}", text.value, known.join(", ")),
            format!("{key} 不能写“{}”，只能是 {}", text.value, known.join("、")),
        );
        if let Some(hint) = nearest(text.value, known.iter().copied()).map(did_you_mean) {
            words = localized(format!("{words}; {hint}"), format!("{}；{}", words.chinese, hint.chinese));
        }
        self.error(text.span, words);
    }

    fn value(&self, key: &str) -> Option<&'a Value> {
        let item = self.table.get(key)?;
        let value = item.as_value();
        if value.is_none() {
            self.reader.error(item.span(), localized(format!("{key:?} must be a value, not a table"), format!("{key} 应当是一个值，不是表")));
        }
        value
    }

    fn typed<T>(&self, key: &str, expected: (&str, &str), read: impl Fn(&'a Value) -> Option<T>) -> Option<Spanned<T>> {
        let value = self.value(key)?;
        let span = value.span();
        let Some(read) = read(value) else {
            self.reader.error(span, localized(format!("{key:?} must be {}", expected.0), format!("{key} 应当是{}", expected.1)));
            return None;
        };
        Some(Spanned { value: read, span })
    }

    pub(in crate::config) fn text(&self, key: &str) -> Option<Spanned<&'a str>> {
        self.typed(key, ("a text in quotes", "引号括起来的文字"), Value::as_str)
    }

    /// Returns a trimmed text.
    pub(in crate::config) fn string(&self, key: &str) -> Option<String> {
        self.text(key).map(|t| t.value.trim().to_owned())
    }

    pub(in crate::config) fn bool(&self, key: &str) -> Option<bool> {
        self.typed(key, ("true or false", " true 或 false"), Value::as_bool).map(|b| b.value)
    }

    pub(in crate::config) fn integer(&self, key: &str, range: Range<i64>) -> Option<i64> {
        let n = self.typed(key, ("a whole number", "整数"), Value::as_integer)?;
        if !range.contains(&n.value) {
            self.error(n.span, bounds(key, range.start, range.end - 1));
            return None;
        }
        Some(n.value)
    }

    /// Returns an integer or decimal number.
    pub(in crate::config) fn number(&self, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let n = self.typed(key, ("a number", "数字"), |v| v.as_float().or_else(|| v.as_integer().map(|n| n as f64)))?;
        if !range.contains(&n.value) {
            self.error(n.span, bounds(key, range.start(), range.end()));
            return None;
        }
        Some(n.value)
    }

    pub(in crate::config) fn texts(&self, key: &str) -> Option<Vec<Spanned<&'a str>>> {
        let list = self.typed(key, ("a list of texts, like [\"a\", \"b\"]", "一组文字，如 [\"甲\", \"乙\"]"), Value::as_array)?;
        let mut out = Vec::new();
        for v in list.value {
            match v.as_str() {
                Some(value) => out.push(Spanned { value, span: v.span() }),
                None => self.error(v.span(), localized(format!("{key:?} must hold texts in quotes only"), format!("{key} 里只能是引号括起来的文字"))),
            }
        }
        Some(out)
    }

    /// Returns a list of integers in a range.
    pub(in crate::config) fn integers(&self, key: &str, range: Range<i64>) -> Vec<i64> {
        let Some(list) = self.typed(key, ("a list of integers, like [8080]", "一组整数，如 [8080]"), Value::as_array) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        for v in list.value {
            match v.as_integer().filter(|n| range.contains(n)) {
                Some(n) => out.push(n),
                None => self.error(v.span(), bounds(key, range.start, range.end - 1)),
            }
        }
        out
    }

    /// Returns trimmed texts without positions; none if the key is missing.
    pub(in crate::config) fn strings(&self, key: &str) -> Vec<String> {
        self.texts(key).unwrap_or_default().into_iter().map(|t| t.value.trim().to_owned()).collect()
    }

    /// Returns a duration such as `30m`; both ends of the range are included.
    pub(in crate::config) fn duration(&self, key: &str, range: Range<Duration>) -> Option<Duration> {
        let text = self.text(key)?;
        let words = match duration::parse(text.value) {
            Some(d) if range.start <= d && d <= range.end => return Some(d),
            Some(_) => bounds(key, duration::show(range.start), duration::show(range.end)),
            None => localized(
                format!("{key:?} = {:?} is no length of time; write 90s, 30m, 2h or 1d", text.value),
                format!("{key} 的“{}”不是时长，请写 90s、30m、2h 或 1d", text.value),
            ),
        };
        self.error(text.span, words);
        None
    }

    /// Returns a table or inline table below this one.
    pub(in crate::config) fn section(&self, key: &str) -> Option<Section<'a>> {
        let item = self.table.get(key)?;
        let Some(table) = item.as_table_like() else {
            self.reader.error(item.span(), localized(format!("{key:?} must be a table"), format!("{key} 应当是一个表")));
            return None;
        };
        Some(Section::new(self.reader, table, item.span()))
    }

    /// Returns the table of `[key]`, or all tables of `[[key]]`.
    pub(in crate::config) fn one_or_more(&self, key: &str) -> Vec<Section<'a>> {
        match self.table.get(key) {
            Some(item) if item.is_array_of_tables() => self.sections(key),
            Some(_) => self.section(key).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Returns the tables of `[[key]]`, or of a list of inline tables.
    pub(in crate::config) fn sections(&self, key: &str) -> Vec<Section<'a>> {
        let Some(item) = self.table.get(key) else { return Vec::new() };
        if let Some(tables) = item.as_array_of_tables() {
            return tables.iter().map(|t| Section::new(self.reader, t, t.span())).collect();
        }
        let Some(list) = item.as_array() else {
            self.reader.error(
                item.span(),
                localized(format!("write [[{key}]] in double brackets, one for each"), format!("请写成双方括号 [[{key}]]，每项一个")),
            );
            return Vec::new();
        };
        let mut out = Vec::new();
        for v in list {
            if let Some(t) = v.as_inline_table() {
                out.push(Section::new(self.reader, t, v.span()));
            } else {
                let english = format!("{key:?} must hold tables like {{ name = \"…\" }}");
                self.error(v.span(), localized(english, format!("{key} 里应当是 {{ name = \"…\" }} 这样的表")));
            }
        }
        out
    }
}

/// Puts a value in its place, if there is one.
pub(in crate::config) fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(v) = value {
        *target = v;
    }
}
