//! Repairs broken feeds before parsing, in one pass. Text inside CDATA stays unchanged except for characters that XML
//! forbids.

use std::borrow::Cow;

use quick_xml::escape::{escape, unescape};

use crate::discover::limits::MAX_DEPTH;
use crate::discover::raw_markup::{Raw, RawMarkup};
use crate::text::references;

/// A repaired text and notes about the repairs.
pub(super) struct Repaired {
    pub(super) text: String,
    pub(super) notes: Vec<String>,
    /// Elements are nested deeper than [`MAX_DEPTH`].
    pub(super) too_deep: bool,
}

/// Repairs a feed's text. Sound feeds only lose their declaration.
pub(super) fn repair(text: &str) -> Repaired {
    let mut notes = Notes::default();
    let start = text.find('<').unwrap_or(0);
    if !text[..start].trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty() {
        notes.note("junk before the first tag");
    }
    let body = without_declaration(&text[start..]);
    let mut out = String::with_capacity(body.len() + 64);
    out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let (mut rest, mut in_tag) = (body, false);
    let (mut depth, mut deepest) = (0usize, 0);
    let mut markup = RawMarkup::new(body);
    while !rest.is_empty() {
        let run = rest.get(..rest.find('<').unwrap_or(rest.len())).unwrap_or_default();
        let attributes = if in_tag { run.find('>').map_or(run.len(), |n| n + 1) } else { 0 };
        let attributes_text = run.get(..attributes).unwrap_or_default();
        if attributes_text.ends_with("/>") {
            depth = depth.saturating_sub(1);
        }
        push_attributes(&mut out, attributes_text, &mut notes);
        push_text(&mut out, run.get(attributes..).unwrap_or_default(), &mut notes);
        rest = rest.get(run.len()..).unwrap_or_default();
        let raw = markup.at(rest);
        if let Some(raw) = raw {
            in_tag = false;
            let taken = push_raw(&mut out, &raw, &mut notes);
            rest = rest.get(taken..).unwrap_or_default();
        } else if !rest.is_empty() {
            let (taken, opens_tag) = bracket(rest, &mut out, &mut notes);
            in_tag = opens_tag;
            match rest.as_bytes().get(1) {
                Some(b'/') => depth = depth.saturating_sub(1),
                Some(b'!' | b'?') => {}
                _ if opens_tag => depth += 1,
                _ => {}
            }
            deepest = deepest.max(depth);
            rest = rest.get(taken..).unwrap_or_default();
        }
    }
    // an empty element counts until its end is seen
    Repaired { text: out, notes: notes.0, too_deep: deepest > MAX_DEPTH + 1 }
}

#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn note(&mut self, what: &str) {
        if !self.0.iter().any(|n| n == what) {
            self.0.push(what.to_owned());
        }
    }
}

/// Removes the declaration: its charset is wrong once the bytes are decoded.
fn without_declaration(text: &str) -> &str {
    let Some(rest) = text.strip_prefix("<?xml") else { return text };
    rest.find("?>").map_or(text, |end| &rest[end + 2..])
}

/// Appends text without the characters that XML 1.0 forbids.
fn push_clean(out: &mut String, text: &str, notes: &mut Notes) {
    let forbidden = |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    if !text.contains(forbidden) {
        out.push_str(text);
        return;
    }
    notes.note("control characters");
    out.extend(text.chars().filter(|c| !forbidden(*c)));
}

/// Most references of one text left to the feed parser. It reads each as a separate event, and its time per event grows with the number of
/// earlier events.
const MAX_REFERENCES: usize = 64;

/// Longest tag whose `xml:base` is used: nested addresses add up.
const MAX_BASE: usize = 4 << 10;

/// Writes the part of a tag after its name.
fn push_attributes(out: &mut String, text: &str, notes: &mut Notes) {
    if text.len() > MAX_BASE && text.contains("xml:base") {
        notes.note("too long an xml:base");
        return push_repaired(out, &text.replace("xml:base", "base"), notes);
    }
    push_repaired(out, text, notes);
}

/// Writes raw markup in correct form; returns the bytes consumed.
fn push_raw(out: &mut String, raw: &Raw<'_>, notes: &mut Notes) -> usize {
    match raw {
        Raw::Tag => {
            notes.note("markup inside texts");
            out.push_str("&lt;");
            1
        }
        Raw::Link { address, length } => {
            notes.note("a link behind its element");
            out.push_str("<link>");
            push_repaired(out, address, notes);
            out.push_str("</link>");
            *length
        }
    }
}

/// Writes the text between two tags.
fn push_text(out: &mut String, text: &str, notes: &mut Notes) {
    if text.bytes().filter(|b| *b == b'&').count() <= MAX_REFERENCES {
        return push_repaired(out, text, notes);
    }
    // the same text as one CDATA section
    let mut repaired = String::with_capacity(text.len());
    push_repaired(&mut repaired, text, notes);
    let decoded = unescape(&repaired).map_or_else(|_| repaired.clone(), Cow::into_owned);
    out.push_str("<![CDATA[");
    out.push_str(&decoded.replace("]]>", "]]]]><![CDATA[>"));
    out.push_str("]]>");
}

/// Writes text and repairs everything that XML forbids.
fn push_repaired(out: &mut String, mut text: &str, notes: &mut Notes) {
    while let Some(at) = text.find('&') {
        push_clean(out, text.get(..at).unwrap_or_default(), notes);
        text = text.get(at..).unwrap_or_default();
        let taken = ampersand(text, out, notes);
        text = text.get(taken..).unwrap_or_default();
    }
    push_clean(out, text, notes);
}

