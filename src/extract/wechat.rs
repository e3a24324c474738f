//! Articles of `WeChat`'s public accounts: title, account and author stand in the page's script.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::markup;

/// What the script names: `var msg_title = '…'.html(false);`, `var nickname = htmlDecode("…");`, `nick_name: JsDecode('…')`.
fn variable(page: &str, names: [&str; 2]) -> Option<String> {
    static VARIABLES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let value = r#"(?:'(?P<a>[^'\n]{1,400})'|"(?P<b>[^"\n]{1,400})")"#;
        Regex::new(&format!(
            r"\bvar (?P<name>msg_title|nickname|author|ct)\s*=\s*(?:htmlDecode\()?{value}|\b(?P<key>title|nick_name|author|create_time): JsDecode\('(?P<c>[^'\n]{{1,400}})'"
        ))
        .ok()
    });
    if !page.contains("var msg_title") && !page.contains("nick_name: JsDecode('") {
        return None;
    }
    let mut found = VARIABLES
        .iter()
        .flat_map(|r| r.captures_iter(page))
        .filter(|c| c.name("name").or(c.name("key")).is_some_and(|n| names.contains(&n.as_str())));
    let value = found.find_map(|c| c.name("a").or(c.name("b")).or(c.name("c")))?;
    // the script has its marks escaped twice
    let text = markup::strip_tags(&decoded(value.as_str()).replace("&amp;", "&"));
    (!text.is_empty()).then_some(text)
}

/// A text whose marks the script writes as `\x26`.
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

/// The headline.
pub(super) fn title(page: &str) -> Option<String> {
    variable(page, ["msg_title", "title"])
}

/// The account, which is the 来源.
pub(super) fn account(page: &str) -> Option<String> {
    variable(page, ["nickname", "nick_name"])
}

/// When it was sent, as seconds of Unix or as the script writes it.
pub(super) fn sent(page: &str) -> Option<String> {
    variable(page, ["ct", "create_time"])
}

/// Who wrote it.
pub(super) fn author(page: &str) -> Option<String> {
    variable(page, ["author", "author"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_title_and_account() {
        let page = r#"<script>var nickname = htmlDecode("许昌 &amp;amp; 发布"); var msg_title = '“检测中心”投入使用'.html(false); var author = "";</script>"#;
        assert_eq!(title(page).as_deref(), Some("“检测中心”投入使用"));
        assert_eq!(account(page).as_deref(), Some("许昌 & 发布"));
        assert_eq!(author(page), None);
        assert_eq!(title("<script>var nickname = 'x'</script>"), None);
        let page = r"<script>window.cgiDataNew = {nick_name: JsDecode('某某\x26号'), title: JsDecode('只有图片'), create_time: JsDecode('2026-11-05 18:30')}</script>";
        assert_eq!(sent(page).as_deref(), Some("2026-11-05 18:30"));
        assert_eq!((title(page).as_deref(), account(page).as_deref()), (Some("只有图片"), Some("某某&号")));
    }
}
