//! Inserts the items into an institute's template; keeps its head, styles, headers and page settings.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;

use super::{DocxError, Properties};
use crate::config::docx_template::{CONTENT_TYPES, DOCUMENT, DOCUMENT_RELS, DocxTemplate, STYLES, fill, is_text_part};
use crate::model::Edition;
use crate::render::chinese_date;

const MEDIA: &str = "word/media/";
/// Namespaces used by our items, by prefix.
const NAMESPACES: [(&str, &str); 3] = [
    ("r", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
    ("wp", "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"),
    ("a", "http://schemas.openxmlformats.org/drawingml/2006/main"),
];
/// Our styles, and the names under which the template may have them, as stored or as Word shows them, in lower case.
const NAMED: [(&str, &[&str]); 5] = [
    ("Heading1", &["heading 1", "标题 1"]),
    ("Heading2", &["heading 2", "标题 2"]),
    ("BodyText", &["body text", "正文文本", "normal", "正文"]),
    ("Contents", &["目录", "toc 1"]),
    ("Footer", &["footer", "页脚"]),
];

/// Inserts the items of our document into a template.
pub(super) fn put_into(template: &DocxTemplate, e: &Edition, ours: &[u8]) -> Result<Vec<u8>, DocxError> {
    let ours = unpack(ours).map_err(|e| DocxError(e.to_string()))?;
    let text = |name: &str| ours.get(name).map(|b| String::from_utf8_lossy(b).into_owned()).unwrap_or_default();
    let (document, styles) = (text(DOCUMENT), text(STYLES));
    let content = without_paragraph_ids(between(&document, "<w:body>", "<w:sectPr"));
    let prefix = unused_prefix(template.part(DOCUMENT_RELS));
    let (content, added_styles) = restyle(&content, &styles, template);
    let content = content.replace("r:id=\"rId", &format!("r:id=\"{prefix}")).replace("r:embed=\"rId", &format!("r:embed=\"{prefix}"));
    let media: Vec<(String, &Vec<u8>)> =
        ours.iter().filter_map(|(n, b)| Some((format!("{MEDIA}{prefix}{}", n.strip_prefix(MEDIA)?.strip_prefix("rId")?), b))).collect();
    let value = |word: &str| value(e, word);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, bytes: &[u8]| -> zip::result::ZipResult<()> {
        zip.start_file(name, SimpleFileOptions::default())?;
        Ok(zip.write_all(bytes)?)
    };
    let mut write = || -> zip::result::ZipResult<()> {
        for (name, bytes) in &template.parts {
            let part = template.part(name);
            let made = match name.as_str() {
                DOCUMENT => Some(document_of(template, &content, &value)),
                STYLES => Some(before_end(part, "</w:styles>", &added_styles)),
                DOCUMENT_RELS => Some(before_end(part, "</Relationships>", &relationships(&text(DOCUMENT_RELS), &prefix))),
                CONTENT_TYPES if !media.is_empty() => Some(with_png(part)),
                "docProps/core.xml" => Some(Properties::of(e).xml()),
                _ if is_text_part(name) => Some(fill(part, &value)),
                _ => None,
            };
            add(name, made.as_ref().map_or(bytes.as_slice(), String::as_bytes))?;
        }
        media.iter().try_for_each(|(name, bytes)| add(name, bytes))
    };
    write().map_err(|e| DocxError(e.to_string()))?;
    Ok(zip.finish().map_err(|e| DocxError(e.to_string()))?.into_inner())
}

/// Returns the value of a placeholder in braces.
fn value(e: &Edition, word: &str) -> Option<String> {
    Some(match word {
        "刊名" => e.publication.clone(),
        "年" => e.year.to_string(),
        "期号" => e.number_in_year.to_string(),
        "总期号" => e.cumulative_number.to_string(),
        "日期" => chinese_date(e.date),
        "主办" => e.organiser.clone(),
        "编印" => e.printed_by().to_owned(),
        "份号" => e.imprint.copy_number.clone(),
        "密级" => super::masthead::notice(e),
        "编号" => e.imprint.serial.clone(),
        _ => return None,
    })
}

fn unpack(bytes: &[u8]) -> zip::result::ZipResult<BTreeMap<String, Vec<u8>>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut out = BTreeMap::new();
    for at in 0..zip.len() {
        let mut part = zip.by_index(at)?;
        let mut content = Vec::new();
        part.read_to_end(&mut content)?;
        out.insert(part.name().to_owned(), content);
    }
    Ok(out)
}

