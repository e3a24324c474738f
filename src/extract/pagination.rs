//! How a link to the next page is written.

use crate::knowledge::LISTS;

/// Whether a link's whole text says that a list or an article goes on behind it.
pub fn says_next(text: &str) -> bool {
    let words = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '【' | '】' | '>' | '＞' | '»' | '›' | '→'));
    LISTS.pager.next.contains(words)
}

#[cfg(test)]
mod tests {
    use super::says_next;

    #[test]
    fn the_words_alone_count() {
        assert!(["下一页", "[下页]", "下一页 >", "【下一页】"].iter().all(|t| says_next(t)));
        assert!(!says_next("下一页的故事") && !says_next("上一页"));
    }
}
