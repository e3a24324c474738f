//! Parts of an Office package (ECMA-376 part 2: a zip), and the events of their XML.

use std::io::{Cursor, Read as _};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::DocumentError;

/// Largest decompressed part, in bytes, and most parts of a package; pictures are not read.
const MAX_PART: u64 = 20 << 20;
const MAX_PARTS: usize = 5_000;
/// Deepest nesting of elements.
pub const MAX_DEPTH: usize = 200;

/// An open package.
pub struct Package<'a>(zip::ZipArchive<Cursor<&'a [u8]>>);

impl<'a> Package<'a> {
    /// # Errors
    /// It is no zip, or has too many parts.
    pub fn open(bytes: &'a [u8]) -> Result<Self, DocumentError> {
        let zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| DocumentError::Damaged(e.to_string()))?;
        if zip.len() > MAX_PARTS { Err(DocumentError::TooLarge) } else { Ok(Self(zip)) }
    }

    /// Returns a part as text, if it is there.
    ///
    /// # Errors
    /// It is damaged or too large.
    pub fn part(&mut self, name: &str) -> Result<Option<String>, DocumentError> {
        let Ok(part) = self.0.by_name(name) else { return Ok(None) };
        let mut bytes = Vec::new();
        // do not trust the size in the zip
        part.take(MAX_PART + 1).read_to_end(&mut bytes).map_err(|e| DocumentError::Damaged(format!("{name}: {e}")))?;
        if bytes.len() as u64 > MAX_PART {
            return Err(DocumentError::TooLarge);
        }
        String::from_utf8(bytes).map(Some).map_err(|_| DocumentError::Damaged(format!("{name} is not UTF-8")))
    }
}

/// Gives each event of a part; an empty element is a start and an end.
///
/// # Errors
/// The XML is damaged or nested too deep, or `take` fails.
pub fn each_event<E: From<DocumentError>>(xml: &str, mut take: impl FnMut(Xml<'_>) -> Result<(), E>) -> Result<(), E> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(|e| damaged(&e))? {
            Event::Start(e) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(damaged(&format!("it is nested deeper than {MAX_DEPTH} elements")).into());
                }
                take(Xml::Start(&e))?;
            }
            Event::Empty(e) => {
                take(Xml::Start(&e))?;
                take(Xml::End(e.name().as_ref()))?;
            }
            Event::End(e) => {
                depth = depth.saturating_sub(1);
                take(Xml::End(e.name().as_ref()))?;
            }
            Event::Text(t) => take(Xml::Text(t.as_ref()))?,
            Event::CData(t) => take(Xml::Text(t.as_ref()))?,
            Event::GeneralRef(name) => take(Xml::Text(&unescape(&format!("&{};", &*name)).unwrap_or_default()))?,
            Event::DocType(_) => return Err(damaged(&"it has a DOCTYPE").into()),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn damaged(reason: &dyn std::fmt::Display) -> DocumentError {
    DocumentError::Damaged(reason.to_string())
}

/// An event of a part.
#[derive(Clone, Copy)]
pub enum Xml<'a> {
    Start(&'a BytesStart<'a>),
    End(&'a str),
    Text(&'a str),
}

/// Returns the value of an attribute.
pub fn value(e: &BytesStart<'_>, name: &str) -> Option<String> {
    Some(e.try_get_attribute(name).ok()??.value.to_string())
}
