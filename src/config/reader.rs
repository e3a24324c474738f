//! Reads TOML with positions. Every mistake has line and column, and all mistakes of a file are reported together.

mod duration;
mod section;

use std::cell::RefCell;
use std::ops::Range;

use toml_edit::Document;

use crate::config::error::{ConfigError, Problem};
use crate::config::localized::{LocalizedMessage, localized};

pub(super) use section::{Section, Spanned, set};

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
        Section::new(self, self.document.as_table(), None)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_not_bytes() {
        assert_eq!(Places::new("名 = 1\n许昌 x").of("名 = 1\n许昌 x", "名 = 1\n许昌 ".len()), (2, 4));
    }
}
