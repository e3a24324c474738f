//! The bytes of an old issue as lines.

use encoding_rs::{GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::docx;
use super::error::FileError;
use super::line::{Line, Style, cleaned};

/// Largest file, in bytes: documents hold pictures, texts do not.
pub const MAX_FILE: u64 = 100 << 20;
const MAX_TEXT: usize = 8 << 20;
/// Most lines.
const MAX_LINES: usize = 50_000;

/// Reads the lines of a .docx or text file; the first bytes tell which it is.
///
/// # Errors
/// If it is something else, damaged or too large.
pub fn lines(bytes: &[u8]) -> Result<Vec<Line>, FileError> {
    if bytes.starts_with(b"PK") {
        return docx::lines(bytes);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(FileError::OldDocument);
    }
    if bytes.len() > MAX_TEXT {
        return Err(FileError::TooLarge);
    }
    let text = text(bytes).ok_or(FileError::Unknown)?;
    if text.lines().count() > MAX_LINES {
        return Err(FileError::TooLarge);
    }
    Ok(cleaned(text.lines().map(|l| (l, Style::default()))))
}

/// Decodes UTF-8, UTF-16 with a byte order mark, or GB 18030.
fn text(bytes: &[u8]) -> Option<String> {
    let marked = [(&b"\xEF\xBB\xBF"[..], UTF_8), (b"\xFF\xFE", UTF_16LE), (b"\xFE\xFF", UTF_16BE)];
    let (encoding, bytes) = match marked.iter().find_map(|(mark, e)| Some((*e, bytes.strip_prefix(*mark)?))) {
        Some(found) => found,
        None if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes),
        None => (GB18030, bytes),
    };
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    (!had_errors && !text.contains('\0')).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_their_encoding_and_other_files_refused() {
        let read = |bytes: &[u8]| lines(bytes).map(|l| l.into_iter().map(|l| l.text).collect::<Vec<_>>());
        assert_eq!(read("甲县\n乙县".as_bytes()).unwrap(), ["甲县", "乙县"]);
        assert_eq!(read(&GB18030.encode("甲县").0).unwrap(), ["甲县"]);
        assert_eq!(read(b"\xFF\xFE\x32\x75").unwrap(), ["甲"]);
        assert!(matches!(read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Err(FileError::Unknown)));
        assert!(matches!(read(b"\xD0\xCF\x11\xE0 and more"), Err(FileError::OldDocument)));
        assert!(matches!(read(b"PK\x03\x04 no zip"), Err(FileError::Damaged(_))));
        assert!(matches!(read("甲\n".repeat(MAX_LINES + 1).as_bytes()), Err(FileError::TooLarge)));
    }
}
