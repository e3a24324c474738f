//! Reads TOML with positions. Every mistake has line and column, and all mistakes of a file are reported together.

use std::cell::RefCell;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml_edit::{Document, Item, TableLike, Value};

use crate::config::localized::{LocalizedMessage, bounds, did_you_mean, listed, localized, nearest};

/// Most unknown keys reported per table.
const MAX_UNKNOWN_KEYS: usize = 50;

/// A mistake in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File as named on the command line.
    pub file: String,
    /// From 1; `None` if the whole file is meant.
    pub at: Option<(usize, usize)>,
    /// What is wrong and what to do.
    pub words: LocalizedMessage,
}

impl Problem {
    /// Returns the message with its place, for the console.
    pub fn chinese(&self) -> String {
        match self.at {
            Some((line, column)) => format!("{} 第 {line} 行第 {column} 列：{}", self.file, self.words.chinese),
            None => format!("{}：{}", self.file, self.words.chinese),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.words),
            None => write!(f, "{}: {}", self.file, self.words),
        }
    }
}

/// All mistakes of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl ConfigError {
    pub(super) fn file(file: &str, words: LocalizedMessage) -> Self {
        Self { problems: vec![Problem { file: file.to_owned(), at: None, words }] }
    }

    /// Returns all messages, one per line, for the console.
    pub fn chinese(&self) -> String {
        self.problems.iter().map(Problem::chinese).collect::<Vec<_>>().join("\n")
    }
}

/// A parsed file, or the part that is being read, with its mistakes so far.
pub(super) struct TomlReader<'a> {
    file: &'a str,
    raw: &'a str,
    document: Document<&'a str>,
    /// Where the part starts in the file; spans are relative to it.
    start: usize,
    places: Places,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> TomlReader<'a> {
    /// Parses a whole file.
    pub(super) fn parse(file: &'a str, raw: &'a str) -> Result<Self, ConfigError> {
        let mut reader = Self::unparsed(file, raw);
        reader.document = Document::parse(raw).map_err(|e| {
            let at = e.span().map_or(0, |s| s.start);
            let message = e.message().replace('\n', "; ");
            let mut words = localized(message.clone(), format!("不合 TOML 的写法（{message}）"));
            let line_end = raw.get(at..).and_then(|r| r.find('\n')).map_or(raw.len(), |n| at + n);
            let line_start = raw.get(..at).and_then(|r| r.rfind('\n')).map_or(0, |n| n + 1);
            if raw.get(line_start..line_end).is_some_and(|l| l.contains(['“', '”', '＂'])) {
                words.english.push_str("; the line has full-width quotes “ ”, use \" \" instead");
                words.chinese.push_str("；这一行有全角引号“ ”，请改用半角引号 \" \"");
            }
            ConfigError { problems: vec![Problem { file: file.to_owned(), at: Some(reader.places.of(raw, at)), words }] }
        })?;
        Ok(reader)
    }

    /// A file whose parts `parse_part` reads one after the other.
    pub(super) fn unparsed(file: &'a str, raw: &'a str) -> Self {
        Self { file, raw, document: Document::new(), start: 0, places: Places::new(raw), problems: RefCell::default() }
    }

    /// Parses the next part of the file. Returns false if it is not valid TOML by itself.
    pub(super) fn parse_part(&mut self, part: Range<usize>) -> bool {
        self.start = part.start;
        let document = self.raw.get(part).and_then(|text| Document::parse(text).ok());
        document.map(|d| self.document = d).is_some()
    }

    pub(super) fn root(&self) -> Section<'_> {
        Section { reader: self, table: self.document.as_table(), span: 0..0 }
    }

    pub(super) fn error(&self, span: Option<Range<usize>>, words: LocalizedMessage) {
        let at = span.map(|s| self.place(self.offset(&s)));
        self.problems.borrow_mut().push(Problem { file: self.file.to_owned(), at, words });
    }

    /// Returns the offset of a span of the current part in the file.
    pub(super) fn offset(&self, span: &Range<usize>) -> usize {
        self.start + span.start
    }

    /// Returns line and column of an offset in the file, for messages that name a second place.
    pub(super) fn place(&self, offset: usize) -> (usize, usize) {
        self.places.of(self.raw, offset)
    }

    /// Returns the value, or all mistakes.
    pub(super) fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        let mut problems = self.problems.into_inner();
        if problems.is_empty() {
            return Ok(value);
        }
        problems.sort_by_key(|p| p.at);
        Err(ConfigError { problems })
    }
}

