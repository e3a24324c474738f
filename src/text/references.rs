//! Decodes HTML character references (`&amp;`, `&#20013;`) by section 13.2.5.72 of the HTML standard.

/// Longest name in the standard's list, in bytes, and the longest that needs no semicolon.
const MAX_NAME: usize = 32;
const MAX_BARE_NAME: usize = 6;

/// A reference at the start of a text: its length in bytes, and the one or two characters it encodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Bytes consumed, including `&` and `;`.
    pub length: usize,
    pub first: char,
    /// A few references encode two characters.
    pub second: Option<char>,
}

/// Returns the reference at the start of a text that begins with `&`, if it is one. In attributes, a name without semicolon before a
/// letter, a figure or `=` is no reference: `?a=1&copy=2`.
pub fn reference(text: &str, in_attribute: bool) -> Option<Reference> {
    let bytes = text.as_bytes();
    if bytes.get(1) == Some(&b'#') {
        return numeric(bytes);
    }
    let letters = bytes.iter().skip(1).take(MAX_NAME).take_while(|b| b.is_ascii_alphanumeric()).count();
    if letters == 0 {
        return None;
    }
    if bytes.get(letters + 1) == Some(&b';')
        && let Some(found) = named(text, letters + 2)
    {
        return Some(found);
    }
    let found = (2..=letters.min(MAX_BARE_NAME)).rev().find_map(|n| named(text, n + 1))?;
    let is_followed = bytes.get(found.length).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'=');
    (!in_attribute || !is_followed).then_some(found)
}

fn named(text: &str, length: usize) -> Option<Reference> {
    let (first, second) = web_atoms::NAMED_ENTITIES.get(text.get(1..length)?)?;
    let character = |code: u32| char::from_u32(code).filter(|c| *c != '\0');
    Some(Reference { length, first: character(*first)?, second: character(*second) })
}

fn numeric(bytes: &[u8]) -> Option<Reference> {
    let (radix, digits_from) = if matches!(bytes.get(2), Some(b'x' | b'X')) { (16, 3) } else { (10, 2) };
    let mut length = digits_from;
    let mut code: u32 = 0;
    while let Some(digit) = bytes.get(length).and_then(|b| char::from(*b).to_digit(radix)) {
        code = code.saturating_mul(radix).saturating_add(digit);
        length += 1;
    }
    if length == digits_from {
        return None;
    }
    length += usize::from(bytes.get(length) == Some(&b';'));
    let windows = code.checked_sub(0x80).and_then(|n| web_atoms::C1_REPLACEMENTS.get(n as usize).copied().flatten());
    let first = windows.or_else(|| char::from_u32(code).filter(|c| *c != '\0')).unwrap_or(char::REPLACEMENT_CHARACTER);
    Some(Reference { length, first, second: None })
}

/// Appends a text with its references decoded.
pub fn push_decoded(out: &mut String, text: &str, in_attribute: bool) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let length = if let Some(found) = reference(from, in_attribute) {
            out.push(found.first);
            out.extend(found.second);
            found.length
        } else {
            out.push('&');
            1
        };
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> String {
        let mut out = String::new();
        push_decoded(&mut out, text, false);
        out
    }

    #[test]
    fn references_are_read_as_browsers_read_them() {
        let table = [
            ("a &amp; b &lt;c&gt; &quot;", "a & b <c> \""),
            ("&nbsp;&ensp;&hellip;&middot;", "\u{a0}\u{2002}…·"),
            ("&amp &copy2026 &notit; &notin;", "& ©2026 ¬it; ∉"),
            ("&#20013;&#x6587;&#X6587 &#150;", "中文文 –"),
            ("&#0; &#xD800; &#99999999999;", "\u{fffd} \u{fffd} \u{fffd}"),
            ("& &; &# &#x; &unknown; &am", "& &; &# &#x; &unknown; &am"),
            ("&NotEqualTilde;", "≂\u{338}"),
            ("&amp;lt;", "&lt;"),
        ];
        for (text, expected) in table {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }

    #[test]
    fn queries_of_addresses_keep_their_names() {
        let mut out = String::new();
        push_decoded(&mut out, "/x?a=1&copy=2&amp;sect=3&reg", true);
        assert_eq!(out, "/x?a=1&copy=2&sect=3®");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(&|#|x|;|amp|lt|9|中|a|=){0,40}") {
            let _ = decoded(&text);
            let mut out = String::new();
            push_decoded(&mut out, &text, true);
        }
    }
}
