//! The masthead with its red rule.

use docx_rs::{AlignmentType, BorderType, Docx, Paragraph, ParagraphBorder, ParagraphBorderPosition, ParagraphBorders, Run, Tab, TabValueType};

use super::styles::{RED, TypeArea, body_fonts};
use crate::model::Edition;
use crate::render::chinese_date;
use crate::text::normalize::collapse_whitespace;

/// Returns a line that keeps with the next one, as all of the masthead does.
fn line(style: &str, text: &str) -> Paragraph {
    Paragraph::new().style(style).keep_next(true).keep_lines(true).add_run(Run::new().add_text(collapse_whitespace(text)))
}

/// Returns a line with one text at the left edge and one at the right.
fn both_edges(style: &str, left: &str, right: &str) -> Paragraph {
    let paragraph = line(style, left).align(AlignmentType::Left);
    if right.is_empty() {
        return paragraph;
    }
    let tab = Tab::new().val(TabValueType::Right).pos(TypeArea::STANDARD.width);
    paragraph.add_tab(tab).add_run(Run::new().fonts(body_fonts()).add_tab().add_text(collapse_whitespace(right)))
}

/// Returns 密级 or the notice in its place, and whether the issue is a draft.
pub(super) fn notice(e: &Edition) -> String {
    let draft = if e.is_final { "" } else { "草稿" };
    [e.classification_notice.as_str(), draft].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join("　")
}

/// Returns 份号 in the first line and 密级 in the second, or in the first without 份号 (GB/T 9704-2012, 7.2); 编号 at the right of the
/// first.
fn marks(e: &Edition) -> Vec<Paragraph> {
    let lines: Vec<String> = [e.imprint.copy_number.clone(), notice(e)].into_iter().filter(|l| !l.is_empty()).collect();
    if lines.is_empty() {
        return vec![both_edges("Marks", "", &e.imprint.serial)];
    }
    lines.iter().enumerate().map(|(n, left)| both_edges("Marks", left, if n == 0 { &e.imprint.serial } else { "" })).collect()
}

/// Returns the last line of the masthead, above the red rule.
fn last_line(left: &str, right: &str) -> Paragraph {
    let border = ParagraphBorder::new(ParagraphBorderPosition::Bottom).val(BorderType::Single).size(18).space(6).color(RED);
    let mut last = both_edges("Issue", left, right);
    last.property = last.property.set_borders(ParagraphBorders::with_empty().set(border));
    last
}

/// Adds 份号, 密级 and 编号, the name, 期号, then 编印单位 and date above a red rule (GB/T 9704-2012, 10.1).
pub(super) fn masthead(d: Docx, e: &Edition) -> Docx {
    let d = marks(e).into_iter().fold(d, Docx::add_paragraph);
    d.add_paragraph(line("Masthead", &e.publication))
        .add_paragraph(line("Issue", &e.issue_label()))
        .add_paragraph(last_line(e.printed_by(), &chinese_date(e.date)))
}

/// Adds the masthead of a document that is no issue: notice, name, further lines, then organiser and date above a red rule.
pub(super) fn plain(d: Docx, notice: &str, name: &str, lines: &[String], (organiser, date): (&str, &str)) -> Docx {
    let d = d.add_paragraph(both_edges("Marks", notice, "")).add_paragraph(line("Masthead", name));
    lines.iter().fold(d, |d, words| d.add_paragraph(line("Issue", words))).add_paragraph(last_line(organiser, date))
}
