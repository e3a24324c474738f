//! One spelling of the texts in cells.

use crate::text::normalize::{fold_width_and_case, is_noise};

/// Longest cell that is read as a number or period.
pub(super) const MAX_CELL_CHARS: usize = 40;

/// Returns a text in half width and lower case, without blanks, every dash as `-`.
pub(super) fn folded(text: &str) -> String {
    let dash = |c| if matches!(c, '—' | '–' | '―' | '－' | '～' | '~' | '−' | '‐' | '‑' | '至') { '-' } else { c };
    text.chars().map(fold_width_and_case).filter(|c| !c.is_whitespace() && !is_noise(*c)).map(dash).collect()
}
