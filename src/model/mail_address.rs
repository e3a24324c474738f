//! Mail addresses, validated on input: a line break in a display name would make the mail library panic.

use std::fmt;
use std::net::IpAddr;

use email_address::EmailAddress;

/// An address with an optional display name, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress {
    name: Option<String>,
    local_part: String,
    domain: String,
}

/// Why a text is not a mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// CR, LF or another control character.
    #[error("mail address {0:?} holds a line break or control character; remove it")]
    Control(String),
    /// Not an address.
    #[error("{0:?} is no mail address; write it as name@host or 名称 <name@host>")]
    Syntax(String),
    /// Most mail servers refuse non-ASCII addresses.
    #[error("mail address {0:?} holds characters outside ASCII; use the ASCII address")]
    NotAscii(String),
}

impl AddressError {
    /// Returns the message for the console.
    pub fn chinese(&self) -> String {
        match self {
            Self::Control(text) => format!("邮箱“{}”里有换行或控制字符，请去掉", text.escape_debug()),
            Self::Syntax(text) => format!("“{text}”不是邮箱，请写成 name@host 或 名称 <name@host>"),
            Self::NotAscii(text) => format!("邮箱“{text}”含有 ASCII 以外的字符，请用 ASCII 的地址"),
        }
    }
}

impl MailAddress {
    /// Parses `name@host` or `名称 <name@host>`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.chars().any(char::is_control) {
            return Err(AddressError::Control(text.to_owned()));
        }
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}');
        let (name, address) = match text.strip_suffix('>').and_then(|t| t.rsplit_once('<')) {
            Some((name, address)) => (Some(name.trim().trim_matches('"').to_owned()), address.trim()),
            None => (None, text),
        };
        if !address.is_ascii() {
            return Err(AddressError::NotAscii(text.to_owned()));
        }
        let (local_part, domain) = address.rsplit_once('@').ok_or_else(|| AddressError::Syntax(text.to_owned()))?;
        if !EmailAddress::is_valid_local_part(local_part) || !is_domain(domain) {
            return Err(AddressError::Syntax(text.to_owned()));
        }
        Ok(Self { name: name.filter(|n| !n.is_empty()), local_part: local_part.to_owned(), domain: domain.to_owned() })
    }

    /// Returns the sender used if none is configured.
    pub fn fallback_sender() -> Self {
        Self { name: Some("许昌竞争情报快递".to_owned()), local_part: "qingbao".to_owned(), domain: "localhost".to_owned() }
    }

    /// Returns the display name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the part before the `@`.
    pub fn local_part(&self) -> &str {
        &self.local_part
    }

    /// Returns the part after the `@`.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Returns the address without the display name.
    pub fn bare(&self) -> String {
        format!("{}@{}", self.local_part, self.domain)
    }
}

/// Whether the text is a host name, or an IP address in brackets (RFC 5321 §4.1.3).
fn is_domain(text: &str) -> bool {
    let literal = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    EmailAddress::is_valid_domain(text) || literal.is_some_and(|ip| ip.strip_prefix("IPv6:").unwrap_or(ip).parse::<IpAddr>().is_ok())
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(n) => write!(f, "{n} <{}>", self.bare()),
            None => f.write_str(&self.bare()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_and_without_names_are_read() {
        for text in ["a@b.cn", "编辑部 <a@b.cn>", "\"编辑, 部\" <a@b.cn>", " a@b.cn\u{a0}"] {
            assert_eq!(MailAddress::parse(text).unwrap().bare(), "a@b.cn", "{text}");
        }
    }

    #[test]
    fn what_could_break_a_header_is_refused() {
        for text in ["a\r\nBcc: v@e.cn <a@b.cn>", "a@b.cn\0", "编辑@例子.中国", "", "x", "a b@c", "<>", "a@"] {
            assert!(MailAddress::parse(text).is_err(), "{text:?}");
        }
    }
}
