//! A .docx (ECMA-376 part 1, 17) → HTML: headings, paragraphs and tables. Pictures, notes and deleted text are left out.

use super::DocumentError;
use super::office::{MAX_DEPTH, Package, Xml, each_event, value};

/// Most characters of HTML.
const MAX_HTML: usize = 8 << 20;

pub(super) fn html(bytes: &[u8]) -> Result<String, DocumentError> {
    let mut package = Package::open(bytes)?;
    let document = package.part("word/document.xml")?.ok_or_else(|| DocumentError::Damaged("word/document.xml is missing".to_owned()))?;
    let mut body = Body::default();
    each_event(&document, |event| body.take(event))?;
    body.close_title();
    Ok(body.html)
}

/// A paragraph that is being read.
#[derive(Default)]
struct Paragraph {
    text: String,
    is_heading: bool,
    is_centred: bool,
}

#[derive(Default)]
struct Body {
    html: String,
    /// Open paragraphs: those of a text box are inside of another.
    open: Vec<Paragraph>,
    in_text: bool,
    in_fallback: usize,
    /// Open cells, which end a run of title lines.
    cells: usize,
    /// Centred lines at the beginning: a title may be broken into several.
    title: String,
    is_past_title: bool,
}

impl Body {
    fn take(&mut self, event: Xml<'_>) -> Result<(), DocumentError> {
        match event {
            Xml::Start(e) => match e.name().as_ref() {
                // the same text box again, for programs that do not know the first
                "mc:Fallback" => self.in_fallback += 1,
                _ if self.in_fallback > 0 => {}
                "w:p" => self.open.push(Paragraph::default()),
                "w:t" => self.in_text = true,
                "w:br" | "w:cr" => self.write("\n"),
                "w:tab" => self.write(" "),
                "w:pStyle" => self.style(&value(e, "w:val").unwrap_or_default()),
                "w:jc" => self.align(&value(e, "w:val").unwrap_or_default()),
                "w:tbl" => self.tag("<table>"),
                "w:tr" => self.tag("<tr>"),
                "w:tc" => {
                    self.cells += 1;
                    self.tag("<td>");
                }
                _ => {}
            },
            Xml::End("mc:Fallback") => self.in_fallback = self.in_fallback.saturating_sub(1),
            Xml::End(_) | Xml::Text(_) if self.in_fallback > 0 => {}
            Xml::End("w:p") => self.end_paragraph(),
            Xml::End("w:t") => self.in_text = false,
            Xml::End("w:tbl") => self.tag("</table>"),
            Xml::End("w:tr") => self.tag("</tr>"),
            Xml::End("w:tc") => {
                self.cells = self.cells.saturating_sub(1);
                self.tag("</td>");
            }
            Xml::Text(text) if self.in_text => self.write(text),
            Xml::End(_) | Xml::Text(_) => {}
        }
        if self.html.len() > MAX_HTML || self.open.len() > MAX_DEPTH { Err(DocumentError::TooLarge) } else { Ok(()) }
    }

    fn style(&mut self, id: &str) {
        let id = id.to_ascii_lowercase();
        if let Some(p) = self.open.last_mut() {
            p.is_heading = id.starts_with("heading") || id == "title";
        }
    }

    fn align(&mut self, to: &str) {
        if let Some(p) = self.open.last_mut() {
            p.is_centred = to == "center";
        }
    }

    fn write(&mut self, text: &str) {
        if let Some(p) = self.open.last_mut() {
            p.text.push_str(text);
        }
    }

    fn tag(&mut self, tag: &str) {
        self.close_title();
        self.html.push_str(tag);
    }

    fn end_paragraph(&mut self) {
        let Some(p) = self.open.pop() else { return };
        let text = p.text.trim();
        if text.is_empty() {
            return;
        }
        if p.is_centred && self.cells == 0 && !self.is_past_title && !ends_a_head(text) {
            self.title.push_str(text);
            return;
        }
        if !self.is_past_title && self.cells == 0 && !ends_a_head(text) {
            self.close_title();
        }
        let element = if p.is_heading { "h2" } else { "p" };
        self.element(element, text);
    }

    /// Writes the title of several lines; what is centred later is no title.
    fn close_title(&mut self) {
        let title = std::mem::take(&mut self.title);
        if !title.is_empty() {
            self.element("h1", &title);
            self.is_past_title = true;
        }
    }

    fn element(&mut self, name: &str, text: &str) {
        let lines: Vec<String> = text.split('\n').map(ammonia::clean_text).collect();
        self.html.push_str(&format!("<{name}>{}</{name}>", lines.join("<br>")));
    }
}

/// Whether a line is the head of official paper, above the title: 某某局文件, 某科〔2026〕5号.
fn ends_a_head(line: &str) -> bool {
    line.ends_with("文件") || line.ends_with('号')
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn docx(body: &str) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(format!("<w:document><w:body>{body}</w:body></w:document>").as_bytes()).unwrap();
        zip.finish().unwrap().into_inner()
    }

    fn p(text: &str, properties: &str) -> String {
        format!("<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
    }

    const CENTRED: &str = "<w:jc w:val=\"center\"/>";

    #[test]
    fn head_title_paragraphs_and_tables_become_html() {
        let body = [
            &p("北岸市科学技术局文件", CENTRED),
            &p("北科〔2026〕5号", CENTRED),
            &p("关于组织申报科技", CENTRED),
            &p("项目的通知", CENTRED),
            &p("各有关单位：", ""),
            "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>甲 &lt;1&gt;</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:delText>旧</w:delText><w:t>12</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        ]
        .map(|s: &str| s.to_owned())
        .concat();
        let read = html(&docx(&body)).unwrap();
        assert_eq!(
            read.replace("&#32;", " "),
            "<p>北岸市科学技术局文件</p><p>北科〔2026〕5号</p><h1>关于组织申报科技项目的通知</h1><p>各有关单位：</p>\
             <table><tr><td><p>甲 &lt;1&gt;</p></td><td><p>12</p></td></tr></table>"
        );
    }

    #[test]
    fn what_is_no_document_says_so() {
        assert!(matches!(html(b"PK\x03\x04"), Err(DocumentError::Damaged(_))));
        assert!(matches!(html(&docx(&"<w:p>".repeat(300))), Err(DocumentError::Damaged(_))));
        assert!(matches!(html(&docx("<w:p></w:q>")), Err(DocumentError::Damaged(_))));
    }
}
