//! An item in the document: headline, text with tables, picture, 来源.

use docx_rs::{
    AlignmentType, Docx, Hyperlink, HyperlinkData, HyperlinkType, LineSpacing, LineSpacingType, Paragraph, Pic, Run, Table, TableAlignmentType,
    TableCell, TableRow, WidthType,
};

use super::styles::{self, HEI, KAI, TypeArea};
use super::{anchor, body, paragraph};
use crate::model::{Figures, Item, Picture};
use crate::render::blocks::{Block, blocks};
use crate::render::{Files, figures_chart};
use crate::text::normalize::collapse_whitespace;

/// English metric units (EMU) per twentieth of a point.
const EMU_PER_TWENTIETH: u32 = 635;
/// Maximum height of a picture: half a page.
const MAX_HEIGHT_EMU: u32 = 10 * 360_000;
/// English metric units (EMU) per pixel, at 96 dpi.
const EMU_PER_PIXEL: u32 = 9525;

/// Adds an item; `id` is its number in the document.
pub(super) fn add(d: Docx, i: &Item, id: usize, files: &Files, area: TypeArea) -> Docx {
    let title = Paragraph::new()
        .style("Heading2")
        .keep_next(true)
        .add_bookmark_start(id, anchor(id))
        .add_run(Run::new().add_text(collapse_whitespace(&i.title)))
        .add_bookmark_end(id);
    let mut d = d.add_paragraph(title);
    for line in i.printed_note().lines() {
        d = d.add_paragraph(paragraph("Note", line));
    }
    for (n, block) in blocks(i.printed()).into_iter().enumerate() {
        d = match block {
            Block::Paragraph(line) => d.add_paragraph(text_line(&line.replace('\t', "　"))),
            Block::Table(rows) => d.add_table(table(&rows, id, n, area.width)),
        };
    }
    if let Some(f) = &i.figures {
        d = add_figures(d, f, id, area);
    }
    if let Some((p, bytes)) = i.picture.as_ref().and_then(|p| Some((p, files.get(&p.file.id)?))) {
        let run = Run::new().add_image(picture(p, bytes, id, area.width));
        // an exact line height of 28 points would show only the picture's foot
        let line = LineSpacing::new().line_rule(LineSpacingType::Auto).line(240).before(120).after(120);
        d = d.add_paragraph(Paragraph::new().align(AlignmentType::Center).line_spacing(line).add_run(run));
    }
    if !i.attachments.is_empty() {
        let names: Vec<&str> = i.attachments.iter().map(|f| f.name.as_str()).collect();
        d = d.add_paragraph(
            Paragraph::new().style("Origin").add_run(Run::new().add_text(collapse_whitespace(&format!("附件：{}", names.join("、"))))),
        );
    }
    origin(d, i, id)
}

/// Index of the table of figures among the blocks of an item, above those of its text.
const FIGURES_BLOCK: usize = 0xf;

/// Adds the table and chart of figures over time, with their source.
fn add_figures(d: Docx, f: &Figures, id: usize, area: TypeArea) -> Docx {
    let rows = f.short_table();
    let rows: Vec<Vec<&str>> = rows.iter().map(|r| r.iter().map(String::as_str).collect()).collect();
    let centred = || Paragraph::new().align(AlignmentType::Center);
    let mut d = d.add_paragraph(centred().keep_next(true).add_run(Run::new().size(24).add_text(collapse_whitespace(&f.caption()))));
    d = d.add_table(table(&rows, id, FIGURES_BLOCK, area.width));
    if let Some(png) = figures_chart(f) {
        let line = LineSpacing::new().line_rule(LineSpacingType::Auto).line(240).before(120).after(120);
        d = d.add_paragraph(centred().line_spacing(line).add_run(Run::new().add_image(drawn(&png, format!("rIdFigures{id}"), area.width))));
    }
    let source = f.source_line();
    if source.is_empty() { d } else { d.add_paragraph(paragraph("Origin", &source)) }
}

/// Longest heading within a text, in characters.
const MAX_HEADING_CHARS: usize = 30;

/// Returns the font of a heading within a text (GB/T 9704-2012, 7.3.3): 一、 in 黑体, （一） in 楷体; `None` for other lines.
fn heading_font(line: &str) -> Option<&'static str> {
    let numerals = |c: char| "一二三四五六七八九十".contains(c);
    if line.chars().count() > MAX_HEADING_CHARS || line.ends_with(['。', '；', '：', '，']) {
        return None;
    }
    let rest = line.trim_start_matches('（').trim_start_matches(numerals);
    if line.starts_with(numerals) && rest.starts_with('、') {
        Some(HEI)
    } else {
        (line.starts_with('（') && rest.starts_with('）')).then_some(KAI)
    }
}

