//! Items out of feeds that no XML reader takes: wrong roots, tags in capitals, items outside their channel, tails cut off.
//!
//! Not a parser: whatever stands between `<item>` or `<entry>` and its end, or the next one, or the end of the text, is
//! looked through for the few fields that matter. Runs on repaired text, and only where the reader failed or saw less.

use quick_xml::escape::unescape;

/// One item as found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) id: Option<String>,
    pub(super) link: Option<String>,
    pub(super) title: String,
    pub(super) date: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) content: Option<String>,
}

/// Items of a feed, in order, at most `max`.
pub(super) fn items(text: &str, max: usize) -> Vec<Item> {
    let lower = text.to_ascii_lowercase();
    let mut out = Vec::new();
    let mut from = 0;
    while let Some((start, name)) = next_item(&lower, from).filter(|_| out.len() < max) {
        let body = start + name.len() + 1;
        let close = find_outside_cdata(&lower, body, &format!("</{name}"));
        let next = next_item(&lower, body).map_or(lower.len(), |(at, _)| at);
        let end = close.unwrap_or(lower.len()).min(next);
        let fragment = Fragment { text: text.get(body..end).unwrap_or_default(), lower: lower.get(body..end).unwrap_or_default() };
        let item = fragment.item();
        if !item.title.is_empty() || item.link.is_some() || item.summary.is_some() || item.content.is_some() {
            out.push(item);
        }
        from = end.max(body);
    }
    out
}

/// How many items begin in a text: what a reader should have seen.
pub(super) fn count(text: &str) -> usize {
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    std::iter::from_fn(|| {
        let (at, name) = next_item(&lower, from)?;
        from = at + name.len() + 1;
        Some(())
    })
    .count()
}

fn next_item(lower: &str, from: usize) -> Option<(usize, &'static str)> {
    let find = |name: &'static str| open_tag(lower, from, name).map(|at| (at, name));
    [find("item"), find("entry")].into_iter().flatten().min()
}

/// Where a tag of this name opens, not as the beginning of a longer name nor in a CDATA section.
fn open_tag(lower: &str, mut from: usize, name: &str) -> Option<usize> {
    loop {
        let at = find_outside_cdata(lower, from, &format!("<{name}"))?;
        let after = lower.as_bytes().get(at + name.len() + 1);
        if after.is_none_or(|b| matches!(b, b'>' | b'/') || b.is_ascii_whitespace()) {
            return Some(at);
        }
        from = at + name.len() + 1;
    }
}

/// A stretch of text outside CDATA sections; one that never ends hides nothing.
fn find_outside_cdata(lower: &str, mut from: usize, wanted: &str) -> Option<usize> {
    loop {
        let rest = lower.get(from..)?;
        let at = rest.find(wanted)?;
        let hidden = rest.get(..at)?.find("<![cdata[").and_then(|cdata| Some(from + cdata + rest.get(cdata..)?.find("]]>")?));
        match hidden {
            Some(end) if end > from + at => from = end,
            Some(end) => {
                // a section that ended before: look behind it, there may be another
                let found = find_outside_cdata(lower, end, wanted);
                return found;
            }
            None => return Some(from + at),
        }
    }
}

struct Fragment<'a> {
    text: &'a str,
    lower: &'a str,
}

impl Fragment<'_> {
    fn item(&self) -> Item {
        let any = |names: &[&str]| names.iter().find_map(|n| self.field(n));
        Item {
            id: any(&["guid", "id"]),
            link: any(&["link"]).filter(|l| !l.is_empty()).or_else(|| self.href()),
            title: any(&["title"]).unwrap_or_default(),
            date: any(&["pubdate", "published", "dc:date", "updated", "issued", "modified", "date"]),
            summary: any(&["description", "summary"]),
            content: any(&["content:encoded", "content", "body"]),
        }
    }

    /// The text of a field; one that never closes ends where the next tag begins.
    fn field(&self, name: &str) -> Option<String> {
        let at = open_tag(self.lower, 0, name)?;
        let start = at + self.lower.get(at..)?.find('>')? + 1;
        if self.lower.get(..start)?.ends_with("/>") {
            return None;
        }
        let close = find_outside_cdata(self.lower, start, &format!("</{name}"));
        let end = close.unwrap_or_else(|| start + self.lower.get(start..).and_then(|r| r.find('<')).unwrap_or(self.lower.len() - start));
        Some(plain_value(self.text.get(start..end)?.trim()))
    }

    /// `<link href="…">` of Atom.
    fn href(&self) -> Option<String> {
        let mut from = 0;
        while let Some(at) = open_tag(self.lower, from, "link") {
            let end = at + self.lower.get(at..)?.find('>')?;
            let (tag, lower) = (self.text.get(at..end)?, self.lower.get(at..end)?);
            if !lower.contains("rel=") || lower.contains("alternate") {
                let value = tag.get(lower.find("href=")? + 5..)?;
                let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                return value.get(1..)?.split(quote).next().map(plain_value);
            }
            from = end;
        }
        None
    }
}

/// CDATA as it is, entities undone otherwise.
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