/// Byte offset of each line, because a list of ten thousand sources needs twenty thousand positions.
struct Places(Vec<usize>);

impl Places {
    fn new(raw: &str) -> Self {
        Self(std::iter::once(0).chain(raw.match_indices('\n').map(|(i, _)| i + 1)).collect())
    }

    /// Returns line and column of an offset, from 1; columns count characters.
    fn of(&self, raw: &str, offset: usize) -> (usize, usize) {
        let line = self.0.partition_point(|start| *start <= offset);
        let start = self.0.get(line.saturating_sub(1)).copied().unwrap_or(0);
        (line, raw.get(start..offset).map_or(1, |before| before.chars().count() + 1))
    }
}

/// A value and its position.
pub(super) struct Spanned<T> {
    pub(super) value: T,
    pub(super) span: Option<Range<usize>>,
}

/// One table of the file.
pub(super) struct Section<'a> {
    reader: &'a TomlReader<'a>,
    table: &'a dyn TableLike,
    span: Range<usize>,
}

impl<'a> Section<'a> {
    /// Reports every key that is not in the list.
    pub(super) fn deny_unknown_keys(&self, known: &[&str]) {
        for (key, _) in self.table.iter().filter(|(key, _)| !known.contains(key)).take(MAX_UNKNOWN_KEYS) {
            let span = self.table.key(key).and_then(toml_edit::Key::span);
            let hint = nearest(key, known.iter().copied()).map_or_else(|| listed(known), did_you_mean);
            self.reader.error(span, localized(format!("unknown key {key:?}; {}", hint.english), format!("没有“{key}”这一项；{}", hint.chinese)));
        }
    }

    /// Whether the key is absent or written as `[[key]]`.
    pub(super) fn has_only_tables(&self, key: &str) -> bool {
        self.table.get(key).is_none_or(Item::is_array_of_tables)
    }

