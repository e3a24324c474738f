//! A mail to what it brings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qingbao::inbox;

fuzz_target!(|bytes: &[u8]| {
    let _ = inbox::message_key(bytes);
    let _ = inbox::read_head(bytes);
    let Some(mail) = inbox::read(bytes) else { return };
    assert!(mail.links.len() <= inbox::MAX_LINKS && mail.files.len() <= inbox::MAX_FILES);
    assert!(!mail.header.subject.contains(['\r', '\n']));
});
