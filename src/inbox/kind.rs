//! Mails that are no news: answers and notices of programs, invitations, and what this program sends itself.

use mail_parser::{Message, MimeHeaders as _};

use crate::inbox::{MailHeader, MailSkip};
use crate::knowledge::INBOX;

/// Parts looked at.
const MAX_PARTS: usize = 200;

/// Returns why a mail is no news.
pub(super) fn skip(message: &Message<'_>, header: &MailHeader) -> Option<MailSkip> {
    let said = |name: &'static str| message.header_raw(name).unwrap_or_default().trim().to_ascii_lowercase();
    let subject = header.subject.to_lowercase();
    // `mail/message.rs` writes this List-Id into every mail
    if said("List-Id").starts_with("<qingbao.") {
        return Some(MailSkip::Own);
    }
    let machine = header.sender.address.as_deref().and_then(|a| a.split('@').next()).is_some_and(|local| INBOX.machines.contains(local));
    let is_report = message
        .content_type()
        .is_some_and(|c| c.ctype().eq_ignore_ascii_case("multipart") && c.subtype().is_some_and(|s| s.eq_ignore_ascii_case("report")));
    if machine || is_report || INBOX.bounce_subjects.begin(&subject) {
        return Some(MailSkip::Bounce);
    }
    let is_reply = said("Auto-Submitted").starts_with("auto-replied") || !said("X-Autoreply").is_empty() || said("Precedence") == "auto_reply";
    if is_reply || INBOX.reply_subjects.begin(&subject) {
        return Some(MailSkip::AutoReply);
    }
    let invites = message.parts.iter().take(MAX_PARTS).any(|p| p.is_content_type("text", "calendar"));
    invites.then_some(MailSkip::Invitation)
}
