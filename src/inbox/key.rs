//! Tells mails apart: by Message-ID, which moves and copies with the mail.

use sha2::{Digest as _, Sha256};

/// Longest Message-ID that is read, in bytes.
const MAX_ID: usize = 1000;

/// Returns the key of a mail by its header: a hash of its Message-ID, or of the whole header if it has none.
pub fn message_key(header: &[u8]) -> String {
    let id = message_id(header);
    let digest = Sha256::digest(id.as_deref().map_or(header, str::as_bytes));
    digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// Returns the first Message-ID, unfolded.
fn message_id(header: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(header);
    let mut lines = text.split('\n').map(|l| l.trim_end_matches('\r')).take_while(|l| !l.is_empty());
    let line = lines.find(|l| l.get(..11).is_some_and(|name| name.eq_ignore_ascii_case("message-id:")))?;
    let mut id = line.get(11..).unwrap_or_default().trim().to_owned();
    if id.is_empty() {
        id = lines.next().filter(|l| l.starts_with([' ', '\t'])).map(|l| l.trim().to_owned())?;
    }
    (!id.is_empty() && id.len() <= MAX_ID).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_a_mail_has_its_key() {
        let key = message_key(b"Message-ID: <a@b.cn>\r\nSubject: x\r\n\r\n");
        assert_eq!(key, message_key(b"Received: from elsewhere\r\nMESSAGE-ID:\r\n <a@b.cn>\r\n\r\n"));
        assert_ne!(key, message_key(b"Message-ID: <c@b.cn>\r\n\r\n"));
        assert_ne!(key, message_key(b"Subject: x\r\n\r\nMessage-ID: <a@b.cn>\r\n"), "it stands in the body");
        assert_ne!(message_key(b"Subject: x\r\n\r\n"), message_key(b"Subject: y\r\n\r\n"));
        assert_eq!(key.len(), 32);
    }
}
