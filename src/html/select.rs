//! CSS selectors of the admin, by `scraper`: it parses the markup that our tree writes, and its elements map back to our nodes.

use scraper::{ElementRef, Html};

use crate::html::tree::{NodeId, Tree};
use crate::html::write::{NUMBER, numbered};

/// A page that CSS selectors can query.
pub struct Selectable(Html);

impl Selectable {
    /// Serialises a tree and parses it again with `scraper`.
    pub fn new(tree: &Tree<'_>) -> Self {
        Self(Html::parse_document(&numbered(tree)))
    }

    /// Returns the page as `scraper` parsed it.
    pub fn html(&self) -> &Html {
        &self.0
    }

    /// Returns the matching nodes, in order; none for an invalid selector.
    pub fn select(&self, selector: &str) -> Vec<NodeId> {
        let Ok(selector) = scraper::Selector::parse(selector) else { return Vec::new() };
        self.0.select(&selector).filter_map(node_of).collect()
    }
}

/// Returns the node of our tree that became this element.
pub fn node_of(element: ElementRef<'_>) -> Option<NodeId> {
    element.value().attr(NUMBER)?.parse().ok().map(NodeId::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::{Attr, Tag};

    #[test]
    fn selectors_lead_back_to_nodes() {
        let tree = Tree::parse("<div class=a data-x=1><p>一<script>if (a</b) '</p>'</script></p><table><tr><td>二&lt;</table></div><p>三");
        let page = Selectable::new(&tree);
        let texts = |selector: &str| -> Vec<String> {
            let found = page.select(selector).into_iter().filter_map(|id| tree.get(id));
            found.map(|n| n.texts().collect::<String>()).collect()
        };
        assert_eq!(texts("[data-x='1'] > p"), ["一if (a</b) '</p>'"]);
        assert_eq!(texts("table > tbody > tr > td"), ["二<"]);
        assert_eq!(texts("body > p"), ["三"]);
        assert!(texts("p[").is_empty());
        assert_eq!(tree.elements(Tag::Div).next().and_then(|d| d.attr(Attr::Class)), Some("a"));
    }
}
