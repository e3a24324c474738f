//! HTML tokenizer: tags and text by the states of the HTML standard (13.2.5), in one pass. Character references stay encoded.

use std::cell::Cell;

use memchr::memmem;

use crate::html::names::Attr;
use crate::text::work;

/// A token, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Text, including a `<` that opens nothing.
    Text(&'a str),
    /// A start tag: its markup and its name.
    Start { markup: &'a str, name: &'a str },
    /// The name of an end tag.
    End(&'a str),
    /// A comment in any syntax.
    Comment(&'a str),
    /// `<!doctype …>`
    Doctype(&'a str),
}

/// The tokens of a text.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    attributes: Vec<(Attr, &'a str)>,
    scanned: Cell<usize>,
}

impl Drop for Tokens<'_> {
    fn drop(&mut self) {
        work::add(self.scanned.get());
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.at >= self.text.len() {
            return None;
        }
        let start = self.next_markup();
        if start > self.at {
            return Some(Token::Text(self.cut(start)));
        }
        self.markup()
    }
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, attributes: Vec::new(), scanned: Cell::new(0) }
    }

    /// Returns the known attributes of the last start tag, each once, with values as written.
    pub(super) fn attributes(&self) -> &[(Attr, &'a str)] {
        &self.attributes
    }

    /// Returns where the next token begins, in bytes.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Moves back to the start of a token.
    pub(super) fn back_to(&mut self, position: usize) {
        self.at = position;
    }

    fn count(&self, bytes: usize) {
        self.scanned.set(self.scanned.get() + bytes);
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn position_of(&self, from: usize, byte: u8) -> Option<usize> {
        let rest = self.text.as_bytes().get(from..)?;
        let found = memchr::memchr(byte, rest);
        self.count(found.unwrap_or(rest.len()));
        Some(from + found?)
    }

    fn position_of_text(&self, from: usize, what: &str) -> Option<usize> {
        let rest = self.text.as_bytes().get(from..)?;
        let found = memmem::find(rest, what.as_bytes());
        self.count(found.unwrap_or(rest.len()));
        Some(from + found?)
    }

    fn cut(&mut self, end: usize) -> &'a str {
        let taken = self.text.get(self.at..end).unwrap_or_default();
        self.at = end;
        taken
    }

    /// Returns where the next tag, comment or declaration begins.
    fn next_markup(&self) -> usize {
        let mut from = self.at;
        while let Some(at) = self.position_of(from, b'<') {
            if matches!(self.byte(at + 1), b'/' | b'!' | b'?') && at + 2 < self.text.len() || self.byte(at + 1).is_ascii_alphabetic() {
                return at;
            }
            from = at + 1;
        }
        self.text.len()
    }

    fn markup(&mut self) -> Option<Token<'a>> {
        match self.byte(self.at + 1) {
            b'/' if self.byte(self.at + 2).is_ascii_alphabetic() => {
                let name = self.name(self.at + 2);
                self.at = self.tag_end(self.at + 2 + name.len(), |_, _| {})?;
                Some(Token::End(name))
            }
            b'!' if self.text.get(self.at..).is_some_and(|t| t.starts_with("<!--")) => {
                let end = self.comment_end(self.at + 4);
                Some(Token::Comment(self.cut(end)))
            }
            b'!' | b'?' | b'/' => {
                let end = self.position_of(self.at, b'>').map_or(self.text.len(), |n| n + 1);
                let taken = self.cut(end);
                let is_doctype = taken.as_bytes().get(2..9).is_some_and(|b| b.eq_ignore_ascii_case(b"doctype"));
                Some(if is_doctype { Token::Doctype(taken) } else { Token::Comment(taken) })
            }
            _ => {
                let name = self.name(self.at + 1);
                let mut attributes = std::mem::take(&mut self.attributes);
                attributes.clear();
                let end = self.tag_end(self.at + 1 + name.len(), |name, value| {
                    let attr = Attr::of(name);
                    if attr != Attr::Other && attributes.iter().all(|(known, _)| *known != attr) {
                        attributes.push((attr, value));
                    }
                });
                self.attributes = attributes;
                let end = end?;
                Some(Token::Start { markup: self.cut(end), name })
            }
        }
    }

    fn name(&self, from: usize) -> &'a str {
        let rest = self.text.get(from..).unwrap_or_default();
        rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).and_then(|end| rest.get(..end)).unwrap_or(rest)
    }

    /// Returns the position after the `>` of a tag whose name ends here and reports each attribute; `None` if the text ends within
    /// the tag.
    fn tag_end(&self, mut at: usize, mut attribute: impl FnMut(&'a str, &'a str)) -> Option<usize> {
        let cut = |from, to| self.text.get(from..to).unwrap_or_default();
        loop {
            at = self.skip_bytes(at, |b| b.is_ascii_whitespace() || b == b'/')?;
            if self.byte(at) == b'>' {
                return Some(at + 1);
            }
            // a leading equals sign belongs to the name
            let name_end = self.skip_bytes(at + 1, |b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>' | b'='))?;
            let name = cut(at, name_end);
            at = self.skip_bytes(name_end, |b| b.is_ascii_whitespace())?;
            if self.byte(at) != b'=' {
                attribute(name, "");
                continue;
            }
            let value = self.skip_bytes(at + 1, |b| b.is_ascii_whitespace())?;
            let quote = self.byte(value);
            if matches!(quote, b'"' | b'\'') {
                let end = self.position_of(value + 1, quote)?;
                attribute(name, cut(value + 1, end));
                at = end + 1;
            } else {
                at = self.skip_bytes(value, |b| !b.is_ascii_whitespace() && b != b'>')?;
                attribute(name, cut(value, at));
            }
        }
    }

    /// Returns the first position from here with a different byte; `None` at the end of the text.
    fn skip_bytes(&self, from: usize, of: impl Fn(u8) -> bool) -> Option<usize> {
        let rest = self.text.as_bytes().get(from..)?;
        let found = rest.iter().position(|b| !of(*b));
        self.count(found.unwrap_or(rest.len()));
        Some(from + found?)
    }

    /// Returns the position after a comment whose text begins here.
    fn comment_end(&self, text: usize) -> usize {
        if self.byte(text) == b'>' {
            return text + 1;
        }
        if self.byte(text) == b'-' && self.byte(text + 1) == b'>' {
            return text + 2;
        }
        let mut from = text;
        while let Some(dashes) = self.position_of_text(from, "--") {
            let Some(behind) = self.skip_bytes(dashes, |b| b == b'-') else { break };
            match (self.byte(behind), self.byte(behind + 1)) {
                (b'>', _) => return behind + 1,
                (b'!', b'>') => return behind + 2,
                _ => from = behind,
            }
        }
        self.text.len()
    }

    /// Returns the content of a raw text element and consumes it with its end tag. Returns `None` and consumes nothing if the
    /// element is never closed.
    pub(super) fn raw_text(&mut self, name: &str) -> Option<&'a str> {
        let end = if name.eq_ignore_ascii_case("script") { self.script_end()? } else { self.end_tag(self.at, name)? };
        let content = self.cut(end);
        self.at = self.tag_end(end + 2 + name.len(), |_, _| {}).unwrap_or(self.text.len());
        Some(content)
    }

    /// Returns the rest of the page.
    pub(super) fn rest(&mut self) -> &'a str {
        self.cut(self.text.len())
    }

    fn end_tag(&self, mut from: usize, name: &str) -> Option<usize> {
        loop {
            let at = self.position_of_text(from, "</")?;
            if self.is_tag(at + 2, name) {
                return Some(at);
            }
            from = at + 2;
        }
    }

    fn is_tag(&self, at: usize, name: &str) -> bool {
        let written = self.text.as_bytes().get(at..at + name.len());
        written.is_some_and(|w| w.eq_ignore_ascii_case(name.as_bytes()))
            && matches!(self.byte(at + name.len()), b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
    }

    /// Returns where a script ends: its end tag counts unless a comment in the script has opened another script (13.2.5.20–33).
    fn script_end(&self) -> Option<usize> {
        let (mut from, mut commented, mut nested) = (self.at, false, false);
        while let Some(at) = self.skip_bytes(from, |b| !matches!(b, b'<' | b'-')) {
            let rest = self.text.get(at..).unwrap_or_default();
            from = at + 1;
            if rest.starts_with("-->") {
                (commented, nested) = (false, false);
            } else if rest.starts_with("<!--") {
                (commented, from) = (true, at + 4);
                // the opening dashes may also be the closing ones
                if self.byte(from) == b'>' || (self.byte(from) == b'-' && self.byte(from + 1) == b'>') {
                    commented = false;
                }
            } else if rest.starts_with("</") && self.is_tag(at + 2, "script") {
                if !nested {
                    return Some(at);
                }
                nested = false;
            } else if commented && self.is_tag(at + 1, "script") {
                nested = true;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |t: Token<'_>| match t {
            Token::Text(t) => t.to_owned(),
            Token::Start { name, .. } => format!("<{name}>"),
            Token::End(name) => format!("</{name}>"),
            Token::Comment(_) => "!".to_owned(),
            Token::Doctype(_) => "D".to_owned(),
        };
        Tokens::new(text).map(show).collect()
    }

    #[test]
    fn tags_end_where_the_standard_says() {
        let table: [(&str, &[&str]); 16] = [
            ("a<b c='>' d>e</b >f", &["a", "<b>", "e", "</b>", "f"]),
            ("</p =\"><i>", &["</p>", "<i>"]),
            ("<a ='x' y=\">\">z", &["<a>", "z"]),
            ("<a b=>c", &["<a>", "c"]),
            ("<a/b/>c", &["<a>", "c"]),
            ("1 < 2 <3", &["1 < 2 <3"]),
            ("<!doctype html>x", &["D", "x"]),
            ("<!-->x", &["!", "x"]),
            ("<!--->x", &["!", "x"]),
            ("<!-- a --!>x", &["!", "x"]),
            ("<!-- a -- b ---->x", &["!", "x"]),
            ("<!-- never", &["!"]),
            ("</>x", &["!", "x"]),
            ("<?php x>y", &["!", "y"]),
            ("x<a href='never", &["x"]),
            ("x<", &["x<"]),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn scripts_end_at_their_end_tag() {
        let table = [
            ("a<b</script>x", Some("a<b"), "x"),
            ("<!-- <script> </script> --></script >x", Some("<!-- <script> </script> -->"), "x"),
            ("<!-- </script>x", Some("<!-- "), "x"),
            ("<!--><script></script>x", Some("<!--><script>"), "x"),
            ("</scripted>", None, "</scripted>"),
        ];
        for (text, content, rest) in table {
            let mut tokens = Tokens::new(text);
            assert_eq!((tokens.raw_text("script"), tokens.rest()), (content, rest), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_and_nothing_is_taken_twice(text in "(<|>|/|!|-|=|\"|'| |a|b|中|script|<!--|-->){0,60}") {
            let mut tokens = Tokens::new(&text);
            let mut length = 0;
            while let Some(token) = tokens.next() {
                let at = tokens.at;
                proptest::prop_assert!(at > length && at <= text.len() && text.is_char_boundary(at), "{token:?}");
                length = at;
                let _ = tokens.raw_text("script");
                tokens.back_to(at);
            }
        }
    }
}
