//! Bytes to text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qingbao::fetch::charset;

fuzz_target!(|bytes: &[u8]| {
    let _ = charset::decode(bytes, None, None);
    let _ = charset::decode(bytes, Some("text/html; charset=gb2312"), None);
});