fn document_of(template: &DocxTemplate, content: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let b = &template.body;
    let mut opening = b.opening.clone();
    if let Some(at) = opening.find("<w:document").map(|at| at + "<w:document".len()) {
        let missing = NAMESPACES.iter().filter(|(prefix, _)| !b.opening.contains(&format!("xmlns:{prefix}=")));
        opening.insert_str(at, &missing.map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\"")).collect::<String>());
    }
    format!("{opening}{}{content}{}{}</w:body></w:document>", fill(&b.head, value), fill(&b.tail, value), b.section)
}

/// Returns the paragraphs in the template's styles, and our styles that it lacks, as XML.
fn restyle(content: &str, ours: &str, template: &DocxTemplate) -> (String, String) {
    let (mut content, mut added) = (content.to_owned(), String::new());
    for style in ours.split("<w:style ").skip(1).filter_map(|s| s.split("</w:style>").next()) {
        let (id, name) = (between(style, "w:styleId=\"", "\""), between(style, "<w:name w:val=\"", "\""));
        let used = format!("<w:pStyle w:val=\"{id}\"");
        if !content.contains(&used) {
            continue;
        }
        let lower = name.to_lowercase();
        let own = [lower.as_str()];
        let names = NAMED.iter().find(|(n, _)| *n == id).map_or(own.as_slice(), |(_, names)| names);
        let theirs = template.styles.id_of(names).map(str::to_owned);
        let to = theirs.clone().unwrap_or_else(|| template.styles.unused_id(id));
        if theirs.is_none() {
            added.push_str(&format!("<w:style {}</w:style>", style.replacen(&format!("w:styleId=\"{id}\""), &format!("w:styleId=\"{to}\""), 1)));
        }
        // marked, because our style may have the id of another one of the template
        content = content.replace(&used, &format!("<w:pStyle w:val=\"\u{1}{to}\""));
        if id == "BodyText" && template.styles.id_of(&["body text", "正文文本"]).is_none() {
            // 正文 itself is not indented; indent by two characters of any size
            let style = format!("<w:pStyle w:val=\"\u{1}{to}\" />");
            content = content.replace(&style, &format!("{style}<w:ind w:firstLineChars=\"200\" w:firstLine=\"640\" />"));
        }
    }
    (content.replace('\u{1}', ""), added)
}

/// Returns the relationships of our links and pictures.
fn relationships(ours: &str, prefix: &str) -> String {
    let rows = ours.split("<Relationship ").skip(1).filter_map(|row| row.split("/>").next());
    let rows = rows.filter(|row| row.contains("/hyperlink\"") || row.contains("/image\""));
    let renamed = rows.map(|row| row.replacen("Id=\"rId", &format!("Id=\"{prefix}"), 1).replacen("media/rId", &format!("media/{prefix}"), 1));
    renamed.map(|row| format!("<Relationship {row}/>")).collect()
}

/// Returns an unused prefix for our ids: the template may itself come from one of our documents.
fn unused_prefix(rels: &str) -> String {
    (1..=u32::MAX).map(|n| format!("qingbao{n}")).find(|p| !rels.contains(p.as_str())).unwrap_or_default()
}

fn with_png(types: &str) -> String {
    if types.contains("Extension=\"png\"") {
        return types.to_owned();
    }
    before_end(types, "</Types>", "<Default Extension=\"png\" ContentType=\"image/png\"/>")
}

fn before_end(xml: &str, end: &str, more: &str) -> String {
    match xml.rsplit_once(end) {
        Some((before, behind)) => format!("{before}{more}{end}{behind}"),
        None => xml.to_owned(),
    }
}

/// Returns the text between the first `from` and the last `to` after it, which for attributes is the next one.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split_once(from).map_or("", |(_, rest)| rest);
    let end = if to == "\"" { rest.find(to) } else { rest.rfind(to) };
    end.and_then(|at| rest.get(..at)).unwrap_or_default()
}

