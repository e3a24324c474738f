//! The format of a file, by its bytes.

use memchr::memmem;

/// Most bytes before the beginning of a PDF, which readers allow.
const MAX_BEFORE_PDF: usize = 1024;
/// Most bytes searched for the names inside of an old Office file.
const MAX_SEARCHED: usize = 4 << 20;

/// A format that is no HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Pdf,
    /// Word since 2007, also written by WPS.
    Docx,
    /// Excel since 2007.
    Xlsx,
    /// Word before 2007 and WPS: an OLE file.
    OldWord,
    /// Excel before 2007.
    OldExcel,
    Rtf,
    Png,
    Jpeg,
    Webp,
    /// Known, but not read.
    Other(&'static str),
}

impl Format {
    /// Returns the format of bytes that are obviously not HTML.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        const MAGIC: [(&[u8], Format); 12] = [
            (b"%PDF", Format::Pdf),
            (b"PK\x03\x04", Format::Other("ZIP")),
            (b"\xD0\xCF\x11\xE0", Format::Other("Office")),
            (b"{\\rtf", Format::Rtf),
            (b"\x89PNG", Format::Png),
            (b"\xFF\xD8\xFF", Format::Jpeg),
            (b"GIF8", Format::Other("GIF")),
            (b"RIFF", Format::Webp),
            (b"II*\0", Format::Other("TIFF")),
            (b"MM\0*", Format::Other("TIFF")),
            (b"Rar!", Format::Other("RAR")),
            (b"\x1F\x8B", Format::Other("gzip")),
        ];
        let Some((magic, format)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) else {
            // some systems write a header before the PDF
            let head = bytes.get(..MAX_BEFORE_PDF).unwrap_or(bytes);
            return (memmem::find(head, b"%PDF-").is_some() && !head.trim_ascii_start().starts_with(b"<")).then_some(Self::Pdf);
        };
        Some(match *magic {
            b"PK\x03\x04" => Self::of_zip(bytes),
            b"\xD0\xCF\x11\xE0" => Self::of_ole(bytes),
            _ => *format,
        })
    }

    /// By the names of the parts, which stand in plain text in the package's directory.
    fn of_zip(bytes: &[u8]) -> Self {
        let has = |name: &str| memmem::find(bytes, name.as_bytes()).is_some();
        match () {
            () if has("word/document.xml") => Self::Docx,
            () if has("xl/workbook.xml") => Self::Xlsx,
            () => Self::Other("ZIP"),
        }
    }

    /// By the names of the streams, which are UTF-16.
    fn of_ole(bytes: &[u8]) -> Self {
        let searched = [bytes.get(..MAX_SEARCHED).unwrap_or(bytes), bytes.get(bytes.len().saturating_sub(MAX_SEARCHED)..).unwrap_or_default()];
        let has = |name: &str| {
            let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            searched.iter().any(|part| memmem::find(part, &name).is_some())
        };
        match () {
            () if has("WordDocument") => Self::OldWord,
            () if has("Workbook") => Self::OldExcel,
            () => Self::Other("Office"),
        }
    }

    /// Whether it is a document with text of its own, no picture or archive.
    pub fn is_document(self) -> bool {
        matches!(self, Self::Pdf | Self::Docx | Self::Xlsx | Self::OldWord | Self::Rtf)
    }

    /// Returns its name for a message.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Docx => "Word (.docx)",
            Self::Xlsx => "Excel (.xlsx)",
            Self::OldWord => "Word (.doc)",
            Self::OldExcel => "Excel (.xls)",
            Self::Rtf => "RTF",
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Webp => "WebP",
            Self::Other(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_tell_the_format() {
        let utf16 = |s: &str| s.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let ole = |name: &str| [b"\xD0\xCF\x11\xE0 header".to_vec(), utf16(name)].concat();
        assert_eq!(Format::of(b"%PDF-1.4"), Some(Format::Pdf));
        assert_eq!(Format::of(b"PK\x03\x04..word/document.xml"), Some(Format::Docx));
        assert_eq!(Format::of(b"PK\x03\x04..xl/workbook.xml"), Some(Format::Xlsx));
        assert_eq!(Format::of(b"PK\x03\x04..a.txt"), Some(Format::Other("ZIP")));
        assert_eq!(Format::of(&ole("WordDocument")), Some(Format::OldWord));
        assert_eq!(Format::of(&ole("Workbook")), Some(Format::OldExcel));
        assert_eq!(Format::of(&ole("PowerPoint Document")), Some(Format::Other("Office")));
        assert_eq!(Format::of(b"\r\n%PDF-1.4"), Some(Format::Pdf));
        assert_eq!(Format::of(b"<html>%PDF-1.4"), None);
    }
}
