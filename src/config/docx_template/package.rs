//! The package of a .docx: a zip of limited size with well-formed XML (ECMA-376 part 2).

use std::collections::HashSet;
use std::io::{Cursor, Read as _};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{DOCUMENT, Problem, broken};
use crate::config::localized::localized;

/// Largest file, and largest decompressed content.
const MAX_FILE: u64 = 10 << 20;
const MAX_UNPACKED: u64 = 50 << 20;
const MAX_PARTS: usize = 500;
/// Deepest nesting of elements.
const MAX_DEPTH: usize = 200;

/// Reads a file up to a size limit.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Problem> {
    let unreadable = |e: std::io::Error| localized(format!("the template cannot be read: {e}"), format!("模板读不了：{e}"));
    let file = std::fs::metadata(path).map_err(unreadable)?;
    if !file.is_file() {
        return Err(localized("is no regular file; name a .docx", "不是普通文件；请指定一个 .docx"));
    }
    if file.len() > MAX_FILE {
        let (english, chinese) = (format!("is larger than {} MB", MAX_FILE >> 20), format!("大于 {} MB", MAX_FILE >> 20));
        return Err(localized(english, chinese));
    }
    std::fs::read(path).map_err(unreadable)
}

/// Extracts the parts of a package.
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(localized("is an old .doc or has a password; save it as .docx without one", "是旧的 .doc 或加了密码；请不加密码另存为 .docx"));
    }
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| localized(format!("is no .docx: {e}"), format!("不是 .docx：{e}")))?;
    if zip.len() > MAX_PARTS {
        return Err(localized(format!("has more than {MAX_PARTS} parts"), format!("里面的文件多于 {MAX_PARTS} 个")));
    }
    let (mut parts, mut names, mut left) = (Vec::new(), HashSet::new(), MAX_UNPACKED);
    for at in 0..zip.len() {
        let part = zip.by_index(at).map_err(|e| broken("zip", e))?;
        let name = part.name().to_owned();
        if part.is_dir() {
            continue;
        }
        if name.starts_with('/') || name.contains("..") || name.contains('\\') || !names.insert(name.to_lowercase()) {
            return Err(broken(&name, "no part may have this name, or two the same"));
        }
        let mut content = Vec::new();
        // do not trust the sizes in the zip
        part.take(left + 1).read_to_end(&mut content).map_err(|e| broken(&name, e))?;
        left = left.checked_sub(content.len() as u64).ok_or_else(|| {
            localized(format!("is larger than {} MB once unpacked", MAX_UNPACKED >> 20), format!("解开后大于 {} MB", MAX_UNPACKED >> 20))
        })?;
        parts.push((name, content));
    }
    if parts.iter().all(|(n, _)| n != DOCUMENT) {
        return Err(broken(DOCUMENT, "it is missing"));
    }
    Ok(parts)
}

/// Returns the text of a part.
pub(super) fn text_of<'a>(parts: &'a [(String, Vec<u8>)], name: &str) -> Result<&'a str, Problem> {
    let (_, bytes) = parts.iter().find(|(n, _)| n == name).ok_or_else(|| broken(name, "it is missing"))?;
    let text = std::str::from_utf8(bytes).map_err(|_| broken(name, "it is not UTF-8"))?;
    Ok(text.trim_start_matches('\u{feff}'))
}

/// Checks that XML is well formed, not too deep, and loads nothing from outside.
pub(super) fn check_xml(name: &str, xml: &str) -> Result<(), Problem> {
    let mut reader = Reader::from_str(xml);
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(|e| broken(name, e))? {
            Event::Start(e) => {
                depth += 1;
                check_target(name, &e)?;
            }
            Event::Empty(e) => check_target(name, &e)?,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(_) => return Err(broken(name, "it has a DOCTYPE")),
            Event::Eof if depth > 0 => return Err(broken(name, "it ends too early")),
            Event::Eof => return Ok(()),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(broken(name, format_args!("it is nested deeper than {MAX_DEPTH} elements")));
        }
    }
}

/// Hyperlinks may point outside; pictures and objects must be inside, or opening the document would fetch them.
fn check_target(part: &str, e: &quick_xml::events::BytesStart<'_>) -> Result<(), Problem> {
    let value = |name: &str| e.try_get_attribute(name).ok().flatten().map(|a| a.value.to_string()).unwrap_or_default();
    if e.local_name().as_ref() != "Relationship" || value("TargetMode") != "External" || part.ends_with("settings.xml.rels") {
        return Ok(());
    }
    if value("Type").ends_with("/hyperlink") {
        return Ok(());
    }
    let target = value("Target");
    Err(localized(
        format!("uses {target}, which lies outside of the document; put it into the document"),
        format!("用到了文档以外的 {target}；请嵌入文档"),
    ))
}
