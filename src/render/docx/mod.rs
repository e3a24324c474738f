//! Writes the edition as .docx in the briefing's layout: A4, red masthead, ●columns, items with text and 来源.
//!
//! Page and type measures follow GB/T 9704-2012 as far as they suit a newsletter: margins 37/35/28/26 mm, 仿宋 三号 body. Every
//! paragraph has a named style, so the navigation pane of Word and WPS shows columns and items.

mod imprint;
mod item;
mod masthead;
mod order;
mod review;
mod styles;
mod template;

use std::io::Cursor;

use docx_rs::{DocumentChild, Docx, Hyperlink, HyperlinkType, Paragraph, Run, SpecialIndentType, Tab, TabLeaderType, TabValueType};
use quick_xml::escape::escape;

use crate::config::docx_template::DocxTemplate;
use crate::model::{Edition, Layout};
use crate::render::Files;
use crate::text::normalize::collapse_whitespace;
pub use review::review_docx;
use styles::TypeArea;

/// Hanging indent of a contents entry, in twentieths of a point.
const CONTENTS_INDENT: i32 = 560;
const CONTENTS_TAB: usize = 560;
/// The library could not write the document.
#[derive(Debug, thiserror::Error)]
#[error("the .docx cannot be written: {0}")]
pub struct DocxError(String);

/// Renders the document, in its publication's template if there is one.
///
/// # Errors
/// If the library cannot write the document.
pub fn docx(edition: &Edition, files: &Files, template: Option<&DocxTemplate>) -> Result<Vec<u8>, DocxError> {
    let Some(template) = template else {
        let d = masthead::masthead(styles::page(styles::styles(Docx::new(), &edition.publication)), edition);
        return pack(imprint::add(items(d, edition, files, TypeArea::STANDARD), edition, TypeArea::STANDARD), &Properties::of(edition));
    };
    let area = TypeArea { left: template.body.left, width: template.body.text_width as usize };
    let mut d = items(styles::styles(Docx::new(), &edition.publication), edition, files, area);
    if !template.body.has_tail() {
        d = imprint::add(d, edition, area);
    }
    template::put_into(template, edition, &pack(d, &Properties::of(edition))?)
}

/// Adds 编者的话, 目录 and the columns with their items.
fn items(mut d: Docx, edition: &Edition, files: &Files, area: TypeArea) -> Docx {
    if !edition.foreword.is_empty() {
        d = d.add_paragraph(heading("●编者的话"));
    }
    for paragraph in edition.foreword.lines() {
        d = d.add_paragraph(body(paragraph));
    }
    let in_columns = edition.layout == Layout::Bulletin;
    if in_columns {
        d = contents(d, edition, area);
    }
    let mut id = 0;
    for column in edition.columns.iter().filter(|c| !c.items.is_empty()) {
        if in_columns {
            // the items begin on a new page
            d = d.add_paragraph(heading(&format!("●{}", column.name)).page_break_before(id == 0));
        }
        for i in &column.items {
            id += 1;
            d = item::add(d, i, id, files, area);
        }
    }
    if let Some(note) = edition.grades_note() {
        d = d.add_paragraph(paragraph("Origin", note));
    }
    d
}

/// Returns the bytes of the document.
fn pack(mut document: Docx, properties: &Properties) -> Result<Vec<u8>, DocxError> {
    number_paragraphs(&mut document);
    let mut out = Cursor::new(Vec::new());
    let mut parts = document.build();
    for part in [&mut parts.document, &mut parts.styles, &mut parts.numberings].into_iter().chain(&mut parts.footers) {
        *part = order::ordered(std::mem::take(part));
    }
    parts.styles = order::without_first_normal(std::mem::take(&mut parts.styles));
    parts.doc_props.core = properties.xml().into_bytes();
    parts.document_rels = order::sorted_relationships(parts.document_rels);
    parts.pack(&mut out).map_err(|e| DocxError(e.to_string()))?;
    Ok(out.into_inner())
}

/// The document properties that Word shows (ECMA-376 part 2, 11).
struct Properties {
    author: String,
    title: String,
    /// RFC 3339.
    at: String,
}

impl Properties {
    fn of(e: &Edition) -> Self {
        let at = e.built_at.map_or_else(|| format!("{}T00:00:00Z", e.date), |t| t.format("%FT%TZ").to_string());
        Self { author: e.organiser.clone(), title: format!("{} {}", e.publication, e.issue_label()), at }
    }

    fn xml(&self) -> String {
        let (author, title, at) = (escape(collapse_whitespace(&self.author)), escape(collapse_whitespace(&self.title)), &self.at);
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
         <cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><cp:lastModifiedBy>{author}</cp:lastModifiedBy>\
         <dcterms:created xsi:type=\"dcterms:W3CDTF\">{at}</dcterms:created><dcterms:modified xsi:type=\"dcterms:W3CDTF\">{at}</dcterms:modified>\
         <dc:language>zh-CN</dc:language></cp:coreProperties>"
        )
    }
}

/// Renumbers paragraph ids: the library counts them over the whole process, and the same edition must give the same bytes.
fn number_paragraphs(d: &mut Docx) {
    let mut next = 0u32;
    for child in &mut d.document.children {
        // table cells have ids of their own
        if let DocumentChild::Paragraph(p) = child {
            next += 1;
            p.id = format!("{next:08X}");
        }
    }
}

fn heading(text: &str) -> Paragraph {
    paragraph("Heading1", text).keep_next(true)
}

fn body(text: &str) -> Paragraph {
    paragraph("BodyText", text)
}

fn paragraph(style: &str, text: &str) -> Paragraph {
    Paragraph::new().style(style).add_run(Run::new().add_text(collapse_whitespace(text)))
}

