//! Unescaped HTML in RSS feeds: tags inside texts, and links as HTML serialises them.

use crate::discover::sniff::first_tags;

/// Feed elements that contain only text.
const TEXTS: [&str; 3] = ["title", "description", "content:encoded"];
/// HTML elements that occur inside texts; none is a feed element.
const INNER: &str = "a abbr article b big blockquote br center cite code dd del div dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i \
    img li mark ol p pre s section small span strong sub sup table tbody td tr tt u ul";

/// The markup that a `<` begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Raw<'a> {
    /// A tag inside a text.
    Tag,
    /// `<link/>http://a.cn/1.html`, as HTML serialises `<link>http://a.cn/1.html</link>`.
    Link {
        address: &'a str,
        /// Bytes of element and address.
        length: usize,
    },
}

/// Parser position in a feed.
pub(super) struct RawMarkup {
    is_rss: bool,
    /// The element whose text is being read.
    text_of: Option<&'static str>,
}

impl RawMarkup {
    pub(super) fn new(feed: &str) -> Self {
        let is_rss = first_tags(feed).any(|tag| matches!(tag.as_str(), "rss" | "rdf" | "channel"));
        Self { is_rss, text_of: None }
    }

    /// Returns the raw HTML at this position, if any. Callers must ask at every `<`.
    pub(super) fn at<'a>(&mut self, rest: &'a str) -> Option<Raw<'a>> {
        if !self.is_rss || !rest.starts_with('<') || rest.starts_with("<!") {
            return None;
        }
        let inner = rest.get(1..)?;
        let closes = inner.starts_with('/');
        let inner = inner.strip_prefix('/').unwrap_or(inner);
        let length = inner.bytes().take(20).take_while(|b| b.is_ascii_alphanumeric() || *b == b':').count();
        let name = inner.get(..length)?;
        if self.text_of.is_some() {
            if INNER.split_ascii_whitespace().any(|n| n.eq_ignore_ascii_case(name)) {
                return Some(Raw::Tag);
            }
            self.text_of = None;
        } else if !closes {
            self.text_of = TEXTS.into_iter().find(|t| *t == name);
        }
        link(rest)
    }
}

fn link(rest: &str) -> Option<Raw<'_>> {
    let behind = ["<link/>", "<link />"].into_iter().find_map(|link| rest.strip_prefix(link))?;
    let text = behind.get(..behind.find('<')?)?;
    let address = text.trim();
    address.starts_with("http").then(|| Raw::Link { address, length: rest.len() - behind.len() + text.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_of_rss_hold_markup() {
        let tags = |feed: &str| {
            let mut markup = RawMarkup::new(feed);
            feed.match_indices('<').filter(|(at, _)| markup.at(&feed[*at..]) == Some(Raw::Tag)).count()
        };
        assert_eq!(tags("<rss><item><title>a<em>b</em></title><link>x</link></item></rss>"), 2);
        assert_eq!(tags("<rss><item><title>a<link>x</link><b>y</b></item></rss>"), 0, "a title that never ends");
        assert_eq!(tags("<feed><title type='xhtml'><div>a</div></title></feed>"), 0);
        assert_eq!(RawMarkup::new("<rss>").at("<link/> http://a.cn/ <b>"), Some(Raw::Link { address: "http://a.cn/", length: 21 }));
        assert_eq!(RawMarkup::new("<rss>").at("<link/><b>"), None);
    }
}
