//! Pure text functions shared by several stages: folding, dates, sentences, words.

pub mod dates;
pub mod hmac;
pub mod markup;
pub mod normalize;
pub mod references;
pub mod segment;
pub mod spreadsheet;
pub mod work;

/// Returns bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
