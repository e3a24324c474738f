//! Salvages items from feeds that no XML parser accepts: wrong roots, uppercase tags, items outside their channel, truncated tails.
//!
//! Not a parser: it searches the text from `<item>` or `<entry>` to its end, the next item, or the end of the feed for the few
//! fields that matter. Runs on repaired text, and only if the parser failed or saw fewer items.

use quick_xml::escape::unescape;

use crate::text::normalize::has_prefix_ignoring_case;

/// A salvaged item.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) id: Option<String>,
    pub(super) link: Option<String>,
    pub(super) title: String,
    pub(super) date: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) content: Option<String>,
}

/// Returns the items of a feed in order, at most `max`.
pub(super) fn items(text: &str, max: usize) -> Vec<Item> {
    let tags = tags(text);
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(open) = next(&tags, from, |t| t.is_item() && !t.closes).filter(|_| out.len() < max) {
        let Some(item) = tags.get(open) else { break };
        let close = next(&tags, open + 1, |t| t.is_item() && (!t.closes || t.name == item.name)).unwrap_or(tags.len());
        let fragment = Fragment { text, tags: tags.get(open + 1..close).unwrap_or_default() };
        let item = fragment.item(tags.get(close).map_or(text.len(), |t| t.start));
        if !item.title.is_empty() || item.link.is_some() || item.summary.is_some() || item.content.is_some() {
            out.push(item);
        }
        from = close;
    }
    out
}

/// Counts the items that begin in a text: the number a parser should find.
pub(super) fn count(text: &str) -> usize {
    tags(text).iter().filter(|t| t.is_item() && !t.closes).count()
}

/// The relevant elements. The first two contain the others.
const NAMES: [&str; 18] = [
    "item",
    "entry",
    "guid",
    "id",
    "link",
    "title",
    "pubdate",
    "published",
    "dc:date",
    "updated",
    "issued",
    "modified",
    "date",
    "description",
    "summary",
    "content:encoded",
    "content",
    "body",
];

/// A tag of one of [`NAMES`], outside CDATA sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tag {
    name: &'static str,
    closes: bool,
    /// Position of its `<`.
    start: usize,
    /// Position after its `>`, or the end of the text.
    end: usize,
    /// Position of the next `<` of any kind, or the end of the text.
    next: usize,
}

impl Tag {
    fn is_item(&self) -> bool {
        matches!(self.name, "item" | "entry")
    }
}

/// Returns the tags of a text in one pass. An unclosed CDATA section hides nothing.
fn tags(text: &str) -> Vec<Tag> {
    let bytes = text.as_bytes();
    let (mut out, mut at): (Vec<Tag>, usize) = (Vec::new(), 0);
    // both searches only move forward, so that each byte is searched once
    let (mut section_end, mut tag_end) = (Ahead::new("]]>"), Ahead::new(">"));
    while let Some(start) = text.get(at..).and_then(|rest| rest.find('<')).map(|n| at + n) {
        if let Some(last) = out.last_mut().filter(|last| last.next == text.len()) {
            last.next = start;
        }
        at = start + 1;
        let rest = text.get(start..).unwrap_or_default();
        if has_prefix_ignoring_case(rest, "<![CDATA[") {
            at = section_end.from(text, start).map_or(at, |end| end + 3);
            continue;
        }
        let closes = bytes.get(at) == Some(&b'/');
        let inner = rest.get(1 + usize::from(closes)..).unwrap_or_default();
        let length = inner.bytes().take(16).take_while(|b| b.is_ascii_alphanumeric() || *b == b':').count();
        let ends = inner.as_bytes().get(length).is_none_or(|b| matches!(b, b'>' | b'/') || b.is_ascii_whitespace());
        let name = inner.get(..length).filter(|_| ends).unwrap_or_default();
        if let Some(name) = NAMES.iter().find(|n| n.eq_ignore_ascii_case(name)) {
            let end = tag_end.from(text, start).map_or(text.len(), |n| n + 1);
            out.push(Tag { name, closes, start, end, next: text.len() });
        }
    }
    out
}

/// Finds the next occurrence of a mark for increasing positions, so that each byte is searched once.
struct Ahead {
    mark: &'static str,
    /// The last occurrence found; `None` if there is no further one.
    found: Option<usize>,
    searched: bool,
}

impl Ahead {
    fn new(mark: &'static str) -> Self {
        Self { mark, found: None, searched: false }
    }

    fn from(&mut self, text: &str, at: usize) -> Option<usize> {
        if !self.searched || self.found.is_some_and(|f| f < at) {
            self.found = text.get(at..).and_then(|rest| rest.find(self.mark)).map(|n| at + n);
            self.searched = true;
        }
        self.found
    }
}

