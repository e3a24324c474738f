//! HTML text to a tree of bounded depth.
//!
//! html5ever's tree building costs quadratic time in depth, in unclosed formatting elements and in attributes of one
//! tag, and no timeout can interrupt it. So a linear pass over the text drops, before any tree is built, the tags
//! that lie too deep, are too long or open formatting without end. Browsers cap depth at 512 as well.

use scraper::Html;

use crate::extract::lean;

/// Deepest nesting that reaches the tree builder.
const MAX_DEPTH: usize = 256;
/// Most formatting elements open at once: each is re-opened in every later block.
const MAX_FORMATTING: usize = 32;
/// Longest tag, attributes included, in bytes.
const MAX_TAG: usize = 16 << 10;
/// Most attributes-like words in one tag.
const MAX_ATTRIBUTES: usize = 256;

/// Elements that hold nothing.
fn is_void(name: &[u8]) -> bool {
    matches!(
        name,
        b"area"
            | b"base"
            | b"br"
            | b"col"
            | b"embed"
            | b"hr"
            | b"img"
            | b"input"
            | b"link"
            | b"meta"
            | b"param"
            | b"source"
            | b"track"
            | b"wbr"
            | b"frame"
            | b"keygen"
    )
}

/// Elements that the parser closes by itself when the next one opens; they do not nest.
fn closes_itself(name: &[u8]) -> bool {
    matches!(name, b"p" | b"li" | b"td" | b"th" | b"tr" | b"dd" | b"dt" | b"option" | b"tbody" | b"thead" | b"tfoot" | b"html" | b"head" | b"body")
}

fn is_formatting(name: &[u8]) -> bool {
    matches!(name, b"a" | b"b" | b"big" | b"code" | b"em" | b"font" | b"i" | b"nobr" | b"s" | b"small" | b"strike" | b"strong" | b"tt" | b"u")
}

fn is_raw_text(name: &[u8]) -> bool {
    matches!(name, b"script" | b"style" | b"textarea" | b"title" | b"xmp" | b"noembed" | b"noframes" | b"iframe" | b"plaintext")
}

/// A parsed page.
pub struct Dom {
    /// The tree.
    pub html: Html,
    /// Tags dropped to keep the tree bounded.
    pub dropped: usize,
}

/// What of a page is left out beside the tags that would make it expensive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Nothing.
    All,
    /// Comments, styles, scripts other than linked data, pictures in markup, attributes nobody asks for: most of many pages.
    Shown,
}

/// Parses a page; never more than linear in its length.
pub fn parse(text: &str) -> Dom {
    let (capped, dropped) = cap(text, Keep::All);
    Dom { html: Html::parse_document(&capped), dropped }
}

/// Parses what a reader sees of a page, and its linked data. Selectors of a source may ask for more: for them, [`parse`].
pub fn parse_shown(text: &str) -> Dom {
    let (capped, dropped) = cap(text, Keep::Shown);
    Dom { html: Html::parse_document(&capped), dropped }
}

/// The text with the tags dropped that would make tree building expensive: for parsers other than ours.
pub fn bounded(text: &str) -> String {
    cap(text, Keep::All).0
}

/// Drops the tags that would make tree building expensive, and what is not to be kept; tells how many were too expensive.
fn cap(text: &str, keep: Keep) -> (String, usize) {
    let shown = keep == Keep::Shown;
    let mut state = State::default();
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut unclosed) = (text, false);
    while let Some((before, from)) = rest.find('<').and_then(|at| rest.split_at_checked(at)) {
        lean::push_text(&mut out, before, !shown || state.is_open(b"pre"));
        let (markup, behind) = split(from, markup_length(from));
        rest = behind;
        let Some(tag) = Tag::read(markup) else {
            if !(shown && markup.starts_with("<!--")) {
                out.push_str(markup);
            }
            continue;
        };
        if !state.admit(tag, markup) {
            state.dropped += 1;
            continue;
        }
        if shown && tag.opens {
            lean::push_tag(&mut out, markup);
        } else {
            out.push_str(markup);
        }
        let raw = is_raw_text(tag.name());
        if tag.opens && (raw || (shown && !unclosed && lean::is_unseen(tag.name()))) {
            let length = content_length(rest, tag.name());
            // looked for in vain once: no second search to the end of the page
            unclosed |= length.is_none();
            let (content, behind) = split(rest, length.unwrap_or(if raw { rest.len() } else { 0 }));
            rest = behind;
            if !(shown && tag.hides_content(markup)) {
                out.push_str(content);
            }
        }
    }
    lean::push_text(&mut out, rest, !shown);
    (out, state.dropped)
}

/// A text in two; all of it is the first where the place lies inside a character.
fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
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

