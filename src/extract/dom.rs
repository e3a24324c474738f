//! A page to a tree, in time linear in its length.

use scraper::Html;

use crate::html::{Keep, balance};

/// A parsed page.
pub struct Dom {
    /// The tree.
    pub html: Html,
    /// Tags dropped to keep the tree bounded.
    pub dropped: usize,
}

/// Parses a page; scripts' and styles' text is in the tree, comments, SVG and templates are not.
pub fn parse(text: &str) -> Dom {
    tree(text, Keep::All)
}

/// Parses what a reader sees of a page, and its linked data. Selectors of a source may ask for more: for them, [`parse`].
pub fn parse_shown(text: &str) -> Dom {
    tree(text, Keep::Shown)
}

fn tree(text: &str, keep: Keep) -> Dom {
    let balanced = balance(text, keep);
    Dom { html: Html::parse_document(&balanced.text), dropped: balanced.dropped }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

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
}
