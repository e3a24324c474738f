//! Cells of tables that spreadsheets open.

/// Puts an apostrophe in front of what a spreadsheet would take for a formula. Full-width signs count: Chinese editions of Excel
/// take them too.
pub fn disarmed(text: String) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n']);
    if formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed() {
        assert_eq!(disarmed("a=1".to_owned()), "a=1");
        for f in ["=HYPERLINK(1)", "+1", "-1", "@x", "＝1+1", "\t=1", "\r=1"] {
            assert_eq!(disarmed(f.to_owned()), format!("'{f}"));
        }
    }
}
