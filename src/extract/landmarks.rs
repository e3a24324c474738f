//! Elements for headline, time, 来源 and author, recognised by tag, class and id in one pass.

use rustc_hash::FxHashMap;

use crate::html::{Attr, NodeRef, Tag, Tree};

/// Most elements of each kind examined.
const MAX_HEADINGS: usize = 400;
const MAX_TIMES: usize = 60;
const MAX_SOURCES: usize = 20;
const MAX_AUTHORS: usize = 12;

/// Elements of interest, each kind in document order.
#[derive(Default)]
pub(super) struct Landmarks<'t> {
    pub(super) headings: Vec<NodeRef<'t>>,
    pub(super) times: Vec<NodeRef<'t>>,
    /// Elements for the 来源.
    pub(super) sources: Vec<NodeRef<'t>>,
    pub(super) authors: Vec<NodeRef<'t>>,
}

/// The fields that an element may contain.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // independent flags
struct Holds {
    heading: bool,
    time: bool,
    source: bool,
    author: bool,
}

impl Holds {
    fn add(&mut self, other: Self) {
        self.heading |= other.heading;
        self.time |= other.time;
        self.source |= other.source;
        self.author |= other.author;
    }

    fn by_tag(tag: Tag) -> Self {
        let heading = matches!(tag, Tag::H1 | Tag::H2 | Tag::H3 | Tag::H4 | Tag::H5 | Tag::Strong | Tag::B | Tag::Font | Tag::Td);
        Self { heading, time: tag == Tag::Time, ..Self::default() }
    }

    fn by_class(class: &str) -> Self {
        const HEADING_PARTS: [&str; 4] = ["tit", "Title", "headline", "biaoti"];
        const TIME_PARTS: [&str; 3] = ["publish", "article-time", "post-time"];
        const TIMES: [&str; 6] = ["time", "date", "pubtime", "pub_time", "pubTime", "timer"];
        const SOURCES: [&str; 7] = ["source", "ly", "from", "origin", "source_name", "article-source", "art_source"];
        const AUTHORS: [&str; 11] = [
            "author",
            "byline",
            "author-name",
            "post-author",
            "entry-author",
            "article-author",
            "article__author",
            "byline-name",
            "author__name",
            "authors",
            "zuozhe",
        ];
        let has_part = |parts: &[&str]| parts.iter().any(|p| class.contains(p));
        let mut holds = Self { heading: has_part(&HEADING_PARTS), time: has_part(&TIME_PARTS), source: class.contains("laiyuan"), author: false };
        for word in class.split_ascii_whitespace() {
            holds.time |= TIMES.contains(&word);
            holds.source |= SOURCES.contains(&word);
            holds.author |= AUTHORS.contains(&word);
        }
        holds
    }

    fn by_id(id: &str) -> Self {
        let source = id == "source" || id == "js_name" || id.contains("source_baidu") || id.contains("media_name");
        Self { heading: id.contains("title") || id.contains("Title"), time: id.contains("pubtime"), source, author: false }
    }
}

impl<'t> Landmarks<'t> {
    /// Finds the landmarks of a page.
    pub(super) fn of(tree: &'t Tree<'_>) -> Self {
        let mut found = Self::default();
        // rows of a list share one class
        let mut classes: FxHashMap<&str, Holds> = FxHashMap::default();
        for node in tree.root().descendants() {
            let Some(tag) = node.tag() else { continue };
            let mut holds = Holds::by_tag(tag);
            for (attr, value) in node.attrs() {
                match attr {
                    Attr::Class => holds.add(*classes.entry(value).or_insert_with(|| Holds::by_class(value))),
                    Attr::Id => holds.add(Holds::by_id(value)),
                    Attr::Rel | Attr::Itemprop => {
                        holds.author |= value.eq_ignore_ascii_case("author");
                        holds.time |= matches!(value, "datePublished" | "dateModified" | "dateCreated");
                        holds.heading |= value == "headline";
                    }
                    _ => {}
                }
            }
            found.add(node, holds);
        }
        found
    }

    fn add(&mut self, node: NodeRef<'t>, holds: Holds) {
        let kinds = [
            (holds.heading, &mut self.headings, MAX_HEADINGS),
            (holds.time, &mut self.times, MAX_TIMES),
            (holds.source, &mut self.sources, MAX_SOURCES),
            (holds.author, &mut self.authors, MAX_AUTHORS),
        ];
        for (_, list, _) in kinds.into_iter().filter(|(wanted, list, most)| *wanted && list.len() < *most) {
            list.push(node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_by_names_classes_and_ids() {
        let tree = Tree::parse(
            "<h1>题</h1><div class='news-tit'>题</div><p id=artTitle>题</p><time>时</time><i class='x pubtime'>时</i><i class=publish-at>时</i>\
             <i class=ly>源</i><i id=js_name>源</i><a rel=Author>人</a><i class='meta byline'>人</i><i class=lyric>无</i>",
        );
        let found = Landmarks::of(&tree);
        let texts = |nodes: &[NodeRef<'_>]| nodes.iter().flat_map(|n| n.texts()).collect::<String>();
        assert_eq!(
            (texts(&found.headings), texts(&found.times), texts(&found.sources), texts(&found.authors)),
            ("题题题".to_owned(), "时时时".to_owned(), "源源".to_owned(), "人人".to_owned())
        );
    }
}
