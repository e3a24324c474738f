//! Page, page numbers and styles, with the measures of GB/T 9704-2012 as far as they suit a newsletter.

use docx_rs::{
    AlignmentType, Docx, Footer, LineSpacing, LineSpacingType, PageMargin, PageNum, Paragraph, Run, RunFonts, SpecialIndentType, Style, StyleType,
};

use crate::render::columns;

pub(super) const RED: &str = "C00000";
const SONG_TITLE: &str = "方正小标宋简体";
const SONG: &str = "宋体";
pub(super) const HEI: &str = "黑体";
const FANG: &str = "仿宋";
pub(super) const KAI: &str = "楷体";
/// Line height: 22 lines fill the 637.8 points of the type area (GB/T 9704-2012, 5.2.3), exactly 28.95 points each.
const LINE: i32 = 579;
/// Character spacing: 28 characters of 16 points fill its 442.2 points if each is a quarter of a point closer; in twentieths of a
/// point.
const SPACING: i32 = -5;
/// Width of two characters, in twentieths of a point.
const TWO_CHARS: i32 = 2 * (16 * 20 + SPACING);
/// Width of a 四号 character, 14 points, in twentieths of a point.
pub(super) const CHAR_14: i32 = 280;
/// Maximum and minimum size of the name in the masthead, in half points.
const MASTHEAD: (usize, usize) = (84, 36);
const PAGE: (u32, u32) = (11_906, 16_838);
const MARGIN_LEFT: i32 = 1588;
const MARGIN_RIGHT: i32 = 1474;

/// Position and width of the text, in twentieths of a point.
#[derive(Clone, Copy)]
pub(super) struct TypeArea {
    pub(super) left: u32,
    pub(super) width: usize,
}

impl TypeArea {
    /// The type area of GB/T 9704.
    pub(super) const STANDARD: Self = Self { left: 1588, width: 11_906 - 1588 - 1474 };
}

pub(super) fn fonts(east_asia: &str) -> RunFonts {
    RunFonts::new().east_asia(east_asia).ascii("Times New Roman").hi_ansi("Times New Roman")
}

/// Returns the body font, for runs in a paragraph with another font.
pub(super) fn body_fonts() -> RunFonts {
    fonts(FANG)
}

/// Returns the size at which a publication's name fits on one line, in half points.
fn masthead_size(name: &str) -> usize {
    // ten twentieths of a point make a half point, and two columns are as wide as the size; leave some room for bold type
    let fits = (TypeArea::STANDARD.width / 10 - 8) * 2 / columns(name).max(1);
    fits.clamp(MASTHEAD.1, MASTHEAD.0)
}

/// Adds the styles, each named as Word shows it; the masthead's size depends on the length of the publication's name.
pub(super) fn styles(d: Docx, publication: &str) -> Docx {
    let style = |id: &str, name: &str, font: &str, half_points: usize| {
        Style::new(id, StyleType::Paragraph).name(name).fonts(fonts(font)).size(half_points).q_format(true)
    };
    let exactly = || LineSpacing::new().line_rule(LineSpacingType::Exact).line(LINE);
    let closer = |mut style: Style| {
        style.run_property = style.run_property.character_spacing(SPACING);
        style
    };
    let text = |id: &str, name: &str, font: &str| {
        closer(style(id, name, font, 32).line_spacing(exactly()).indent(None, Some(SpecialIndentType::FirstLine(TWO_CHARS)), None, None))
    };
    let song = RunFonts::new().east_asia(SONG).ascii(SONG).hi_ansi(SONG);
    let masthead = style("Masthead", "报头", SONG_TITLE, masthead_size(publication));
    d.default_fonts(fonts(FANG))
        .default_size(32)
        .add_style(closer(style("Normal", "Normal", FANG, 32).line_spacing(exactly())))
        .add_style(style("Marks", "份号密级", HEI, 32).align(AlignmentType::Left))
        .add_style(masthead.color(RED).bold().align(AlignmentType::Center).line_spacing(LineSpacing::new().before(240).after(160)))
        .add_style(style("Issue", "期号", FANG, 24).align(AlignmentType::Center))
        .add_style(style("Heading1", "heading 1", HEI, 36).color(RED).bold().outline_lvl(0).line_spacing(LineSpacing::new().before(240).after(120)))
        .add_style(style("Heading2", "heading 2", HEI, 32).bold().outline_lvl(1).line_spacing(LineSpacing::new().before(200).after(80)))
        .add_style(text("BodyText", "Body Text", FANG))
        .add_style(text("Note", "按语", KAI))
        .add_style(style("Origin", "来源", FANG, 24).color("595959").align(AlignmentType::Right))
        .add_style(style("Contents", "目录", FANG, 28))
        .add_style(style("Imprint", "版记", FANG, 28).line_spacing(LineSpacing::new().before(60).after(60)))
        .add_style(style("Footer", "footer", SONG, 28).fonts(song))
}

/// Sets A4 with the margins of GB/T 9704 (37 mm top, 35 bottom, 28 left, 26 right) and page numbers at the bottom outside edge
/// (7.5).
pub(super) fn page(d: Docx) -> Docx {
    let margin = PageMargin::new().top(2098).bottom(1984).left(MARGIN_LEFT).right(MARGIN_RIGHT).header(851).footer(1400).gutter(0);
    let odd = page_number("7F000001").align(AlignmentType::Right).indent(None, None, Some(CHAR_14), None);
    let even = page_number("7F000002").align(AlignmentType::Left).indent(Some(CHAR_14), None, None, None);
    d.page_size(PAGE.0, PAGE.1).page_margin(margin).footer(Footer::new().add_paragraph(odd)).even_footer(Footer::new().add_paragraph(even))
}

/// Returns — 1 —.
fn page_number(id: &str) -> Paragraph {
    Paragraph::new().id(id).style("Footer").add_run(Run::new().add_text("— ")).add_page_num(PageNum::new()).add_run(Run::new().add_text(" —"))
}
