//! What readers think of an item: signed links in their mail. A link names issue, item, reader and verdict, and works without a login;
//! the reader is named by a code, so that logs of proxies hold no address.

use chrono::{NaiveDate, TimeDelta};
use subtle::ConstantTimeEq as _;

use crate::model::{ArticleId, Edition, EditionId};
use crate::text::hex;
use crate::text::hmac::sign;

/// Links work for so many days after the day of the issue.
pub const LINK_DAYS: i64 = 60;
/// Longest 批示, in characters.
pub const MAX_REMARK: usize = 500;
/// Bytes of a reader's code and of a signature.
const READER_BYTES: usize = 8;
const SIGNATURE_BYTES: usize = 16;

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// 有用
    Useful,
    /// 没用
    Useless,
    /// 批示: a text for the editors.
    Remark,
}

impl Verdict {
    pub const ALL: [Self; 3] = [Self::Useful, Self::Useless, Self::Remark];

    pub fn chinese(self) -> &'static str {
        match self {
            Self::Useful => "有用",
            Self::Useless => "没用",
            Self::Remark => "批示",
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Useful => "u",
            Self::Useless => "n",
            Self::Remark => "r",
        }
    }
}

/// What a link names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackLink {
    pub edition: EditionId,
    pub article: ArticleId,
    pub verdict: Verdict,
    /// Code of the reader, another one in each issue.
    pub reader: String,
}

/// Signs links. The store keeps it.
#[derive(Clone)]
pub struct FeedbackKey(Vec<u8>);

impl std::fmt::Debug for FeedbackKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FeedbackKey")
    }
}

impl FeedbackKey {
    pub fn new(secret: &str) -> Self {
        Self(secret.as_bytes().to_vec())
    }

    /// Returns the code of a reader in an issue.
    pub fn reader(&self, edition: EditionId, address: &str) -> String {
        self.code(&format!("reader\n{edition}\n{}", address.to_ascii_lowercase()), READER_BYTES)
    }

    fn code(&self, message: &str, bytes: usize) -> String {
        let mut code = sign(&self.0, message.as_bytes());
        code.truncate(bytes);
        hex(&code)
    }

    /// Returns the last part of a link's path.
    pub fn token(&self, link: &FeedbackLink) -> String {
        let said = format!("{}.{}.{}.{}", link.edition, link.article, link.verdict.code(), link.reader);
        let signature = self.code(&format!("link\n{said}"), SIGNATURE_BYTES);
        format!("{said}.{signature}")
    }

    /// Returns what a link names; `None` if this key did not sign it.
    pub fn read(&self, token: &str) -> Option<FeedbackLink> {
        let parts: Vec<&str> = token.split('.').collect();
        let [edition, article, verdict, reader, _] = parts.as_slice() else { return None };
        let link = FeedbackLink {
            edition: EditionId(edition.parse().ok()?),
            article: ArticleId(article.parse().ok()?),
            verdict: Verdict::ALL.into_iter().find(|v| v.code() == *verdict)?,
            reader: (*reader).to_owned(),
        };
        // constant time, whatever the common prefix
        bool::from(self.token(&link).as_bytes().ct_eq(token.as_bytes())).then_some(link)
    }
}

/// Whether the links of an issue no longer work.
pub fn is_expired(edition: &Edition, today: NaiveDate) -> bool {
    today - edition.date > TimeDelta::days(LINK_DAYS)
}

/// The links of one reader's mail.
#[derive(Debug, Clone)]
pub struct ReaderLinks<'a> {
    key: &'a FeedbackKey,
    /// Address of the console.
    base: &'a str,
    edition: EditionId,
    reader: String,
}

impl<'a> ReaderLinks<'a> {
    pub fn new(key: &'a FeedbackKey, base: &'a str, edition: EditionId, address: &str) -> Self {
        Self { key, base, edition, reader: key.reader(edition, address) }
    }

    /// Returns the address for a verdict on an item.
    pub fn url(&self, article: ArticleId, verdict: Verdict) -> String {
        let link = FeedbackLink { edition: self.edition, article, verdict, reader: self.reader.clone() };
        format!("{}/feedback/{}", self.base, self.key.token(&link))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_what_was_signed_and_nothing_else() {
        let key = FeedbackKey::new("secret");
        let link =
            FeedbackLink { edition: EditionId(7), article: ArticleId(-3), verdict: Verdict::Useful, reader: key.reader(EditionId(7), "A@b.cn") };
        let token = key.token(&link);
        assert_eq!(key.read(&token), Some(link.clone()));
        assert_eq!(link.reader, key.reader(EditionId(7), "a@b.cn"), "servers do not tell cases apart");
        assert_ne!(link.reader, key.reader(EditionId(8), "a@b.cn"), "another code in each issue");
        let forged = [token.replacen("7.", "8.", 1), token.replacen(".u.", ".n.", 1), token.to_uppercase(), format!("{token}0"), format!("0{token}")];
        for forged in forged.iter().map(String::as_str).chain(["", ".", "....", "7.-3.u..", "x"]) {
            assert_eq!(key.read(forged), None, "{forged}");
        }
        assert_eq!(FeedbackKey::new("another").read(&token), None);
        assert!(!token.contains("b.cn") && !format!("{key:?}").contains("secret"));
    }
}
