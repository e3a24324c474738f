//! Arguments of commands: quoted texts, names of folders, sets of mails.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Returns a quoted text; `None` if it has characters that a quoted text cannot hold (RFC 3501 §9).
pub(super) fn quoted(text: &str) -> Option<String> {
    if !text.is_ascii() || text.bytes().any(|b| b.is_ascii_control()) {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// Returns a folder's name, quoted, in modified UTF-7 (RFC 3501 §5.1.3): `已读` is `&XfKL+w-`.
pub(super) fn folder(name: &str) -> Option<String> {
    let (mut out, mut other) = (String::new(), Vec::new());
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            shift(&mut out, &mut other);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0; 2];
            other.extend(c.encode_utf16(&mut units).iter().flat_map(|u| u.to_be_bytes()));
        }
    }
    shift(&mut out, &mut other);
    quoted(&out)
}

fn shift(out: &mut String, other: &mut Vec<u8>) {
    if !other.is_empty() {
        let _ = write!(out, "&{}-", STANDARD_NO_PAD.encode(&*other).replace('/', ","));
        other.clear();
    }
}

/// Returns a set of mails; neighbours are written as a range. The ids are sorted.
pub(super) fn uid_set(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(*uid) => *end = *uid,
            _ => ranges.push((*uid, *uid)),
        }
    }
    let words: Vec<String> = ranges.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}:{b}") }).collect();
    words.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_written_in_modified_utf7() {
        for (name, expected) in [("INBOX", "INBOX"), ("a&b", "a&-b"), ("已读", "&XfKL+w-"), ("归档/2026", "&X1JoYw-/2026"), ("a\"b", "a\\\"b")] {
            assert_eq!(folder(name).unwrap(), format!("\"{expected}\""), "{name}");
        }
        assert_eq!(quoted("a\r\nb"), None);
        assert_eq!(quoted("密码"), None);
    }

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(uid_set(&[1, 2, 3, 7, 9, 10, u32::MAX]), "1:3,7,9:10,4294967295");
    }
}