/// Returns a paragraph of a text; a heading keeps with the next one.
fn text_line(line: &str) -> Paragraph {
    let Some(font) = heading_font(line) else { return body(line) };
    let run = Run::new().fonts(styles::fonts(font)).add_text(collapse_whitespace(line));
    Paragraph::new().style("BodyText").keep_next(true).add_run(run)
}

/// Adds 来源, as a link if the item has an address.
fn origin(d: Docx, i: &Item, id: usize) -> Docx {
    if i.publisher.is_empty() {
        return d;
    }
    let date = i.date.map(|day| format!("　{day}")).unwrap_or_default();
    let words = Run::new().add_text(collapse_whitespace(&format!("来源：{}{date}", i.printed_source())));
    let line = Paragraph::new().style("Origin");
    let Some(url) = i.link() else { return d.add_paragraph(line.add_run(words)) };
    let mut link = Hyperlink::new(url.as_str(), HyperlinkType::External).add_run(words.color("1F4E8C"));
    if let HyperlinkData::External { rid, .. } = &mut link.link {
        *rid = format!("rIdOrigin{id}");
    }
    d.add_paragraph(line.add_hyperlink(link))
}

/// Returns a table with equal columns; `n` is its index among the item's blocks.
fn table(rows: &[Vec<&str>], id: usize, n: usize, text_width: usize) -> Table {
    let columns = rows.first().map_or(1, Vec::len).max(1);
    let width = text_width / columns;
    // ids of the item, above those of paragraphs outside tables
    let cells = |row: usize, texts: &[&str]| {
        let cell = |(column, text): (usize, &&str)| {
            let name = format!("{:08X}", 0x1000_0000 + ((id * 0x1000 + n * 0x100 + row * columns + column) & 0x0fff_ffff));
            let line = LineSpacing::new().line_rule(LineSpacingType::Auto).line(240);
            let words = Run::new().size(24).add_text(collapse_whitespace(text));
            TableCell::new().width(width, WidthType::Dxa).add_paragraph(Paragraph::new().id(name).line_spacing(line).add_run(words))
        };
        TableRow::new(texts.iter().enumerate().map(cell).collect())
    };
    Table::new(rows.iter().enumerate().map(|(at, row)| cells(at, row)).collect())
        .set_grid(vec![width; columns])
        .width(width * columns, WidthType::Dxa)
        .align(TableAlignmentType::Center)
}

/// Returns a picture that this program drew, as wide as the text; `id` is its relation.
pub(super) fn drawn(png: &[u8], id: String, text_width: usize) -> Pic {
    // width and height stand in the header of the file (PNG specification, 11.2.2)
    let length = |at: usize| png.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(1, u32::from_be_bytes).max(1);
    let (width, height) = (length(16), length(20));
    let wide = u32::try_from(text_width).unwrap_or(u32::MAX).saturating_mul(EMU_PER_TWENTIETH);
    let high = u32::try_from(u64::from(wide) * u64::from(height) / u64::from(width)).unwrap_or(wide);
    Pic::new_with_dimensions(png.to_vec(), width / 2, height / 2).id(id).size(wide, high)
}

/// Returns a picture at its own size, limited to the text's width and half a page.
fn picture(p: &Picture, png: &[u8], id: usize, text_width: usize) -> Pic {
    let (width, height) = (p.width.saturating_mul(EMU_PER_PIXEL).max(1), p.height.saturating_mul(EMU_PER_PIXEL).max(1));
    let most = u32::try_from(text_width).unwrap_or(u32::MAX).saturating_mul(EMU_PER_TWENTIETH);
    let scale = f64::from(most.min(width)) / f64::from(width);
    let scale = scale.min(f64::from(MAX_HEIGHT_EMU.min(height)) / f64::from(height));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the text's width and half a page")]
    let scaled = |length: u32| (f64::from(length) * scale) as u32;
    Pic::new_with_dimensions(png.to_vec(), p.width, p.height).id(format!("rIdPicture{id}")).size(scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_within_a_text_have_their_type() {
        let table = [("一、现状", Some(HEI)), ("十二、附则", Some(HEI)), ("（三）建立储备", Some(KAI)), ("一家企业说", None)];
        let more = [("一、出口额增长，订单充足。", None), ("（一季度）增长", None), ("现状", None)];
        for (line, font) in table.into_iter().chain(more) {
            assert_eq!(heading_font(line), font, "{line}");
        }
    }
}
