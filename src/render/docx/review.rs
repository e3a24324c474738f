//! 一周综述 in the layout of an issue: masthead, sections with pictures and tables.

use chrono_tz::Tz;
use docx_rs::{
    AlignmentType, BorderType, Docx, Hyperlink, HyperlinkData, HyperlinkType, LineSpacing, LineSpacingType, Paragraph, Run, Shading, Table,
    TableAlignmentType, TableBorder, TableBorderPosition, TableBorders, TableCell, TableRow, WidthType,
};

use super::item::drawn;
use super::styles::{self, TypeArea};
use super::{DocxError, Properties, body, heading, masthead, pack};
use crate::render::chart::{WIDTH, bars};
use crate::render::chinese_date;
use crate::render::review::{ReviewCell, ReviewLink, ReviewTable, legend, review_subject, sections};
use crate::review::Review;
use crate::text::normalize::collapse_whitespace;

/// First id of paragraphs in tables: above those outside.
const CELL_IDS: usize = 0x1000_0000;

/// Renders the review as .docx.
///
/// # Errors
/// If the library cannot write the document.
pub fn review_docx(r: &Review, organiser: &str, notice: &str, zone: Tz) -> Result<Vec<u8>, DocxError> {
    let mut d = styles::page(styles::styles(Docx::new(), &r.publication));
    let lines = [r.kind(), &r.period().label()].map(str::to_owned);
    let made_on = r.unfinished_at.map_or(r.last_day, |t| t.with_timezone(&zone).date_naive());
    d = masthead::plain(d, notice, &r.publication, &lines, (organiser, &chinese_date(made_on)));
    let mut ids = CELL_IDS;
    for (n, section) in sections(r, zone).into_iter().enumerate() {
        d = d.add_paragraph(heading(&format!("●{}", section.title)));
        for line in &section.paragraphs {
            d = d.add_paragraph(body(line));
        }
        if let Some(png) = bars(&section.chart, r.known_weeks()) {
            let line = LineSpacing::new().line_rule(LineSpacingType::Auto).line(240).before(60).after(60);
            let run = Run::new().add_image(drawn(&png, format!("rIdBars{n}x{WIDTH}"), TypeArea::STANDARD.width));
            d = d.add_paragraph(Paragraph::new().align(AlignmentType::Center).line_spacing(line).add_run(run));
        }
        if let Some(table) = &section.table {
            d = d.add_table(written(table, n, &mut ids));
        }
    }
    d = d.add_paragraph(Paragraph::new().style("Origin").add_run(Run::new().add_text(format!("{}未经编辑审改。", legend(r)))));
    // of a period that is not over: the moment of counting
    let at = r.unfinished_at.map_or_else(|| format!("{}T00:00:00Z", r.last_day), |t| t.format("%FT%TZ").to_string());
    pack(d, &Properties { author: organiser.to_owned(), title: review_subject(r), at })
}

fn written(table: &ReviewTable, section: usize, ids: &mut usize) -> Table {
    let parts: u32 = table.widths.iter().sum::<u32>().max(1);
    let width = |parts_of: u32| TypeArea::STANDARD.width * parts_of as usize / parts as usize;
    let grid: Vec<usize> = table.widths.iter().map(|w| width(*w)).collect();
    let mut cell = |column: usize, content: Paragraph, is_head: bool| {
        *ids += 1;
        let line = LineSpacing::new().line_rule(LineSpacingType::Auto).line(240).before(20).after(20);
        let paragraph = content.id(format!("{ids:08X}")).line_spacing(line);
        let cell = TableCell::new().width(grid.get(column).copied().unwrap_or(1), WidthType::Dxa).add_paragraph(paragraph);
        if is_head { cell.shading(Shading::new().fill("F2F2F2")) } else { cell }
    };
    let run = |text: &str| Run::new().size(21).add_text(collapse_whitespace(text));
    let heads = table.heads.iter().enumerate().map(|(at, h)| cell(at, Paragraph::new().keep_next(true).add_run(run(h).bold()), true)).collect();
    let mut rows = vec![TableRow::new(heads).cant_split()];
    for (n, texts) in table.rows.iter().enumerate() {
        let cells = texts.iter().enumerate().map(|(at, text)| cell(at, filled(text, run(&text.text), &format!("{section}r{n}c{at}")), false));
        rows.push(TableRow::new(cells.collect()).cant_split());
    }
    let line = |position| TableBorder::new(position).border_type(BorderType::Single).size(4).color("999999");
    let borders =
        TableBorders::with_empty().set(line(TableBorderPosition::Top)).set(line(TableBorderPosition::Bottom)).set(line(TableBorderPosition::InsideH));
    Table::new(rows).set_grid(grid.clone()).width(grid.iter().sum(), WidthType::Dxa).align(TableAlignmentType::Center).set_borders(borders)
}

/// Returns the text, as a link if it is the title of an article.
fn filled(cell: &ReviewCell, run: Run, name: &str) -> Paragraph {
    let Some(ReviewLink::Article(_, url)) = &cell.link else { return Paragraph::new().add_run(run) };
    let mut link = Hyperlink::new(url, HyperlinkType::External).add_run(run.color("1F4E8C"));
    if let HyperlinkData::External { rid, .. } = &mut link.link {
        *rid = format!("rIdLink{name}");
    }
    Paragraph::new().add_hyperlink(link)
}
