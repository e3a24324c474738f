//! Markup without what no reader sees and extraction never asks for.
//!
//! In: pieces of a page as the tokeniser cuts them; out: the same pieces, shorter. Attributes are two thirds of many pages, and the
//! parser pays for each of their letters and makes a name and a value of each.

/// Longest name of an attribute that is kept.
const MAX_ATTRIBUTE_NAME: usize = 13;

/// Adds text between two tags, runs of white space folded to a blank; `as_is` where white space has a meaning.
pub(super) fn push_text(out: &mut String, text: &str, as_is: bool) {
    if as_is {
        out.push_str(text);
        return;
    }
    let bytes = text.as_bytes();
    let (mut from, mut at) = (0, 0);
    while let Some(found) = bytes.iter().skip(at).position(u8::is_ascii_whitespace) {
        let start = at + found;
        at = start + bytes.iter().skip(start).take_while(|b| b.is_ascii_whitespace()).count();
        if at > start + 1 || bytes.get(start) != Some(&b' ') {
            out.push_str(text.get(from..start).unwrap_or_default());
            out.push(' ');
            from = at;
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
}

/// Adds an opening tag with the attributes that extraction asks for.
pub(super) fn push_tag(out: &mut String, markup: &str) {
    let name = markup.bytes().skip(1).take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>')).count() + 1;
    if name + 1 >= markup.len() {
        out.push_str(markup);
        return;
    }
    out.push_str(markup.get(..name).unwrap_or_default());
    for attribute in (Attributes { markup, at: name }) {
        if is_kept(attribute) {
            out.push(' ');
            out.push_str(attribute);
        }
    }
    out.push('>');
}

/// The attributes of a tag as they are written, `name=value` in any spelling.
struct Attributes<'a> {
    markup: &'a str,
    at: usize,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.markup.as_bytes();
        let run = |from: usize, of: fn(&u8) -> bool| from + bytes.iter().skip(from).take_while(|b| of(b)).count();
        let start = run(self.at, |b| b.is_ascii_whitespace() || *b == b'/');
        if bytes.get(start).is_none_or(|b| *b == b'>') {
            return None;
        }
        // an equals sign in front belongs to the name
        let name = run(start + 1, |b| !b.is_ascii_whitespace() && !matches!(b, b'=' | b'/' | b'>'));
        let equals = run(name, u8::is_ascii_whitespace);
        self.at = if bytes.get(equals) == Some(&b'=') {
            let value = run(equals + 1, u8::is_ascii_whitespace);
            match bytes.get(value) {
                Some(b'"') => (run(value + 1, |b| *b != b'"') + 1).min(bytes.len()),
                Some(b'\'') => (run(value + 1, |b| *b != b'\'') + 1).min(bytes.len()),
                _ => run(value, |b| !b.is_ascii_whitespace() && *b != b'>'),
            }
        } else {
            name
        };
        self.markup.get(start..self.at)
    }
}

fn is_kept(attribute: &str) -> bool {
    let mut name = [0; MAX_ATTRIBUTE_NAME];
    let mut length = 0;
    for b in attribute.bytes().take_while(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let Some(slot) = name.get_mut(length) else { return false };
        *slot = b.to_ascii_lowercase();
        length += 1;
    }
    match name.get(..length).unwrap_or_default() {
        b"class" | b"id" | b"href" | b"src" | b"alt" | b"title" | b"name" | b"property" | b"content" | b"itemprop" | b"http-equiv" | b"datetime"
        | b"type" | b"hidden" | b"aria-hidden" | b"colspan" | b"rowspan" | b"rel" | b"width" | b"height" | b"data-src" | b"data-original" => true,
        // of styles only those that may hide
        b"style" => attribute.as_bytes().windows(4).any(|w| w.eq_ignore_ascii_case(b"none") || w.eq_ignore_ascii_case(b"hidd")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(markup: &str) -> String {
        let mut out = String::new();
        push_tag(&mut out, markup);
        out
    }

    #[test]
    fn attributes_that_nobody_asks_for_go() {
        let table = [
            ("<p>", "<p>"),
            ("<br/>", "<br>"),
            ("<a target=_blank HREF='/x y' onclick=\"go('>')\">", "<a HREF='/x y'>"),
            ("<a href=/x/>", "<a href=/x/>"),
            ("<img src = \"a.png\" data-x hidden srcset='a 1x'/>", "<img src = \"a.png\" hidden>"),
            ("<div style='color:red' class=a>", "<div class=a>"),
            ("<div style='DISPLAY:NONE'>", "<div style='DISPLAY:NONE'>"),
            ("<td =x a=b colspan=2>", "<td colspan=2>"),
            ("<div class=\"open", "<div class=\"open>"),
        ];
        for (markup, expected) in table {
            assert_eq!(tag(markup), expected, "{markup}");
        }
    }

    #[test]
    fn white_space_is_folded_except_where_it_counts() {
        let mut out = String::new();
        push_text(&mut out, "\n  甲 乙\t\t丙\n", false);
        push_text(&mut out, "a\n  b", true);
        assert_eq!(out, " 甲 乙 丙 a\n  b");
    }

    proptest::proptest! {
        #[test]
        fn no_tag_makes_it_panic(inside in "[a-d=\"' /许-]{0,40}") {
            tag(&format!("<a {inside}>"));
        }

        #[test]
        fn words_stay(text in "[ab \n\t许昌]{0,30}") {
            let mut out = String::new();
            push_text(&mut out, &text, false);
            proptest::prop_assert_eq!(out.split_whitespace().collect::<Vec<_>>(), text.split_whitespace().collect::<Vec<_>>());
        }
    }
}
