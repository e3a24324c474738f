//! Who sent a mail, and whether that is true.
//!
//! From is easily forged. The receiving server writes what it checked into `Authentication-Results` (RFC 8601) and removes such
//! headers of others with its own name. Only the first header with that name counts, and only a check of the domain in From: a pass
//! for another domain says nothing.

use serde::{Deserialize, Serialize};

use crate::model::{MailAddress, Mailbox};

/// The sender of a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailSender {
    /// Display name, clean.
    pub name: Option<String>,
    /// In lower case.
    pub address: Option<String>,
    /// From holds exactly one address, and there is one From.
    pub is_single: bool,
    /// `Authentication-Results`, the first ones, in their order.
    pub results: Vec<String>,
}

/// Whether a mail comes from an editor of the mailbox.
pub fn is_from_editor(sender: &MailSender, mailbox: &Mailbox) -> bool {
    if !names_editor(sender, mailbox) {
        return false;
    }
    let Some((_, domain)) = sender.address.as_deref().unwrap_or_default().rsplit_once('@') else { return false };
    let is_checked = |authserv: &String| {
        let own = sender.results.iter().find(|r| authserv_of(r).is_some_and(|a| a.eq_ignore_ascii_case(authserv)));
        own.is_some_and(|r| passes(r, domain))
    };
    mailbox.trust_from || mailbox.trusted_authserv.as_ref().is_some_and(is_checked)
}

/// Whether a mail names an editor as its sender, which anybody can write.
pub fn names_editor(sender: &MailSender, mailbox: &Mailbox) -> bool {
    let address = sender.address.as_deref().filter(|_| sender.is_single);
    address.is_some_and(|a| mailbox.editors.iter().any(|e: &MailAddress| e.bare().eq_ignore_ascii_case(a)))
}

/// Returns the name of the server that wrote the header.
fn authserv_of(result: &str) -> Option<&str> {
    result.split(';').next()?.split_whitespace().next()
}

/// Whether DMARC, an aligned DKIM signature or an aligned SPF check passed.
fn passes(result: &str, domain: &str) -> bool {
    without_comments(result).split(';').skip(1).any(|method| {
        let words: Vec<&str> = method.split_whitespace().collect();
        let says = |name: &str| words.iter().find_map(|w| w.strip_prefix(name)).map(|v| v.trim_matches('"').to_ascii_lowercase());
        let aligned = |value: Option<String>| value.is_some_and(|v| v.rsplit('@').next().is_some_and(|d| same_domain(d, domain)));
        match words.first().map(|w| w.to_ascii_lowercase()).as_deref() {
            Some("dmarc=pass") => says("header.from=").is_none_or(|d| same_domain(&d, domain)),
            Some("dkim=pass") => aligned(says("header.d=").or_else(|| says("header.i="))),
            Some("spf=pass") => aligned(says("smtp.mailfrom=")),
            _ => false,
        }
    })
}

/// Whether two names lie below one registrable domain.
fn same_domain(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim_end_matches('.').to_ascii_lowercase(), b.trim_end_matches('.').to_ascii_lowercase());
    a == b || psl::domain_str(&a).is_some_and(|d| psl::domain_str(&b) == Some(d))
}

/// Leaves out comments in parentheses, which may hold anything.
fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' if depth > 0 => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MailboxTls;

    fn mailbox(trust_from: bool) -> Mailbox {
        Mailbox {
            server: "imap.a.cn".into(),
            port: 993,
            tls: MailboxTls::Implicit,
            ca_file: None,
            user: "u".into(),
            password_file: None,
            folder: "INBOX".into(),
            move_to: None,
            editors: vec![MailAddress::parse("Li@A.cn").unwrap()],
            trusted_authserv: Some("mx.a.cn".into()),
            trust_from,
            max_message: 1 << 20,
        }
    }

    fn sender(address: &str, results: &[&str]) -> MailSender {
        MailSender { name: None, address: Some(address.into()), is_single: true, results: results.iter().map(|r| (*r).to_owned()).collect() }
    }

    #[test]
    fn only_a_check_of_the_senders_domain_by_the_own_server_counts() {
        let table = [
            ("mx.a.cn; dmarc=pass header.from=a.cn", true),
            ("mx.a.cn 1; spf=fail; dkim=pass (2048 bit) header.d=a.cn", true),
            ("MX.A.CN; spf=pass smtp.mailfrom=li@mail.a.cn", true),
            ("mx.a.cn; spf=pass smtp.mailfrom=x@evil.cn", false),
            ("mx.a.cn; dkim=pass header.d=evil.cn", false),
            ("mx.a.cn; dkim=fail (; dkim=pass header.d=a.cn)", false),
            ("mx.a.cn; none", false),
            ("mx.evil.cn; dmarc=pass header.from=a.cn", false),
            ("", false),
        ];
        for (result, expected) in table {
            assert_eq!(is_from_editor(&sender("li@a.cn", &[result]), &mailbox(false)), expected, "{result}");
        }
        let forged = ["mx.a.cn; dmarc=fail header.from=a.cn", "mx.a.cn; dmarc=pass header.from=a.cn"];
        assert!(!is_from_editor(&sender("li@a.cn", &forged), &mailbox(false)), "the first one is the server's");
        assert!(!is_from_editor(&sender("wang@a.cn", &["mx.a.cn; dmarc=pass"]), &mailbox(true)), "no editor");
        assert!(is_from_editor(&sender("li@a.cn", &[]), &mailbox(true)));
        assert!(!is_from_editor(&MailSender { is_single: false, ..sender("li@a.cn", &[]) }, &mailbox(true)), "two senders");
    }
}
