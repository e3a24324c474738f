//! Labels of links to the next page.

use crate::knowledge::LISTS;

/// Returns whether a link's whole text announces the next page of a list or an article.
pub fn is_next_label(text: &str) -> bool {
    let words = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '【' | '】' | '>' | '＞' | '»' | '›' | '→'));
    LISTS.pager.next.contains(words)
}

#[cfg(test)]
mod tests {
    use super::is_next_label;

    #[test]
    fn the_words_alone_count() {
        assert!(["下一页", "[下页]", "下一页 >", "【下一页】"].iter().all(|t| is_next_label(t)));
        assert!(!is_next_label("下一页的故事") && !is_next_label("上一页"));
    }
}
