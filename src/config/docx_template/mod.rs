//! An institute's .docx that gives issues their head, styles and page settings: `[publication] template`.
//!
//! It is read and checked once, with the settings, so that mistakes are reported before an issue is due.

mod body;
mod package;
mod styles;
mod text;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use body::Body;
pub use styles::StyleNames;
pub use text::fill;

use crate::config::localized::localized;
use crate::config::{ConfigError, LocalizedMessage};

/// The main part of a document.
pub const DOCUMENT: &str = "word/document.xml";
/// Its relationships.
pub const DOCUMENT_RELS: &str = "word/_rels/document.xml.rels";
/// Its styles.
pub const STYLES: &str = "word/styles.xml";
/// What type each part has.
pub const CONTENT_TYPES: &str = "[Content_Types].xml";
/// Placeholders, written in braces.
pub const PLACEHOLDERS: [&str; 10] = ["刊名", "年", "期号", "总期号", "日期", "主办", "编印", "份号", "密级", "编号"];

/// A checked template.
#[derive(Clone, PartialEq, Eq)]
pub struct DocxTemplate {
    /// Name and bytes, in their order.
    pub parts: Vec<(String, Vec<u8>)>,
    /// The main part, split at the place of the items.
    pub body: Body,
    /// Its paragraph styles.
    pub styles: StyleNames,
}

impl fmt::Debug for DocxTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocxTemplate({} parts)", self.parts.len())
    }
}

/// What is wrong with a template.
type Problem = LocalizedMessage;

impl DocxTemplate {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// Its mistakes, with the file's name.
    pub fn load(path: &Path) -> Result<Arc<Self>, ConfigError> {
        let failed = |problem| ConfigError::file(&path.display().to_string(), problem);
        let bytes = package::read_file(path).map_err(failed)?;
        Self::parse(&bytes).map(Arc::new).map_err(failed)
    }

    /// Checks the bytes of a file.
    fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let parts = package::unpack(bytes)?;
        let part = |name: &str| package::text_of(&parts, name);
        let body = Body::parse(part(DOCUMENT)?)?;
        let styles = StyleNames::parse(part(STYLES)?)?;
        if part(CONTENT_TYPES)?.contains("macroEnabled") {
            return Err(localized("holds macros; save it as an ordinary .docx", "带有宏；请另存为普通的 .docx"));
        }
        if !part(DOCUMENT_RELS)?.contains("</Relationships>") {
            return Err(broken(DOCUMENT_RELS, "it holds no relationships"));
        }
        for (name, _) in parts.iter().filter(|(n, _)| is_text_part(n) || has_extension(n, "rels")) {
            let xml = part(name)?;
            package::check_xml(name, xml)?;
            if let Some(word) = text::unknown_placeholder(xml).filter(|_| is_text_part(name)) {
                let known = PLACEHOLDERS.join("}} {{");
                let english = format!("{{{{{word}}}}} is no fact of an issue; there are {{{{正文}}}} {{{{{known}}}}}");
                return Err(localized(english, format!("没有 {{{{{word}}}}} 可填；可用的有 {{{{正文}}}} {{{{{known}}}}}")));
            }
        }
        Ok(Self { parts, body, styles })
    }

    /// Returns the text of a part; empty if it is missing.
    pub fn part(&self, name: &str) -> &str {
        package::text_of(&self.parts, name).unwrap_or_default()
    }
}

/// Whether placeholders in a part are filled in.
pub fn is_text_part(name: &str) -> bool {
    let named = |kind: &str| name.strip_prefix("word/").is_some_and(|n| n.starts_with(kind) && has_extension(n, "xml") && !n.contains('/'));
    name == DOCUMENT || named("header") || named("footer")
}

fn has_extension(name: &str, wanted: &str) -> bool {
    Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case(wanted))
}

