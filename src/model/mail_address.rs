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

    /// Reads a line of a pasted list: addresses with a name before each, separated as people, spreadsheets and mail programs do it.
    pub fn read_line(line: &str) -> Vec<Result<Self, AddressError>> {
        let (mut out, mut name) = (Vec::new(), None);
        for field in line.split(['\t', ',', '，', ';', '；', '、']).map(str::trim).filter(|f| !f.is_empty()) {
            if !field.contains('@') {
                name = Some(field);
                continue;
            }
            let (before, address) = match field.rsplit_once(char::is_whitespace) {
                _ if field.ends_with('>') => (None, field),
                Some((before, address)) if address.contains('@') => (Some(before), address),
                Some((address, after)) => (Some(after), address),
                None => (name, field),
            };
            name = None;
            out.push(Self::parse(&before.map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>"))));
        }
        if out.is_empty() { vec![Err(AddressError::Syntax(line.trim().to_owned()))] } else { out }
    }

    /// Returns the sender used if none is configured.
    pub fn fallback_sender(name: &str) -> Self {
        Self { name: Some(name.to_owned()), local_part: "qingbao".to_owned(), domain: "localhost".to_owned() }
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
    fn a_pasted_line_is_read_as_spreadsheets_and_people_write_it() {
        let read = |line: &str| -> Vec<String> {
            MailAddress::read_line(line)
                .into_iter()
                .map(|a| a.map_or_else(|_| "?".to_owned(), |a| format!("{}/{}", a.name().unwrap_or_default(), a.bare())))
                .collect()
        };
        for (line, wanted) in [
            ("a@b.cn", vec!["/a@b.cn"]),
            ("张三 <a@b.cn>", vec!["张三/a@b.cn"]),
            ("周一\ta@b.cn", vec!["周一/a@b.cn"]),
            ("a@b.cn\t办公室", vec!["/a@b.cn"]),
            ("孙七 a@b.cn", vec!["孙七/a@b.cn"]),
            ("赵六，a@b.cn", vec!["赵六/a@b.cn"]),
            ("a@b.cn; c@d.cn", vec!["/a@b.cn", "/c@d.cn"]),
            ("甲 <a@b.cn>, 乙 <c@d.cn>", vec!["甲/a@b.cn", "乙/c@d.cn"]),
            ("没有邮箱", vec!["?"]),
            ("甲@", vec!["?"]),
        ] {
            assert_eq!(read(line), wanted, "{line}");
        }
    }

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
