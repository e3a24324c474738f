//! What stands around the items: the head with its red rule, and the 版记 at the end.

use docx_rs::{
    AlignmentType, BorderType, Docx, LineSpacing, Paragraph, ParagraphBorder, ParagraphBorderPosition, ParagraphBorders, Run, SpecialIndentType, Tab,
    TabValueType,
};

use super::{RED, TEXT_WIDTH};
use crate::model::Edition;
use crate::render::chinese_date;
use crate::text::normalize::collapse_whitespace;

const BLACK: &str = "000000";

/// A line that stays on the page of the next one, as all of the head and the 版记 do.
fn line(style: &str, text: &str) -> Paragraph {
    Paragraph::new().style(style).keep_next(true).keep_lines(true).add_run(Run::new().add_text(collapse_whitespace(text)))
}

/// One text at the left edge and one at the right.
fn both_edges(left: &str, right: &str) -> Paragraph {
    let paragraph = line("Issue", left).align(AlignmentType::Left);
    if right.is_empty() {
        return paragraph;
    }
    let tab = Tab::new().val(TabValueType::Right).pos(TEXT_WIDTH);
    paragraph.add_tab(tab).add_run(Run::new().add_tab().add_text(collapse_whitespace(right)))
}

fn ruled(mut paragraph: Paragraph, position: ParagraphBorderPosition, size: usize, color: &str) -> Paragraph {
    let border = ParagraphBorder::new(position).val(BorderType::Single).size(size).space(6).color(color);
    paragraph.property = paragraph.property.set_borders(ParagraphBorders::with_empty().set(border));
    paragraph
}

/// 内部资料 and 编号, the name, 期号, then 编印单位 and date over a red rule (GB/T 9704-2012, 10.1).
pub(super) fn masthead(d: Docx, e: &Edition) -> Docx {
    let notice = if e.is_final { e.classification_notice.clone() } else { format!("{}　草稿", e.classification_notice) };
    d.add_paragraph(both_edges(&notice, &e.imprint.serial))
        .add_paragraph(line("Masthead", &e.publication))
        .add_paragraph(line("Issue", &e.issue_label()))
        .add_paragraph(ruled(both_edges(e.printed_by(), &chinese_date(e.date)), ParagraphBorderPosition::Bottom, 18, RED))
}

/// 版记: who is responsible, to whom it goes, who prints it, each under a rule (GB/T 9704-2012, 7.4).
pub(super) fn imprint(d: Docx, e: &Edition) -> Docx {
    let people = e.imprint.people();
    let mut d = if people.is_empty() { d } else { d.add_paragraph(line("Issue", &people).align(AlignmentType::Left).line_spacing(space_above())) };
    for (n, to) in e.imprint.addressees().iter().enumerate() {
        let paragraph = line("Issue", to).align(AlignmentType::Left).indent(Some(2 * 240), Some(SpecialIndentType::Hanging(2 * 240)), None, None);
        d = d.add_paragraph(if n == 0 { ruled(paragraph, ParagraphBorderPosition::Top, 8, BLACK).line_spacing(space_above()) } else { paragraph });
    }
    let copies = if e.imprint.copies == 0 { String::new() } else { format!("（共印{}份）", e.imprint.copies) };
    let printed = format!("{}印发{copies}", chinese_date(e.date));
    let organiser = format!("主办：{}", e.organiser);
    let last = |paragraph| ruled(paragraph, ParagraphBorderPosition::Top, 8, BLACK).line_spacing(space_above());
    match &e.printer {
        None => d.add_paragraph(last(both_edges(&organiser, &printed))),
        Some(printer) => d.add_paragraph(last(both_edges(&organiser, ""))).add_paragraph(both_edges(&format!("编印：{printer}"), &printed)),
    }
}

fn space_above() -> LineSpacing {
    LineSpacing::new().before(240)
}