/// Adds 目录: numbered, with links to the items and page numbers, which Word fills in when it updates fields.
fn contents(d: Docx, e: &Edition, area: TypeArea) -> Docx {
    if e.item_count() == 0 {
        return d;
    }
    let mut d = d.add_paragraph(heading("目　录"));
    let right = || Tab::new().val(TabValueType::Right).leader(TabLeaderType::Dot).pos(area.width);
    let mut id = 0;
    for column in e.columns.iter().filter(|c| !c.items.is_empty()) {
        d = d
            .add_paragraph(Paragraph::new().style("Contents").keep_next(true).add_run(Run::new().bold().add_text(collapse_whitespace(&column.name))));
        for i in &column.items {
            id += 1;
            let anchor = anchor(id);
            let link = Hyperlink::new(anchor.clone(), HyperlinkType::Anchor).add_run(Run::new().add_text(collapse_whitespace(&i.title)));
            d = d.add_paragraph(
                Paragraph::new()
                    .style("Contents")
                    .add_tab(Tab::new().val(TabValueType::Left).pos(CONTENTS_TAB))
                    .add_tab(right())
                    .indent(Some(CONTENTS_INDENT), Some(SpecialIndentType::Hanging(CONTENTS_INDENT)), None, None)
                    .add_run(Run::new().add_text(format!("{id}.")).add_tab())
                    .add_hyperlink(link)
                    .add_run(page_reference(&anchor)),
            );
        }
    }
    d
}

fn page_reference(anchor: &str) -> Run {
    use docx_rs::{FieldCharType, InstrPAGEREF, InstrText};
    Run::new()
        .add_tab()
        .add_field_char(FieldCharType::Begin, true)
        .add_instr_text(InstrText::PAGEREF(InstrPAGEREF::new(anchor)))
        .add_field_char(FieldCharType::Separate, false)
        .add_field_char(FieldCharType::End, false)
}

fn anchor(id: usize) -> String {
    format!("item{id}")
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::issue::tests::{article, build_with};
    use crate::model::{FileId, ItemFile, Picture, Print};

    fn document_xml(bytes: Vec<u8>) -> String {
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut xml = String::new();
        zip.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
        xml
    }

    pub(super) fn edition_with_a_table_and_a_picture() -> (Edition, Files) {
        let mut e = build_with(vec![article(1, "甲", "食品", "行业动态", 1)], &[]).edition;
        let item = &mut e.columns[0].items[0];
        (item.print, item.text) = (Print::Full, "一段\n指标\t数值\n产值\t12".to_owned());
        let file = |id, name: &str| ItemFile { id: FileId(id), name: name.to_owned(), media_type: "image/png".to_owned(), size: 7 };
        item.picture = Some(Picture { file: file(1, "图.png"), width: 3_000, height: 200 });
        item.attachments = vec![file(2, "统计公报.pdf")];
        (e, Files::from([(FileId(1), b"\x89PNG...".to_vec())]))
    }

    #[test]
    fn control_characters_and_markup_cannot_break_the_document() {
        let mut e = build_with(vec![article(1, "甲", "食品", "行业动态", 1)], &[]).edition;
        e.columns[0].items[0].title = "a\u{b}b]]><w:p> & \u{202e}".into();
        e.columns[0].items[0].print = Print::Full;
        e.columns[0].items[0].text = "一段\u{0}文字\n<script>".into();
        let xml = document_xml(docx(&e, &Files::new(), None).unwrap());
        let at = xml.find("a b]]").unwrap();
        assert!(xml[at..].starts_with("a b]]&gt;&lt;w:p&gt; &amp;"), "{}", &xml[at..at + 60]);
        assert!(xml.contains("一段文字") && xml.contains("&lt;script&gt;"));
    }

    #[test]
    fn properties_stand_in_the_order_of_the_schema() {
        let (e, files) = edition_with_a_table_and_a_picture();
        let mut zip = zip::ZipArchive::new(Cursor::new(docx(&e, &files, None).unwrap())).unwrap();
        for part in ["word/document.xml", "word/styles.xml", "word/numbering.xml", "word/footer1.xml", "word/footer2.xml"] {
            let mut xml = String::new();
            zip.by_name(part).unwrap().read_to_string(&mut xml).unwrap();
            assert_eq!(order::first_disorder(&xml), None, "{part}");
            assert!(xml.contains("<w:"), "{part}");
        }
    }

    #[test]
    fn the_same_edition_gives_the_same_bytes() {
        let (mut e, files) = edition_with_a_table_and_a_picture();
        let item = e.columns[0].items[0].clone();
        e.columns[1].items = vec![item; 20];
        assert_eq!(docx(&e, &files, None).unwrap(), docx(&e, &files, None).unwrap());
    }

    #[test]
    fn tables_and_pictures_are_in_the_document() {
        let (e, files) = edition_with_a_table_and_a_picture();
        let xml = document_xml(docx(&e, &files, None).unwrap());
        assert_eq!(
            (xml.matches("<w:tr ").count() + xml.matches("<w:tr>").count(), xml.matches("<w:drawing>").count()),
            (3, 1),
            "its rows, and that of the 版记: {xml}"
        );
        assert!(xml.contains("附件：统计公报.pdf"));
        let mut zip = zip::ZipArchive::new(Cursor::new(docx(&e, &files, None).unwrap())).unwrap();
        let media: Vec<String> = zip.file_names().filter(|n| n.starts_with("word/media/r")).map(str::to_owned).collect();
        assert_eq!(media, ["word/media/rIdPicture1.png"]);
        assert_eq!(zip.by_name(&media[0]).unwrap().size(), 7);
    }
}