    /// Returns the keys as written.
    pub(super) fn keys(&self) -> Vec<&'a str> {
        self.table.iter().map(|(key, _)| key).collect()
    }

    /// Returns the position of a key.
    pub(super) fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.table.key(key).and_then(toml_edit::Key::span)
    }

    /// Returns the position of the table.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub(super) fn error(&self, span: Option<Range<usize>>, words: LocalizedMessage) {
        self.reader.error(span.or_else(|| Some(self.span.clone())), words);
    }

    /// Reports a word that is not known.
    pub(super) fn invalid_value(&self, key: &str, text: Spanned<&str>, known: &[&str]) {
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

    pub(super) fn text(&self, key: &str) -> Option<Spanned<&'a str>> {
        self.typed(key, ("a text in quotes", "引号括起来的文字"), Value::as_str)
    }

    /// Returns a trimmed text.
    pub(super) fn string(&self, key: &str) -> Option<String> {
        self.text(key).map(|t| t.value.trim().to_owned())
    }

    pub(super) fn bool(&self, key: &str) -> Option<bool> {
        self.typed(key, ("true or false", " true 或 false"), Value::as_bool).map(|b| b.value)
    }

    pub(super) fn integer(&self, key: &str, range: Range<i64>) -> Option<i64> {
        let n = self.typed(key, ("a whole number", "整数"), Value::as_integer)?;
        if !range.contains(&n.value) {
            self.error(n.span, bounds(key, range.start, range.end - 1));
            return None;
        }
        Some(n.value)
    }

    /// Returns an integer or decimal number.
    pub(super) fn number(&self, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let n = self.typed(key, ("a number", "数字"), |v| v.as_float().or_else(|| v.as_integer().map(|n| n as f64)))?;
        if !range.contains(&n.value) {
            self.error(n.span, bounds(key, range.start(), range.end()));
            return None;
        }
        Some(n.value)
    }

    pub(super) fn texts(&self, key: &str) -> Option<Vec<Spanned<&'a str>>> {
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
    pub(super) fn integers(&self, key: &str, range: Range<i64>) -> Vec<i64> {
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
    pub(super) fn strings(&self, key: &str) -> Vec<String> {
        self.texts(key).unwrap_or_default().into_iter().map(|t| t.value.trim().to_owned()).collect()
    }

    /// Returns a duration such as `30m`; both ends of the range are included.
    pub(super) fn duration(&self, key: &str, range: Range<Duration>) -> Option<Duration> {
        let text = self.text(key)?;
        match parse_duration(text.value) {
            Some(d) if range.start <= d && d <= range.end => Some(d),
            Some(_) => {
                self.error(text.span, bounds(key, show_duration(range.start), show_duration(range.end)));
                None
            }
            None => {
                let english = format!("{key:?} = {:?} is no length of time; write 90s, 30m, 2h or 1d", text.value);
                self.error(text.span, localized(english, format!("{key} 的“{}”不是时长，请写 90s、30m、2h 或 1d", text.value)));
                None
            }
        }
    }

    /// Returns a table or inline table below this one.
    pub(super) fn section(&self, key: &str) -> Option<Section<'a>> {
        let item = self.table.get(key)?;
        self.as_section(key, item)
    }

    fn as_section(&self, key: &str, item: &'a Item) -> Option<Section<'a>> {
        let span = item.span().unwrap_or(0..0);
        let Some(table) = item.as_table_like() else {
            self.reader.error(Some(span), localized(format!("{key:?} must be a table"), format!("{key} 应当是一个表")));
            return None;
        };
        Some(Section { reader: self.reader, table, span })
    }

    /// Returns the table of `[key]`, or all tables of `[[key]]`.
    pub(super) fn one_or_more(&self, key: &str) -> Vec<Section<'a>> {
        match self.table.get(key) {
            Some(item) if item.is_array_of_tables() => self.sections(key),
            Some(_) => self.section(key).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Returns the tables of `[[key]]`, or of a list of inline tables.
    pub(super) fn sections(&self, key: &str) -> Vec<Section<'a>> {
        let Some(item) = self.table.get(key) else { return Vec::new() };
        if let Some(tables) = item.as_array_of_tables() {
            return tables.iter().map(|t| Section { reader: self.reader, table: t, span: t.span().unwrap_or(0..0) }).collect();
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
                out.push(Section { reader: self.reader, table: t, span: v.span().unwrap_or(0..0) });
            } else {
                let english = format!("{key:?} must hold tables like {{ name = \"…\" }}");
                self.error(v.span(), localized(english, format!("{key} 里应当是 {{ name = \"…\" }} 这样的表")));
            }
        }
        out
    }
}

/// Parses `90s`, `30m`, `2h`, `1d`.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let n: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    n.checked_mul(seconds).filter(|s| *s <= 10 * 365 * 86_400).map(Duration::from_secs)
}

fn show_duration(d: Duration) -> String {
    match d.as_secs() {
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 3600 == 0 => format!("{}h", s / 3600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// Puts a value in its place, if there is one.
pub(super) fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(v) = value {
        *target = v;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_need_a_number_and_a_unit() {
        assert_eq!(parse_duration("30m"), Some(Duration::from_mins(30)));
        for bad in ["", "m", "30", "-5m", "1 year", "10分", "99999999999999999999d", "18446744073709551615d"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn places_count_characters_not_bytes() {
        assert_eq!(Places::new("名 = 1\n许昌 x").of("名 = 1\n许昌 x", "名 = 1\n许昌 ".len()), (2, 4));
    }
}
