//! The review as mail: HTML with pictures, text, and the document.

use askama::Template;
use chrono_tz::Tz;

use super::{ReviewCell, ReviewLink, ReviewSection, legend, review_stem, review_subject, sections};
use crate::render::chart::{bars, bars_alt};
use crate::render::docx::review_docx;
use crate::render::{AttachedFile, DOCX, InlinePicture, RenderError, RenderedIssue};
use crate::review::Review;

#[derive(Template)]
#[template(path = "review_mail.html")]
struct Mail<'a> {
    subject: String,
    r: &'a Review,
    organiser: &'a str,
    sections: Vec<(ReviewSection, Option<(String, String)>)>,
    legend: String,
}

impl ReviewCell {
    /// Returns the address of an article outside of the console.
    fn address(&self) -> Option<&str> {
        match &self.link {
            Some(ReviewLink::Article(_, url)) => Some(url),
            _ => None,
        }
    }
}

/// Returns the review as plain text.
pub fn review_text(r: &Review, zone: Tz) -> String {
    let mut out = format!("{}\n", review_subject(r));
    for section in sections(r, zone) {
        out.push_str(&format!("\n●{}\n", section.title));
        for line in &section.paragraphs {
            out.push_str(&format!("{line}\n"));
        }
        let Some(table) = &section.table else { continue };
        for row in &table.rows {
            let cells = row.iter().zip(&table.heads).filter(|(cell, _)| !cell.text.is_empty());
            let words: Vec<String> = cells
                .enumerate()
                .map(|(at, (cell, head))| if at == 0 || head.is_empty() { cell.text.clone() } else { format!("{head} {}", cell.text) })
                .collect();
            out.push_str(&format!("- {}\n", words.join("；")));
            if let Some(address) = row.iter().find_map(ReviewCell::address) {
                out.push_str(&format!("  {address}\n"));
            }
        }
    }
    out
}

/// Returns the parts of the review's mail.
///
/// # Errors
/// If the template or the document cannot be written.
pub fn review_mail(r: &Review, organiser: &str, notice: &str, zone: Tz) -> Result<RenderedIssue, RenderError> {
    let document =
        AttachedFile { name: format!("{}.docx", review_stem(r)), media_type: DOCX.to_owned(), bytes: review_docx(r, organiser, notice, zone)? };
    let (mut pictures, mut shown) = (Vec::new(), Vec::new());
    for (at, section) in sections(r, zone).into_iter().enumerate() {
        let picture = bars(&section.chart, r.known_weeks()).map(|bytes| {
            let id = format!("bars{at}@qingbao");
            pictures.push(InlinePicture { id: id.clone(), bytes });
            (id, bars_alt(&section.chart))
        });
        shown.push((section, picture));
    }
    let subject = review_subject(r);
    let html = Mail { subject: subject.clone(), r, organiser, sections: shown, legend: legend(r) }.render()?;
    Ok(RenderedIssue { subject, text: review_text(r, zone), html, pictures, attachments: vec![document] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::sample;

    #[test]
    fn the_text_of_a_week_is_this() {
        insta::assert_snapshot!(review_text(&sample(), chrono_tz::Asia::Shanghai));
    }

    #[test]
    fn the_mail_has_document_and_picture_and_the_same_bytes_each_time() {
        let mail = || review_mail(&sample(), "许昌市科学技术情报研究所", "内部资料", chrono_tz::Asia::Shanghai).unwrap();
        let m = mail();
        assert_eq!(m.subject, "许昌竞争情报快递 一周综述 2026年第48周（11月23日—29日）");
        assert_eq!((m.pictures.len(), m.attachments.len()), (1, 1));
        assert_eq!(m.attachments[0].name, "许昌竞争情报快递一周综述2026-W48.docx");
        assert!(m.html.contains("cid:bars1@qingbao") && m.html.contains("食品 20，此前平均 5（4～6）偏多"), "{}", m.html);
        assert_eq!(mail().attachments[0].bytes, m.attachments[0].bytes);
        insta::assert_snapshot!(m.html);
    }

    #[test]
    fn a_hostile_title_is_text() {
        let mut r = sample();
        r.events[0].lead.title = "<script>alert(1)</script>\u{b}".to_owned();
        let m = review_mail(&r, "甲", "", chrono_tz::Asia::Shanghai).unwrap();
        assert!(!m.html.contains("<script>") && m.html.contains("&#60;script&#62;"), "{}", m.html);
    }
}
