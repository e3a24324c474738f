//! HTML text to a tree of bounded depth.
//!
//! html5ever's tree building costs quadratic time in depth, in unclosed formatting elements and in attributes of one
//! tag, and no timeout can interrupt it. So a linear pass over the text drops, before any tree is built, the tags
//! that lie too deep, are too long or open formatting without end. Browsers cap depth at 512 as well.

use scraper::Html;

/// Deepest nesting that reaches the tree builder.
const MAX_DEPTH: usize = 256;
/// Most formatting elements open at once: each is re-opened in every later block.
const MAX_FORMATTING: usize = 32;
/// Longest tag, attributes included, in bytes.
const MAX_TAG: usize = 16 << 10;
/// Most attributes-like words in one tag.
const MAX_ATTRIBUTES: usize = 256;

const VOID: [&str; 16] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "frame", "keygen"];
/// Elements that the parser closes by itself when the next one opens; they do not nest.
const SELF_CLOSING: [&str; 14] = ["p", "li", "td", "th", "tr", "dd", "dt", "option", "tbody", "thead", "tfoot", "html", "head", "body"];
const FORMATTING: [&str; 14] = ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
const RAW_TEXT: [&str; 9] = ["script", "style", "textarea", "title", "xmp", "noembed", "noframes", "iframe", "plaintext"];

/// A parsed page.
pub struct Dom {
    /// The tree.
    pub html: Html,
    /// Tags dropped to keep the tree bounded.
    pub dropped: usize,
}

/// Parses a page; never more than linear in its length.
pub fn parse(text: &str) -> Dom {
    let (capped, dropped) = cap(text);
    Dom { html: Html::parse_document(&capped), dropped }
}

/// The text with the tags dropped that would make tree building expensive: for parsers other than ours.
pub fn bounded(text: &str) -> String {
    cap(text).0
}

/// Drops the tags that would make tree building expensive. Pages within the bounds come back unchanged.
fn cap(text: &str) -> (String, usize) {
    let mut state = State::default();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = markup_length(rest);
        let markup = &rest[..length];
        match Tag::read(markup) {
            Some(tag) if !state.admit(&tag, markup) => state.dropped += 1,
            Some(tag) if tag.opens && RAW_TEXT.contains(&tag.name.as_str()) => {
                let raw = raw_text_length(&rest[length..], &tag.name);
                out.push_str(&rest[..length + raw]);
                rest = &rest[length + raw..];
                continue;
            }
            _ => out.push_str(markup),
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    (out, state.dropped)
}

/// Bytes of the tag, comment or declaration at the start; 1 for a `<` that opens nothing.
fn markup_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    match bytes.get(1) {
        Some(b'!') if rest.starts_with("<!--") => rest.get(4..).and_then(|r| r.find("-->")).map_or(rest.len(), |n| n + 7),
        Some(b'!' | b'?') => rest.find('>').map_or(rest.len(), |n| n + 1),
        Some(c) if c.is_ascii_alphabetic() || *c == b'/' => tag_end(bytes),
        _ => 1,
    }
}

/// The end of a tag; `>` inside quotes does not count.
fn tag_end(bytes: &[u8]) -> usize {
    let mut quote = None;
    let mut after_equals = false;
    for (i, b) in bytes.iter().enumerate() {
        match (quote, *b) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, b'>') => return i + 1,
            (None, c @ (b'"' | b'\'')) if after_equals => quote = Some(c),
            _ => {}
        }
        if !b.is_ascii_whitespace() {
            after_equals = *b == b'=';
        }
    }
    bytes.len()
}

fn raw_text_length(rest: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|r| r.find("</")) {
        let start = from + at;
        let after = rest.as_bytes().get(start + 2..start + 2 + name.len());
        if after.is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes())) {
            return start;
        }
        from = start + 2;
    }
    rest.len()
}

struct Tag {
    name: String,
    opens: bool,
}

impl Tag {
    fn read(markup: &str) -> Option<Self> {
        let inner = markup.strip_prefix('<')?;
        let (opens, inner) = inner.strip_prefix('/').map_or((true, inner), |i| (false, i));
        let name: String =
            inner.chars().take(32).take_while(|c| !c.is_ascii_whitespace() && !matches!(c, '/' | '>')).map(|c| c.to_ascii_lowercase()).collect();
        name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(Self { name, opens })
    }
}

#[derive(Default)]
struct State {
    open: Vec<String>,
    formatting: usize,
    dropped: usize,
}

impl State {
    /// Whether a tag may reach the tree builder; keeps count of what is open.
    fn admit(&mut self, tag: &Tag, markup: &str) -> bool {
        let name = tag.name.as_str();
        if !tag.opens {
            self.close(name);
            return true;
        }
        if markup.len() > MAX_TAG || markup.bytes().filter(|b| b.is_ascii_whitespace() || *b == b'/').count() > MAX_ATTRIBUTES * 4 {
            return false;
        }
        if VOID.contains(&name) || SELF_CLOSING.contains(&name) {
            return true;
        }
        let formatting = FORMATTING.contains(&name);
        if self.open.len() >= MAX_DEPTH || (formatting && self.formatting >= MAX_FORMATTING) {
            return false;
        }
        self.formatting += usize::from(formatting);
        self.open.push(tag.name.clone());
        true
    }

    /// Like the tree builder: a closing tag closes the nearest element of its name and what lies in it; formatting
    /// that is closed only implicitly stays counted, for it is opened again.
    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|o| o == name) else { return };
        if FORMATTING.contains(&name) {
            self.open.remove(at);
            self.formatting = self.formatting.saturating_sub(1);
        } else {
            self.open.truncate(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn ordinary_pages_are_left_alone() {
        let page = "<!DOCTYPE html><html><head><title>a < b</title><script>if (a<b) document.write('</div>')</script></head>\
            <body><!-- <div> --><div class='x > y'><p>一<p>二<br><img src=a.png><font color=red>红</font></div></body></html>";
        assert_eq!(cap(page), (page.to_owned(), 0));
    }

    #[test]
    fn shapes_that_hang_parsers_are_cut_down() {
        let shapes = [
            ("nested div", "<div>".repeat(200_000)),
            ("div that seem closed", "<div></span>".repeat(100_000)),
            ("nested tables", "<table><tr><td>".repeat(20_000)),
            ("unclosed formatting", "<b>x".repeat(100_000)),
            ("font between blocks", "<div><font color=1></div>".repeat(50_000)),
            ("different fonts", (0..50_000).map(|i| format!("<p><font size={i}>x")).collect()),
            ("attributes", format!("<div {}>", (0..200_000).map(|i| format!("a{i}=1 ")).collect::<String>())),
            ("one text", "文".repeat(3_000_000)),
            ("open comment", format!("<!--{}", "<div>".repeat(100_000))),
            ("open quote", format!("<a href=\"{}", "<div>".repeat(100_000))),
            ("lone brackets", "<".repeat(1_000_000)),
            ("select", "<select><option>".repeat(30_000)),
        ];
        for (name, shape) in shapes {
            let start = Instant::now();
            let dom = parse(&shape);
            // a bound against quadratic blow-up, an order of magnitude above what is seen in a debug build
            assert!(start.elapsed() < Duration::from_secs(20), "{name}: {:?}", start.elapsed());
            let deepest = dom.html.tree.nodes().take(200_000).map(|n| n.ancestors().count()).max().unwrap_or(0);
            assert!(deepest < 1200, "{name}: {deepest}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[<>/a-d=\"' !-]{0,80}") {
            let _ = cap(&text);
        }
    }
}