/// Bytes up to the closing tag of an element whose content is not looked into; none where it is never closed.
fn content_length(rest: &str, name: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|r| r.find('<')) {
        let start = from + at;
        let after = rest.as_bytes().get(start + 2..start + 2 + name.len());
        if rest.as_bytes().get(start + 1) == Some(&b'/') && after.is_some_and(|n| n.eq_ignore_ascii_case(name)) {
            return Some(start);
        }
        from = start + 1;
    }
    None
}

/// Longest name told apart; longer ones are alike where they begin alike.
const MAX_NAME: usize = 12;

#[derive(Clone, Copy)]
struct Tag {
    /// In lower case.
    letters: [u8; MAX_NAME],
    length: usize,
    opens: bool,
}

impl Tag {
    fn read(markup: &str) -> Option<Self> {
        let inner = markup.as_bytes().strip_prefix(b"<")?;
        let (opens, inner) = inner.strip_prefix(b"/").map_or((true, inner), |i| (false, i));
        inner.first().filter(|b| b.is_ascii_alphabetic())?;
        let (mut letters, mut length) = ([0; MAX_NAME], 0);
        for (slot, b) in letters.iter_mut().zip(inner.iter().take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>'))) {
            *slot = b.to_ascii_lowercase();
            length += 1;
        }
        Some(Self { letters, length, opens })
    }

    fn name(&self) -> &[u8] {
        self.letters.get(..self.length).unwrap_or_default()
    }

    /// Whether nothing of the content is for readers.
    fn hides_content(&self, markup: &str) -> bool {
        match self.name() {
            b"script" => !markup.contains("json"),
            name => name == b"style" || lean::is_unseen(name),
        }
    }
}

#[derive(Default)]
struct State {
    open: Vec<Tag>,
    formatting: usize,
    dropped: usize,
}

impl State {
    /// Whether a tag may reach the tree builder; keeps count of what is open.
    fn admit(&mut self, tag: Tag, markup: &str) -> bool {
        let name = tag.name();
        if !tag.opens {
            self.close(name);
            return true;
        }
        if markup.len() > MAX_TAG || (markup.len() > MAX_ATTRIBUTES * 4 && words(markup) > MAX_ATTRIBUTES * 4) {
            return false;
        }
        if is_void(name) || closes_itself(name) {
            return true;
        }
        let formatting = is_formatting(name);
        if self.open.len() >= MAX_DEPTH || (formatting && self.formatting >= MAX_FORMATTING) {
            return false;
        }
        self.formatting += usize::from(formatting);
        self.open.push(tag);
        true
    }

    fn is_open(&self, name: &[u8]) -> bool {
        self.open.iter().any(|o| o.name() == name)
    }

    /// Like the tree builder: a closing tag closes the nearest element of its name and what lies in it; formatting
    /// that is closed only implicitly stays counted, for it is opened again.
    fn close(&mut self, name: &[u8]) {
        let Some(at) = self.open.iter().rposition(|o| o.name() == name) else { return };
        if is_formatting(name) {
            self.open.remove(at);
            self.formatting = self.formatting.saturating_sub(1);
        } else {
            self.open.truncate(at);
        }
    }
}

fn words(markup: &str) -> usize {
    markup.bytes().filter(|b| b.is_ascii_whitespace() || *b == b'/').count()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn ordinary_pages_are_left_alone() {
        let page = "<!DOCTYPE html><html><head><title>a < b</title><script>if (a<b) document.write('</div>')</script></head>\
            <body><!-- <div> --><div class='x > y'><p>一<p>二<br><img src=a.png><font color=red>红</font></div></body></html>";
        assert_eq!(cap(page, Keep::All), (page.to_owned(), 0));
    }

    #[test]
    fn what_nobody_sees_is_left_out_on_request() {
        let page = "<style>p{}</style><script>a<b</script><!-- <p>x --><script type='application/ld+json'>{}</script><p>一</p>";
        let expected = "<style></style><script></script><script type='application/ld+json'>{}</script><p>一</p>";
        assert_eq!(cap(page, Keep::Shown).0, expected);
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
            ("svg", "<svg><path d=x>".repeat(200_000)),
        ];
        for ((name, shape), parse) in shapes.iter().flat_map(|s| [(s, parse as fn(&str) -> Dom), (s, parse_shown)]) {
            let start = Instant::now();
            let dom = parse(shape);
            // a bound against quadratic blow-up, an order of magnitude above what is seen in a debug build
            assert!(start.elapsed() < Duration::from_secs(20), "{name}: {:?}", start.elapsed());
            let deepest = dom.html.tree.nodes().take(200_000).map(|n| n.ancestors().count()).max().unwrap_or(0);
            assert!(deepest < 1200, "{name}: {deepest}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[<>/a-d=\"' !-]{0,80}") {
            let _ = (cap(&text, Keep::All), cap(&text, Keep::Shown));
        }
    }
}
