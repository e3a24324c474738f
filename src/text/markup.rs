//! Plain text from small pieces of markup in feed titles and summaries: one pass, no tree.
//!
//! The output is text, not safe HTML: escape it before display.

use crate::text::normalize::is_noise;
use crate::text::references;

/// Returns the text of a piece of markup on one line: without tags, entities decoded, white space folded.
pub fn strip_tags(markup: &str) -> String {
    let mut out = Line(String::with_capacity(markup.len()));
    let mut rest = markup;
    while let Some(at) = rest.find(['<', '&']) {
        out.push(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let taken = if rest.starts_with('&') { decode_entity(rest, &mut out) } else { tag(rest, &mut out) };
        rest = rest.get(taken..).unwrap_or_default();
    }
    out.push(rest);
    out.0.truncate(out.0.trim_end().len());
    out.0
}

struct Line(String);

impl Line {
    fn push(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.blank();
            } else if !is_noise(c) {
                self.0.push(c);
            }
        }
    }

    fn blank(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with(' ') {
            self.0.push(' ');
        }
    }
}

/// Decodes the reference at the start; returns its length.
fn decode_entity(rest: &str, out: &mut Line) -> usize {
    // requires the semicolon here: titles contain queries and names with `&`
    let found = references::reference(rest, false).filter(|r| rest.get(..r.length).is_some_and(|taken| taken.ends_with(';')));
    let Some(found) = found else {
        out.push("&");
        return 1;
    };
    out.push(found.first.encode_utf8(&mut [0; 4]));
    if let Some(second) = found.second {
        out.push(second.encode_utf8(&mut [0; 4]));
    }
    found.length
}

/// Skips the tag at the start, including the content of scripts and styles; returns its length. A `<` without a tag is text.
fn tag(rest: &str, out: &mut Line) -> usize {
    if rest.starts_with("<!--") {
        return rest.find("-->").map_or(rest.len(), |n| n + 3);
    }
    if !rest.as_bytes().get(1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'?')) {
        out.push("<");
        return 1;
    }
    let end = rest.find('>').map_or(rest.len(), |n| n + 1);
    let name: String = rest.chars().skip(1).take_while(|c| c.is_ascii_alphanumeric() || *c == '/').take(12).map(|c| c.to_ascii_lowercase()).collect();
    let inline = ["a", "b", "i", "em", "strong", "span", "font", "u", "sup", "sub", "small", "big"].contains(&name.trim_matches('/'));
    if !inline {
        out.blank();
    }
    if matches!(name.as_str(), "script" | "style") {
        let closes = |at: &usize| rest.as_bytes().get(at + 2..at + 2 + name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()));
        let ends = rest.get(end..).unwrap_or_default().match_indices("</").map(|(at, _)| end + at);
        return ends.into_iter().find(closes).unwrap_or(rest.len());
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_entities_are_undone() {
        let table = [
            ("<p>许昌<b>科技</b></p><p>创新&nbsp;发展</p>", "许昌科技 创新 发展"),
            ("A &amp; B &lt;b&gt; &#20013;&#x6587; &unknown; &", "A & B <b> 中文 &unknown; &"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
            ("x<script>alert('</p>')</script>y<style>p{}</style>z", "x y z"),
            ("a<br>b<!-- c -->d", "a bd"),
            ("<img src=x onerror=alert(1)>text<", "text<"),
            ("<p", ""),
        ];
        for (markup, expected) in table {
            assert_eq!(strip_tags(markup), expected, "{markup}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[<>&;#x/!a-z中 -]{0,60}") {
            let _ = strip_tags(&text);
        }
    }
}