/// Returns the name of the character reference at the start of a text, without `&` and `;`, if there is one of at most ten bytes.
fn reference_name(text: &str) -> Option<&str> {
    const MAX_NAME: usize = 10;
    let end = text.bytes().take(MAX_NAME + 2).position(|b| b == b';')?;
    text.get(1..end)
}

/// Returns the character of a numeric reference, given without `&` and `;`: `#20013` or `#x4e2d`.
fn numeric_reference(name: &str) -> Option<char> {
    let number = name.strip_prefix('#')?;
    let code = number.strip_prefix(['x', 'X']).map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
    code.and_then(char::from_u32)
}

fn ampersand(rest: &str, out: &mut String, notes: &mut Notes) -> usize {
    let name = reference_name(rest);
    match name {
        Some("amp" | "lt" | "gt" | "quot" | "apos") => {}
        Some(n) if n.starts_with('#') => {
            let good = numeric_reference(n).is_some_and(|c| c >= ' ' || matches!(c, '\t' | '\n' | '\r'));
            if !good {
                notes.note("impossible character references");
                return n.len() + 2;
            }
        }
        Some(n) => {
            if let Some(found) = references::reference(rest, false).filter(|r| r.length == n.len() + 2) {
                notes.note("undefined entities");
                let value: String = std::iter::once(found.first).chain(found.second).collect();
                push_clean(out, &escape(value.as_str()), notes);
                return found.length;
            }
            notes.note("bare &");
            out.push_str("&amp;");
            return 1;
        }
        None => {
            notes.note("bare &");
            out.push_str("&amp;");
            return 1;
        }
    }
    let length = name.map_or(1, |n| n.len() + 2);
    out.push_str(&rest[..length]);
    length
}

/// Writes the markup that a `<` begins. Returns the bytes consumed, and whether a tag is open after them.
fn bracket(rest: &str, out: &mut String, notes: &mut Notes) -> (usize, bool) {
    if rest.starts_with("<![CDATA[") {
        let end = rest.find("]]>").map_or(rest.len(), |n| n + 3);
        push_clean(out, rest.get(..end).unwrap_or_default(), notes);
        return (end, false);
    }
    if rest.starts_with("<!--") {
        // drop comments: we do not need them, and broken ones invalidate whole feeds
        return (rest.find("-->").map_or(rest.len(), |n| n + 3), false);
    }
    let opens_tag = rest.as_bytes().get(1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'?' | b'_'));
    if opens_tag {
        out.push('<');
    } else {
        notes.note("bare <");
        out.push_str("&lt;");
    }
    (1, opens_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> String {
        repair(text).text.lines().skip(1).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_breaks_feeds_is_mended() {
        let table = [
            ("<t>A & B</t>", "<t>A &amp; B</t>"),
            ("<t>?a=1&b=2</t>", "<t>?a=1&amp;b=2</t>"),
            ("<t>&nbsp;&mdash;&amp;&#20013;</t>", "<t>\u{a0}—&amp;&#20013;</t>"),
            ("<t>1 < 2</t>", "<t>1 &lt; 2</t>"),
            ("<t>a\u{b}b&#0;</t>", "<t>ab</t>"),
            ("<t><![CDATA[a & b <br>]]></t>", "<t><![CDATA[a & b <br>]]></t>"),
            ("Warning: x\n<t>y</t>", "<t>y</t>"),
            ("<?xml version='1.0' encoding='gb2312'?><t>y</t>", "<t>y</t>"),
            ("<rss><title>a<em class='x'>b</em></title></rss>", "<rss><title>a&lt;em class='x'>b&lt;/em></title></rss>"),
            ("<rss><title>a<link>x</link></rss>", "<rss><title>a<link>x</link></rss>"),
            ("<rss><link/>http://a.cn/?a=1&b=2\n<b>x</b></rss>", "<rss><link>http://a.cn/?a=1&amp;b=2</link><b>x</b></rss>"),
            ("<feed><title type='xhtml'><div>a</div></title></feed>", "<feed><title type='xhtml'><div>a</div></title></feed>"),
        ];
        for (text, expected) in table {
            assert_eq!(fixed(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_of_many_references_becomes_one_section() {
        let text = format!("<t a='x &amp; y'>{}</t>", "a & b &lt;br&gt; ]]&gt; ".repeat(60));
        let fixed = fixed(&text);
        assert!(fixed.starts_with("<t a='x &amp; y'><![CDATA[a & b <br> ]]]]><![CDATA[> a & b"), "{fixed}");
        assert_eq!(fixed.matches("&amp;").count(), 1);
    }

    #[test]
    fn elements_nested_too_deep_are_told_and_unnested_ones_never_add_up() {
        let nested = |n: usize| format!("{}x{}", "<a b='/'>".repeat(n), "</a>".repeat(n));
        for (text, too_deep) in [
            (nested(MAX_DEPTH), false),
            (nested(MAX_DEPTH + 2), true),
            (nested(100_000), true),
            (nested(2).repeat(10_000), false),
            ("<a b='c'/><?p?><!x><!-- <a> --><![CDATA[<a>]]>".repeat(10_000), false),
            ("</a>".repeat(10_000), false),
        ] {
            assert_eq!(repair(&text).too_deep, too_deep, "{}", &text[..text.len().min(80)]);
        }
    }

    #[test]
    fn a_base_too_long_is_not_followed() {
        let text = |n: usize| format!("<a xml:base='{}'>", "a/".repeat(n));
        assert!(fixed(&text(100)).starts_with("<a xml:base="));
        assert!(fixed(&text(10_000)).starts_with("<a base="));
    }

    #[test]
    fn repairs_are_named_once() {
        assert_eq!(repair("x<t>& & & <  2</t>").notes, ["junk before the first tag", "bare &", "bare <"]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[<>&;#x0-9a-z!\\[\\]CDAT中 -]{0,60}") {
            let _ = repair(&text);
        }
    }
}
