//! The letters of an article that are compared: folded, without white space.

use crate::text::normalize::fold_width_and_case;

/// Letters read of a title, and of a text.
const TITLE: usize = 60;
pub(super) const WHOLE: usize = 800;

/// Returns the letters of title and text.
pub(super) fn of_article(title: &str, text: &str) -> Vec<char> {
    let mut out = of_title(title);
    out.push('。');
    out.extend(folded(text).take(WHOLE));
    out
}

/// Returns the letters of a title.
pub(super) fn of_title(title: &str) -> Vec<char> {
    folded(title).take(TITLE).collect()
}

/// Returns all letters of a text.
pub(super) fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().map(fold_width_and_case).filter(|c| !c.is_whitespace())
}
