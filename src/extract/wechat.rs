//! Articles of `WeChat`'s public accounts: title, account and author are in the page's script.

use crate::knowledge::Fixed;
use crate::text::markup;

/// The variables of a post's script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Post {
    pub(super) title: Option<String>,
    /// The account, which is the 来源.
    pub(super) account: Option<String>,
    pub(super) author: Option<String>,
    /// Time of sending: Unix seconds, or as the script writes it.
    pub(super) sent: Option<String>,
}

impl Post {
    /// Reads `var msg_title = '…'.html(false);`, `var nickname = htmlDecode("…");`, `nick_name: JsDecode('…')`.
    pub(super) fn read(page: &str) -> Self {
        static VARIABLES: Fixed = Fixed::new(
            r#"(?-u:\b)var (?P<name>msg_title|nickname|author|ct)\s*=\s*(?:htmlDecode\()?(?:'(?P<a>[^'\n]{1,400})'|"(?P<b>[^"\n]{1,400})")|(?-u:\b)(?P<key>title|nick_name|author|create_time): JsDecode\('(?P<c>[^'\n]{1,400})'"#,
        );
        let mut post = Self::default();
        if !page.contains("var msg_title") && !page.contains("nick_name: JsDecode('") {
            return post;
        }
        for c in VARIABLES.captures_iter(page) {
            let part = |names: [&str; 3]| names.into_iter().find_map(|n| c.name(n)).map_or("", |m| m.as_str());
            let slot = match part(["name", "key", "key"]) {
                "msg_title" | "title" => &mut post.title,
                "nickname" | "nick_name" => &mut post.account,
                "author" => &mut post.author,
                _ => &mut post.sent,
            };
            // the script escapes the markup twice
            let text = markup::strip_tags(&decoded(part(["a", "b", "c"])).replace("&amp;", "&"));
            if slot.is_none() && !text.is_empty() {
                *slot = Some(text);
            }
        }
        post
    }
}

/// Decodes a text whose markup the script writes as `\x26`.
pub(super) fn decoded(written: &str) -> String {
    let mut pieces = written.split("\\x");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.extend(code.map(char::from));
        out.push_str(piece.get(2..).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_title_and_account() {
        let page = r#"<script>var nickname = htmlDecode("许昌 &amp;amp; 发布"); var msg_title = '“检测中心”投入使用'.html(false); var author = "";</script>"#;
        let post = Post::read(page);
        assert_eq!((post.title.as_deref(), post.account.as_deref()), (Some("“检测中心”投入使用"), Some("许昌 & 发布")));
        assert_eq!(post.author, None);
        assert_eq!(Post::read("<script>var nickname = 'x'</script>"), Post::default());
        let page = r"<script>window.cgiDataNew = {nick_name: JsDecode('某某\x26号'), title: JsDecode('只有图片'), create_time: JsDecode('2026-11-05 18:30')}</script>";
        let post = Post::read(page);
        assert_eq!((post.title.as_deref(), post.account.as_deref()), (Some("只有图片"), Some("某某&号")));
        assert_eq!(post.sent.as_deref(), Some("2026-11-05 18:30"));
    }
}
