//! Bytes to text. Chinese sites often declare a charset that they do not use, so valid bytes count more than declarations.
//!
//! Order: the source's setting, BOM, valid UTF-8, `Content-Type`, `<meta>` or XML prolog, a guess by chardetng. `gb2312` and
//! `gbk` always mean GB18030, as in the WHATWG Encoding Standard.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};
use regex::bytes;

use crate::knowledge::Fixed;
use crate::text::normalize::replacement_share;

/// Sites hide the declaration behind comments and scripts; search this far.
const DECLARATION_WINDOW: usize = 16 << 10;
/// Bytes used for guessing.
const GUESS_WINDOW: usize = 256 << 10;
/// Above this share of replacement characters a text is 乱码.
const GARBLED: f64 = 0.01;

#[derive(Debug, Clone)]
pub struct Decoded {
    pub text: String,
    /// Lower case.
    pub charset: String,
    /// More than 1 % of the characters are unreadable.
    pub garbled: bool,
}

pub fn decode(bytes: &[u8], content_type: Option<&str>, forced: Option<&'static Encoding>) -> Decoded {
    let encoding = choose(bytes, content_type, forced);
    let (text, used, _) = encoding.decode(bytes);
    let garbled = replacement_share(&text) > GARBLED;
    Decoded { text: text.into_owned(), charset: used.name().to_ascii_lowercase(), garbled }
}

fn choose(bytes: &[u8], content_type: Option<&str>, forced: Option<&'static Encoding>) -> &'static Encoding {
    if let Some(e) = forced {
        return gbk_to_gb18030(e);
    }
    if let Some((e, _)) = Encoding::for_bom(bytes) {
        return e;
    }
    // UTF-16 without BOM also begins with an ASCII character
    match bytes {
        [b'<' | b'{' | b'[', 0, ..] => return UTF_16LE,
        [0, b'<' | b'{' | b'[', ..] => return UTF_16BE,
        _ => {}
    }
    if !bytes.is_ascii() && (is_utf8(bytes) || is_damaged_utf8(bytes)) {
        return UTF_8;
    }
    let declared = content_type.and_then(from_content_type).or_else(|| from_declaration(bytes));
    // A declaration that is readable as bytes is not in UTF-16 (HTML standard 13.2.3.2). One bad byte must not change the charset
    // of a short document that declares UTF-8 and mostly is.
    if declared == Some(UTF_8) && !bytes.is_ascii() && is_mostly_utf8(bytes, 0, 2) {
        return UTF_8;
    }
    match declared.filter(|e| *e != UTF_16LE && *e != UTF_16BE).map(gbk_to_gb18030) {
        Some(e) if e != UTF_8 || bytes.is_ascii() => e,
        _ if bytes.is_ascii() => UTF_8,
        _ => guess(bytes),
    }
}

/// Valid, except for at most three bytes cut off at the end.
fn is_utf8(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none() && e.valid_up_to() > 0,
    }
}

/// Whether nearly all non-ASCII bytes are UTF-8. Text in another charset hardly ever looks so, and one bad byte must not garble
/// the rest.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    is_mostly_utf8(bytes, 8, 8)
}

/// Whether at least `least` characters are UTF-8, and `times` as many as are not.
fn is_mostly_utf8(bytes: &[u8], least: usize, times: usize) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.get(..bytes.len().min(GUESS_WINDOW)).unwrap_or(bytes).utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= least && good >= bad * times
}

fn gbk_to_gb18030(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == GBK { GB18030 } else { encoding }
}

fn from_content_type(value: &str) -> Option<&'static Encoding> {
    let at = value.to_ascii_lowercase().find("charset=")? + "charset=".len();
    let label = value.get(at..)?.trim_matches(['"', '\'', ' ']).split([';', '"', '\'', ' ']).next()?;
    Encoding::for_label(label.as_bytes())
}

fn from_declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    static DECLARED: Fixed<bytes::Regex> =
        Fixed::new(r#"(?i-u)(?:<meta[^>]{0,200}?charset\s*=|<\?xml[^>]{0,200}?encoding\s*=)\s*["']?\s*([A-Za-z0-9_:-]{2,40})"#);
    let window = bytes.get(..bytes.len().min(DECLARATION_WINDOW))?;
    let captures = DECLARED.captures(window)?;
    // a readable declaration of UTF-16 is wrong
    Encoding::for_label(captures.get(1)?.as_bytes()).filter(|e| e.is_ascii_compatible())
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..bytes.len().min(GUESS_WINDOW)).unwrap_or(bytes), true);
    // the readers are in China: the top-level domain hint settles doubtful cases
    gbk_to_gb18030(detector.guess(Some(b"cn"), Utf8Detection::Allow))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<p>许昌市科技局发布消息，发制品出口增长，镕𠮷。</p>";

    fn gb(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    #[test]
    fn every_wrong_declaration_is_seen_through() {
        let long = TEXT.repeat(4);
        let filler = "<!-- x -->".repeat(300);
        let table: Vec<(&str, Vec<u8>, Option<&str>)> = vec![
            ("header gbk", gb(&long), Some("text/html; charset=GBK")),
            ("meta gb2312", gb(&format!("<meta charset=gb2312>{long}")), None),
            ("meta after 3 KB", gb(&format!("{filler}<meta http-equiv=Content-Type content='text/html; charset=gb2312'>{long}")), None),
            ("UTF-8 said to be gb2312", format!("<meta charset=gb2312>{long}").into_bytes(), Some("text/html; charset=gb2312")),
            ("GB18030 said to be UTF-8", gb(&format!("<meta charset=utf-8>{long}")), Some("text/html; charset=utf-8")),
            ("nothing said", gb(&long), None),
            ("UTF-8 BOM", format!("\u{feff}{long}").into_bytes(), Some("text/html; charset=gbk")),
            ("xml prolog", gb(&format!("<?xml version='1.0' encoding='gb2312'?>{long}")), None),
            ("one bad byte in UTF-8", [long.as_bytes(), b"\xff", long.as_bytes()].concat(), None),
            ("cut in a character", long.as_bytes()[..long.len() - 6].to_vec(), None),
        ];
        for (name, bytes, header) in table {
            let got = decode(&bytes, header, None);
            assert!(got.text.contains("许昌市科技局发布消息"), "{name}: {} {}", got.charset, got.text);
            assert!(!got.garbled, "{name}");
        }
    }

    #[test]
    fn four_byte_characters_survive() {
        assert!(decode(&gb(TEXT), Some("text/html; charset=gb2312"), None).text.contains("镕𠮷"));
    }

    #[test]
    fn the_sources_own_setting_wins() {
        assert_eq!(decode(&gb("许昌"), Some("text/html; charset=big5"), Encoding::for_label(b"gbk")).text, "许昌");
    }

    #[test]
    fn garbage_is_flagged() {
        assert!(decode(b"\xff\xfe\xfd".repeat(50).as_slice(), None, Some(UTF_8)).garbled || decode(&[0x81; 99], None, Some(UTF_8)).garbled);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let _ = decode(&bytes, Some("text/html"), None);
        }
    }
}