fn broken(part: &str, why: impl fmt::Display) -> Problem {
    localized(
        format!("is no document that can be used: {part}: {why}; open it in Word or WPS and save it as .docx"),
        format!("不是可用的文档（{part}：{why}）；请用 Word 或 WPS 打开，另存为 .docx"),
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use super::*;

    const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
    pub(crate) const SECTION: &str =
        "<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1440\" w:left=\"1800\" w:right=\"1800\"/></w:sectPr>";

    /// Builds a .docx with this body and further parts, as Word writes one.
    pub(crate) fn package(body: &str, more: &[(&str, &str)]) -> Vec<u8> {
        let document = format!("<?xml version=\"1.0\"?><w:document {W}><w:body>{body}</w:body></w:document>");
        let styles = format!(
            "<w:styles {W}><w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"a\"><w:name w:val=\"Normal\"/></w:style>\
             <w:style w:type=\"paragraph\" w:styleId=\"1\"><w:name w:val=\"heading 1\"/></w:style></w:styles>"
        );
        let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"></Types>";
        let rels = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"></Relationships>";
        let usual = [(CONTENT_TYPES, types), (DOCUMENT, document.as_str()), (STYLES, styles.as_str()), (DOCUMENT_RELS, rels)];
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let given = |name: &str| more.iter().find(|(n, _)| *n == name).map(|(_, text)| *text);
        let further = more.iter().copied().filter(|(n, _)| usual.iter().all(|(u, _)| u != n));
        for (name, text) in usual.iter().map(|(n, t)| (*n, given(n).unwrap_or(t))).chain(further) {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    pub(crate) fn template(body: &str, more: &[(&str, &str)]) -> DocxTemplate {
        DocxTemplate::parse(&package(body, more)).unwrap()
    }

    fn p(text: &str) -> String {
        format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
    }

    #[test]
    fn head_tail_styles_and_page_are_found() {
        let t = template(&format!("{}{}{}{SECTION}", p("{{刊名}}"), p(" {{正文}} "), p("尾")), &[]);
        assert_eq!((t.body.head.as_str(), t.body.tail.as_str()), (p("{{刊名}}").as_str(), p("尾").as_str()));
        assert_eq!((t.body.section.as_str(), t.body.left, t.body.text_width), (SECTION, 1800, 11_906 - 3600));
        assert_eq!((t.styles.id_of(&["标题 1", "heading 1"]), t.styles.id_of(&["body text"])), (Some("1"), None));
        // Word splits a text into runs as it likes
        let parted = "<w:p><w:r><w:t>{{con</w:t></w:r><w:proofErr/><w:r><w:t>tent}}</w:t></w:r></w:p>";
        assert_eq!(template(&format!("{parted}{SECTION}"), &[]).body.head, "");
    }

    #[test]
    fn what_is_wrong_with_a_template_is_named() {
        let body = |text: &str| package(&format!("{text}{SECTION}"), &[]);
        let good = format!("{}{SECTION}", p("{{正文}}"));
        let deep = "<w:p>".repeat(300) + &"</w:p>".repeat(300);
        let external = "<Relationships><Relationship Id=\"x\" Type=\"http://x/image\" Target=\"http://10.0.0.1/a.png\" TargetMode=\"External\"/></Relationships>";
        let table = [
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....".to_vec(), "old .doc"),
            (b"%PDF-1.4".to_vec(), "no .docx"),
            (body(&p("没有地方")), "no paragraph {{正文}}"),
            (body(&(p("{{正文}}") + &p("{{content}}"))), "twice"),
            (body(&p("前面 {{正文}}")), "a paragraph of its own"),
            (body(&format!("<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>", p("{{正文}}"))), "outside of tables"),
            (package(&p("{{正文}}"), &[]), "no page settings"),
            (body(&(p("{{天气}}") + &p("{{正文}}"))), "{{天气}} is no fact"),
            (body(&(deep + &p("{{正文}}"))), "nested deeper"),
            (body("<w:p><w:r></w:p>"), "word/document.xml"),
            (package(&good, &[(DOCUMENT_RELS, external)]), "outside of the document"),
            (package(&good, &[("word/header1.xml", "<!DOCTYPE x [<!ENTITY a \"b\">]><x/>")]), "DOCTYPE"),
            (package(&good, &[("../evil.xml", "")]), "../evil.xml"),
            (package(&good, &[(CONTENT_TYPES, "<Types>macroEnabled</Types>")]), "macros"),
            (package(&good, &[("word/media/big.bin", &"0".repeat(60 << 20))]), "larger than"),
        ];
        for (bytes, expected) in table {
            let e = DocxTemplate::parse(&bytes).unwrap_err();
            e.check();
            assert!(e.english.contains(expected), "{expected}: {e}");
        }
    }
}
