//! `[publication.imprint]`: head and 版记 of an official briefing.

use crate::config::localized::localized;
use crate::config::reader::Section;
use crate::model::Imprint;

pub(super) fn read(s: &Section<'_>) -> Imprint {
    s.deny_unknown_keys(&["copy_number", "serial", "editor", "reviewer", "signer", "phone", "report_to", "send_to", "distribute_to", "copies"]);
    let text = |key| s.string(key).unwrap_or_default();
    let copy_number = text("copy_number");
    if !copy_number.is_empty() && (copy_number.len() != 6 || !copy_number.bytes().all(|b| b.is_ascii_digit())) {
        let english = format!("copy_number {copy_number:?} is not six digits like \"000001\" (GB/T 9704-2012, 7.2.1)");
        let chinese = format!("份号 copy_number 的“{copy_number}”不是六位数字，请写 \"000001\" 这样的（GB/T 9704-2012 7.2.1）");
        s.error(s.text("copy_number").and_then(|t| t.span), localized(english, chinese));
    }
    Imprint {
        copy_number,
        serial: text("serial"),
        editor: text("editor"),
        reviewer: text("reviewer"),
        signer: text("signer"),
        phone: text("phone"),
        report_to: text("report_to"),
        send_to: text("send_to"),
        distribute_to: text("distribute_to"),
        copies: s.integer("copies", 1..100_001).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
    }
}