/// Removes paragraph ids: every document numbers its own, and the template has some already.
fn without_paragraph_ids(xml: &str) -> String {
    let mut pieces = xml.split(" w14:paraId=\"");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str(piece.split_once('"').map_or("", |(_, rest)| rest));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::docx;
    use super::super::tests::edition_with_a_table_and_a_picture;
    use super::*;
    use crate::config::docx_template::tests::{SECTION, template};

    fn parts(bytes: &[u8]) -> BTreeMap<String, String> {
        unpack(bytes).unwrap().into_iter().map(|(n, b)| (n, String::from_utf8_lossy(&b).into_owned())).collect()
    }

    #[test]
    fn items_stand_in_the_templates_head_styles_and_page() {
        let (mut e, files) = edition_with_a_table_and_a_picture();
        e.imprint.report_to = "市委".into();
        e.columns[0].items[0].note = "请阅".into();
        let head = "<w:p><w:r><w:t>{{刊</w:t></w:r><w:r><w:t>名}}第{{期号}}期</w:t></w:r></w:p>";
        let header = "<w:hdr xmlns:w=\"x\"><w:p><w:r><w:t>{{日期}}</w:t></w:r></w:p></w:hdr>";
        let marker = "<w:p><w:r><w:t>{{正文}}</w:t></w:r></w:p>";
        let t = template(&format!("{head}{marker}{SECTION}"), &[("word/header1.xml", header)]);
        let bytes = docx(&e, &files, Some(&t)).unwrap();
        assert_eq!(bytes, docx(&e, &files, Some(&t)).unwrap(), "the same edition gives the same bytes");
        let made = parts(&bytes);
        let document = &made[DOCUMENT];
        assert!(document.contains(&format!("<w:t>{}</w:t></w:r><w:r><w:t>第{}期</w:t>", e.publication, e.number_in_year)), "{document}");
        assert!(!document.contains("{{") && !document.contains("paraId") && document.ends_with(&format!("{SECTION}</w:body></w:document>")));
        assert!(made["word/header1.xml"].contains(&chinese_date(e.date)));
        // heading 1 and 正文 come from the template; the others are ours, once each
        let names = ["heading 1", "heading 2", "Normal", "按语", "来源", "目录", "版记"];
        assert_eq!(names.map(|n| made[STYLES].matches(&format!("<w:name w:val=\"{n}\"")).count()), [1; 7], "{}", made[STYLES]);
        assert!(document.contains("<w:pStyle w:val=\"1\"") && document.contains("<w:pStyle w:val=\"a\" /><w:ind w:firstLineChars=\"200\""));
        assert!(!document.contains("\"BodyText\"") && !document.contains("\"Masthead\""));
        // every id has its relationship, and the picture's content type is declared
        let ids = document.split("r:id=\"").chain(document.split("r:embed=\"")).filter(|p| p.starts_with("qingbao1"));
        let missing: Vec<_> = ids.filter_map(|p| p.split('"').next()).filter(|id| !made[DOCUMENT_RELS].contains(&format!("Id=\"{id}\""))).collect();
        assert!(missing.is_empty() && document.contains("r:embed=\"qingbao1Picture1\""), "{missing:?} in {}", made[DOCUMENT_RELS]);
        assert!(made.contains_key("word/media/qingbao1Picture1.png") && made[CONTENT_TYPES].contains("image/png"));
        assert!(made[DOCUMENT_RELS].contains("media/qingbao1Picture1.png"));
        // tables and rules end with the template's text
        assert!(document.contains("w:tblpX=\"1800\"") && document.contains("市委"));
    }

    #[test]
    fn an_imprint_of_the_templates_own_takes_the_place_of_ours() {
        let (e, files) = edition_with_a_table_and_a_picture();
        let p = |text: &str| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
        let t = template(&format!("{}{}{SECTION}", p("{{content}}"), p("{{编印}}自印")), &[]);
        let made = parts(&docx(&e, &files, Some(&t)).unwrap());
        assert!(made[DOCUMENT].contains(&format!("{}自印", e.printed_by())) && !made[DOCUMENT].contains("印发"));
    }
}
