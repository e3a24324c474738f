//! The bytes of an old issue as lines.

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use super::docx;
use super::error::FileError;
use super::line::{Line, Style, cleaned};
use crate::text::normalize::is_han;

/// Largest file, in bytes: documents hold pictures, texts do not.
pub const MAX_FILE: u64 = 100 << 20;
const MAX_TEXT: usize = 8 << 20;
/// Most lines.
const MAX_LINES: usize = 50_000;
/// Most bytes that are left out of a text.
const MAX_LEFT_OUT: usize = 3;
/// Chinese characters per byte that is no UTF-8, by which a text is UTF-8 all the same.
const LEAST_LETTERS: usize = 5;

/// The lines of a file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct FileLines {
    pub lines: Vec<Line>,
    /// The places of bytes that are no text and were left out, counted from 1.
    pub left_out: Vec<usize>,
}

/// Reads the lines of a .docx or text file; the first bytes tell which it is.
///
/// # Errors
/// If it is something else, damaged or too large.
pub fn lines(bytes: &[u8]) -> Result<FileLines, FileError> {
    if bytes.starts_with(b"PK") {
        return Ok(FileLines { lines: docx::lines(bytes)?, left_out: Vec::new() });
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(FileError::OldDocument);
    }
    if bytes.len() > MAX_TEXT {
        return Err(FileError::TooLarge);
    }
    let (text, left_out) = text(bytes)?;
    // old Macs end lines with CR alone
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.lines().count() > MAX_LINES {
        return Err(FileError::TooLarge);
    }
    Ok(FileLines { lines: cleaned(text.lines().map(|l| (l, Style::default()))), left_out })
}

/// Decodes UTF-8, UTF-16 with a byte order mark, or GB 18030. Leaves a few bytes out that are no text.
fn text(bytes: &[u8]) -> Result<(String, Vec<usize>), FileError> {
    let marked = [(&b"\xFF\xFE"[..], UTF_16LE), (b"\xFE\xFF", UTF_16BE)];
    if let Some((encoding, rest)) = marked.iter().find_map(|(mark, e)| Some((*e, bytes.strip_prefix(*mark)?))) {
        let (text, had_errors) = encoding.decode_without_bom_handling(rest);
        return if had_errors || text.contains('\0') { Err(FileError::Unknown) } else { Ok((text.into_owned(), Vec::new())) };
    }
    let bom = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let body = bytes.get(bom..).unwrap_or_default();
    let (text, mut left_out) = utf8(body);
    for at in &mut left_out {
        *at += bom;
    }
    let is_utf8 = bom > 0 || left_out.len().saturating_mul(LEAST_LETTERS) <= text.chars().filter(|c| is_han(*c)).count();
    if !left_out.is_empty() && !is_utf8 {
        let (text, had_errors) = GB18030.decode_without_bom_handling(body);
        return if had_errors || text.contains('\0') { Err(FileError::Unknown) } else { Ok((text.into_owned(), Vec::new())) };
    }
    match left_out.get(MAX_LEFT_OUT) {
        Some(_) => Err(FileError::NoText { first: left_out.first().copied().unwrap_or_default(), count: left_out.len() }),
        None => Ok((text, left_out)),
    }
}

/// Returns a text without the bytes that are no UTF-8 or zero, and their places, counted from 1.
fn utf8(bytes: &[u8]) -> (String, Vec<usize>) {
    let (mut text, mut left_out, mut at) = (String::with_capacity(bytes.len()), Vec::new(), 0);
    for chunk in bytes.utf8_chunks() {
        left_out.extend(chunk.valid().match_indices('\0').map(|(zero, _)| at + zero + 1));
        text.extend(chunk.valid().chars().filter(|c| *c != '\0'));
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            left_out.push(at + 1);
        }
        at += chunk.invalid().len();
    }
    (text, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_their_encoding_and_other_files_refused() {
        let read = |bytes: &[u8]| lines(bytes).map(|l| l.lines.into_iter().map(|l| l.text).collect::<Vec<_>>());
        assert_eq!(read("甲县\n乙县".as_bytes()).unwrap(), ["甲县", "乙县"]);
        assert_eq!(read(&GB18030.encode("甲县").0).unwrap(), ["甲县"]);
        assert_eq!(read(b"\xFF\xFE\x32\x75").unwrap(), ["甲"]);
        assert_eq!(read("甲县\r乙县\r\n丙区".as_bytes()).unwrap(), ["甲县", "乙县", "丙区"]);
        assert!(matches!(read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Err(FileError::Unknown)));
        assert!(matches!(read(b"\xD0\xCF\x11\xE0 and more"), Err(FileError::OldDocument)));
        assert!(matches!(read(b"PK\x03\x04 no zip"), Err(FileError::Damaged(_))));
        assert!(matches!(read("甲\n".repeat(MAX_LINES + 1).as_bytes()), Err(FileError::TooLarge)));
    }

    #[test]
    fn a_few_bytes_that_are_no_text_are_left_out_and_more_are_refused_with_their_place() {
        let with = |bad: &[u8]| [bad, "甲县风电装备产业园一期工程近来建成投产，园区已有整机叶片塔筒企业九家".as_bytes()].concat();
        let read = lines(&with(b"\n\0\xFF")).unwrap();
        assert_eq!((read.lines.len(), read.left_out), (1, vec![2, 3]));
        assert!(matches!(lines(&with(b"\0\0\0\0")), Err(FileError::NoText { first: 1, count: 4 })));
        assert!(matches!(lines(&[b"\xEF\xBB\xBF".as_slice(), &with(b"\xFF\xFF\xFF\xFF")].concat()), Err(FileError::NoText { first: 4, count: 4 })));
    }
}
