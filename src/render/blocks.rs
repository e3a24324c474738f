//! The text of an item as paragraphs and tables.

/// A block of an item's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block<'a> {
    /// One line.
    Paragraph(&'a str),
    /// Lines with cells separated by tabs; all rows have equal length, padded with empty cells.
    Table(Vec<Vec<&'a str>>),
}

/// Maximum cells in a row; the last one takes the rest of the line.
const MAX_CELLS: usize = 12;

/// Splits a text into blocks, without blank lines. A single line with tabs is not a table.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let mut out = Vec::new();
    for run in lines.chunk_by(|a, b| a.contains('\t') == b.contains('\t')) {
        match run {
            [first, _, ..] if first.contains('\t') => out.push(table(run)),
            _ => out.extend(run.iter().copied().map(Block::Paragraph)),
        }
    }
    out
}

fn table<'a>(lines: &[&'a str]) -> Block<'a> {
    let mut rows: Vec<Vec<&str>> = lines.iter().map(|l| l.splitn(MAX_CELLS, '\t').map(str::trim).collect()).collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    for row in &mut rows {
        row.resize(width, "");
    }
    Block::Table(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_tabs_become_rows() {
        let table = Block::Table(vec![vec!["指标", "数值", "增速"], vec!["产值", "12", ""]]);
        assert_eq!(blocks("一段\n\n指标\t数值\t增速\n产值\t12\n二段"), [Block::Paragraph("一段"), table, Block::Paragraph("二段")]);
        assert_eq!(blocks("甲\t乙"), [Block::Paragraph("甲\t乙")]);
        assert_eq!(blocks(""), []);
    }
}