fn next(tags: &[Tag], from: usize, wanted: impl Fn(&Tag) -> bool) -> Option<usize> {
    tags.get(from..)?.iter().position(wanted).map(|n| from + n)
}

/// The tags of one item.
struct Fragment<'a> {
    text: &'a str,
    tags: &'a [Tag],
}

impl Fragment<'_> {
    /// Builds the item, which ends at `end`.
    fn item(&self, end: usize) -> Item {
        let any = |names: &[&str]| names.iter().filter_map(|n| self.field(n, end)).find(|f| !f.is_empty());
        Item {
            id: any(&["guid", "id"]),
            link: any(&["link"]).filter(|l| !l.is_empty()).or_else(|| self.href()),
            title: any(&["title"]).unwrap_or_default(),
            date: any(&["pubdate", "published", "dc:date", "updated", "issued", "modified", "date"]),
            summary: any(&["description", "summary"]),
            content: any(&["content:encoded", "content", "body"]),
        }
    }

    /// Returns the text of a field. An unclosed field ends at the next tag.
    fn field(&self, name: &str, end: usize) -> Option<String> {
        let at = next(self.tags, 0, |t| t.name == name && !t.closes)?;
        let open = self.tags.get(at)?;
        if open.end > end || self.text.get(open.start..open.end)?.ends_with("/>") {
            return None;
        }
        let close = next(self.tags, at + 1, |t| t.name == name && t.closes).and_then(|n| self.tags.get(n));
        let until = close.map_or(open.next.min(end), |t| t.start);
        Some(plain_value(self.text.get(open.end..until)?.trim()))
    }

    /// Returns the address of Atom's `<link href="…">`.
    fn href(&self) -> Option<String> {
        for tag in self.tags.iter().filter(|t| t.name == "link" && !t.closes) {
            let tag = self.text.get(tag.start..tag.end)?;
            let lower = tag.to_ascii_lowercase();
            if !lower.contains("rel=") || lower.contains("alternate") {
                let value = tag.get(lower.find("href=")? + 5..)?;
                let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                return value.get(1..)?.split(quote).next().map(plain_value);
            }
        }
        None
    }
}

/// Returns CDATA unchanged, other text with entities decoded.
fn plain_value(text: &str) -> String {
    if let Some(inner) = text.strip_prefix("<![CDATA[") {
        return inner.strip_suffix("]]>").unwrap_or(inner).trim().to_owned();
    }
    unescape(text).map_or_else(|_| text.to_owned(), |t| t.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<String> {
        items(text, 100).into_iter().map(|i| i.title).collect()
    }

    #[test]
    fn items_are_found_whatever_is_around_them() {
        let item = |n: u32| format!("<item><title>第{n}条</title><link>http://a.cn/{n}.html</link></item>");
        for (what, text) in [
            ("no root", format!("{}{}", item(1), item(2))),
            ("capitals", format!("<RSS><CHANNEL>{}{}", item(1), item(2)).to_uppercase()),
            ("outside the channel", format!("<rss><channel><title>t</title></channel>{}{}</rss>", item(1), item(2))),
            ("never closed", format!("<rss><channel>{}{}", item(1), item(2)).replace("</item>", "")),
            ("cut in the second", format!("<rss><channel>{}{}", item(1), item(2).replace("</link></item>", ""))),
        ] {
            let found = items(&text, 100);
            assert_eq!(found.iter().map(|i| i.title.as_str()).collect::<Vec<_>>(), ["第1条", "第2条"], "{what}");
            assert_eq!(found[1].link.as_deref().map(str::to_ascii_lowercase).as_deref(), Some("http://a.cn/2.html"), "{what}");
        }
    }

    #[test]
    fn what_stands_in_cdata_opens_nothing() {
        let text = "<item><title><![CDATA[如何写 <item> 与 </title>]]></title><description><![CDATA[<p><item></p>]]></description></item><items/><item><title>乙</title></item>";
        assert_eq!(titles(text), ["如何写 <item> 与 </title>", "乙"]);
        assert_eq!(count(text), 2);
    }

    #[test]
    fn links_of_atom_are_read_from_their_attribute() {
        let text = "<entry><title>甲</title><link rel='self' href='/x'/><link href='http://a.cn/?a=1&amp;b=2'/><updated>2026-11-24</updated></entry>";
        let found = items(text, 10);
        assert_eq!(found[0].link.as_deref(), Some("http://a.cn/?a=1&b=2"));
        assert_eq!(found[0].date.as_deref(), Some("2026-11-24"));
    }

    #[test]
    fn at_most_as_many_as_asked_for() {
        assert_eq!(items(&"<item><title>x</title></item>".repeat(50), 7).len(), 7);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<item>|</item>|<title>|</title|<link href=|<!\\[CDATA\\[|\\]\\]>|[<>'\"/a-c中]){0,40}") {
            let _ = items(&text, 10);
        }
    }
}
