//! 版记: editors, addressees and printer, at the foot of the last page (GB/T 9704-2012, 7.4).

use docx_rs::{
    AlignmentType, BorderType, Docx, LineSpacing, LineSpacingType, Paragraph, Run, SpecialIndentType, Tab, TabValueType, Table, TableCell,
    TableCellBorder, TableCellBorderPosition, TableCellBorders, TableCellMargins, TableLayoutType, TablePositionProperty, TableRow, WidthType,
};

use super::styles::{CHAR_14, TypeArea};
use crate::model::Edition;
use crate::render::{chinese_date, columns};
use crate::text::normalize::collapse_whitespace;

/// Outer rules are 0.35 mm thick, inner ones 0.25 mm; in eighths of a point.
const THICK: usize = 8;
const THIN: usize = 6;
/// Width of a 四号 character in tables.
const CHAR: usize = CHAR_14.unsigned_abs() as usize;
/// First paragraph id, above those of the text and below those of tables.
const FIRST_ID: u32 = 0x0F00_0000;

/// Adds the 版记: a table anchored to the following paragraph and placed at the foot of its page, the last one.
pub(super) fn add(d: Docx, e: &Edition, area: TypeArea) -> Docx {
    let people = e.imprint.people();
    let mut rows: Vec<Vec<Paragraph>> = Vec::new();
    if !people.is_empty() {
        rows.push(vec![line().style("Issue").align(AlignmentType::Left).line_spacing(LineSpacing::new().after(80)).add_run(words(&people))]);
    }
    let ruled_from = rows.len();
    let addressees: Vec<Paragraph> = e.imprint.addressees().iter().map(|to| addressee(to)).collect();
    if !addressees.is_empty() {
        rows.push(addressees);
    }
    rows.push(printed(e, area.width));
    let last = rows.len() - 1;
    let row = |(n, paragraphs): (usize, Vec<Paragraph>)| {
        let above = (n >= ruled_from).then_some(if n == ruled_from { THICK } else { THIN });
        row(paragraphs, n, area.width, above, (n == last).then_some(THICK))
    };
    // relative to the page's edge: only then does LibreOffice keep the position of a table as wide as the text
    let place = TablePositionProperty::new()
        .horizontal_anchor("page")
        .position_x(area.left.try_into().unwrap_or_default())
        .vertical_anchor("margin")
        .position_y_alignment("bottom");
    let table = Table::without_borders(rows.into_iter().enumerate().map(row).collect())
        .set_grid(vec![area.width])
        .width(area.width, WidthType::Dxa)
        .layout(TableLayoutType::Fixed)
        .margins(TableCellMargins::new().margin(0, 0, 0, 0))
        .position(place);
    let anchor = LineSpacing::new().line_rule(LineSpacingType::Exact).line(20);
    d.add_table(table).add_paragraph(Paragraph::new().line_spacing(anchor).add_run(Run::new().size(2)))
}

fn words(text: &str) -> Run {
    Run::new().add_text(collapse_whitespace(text))
}

fn line() -> Paragraph {
    Paragraph::new().style("Imprint").indent(Some(CHAR_14), None, Some(CHAR_14), None)
}

/// Returns 报：…; further lines align with the first word after the colon (GB/T 9704-2012, 7.4.2).
fn addressee(to: &str) -> Paragraph {
    line().indent(Some(3 * CHAR_14), Some(SpecialIndentType::Hanging(2 * CHAR_14)), Some(CHAR_14), None).add_run(words(to))
}

/// Returns 主办 and 编印, with the day of printing at the right of the last one (or below it if both do not fit), then 印数.
fn printed(e: &Edition, width: usize) -> Vec<Paragraph> {
    let day = format!("{}印发", chinese_date(e.date));
    let printer = e.printer.as_ref().map(|p| format!("编印：{p}"));
    let mut names: Vec<String> = std::iter::once(format!("主办：{}", e.organiser)).chain(printer).collect();
    let last = names.pop().unwrap_or_default();
    let mut lines: Vec<Paragraph> = names.iter().map(|n| line().add_run(words(n))).collect();
    let at_right = |text: &str| line().align(AlignmentType::Right).add_run(words(text));
    let first = line().add_run(words(&last));
    if (columns(&last) + columns(&day) + 2) * CHAR / 2 <= width - 2 * CHAR {
        let tab = Tab::new().val(TabValueType::Right).pos(width - CHAR);
        lines.push(first.add_tab(tab).add_run(Run::new().add_tab().add_text(day)));
    } else {
        lines.extend([first, at_right(&day)]);
    }
    if e.imprint.copies > 0 {
        lines.push(at_right(&format!("（共印{}份）", e.imprint.copies)));
    }
    lines
}

/// Returns a row of one cell with rules above and below.
fn row(paragraphs: Vec<Paragraph>, n: usize, width: usize, above: Option<usize>, below: Option<usize>) -> TableRow {
    let rule = |position, size| TableCellBorder::new(position).border_type(BorderType::Single).size(size).color("000000");
    let rules = [(TableCellBorderPosition::Top, above), (TableCellBorderPosition::Bottom, below)];
    let borders = rules.into_iter().filter_map(|(position, size)| Some(rule(position, size?)));
    let borders = borders.fold(TableCellBorders::with_empty(), TableCellBorders::set);
    let id = |at: usize| format!("{:08X}", FIRST_ID + u32::try_from(n * 0x100 + at).unwrap_or_default());
    let cell = TableCell::new().width(width, WidthType::Dxa).set_borders(borders);
    let cell = paragraphs.into_iter().enumerate().fold(cell, |cell, (at, p)| cell.add_paragraph(p.id(id(at))));
    TableRow::new(vec![cell]).cant_split()
}
